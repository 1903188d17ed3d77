//! JSON Lines as [`crate::export`] writes them.

use super::json::{hex, items, members, string};
use super::streams::Streams;
use super::{Report, Step};
use crate::store::{ConnectionId, Direction, Event, EventKind, Known, Log, PacketFacts, Value, Version};
use std::collections::BTreeMap;

/// Reads line by line.
#[derive(Default)]
pub(super) struct Lines {
    /// Bytes of an unfinished line that hold no line feed.
    searched: usize,
    /// The record numbers of the file and of the log, of the newest record.
    numbers: Option<(u64, u32)>,
    /// The connections of the file, by their numbers there.
    connections: BTreeMap<u64, ConnectionId>,
}

/// The members of a line that matter.
#[derive(Default)]
struct Line<'a> {
    number: Option<u64>,
    time: Option<u64>,
    direction: &'a str,
    connection: Option<u64>,
    version: &'a str,
    facts: Option<&'a str>,
    violation: Option<bool>,
    broken: bool,
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
        streams: &Streams,
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

    /// Nothing more comes on the connections of the file.
    pub(super) fn finish(&self, log: &mut Log) {
        self.connections.values().for_each(|&connection| log.close(connection));
    }

    fn push(&mut self, line: &Line<'_>, streams: &Streams, log: &mut Log, report: &mut Report) -> Option<()> {
        let time = line.time?;
        let direction = match line.direction {
            "\"out\"" => Direction::Out,
            "\"in\"" => Direction::In,
            "\"event\"" => Direction::Event,
            _ => return None,
        };
        let number = if direction == Direction::Event {
            let (kind, texts) = line.event()?;
            let values = texts.iter().map(|value| match value {
                Ok(number) => Value::Number(*number),
                Err(text) => Value::Text(text),
            });
            // Records that were left out between the two numbers make the distance in the log another one.
            let about = line.about.zip(self.numbers).and_then(|(about, (in_file, number))| {
                number.checked_sub(u32::try_from(in_file.checked_sub(about)?).ok()?)
            });
            let connection = self.connection(line, streams, log)?;
            log.append_event(about, time, connection, Event::of_values(kind, values))
        } else {
            let raw = hex(line.raw?)?;
            let connection = self.connection(line, streams, log)?;
            let violation = line.violation.unwrap_or_default();
            let known = Known { facts: line.facts(), violation, broken: line.broken, ..Known::default() };
            report.packets += 1;
            let number = log.push_known(time, connection, direction, &raw, known);
            if line.violation == Some(false) {
                log.mark_innocent(number);
            }
            number
        };
        report.connections = self.connections.len() as u32;
        self.numbers = line.number.map(|in_file| (in_file, number));
        Some(())
    }

    /// The connection of a line, which has the version that the first line with one says.
    fn connection(&mut self, line: &Line<'_>, streams: &Streams, log: &mut Log) -> Option<ConnectionId> {
        let in_file = line.connection?;
        let known = self.connections.get(&in_file).copied().filter(|&known| log.connection(known).is_some());
        let connection = known.unwrap_or_else(|| log.add_connection(streams.source(), Version::Unknown));
        self.connections.insert(in_file, connection);
        log.learn_version(connection, line.version());
        Some(connection)
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
            "facts" => self.facts = Some(value),
            "violation" => self.violation = value.parse().ok(),
            "whole" => self.broken = value == "false",
            "raw" => self.raw = Some(value),
            "event" => self.event = Some(value),
            "values" => self.values = Some(value),
            "about" => self.about = value.parse().ok(),
            "words" => self.words = Some(value),
            _ => {}
        }
    }

    fn version(&self) -> Version {
        string(self.version).and_then(|version| Version::parse(&version)).unwrap_or_default()
    }

    fn facts(&self) -> PacketFacts {
        let mut facts = PacketFacts::default();
        let _ = items(self.facts.unwrap_or("[]"), |item| {
            if let Some(fact) = string(item).and_then(|name| facts.named_mut(&name)) {
                *fact = true;
            }
        });
        facts
    }

    /// The kind and the values of an event. One that is not known here is a note; of a note the values are its name and
    /// its words, which may be none.
    fn event(&self) -> Option<(EventKind, Vec<Result<u64, String>>)> {
        let name = string(self.event?)?;
        let mut values = Vec::new();
        items(self.values?, |item| {
            values.push(item.parse::<u64>().map_err(|_| string(item).unwrap_or_default()));
        })?;
        let kind = EventKind::from_name(&name).filter(|&kind| kind != EventKind::Note);
        let Some(kind) = kind else {
            let words = match &mut values[..] {
                [Err(first), Err(words)] if *first == name => std::mem::take(words),
                _ => self.words.and_then(string).unwrap_or_default(),
            };
            return Some((EventKind::Note, vec![Err(name), Err(words)]));
        };
        Some((kind, values))
    }
}
