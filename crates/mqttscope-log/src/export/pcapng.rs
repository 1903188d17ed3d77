//! Blocks of a pcapng file (draft-ietf-opsawg-pcapng): one section, one interface of raw IP, a block a segment.
//!
//! Bytes that a capture lacked are missing here too: the sequence numbers go on behind them.

use super::Item;
use super::tcp::{Flags, Flow, made_up_ends};
use crate::store::{ConnectionId, Direction, Ends, Event};
use std::collections::BTreeMap;

use mqttscope_proto::frame_len;

/// What a pcapng file has written so far.
#[derive(Default)]
pub(super) struct Pcapng {
    flows: BTreeMap<ConnectionId, Flow>,
    /// Which connection was the last one between two ends, and how many there were.
    openings: BTreeMap<Ends, (ConnectionId, u32)>,
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
                    Event::Gap { len, direction, after } => {
                        flow.holes[usize::from(direction == Direction::In)].push((after, len));
                    }
                    Event::Closed { .. } if flow.open => self.close(time, &mut flow, out),
                    _ => {}
                }
            }
            None => {
                if item.password_hidden {
                    flow.comments.push("The password was replaced by *".into());
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
        // A stream that begins with what is no packet was not seen from its beginning.
        if is_first && (!item.record.is_broken() || !holes.is_empty()) {
            self.segment(time, flow, true, Flags::SYN, &[], out);
            self.segment(time, flow, false, Flags::SYN_ACK, &[], out);
            self.segment(time, flow, true, Flags::ACK, &[], out);
        }
        let len = item.bytes.len();
        if item.is_selected && item.record.is_broken() {
            // What tells of the hole may not be among what is selected.
            let missing: u64 = holes.iter().map(|(_, missing)| missing).sum();
            let whole = frame_len(item.bytes).ok().flatten().map_or(0, |(_, whole)| whole);
            holes.push((len as u64, (whole.saturating_sub(len) as u64).saturating_sub(missing)));
        }
        let mut at = 0;
        for (after, missing) in holes {
            // A packet that is whole has none in it.
            let hole = if item.record.is_broken() { (after.min(len as u64) as usize).max(at) } else { 0 };
            self.data(time, flow, outbound, &item.bytes[at..hole], out);
            flow.skip(outbound, missing);
            at = hole;
        }
        self.data(time, flow, outbound, &item.bytes[at..], out);
    }

    /// Begins a connection, unless it is under way; says whether it has begun.
    fn begin(&mut self, connection: ConnectionId, flow: &mut Flow) -> bool {
        let (newest, openings) = self.openings.entry(flow.ends).or_insert((connection, 0));
        if flow.open && *newest == connection {
            return false;
        }
        *newest = connection;
        *openings += 1;
        flow.begin(*openings);
        true
    }

    fn data(&mut self, time: u64, flow: &mut Flow, outbound: bool, bytes: &[u8], out: &mut Vec<u8>) {
        for part in bytes.chunks(MAX_SEGMENT) {
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

/// LINKTYPE_RAW: packets begin with their IP header.
const RAW_IP: u16 = 101;
/// What an IPv4 packet holds besides the headers of IP and TCP.
const MAX_SEGMENT: usize = 65_535 - 40;
/// The longest option that is a multiple of four bytes.
const MAX_COMMENT: usize = 65_532;

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const INTERFACE_NAME: u16 = 2;
const PACKET_FLAGS: u16 = 2;
const USER_APPLICATION: u16 = 4;
const TIME_RESOLUTION: u16 = 9;
