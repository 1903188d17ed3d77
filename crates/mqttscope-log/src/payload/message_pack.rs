//! MessagePack in the notation of CBOR; extensions as `ext(type, h'..')`.

use super::Pen;
use super::fault::{CUT, NEVER_USED};
use super::tree::{Kind, Token, number, write_bytes, write_float, write_negative, write_text};

/// Reads the object at an offset, or its head where it holds others.
pub(super) fn token(payload: &[u8], at: usize, pen: &mut Pen) -> Result<(Token, usize), &'static str> {
    let &head = payload.get(at).ok_or(CUT)?;
    let body = at + 1;
    // The length behind the head, of 1, 2 or 4 bytes.
    let sized = |first: u8| {
        let len = 1_usize << (head - first);
        number(payload, body, len).map(|value| (value, body + len))
    };
    let end = match head {
        0x00..=0x7f => {
            pen.write_number(head.into());
            body
        }
        0xe0..=0xff => {
            write_negative(u64::from(!head), pen);
            body
        }
        0x80..=0x8f => return Ok((Token::Open(Kind::Map, Some(u64::from(head & 15))), body)),
        0x90..=0x9f => return Ok((Token::Open(Kind::Array, Some(u64::from(head & 15))), body)),
        0xa0..=0xbf => write_text(payload, body, u64::from(head & 31), pen)?,
        0xc0 | 0xc2 | 0xc3 => {
            pen.write(["null", "", "false", "true"][usize::from(head & 3)]);
            body
        }
        0xc1 => return Err(NEVER_USED),
        0xc4..=0xc6 => {
            let (len, start) = sized(0xc4)?;
            write_bytes(payload, start, len, pen)?
        }
        0xc7..=0xc9 => {
            let (len, start) = sized(0xc7)?;
            write_extension(payload, start, len, pen)?
        }
        0xca => {
            write_float(f32::from_bits(number(payload, body, 4)? as u32).into(), pen);
            body + 4
        }
        0xcb => {
            write_float(f64::from_bits(number(payload, body, 8)?), pen);
            body + 8
        }
        0xcc..=0xcf => {
            let (value, end) = sized(0xcc)?;
            pen.write_number(value);
            end
        }
        0xd0..=0xd3 => {
            let (value, end) = sized(0xd0)?;
            let unused = 64 - 8 * (end - body) as u32;
            let value = (value << unused) as i64 >> unused;
            if value < 0 {
                write_negative(!value as u64, pen)
            } else {
                pen.write_number(value as u64)
            }
            end
        }
        0xd4..=0xd8 => write_extension(payload, body, 1 << (head - 0xd4), pen)?,
        0xd9..=0xdb => {
            let (len, start) = sized(0xd9)?;
            write_text(payload, start, len, pen)?
        }
        0xdc | 0xdd => {
            let (len, start) = sized(0xdb)?;
            return Ok((Token::Open(Kind::Array, Some(len)), start));
        }
        0xde | 0xdf => {
            let (len, start) = sized(0xdd)?;
            return Ok((Token::Open(Kind::Map, Some(len)), start));
        }
    };
    Ok((Token::Plain, end))
}

fn write_extension(payload: &[u8], at: usize, len: u64, pen: &mut Pen) -> Result<usize, &'static str> {
    let &kind = payload.get(at).ok_or(CUT)?;
    pen.write("ext(");
    if kind.cast_signed() < 0 {
        write_negative(u64::from(!kind), pen)
    } else {
        pen.write_number(kind.into())
    }
    pen.write(", ");
    let end = write_bytes(payload, at + 1, len, pen)?;
    pen.write(")");
    Ok(end)
}
