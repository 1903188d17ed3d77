//! IP packets: from their header to the TCP segment in them, through tunnels, and together again where they came as
//! fragments.

use std::collections::VecDeque;

use super::left_out::Reason;
use super::link::{ether_type, ethernet};
use super::tcp::Segment;

/// What an IP packet holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    Segment(Segment<'a>),
    Fragment(Fragment<'a>),
}

/// What is read of a packet, or why it is left out.
pub(super) type Read<'a> = Result<Found<'a>, Reason>;

/// A part of what an IP packet holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    of: Whole,
    offset: usize,
    is_last: bool,
    bytes: &'a [u8],
}

/// The packet that fragments belong to (RFC 791, 3.2; RFC 8200, 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whole {
    addresses: [[u8; 16]; 2],
    protocol: u8,
    id: u32,
}

/// Fragments that wait for others.
#[derive(Default)]
pub(super) struct Fragments {
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    of: Whole,
    /// What came so far, by its offset.
    parts: Vec<(usize, Vec<u8>)>,
    /// The length of the whole, once its last part has come.
    len: Option<usize>,
}

impl Fragments {
    /// Takes a fragment, and calls `read` with what the whole packet holds, and with how many frames it came in, if no
    /// other is missing.
    pub(super) fn add(&mut self, fragment: &Fragment<'_>, read: impl FnOnce(Read<'_>, u64)) {
        let place = self.waiting.iter().position(|waiting| waiting.of == fragment.of);
        let place = place.unwrap_or_else(|| {
            if self.waiting.len() == MAX_WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Waiting { of: fragment.of, parts: Vec::new(), len: None });
            self.waiting.len() - 1
        });
        let waiting = &mut self.waiting[place];
        if fragment.is_last {
            waiting.len = Some(fragment.offset + fragment.bytes.len());
        }
        if waiting.parts.len() < MAX_PARTS {
            waiting.parts.push((fragment.offset, fragment.bytes.to_vec()));
        }
        let Some(bytes) = waiting.whole() else { return };
        let frames = waiting.parts.len() as u64;
        self.waiting.remove(place);
        let Whole { addresses, protocol, .. } = fragment.of;
        read(transport(addresses, protocol, &bytes, bytes.len(), MAX_DEPTH), frames);
    }
}

impl Waiting {
    /// All bytes, once none is missing.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let len = self.len?;
        self.parts.sort_by_key(|&(offset, _)| offset);
        let mut whole = Vec::with_capacity(len.min(1 << 16));
        for (offset, bytes) in &self.parts {
            // What overlaps came first.
            let old = whole.len().checked_sub(*offset)?;
            whole.extend_from_slice(bytes.get(old..).unwrap_or_default());
        }
        (whole.len() == len).then_some(whole)
    }
}

/// Reads an IP packet; `depth` tunnels may be in it.
pub(super) fn packet(bytes: &[u8], depth: u8) -> Read<'_> {
    match bytes.first().map(|byte| byte >> 4) {
        Some(4) => v4(bytes, depth),
        Some(6) => v6(bytes, depth),
        Some(_) => Err(Reason::NotIp),
        None => Err(Reason::Cut),
    }
}

fn v4(packet: &[u8], depth: u8) -> Read<'_> {
    let header = packet.first_chunk::<20>().ok_or(Reason::Cut)?;
    let header_len = usize::from(header[0] & 15) * 4;
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    // Where the network card divides what is sent, the length is not known yet.
    let total = if total == 0 { packet.len() } else { total };
    let len = total.checked_sub(header_len).filter(|_| header_len >= 20).ok_or(Reason::NotIp)?;
    let address = |at: usize| {
        let mut address = [0; 16];
        address[10..12].fill(0xff);
        address[12..].copy_from_slice(&header[at..at + 4]);
        address
    };
    let addresses = [address(12), address(16)];
    let bytes = packet.get(header_len..).unwrap_or_default();
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    if fragment & 0x3fff == 0 {
        return transport(addresses, header[9], bytes, len, depth);
    }
    let id = u32::from(u16::from_be_bytes([header[4], header[5]]));
    let of = Whole { addresses, protocol: header[9], id };
    part(of, usize::from(fragment & 0x1fff) * 8, fragment & 0x2000 == 0, bytes, len)
}

