//! What is measured, a row each.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::broker::{ANSWER_LEN, Broker, GREETING_LEN, Role};
use crate::way::{Open, Way};

/// One row of the table.
pub struct Row {
    pub name: String,
    pub unit: Unit,
    /// Whether it is a matter of the process in between, of which plain TCP has none.
    pub is_of_process: bool,
    pub measure: Measure,
}

/// Measures one way, once.
type Measure = Box<dyn Fn(&Way) -> Result<f64>>;

/// In what a figure is.
#[derive(Clone, Copy)]
pub enum Unit {
    MegabytesPerSecond,
    Microseconds,
    KibibytesEach,
    PerSecond,
    MillisecondsPerThousand,
    Percent,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::MegabytesPerSecond => "MB/s",
            Self::Microseconds => "µs",
            Self::KibibytesEach => "KiB each",
            Self::PerSecond => "1/s",
            Self::MillisecondsPerThousand => "ms of processor per 1,000",
            Self::Percent => "%",
        }
    }

    pub fn is_better_above(self) -> bool {
        matches!(self, Self::MegabytesPerSecond | Self::PerSecond | Self::Percent)
    }

    pub fn shown(self, figure: f64) -> String {
        match self {
            Self::Microseconds | Self::KibibytesEach => format!("{figure:.1}"),
            _ => format!("{figure:.0}"),
        }
    }
}

/// All rows, in the table's order.
pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, len) in SIZES {
        rows.push(row(format!("to the broker, {name}"), Unit::MegabytesPerSecond, move |way| up(way, len)));
    }
    for (name, len) in SIZES {
        rows.push(row(format!("to the client, {name}"), Unit::MegabytesPerSecond, move |way| down(way, len)));
    }
    rows.push(row("round trip of 64 B, median", Unit::Microseconds, |way| round_trip(way, 0.5)));
    rows.push(row("round trip of 64 B, 99th of 100", Unit::Microseconds, |way| round_trip(way, 0.99)));
    rows.push(of_process(format!("memory, {IDLE} idle"), Unit::KibibytesEach, idle));
    rows.push(of_process("memory, 100 that do not read", Unit::KibibytesEach, not_reading));
    rows.push(row("connections, one message each", Unit::PerSecond, |way| Ok(churn(way)?.per_second)));
    rows.push(of_process("the same", Unit::MillisecondsPerThousand, |way| {
        churn(way)?.processor.context("no time")
    }));
    rows.push(row("bytes after the broker's end", Unit::Percent, after_the_end));
    rows
}

fn row(name: impl Into<String>, unit: Unit, measure: impl Fn(&Way) -> Result<f64> + 'static) -> Row {
    Row { name: name.into(), unit, is_of_process: false, measure: Box::new(measure) }
}

fn of_process(name: impl Into<String>, unit: Unit, measure: impl Fn(&Way) -> Result<f64> + 'static) -> Row {
    Row { is_of_process: true, ..row(name, unit, measure) }
}

/// Messages to the broker, written as fast as they are taken.
fn up(way: &Way, message_len: usize) -> Result<f64> {
    let len = total(message_len);
    let broker = Broker::start(Role::Take(len))?;
    let open = way.open(broker.addr)?;
    let mut link = open.connect()?;
    let piece = link.messages(message_len, PIECE_LEN);
    let piece_len = (PIECE_LEN / message_len).max(1) * message_len;
    let started = Instant::now();
    for _ in 0..len / piece_len as u64 {
        link.write(&piece)?;
    }
    link.receive(1)?;
    Ok(len as f64 / started.elapsed().as_secs_f64() / 1e6)
}

/// Messages of the broker, each a write of its own, as brokers send packets.
fn down(way: &Way, piece_len: usize) -> Result<f64> {
    let len = total(piece_len);
    let broker = Broker::start(Role::Send { len, piece_len })?;
    let open = way.open(broker.addr)?;
    let mut link = open.connect()?;
    let started = Instant::now();
    link.send(&[1])?;
    link.receive(len)?;
    Ok(len as f64 / started.elapsed().as_secs_f64() / 1e6)
}

