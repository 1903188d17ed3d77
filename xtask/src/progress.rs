//! Steps that say what they do, how far they are and how long they took.
//!
//! On a terminal a step is one line that is rewritten; elsewhere (a log file, CI) it is a line at
//! the end, and for a long step one more every ten seconds.

use anyhow::{Context, Result, bail};
use std::io::{self, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The numbered steps of one command.
pub struct Steps {
    total: usize,
    begun: usize,
}

impl Steps {
    pub fn new(total: usize) -> Self {
        Self { total, begun: 0 }
    }

    /// Begins the next step; `title` is what it does, as in "building the page".
    pub fn begin(&mut self, title: &str) -> Step {
        self.begun += 1;
        Step::begin(format!("[{}/{}] {title}", self.begun, self.total))
    }
}

/// One step. It has failed unless [`Step::done`] is called.
pub struct Step {
    line: String,
    started: Instant,
    status: Arc<Mutex<String>>,
    /// The process of the command that it runs.
    running: Arc<Mutex<Option<u32>>>,
    /// Closing this channel ends the thread that shows the status.
    ticker: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

impl Step {
    fn begin(line: String) -> Self {
        let started = Instant::now();
        let status = Arc::new(Mutex::new(String::new()));
        let (stop, stopped) = mpsc::channel();
        let ticker = thread::spawn({
            let (line, status) = (line.clone(), Arc::clone(&status));
            move || show_status(&line, started, &status, &stopped)
        });
        Self { line, started, status, running: Arc::default(), ticker: Some((stop, ticker)) }
    }

    /// One that shows nothing by itself.
    pub fn unseen() -> Self {
        let (status, running) = (Arc::default(), Arc::default());
        Self { line: String::new(), started: Instant::now(), status, running, ticker: None }
    }

    /// For whoever has given the step away.
    pub fn progress(&self) -> Progress {
        Progress { status: Arc::clone(&self.status), running: Arc::clone(&self.running) }
    }

    /// Says what part of the step is going on.
    pub fn status(&self, status: impl Into<String>) {
        *lock(&self.status) = status.into();
    }

    /// Runs a command, shows cargo's progress if it has any, and returns all that it printed.
    ///
    /// # Errors
    /// If it cannot be started; or if it fails: then what it printed is shown.
    pub fn run(&self, command: &mut Command) -> Result<String> {
        let (status, output) = self.try_run(command)?;
        if !status.success() {
            self.show(&output);
            bail!("`{}` failed ({status})", words(command));
        }
        Ok(output)
    }

    /// As [`Step::run`], but leaves it to the caller to judge how the command ended.
    pub fn try_run(&self, command: &mut Command) -> Result<(ExitStatus, String)> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", "100");
        if is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let mut child = command.spawn().with_context(|| format!("cannot run `{}`", words(command)))?;
        *lock(&self.running) = Some(child.id());
        let output = Arc::new(Mutex::new(String::new()));
        let stdout = child.stdout.take().map(|pipe| self.read(pipe, &output));
        let stderr = child.stderr.take().map(|pipe| self.read(pipe, &output));
        let status = child.wait();
        *lock(&self.running) = None;
        let status = status?;
        for reader in [stdout, stderr].into_iter().flatten() {
            reader.join().ok();
        }
        self.status("");
        let output = std::mem::take(&mut *lock(&output));
        Ok((status, output))
    }

    /// Prints text of its own between the lines of the steps.
    pub fn show(&self, text: &str) {
        clear_line();
        println!("{}", text.trim_end());
    }

    /// Ends the step well; the note says what came of it, and may be empty.
    pub fn done(mut self, note: &str) -> Duration {
        let took = self.started.elapsed();
        self.stop_ticker();
        let note = if note.is_empty() { String::new() } else { format!(" {note},") };
        println!("{} ...{note} {}", self.line, seconds(took));
        took
    }

    fn read(&self, pipe: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> thread::JoinHandle<()> {
        let (status, output) = (Arc::clone(&self.status), Arc::clone(output));
        thread::spawn(move || read_lines(pipe, &status, &output))
    }

    fn stop_ticker(&mut self) {
        if let Some((stop, ticker)) = self.ticker.take() {
            drop(stop);
            ticker.join().ok();
            clear_line();
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if self.ticker.is_some() {
            self.stop_ticker();
            println!("{} ... failed after {}", self.line, seconds(self.started.elapsed()));
        }
    }
}

/// A step's status, and a way to end what it runs.
pub struct Progress {
    status: Arc<Mutex<String>>,
    running: Arc<Mutex<Option<u32>>>,
}

impl Progress {
    /// What part of the step is going on.
    pub fn status(&self) -> String {
        lock(&self.status).clone()
    }

    /// Ends the command that the step runs, where the system can.
    pub fn end(&self) {
        if let Some(id) = *lock(&self.running) {
            terminate(id);
        }
    }
}

/// Asks a process for an end.
#[cfg(unix)]
pub fn terminate(id: u32) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    if let Ok(id) = i32::try_from(id) {
        // The only error is that it has ended already.
        kill(Pid::from_raw(id), Signal::SIGTERM).unwrap_or_default();
    }
}

#[cfg(not(unix))]
pub fn terminate(_id: u32) {}

/// A duration as people say it: "0.4 s", "34 s", "2 min 05 s".
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        secs @ 10..=99 => format!("{secs} s"),
        secs => format!("{} min {:02} s", secs / 60, secs % 60),
    }
}

