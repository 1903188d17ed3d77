//! Files into a log: captures of others (pcapng and pcap) that hold MQTT over TCP, and our own JSON Lines.
//!
//! A file comes in pieces of any size, and its packets are in the log as soon as they are whole. Where a file is
//! broken, what stands before is kept, and the report says where it broke. Times are those of the file, so a file is
//! best read into a log of its own.
//!
//! In a capture of others, a TCP connection is MQTT if it begins with a CONNECT, if it leads to port 1883 or to an end where MQTT
//! is spoken, or if it becomes a WebSocket for MQTT. Its segments are put in order; what came twice counts once; bytes
//! that the capture lacks are told by an event, and reading goes on behind them. What is left out is counted by reason.
//! A capture of ours says itself what it holds: all of it is MQTT, and each packet is as it was.

use mqttscope_text::number::push_grouped;

use crate::store::Log;

mod capture;
mod conversation;
mod ip;
mod json;
mod kind;
mod left_out;
mod lines;
mod link;
mod mark;
mod order;
mod reader;
mod recognition;
mod resync;
mod streams;
mod tcp;
mod websocket;

use capture::Capture;
pub use left_out::{LeftOut, Reason};
use lines::Lines;
use streams::Streams;

/// Reads a file.
pub struct Importer {
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    offset: u64,
    format: Format,
    streams: Streams,
    report: Report,
    /// How many rows of packets the log had had before.
    rows_before: u32,
}

enum Format {
    /// The first bytes have not come.
    Unknown,
    Capture(Capture),
    Lines(Lines),
    /// Nothing more can be read.
    Broken,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Blocks of a capture.
    Pcapng,
    /// Packets of a capture behind one header.
    Pcap,
    /// One JSON object a line.
    JsonLines,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What kind of file it is, once that is known.
    pub kind: Option<FileKind>,
    /// MQTT packets that were put into the log.
    pub packets: u32,
    /// Rows besides those: bytes that are no whole packet.
    pub pieces: u32,
    /// Frames of a capture.
    pub frames: u64,
    /// Frames that hold nothing of an MQTT connection that can be read, by reason; once the file was read.
    pub left_out: LeftOut,
    /// Frames that have no time of their own.
    pub timeless: u64,
    /// Connections that are MQTT.
    pub connections: u32,
    /// Connections that seem to be encrypted.
    pub encrypted: u32,
    /// Bytes that came again.
    pub repeated: u64,
    /// Those among them that were others the first time, as far as that was compared.
    pub changed: u64,
    /// Bytes that came when their place had been passed, and are left out.
    pub late: u64,
    /// Bytes of WebSockets that are left out: text, compressed messages, and what is behind a hole.
    pub unread: u64,
    /// Bytes of MQTT connections that the capture lacks.
    pub missing: u64,
    /// Lines that could not be read.
    pub broken_lines: u32,
    /// Where the file first broke.
    pub broken: Option<Broken>,
}

impl Report {
    /// What became of the file as a few sentences.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = String::from(match self.kind {
            Some(FileKind::Pcapng) => "pcapng: ",
            Some(FileKind::Pcap) => "pcap: ",
            Some(FileKind::JsonLines) => "JSON Lines: ",
            None => "",
        });
        push_count(&mut words, self.packets.into(), "packet");
        if self.connections > 0 {
            words.push_str(" of ");
            push_count(&mut words, self.connections.into(), "connection");
        }
        words.push('.');
        self.push_left_out(&mut words);
        let (missing, broken_lines) = (" of MQTT missing from the capture.", " that could not be read.");
        let facts = [
            (self.pieces.into(), "row", " of bytes that are no whole packet."),
            (self.encrypted.into(), "connection", " with what seems to be TLS: encrypted, and not read."),
            (self.timeless, "frame", " without a time."),
            (self.missing, "byte", missing),
            (self.repeated, "byte", " that came again."),
            (self.changed, "byte", " of these with other content than first, which is shown."),
            (self.late, "byte", " that came too late, left out."),
            (self.unread, "byte", " of WebSockets that are not binary messages, left out."),
            (self.broken_lines.into(), "line", broken_lines),
        ];
        for (count, unit, rest) in facts.into_iter().filter(|&(count, ..)| count > 0) {
            words.push(' ');
            push_count(&mut words, count, unit);
            words.push_str(rest);
        }
        if let Some(broken) = &self.broken {
            words.push_str(" Broken at byte ");
            push_grouped(&mut words, broken.offset);
            words.push_str(": ");
            words.push_str(broken.words);
            words.push('.');
        }
        words
    }

    fn push_left_out(&self, out: &mut String) {
        let count = self.left_out.total();
        if count > 0 {
            out.push(' ');
            push_count(out, count, "frame");
            out.push_str(" without MQTT over TCP");
            self.left_out.push_words(out);
            out.push('.');
        }
    }
}

