//! The signals that end the program.

use std::future::Future;
use std::io;

/// The signals of this process, heard from the moment that this is made.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    /// Begins to listen: a signal no longer ends the process by itself.
    ///
    /// # Errors
    ///
    /// What the system says where it lets nobody listen.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let terminate = || signal(SignalKind::terminate());
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: [terminate()?, terminate()?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Two futures: SIGTERM asks the gateway to drain; Ctrl-C ends it at once, and so does a second SIGTERM.
    ///
    /// Where there is no SIGTERM nothing drains.
    pub fn split(
        self,
    ) -> (impl Future<Output = ()> + Send + 'static, impl Future<Output = ()> + Send + 'static) {
        #[cfg(unix)]
        {
            let Self { mut interrupt, terminate: [mut first, mut second] } = self;
            let drain = async move {
                first.recv().await;
            };
            let stop = async move {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    () = async {
                        second.recv().await;
                        second.recv().await;
                    } => {}
                }
            };
            (drain, stop)
        }
        #[cfg(not(unix))]
        {
            let stop = async {
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            (std::future::pending(), stop)
        }
    }
}
