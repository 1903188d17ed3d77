//! Packets in a byte stream: the fixed header, and the boundaries between packets however the stream is cut.
//!
//! Nothing here looks into a packet's body, and nothing needs it whole: an unfinished packet is not an error.

use alloc::vec::Vec;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::{PacketType, ProtocolVersion};
use crate::varint;

/// The largest Remaining Length that four bytes can say: 256 MB less one byte.
pub const MAX_REMAINING_LENGTH: u32 = varint::MAX;

/// The fixed header of a packet (MQTT 3.1, Fixed header; MQTT 3.1.1, 2.2; MQTT 5, 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedHeader {
    /// Packet type in the high four bits, flags in the low four.
    pub first_byte: u8,
    /// The packet type of the first byte.
    pub packet_type: PacketType,
    /// Bytes behind the fixed header.
    pub remaining_length: u32,
    /// Bytes of the fixed header itself, 2 to 5.
    pub len: usize,
}

impl FixedHeader {
    /// Reads a fixed header from the start of `bytes`, or `None` while it is unfinished.
    ///
    /// # Errors
    ///
    /// As soon as the bytes that are there rule a packet of the version out: a reserved packet type, PUBLISH with QoS 3, a
    /// fourth length byte with its continuation bit, a Remaining Length that the packet type cannot have.
    #[inline]
    pub fn decode(bytes: &[u8], version: ProtocolVersion) -> Result<Option<Self>, DecodeError> {
        let Some((&first_byte, length_bytes)) = bytes.split_first() else { return Ok(None) };
        let packet_type = check_first_byte(first_byte, version)?;
        let Some((actual, length_len)) = decode_remaining_length(length_bytes)? else { return Ok(None) };
        match packet_type.fixed_remaining_length(version) {
            Some(expected) if expected != actual => {
                let kind = DecodeErrorKind::ForbiddenRemainingLength { packet_type, expected, actual };
                Err(DecodeError { offset: 1, kind })
            }
            _ => Ok(Some(Self { first_byte, packet_type, remaining_length: actual, len: 1 + length_len })),
        }
    }

    /// The length of the whole packet in bytes, fixed header included.
    #[must_use]
    pub const fn packet_len(&self) -> usize {
        self.len + self.remaining_length as usize
    }

    /// The DUP bit.
    #[must_use]
    pub const fn dup(&self) -> bool {
        self.first_byte & 0x08 != 0
    }

    /// The two QoS bits, 0 to 3.
    #[must_use]
    pub const fn qos_bits(&self) -> u8 {
        (self.first_byte >> 1) & 0x03
    }

    /// The RETAIN bit.
    #[must_use]
    pub const fn retain(&self) -> bool {
        self.first_byte & 0x01 != 0
    }
}

#[inline]
fn check_first_byte(first_byte: u8, version: ProtocolVersion) -> Result<PacketType, DecodeError> {
    let packet_type = PacketType::from_first_byte(first_byte);
    let Some(packet_type) = packet_type.filter(|packet_type| packet_type.is_of(version)) else {
        return Err(DecodeError { offset: 0, kind: DecodeErrorKind::UnknownPacketType(first_byte >> 4) });
    };
    if packet_type == PacketType::Publish && first_byte & 0x06 == 0x06 {
        return Err(DecodeError { offset: 0, kind: DecodeErrorKind::ReservedQos });
    }
    Ok(packet_type)
}

/// The length of the fixed header and that of the whole packet in bytes, by the Remaining Length alone: whatever the
/// first byte says, and whether or not its packet type can be so long. `None` while the fixed header is unfinished.
///
/// # Errors
///
/// Where the fourth length byte has its continuation bit.
#[inline]
pub fn frame_len(bytes: &[u8]) -> Result<Option<(usize, usize)>, DecodeError> {
    let Some((_, length_bytes)) = bytes.split_first() else { return Ok(None) };
    let found = decode_remaining_length(length_bytes)?;
    Ok(found.map(|(length, length_len)| (1 + length_len, 1 + length_len + length as usize)))
}

