//! Blocks of a pcapng file (draft-ietf-opsawg-pcapng): one section, one interface of raw IP, a block a segment.
//!
//! Bytes that a capture lacked are missing here too: the sequence numbers go on behind them. What cannot be seen in the
//! segments when they are read back is said beside them: see [`crate::own`].

use std::collections::BTreeMap;

use mqttscope_proto::{FixedHeader, PacketType, frame_len};

use super::Item;
use super::tcp::{Flags, Flow, made_up_ends};
use crate::own;
use crate::store::{ConnectionId, Direction, End, Event, EventKind, Version};

/// What a pcapng file has written so far.
#[derive(Default)]
pub(super) struct Pcapng {
    flows: BTreeMap<ConnectionId, Flow>,
    /// The last connection between two ends, the lower one first, and how far both have sent.
    newest: BTreeMap<(End, End), (ConnectionId, [u32; 2])>,
    segment: Vec<u8>,
}

/// Writes the section's and the interface's block.
pub(super) fn begin(out: &mut Vec<u8>) {
    let section = block(out, 0x0a0d_0d0a);
    out.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
    out.extend_from_slice(&[1, 0, 0, 0]);
    // The length of the section is not known yet.
    out.extend_from_slice(&[0xff; 8]);
    push_option(out, USER_APPLICATION, b"mqttscope");
    push_option(out, END_OF_OPTIONS, b"");
    end_block(out, section);
    let interface = block(out, 1);
    out.extend_from_slice(&RAW_IP.to_le_bytes());
    out.extend_from_slice(&[0; 6]);
    push_option(out, INTERFACE_NAME, b"mqttscope");
    push_option(out, INTERFACE_DESCRIPTION, own::DESCRIPTION.as_bytes());
    push_option(out, TIME_RESOLUTION, &[6]);
    push_option(out, END_OF_OPTIONS, b"");
    end_block(out, interface);
}

impl Pcapng {
    pub(super) fn push(&mut self, item: &Item<'_>, out: &mut Vec<u8>) {
        let connection = item.record.connection;
        let mut flow = self.flows.remove(&connection).unwrap_or_else(|| {
            let ends = item.log.connection(connection).and_then(|connection| connection.ends);
            Flow::new(ends.unwrap_or_else(|| made_up_ends(connection)))
        });
        let time = item.log.time_of_day(item.record);
        match item.log.event(item.record) {
            Some(event) => {
                flow.comments.push(event.words());
                match event {
                    // Whoever answers now has heard what is missing.
                    Event::Gap { len, direction, after: 0 } if flow.open => {
                        flow.skip(direction == Direction::Out, len);
                    }
                    Event::Gap { len, direction, after } => {
                        flow.holes[usize::from(direction == Direction::In)].push((after, len));
                    }
                    Event::Closed { .. } if flow.open => self.close(time, &mut flow, out),
                    _ => {}
                }
            }
            None => {
                if item.password_hidden {
                    let is_connect =
                        item.bytes.first().is_some_and(|byte| byte >> 4 == PacketType::Connect as u8);
                    let words = if is_connect || item.record.is_broken() { PASSWORD } else { DATA };
                    flow.comments.push(words.into());
                }
                self.push_packet(time, item, &mut flow, out);
            }
        }
        self.flows.insert(connection, flow);
    }

    fn push_packet(&mut self, time: u64, item: &Item<'_>, flow: &mut Flow, out: &mut Vec<u8>) {
        let outbound = item.record.direction() == Direction::Out;
        let mut holes = std::mem::take(&mut flow.holes[usize::from(!outbound)]);
        let is_first = self.begin(item.record.connection, flow);
        if is_first {
            self.handshake(time, item, &holes, flow, out);
        }
        let len = item.bytes.len();
        if item.is_selected && item.record.is_broken() {
            // What tells of the hole may not be among what is selected.
            let missing: u64 = holes.iter().map(|(_, missing)| missing).sum();
            let whole = frame_len(item.bytes).ok().flatten().map_or(0, |(_, whole)| whole);
            let rest = (whole.saturating_sub(len) as u64).saturating_sub(missing);
            if rest > 0 {
                holes.push((len as u64, rest));
            }
        }
        let mark = Mark::of(item, &holes);
        let mut at = 0;
        for (after, missing) in holes {
            // A packet that is whole has none in it.
            let hole = if item.record.is_broken() { (after.min(len as u64) as usize).max(at) } else { 0 };
            self.data(time, flow, outbound, &item.bytes[at..hole], mark, out);
            flow.skip(outbound, missing);
            at = hole;
        }
        self.data(time, flow, outbound, &item.bytes[at..], mark, out);
        self.newest.insert(flow.ends_in_order(), (item.record.connection, flow.sent_in_order()));
    }

