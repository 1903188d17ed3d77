//! From a frame to the IP packet in it: what is around IP on each kind of link.

use super::ip::{self, MAX_DEPTH, Read};
use super::left_out::Reason;

/// A link type, as capture files number them (<https://www.tcpdump.org/linktypes.html>).
#[derive(Clone, Copy)]
pub(super) struct Link(pub(super) u16);

/// Reads a frame.
pub(super) fn read(link: Link, frame: &[u8]) -> Read<'_> {
    of_type(link.0, frame, MAX_DEPTH)
}

fn of_type(link: u16, frame: &[u8], depth: u8) -> Read<'_> {
    match link {
        ETHERNET => ethernet(frame, depth),
        LINUX_COOKED => typed(frame, 14, depth),
        LINUX_COOKED_2 => ether_type(u16_at(frame, 0)?, behind(frame, 20)?, depth),
        APPLE_IEEE1394 => typed(frame, 16, depth),
        CISCO_HDLC => typed(frame, 2, depth),
        // The family of addresses in the byte order of whoever captured, or the network's.
        NULL | LOOP => ip::packet(behind(frame, 4)?, depth),
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => ip::packet(frame, depth),
        ENC => ip::packet(behind(frame, 12)?, depth),
        PFLOG => {
            let len = usize::from(*frame.first().ok_or(Reason::Cut)?);
            ip::packet(behind(frame, len.next_multiple_of(4))?, depth)
        }
        PPP_HDLC if u16_at(frame, 0)? & 0x7fff == 0x0f00 => typed(frame, 2, depth),
        PPP | PPP_HDLC => ppp(frame, depth),
        PPP_WITH_DIRECTION => ppp(behind(frame, 1)?, depth),
        PPP_ETHER => pppoe(frame, depth),
        NFLOG => nflog(frame, depth),
        IEEE802_11 => radio(frame, depth),
        // Headers of a link that say how long they are.
        RADIOTAP => radio(behind(frame, u16_at(frame, 2)?.swap_bytes().into())?, depth),
        PPI => nested(u16_at(frame, 4)?.swap_bytes(), frame, u16_at(frame, 2)?.swap_bytes(), depth),
        PKTAP => nested(u16_at(frame, 8)?.swap_bytes(), frame, u16_at(frame, 0)?.swap_bytes(), depth),
        other => Err(Reason::LinkType(other)),
    }
}

/// A frame behind a header of that length.
fn nested(link: u16, frame: &[u8], header_len: u16, depth: u8) -> Read<'_> {
    // A header that says that it has no length leads to itself.
    let depth = depth.checked_sub(1).ok_or(Reason::LinkType(link))?;
    of_type(link, behind(frame, header_len.into())?, depth)
}

/// An Ethernet frame.
pub(super) fn ethernet(frame: &[u8], depth: u8) -> Read<'_> {
    typed(frame, 12, depth)
}

/// What follows the type that stands at a place.
fn typed(frame: &[u8], at: usize, depth: u8) -> Read<'_> {
    ether_type(u16_at(frame, at)?, behind(frame, at + 2)?, depth)
}

/// What follows a type of Ethernet: IP, or tags and tunnels that have a type of their own.
pub(super) fn ether_type(mut kind: u16, mut rest: &[u8], depth: u8) -> Read<'_> {
    // Tags of virtual networks.
    for _ in 0..4 {
        if !matches!(kind, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
            break;
        }
        kind = u16_at(rest, 2)?;
        rest = behind(rest, 4)?;
    }
    match kind {
        0x0800 | 0x86dd => ip::packet(rest, depth),
        0x8847 | 0x8848 => mpls(rest, depth),
        0x8864 => pppoe(rest, depth),
        0x880b => ppp(rest, depth),
        0x6558 => ethernet(rest, depth.checked_sub(1).ok_or(Reason::NotIp)?),
        // A length instead of a type.
        ..=1500 => llc(rest, depth),
        _ => Err(Reason::NotIp),
    }
}

/// Behind a header of logical links, whose type is one of Ethernet (RFC 1042).
fn llc(bytes: &[u8], depth: u8) -> Read<'_> {
    match bytes {
        [0xaa, 0xaa, 3, 0, 0, 0, high, low, rest @ ..] => {
            // Ethernet allows no length within.
            let kind = u16::from_be_bytes([*high, *low]);
            if kind > 1500 { ether_type(kind, rest, depth) } else { Err(Reason::NotIp) }
        }
        _ => Err(Reason::NotIp),
    }
}