const TERMINAL_REFRESH: Duration = Duration::from_millis(250);
const LOG_REFRESH: Duration = Duration::from_secs(10);

fn show_status(line: &str, started: Instant, status: &Mutex<String>, stopped: &mpsc::Receiver<()>) {
    let refresh = if is_terminal() { TERMINAL_REFRESH } else { LOG_REFRESH };
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(refresh) {
        let status = lock(status).clone();
        let status = if status.is_empty() { status } else { format!(" {status},") };
        let text = format!("{line} ...{status} {}", seconds(started.elapsed()));
        if is_terminal() {
            let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(80);
            let text: String = text.chars().take(columns - 1).collect();
            print!("\r\x1b[K{text}");
            io::stdout().flush().ok();
        } else {
            println!("{text}");
        }
    }
}

/// Sorts what a command prints into its lasting lines and its passing progress.
fn read_lines(mut pipe: impl Read, status: &Mutex<String>, output: &Mutex<String>) {
    let mut pending = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut chunk) {
        pending.extend_from_slice(&chunk[..count]);
        while let Some(end) = pending.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let line: Vec<u8> = pending.drain(..=end).collect();
            keep_line(&String::from_utf8_lossy(&line[..end]), status, output);
        }
    }
    if !pending.is_empty() {
        keep_line(&String::from_utf8_lossy(&pending), status, output);
    }
}

fn keep_line(line: &str, status: &Mutex<String>, output: &Mutex<String>) {
    let plain = strip_escapes(line);
    if let Some(progress) = cargo_progress(&plain) {
        *lock(status) = progress;
    } else if !plain.trim().is_empty() {
        let mut output = lock(output);
        output.push_str(line.trim_end());
        output.push('\n');
    }
}

/// `    Building [====>   ] 12/340: syn, quote` in short: `12/340 syn, quote`.
fn cargo_progress(line: &str) -> Option<String> {
    let (before, after) = line.split_once('[')?;
    let (bar, count) = after.split_once(']')?;
    let is_bar = !bar.is_empty() && bar.chars().all(|c| matches!(c, '=' | '>' | ' '));
    let is_verb = matches!(before.trim(), "Building" | "Checking" | "Downloading" | "Updating" | "Fetch");
    (is_bar && is_verb).then(|| count.trim().replacen(':', "", 1))
}

/// The text without the escape sequences that colour it.
pub fn strip_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            plain.push(c);
        } else if chars.next() == Some('[') {
            // A control sequence ends with the first letter.
            chars.by_ref().find(char::is_ascii_alphabetic);
        }
    }
    plain
}

fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn clear_line() {
    if is_terminal() {
        print!("\r\x1b[K");
    }
}

fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Takes a lock whose content stays whole even if a thread panicked while it held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_progress_is_told_from_its_lines() {
        let line = "    Building [====>      ] 12/340: syn, quote";
        assert_eq!(cargo_progress(line).as_deref(), Some("12/340 syn, quote"));
        assert_eq!(cargo_progress("   Compiling syn v2.0.1"), None);
        assert_eq!(cargo_progress("   Running tests [a] 1/2"), None);
    }

    #[test]
    fn escapes_are_stripped() {
        assert_eq!(strip_escapes("\x1b[1m\x1b[32m   Compiling\x1b[0m syn\x1b[K"), "   Compiling syn");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(440)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(34)), "34 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
