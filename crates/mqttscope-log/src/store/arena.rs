//! Bytes in chunks: appended at the tail of one of two, freed chunk by chunk.

use std::collections::VecDeque;

/// Where bytes lie: a chunk's number, and the place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) chunk: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Chunks of bytes. What is sent and what is received grow in chunks of their own, since a packet that is coming
/// in must lie in one piece while others are sent.
#[derive(Default)]
pub(super) struct Arena {
    chunks: VecDeque<Chunk>,
    /// Number of the first chunk in `chunks`.
    first: u32,
    sending: Option<u32>,
    receiving: Option<u32>,
    size: usize,
}

/// Bytes that were reserved at once, so that room for what comes needs no clearing and no growing.
#[derive(Default)]
struct Chunk {
    bytes: Box<[u8]>,
    used: usize,
    /// Records that hold bytes of it.
    held: u32,
}

impl Arena {
    /// Bytes that are reserved, used or not.
    pub(super) fn size(&self) -> usize {
        self.size
    }

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

    /// Appends bytes in one piece.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Span {
        let number = match self.sending {
            Some(number) if self.room(number) >= bytes.len() => number,
            old => {
                let number = self.add_chunk(bytes.len());
                self.sending = Some(number);
                self.free_if_unused(old);
                number
            }
        };
        let mut span = Span { chunk: number, start: 0, len: bytes.len() as u32 };
        if let Some(chunk) = self.chunk_mut(number) {
            span.start = chunk.used as u32;
            chunk.take(bytes.len()).copy_from_slice(bytes);
        }
        span
    }

    /// Lengthens `span`, which is the tail of the receiving chunk, by `len` bytes, and gives those to be written.
    ///
    /// When the chunk is full, the span moves to a new one. That one has twice the room of what moves, at most up
    /// to the `announced` length: a peer that announces much reserves nothing.
    pub(super) fn extend(&mut self, span: &mut Span, len: usize, announced: Option<usize>) -> &mut [u8] {
        let needed = span.len as usize + len;
        match self.receiving {
            Some(number) if self.room(number) >= len => {
                if span.len == 0 {
                    let start = self.chunk(number).map_or(0, |chunk| chunk.used);
                    *span = Span { chunk: number, start: start as u32, len: 0 };
                }
            }
            old => {
                let room = announced.map_or(needed, |announced| announced.min(2 * needed)).max(needed);
                let number = self.add_chunk(room);
                self.move_tail(*span, number);
                *span = Span { chunk: number, start: 0, len: span.len };
                self.receiving = Some(number);
                self.free_if_unused(old);
            }
        }
        span.len += len as u32;
        self.chunk_mut(span.chunk).map_or(&mut [], |chunk| chunk.take(len))
    }

    /// A record now holds a span.
    pub(super) fn hold(&mut self, span: Span) {
        if let Some(chunk) = self.chunk_mut(span.chunk) {
            chunk.held += 1;
        }
    }

    /// A record that held a span is gone.
    pub(super) fn release(&mut self, span: Span) {
        if let Some(chunk) = self.chunk_mut(span.chunk) {
            chunk.held -= 1;
        }
        self.free_if_unused(Some(span.chunk));
    }

    fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number.checked_sub(self.first)? as usize)
    }

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

    /// Moves the last bytes of a chunk to a new one.
    fn move_tail(&mut self, span: Span, to: u32) {
        if span.len == 0 {
            return;
        }
        let moved = self.bytes(span).to_vec();
        if let Some(chunk) = self.chunk_mut(span.chunk) {
            chunk.used = span.start as usize;
        }
        if let Some(chunk) = self.chunk_mut(to) {
            chunk.take(moved.len()).copy_from_slice(&moved);
        }
    }

    fn free_if_unused(&mut self, number: Option<u32>) {
        let Some(number) = number else { return };
        if self.sending == Some(number) || self.receiving == Some(number) {
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

impl Chunk {
    fn take(&mut self, len: usize) -> &mut [u8] {
        let start = self.used;
        self.used += len;
        &mut self.bytes[start..start + len]
    }
}

/// The least room of a chunk.
const CHUNK: usize = 256 << 10;