    /// Says how a connection begins whose first packet this is.
    fn handshake(
        &mut self,
        time: u64,
        item: &Item<'_>,
        holes: &[(u64, u64)],
        flow: &mut Flow,
        out: &mut Vec<u8>,
    ) {
        let Item { log, number, record, .. } = item;
        // A stream that begins with the rest of a packet was not seen from its beginning.
        let is_rest = record.is_broken() && !record.is_violation();
        if !is_rest || holes.first().is_some_and(|&(after, _)| after == 0) {
            self.segment(time, flow, true, Flags::SYN, &[], out);
            self.segment(time, flow, false, Flags::SYN_ACK, &[], out);
            self.segment(time, flow, true, Flags::ACK, &[], out);
        }
        let connection = log.connection(record.connection);
        let Some(about) = connection.filter(|about| about.connect != Some(*number)) else { return };
        match about.version {
            Version::Known(_) | Version::Level(_) => {
                flow.comments.push([own::VERSION, &about.version.to_string()].concat());
            }
            Version::Before5 | Version::Unknown => {}
        }
    }

    /// Begins a connection, unless it is under way; says whether it has begun.
    fn begin(&mut self, connection: ConnectionId, flow: &mut Flow) -> bool {
        let before = self.newest.get(&flow.ends_in_order());
        if flow.open && before.is_some_and(|(newest, _)| *newest == connection) {
            return false;
        }
        flow.begin(before.map(|(_, sent)| *sent));
        true
    }

    /// Writes bytes, in as many segments as they need.
    fn data(
        &mut self,
        time: u64,
        flow: &mut Flow,
        outbound: bool,
        bytes: &[u8],
        mark: Mark,
        out: &mut Vec<u8>,
    ) {
        let segments = bytes.len().div_ceil(MAX_SEGMENT);
        for (at, part) in bytes.chunks(MAX_SEGMENT).enumerate() {
            let mark = match mark {
                Mark::Each(words) => Some(words),
                Mark::AllButFirst(words) if at > 0 => Some(words),
                Mark::Last(words) if at + 1 == segments => Some(words),
                Mark::None | Mark::AllButFirst(_) | Mark::Last(_) => None,
            };
            flow.comments.extend(mark.map(str::to_owned));
            self.segment(time, flow, outbound, Flags::PUSH_ACK, part, out);
        }
    }

    fn close(&mut self, time: u64, flow: &mut Flow, out: &mut Vec<u8>) {
        for (side, outbound) in [true, false].into_iter().enumerate() {
            for (_, missing) in std::mem::take(&mut flow.holes[side]) {
                flow.skip(outbound, missing);
            }
        }
        self.segment(time, flow, true, Flags::FIN_ACK, &[], out);
        self.segment(time, flow, false, Flags::FIN_ACK, &[], out);
        self.segment(time, flow, true, Flags::ACK, &[], out);
        flow.open = false;
    }

    /// Writes an Enhanced Packet Block with one segment, and the comments that wait for one.
    fn segment(
        &mut self,
        time: u64,
        flow: &mut Flow,
        outbound: bool,
        flags: Flags,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        flow.segment(outbound, flags, payload, &mut self.segment);
        let packet = block(out, 6);
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(&((time >> 32) as u32).to_le_bytes());
        out.extend_from_slice(&(time as u32).to_le_bytes());
        let len = (self.segment.len() as u32).to_le_bytes();
        out.extend_from_slice(&len);
        out.extend_from_slice(&len);
        push_padded(out, &self.segment);
        // Comments belong to data or to the end, not to the handshake that stands before them.
        if flags != Flags::SYN && flags != Flags::SYN_ACK && !(payload.is_empty() && flags == Flags::ACK) {
            for comment in flow.comments.drain(..) {
                let comment = comment.as_bytes();
                push_option(out, COMMENT, &comment[..comment.len().min(MAX_COMMENT)]);
            }
        }
        push_option(out, PACKET_FLAGS, &(if outbound { 2_u32 } else { 1 }).to_le_bytes());
        push_option(out, END_OF_OPTIONS, b"");
        end_block(out, packet);
    }
}

