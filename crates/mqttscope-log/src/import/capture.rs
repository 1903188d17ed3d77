//! The frames of pcapng (draft-ietf-opsawg-pcapng) and pcap files (draft-ietf-opsawg-pcap).

use super::ip::{Found, Fragments};
use super::left_out::Reason;
use super::link::{self, Link};
use super::mark::Mark;
use super::streams::Streams;
use super::{FileKind, Report, Step};
use crate::own;
use crate::store::Log;

/// A capture that is being read.
pub(super) struct Capture {
    kind: FileKind,
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// pcap: the file's header was read.
    begun: bool,
    /// pcap: frames have eight more bytes of header.
    is_modified: bool,
    /// The time of the newest frame: blocks without a time take it.
    time: u64,
    fragments: Fragments,
}

#[derive(Clone, Copy)]
struct Interface {
    link: Link,
    /// The most bytes that are captured of a frame, 0 for all.
    snap_len: u32,
    resolution: Resolution,
    /// Seconds to add to every time.
    offset: i64,
    /// The file is one of ours.
    is_own: bool,
}

/// Parts of a second that times are counted in.
#[derive(Clone, Copy)]
enum Resolution {
    Decimal(u32),
    Binary(u32),
}

impl Capture {
    /// The capture that begins with these bytes, if they are one.
    pub(super) fn recognise(bytes: &[u8]) -> Option<Self> {
        let magic: [u8; 4] = *bytes.first_chunk()?;
        let little = u32::from_le_bytes(magic);
        let big = u32::from_be_bytes(magic);
        let capture = |kind, big_endian| {
            Some(Self {
                kind,
                big_endian,
                interfaces: Vec::new(),
                begun: false,
                is_modified: [little, big].contains(&PCAP_MODIFIED),
                time: 0,
                fragments: Fragments::default(),
            })
        };
        match (little, big) {
            (SECTION, _) => capture(FileKind::Pcapng, false),
            (PCAP_MICROS | PCAP_NANOS | PCAP_MODIFIED, _) => capture(FileKind::Pcap, false),
            (_, PCAP_MICROS | PCAP_NANOS | PCAP_MODIFIED) => capture(FileKind::Pcap, true),
            _ => None,
        }
    }