/// Labels of MPLS (RFC 3032); what is behind the last one has no type.
fn mpls(mut bytes: &[u8], depth: u8) -> Read<'_> {
    loop {
        let &[_, _, bits, _, ref rest @ ..] = bytes else { return Err(Reason::Cut) };
        bytes = rest;
        if bits & 1 != 0 {
            break;
        }
    }
    match bytes.first().map(|byte| byte >> 4) {
        // The control word before an Ethernet frame (RFC 4448, 4.6).
        Some(0) => ethernet(behind(bytes, 4)?, depth.checked_sub(1).ok_or(Reason::NotIp)?),
        _ => ip::packet(bytes, depth),
    }
}

/// PPP over Ethernet, a session (RFC 2516).
fn pppoe(bytes: &[u8], depth: u8) -> Read<'_> {
    match bytes {
        [0x11, 0, ..] => ppp(behind(bytes, 6)?, depth),
        _ => Err(Reason::NotIp),
    }
}

/// PPP (RFC 1661), whose address and control may be left out, and whose protocol may be one byte.
fn ppp(bytes: &[u8], depth: u8) -> Read<'_> {
    match bytes.strip_prefix(&[0xff, 3]).unwrap_or(bytes) {
        [0, 0x21 | 0x57, rest @ ..] | [0x21 | 0x57, rest @ ..] => ip::packet(rest, depth),
        [2, 0x81 | 0x83, rest @ ..] => mpls(rest, depth),
        _ => Err(Reason::NotIp),
    }
}

/// Packets that the firewall of Linux hands out: fields of a length and a type in the byte order of whoever captured.
fn nflog(frame: &[u8], depth: u8) -> Read<'_> {
    let mut fields = behind(frame, 4)?;
    for _ in 0..32 {
        let &[a, b, c, d, ..] = fields else { return Err(Reason::Cut) };
        let is_little = b == 0 || usize::from(u16::from_le_bytes([a, b])) <= fields.len();
        let number = |bytes| if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
        let len = usize::from(number([a, b])).max(4);
        if number([c, d]) & 0x7fff == PAYLOAD {
            return ip::packet(fields.get(4..len).unwrap_or(&fields[4..]), depth);
        }
        fields = behind(fields, len.next_multiple_of(4))?;
    }
    Err(Reason::NotIp)
}

/// A frame of IEEE 802.11.
fn radio(frame: &[u8], depth: u8) -> Read<'_> {
    let &[kind, flags, ..] = frame else { return Err(Reason::Cut) };
    // Only data frames, and of these only those that hold data.
    if kind & 0x4c != 0x08 {
        return Err(Reason::NotIp);
    }
    if flags & 0x40 != 0 {
        return Err(Reason::Protected);
    }
    let is_between_stations = flags & 3 == 3;
    let has_quality = kind & 0x80 != 0;
    let has_order = has_quality && flags & 0x80 != 0;
    let len =
        24 + 6 * usize::from(is_between_stations) + 2 * usize::from(has_quality) + 4 * usize::from(has_order);
    llc(behind(frame, len)?, depth)
}

fn behind(bytes: &[u8], len: usize) -> Result<&[u8], Reason> {
    bytes.get(len..).ok_or(Reason::Cut)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Reason> {
    behind(bytes, at)?.first_chunk().copied().map(u16::from_be_bytes).ok_or(Reason::Cut)
}

/// The field of NFLOG that holds the packet.
const PAYLOAD: u16 = 9;

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const PPP: u16 = 9;
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const PPP_HDLC: u16 = 50;
const PPP_ETHER: u16 = 51;
const RAW: u16 = 101;
const CISCO_HDLC: u16 = 104;
const IEEE802_11: u16 = 105;
const LOOP: u16 = 108;
const ENC: u16 = 109;
const LINUX_COOKED: u16 = 113;
const PFLOG: u16 = 117;
const RADIOTAP: u16 = 127;
const APPLE_IEEE1394: u16 = 138;
const PPI: u16 = 192;
const PPP_WITH_DIRECTION: u16 = 204;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const NFLOG: u16 = 239;
const PKTAP: u16 = 258;
const LINUX_COOKED_2: u16 = 276;