/// A Remaining Length and how many bytes say it, or `None` while it is unfinished.
#[inline]
pub(crate) fn decode_remaining_length(bytes: &[u8]) -> Result<Option<(u32, usize)>, DecodeError> {
    varint::decode(bytes).map_err(|varint::TooLong| DecodeError {
        offset: 1 + varint::LAST_BYTE,
        kind: DecodeErrorKind::RemainingLengthTooLong,
    })
}

/// Appends a fixed header.
#[inline]
pub(crate) fn put_fixed_header(out: &mut Vec<u8>, first_byte: u8, remaining_length: u32) {
    if let length @ 0..=0x7f = remaining_length {
        out.extend_from_slice(&[first_byte, length.to_le_bytes()[0]]);
        return;
    }
    out.push(first_byte);
    varint::put(out, remaining_length);
}

/// One whole packet, still as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    header: FixedHeader,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Splits the first packet off `bytes`, or `None` while it is unfinished.
    ///
    /// # Errors
    ///
    /// Those of [`FixedHeader::decode`].
    #[inline]
    pub fn split(bytes: &'a [u8], version: ProtocolVersion) -> Result<Option<(Self, &'a [u8])>, DecodeError> {
        let Some(header) = FixedHeader::decode(bytes, version)? else { return Ok(None) };
        match bytes.split_at_checked(header.packet_len()) {
            Some((bytes, rest)) => Ok(Some((Self { header, bytes }, rest))),
            None => Ok(None),
        }
    }

    /// The fixed header.
    #[must_use]
    pub const fn header(&self) -> FixedHeader {
        self.header
    }

    /// All bytes of the packet.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Finds the ends of packets in a stream without keeping any of it but an unfinished fixed header.
///
/// The caller stores the bytes once, wherever it likes. Feed it all bytes in order; each call consumes bytes of
/// one packet only, so that the caller learns where that packet ends.
///
/// ```
/// use mqttscope_proto::{FrameScanner, ProtocolVersion, Scan};
///
/// let mut scanner = FrameScanner::new();
/// // PINGRESP and the first byte of the next packet, in one piece.
/// let piece = [0xd0, 0x00, 0x40];
/// assert_eq!(scanner.scan(&piece, ProtocolVersion::V311), Ok(Scan { consumed: 2, complete: true }));
/// assert_eq!(scanner.scan(&piece[2..], ProtocolVersion::V311), Ok(Scan { consumed: 1, complete: false }));
/// # Ok::<(), mqttscope_proto::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FrameScanner {
    header: [u8; 5],
    header_len: usize,
    /// Bytes of the body that are still to come, once the fixed header is whole.
    body_left: Option<usize>,
    frame_len: usize,
}

/// How far a scan came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Bytes of the input that belong to the current packet.
    pub consumed: usize,
    /// Whether they end it.
    pub complete: bool,
}