/// A place where a file is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// What is wrong there, in words.
    pub words: &'static str,
}

/// What a reader makes of the bytes that are there.
enum Step {
    /// It took this many.
    Taken(usize),
    /// It needs more.
    More,
    /// Nothing can be made of them.
    Broken(&'static str),
}

impl Importer {
    /// A reader of a new file, whose connections are a source of their own in the log.
    #[must_use]
    pub fn new(log: &mut Log) -> Self {
        Self {
            buffer: Vec::new(),
            offset: 0,
            format: Format::Unknown,
            streams: Streams::new(log.add_source()),
            report: Report::default(),
            rows_before: log.packets(),
        }
    }

    /// Reads the next piece of the file.
    pub fn push(&mut self, piece: &[u8], log: &mut Log) {
        if matches!(self.format, Format::Broken) {
            return;
        }
        self.buffer.extend_from_slice(piece);
        if matches!(self.format, Format::Unknown) && self.buffer.len() >= kind::ENOUGH {
            self.recognise();
        }
        self.read(log, false);
    }

    /// Ends the file, and says what became of it.
    #[must_use]
    pub fn finish(mut self, log: &mut Log) -> Report {
        if matches!(self.format, Format::Unknown) {
            self.recognise();
        }
        self.read(log, true);
        if !self.buffer.is_empty() && !matches!(self.format, Format::Broken) {
            let has_begun = !matches!(&self.format, Format::Capture(capture) if !capture.has_begun());
            let words =
                if has_begun { "the file ends within a block" } else { "the file ends within its header" };
            self.fail(0, words);
        }
        self.streams.finish(log, &mut self.report);
        if let Format::Lines(lines) = &self.format {
            lines.finish(log);
        }
        let rows = log.packets().wrapping_sub(self.rows_before);
        self.report.pieces = rows.saturating_sub(self.report.packets);
        self.report
    }

    /// Nothing more of the file can be had: what came is kept, and the report says why there is no more.
    pub fn break_off(&mut self, words: &'static str) {
        self.fail(self.buffer.len(), words);
    }

    /// Whether anything can be made of what follows.
    #[must_use]
    pub const fn can_go_on(&self) -> bool {
        !matches!(self.format, Format::Broken)
    }

    /// What became of the file so far.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    fn recognise(&mut self) {
        if let Some(rest) = self.buffer.strip_prefix(kind::UTF8_MARK) {
            self.offset += kind::UTF8_MARK.len() as u64;
            self.buffer = rest.to_vec();
        }
        self.format = if let Some(capture) = Capture::recognise(&self.buffer) {
            self.report.kind = Some(capture.kind());
            Format::Capture(capture)
        } else if kind::is_lines(&self.buffer) {
            self.report.kind = Some(FileKind::JsonLines);
            Format::Lines(Lines::default())
        } else {
            self.fail(0, kind::words(&self.buffer));
            Format::Broken
        };
    }

    fn read(&mut self, log: &mut Log, is_end: bool) {
        let mut at = 0;
        loop {
            let rest = &self.buffer[at..];
            let step = match &mut self.format {
                Format::Capture(capture) => capture.step(rest, &mut self.streams, log, &mut self.report),
                Format::Lines(lines) => lines.step(rest, is_end, &self.streams, log, &mut self.report),
                Format::Unknown | Format::Broken => Step::More,
            };
            match step {
                Step::Taken(len) => at += len,
                Step::More => break,
                Step::Broken(words) if matches!(self.format, Format::Lines(_)) => {
                    // The next line is another chance.
                    self.fail(at, words);
                    self.report.broken_lines += 1;
                    let line = self.buffer[at..].iter().position(|&byte| byte == b'\n');
                    at = line.map_or(self.buffer.len(), |line| at + line + 1);
                }
                Step::Broken(words) => {
                    self.fail(at, words);
                    self.format = Format::Broken;
                }
            }
        }
        self.buffer.drain(..at);
        self.offset += at as u64;
    }

    fn fail(&mut self, at: usize, words: &'static str) {
        let offset = self.offset + at as u64;
        self.report.broken.get_or_insert(Broken { offset, words });
    }
}

/// `1 packet`, `1,234 packets`.
fn push_count(out: &mut String, count: u64, unit: &str) {
    push_grouped(out, count);
    out.push(' ');
    out.push_str(unit);
    if count != 1 {
        out.push('s');
    }
}
