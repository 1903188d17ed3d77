//! Files into a log: captures of others (pcapng and pcap) that hold MQTT over TCP, and our own JSON Lines.
//!
//! A file comes in pieces of any size, and its packets are in the log as soon as they are whole. Where a file is
//! broken, what stands before is kept, and the report says where it broke. Times are those of the file, so a file is
//! best read into a log of its own.
//!
//! In a capture, a TCP connection is MQTT if one of its ports is 1883, or if it begins with a CONNECT. Its segments
//! are put in order; what came twice counts once; bytes that the capture lacks are told by an event, and reading goes
//! on behind them.

use mqttscope_text::number::push_grouped;

use crate::store::Log;

mod capture;
mod json;
mod lines;
mod link;
mod reassembly;
mod streams;

use capture::Capture;
use lines::Lines;
use streams::Streams;

/// Reads a file.
pub struct Importer {
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    offset: u64,
    reader: Reader,
    streams: Streams,
    report: Report,
    /// How many rows of packets the log had had before.
    rows_before: u32,
}

enum Reader {
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
    /// Frames that are no TCP over IP, or belong to connections that are not MQTT.
    pub skipped: u64,
    /// Connections that are MQTT.
    pub connections: u32,
    /// Bytes that came again.
    pub repeated: u64,
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
        let facts = [
            (self.pieces.into(), "row", " of bytes that are no whole packet."),
            (self.skipped, "frame", " without MQTT over TCP."),
            (self.missing, "byte", " of MQTT missing from the capture."),
            (self.broken_lines.into(), "line", " that could not be read."),
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
            reader: Reader::Unknown,
            streams: Streams::new(log.add_source()),
            report: Report::default(),
            rows_before: log.packets(),
        }
    }

    /// Reads the next piece of the file.
    pub fn push(&mut self, piece: &[u8], log: &mut Log) {
        if matches!(self.reader, Reader::Broken) {
            return;
        }
        self.buffer.extend_from_slice(piece);
        if matches!(self.reader, Reader::Unknown) && self.buffer.len() >= 4 {
            self.recognise();
        }
        self.read(log, false);
    }

    /// Ends the file, and says what became of it.
    #[must_use]
    pub fn finish(mut self, log: &mut Log) -> Report {
        if matches!(self.reader, Reader::Unknown) {
            self.recognise();
        }
        self.read(log, true);
        if !self.buffer.is_empty() && !matches!(self.reader, Reader::Broken) {
            self.fail(0, "the file ends within a block");
        }
        self.streams.finish(log, &mut self.report);
        if let Reader::Lines(lines) = &self.reader {
            lines.finish(log);
        }
        let rows = log.packets().wrapping_sub(self.rows_before);
        self.report.pieces = rows.saturating_sub(self.report.packets);
        self.report
    }

    /// Whether anything can be made of what follows.
    #[must_use]
    pub const fn can_go_on(&self) -> bool {
        !matches!(self.reader, Reader::Broken)
    }

    /// What became of the file so far.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    fn recognise(&mut self) {
        let first = self.buffer.iter().find(|byte| !byte.is_ascii_whitespace());
        self.reader = if let Some(capture) = Capture::recognise(&self.buffer) {
            self.report.kind = Some(capture.kind());
            Reader::Capture(capture)
        } else if first == Some(&b'{') {
            self.report.kind = Some(FileKind::JsonLines);
            Reader::Lines(Lines::default())
        } else {
            let is_empty = self.buffer.is_empty();
            self.fail(
                0,
                if is_empty { "the file is empty" } else { "this is neither pcapng nor pcap nor JSON Lines" },
            );
            Reader::Broken
        };
    }

    fn read(&mut self, log: &mut Log, is_end: bool) {
        let mut at = 0;
        loop {
            let rest = &self.buffer[at..];
            let step = match &mut self.reader {
                Reader::Capture(capture) => capture.step(rest, &mut self.streams, log, &mut self.report),
                Reader::Lines(lines) => lines.step(rest, is_end, &self.streams, log, &mut self.report),
                Reader::Unknown | Reader::Broken => Step::More,
            };
            match step {
                Step::Taken(len) => at += len,
                Step::More => break,
                Step::Broken(words) if matches!(self.reader, Reader::Lines(_)) => {
                    // The next line is another chance.
                    self.fail(at, words);
                    self.report.broken_lines += 1;
                    let line = self.buffer[at..].iter().position(|&byte| byte == b'\n');
                    at = line.map_or(self.buffer.len(), |line| at + line + 1);
                }
                Step::Broken(words) => {
                    self.fail(at, words);
                    self.reader = Reader::Broken;
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
