//! What one side of a connection sends, until it is records.

use mqttscope_proto::{
    DecodeError, DecodeErrorKind, FixedHeader, FrameScanner, PacketType, ProtocolVersion, frame_len,
};

use super::arena::{Arena, Pending, Span};
use super::connection::Version;

/// Bytes of one direction of one connection that are not yet records.
#[derive(Default)]
pub(super) struct Inbound {
    pending: Pending,
    /// How many of them the scanner has seen.
    scanned: usize,
    scanner: FrameScanner,
}

impl Inbound {
    /// Room for more bytes, which lie in one piece with those that are pending.
    pub(super) fn extend<'a>(&mut self, arena: &'a mut Arena, len: usize) -> &'a mut [u8] {
        arena.extend(&mut self.pending, len, self.scanner.frame_len())
    }

    /// The bytes that are pending.
    pub(super) const fn span(&self) -> Span {
        self.pending.span()
    }

    /// How long the packet is of which the beginning is pending, once its fixed header has said so.
    pub(super) fn announced(&self) -> Option<usize> {
        self.scanner.frame_len()
    }

    /// The next whole packet, if its end has come. It is then held as a record's.
    ///
    /// Where a packet ends is said by its Remaining Length. Whether one of its type can be so long is looked at unless the
    /// level is not known: bytes that have not even a packet's frame are an error.
    #[inline]
    pub(super) fn next(&mut self, arena: &mut Arena, version: Version) -> Result<Option<Span>, DecodeError> {
        let pending = arena.bytes(self.pending.span());
        let unseen = pending.get(self.scanned..).unwrap_or_default();
        if unseen.is_empty() {
            return Ok(None);
        }
        if pending.starts_with(HTTP) {
            return Err(DecodeError { offset: 0, kind: DecodeErrorKind::Http });
        }
        // Most packets come whole, and their header is read once.
        if self.scanned == 0
            && version.is_decoded()
            && let Ok(Some(header)) = FixedHeader::decode(pending, version.layout())
            && header.packet_len() <= pending.len()
        {
            return Ok(Some(arena.take(&mut self.pending, header.packet_len())));
        }
        let scan = self.scanner.scan_by_length(unseen)?;
        self.scanned += scan.consumed;
        if version.is_decoded()
            && let Err(error) = FixedHeader::decode(pending, version.layout())
        {
            let behind = scan.complete.then(|| pending.get(self.scanned..).unwrap_or_default());
            if !is_framed(&error, pending, behind, version) {
                // Who asks again is told again.
                self.scanned = 0;
                self.scanner = FrameScanner::new();
                return Err(error);
            }
        }
        if !scan.complete {
            return Ok(None);
        }
        let len = std::mem::take(&mut self.scanned);
        Ok(Some(arena.take(&mut self.pending, len)))
    }

    /// All that is pending, if anything is. What comes then begins a stream.
    pub(super) fn take_all(&mut self, arena: &mut Arena) -> Option<Span> {
        let len = self.pending.span().len as usize;
        let span = (len > 0).then(|| arena.take(&mut self.pending, len));
        arena.give_back(&mut self.pending);
        self.scanned = 0;
        self.scanner = FrameScanner::new();
        span
    }
}

/// Whether a packet that cannot be has the frame of one all the same, so that what is behind it can be gone on with:
/// `behind` are the bytes there, once it is whole.
///
/// Text and other garbage have lengths too, but what follows them hardly begins a packet, and their flags are not those
/// of the packet type; only where they are is it waited for the end of what is not whole.
#[cold]
fn is_framed(error: &DecodeError, packet: &[u8], behind: Option<&[u8]>, version: Version) -> bool {
    let layout = if version.may_be_5() { ProtocolVersion::V5 } else { version.layout() };
    let has_flags = |packet_type: PacketType| {
        packet.first().is_some_and(|byte| byte & 0x0f == packet_type.reserved_flags())
    };
    match (error.kind, behind) {
        (DecodeErrorKind::UnknownPacketType(0) | DecodeErrorKind::RemainingLengthTooLong, _) => false,
        (_, Some(behind)) => FixedHeader::decode(behind, layout).is_ok(),
        (DecodeErrorKind::ForbiddenRemainingLength { packet_type, actual, .. }, None) => {
            has_flags(packet_type) && actual <= MOST_AWAITED
        }
        (DecodeErrorKind::UnknownPacketType(_), None) if version.may_be_5() => {
            let is_short = |(_, len)| len <= MOST_AWAITED as usize;
            has_flags(PacketType::Auth) && frame_len(packet).ok().flatten().is_none_or(is_short)
        }
        (_, None) => false,
    }
}

/// What an answer of HTTP begins with. As a packet it is a PUBACK with flags and, in MQTT 5, a property that there are not.
const HTTP: &[u8] = b"HTTP/1.";
/// How long a packet may be said to be whose type cannot be so long, to be waited for: as long as those of MQTT 5 are.
const MOST_AWAITED: u32 = 4_096;
