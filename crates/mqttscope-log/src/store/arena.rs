//! Bytes in chunks: appended at the tail of one of two, freed chunk by chunk.

use std::collections::VecDeque;

/// Where bytes lie: a chunk's number, and the place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) chunk: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Chunks of bytes. What is whole already and what is coming in grow in chunks of their own, since a packet that is
/// coming in must lie in one piece while others are sent.
#[derive(Default)]
pub(super) struct Arena {
    chunks: VecDeque<Chunk>,
    /// Number of the first chunk in `chunks`.
    first: u32,
    /// The chunks that are appended to: of what is whole, and of what is coming in.
    tails: [Option<u32>; 2],
    size: usize,
}

/// Bytes of a stream that are not yet a record's, and the room behind them that nothing else is written to.
#[derive(Debug, Default)]
pub(super) struct Pending {
    span: Span,
    room: u32,
    /// Its chunk is kept for it.
    is_held: bool,
}

impl Pending {
    pub(super) const fn span(&self) -> Span {
        self.span
    }
}

/// Bytes that were reserved at once, so that room for what comes needs no clearing and no growing.
#[derive(Default)]
struct Chunk {
    bytes: Box<[u8]>,
    used: usize,
    /// Records and streams that hold bytes of it.
    held: u32,
}

impl Arena {
    /// Bytes that are reserved, used or not.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    #[inline]
    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        let at = span.start as usize;
        self.chunk(span.chunk)
            .and_then(|chunk| chunk.bytes.get(at..at + span.len as usize))
            .unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self, span: Span) -> &mut [u8] {
        let at = span.start as usize;
        let chunk = self.chunk_mut(span.chunk);
        chunk.and_then(|chunk| chunk.bytes.get_mut(at..at + span.len as usize)).unwrap_or_default()
    }

    /// Appends bytes in one piece, which are held from then on.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Span {
        let span = self.reserve(WHOLE, bytes.len());
        self.bytes_mut(span).copy_from_slice(bytes);
        span
    }

    /// Lengthens what is pending by `len` bytes, and gives those to be written.
    ///
    /// Mostly they stand behind the others at the tail of a chunk. Where that is full, or another stream has gone on
    /// there, all of it moves. It then gets twice the room of what moves, at most up to the `announced` length: a peer
    /// that announces much reserves nothing, and streams that take turns do not move the same bytes again and again.
    pub(super) fn extend(
        &mut self,
        pending: &mut Pending,
        len: usize,
        announced: Option<usize>,
    ) -> &mut [u8] {
        if (pending.room as usize) < len && !self.lengthen(pending, len) {
            self.move_on(pending, len, announced);
        }
        let Span { chunk, start, len: had } = pending.span;
        pending.span.len += len as u32;
        pending.room -= len as u32;
        self.bytes_mut(Span { chunk, start: start + had, len: len as u32 })
    }

    /// Makes the first `len` pending bytes a record's, which holds them from then on.
    #[inline]
    pub(super) fn take(&mut self, pending: &mut Pending, len: usize) -> Span {
        let span = Span { len: len as u32, ..pending.span };
        pending.span.start += span.len;
        pending.span.len -= span.len;
        if pending.span.len == 0 && pending.room == 0 {
            // What held the chunk for the stream holds it for the record.
            pending.is_held = false;
        } else if let Some(chunk) = self.chunk_mut(span.chunk) {
            chunk.held += 1;
        }
        span
    }

    /// Gives up the room of a stream, and what is pending of it.
    pub(super) fn give_back(&mut self, pending: &mut Pending) {
        let old = std::mem::take(pending);
        let end = (old.span.start + old.span.len + old.room) as usize;
        if let Some(chunk) = self.chunk_mut(old.span.chunk)
            && old.is_held
            && chunk.used == end
        {
            chunk.used = old.span.start as usize;
        }
        if old.is_held {
            self.release(old.span);
        }
    }

    /// What held a span is gone.
    pub(super) fn release(&mut self, span: Span) {
        if let Some(chunk) = self.chunk_mut(span.chunk) {
            chunk.held = chunk.held.saturating_sub(1);
        }
        self.free_if_unused(Some(span.chunk));
    }

    /// Takes the missing room from what is free behind the pending bytes, if nothing else stands there.
    fn lengthen(&mut self, pending: &mut Pending, len: usize) -> bool {
        if !pending.is_held {
            return false;
        }
        let end = (pending.span.start + pending.span.len + pending.room) as usize;
        let more = len - pending.room as usize;
        let Some(chunk) = self.chunk_mut(pending.span.chunk) else { return false };
        let fits = chunk.used == end && chunk.bytes.len() - chunk.used >= more;
        if fits {
            chunk.used += more;
            pending.room = len as u32;
        }
        fits
    }

    /// Moves what is pending to where `len` bytes more have room behind it.
    fn move_on(&mut self, pending: &mut Pending, len: usize, announced: Option<usize>) {
        let had = pending.span.len as usize;
        let needed = had + len;
        let room = announced.map_or(needed, |announced| announced.min(2 * needed)).max(needed);
        let place = self.reserve(COMING, room);
        let to = Span { len: had as u32, ..place };
        self.copy(pending.span, to);
        self.give_back(pending);
        *pending = Pending { span: to, room: (room - had) as u32, is_held: true };
    }

    fn copy(&mut self, from: Span, to: Span) {
        let (start, end) = (from.start as usize, (from.start + from.len) as usize);
        if from.chunk == to.chunk {
            if let Some(chunk) = self.chunk_mut(to.chunk).filter(|_| from.len > 0) {
                chunk.bytes.copy_within(start..end, to.start as usize);
            }
            return;
        }
        let Some(bytes) = self.chunk_mut(from.chunk).map(|chunk| std::mem::take(&mut chunk.bytes)) else {
            return;
        };
        self.bytes_mut(to).copy_from_slice(bytes.get(start..end).unwrap_or_default());
        if let Some(chunk) = self.chunk_mut(from.chunk) {
            chunk.bytes = bytes;
        }
    }

    /// Room of `len` bytes at the tail of a chunk, which is held for it from then on.
    fn reserve(&mut self, tail: usize, len: usize) -> Span {
        let number = match self.tails[tail] {
            Some(number) if self.room(number) >= len => number,
            old => {
                let number = self.add_chunk(len);
                // What is larger than a chunk has one of its own, and small ones go on where they were.
                if len <= CHUNK {
                    self.tails[tail] = Some(number);
                    self.free_if_unused(old);
                }
                number
            }
        };
        let mut span = Span { chunk: number, start: 0, len: len as u32 };
        if let Some(chunk) = self.chunk_mut(number) {
            span.start = chunk.used as u32;
            chunk.used += len;
            chunk.held += 1;
        }
        span
    }

    #[inline]
    fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number.checked_sub(self.first)? as usize)
    }

    #[inline]
    fn chunk_mut(&mut self, number: u32) -> Option<&mut Chunk> {
        self.chunks.get_mut(number.checked_sub(self.first)? as usize)
    }

    /// Bytes that fit behind those of a chunk.
    fn room(&self, number: u32) -> usize {
        self.chunk(number).map_or(0, |chunk| chunk.bytes.len() - chunk.used)
    }

    fn add_chunk(&mut self, room: usize) -> u32 {
        let bytes = vec![0; room.max(CHUNK)].into_boxed_slice();
        self.size += bytes.len();
        self.chunks.push_back(Chunk { bytes, used: 0, held: 0 });
        self.first + self.chunks.len() as u32 - 1
    }

    fn free_if_unused(&mut self, number: Option<u32>) {
        let Some(number) = number else { return };
        if self.tails.contains(&Some(number)) {
            return;
        }
        let mut freed = 0;
        if let Some(chunk) = self.chunk_mut(number)
            && chunk.held == 0
        {
            freed = chunk.bytes.len();
            *chunk = Chunk::default();
        }
        self.size -= freed;
        while self.chunks.front().is_some_and(|chunk| chunk.bytes.is_empty()) {
            self.chunks.pop_front();
            self.first += 1;
        }
    }
}

/// Indices of the two tails.
const WHOLE: usize = 0;
const COMING: usize = 1;
/// The least room of a chunk.
const CHUNK: usize = 256 << 10;
