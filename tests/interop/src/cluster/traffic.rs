//! Numbered messages at QoS 1 from one client to another, while something happens to what is between them.
//!
//! Both clients keep their sessions, and come back a second after a connection has ended.

use anyhow::{Context, Result, anyhow, bail, ensure};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{KeepAlive, ProtocolVersion, Qos};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::until;
use crate::client::Client;
use crate::transport::Route;

/// So many messages are sent.
pub const COUNT: u32 = 1_000;

/// What came of them.
#[derive(Debug, Default)]
pub struct Tally {
    /// Those that have not come within half a minute of the last one's acknowledgement.
    pub missing: Vec<u32>,
    /// How many came once more.
    pub duplicates: u32,
    /// How many came for the first time after a higher number.
    pub late: u32,
    /// The longest time in which no new one came.
    pub longest_pause: Duration,
    /// How often the two had to come back.
    pub returns: [u32; 2],
    /// How often one of them came back, and the broker did not know its session any more.
    pub sessions_lost: u32,
}

impl Tally {
    /// Checks what must hold whatever happened: everything came, and no session was lost.
    ///
    /// # Errors
    /// If it does not hold, or if neither client has noticed anything: then the run shows nothing.
    pub fn check(&self) -> Result<()> {
        ensure!(self.missing.is_empty(), "lost: {:?} ({self})", self.missing);
        ensure!(self.sessions_lost == 0, "a session was not present: {self}");
        ensure!(self.returns.iter().sum::<u32>() > 0, "no connection has ended: {self}");
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [publisher, subscriber] = self.returns;
        let arrived = COUNT as usize - self.missing.len();
        write!(
            f,
            "{arrived} of {COUNT} arrived, {} twice, {} out of order, longest pause {:.1} s; \
             the publisher came back {publisher} times, the subscriber {subscriber}",
            self.duplicates,
            self.late,
            self.longest_pause.as_secs_f64()
        )
    }
}

/// How far the publisher is.
#[derive(Default)]
pub struct Progress {
    sent: AtomicU32,
    has_failed: AtomicBool,
    is_done: AtomicBool,
}

