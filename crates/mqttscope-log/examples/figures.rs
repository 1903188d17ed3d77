//! Prints what the log's speed is made of, over a million packets: `cargo run --release --example figures`.
//!
//! Times are those of the processor where the system tells them, so that others on the machine do not count.

use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::filter::{Budget, Filter, Scan};
use mqttscope_log::import::Importer;
use mqttscope_log::payload::{View, Viewer};
use mqttscope_log::statistics::Statistics;
use mqttscope_log::{Log, Marks};

const PACKETS: u32 = 1_000_000;
const MARKS: Marks = Marks { connection: 1, v311: true, violation: false, broken: false };

fn main() {
    let stream = stream();
    let log = received(&stream);
    println!("memory: {} MB", log.size() >> 20);
    let header =
        ["type:puback", "qos:1 size:>100 dup", "id:17 or id:40000", "after:12:00 unanswered", "conn:3"];
    let bytes =
        ["topic:site/+/temp/#", "needle", "payload:needle", "payload:/temp.*needle/", "payload:/[0-9]+x$/i"];
    for text in header.into_iter().chain(bytes) {
        filtered(&log, text);
    }
    timed("find a time, a million times", || {
        (0..1_000_000).fold(0, |sum, time| sum ^ log.find_time(time * 100))
    });
    timed("statistics of all", || Statistics::new().update(&log, Budget::ALL));
    for format in [Format::Pcapng, Format::JsonLines, Format::Csv] {
        exported(&log, format);
    }
    viewed();
}

/// PUBLISH of about 150 bytes at QoS 1 with 100 topics.
fn stream() -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 0..PACKETS {
        let topic = format!("site/{}/temp/{}", number % 10, number % 100);
        let mut body = (topic.len() as u16).to_be_bytes().to_vec();
        body.extend_from_slice(topic.as_bytes());
        body.extend_from_slice(&((number % 65_535 + 1) as u16).to_be_bytes());
        let text = format!(
            "{{\"time\":{number},\"temperature\":21.5,\"unit\":\"C\",\"note\":\"nothing to be seen here, and nothing else either\"}}"
        );
        body.extend_from_slice(text.as_bytes());
        stream.push(0x32);
        if body.len() > 127 {
            stream.extend_from_slice(&[(body.len() % 128) as u8 | 0x80, (body.len() / 128) as u8]);
        } else {
            stream.push(body.len() as u8);
        }
        stream.extend_from_slice(&body);
    }
    stream
}

fn received(stream: &[u8]) -> Log {
    let mut log = Log::new(512 << 20);
    let started = Watch::start();
    for (at, piece) in stream.chunks(2_048).enumerate() {
        log.receive(piece.len(), |room| room.copy_from_slice(piece));
        while let Ok(Some(_)) = log.next_received(100 * at as u64, MARKS) {}
    }
    let took = started.secs();
    println!(
        "append: {:.1} M packets/s, {:.0} MB/s",
        f64::from(log.end()) / took / 1e6,
        stream.len() as f64 / took / 1e6,
    );
    log
}

fn filtered(log: &Log, text: &str) {
    let (mut best, mut found, mut slices) = (f64::MAX, 0, 0_u32);
    for _ in 0..3 {
        let mut filter = Filter::parse(text, 0).expect("a filter");
        let mut scan = Scan::default();
        (found, slices) = (0, 1);
        let started = Watch::start();
        while !scan.run(log, &mut filter, Budget::SLICE, |_| found += 1) {
            slices += 1;
        }
        best = best.min(started.secs() * 1e3);
    }
    println!("filter {text}: {best:.0} ms a pass, {:.1} ms a slice, {found} found", best / f64::from(slices));
}

/// Writes all as a file in slices, and reads it back where that is possible.
fn exported(log: &Log, format: Format) {
    let mut file = Vec::new();
    let name = format.extension();
    timed(&["export as ", name].concat(), || {
        let (mut export, mut slice) = (Export::new(log, format, Selection::All, false), Vec::new());
        while !export.write(log, 256 << 10, &mut slice).is_finished() {
            file.append(&mut slice);
        }
        file.append(&mut slice);
    });
    if format == Format::Csv {
        return;
    }
    timed(&["import of ", name].concat(), || {
        let (mut importer, mut log) = (Importer::new(1), Log::new(512 << 20));
        for piece in file.chunks(256 << 10) {
            importer.push(piece, &mut log);
        }
        assert_eq!(importer.finish(&mut log).packets, PACKETS);
    });
}

/// Opens 5 MB and looks at their end.
fn viewed() {
    let json = ["[", &"{\"key\":[1,2,\"three\"]},".repeat(220_000), "0]"].concat();
    for view in [View::Text, View::Json, View::Hex] {
        timed(&format!("{} MB as {view:?}, the last 50 lines", json.len() / 1_000_000), || {
            let mut viewer = Viewer::new(view);
            viewer.advance(json.as_bytes(), usize::MAX);
            viewer.window(json.as_bytes(), viewer.lines() - 50, 50)
        });
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) {
    let started = Watch::start();
    let result = work();
    println!("{what}: {:.0} ms", started.secs() * 1e3);
    drop(std::hint::black_box(result));
}

/// Measures processor time, or else the time of day.
struct Watch {
    at: std::time::Instant,
    used: Option<u64>,
}

impl Watch {
    fn start() -> Self {
        Self { at: std::time::Instant::now(), used: used() }
    }

    fn secs(&self) -> f64 {
        match (self.used, used()) {
            (Some(before), Some(now)) => (now - before) as f64 / 1e9,
            _ => self.at.elapsed().as_secs_f64(),
        }
    }
}

/// Nanoseconds that this thread has run, on Linux.
fn used() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}