fn v6(packet: &[u8], depth: u8) -> Read<'_> {
    let (header, mut rest) = packet.split_first_chunk::<40>().ok_or(Reason::Cut)?;
    let announced = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let mut len = if announced == 0 { rest.len() } else { announced };
    let mut addresses = [[0; 16]; 2];
    addresses[0].copy_from_slice(&header[8..24]);
    addresses[1].copy_from_slice(&header[24..]);
    let mut next = header[6];
    for _ in 0..8 {
        let unit = match next {
            // Options of hops and of the destination, routing, mobility; fragments have eight bytes, and an
            // authentication header counts in other units.
            0 | 43 | 60 | 135 => 8,
            44 | 51 => 0,
            _ => return transport(addresses, next, rest, len, depth),
        };
        let &[inner, units, high, low, ref more @ ..] = rest else { return Err(Reason::Cut) };
        let extension = match next {
            44 => 8,
            51 => usize::from(units) * 4 + 8,
            _ => (usize::from(units) + 1) * unit,
        };
        let fragment = u16::from_be_bytes([high, low]);
        let is_fragment = next == 44 && fragment & 0xfff9 != 0;
        let id = more.first_chunk().copied().map(u32::from_be_bytes);
        next = inner;
        rest = rest.get(extension..).ok_or(Reason::Cut)?;
        len = len.checked_sub(extension).ok_or(Reason::NotIp)?;
        if is_fragment {
            let of = Whole { addresses, protocol: next, id: id.ok_or(Reason::Cut)? };
            return part(of, usize::from(fragment & 0xfff8), fragment & 1 == 0, rest, len);
        }
    }
    Err(Reason::NotTcp)
}

fn part(of: Whole, offset: usize, is_last: bool, bytes: &[u8], len: usize) -> Read<'_> {
    // Of one that was cut short nothing whole can be made.
    let bytes = bytes.get(..len).ok_or(Reason::Fragment)?;
    Ok(Found::Fragment(Fragment { of, offset, is_last, bytes }))
}

/// Reads what a packet holds; `len` is its length before anything was cut off.
fn transport(addresses: [[u8; 16]; 2], protocol: u8, bytes: &[u8], len: usize, depth: u8) -> Read<'_> {
    let depth = if protocol == TCP { depth } else { depth.checked_sub(1).ok_or(Reason::NotTcp)? };
    let captured = bytes.get(..len).unwrap_or(bytes);
    match protocol {
        TCP => Segment::read(addresses, bytes, len).map(Found::Segment),
        IP4 | IP6 => packet(captured, depth),
        GRE => gre(captured, depth),
        UDP => udp(captured, depth),
        _ => Err(Reason::NotTcp),
    }
}

/// Generic Routing Encapsulation (RFC 2784, RFC 2890), and frames that a switch mirrors through it.
fn gre(bytes: &[u8], depth: u8) -> Read<'_> {
    let &[flags, version, high, low, ref rest @ ..] = bytes else { return Err(Reason::Cut) };
    let has = |flag: u8| flags & flag != 0;
    let optional = usize::from(has(0x80)) + usize::from(has(0x20)) + usize::from(has(0x10));
    // The version of PPTP has an acknowledgement too (RFC 2637).
    let optional = optional + usize::from(version & 0x87 == 0x81);
    let rest = rest.get(4 * optional..).ok_or(Reason::Cut)?;
    match u16::from_be_bytes([high, low]) {
        0x88be if has(0x10) => ethernet(rest.get(8..).ok_or(Reason::Cut)?, depth),
        0x88be => ethernet(rest, depth),
        0x22eb => ethernet(rest.get(12..).ok_or(Reason::Cut)?, depth),
        kind => ether_type(kind, rest, depth),
    }
}

/// Tunnels over UDP: VXLAN (RFC 7348) and Geneve (RFC 8926).
fn udp(bytes: &[u8], depth: u8) -> Read<'_> {
    let (header, rest) = bytes.split_first_chunk::<8>().ok_or(Reason::Cut)?;
    match (u16::from_be_bytes([header[2], header[3]]), rest) {
        (4789 | 8472, &[flags, _, _, _, _, _, _, _, ref frame @ ..]) if flags & 0x08 != 0 => {
            ethernet(frame, depth)
        }
        (6081, &[options, _, high, low, _, _, _, _, ref rest @ ..]) if options >> 6 == 0 => {
            let frame = rest.get(usize::from(options & 0x3f) * 4..).ok_or(Reason::Cut)?;
            ether_type(u16::from_be_bytes([high, low]), frame, depth)
        }
        _ => Err(Reason::NotTcp),
    }
}

/// Tunnels within tunnels that are read.
pub(super) const MAX_DEPTH: u8 = 4;

/// How many packets may wait for their fragments, and of how many each may consist.
const MAX_WAITING: usize = 64;
const MAX_PARTS: usize = 64;

const IP4: u8 = 4;
const TCP: u8 = 6;
const UDP: u8 = 17;
const IP6: u8 = 41;
const GRE: u8 = 47;
