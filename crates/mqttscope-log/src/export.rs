//! The log as a file: pcapng for Wireshark, JSON Lines, CSV, or the packets' bytes.
//!
//! An export writes slices into a caller's buffer and says how far it is, so that a million packets hold up nothing.
//! Passwords and Authentication Data leave as `*`, unless they are asked for.
//!
//! # JSON Lines
//!
//! One object a line. A packet has, before the keys of the project's packet JSON (`type`, `start`, `end`,
//! `violations` and those of its type):
//!
//! | key | value |
//! |---|---|
//! | `number` | the record's number in the log |
//! | `time` | `"2026-11-25T10:30:01.482123Z"` |
//! | `time_us` | the same in microseconds since the Unix epoch |
//! | `direction` | `"out"` (from the client) or `"in"` |
//! | `connection` | the number of the connection |
//! | `version` | `"3.1"`, `"3.1.1"` or `"5"`, `"level 6"` for a protocol level that is not known here, null where the connection's is not known |
//! | `facts` | what is known of the packet besides, only where anything is: `own`, `copy`, `resend`, `raw`, `repeat`, `held` |
//! | `answers` | the number of the packet before it in its exchange, or null |
//! | `alias_topic` | the topic name that its topic alias stands for, null where that is not known; only where it has none of its own |
//! | `violation` | whether it breaks a rule |
//! | `whole` | false, only where the bytes are not a whole packet |
//! | `password_hidden` | whether a password, or Authentication Data, was replaced by `*` |
//! | `raw` | all bytes of the packet, as hex |
//!
//! A packet of a connection whose protocol level is not known has of these `type` (null for 0 and 15), `start`, `end` and
//! `violations`. Bytes that are no packet have `"type":null` and `error` (`{"offset","kind","message","clause"}`) instead of the
//! packet's keys. An event has `number`, `time`, `time_us`, `"direction":"event"`, `connection`, `event` (its name),
//! `values` (texts and numbers), `about` (a packet's number or null), `words`.
//!
//! # CSV
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or an apostrophe has an apostrophe before it, since
//! programs for tables would take it for a formula. A topic or payload that is no well-formed UTF-8, or that holds control
//! characters, is written as hex: `topic_is` and `payload_is` say which it is. The topic is the one that a topic alias stands
//! for; where that is not known, it is in words (`alias 3, unknown`).

use mqttscope_proto::PacketType;

use crate::store::{Direction, Log, Record};

mod csv;
mod json_lines;
mod pcapng;
mod tcp;

use pcapng::Pcapng;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Wireshark: packets in TCP segments, events as comments.
    Pcapng,
    /// One JSON object a line.
    JsonLines,
    /// A table with a line of headings; payloads as text, or as hex where they are none.
    Csv,
    /// The bytes of the packets, one behind the other.
    Raw,
}

impl Format {
    /// The usual end of a file name, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pcapng => "pcapng",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Raw => "bin",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pcapng => "application/x-pcapng",
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Raw => "application/octet-stream",
        }
    }
}

/// Which records leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All that are in the log when the export begins.
    All,
    /// These numbers, in order.
    Numbers(Vec<u32>),
}

/// How far an export is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records that were dealt with.
    pub done: u32,
    /// All records.
    pub total: u32,
    /// Records that the log had dropped before it was their turn.
    pub dropped: u32,
    /// Packets whose password was replaced by `*`, here or when they were logged.
    pub passwords_hidden: u32,
}

impl Progress {
    /// Whether everything is written.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.done == self.total
    }
}

/// An export under way.
pub struct Export {
    writer: Writer,
    selection: Selection,
    /// The number of the first record, if all leave.
    first: u32,
    with_passwords: bool,
    begun: bool,
    progress: Progress,
    text: String,
    connect: Vec<u8>,
}

enum Writer {
    Pcapng(Pcapng),
    JsonLines,
    Csv,
    Raw,
}

/// A record on its way out.
struct Item<'a> {
    log: &'a Log,
    number: u32,
    record: &'a Record,
    /// The bytes that leave.
    bytes: &'a [u8],
    password_hidden: bool,
    /// It is one of some that were chosen: what stands beside it may not leave.
    is_selected: bool,
}

impl Export {
    /// Begins an export. `with_passwords` lets passwords leave that the log has kept.
    #[must_use]
    pub fn new(log: &Log, format: Format, selection: Selection, with_passwords: bool) -> Self {
        let total = match &selection {
            Selection::All => log.end() - log.first(),
            Selection::Numbers(numbers) => numbers.len() as u32,
        };
        Self {
            writer: match format {
                Format::Pcapng => Writer::Pcapng(Pcapng::default()),
                Format::JsonLines => Writer::JsonLines,
                Format::Csv => Writer::Csv,
                Format::Raw => Writer::Raw,
            },
            selection,
            first: log.first(),
            with_passwords,
            begun: false,
            progress: Progress { total, ..Progress::default() },
            text: String::new(),
            connect: Vec::new(),
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Appends to `out` until that has `len` bytes or more, or all is written, and says how far it is.
    ///
    /// A record is not divided: `out` can be longer by one.
    pub fn write(&mut self, log: &Log, len: usize, out: &mut Vec<u8>) -> Progress {
        if !self.begun {
            self.begun = true;
            match &self.writer {
                Writer::Pcapng(_) => pcapng::begin(out),
                Writer::Csv => out.extend_from_slice(csv::HEADINGS),
                Writer::JsonLines | Writer::Raw => {}
            }
        }
        while out.len() < len && !self.progress.is_finished() {
            let at = self.progress.done;
            self.progress.done += 1;
            let number = match &self.selection {
                Selection::All => self.first + at,
                Selection::Numbers(numbers) => numbers[at as usize],
            };
            match log.record(number) {
                Some(record) => self.write_record(log, number, record, out),
                None => self.progress.dropped += 1,
            }
        }
        self.progress
    }

    fn write_record(&mut self, log: &Log, number: u32, record: &Record, out: &mut Vec<u8>) {
        let mut bytes = log.bytes(record);
        let mut password_hidden = record.is_password_hidden();
        let may_be_secret = record.is_secret()
            || matches!(
                PacketType::from_first_byte(record.first_byte),
                Some(PacketType::Connect | PacketType::ConnAck | PacketType::Auth)
            );
        if may_be_secret && record.direction() != Direction::Event && !self.with_passwords {
            self.connect.clear();
            self.connect.extend_from_slice(bytes);
            password_hidden |= record.hide_secrets(&mut self.connect);
            bytes = &self.connect;
        }
        self.progress.passwords_hidden += u32::from(password_hidden);
        let is_selected = matches!(self.selection, Selection::Numbers(_));
        let item = Item { log, number, record, bytes, password_hidden, is_selected };
        self.text.clear();
        match &mut self.writer {
            Writer::Pcapng(pcapng) => pcapng.push(&item, out),
            Writer::JsonLines => json_lines::push(&item, &mut self.text),
            Writer::Csv => csv::push(&item, &mut self.text),
            Writer::Raw => out.extend_from_slice(bytes),
        }
        out.extend_from_slice(self.text.as_bytes());
    }
}
