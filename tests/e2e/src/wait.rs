//! Waiting for what a test is about to check, never for a fixed time.

use anyhow::{Context, Result, anyhow};
use std::time::{Duration, Instant};

/// How long a test waits for something before it fails, unless it says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);

const POLL: Duration = Duration::from_millis(40);

/// What one look at the world says.
pub enum Look<T> {
    /// It is as expected.
    Ready(T),
    /// Not yet; the text says how it is instead, for the message if the time runs out.
    NotYet(String),
}

/// Looks again and again until it is as expected; fails after [`TIMEOUT`].
///
/// # Errors
/// If a look fails, or if the time runs out: then it says what was there instead.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Look<T>>) -> Result<T> {
    until_within(TIMEOUT, what, look).await
}

/// As [`until`], with another limit.
///
/// # Errors
/// As for [`until`].
pub async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Look<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        match look().await.with_context(|| format!("while waiting for {what}"))? {
            Look::Ready(value) => return Ok(value),
            Look::NotYet(state) if started.elapsed() > limit => {
                return Err(anyhow!("waited {limit:?} for {what}; instead there is: {state}"));
            }
            Look::NotYet(_) => tokio::time::sleep(POLL).await,
        }
    }
}
