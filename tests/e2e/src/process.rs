//! Programs that a test starts, none of which outlives the test.

use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running program with all that it has started itself.
///
/// It is killed when this is dropped, and also when the test program ends in any other way: then the
/// system closes the pipe that [`GUARD`] waits for.
pub struct Process {
    guard: Child,
}

/// Runs the program in a process group of its own until it ends or standard input is closed.
const GUARD: &str = r#"{ "$0" "$@"; kill -KILL 0; } & cat > /dev/null; kill -KILL 0"#;

impl Process {
    /// Starts a program and returns its standard output with it.
    ///
    /// # Errors
    /// If the guard does not start. If the program does not, its output ends at once.
    pub fn start<A: AsRef<OsStr>>(
        program: &OsStr,
        args: impl IntoIterator<Item = A>,
    ) -> Result<(Self, ChildStdout)> {
        let mut guard = Command::new("sh")
            .args(["-c", GUARD])
            .arg(program)
            .args(args)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run sh")?;
        let stdout = guard.stdout.take().context("its output is a pipe")?;
        Ok((Self { guard }, stdout))
    }

    /// The number of its process group.
    pub fn id(&self) -> u32 {
        self.guard.id()
    }

    /// Asks the program itself to end, with SIGTERM; what guards it goes on.
    ///
    /// # Errors
    /// If it does not run.
    pub fn terminate(&self) -> Result<()> {
        // The guard has a shell that waits for the program, and `cat`.
        let children = children_of(self.id())?;
        let program = children.iter().find_map(|child| children_of(*child).ok()?.first().copied());
        let program = program.context("it does not run")?.to_string();
        let sent = Command::new("kill").args(["-TERM", &program]).status()?;
        ensure!(sent.success(), "it has ended");
        Ok(())
    }

    /// Kills it, as a power cut would, and waits until it is gone.
    pub fn stop(&mut self) {
        drop(self.guard.stdin.take());
        // Fails only when somebody else has waited for it.
        self.guard.wait().map(|_| ()).unwrap_or_default();
    }
}

/// The processes that a process has started and that still run.
fn children_of(id: u32) -> Result<Vec<u32>> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
    Ok(text.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}
