//! What one side of a connection sends, until it is records.

use mqttscope_proto::{DecodeError, FrameScanner};

use super::arena::{Arena, Pending, Span};

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
    #[inline]
    pub(super) fn next(&mut self, arena: &mut Arena) -> Result<Option<Span>, DecodeError> {
        let unseen = arena.bytes(self.pending.span()).get(self.scanned..).unwrap_or_default();
        if unseen.is_empty() {
            return Ok(None);
        }
        let scan = self.scanner.scan(unseen)?;
        self.scanned += scan.consumed;
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
