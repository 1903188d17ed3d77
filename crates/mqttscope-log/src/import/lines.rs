//! JSON Lines as [`crate::export`] writes them.

use super::json::{hex, items, members, string};
use super::streams::Streams;
use super::{Report, Step};
use crate::store::{Direction, EventKind, Log, Marks, Value};

/// Reads line by line.
#[derive(Default)]
pub(super) struct Lines {
    /// Bytes of an unfinished line that hold no line feed.
    searched: usize,
    /// The record numbers of the file and of the log, of the newest record.
    numbers: Option<(u64, u32)>,
}

/// The members of a line that matter.
#[derive(Default)]
struct Line<'a> {
    number: Option<u64>,
    time: Option<u64>,
    direction: &'a str,
    connection: Option<u64>,
    version: &'a str,
    violation: bool,
    raw: Option<&'a str>,
    event: Option<&'a str>,
    values: Option<&'a str>,
    about: Option<u64>,
    words: Option<&'a str>,
}

impl Lines {
    /// Reads the next line.
    pub(super) fn step(
        &mut self,
        bytes: &[u8],
        is_end: bool,
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Step {
        let unsearched = bytes.get(self.searched..).unwrap_or_default();
        let end = unsearched.iter().position(|&byte| byte == b'\n').map(|at| self.searched + at);
        let (line, taken) = match end {
            Some(end) => (&bytes[..end], end + 1),
            None if is_end && !bytes.is_empty() => (bytes, bytes.len()),
            None => {
                self.searched = bytes.len();
                return Step::More;
            }
        };
        self.searched = 0;
        if line.trim_ascii().is_empty() {
            return Step::Taken(taken);
        }
        let Ok(text) = std::str::from_utf8(line) else { return Step::Broken("a line that is not UTF-8") };
        let mut found = Line::default();
        if members(text, |key, value| found.set(key, value)).is_none() {
            return Step::Broken("a line that is no JSON object");
        }
        match self.push(&found, streams, log, report) {
            Some(()) => Step::Taken(taken),
            None => Step::Broken("a line without what a packet or an event needs"),
        }
    }

    fn push(&mut self, line: &Line<'_>, streams: &Streams, log: &mut Log, report: &mut Report) -> Option<()> {
        let time = line.time?;
        let connection = streams.renumbered(u16::try_from(line.connection?).ok()?);
        let direction = match line.direction {
            "\"out\"" => Direction::Out,
            "\"in\"" => Direction::In,
            "\"event\"" => Direction::Event,
            _ => return None,
        };
        let number = if direction == Direction::Event {
            self.push_event(line, time, connection, log)?
        } else {
            let raw = hex(line.raw?)?;
            let v311 = line.version != "\"3.1\"";
            let marks = Marks { connection, v311, violation: line.violation, broken: false };
            report.packets += 1;
            log.push_whole(time, direction, &raw, marks)
        };
        report.connections = report.connections.max(line.connection? as u32);
        self.numbers = line.number.map(|in_file| (in_file, number));
        Some(())
    }

    fn push_event(&self, line: &Line<'_>, time: u64, connection: u16, log: &mut Log) -> Option<u32> {
        let name = string(line.event?)?;
        let mut texts = Vec::new();
        items(line.values?, |item| {
            texts.push(item.parse::<u64>().map_err(|_| string(item).unwrap_or_default()))
        })?;
        let mut values: Vec<_> = texts
            .iter()
            .map(|value| match value {
                Ok(number) => Value::Number(*number),
                Err(text) => Value::Text(text),
            })
            .collect();
        let words = line.words.and_then(string).unwrap_or_default();
        let kind = EventKind::from_name(&name).filter(|&kind| kind != EventKind::Note).unwrap_or_else(|| {
            values = vec![Value::Text(&name), Value::Text(&words)];
            EventKind::Note
        });
        // Records that were left out between the two numbers make the distance in the log another one.
        let about = line.about.zip(self.numbers).and_then(|(about, (in_file, number))| {
            number.checked_sub(u32::try_from(in_file.checked_sub(about)?).ok()?)
        });
        Some(log.push_event_about(about, time, connection, kind, &values))
    }
}

impl<'a> Line<'a> {
    fn set(&mut self, key: &str, value: &'a str) {
        match key {
            "number" => self.number = value.parse().ok(),
            "time_us" => self.time = value.parse().ok(),
            "direction" => self.direction = value,
            "connection" => self.connection = value.parse().ok(),
            "version" => self.version = value,
            "violation" => self.violation = value == "true",
            "raw" => self.raw = Some(value),
            "event" => self.event = Some(value),
            "values" => self.values = Some(value),
            "about" => self.about = value.parse().ok(),
            "words" => self.words = Some(value),
            _ => {}
        }
    }
}
