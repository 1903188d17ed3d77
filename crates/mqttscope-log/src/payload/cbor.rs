//! CBOR (RFC 8949) in diagnostic notation.

use super::Pen;
use super::fault::{CUT, NO_ITEM};
use super::tree::{Kind, Token, number, write_bytes, write_float, write_negative, write_text};

/// Reads the data item at an offset, or its head where it holds others.
pub(super) fn token(payload: &[u8], at: usize, pen: &mut Pen) -> Result<(Token, usize), &'static str> {
    let &head = payload.get(at).ok_or(CUT)?;
    let (major, info) = (head >> 5, head & 31);
    if head == 0xff {
        return Ok((Token::Break, at + 1));
    }
    let (argument, next) = match info {
        0..=23 => (Some(u64::from(info)), at + 1),
        24..=27 => {
            let len = 1 << (info - 24);
            (Some(number(payload, at + 1, len)?), at + 1 + len)
        }
        31 if matches!(major, 2..=5) => (None, at + 1),
        _ => return Err(NO_ITEM),
    };
    let end = match (major, argument) {
        (0, Some(number)) => {
            pen.write_number(number);
            next
        }
        (1, Some(number)) => {
            write_negative(number, pen);
            next
        }
        (2, Some(len)) => write_bytes(payload, next, len, pen)?,
        (3, Some(len)) => write_text(payload, next, len, pen)?,
        (2 | 3, None) => return Ok((Token::Open(Kind::Pieces, None), next)),
        (4, len) => return Ok((Token::Open(Kind::Array, len), next)),
        (5, len) => return Ok((Token::Open(Kind::Map, len), next)),
        (6, Some(tag)) => {
            pen.write_number(tag);
            pen.write("(");
            return Ok((Token::Tag, next));
        }
        (_, value) => {
            write_simple(info, value.unwrap_or_default(), pen);
            next
        }
    };
    Ok((Token::Plain, end))
}

fn write_simple(info: u8, value: u64, pen: &mut Pen) {
    match (info, value) {
        (25, bits) => write_float(half(bits as u16), pen),
        (26, bits) => write_float(f32::from_bits(bits as u32).into(), pen),
        (27, bits) => write_float(f64::from_bits(bits), pen),
        (_, 20) => pen.write("false"),
        (_, 21) => pen.write("true"),
        (_, 22) => pen.write("null"),
        (_, 23) => pen.write("undefined"),
        (_, value) => {
            pen.write("simple(");
            pen.write_number(value);
            pen.write(")");
        }
    }
}

/// The value of a half-precision float (RFC 8949, Appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let value = match exponent {
        0 => mantissa * (-24_f64).exp2(),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1_024.0) * f64::from(exponent - 25).exp2(),
    };
    if bits >> 15 == 0 { value } else { -value }
}