/// What is said of the segments of a record, where reading them does not show it.
#[derive(Clone, Copy)]
enum Mark {
    None,
    Each(&'static str),
    AllButFirst(&'static str),
    Last(&'static str),
}

impl Mark {
    fn of(item: &Item<'_>, holes: &[(u64, u64)]) -> Self {
        let Item { log, number, record, bytes, .. } = item;
        if !record.is_broken() || is_seen_by_holes(bytes, holes) {
            return Self::None;
        }
        let behind = log.record(number + 1).filter(|behind| behind.connection == record.connection);
        match behind.and_then(|behind| behind.event_kind().map(|kind| (kind, behind.back()))) {
            Some((EventKind::Incomplete, _)) => Self::Last(own::ENDED),
            Some((EventKind::Garbage, 1)) if is_seen_to_be_none(bytes, log.version_of(record)) => {
                Self::AllButFirst(own::STRAY)
            }
            _ if record.is_violation() => Self::Each(own::STRAY),
            _ => Self::Each(own::LOST),
        }
    }
}

/// Whether their beginning shows why bytes are no packet, to who knows from the first what the connection speaks.
fn is_seen_to_be_none(bytes: &[u8], version: Version) -> bool {
    if version.is_decoded() {
        FixedHeader::decode(bytes, version.layout()).is_err()
    } else {
        frame_len(bytes).is_err()
    }
}

/// Whether bytes are a packet with these holes and no others, or its beginning up to a hole that is longer.
fn is_seen_by_holes(bytes: &[u8], holes: &[(u64, u64)]) -> bool {
    let Some((&(first, _), len)) = holes.first().zip(u64::try_from(bytes.len()).ok()) else { return false };
    let beginning = usize::try_from(first).ok().and_then(|first| bytes.get(..first));
    let Some(Ok(header)) = beginning.map(frame_len) else { return false };
    let Some((_, whole)) = header else { return first == len && holes.len() == 1 };
    let mut missing = 0_u64;
    let last_of = |after: u64, left: u64| if left > 0 { after + left == len } else { after == len };
    holes.iter().enumerate().all(|(at, &(after, hole))| {
        missing = missing.saturating_add(hole);
        let left = (whole as u64).saturating_sub(after.saturating_add(missing));
        if at + 1 == holes.len() { last_of(after, left) } else { left > 0 && after <= len }
    })
}

/// Begins a block, whose length [`end_block`] fills in; says where it begins.
fn block(out: &mut Vec<u8>, block_type: u32) -> usize {
    let start = out.len();
    out.extend_from_slice(&block_type.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    start
}

fn end_block(out: &mut Vec<u8>, start: usize) {
    let len = ((out.len() - start + 4) as u32).to_le_bytes();
    out[start + 4..start + 8].copy_from_slice(&len);
    out.extend_from_slice(&len);
}

fn push_option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    push_padded(out, value);
}

/// Everything is a multiple of four bytes long.
fn push_padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    out.extend_from_slice(&[0; 3][..bytes.len().wrapping_neg() % 4]);
}

const PASSWORD: &str = "The password was replaced by *";
const DATA: &str = "The Authentication Data was replaced by *";
/// LINKTYPE_RAW: packets begin with their IP header.
const RAW_IP: u16 = 101;
/// What an IPv4 packet holds besides the headers of IP and TCP.
const MAX_SEGMENT: usize = 65_535 - 40;
/// The longest option that is a multiple of four bytes.
const MAX_COMMENT: usize = 65_532;

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_DESCRIPTION: u16 = 3;
const PACKET_FLAGS: u16 = 2;
const USER_APPLICATION: u16 = 4;
const TIME_RESOLUTION: u16 = 9;