impl FrameScanner {
    /// A scanner at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { header: [0; 5], header_len: 0, body_left: None, frame_len: 0 }
    }

    /// Consumes bytes up to the end of the current packet, or all of them.
    ///
    /// # Errors
    ///
    /// Those of [`FixedHeader::decode`]. The bytes of the failing call are not consumed; a stream has no
    /// packets behind an error, and further calls are for a new stream.
    pub fn scan(&mut self, bytes: &[u8], version: ProtocolVersion) -> Result<Scan, DecodeError> {
        self.scan_with(bytes, |header| {
            FixedHeader::decode(header, version)
                .map(|header| header.map(|header| (header.len, header.packet_len())))
        })
    }

    /// Like [`Self::scan`], by the Remaining Length alone: for streams of a version that is not known, and for who goes
    /// on behind packets that cannot be.
    ///
    /// # Errors
    ///
    /// Those of [`frame_len`].
    #[inline]
    pub fn scan_by_length(&mut self, bytes: &[u8]) -> Result<Scan, DecodeError> {
        self.scan_with(bytes, frame_len)
    }

    #[inline]
    fn scan_with(
        &mut self,
        bytes: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<Option<(usize, usize)>, DecodeError>,
    ) -> Result<Scan, DecodeError> {
        let mut header_bytes = 0;
        let mut left = match self.body_left {
            Some(left) => left,
            None => match self.scan_header(bytes, decode)? {
                Some((consumed, left)) => {
                    header_bytes = consumed;
                    left
                }
                None => return Ok(Scan { consumed: bytes.len(), complete: false }),
            },
        };
        let body_bytes = left.min(bytes.len() - header_bytes);
        left -= body_bytes;
        self.body_left = Some(left);
        let complete = left == 0;
        if complete {
            self.header_len = 0;
            self.body_left = None;
        }
        Ok(Scan { consumed: header_bytes + body_bytes, complete })
    }

    /// The length in bytes of the packet that is unfinished, as soon as its fixed header has said it.
    #[must_use]
    pub fn frame_len(&self) -> Option<usize> {
        self.body_left.map(|_| self.frame_len)
    }

    /// Whether the stream stands between two packets.
    #[must_use]
    pub fn is_at_boundary(&self) -> bool {
        self.header_len == 0
    }

    /// How many of `bytes` the header takes, and the length of the body, once the header is whole.
    #[inline]
    fn scan_header(
        &mut self,
        bytes: &[u8],
        decode: impl FnOnce(&[u8]) -> Result<Option<(usize, usize)>, DecodeError>,
    ) -> Result<Option<(usize, usize)>, DecodeError> {
        let before = self.header_len;
        let room = self.header.len() - before;
        let taken = room.min(bytes.len());
        self.header[before..before + taken].copy_from_slice(&bytes[..taken]);
        match decode(&self.header[..before + taken])? {
            Some((header_len, frame_len)) => {
                self.header_len = header_len;
                self.frame_len = frame_len;
                Ok(Some((header_len - before, frame_len - header_len)))
            }
            None => {
                self.header_len = before + taken;
                Ok(None)
            }
        }
    }
}

/// Packets out of a stream that comes in pieces, for callers that keep no bytes themselves.
///
/// Packets that lie whole in a piece are borrowed from it; only one that is cut is copied, once. The buffer grows
/// with what has come, never ahead to what a header announces.
///
/// ```
/// use mqttscope_proto::{Deframer, ProtocolVersion};
///
/// let mut deframer = Deframer::new();
/// let mut lengths = Vec::new();
/// for piece in [&[0xd0][..], &[0x00, 0x40, 0x02], &[0x00, 0x01]] {
///     let mut rest = piece;
///     while let Some(frame) = deframer.next_frame(&mut rest, ProtocolVersion::V311)? {
///         lengths.push(frame.bytes().len());
///     }
/// }
/// assert_eq!(lengths, [2, 4]);
/// # Ok::<(), mqttscope_proto::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Deframer {
    /// The packet that is unfinished.
    partial: Vec<u8>,
    /// Bytes that certainly belong to it: one, until its fixed header has said how many.
    missing: usize,
    /// The packet in `partial` was handed out, and goes with the next call.
    handed_out: bool,
}

