//! From a frame to the TCP segment in it: link layer, IP, TCP.

use crate::store::End;

/// A link type, as capture files number them.
#[derive(Clone, Copy)]
pub(super) struct Link(pub(super) u16);

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) sequence: u32,
    pub(super) flags: u8,
    pub(super) payload: &'a [u8],
    /// Bytes of the payload that were not captured.
    pub(super) cut: usize,
}

impl Segment<'_> {
    pub(super) const FIN: u8 = 1;
    pub(super) const SYN: u8 = 2;
    pub(super) const RST: u8 = 4;
    pub(super) const ACK: u8 = 16;

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The TCP segment in a frame, `None` if it holds none, or a part of one.
pub(super) fn segment(link: Link, frame: &[u8]) -> Option<Segment<'_>> {
    ip(match link.0 {
        ETHERNET => ethernet(frame, 12)?,
        LINUX_COOKED => ethernet(frame, 14)?,
        LINUX_COOKED_2 => ether_type(u16_at(frame, 0)?, frame.get(20..)?)?,
        // The family of addresses in the byte order of whoever captured, or the network's.
        NULL | LOOP => frame.get(4..)?,
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => frame,
        _ => return None,
    })
}

/// The packet behind the type of what is in an Ethernet frame, which stands at `at`, and tags of virtual networks.
fn ethernet(frame: &[u8], mut at: usize) -> Option<&[u8]> {
    for _ in 0..4 {
        match u16_at(frame, at)? {
            0x8100 | 0x88a8 | 0x9100 => at += 4,
            found => return ether_type(found, frame.get(at + 2..)?),
        }
    }
    None
}

fn ether_type(ether_type: u16, packet: &[u8]) -> Option<&[u8]> {
    matches!(ether_type, 0x0800 | 0x86dd).then_some(packet)
}

fn ip(packet: &[u8]) -> Option<Segment<'_>> {
    match packet.first()? >> 4 {
        4 => ipv4(packet),
        6 => ipv6(packet),
        _ => None,
    }
}

fn ipv4(packet: &[u8]) -> Option<Segment<'_>> {
    let header_len = usize::from(packet.first()? & 15) * 4;
    let fragment = u16_at(packet, 6)?;
    if *packet.get(9)? != TCP || fragment & 0x3fff != 0 || header_len < 20 {
        return None;
    }
    let total = usize::from(u16_at(packet, 2)?);
    // Where the network card divides what is sent, the length is not known yet.
    let total = if total == 0 { packet.len() } else { total };
    let address = |at: usize| {
        let mut address = [0; 16];
        address[10..12].fill(0xff);
        address[12..].copy_from_slice(packet.get(at..at + 4)?);
        Some(address)
    };
    tcp([address(12)?, address(16)?], packet.get(header_len..)?, total.checked_sub(header_len)?)
}

fn ipv6(packet: &[u8]) -> Option<Segment<'_>> {
    let announced = usize::from(u16_at(packet, 4)?);
    let mut len = if announced == 0 { packet.len().checked_sub(40)? } else { announced };
    let addresses = [*packet.get(8..)?.first_chunk()?, *packet.get(24..)?.first_chunk()?];
    let mut next = *packet.get(6)?;
    let mut rest = packet.get(40..)?;
    for _ in 0..8 {
        let extension = match next {
            TCP => return tcp(addresses, rest, len),
            // Options of hops and of the destination, routing.
            0 | 43 | 60 => usize::from(*rest.get(1)?) * 8 + 8,
            // A fragment that is the whole.
            44 if u16_at(rest, 2)? & 0xfff9 == 0 => 8,
            _ => return None,
        };
        next = *rest.first()?;
        rest = rest.get(extension..)?;
        len = len.checked_sub(extension)?;
    }
    None
}

/// Reads the header of TCP; `len` is the length of header and payload before anything was cut off.
fn tcp(addresses: [[u8; 16]; 2], bytes: &[u8], len: usize) -> Option<Segment<'_>> {
    let end = |side: usize| Some(End { address: addresses[side], port: u16_at(bytes, 2 * side)? });
    let sequence = u32::from_be_bytes(*bytes.get(4..)?.first_chunk()?);
    let header_len = usize::from(bytes.get(12)? >> 4) * 4;
    if header_len < 20 {
        return None;
    }
    let flags = *bytes.get(13)?;
    let payload_len = len.checked_sub(header_len)?;
    let captured = bytes.get(header_len..).unwrap_or_default();
    // What is behind the payload fills the frame up to its least length.
    let payload = &captured[..payload_len.min(captured.len())];
    let cut = payload_len - payload.len();
    Some(Segment { from: end(0)?, to: end(1)?, sequence, flags, payload, cut })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

const TCP: u8 = 6;

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const RAW: u16 = 101;
const LOOP: u16 = 108;
const LINUX_COOKED: u16 = 113;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const LINUX_COOKED_2: u16 = 276;