/// One message at a time, there and back.
fn round_trip(way: &Way, quantile: f64) -> Result<f64> {
    let broker = Broker::start(Role::Echo)?;
    let open = way.open(broker.addr)?;
    let mut link = open.connect()?;
    let message = link.messages(64, 64);
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let started = Instant::now();
        link.write(&message)?;
        link.receive(64)?;
        times.push(started.elapsed());
    }
    times.sort();
    let at = (ROUND_TRIPS as f64 * quantile) as usize;
    Ok(times[at.min(ROUND_TRIPS - 1)].as_secs_f64() * 1e6)
}

/// Memory of connections that have greeted the broker and are silent since.
fn idle(way: &Way) -> Result<f64> {
    let broker = Broker::start(Role::Wait)?;
    let open = way.open(broker.addr)?;
    let before = open.memory()?;
    let mut links = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut link = open.connect().context("are there 20,000 descriptors? see ulimit -n")?;
        link.send(&[0; GREETING_LEN])?;
        link.receive(ANSWER_LEN as u64)?;
        links.push(link);
    }
    thread::sleep(SETTLE);
    Ok((open.memory()? - before) / 1024.0 / IDLE as f64)
}

/// Memory of connections whose clients take nothing of what the broker sends.
fn not_reading(way: &Way) -> Result<f64> {
    const CLIENTS: usize = 100;
    let broker = Broker::start(Role::Fill)?;
    let open = way.open(broker.addr)?;
    let before = open.memory()?;
    let mut links = Vec::new();
    for _ in 0..CLIENTS {
        let mut link = open.connect()?;
        link.send(&[1])?;
        links.push(link);
    }
    // The most that it was: once the broker has given up, it is too late to look.
    let (started, mut most) = (Instant::now(), before);
    while started.elapsed() < SETTLE {
        most = most.max(open.memory()?);
        thread::sleep(Duration::from_millis(50));
    }
    Ok((most - before) / 1024.0 / CLIENTS as f64)
}

struct Churn {
    per_second: f64,
    /// Milliseconds for a thousand connections.
    processor: Option<f64>,
}

/// Connections that are opened, carry one message there and back, and are closed; several at a time.
fn churn(way: &Way) -> Result<Churn> {
    let broker = Broker::start(Role::Echo)?;
    let open = way.open(broker.addr)?;
    one_each(&open, WARM_UP)?;
    let before = way.has_process().then(|| open.processor_time()).transpose()?;
    let started = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..AT_ONCE).map(|_| scope.spawn(|| one_each(&open, CHURN / AT_ONCE))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("the load failed"))?)
    })?;
    let per_second = CHURN as f64 / started.elapsed().as_secs_f64();
    let processor = match before {
        Some(before) => Some((open.processor_time()? - before) * 1e3 / (CHURN as f64 / 1e3)),
        None => None,
    };
    Ok(Churn { per_second, processor })
}

fn one_each(open: &Open, connections: usize) -> Result<()> {
    for _ in 0..connections {
        let mut link = open.connect()?;
        link.send(&[0x55; 64])?;
        link.receive(64)?;
        link.close()?;
    }
    Ok(())
}

/// How much of what the broker sent before its end comes to a client that reads late.
fn after_the_end(way: &Way) -> Result<f64> {
    let broker = Broker::start(Role::Fill)?;
    let open = way.open(broker.addr)?;
    let mut link = open.connect()?;
    link.send(&[1])?;
    let mut before = 0;
    // Until the broker has given up.
    loop {
        thread::sleep(Duration::from_millis(1500));
        let sent = broker.sent.load(Ordering::Relaxed);
        if sent == before && sent > 0 {
            break;
        }
        before = sent;
    }
    thread::sleep(Duration::from_millis(500));
    Ok(link.receive_to_end() as f64 / before as f64 * 100.0)
}

/// So much that a row takes about a second on a slow way.
fn total(message_len: usize) -> u64 {
    match message_len {
        0..=64 => 64 * PIECE_LEN as u64,
        65..=2048 => 512 * PIECE_LEN as u64,
        _ => 1024 * PIECE_LEN as u64,
    }
}

const SIZES: [(&str, usize); 3] = [("64 B", 64), ("2 KiB", 2048), ("64 KiB", 64 * 1024)];

/// What the load writes at once, in bytes of payload.
const PIECE_LEN: usize = 1024 * 1024;

const ROUND_TRIPS: usize = 20_000;
const IDLE: usize = 9_900;
const CHURN: usize = 4_000;
const WARM_UP: usize = 200;
const AT_ONCE: usize = 8;

/// How long memory gets to come to rest.
const SETTLE: Duration = Duration::from_secs(3);
