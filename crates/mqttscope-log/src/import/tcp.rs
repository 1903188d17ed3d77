//! The header of TCP (RFC 9293, 3.1).

use super::left_out::Reason;
use super::mark::Mark;
use crate::store::End;

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) sequence: u32,
    acknowledgement: u32,
    pub(super) flags: u8,
    pub(super) payload: &'a [u8],
    /// Bytes of the payload that were not captured.
    pub(super) cut: usize,
    /// What a capture of ours says of it.
    pub(super) mark: Option<Mark>,
}

impl<'a> Segment<'a> {
    pub(super) const FIN: u8 = 1;
    pub(super) const SYN: u8 = 2;
    pub(super) const RST: u8 = 4;
    const ACK: u8 = 16;

    /// Reads a segment; `len` is the length of header and payload before anything was cut off.
    pub(super) fn read(addresses: [[u8; 16]; 2], bytes: &'a [u8], len: usize) -> Result<Self, Reason> {
        let Some(header) = bytes.first_chunk::<20>() else { return Err(Reason::Cut) };
        let word =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let [from, to] = addresses;
        let header_len = usize::from(header[12] >> 4) * 4;
        let payload_len = len.checked_sub(header_len).filter(|_| header_len >= 20).ok_or(Reason::NotTcp)?;
        let captured = bytes.get(header_len..).unwrap_or_default();
        // What is behind the payload fills the frame up to its least length.
        let payload = &captured[..payload_len.min(captured.len())];
        Ok(Self {
            from: End { address: from, port: (word(0) >> 16) as u16 },
            to: End { address: to, port: word(0) as u16 },
            sequence: word(4),
            acknowledgement: word(8),
            flags: header[13],
            payload,
            cut: payload_len - payload.len(),
            mark: None,
        })
    }

    pub(super) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The next byte that the sender awaits. Zero is what programs write that make captures without a connection.
    pub(super) fn acknowledged(&self) -> Option<u32> {
        (self.has(Self::ACK) && self.acknowledgement != 0).then_some(self.acknowledgement)
    }
}