impl Deframer {
    /// A deframer at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { partial: Vec::new(), missing: 0, handed_out: false }
    }

    /// The next whole packet, advancing `piece` past it; `None` once the piece is used up.
    ///
    /// # Errors
    ///
    /// Those of [`FixedHeader::decode`]; the offset counts from the start of the packet.
    #[inline]
    pub fn next_frame<'f, 'p: 'f>(
        &'f mut self,
        piece: &mut &'p [u8],
        version: ProtocolVersion,
    ) -> Result<Option<Frame<'f>>, DecodeError> {
        if self.handed_out {
            self.partial.clear();
            self.handed_out = false;
        }
        if self.partial.is_empty() {
            if let Some((frame, rest)) = Frame::split(piece, version)? {
                *piece = rest;
                return Ok(Some(frame));
            }
            // It begins a packet and does not end it.
            self.missing = piece.len();
        }
        self.complete(piece, version)
    }

    /// Goes on with the packet that is unfinished.
    fn complete(
        &mut self,
        piece: &mut &[u8],
        version: ProtocolVersion,
    ) -> Result<Option<Frame<'_>>, DecodeError> {
        let header = loop {
            let (taken, rest) = piece.split_at(self.missing.min(piece.len()));
            self.partial.extend_from_slice(taken);
            self.missing -= taken.len();
            *piece = rest;
            if self.missing > 0 {
                return Ok(None);
            }
            match FixedHeader::decode(&self.partial, version)? {
                Some(header) if header.packet_len() == self.partial.len() => break header,
                Some(header) => self.missing = header.packet_len() - self.partial.len(),
                None => self.missing = 1,
            }
        };
        self.handed_out = true;
        Ok(Some(Frame { header, bytes: &self.partial }))
    }

    /// Bytes of the packet that is unfinished.
    #[must_use]
    pub fn buffered(&self) -> usize {
        if self.handed_out { 0 } else { self.partial.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Result<Option<(u32, usize)>, (usize, DecodeErrorKind)> {
        FixedHeader::decode(bytes, ProtocolVersion::V311)
            .map(|header| header.map(|header| (header.remaining_length, header.len)))
            .map_err(|error| (error.offset, error.kind))
    }

    #[test]
    fn remaining_lengths_of_the_specifications_table() {
        let table: [(u32, &[u8]); 8] = [
            (0, &[0x00]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xff, 0xff, 0x7f]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
            (MAX_REMAINING_LENGTH, &[0xff, 0xff, 0xff, 0x7f]),
        ];
        for (length, bytes) in table {
            let mut written = Vec::new();
            put_fixed_header(&mut written, 0x30, length);
            assert_eq!(&written[1..], bytes);
            assert_eq!(header(&written), Ok(Some((length, written.len()))));
            for cut in 0..written.len() {
                assert_eq!(header(&written[..cut]), Ok(None), "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_fifth_length_byte_is_refused_at_the_fourth() {
        assert_eq!(header(&[0x30, 0xff, 0xff, 0xff]), Ok(None));
        let expected = Err((4, DecodeErrorKind::RemainingLengthTooLong));
        assert_eq!(header(&[0x30, 0xff, 0xff, 0xff, 0xff]), expected);
        assert_eq!(header(&[0x30, 0xff, 0xff, 0xff, 0xff, 0x01]), expected);
    }

    #[test]
    fn impossible_headers_are_refused_at_once() {
        assert_eq!(header(&[0x00]), Err((0, DecodeErrorKind::UnknownPacketType(0))));
        assert_eq!(header(&[0xf0, 0x00]), Err((0, DecodeErrorKind::UnknownPacketType(15))));
        assert_eq!(header(&[0x36]), Err((0, DecodeErrorKind::ReservedQos)));
        let kind = DecodeErrorKind::ForbiddenRemainingLength {
            packet_type: PacketType::PingReq,
            expected: 0,
            actual: 1,
        };
        assert_eq!(header(&[0xc0, 0x01]), Err((1, kind)));
        for (bytes, is_of_311) in [(&[0xf0, 0x00][..], false), (&[0xe0, 0x01], false), (&[0xc0, 0x00], true)]
        {
            assert_eq!(FixedHeader::decode(bytes, ProtocolVersion::V311).is_ok(), is_of_311);
            assert!(FixedHeader::decode(bytes, ProtocolVersion::V5).is_ok());
        }
    }

    #[test]
    fn a_stream_gives_the_same_packets_however_it_is_cut() {
        let stream: &[u8] = &[
            0xd0, 0x00, // PINGRESP
            0x30, 0x05, 0x00, 0x01, b'a', b'h', b'i', // PUBLISH
            0x40, 0x02, 0x00, 0x07, // PUBACK
        ];
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let mut deframer = Deframer::new();
                let mut seen = Vec::new();
                for mut piece in [&stream[..first], &stream[first..second], &stream[second..]] {
                    while let Some(frame) =
                        deframer.next_frame(&mut piece, ProtocolVersion::V311).expect("the stream is valid")
                    {
                        seen.extend_from_slice(frame.bytes());
                        seen.push(0xee);
                    }
                    assert!(piece.is_empty());
                }
                let expected =
                    [&stream[..2], &[0xee], &stream[2..9], &[0xee], &stream[9..], &[0xee]].concat();
                assert_eq!(seen, expected, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_large_announcement_reserves_nothing() {
        let mut deframer = Deframer::new();
        let mut piece: &[u8] = &[0x30, 0xff, 0xff, 0xff, 0x7f, 0x00];
        assert_eq!(deframer.next_frame(&mut piece, ProtocolVersion::V311), Ok(None));
        assert_eq!(deframer.buffered(), 6);
        assert!(deframer.partial.capacity() < 64);
    }
}