    /// Whether the file's own header has been read.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun || !self.interfaces.is_empty()
    }

    pub(super) const fn kind(&self) -> FileKind {
        self.kind
    }

    /// Reads the next block or frame.
    pub(super) fn step(
        &mut self,
        bytes: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Step {
        match self.kind {
            FileKind::Pcapng => self.block(bytes, streams, log, report),
            _ if !self.begun => self.pcap_header(bytes),
            _ => self.pcap_frame(bytes, streams, log, report),
        }
    }

    fn block(&mut self, bytes: &[u8], streams: &mut Streams, log: &mut Log, report: &mut Report) -> Step {
        if bytes.len() < 12 {
            return Step::More;
        }
        if self.u32(bytes, 0) == Some(SECTION) {
            // The byte order is the section's own.
            match self.u32_of(bytes, 8, false) {
                Some(BYTE_ORDER) => self.big_endian = false,
                _ if self.u32_of(bytes, 8, true) == Some(BYTE_ORDER) => self.big_endian = true,
                _ => return Step::Broken("a section without a byte order"),
            }
            self.interfaces.clear();
        }
        let len = self.u32(bytes, 4).unwrap_or_default() as usize;
        if len < 12 || !len.is_multiple_of(4) || len > MAX_BLOCK {
            return Step::Broken("a block of an impossible length");
        }
        let Some(block) = bytes.get(..len) else { return Step::More };
        if self.u32(block, len - 4) != Some(len as u32) {
            return Step::Broken("a block whose two lengths differ");
        }
        let body = &block[8..len - 4];
        let read = match self.u32(block, 0) {
            Some(INTERFACE) => self.interface(body),
            Some(ENHANCED_PACKET) => self.enhanced_packet(body, streams, log, report),
            Some(OLD_PACKET) => self.old_packet(body, streams, log, report),
            Some(SIMPLE_PACKET) => self.simple_packet(body, streams, log, report),
            // Names, statistics and whatever else there is.
            _ => Some(()),
        };
        if read.is_some() {
            Step::Taken(len)
        } else {
            Step::Broken("a block that is too short for what it holds")
        }
    }

    fn interface(&mut self, body: &[u8]) -> Option<()> {
        let link = Link(self.u16(body, 0)?);
        let snap_len = self.u32(body, 4)?;
        let resolution = Resolution::Decimal(6);
        let mut interface = Interface { link, snap_len, resolution, offset: 0, is_own: false };
        for (code, value) in self.options(body.get(8..)?) {
            match (code, value) {
                (3, value) => interface.is_own = value == own::DESCRIPTION.as_bytes(),
                (9, &[resolution]) => {
                    let digits = u32::from(resolution & 0x7f);
                    let is_binary = resolution & 0x80 != 0;
                    interface.resolution =
                        if is_binary { Resolution::Binary(digits) } else { Resolution::Decimal(digits) };
                }
                (14, value) if value.len() == 8 => {
                    let (low, high) = if self.big_endian { (4, 0) } else { (0, 4) };
                    let secs = u64::from(self.u32(value, high)?) << 32 | u64::from(self.u32(value, low)?);
                    interface.offset = secs as i64;
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        Some(())
    }

    /// The options of a block, up to the last: their codes and values.
    fn options<'a>(&self, mut bytes: &'a [u8]) -> impl Iterator<Item = (u16, &'a [u8])> {
        let big_endian = self.big_endian;
        std::iter::from_fn(move || {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            let number = if big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
            let (code, len) = (number([head[0], head[1]]), usize::from(number([head[2], head[3]])));
            let value = rest.get(..len).filter(|_| code != 0)?;
            bytes = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
            Some((code, value))
        })
    }

    fn enhanced_packet(
        &mut self,
        body: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Option<()> {
        let interface = self.u32(body, 0)? as usize;
        self.timed_packet(interface, body, streams, log, report)
    }

    /// The Packet Block that Enhanced Packet Blocks replaced: it numbers interfaces with two bytes.
    fn old_packet(
        &mut self,
        body: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Option<()> {
        let interface = usize::from(self.u16(body, 0)?);
        self.timed_packet(interface, body, streams, log, report)
    }

    fn timed_packet(
        &mut self,
        interface: usize,
        body: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Option<()> {
        let time = u64::from(self.u32(body, 4)?) << 32 | u64::from(self.u32(body, 8)?);
        let captured = self.u32(body, 12)? as usize;
        let frame = body.get(20..20_usize.checked_add(captured)?)?;
        let Some(interface) = self.interfaces.get(interface).copied() else {
            report.frames += 1;
            report.left_out.add(Reason::NoInterface, 1);
            return Some(());
        };
        self.time = interface.micros(time);
        let options = body.get(20 + captured.next_multiple_of(4)..).unwrap_or_default();
        let mark =
            interface.is_own.then(|| Mark::of_options(self.options(options), |value| self.u32(value, 0)));
        self.frame(interface.link, frame, mark.flatten(), streams, log, report);
        Some(())
    }

    fn simple_packet(
        &mut self,
        body: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Option<()> {
        let original = self.u32(body, 0)? as usize;
        let frame = body.get(4..)?;
        let Some(interface) = self.interfaces.first().copied() else {
            report.frames += 1;
            report.left_out.add(Reason::NoInterface, 1);
            return Some(());
        };
        let snapped = if interface.snap_len == 0 { usize::MAX } else { interface.snap_len as usize };
        let len = original.min(snapped).min(frame.len());
        report.timeless += 1;
        self.frame(interface.link, &frame[..len], None, streams, log, report);
        Some(())
    }

    fn pcap_header(&mut self, bytes: &[u8]) -> Step {
        let (Some(magic), Some(link)) = (self.u32(bytes, 0), self.u32(bytes, 20)) else { return Step::More };
        let digits = if magic == PCAP_NANOS { 9 } else { 6 };
        // The high bits tell of check sums behind the frames.
        let link = Link((link & 0xffff) as u16);
        let resolution = Resolution::Decimal(digits);
        self.interfaces.push(Interface { link, snap_len: 0, resolution, offset: 0, is_own: false });
        self.begun = true;
        Step::Taken(24)
    }

    fn pcap_frame(
        &mut self,
        bytes: &[u8],
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) -> Step {
        let (Some(secs), Some(part), Some(captured), Some(_)) =
            (self.u32(bytes, 0), self.u32(bytes, 4), self.u32(bytes, 8), self.u32(bytes, 12))
        else {
            return Step::More;
        };
        let captured = captured as usize;
        if captured > MAX_BLOCK {
            return Step::Broken("a frame of an impossible length");
        }
        let header_len = if self.is_modified { 24 } else { 16 };
        let Some(frame) = bytes.get(header_len..header_len + captured) else { return Step::More };
        let Some(interface) = self.interfaces.first().copied() else { return Step::More };
        let parts = if matches!(interface.resolution, Resolution::Decimal(9)) { part / 1_000 } else { part };
        self.time = u64::from(secs) * 1_000_000 + u64::from(parts);
        self.frame(interface.link, frame, None, streams, log, report);
        Step::Taken(header_len + captured)
    }

    fn frame(
        &mut self,
        link: Link,
        frame: &[u8],
        mark: Option<Mark>,
        streams: &mut Streams,
        log: &mut Log,
        report: &mut Report,
    ) {
        report.frames += 1;
        match link::read(link, frame) {
            Ok(Found::Segment(mut segment)) => {
                segment.mark = mark;
                streams.segment(self.time, &segment, 1, log, report);
            }
            Ok(Found::Fragment(fragment)) => {
                report.left_out.add(Reason::Fragment, 1);
                self.fragments.add(&fragment, |whole, frames| match whole {
                    Ok(Found::Segment(segment)) => {
                        report.left_out.take_back(Reason::Fragment, frames);
                        streams.segment(self.time, &segment, frames, log, report);
                    }
                    Ok(Found::Fragment(_)) => {}
                    Err(reason) => {
                        report.left_out.take_back(Reason::Fragment, frames);
                        report.left_out.add(reason, frames);
                    }
                });
            }
            Err(reason) => report.left_out.add(reason, 1),
        }
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        self.u32_of(bytes, at, self.big_endian)
    }

    fn u32_of(&self, bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

impl Interface {
    /// A time in microseconds since the Unix epoch.
    fn micros(&self, time: u64) -> u64 {
        let micros = match self.resolution {
            Resolution::Decimal(digits @ 0..=6) => time.saturating_mul(10_u64.pow(6 - digits)),
            Resolution::Decimal(digits) => 10_u64.checked_pow(digits - 6).map_or(0, |scale| time / scale),
            Resolution::Binary(bits) => {
                let scaled = u128::from(time) * 1_000_000;
                u64::try_from(scaled.checked_shr(bits).unwrap_or_default()).unwrap_or(u64::MAX)
            }
        };
        micros.saturating_add_signed(self.offset.saturating_mul(1_000_000))
    }
}

const SECTION: u32 = 0x0a0d_0d0a;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const PCAP_MICROS: u32 = 0xa1b2_c3d4;
const PCAP_NANOS: u32 = 0xa1b2_3c4d;
/// That of Kuznetzov's libpcap.
const PCAP_MODIFIED: u32 = 0xa1b2_cd34;
/// More than any frame: what announces more is broken, and is not waited for.
const MAX_BLOCK: usize = 16 << 20;
