//! What is begun before its turn: builds one after another leave a core idle at the end of each.

use anyhow::{Result, anyhow};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::progress::{Progress, Step};

/// Work that goes on while other steps are shown. When it is dropped before its end, the command that it runs is ended.
pub struct Ahead<T> {
    thread: Option<JoinHandle<Result<T>>>,
    progress: Progress,
}

impl<T: Send + 'static> Ahead<T> {
    /// Begins it now. What it is given takes its commands and what it says; nothing of that is shown yet.
    pub fn begin(work: impl FnOnce(&Step) -> Result<T> + Send + 'static) -> Self {
        let step = Step::unseen();
        let progress = step.progress();
        let thread = Some(thread::spawn(move || work(&step)));
        Self { thread, progress }
    }

    /// Waits for its end in the step that it belongs to, which shows how far it is meanwhile.
    pub fn finish(mut self, step: &Step) -> Result<T> {
        let thread = self.thread.take().ok_or_else(|| anyhow!("it has been waited for already"))?;
        while !thread.is_finished() {
            step.status(self.progress.status());
            thread::sleep(LOOKS_EACH);
        }
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.progress.end();
        }
    }
}

const LOOKS_EACH: Duration = Duration::from_millis(50);

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::process::Command;
    use std::time::Instant;

    use super::*;
    use crate::progress::Steps;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_was_begun_ahead_is_waited_for() {
        let ahead = Ahead::begin(|step| step.run(&mut shell("sleep 0.2; echo done")));
        let step = Steps::new(1).begin("waiting");
        assert_eq!(ahead.finish(&step).unwrap(), "done\n");
        let failing = Ahead::begin(|step| step.run(&mut shell("exit 3")));
        assert!(failing.finish(&step).is_err());
        step.done("");
    }

    #[test]
    fn what_nobody_waits_for_is_ended() {
        let (said, heard) = std::sync::mpsc::channel();
        let ahead = Ahead::begin(move |step| {
            let result = step.try_run(&mut shell("exec sleep 60"));
            said.send(result.is_ok_and(|(status, _)| status.success()))?;
            Ok(())
        });
        thread::sleep(Duration::from_millis(200));
        let begun = Instant::now();
        drop(ahead);
        assert!(!heard.recv_timeout(Duration::from_secs(30)).unwrap(), "it was ended, not waited for");
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