impl Progress {
    /// Waits until so many messages were published.
    ///
    /// # Errors
    /// If the publisher has given up.
    pub fn wait_for(&self, number: u32) -> Result<()> {
        while !self.has_reached(number)? {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Whether so many messages were published.
    ///
    /// # Errors
    /// If the publisher has given up.
    pub fn has_reached(&self, number: u32) -> Result<bool> {
        ensure!(!self.has_failed.load(Ordering::Relaxed), "the publisher has given up");
        Ok(self.sent.load(Ordering::Relaxed) >= number)
    }

    /// Checks that there are messages still to come, so that what was done until now has met some.
    ///
    /// # Errors
    /// If there are none.
    pub fn ensure_under_way(&self) -> Result<()> {
        let sent = self.sent.load(Ordering::Relaxed);
        ensure!(sent < COUNT, "all {COUNT} messages were published before");
        Ok(())
    }
}

/// Sends [`COUNT`] messages over a route and does something meanwhile.
///
/// The client ids are `publisher` and `subscriber`.
///
/// # Errors
/// If a client gives up, or with the error of what is done.
pub fn run(route: &Route, disturb: impl FnOnce(&Progress) -> Result<()>) -> Result<Tally> {
    let subscriber = Subscriber::start(route)?;
    let publisher = Publisher::start(route, "publisher")?;
    let progress = Progress::default();
    thread::scope(|scope| {
        let subscriber = scope.spawn(|| subscriber.receive(&progress));
        let publisher = scope.spawn(|| publisher.publish(&progress));
        let disturbed = disturb(&progress);
        let joined = |name: &str| anyhow!("the {name} panicked");
        let returns = publisher.join().map_err(|_| joined("publisher"))?;
        let tally = subscriber.join().map_err(|_| joined("subscriber"))?;
        disturbed?;
        let (published, mut tally) = (returns?, tally?);
        tally.returns[0] = published.returns;
        tally.sessions_lost += published.sessions_lost;
        Ok(tally)
    })
}

/// Who publishes the numbers.
pub struct Publisher {
    route: Route,
    options: ConnectOptions,
    client: Client,
    returns: Returns,
    /// When it began to publish.
    started: Instant,
}

/// How often a client came back.
#[derive(Clone, Copy, Default)]
pub struct Returns {
    returns: u32,
    sessions_lost: u32,
}

impl Publisher {
    /// Connects it.
    ///
    /// # Errors
    /// If it is not accepted.
    pub fn start(route: &Route, client_id: &str) -> Result<Self> {
        let options = options(client_id);
        let client = connect(route, &options)?;
        let (route, returns) = (route.clone(), Returns::default());
        Ok(Self { route, options, client, returns, started: Instant::now() })
    }

    /// Publishes all numbers, fifty a second, and waits until each is acknowledged.
    ///
    /// # Errors
    /// If it gets no connection for half a minute.
    pub fn publish(mut self, progress: &Progress) -> Result<Returns> {
        let published = self.publish_all(progress);
        progress.has_failed.store(published.is_err(), Ordering::Relaxed);
        progress.is_done.store(true, Ordering::Relaxed);
        published.context("the publisher")?;
        Ok(self.returns)
    }

    fn publish_all(&mut self, progress: &Progress) -> Result<()> {
        self.started = Instant::now();
        for number in 0..COUNT {
            let due = self.started + number * INTERVAL;
            while Instant::now() < due || !self.client.is_connected() {
                let left = due.saturating_duration_since(Instant::now());
                self.go_on(|client| client.run_for(left))?;
            }
            // What is published on a connection that has just ended is in the session, and sent again.
            self.client.send_publish(TOPIC, payload(number).as_bytes(), Qos::AtLeastOnce, false)?;
            progress.sent.store(number + 1, Ordering::Relaxed);
        }
        while !self.go_on(Client::wait_until_idle)? {}
        Ok(())
    }

    /// Says whether what is done was done to its end; if not, the client has come back since.
    fn go_on(&mut self, what: impl FnOnce(&mut Client) -> Result<()>) -> Result<bool> {
        ensure!(self.started.elapsed() < LIMIT, "not all were acknowledged in {LIMIT:?}");
        let done = what(&mut self.client);
        if self.client.is_connected() {
            return done.map(|()| true);
        }
        self.returns.come_back(&mut self.client, &self.route, &self.options)?;
        Ok(false)
    }
}

impl Returns {
    fn come_back(&mut self, client: &mut Client, route: &Route, options: &ConnectOptions) -> Result<()> {
        let is_present = client.come_back(route, options, PATIENCE)?;
        self.returns += 1;
        self.sessions_lost += u32::from(!is_present);
        Ok(())
    }
}

struct Subscriber {
    route: Route,
    options: ConnectOptions,
    client: Client,
}

impl Subscriber {
    fn start(route: &Route) -> Result<Self> {
        let options = options("subscriber");
        let mut client = connect(route, &options)?;
        let granted = client.subscribe(TOPIC, Qos::AtLeastOnce)?;
        ensure!(granted == 1, "the subscription was answered with {granted}");
        Ok(Self { route: route.clone(), options, client })
    }

    fn receive(mut self, progress: &Progress) -> Result<Tally> {
        let (mut tally, mut returns) = (Tally::default(), Returns::default());
        let mut arrived = BTreeSet::new();
        let (mut last_new, mut published_at) = (Instant::now(), None);
        loop {
            match self.client.next_message_within(LOOK) {
                Ok(Some(message)) => {
                    let number = number_in(&message.payload)?;
                    let is_late = arrived.last().is_some_and(|highest| number < *highest);
                    if arrived.insert(number) {
                        tally.longest_pause = tally.longest_pause.max(last_new.elapsed());
                        tally.late += u32::from(is_late);
                        last_new = Instant::now();
                    } else {
                        tally.duplicates += 1;
                    }
                }
                Ok(None) if self.client.is_connected() => {}
                _ => returns.come_back(&mut self.client, &self.route, &self.options)?,
            }
            if progress.is_done.load(Ordering::Relaxed) {
                let since = published_at.get_or_insert_with(Instant::now).elapsed();
                let is_complete = arrived.len() == COUNT as usize && last_new.elapsed() > AFTERMATH;
                if is_complete || since > PATIENCE {
                    break;
                }
            }
        }
        tally.missing = (0..COUNT).filter(|number| !arrived.contains(number)).collect();
        (tally.returns[1], tally.sessions_lost) = (returns.returns, returns.sessions_lost);
        Ok(tally)
    }
}

/// The topic of the numbers.
pub const TOPIC: &str = "cluster/numbers";

/// The message that has a number.
fn payload(number: u32) -> String {
    format!("number {number:04}")
}

/// The number that a message, or a row that shows one, has.
///
/// # Errors
/// If it has none.
pub fn number_in(text: &[u8]) -> Result<u32> {
    let text = String::from_utf8_lossy(text);
    let Some((_, number)) = text.split_once("number ") else { bail!("no number in '{text}'") };
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().with_context(|| format!("no number in '{text}'"))
}

/// Connects for the first time. What is measured begins afterwards: a cluster that is still electing may close the
/// connection instead.
fn connect(route: &Route, options: &ConnectOptions) -> Result<Client> {
    let mut failure = None;
    let client = until("a broker to accept", || match Client::connect_with(route, options) {
        Ok(client) => Ok(Some(client)),
        Err(error) => {
            failure = Some(error);
            Ok(None)
        }
    });
    client.map_err(|error| failure.unwrap_or(error))
}

fn options(client_id: &str) -> ConnectOptions {
    ConnectOptions {
        version: ProtocolVersion::V311,
        client_id: client_id.into(),
        clean_session: false,
        // A node that elects a leader may not read for five seconds.
        keep_alive: KeepAlive::from_secs(15),
        ..Default::default()
    }
}

/// Between two messages.
const INTERVAL: Duration = Duration::from_millis(20);
/// All that was published must be there after so long, and a client must have come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// All that was published must be acknowledged after so long, four times what it takes where nothing happens.
const LIMIT: Duration = Duration::from_secs(80);
/// What comes twice may come so long after the last one: the broker waits 2 s for an acknowledgement.
const AFTERMATH: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);
