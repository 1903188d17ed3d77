//! Reads the fields of one packet, in order, by their definitions.
//!
//! The same walk serves two purposes: the decoder wants values, fast, and the dissector wants to know which bytes
//! each came from. A [`Trace`] is told about every field; the decoder's ignores what it is told, and the
//! compiler removes the telling.

use core::ops::Range;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::field::{FieldDef, FieldValue, common};
use crate::rule::{Rule, Violation, ViolationSink};
use crate::text::Text;
use crate::varint;

/// Is told what a walk over a packet finds.
pub(crate) trait Trace<'a> {
    /// A field that holds others begins; its parts follow, then `close`.
    fn open(&mut self, def: &'static FieldDef, start: usize);
    /// The field that was opened last ends.
    fn close(&mut self, end: usize, value: FieldValue<'a>);
    /// A field without parts.
    fn leaf(&mut self, def: &'static FieldDef, range: Range<usize>, value: FieldValue<'a>);
    /// A broken rule.
    fn violation(&mut self, violation: Violation);
}

/// The decoder's trace: it hears of violations only.
pub(crate) struct ViolationsOnly<'s, S>(pub(crate) &'s mut S);

impl<'a, S: ViolationSink> Trace<'a> for ViolationsOnly<'_, S> {
    #[inline(always)]
    fn open(&mut self, _: &'static FieldDef, _: usize) {}

    #[inline(always)]
    fn close(&mut self, _: usize, _: FieldValue<'a>) {}

    #[inline(always)]
    fn leaf(&mut self, _: &'static FieldDef, _: Range<usize>, _: FieldValue<'a>) {}

    #[inline]
    fn violation(&mut self, violation: Violation) {
        self.0.violation(violation);
    }
}

/// A position in a packet, and the trace that follows it.
pub(crate) struct Reader<'a, 't, T> {
    bytes: &'a [u8],
    pos: usize,
    pub(crate) trace: &'t mut T,
}

impl<'a, 't, T: Trace<'a>> Reader<'a, 't, T> {
    /// Reads a whole packet, or what there is of one, from `pos` on.
    pub(crate) fn new(bytes: &'a [u8], pos: usize, trace: &'t mut T) -> Self {
        Self { bytes, pos, trace }
    }

    /// Offset of the next byte from the start of the packet.
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// Bytes that are left.
    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.pos
    }

    #[inline]
    pub(crate) fn open(&mut self, def: &'static FieldDef) {
        self.trace.open(def, self.pos);
    }

    #[inline]
    pub(crate) fn close(&mut self) {
        self.trace.close(self.pos, FieldValue::Parts);
    }

    #[inline]
    pub(crate) fn violation(&mut self, offset: usize, rule: Rule) {
        self.trace.violation(Violation { offset, rule });
    }

    /// Reports a fault in the string or binary field that was read last; an empty one is the fault of its length.
    #[inline]
    pub(crate) fn fault_in_last(&mut self, value: &[u8], fault: Option<Violation>) {
        if let Some(Violation { offset, rule }) = fault {
            let start = self.pos - if value.is_empty() { 2 } else { value.len() };
            self.violation(start + offset, rule);
        }
    }

    /// A number of one byte.
    #[inline]
    pub(crate) fn u8(&mut self, def: &'static FieldDef) -> Result<u8, DecodeError> {
        let bytes = self.take(def, 1, 0)?;
        self.trace.leaf(def, self.pos - 1..self.pos, FieldValue::Number(bytes[0].into()));
        Ok(bytes[0])
    }

    /// A number of two bytes, the high one first.
    #[inline]
    pub(crate) fn u16(&mut self, def: &'static FieldDef) -> Result<u16, DecodeError> {
        let bytes = self.take(def, 2, 0)?;
        let value = u16::from_be_bytes([bytes[0], bytes[1]]);
        self.trace.leaf(def, self.pos - 2..self.pos, FieldValue::Number(value.into()));
        Ok(value)
    }

    /// A Variable Byte Integer; more bytes than it needs are reported.
    #[inline]
    pub(crate) fn variable_byte_integer(&mut self, def: &'static FieldDef) -> Result<u32, DecodeError> {
        let at = self.pos;
        match varint::decode(&self.bytes[at..]) {
            Ok(Some((value, len))) => {
                self.pos += len;
                self.trace.leaf(def, at..self.pos, FieldValue::Number(value));
                if len != varint::len(value) {
                    self.violation(at, Rule::NotTheFewestBytes(def.name));
                }
                Ok(value)
            }
            // The bytes end within it: one more is needed at least.
            Ok(None) => self.take(def, self.remaining() + 1, 0).map(|_| 0),
            Err(varint::TooLong) => {
                let kind = DecodeErrorKind::VariableByteIntegerTooLong { field: def.name };
                Err(DecodeError { offset: at + varint::LAST_BYTE, kind })
            }
        }
    }

    /// The next bytes, which have been looked at already.
    #[inline]
    pub(crate) fn ahead(&self) -> &'a [u8] {
        &self.bytes[self.pos..]
    }

    /// Goes on behind bytes that were read otherwise.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.pos += len;
    }

    /// Bytes that no field of the packet takes.
    #[inline]
    pub(crate) fn nothing_follows(&mut self) {
        if self.remaining() > 0 {
            self.violation(self.pos, Rule::TrailingBytes(self.remaining()));
            self.rest(&common::UNPARSED);
        }
    }

    /// A packet identifier; 0 is reported.
    #[inline]
    pub(crate) fn packet_id(&mut self) -> Result<u16, DecodeError> {
        let id = self.u16(&common::PACKET_ID)?;
        if id == 0 {
            self.violation(self.pos - 2, Rule::PacketIdZero);
        }
        Ok(id)
    }

    /// A string behind its length; whether it is well-formed is the caller's to check.
    #[inline]
    pub(crate) fn text(&mut self, def: &'static FieldDef) -> Result<Text<'a>, DecodeError> {
        let text = Text::from_bytes(self.prefixed(def)?);
        self.close_prefixed(def, text.len(), FieldValue::Text(text));
        Ok(text)
    }

    /// Bytes behind their length.
    #[inline]
    pub(crate) fn binary(&mut self, def: &'static FieldDef) -> Result<&'a [u8], DecodeError> {
        let bytes = self.prefixed(def)?;
        self.close_prefixed(def, bytes.len(), FieldValue::Bytes(bytes));
        Ok(bytes)
    }

    /// All bytes that are left, as one field; no field at all when none is left.
    #[inline]
    pub(crate) fn rest(&mut self, def: &'static FieldDef) -> &'a [u8] {
        let bytes = &self.bytes[self.pos..];
        if !bytes.is_empty() {
            self.trace.leaf(def, self.pos..self.bytes.len(), FieldValue::Bytes(bytes));
        }
        self.pos = self.bytes.len();
        bytes
    }

    /// A payload of items, which `read` takes one by one up to the packet's end; its bytes are the answer.
    ///
    /// One without an item breaks the rule `none`, if there is one, and is the fault of the Remaining Length.
    #[inline]
    pub(crate) fn items(
        &mut self,
        none: Option<Rule>,
        mut read: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<&'a [u8], DecodeError> {
        let start = self.pos;
        self.open(&common::PAYLOAD);
        if self.remaining() == 0
            && let Some(none) = none
        {
            self.violation(1, none);
        }
        while self.remaining() > 0 {
            read(self)?;
        }
        self.close();
        Ok(&self.bytes[start..self.pos])
    }

    /// The bytes of a length-prefixed field, whose group is left open for [`Self::close_prefixed`].
    #[inline]
    fn prefixed(&mut self, def: &'static FieldDef) -> Result<&'a [u8], DecodeError> {
        self.trace.open(def, self.pos);
        let prefix = self.take(def, 2, 0)?;
        let len = usize::from(u16::from_be_bytes([prefix[0], prefix[1]]));
        let value = FieldValue::Number(u16::from_be_bytes([prefix[0], prefix[1]]).into());
        self.trace.leaf(&common::LENGTH, self.pos - 2..self.pos, value);
        self.take(def, len, 2)
    }

    #[inline]
    fn close_prefixed(&mut self, def: &'static FieldDef, len: usize, value: FieldValue<'a>) {
        if len > 0 {
            self.trace.leaf(def, self.pos - len..self.pos, value);
        }
        self.trace.close(self.pos, value);
    }

    /// The next `needed` bytes. The error points `back` bytes before them, at the length that asks for them.
    #[inline]
    fn take(&mut self, def: &'static FieldDef, needed: usize, back: usize) -> Result<&'a [u8], DecodeError> {
        let available = self.remaining();
        if needed > available {
            let kind = DecodeErrorKind::FieldTooLong { field: def.name, needed, available };
            // Where no byte is left, the one at fault is the Remaining Length.
            let offset = if available == 0 && back == 0 { 1 } else { self.pos - back };
            return Err(DecodeError { offset, kind });
        }
        let bytes = &self.bytes[self.pos..self.pos + needed];
        self.pos += needed;
        Ok(bytes)
    }
}
