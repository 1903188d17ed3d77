//! Variable Byte Integers: seven bits a byte, the lowest first ("Remaining Length" before MQTT 5; MQTT 5, 1.5.5).

use alloc::vec::Vec;

/// The fourth byte says that a fifth follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// The offset of the byte that a [`TooLong`] integer is at fault by.
pub(crate) const LAST_BYTE: usize = 3;

/// The largest number that four bytes can say.
pub(crate) const MAX: u32 = 268_435_455;

/// The integer that the bytes begin with and how many say it, or `None` while it is unfinished.
#[inline]
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<(u32, usize)>, TooLong> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(LAST_BYTE + 1).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() <= LAST_BYTE { Ok(None) } else { Err(TooLong) }
}

/// The fewest bytes that say it, 1 to 4.
#[inline]
pub(crate) const fn len(value: u32) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

/// Appends an integer of at most [`MAX`] in the fewest bytes.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, value: u32) {
    let mut rest = value;
    while rest > 0x7f {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}
