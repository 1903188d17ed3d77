//! Whether the client is there: a ping after some silence, and an end where nothing follows it.
//!
//! Any byte is a sign of life, and only a client that was asked can be silent. Where the ping itself cannot leave,
//! since the client takes nothing, or where the client's bytes are not read, since the broker takes none, nothing is
//! concluded: there TCP knows better.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::frames::Control;

/// The control frames that wait until the message before them has left; shared by both directions.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    frames: Mutex<Frames>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Frames {
    pong: Option<Control>,
    ping: Ping,
    /// Bytes of messages that left since the client was heard.
    sent: u64,
}

/// A ping of ours.
#[derive(Clone, Copy, Debug, Default)]
enum Ping {
    #[default]
    None,
    Due,
    SentAt(Instant),
}

/// A control frame that is to leave.
#[derive(Debug)]
pub(super) enum Due {
    Pong(Control),
    Ping,
}

impl Waiting {
    /// Answers a ping of the client's; of several, the last.
    pub(super) fn answer(&self, ping: Control) {
        self.lock().pong = Some(ping);
        self.changed.notify_one();
    }

    /// The next frame that is to leave.
    pub(super) fn take(&self) -> Option<Due> {
        let mut frames = self.lock();
        if let Some(pong) = frames.pong.take() {
            return Some(Due::Pong(pong));
        }
        if matches!(frames.ping, Ping::Due) {
            frames.ping = Ping::SentAt(Instant::now());
            return Some(Due::Ping);
        }
        None
    }

    /// Done when [`Waiting::take`] may have something.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A message of so many bytes has left.
    pub(super) fn sent(&self, len: usize) {
        let mut frames = self.lock();
        frames.sent = frames.sent.saturating_add(len as u64);
    }

    fn heard(&self) {
        let mut frames = self.lock();
        frames.sent = 0;
        frames.ping = Ping::None;
    }

    fn lock(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches one client while its bytes are waited for.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    waiting: &'a Waiting,
    interval: Duration,
    timeout: Duration,
    heard: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl<'a> Watch<'a> {
    /// A zero interval never asks.
    pub(super) fn new(waiting: &'a Waiting, interval: Duration, timeout: Duration) -> Self {
        let heard = Instant::now();
        let alarm = Box::pin(tokio::time::sleep_until(heard + interval));
        Self { waiting, interval, timeout, heard, alarm }
    }

    /// Bytes of the client have come.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        self.waiting.heard();
    }

    /// Done when the client was asked and is silent; to be dropped whenever bytes come.
    pub(super) async fn lost(&mut self) {
        if self.interval.is_zero() {
            std::future::pending::<()>().await;
        }
        loop {
            self.alarm.as_mut().await;
            match self.next_look(Instant::now()) {
                Some(at) => self.alarm.as_mut().reset(at),
                None => return,
            }
        }
    }

    /// When to look again; `None` when the client is lost.
    fn next_look(&self, now: Instant) -> Option<Instant> {
        if now < self.heard + self.interval {
            return Some(self.heard + self.interval);
        }
        let mut frames = self.waiting.lock();
        match frames.ping {
            Ping::None => {
                frames.ping = Ping::Due;
                self.waiting.changed.notify_one();
                Some(now + self.timeout)
            }
            Ping::Due => Some(now + self.timeout),
            Ping::SentAt(at) => {
                let end = at + self.timeout + time_for(frames.sent);
                (now < end).then_some(end)
            }
        }
    }
}

/// How long a slow link may need for what stands in front of a ping.
fn time_for(sent: u64) -> Duration {
    Duration::from_secs(sent / SLOWEST_LINK)
}

/// Bytes a second.
const SLOWEST_LINK: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);
    const TIMEOUT: Duration = Duration::from_secs(20);

    /// How long the client is waited for after this was done to what waits.
    async fn waited(
        waiting: &Waiting,
        watch: &mut Watch<'_>,
        mut each_second: impl FnMut(&Waiting),
    ) -> Option<u64> {
        let start = Instant::now();
        let lost = watch.lost();
        tokio::pin!(lost);
        for _ in 0..1000 {
            tokio::select! {
                biased;
                () = &mut lost => return Some((Instant::now() - start).as_secs()),
                () = tokio::time::sleep(Duration::from_secs(1)) => each_second(waiting),
            }
        }
        None
    }

    fn send_all(waiting: &Waiting) {
        while waiting.take().is_some() {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_no_ping_is_lost() {
        let waiting = Waiting::default();
        let mut watch = Watch::new(&waiting, INTERVAL, TIMEOUT);
        let waited = waited(&waiting, &mut watch, send_all).await;
        assert!(matches!(waited, Some(50..=52)), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_that_cannot_leave_proves_nothing() {
        let waiting = Waiting::default();
        let mut watch = Watch::new(&waiting, INTERVAL, TIMEOUT);
        assert_eq!(waited(&waiting, &mut watch, |_| {}).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_before_the_ping_takes_its_time() {
        let waiting = Waiting::default();
        let mut watch = Watch::new(&waiting, INTERVAL, TIMEOUT);
        waiting.sent(16 * 1024 * 100);
        let waited = waited(&waiting, &mut watch, send_all).await;
        assert!(matches!(waited, Some(150..=152)), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn any_byte_begins_the_silence_anew() {
        let waiting = Waiting::default();
        let mut watch = Watch::new(&waiting, INTERVAL, TIMEOUT);
        for _ in 0..10 {
            tokio::select! {
                () = watch.lost() => panic!("a client that speaks is not lost"),
                () = tokio::time::sleep(Duration::from_secs(49)) => send_all(&waiting),
            }
            watch.heard();
        }
        let waited = waited(&waiting, &mut watch, send_all).await;
        assert!(matches!(waited, Some(50..=52)), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_interval_nobody_is_asked() {
        let waiting = Waiting::default();
        let mut watch = Watch::new(&waiting, Duration::ZERO, TIMEOUT);
        assert_eq!(waited(&waiting, &mut watch, send_all).await, None);
    }
}
