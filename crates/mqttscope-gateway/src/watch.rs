//! Files that are read again when they have changed.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Knows the files as they were when they were read.
#[derive(Debug)]
pub(crate) struct Watch {
    files: Vec<PathBuf>,
    read: Vec<Stamp>,
    hang_up: HangUp,
}

/// What tells one content of a file from another; `None` for a file that is not there.
type Stamp = Option<(Option<SystemTime>, u64)>;

impl Watch {
    /// To be called before they are read. From here on SIGHUP does not end the process.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        let read = files.iter().map(|file| std::fs::metadata(file).ok().map(stamp)).collect();
        Self { files, read, hang_up: HangUp::new() }
    }

    /// Calls `reload` whenever one of the files has changed, and at SIGHUP; as long as this is polled.
    ///
    /// Files that belong together are written one after the other: they are looked at once they have stayed as they
    /// are for one more look.
    pub(crate) async fn run(&mut self, mut reload: impl FnMut()) {
        let mut changed: Option<Vec<Stamp>> = None;
        loop {
            let is_asked = tokio::select! {
                () = self.hang_up.received() => true,
                () = tokio::time::sleep(INTERVAL) => false,
            };
            let now = self.look().await;
            if is_asked || (now != self.read && changed.as_ref() == Some(&now)) {
                reload();
                self.read = now;
                changed = None;
            } else {
                changed = (now != self.read).then_some(now);
            }
        }
    }

    async fn look(&self) -> Vec<Stamp> {
        let mut stamps = Vec::with_capacity(self.files.len());
        for file in &self.files {
            stamps.push(tokio::fs::metadata(file).await.ok().map(stamp));
        }
        stamps
    }
}

fn stamp(found: Metadata) -> (Option<SystemTime>, u64) {
    (found.modified().ok(), found.len())
}

/// SIGHUP, where there is one.
#[derive(Debug)]
struct HangUp {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl HangUp {
    fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let signal = signal(SignalKind::hangup())
                .inspect_err(|error| tracing::warn!(%error, "SIGHUP is not heard"))
                .ok();
            Self { signal }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(2);
