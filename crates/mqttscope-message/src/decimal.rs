//! Numbers as JSON writes them, exactly: which float is nearest, and the bytes of integers of any size.
//!
//! The standard library's parser of floats brings a table of 10 kB, which a page would download for what is rarely used.

use std::cmp::Ordering;

/// The float that is nearest to a number of JSON, of two the even one (IEEE 754); `None` where it is too large for one.
pub(crate) fn float(raw: &str) -> Option<f64> {
    let (sign, digits) = raw.strip_prefix('-').map_or((1.0, raw), |digits| (-1.0, digits));
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent = exponent_of(exponent) - fraction.len() as i64;
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    let exponent = exponent + (digits.len() - significant.len()) as i64;
    nearest(significant, exponent).map(|float| sign * float)
}

/// The bytes of a natural number that is given by its digits, the highest first, none of them leading zeros. One less than
/// that if asked for, as CBOR writes what is negative.
pub(crate) fn integer(digits: &str, less_one: bool) -> Vec<u8> {
    let mut big = Big::of(digits);
    if less_one {
        big.subtract(&Big(vec![1]));
    }
    let bytes = big.0.iter().rev().flat_map(|limb| limb.to_be_bytes());
    bytes.skip_while(|byte| *byte == 0).collect()
}

/// An exponent; one that is beyond all others is as good as another.
fn exponent_of(text: &str) -> i64 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    let size = if digits.len() > 9 { 1_000_000_000 } else { digits.parse().unwrap_or(0) };
    sign * size
}

/// The float nearest to so many digits, none of them zeros at either end, times a power of ten.
fn nearest(digits: &str, exponent: i64) -> Option<f64> {
    let magnitude = digits.len() as i64 + exponent;
    if digits.is_empty() || magnitude < -330 {
        return Some(0.0);
    }
    if magnitude > 310 {
        return None;
    }
    // Both are exact, and so is one multiplication or division rounded once.
    if digits.len() <= 15 && exponent.abs() <= 22 {
        let whole = digits.parse::<u64>().ok()? as f64;
        let power = (0..exponent.abs()).fold(1.0, |power, _| power * 10.0);
        return Some(if exponent < 0 { whole / power } else { whole * power });
    }
    // No two floats are so near to each other that more digits could tell which is nearer, but for that there are some.
    let (digits, exponent) = match digits.get(..MOST_DIGITS) {
        Some(first) => ([first, "1"].concat(), exponent + (digits.len() - MOST_DIGITS) as i64 - 1),
        None => (digits.to_owned(), exponent),
    };
    let (mut number, mut divisor) = (Big::of(&digits), Big(vec![1]));
    let scaled = if exponent < 0 { &mut divisor } else { &mut number };
    for _ in 0..exponent.abs() {
        scaled.multiply_add(10, 0);
    }
    quotient(number, divisor)
}

/// The float nearest to the quotient of two numbers that are not 0.
fn quotient(mut number: Big, mut divisor: Big) -> Option<f64> {
    let shift = divisor.bits() - number.bits();
    if shift > 0 {
        number.shift(shift)
    } else {
        divisor.shift(-shift)
    }
    // The quotient is between a half and two now: 66 bits of it, the first of them before the point.
    let mut bits: u128 = 0;
    for _ in 0..66 {
        let fits = number.compare(&divisor) != Ordering::Less;
        if fits {
            number.subtract(&divisor);
        }
        bits = bits << 1 | u128::from(fits);
        number.shift(1);
    }
    let has_rest = number.bits() > 0;
    let len = 128 - i64::from(bits.leading_zeros());
    // The exponent of the first bit of the float; below the least one a float has fewer bits.
    let exponent = len - 66 - shift;
    let biased = (exponent + 1_023).max(1);
    if biased > 2_046 {
        return None;
    }
    let precision = 53 - (biased - (exponent + 1_023));
    let dropped = len - precision.max(0);
    if precision < 0 {
        return Some(0.0);
    }
    let (kept, rest) = (bits >> dropped, bits & ((1 << dropped) - 1));
    let half = 1 << (dropped - 1);
    let rounds_up = match rest.cmp(&half) {
        Ordering::Less => false,
        Ordering::Equal => has_rest || kept & 1 == 1,
        Ordering::Greater => true,
    };
    // What rounds up to one bit more goes over into the exponent.
    let kept = (kept as u64) + u64::from(rounds_up);
    let bits = ((biased as u64 - 1) << 52) + kept;
    Some(f64::from_bits(bits)).filter(|float| float.is_finite())
}

/// A natural number of any size, the lowest limb first.
struct Big(Vec<u32>);

impl Big {
    fn of(digits: &str) -> Self {
        let mut big = Self(Vec::new());
        for digit in digits.bytes() {
            big.multiply_add(10, u32::from(digit - b'0'));
        }
        big
    }

    fn multiply_add(&mut self, factor: u32, add: u32) {
        let mut carry = u64::from(add);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Subtracts what is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrows = false;
        for (at, limb) in self.0.iter_mut().enumerate() {
            let (less, first) = limb.overflowing_sub(other.0.get(at).copied().unwrap_or(0));
            let (less, second) = less.overflowing_sub(u32::from(borrows));
            (*limb, borrows) = (less, first || second);
        }
    }

    fn shift(&mut self, bits: i64) {
        let (limbs, bits) = (bits / 32, bits % 32);
        let mut carry = 0;
        for limb in &mut self.0 {
            let wide = u64::from(*limb) << bits | carry;
            *limb = wide as u32;
            carry = wide >> 32;
        }
        self.0.push(carry as u32);
        self.0.splice(0..0, (0..limbs).map(|_| 0));
    }

    fn bits(&self) -> i64 {
        let top = self.0.iter().rposition(|limb| *limb > 0);
        top.map_or(0, |top| top as i64 * 32 + 32 - i64::from(self.0[top].leading_zeros()))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let limb = |big: &Self, at: usize| big.0.get(at).copied().unwrap_or(0);
        let most = self.0.len().max(other.0.len());
        (0..most)
            .rev()
            .map(|at| limb(self, at).cmp(&limb(other, at)))
            .find(|it| it.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// More digits than the longest number halfway between two floats has.
const MOST_DIGITS: usize = 800;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(text: &str) {
        let expected = Some(text.parse::<f64>().expect(text)).filter(|float| float.is_finite());
        assert_eq!(float(text).map(f64::to_bits), expected.map(f64::to_bits), "{text}");
    }

    #[test]
    fn the_nearest_float_is_found() {
        for text in [
            "0",
            "-0",
            "0.0",
            "1",
            "-1.5",
            "0.1",
            "1e23",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.00000000000000000000000000000000000000001",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1e-400",
            "1e999999999999",
            "1e-999999999999",
            "123456789012345678901234567890",
            "0.000001e6",
            "1E+2",
            "100e-2",
            "4.4501477170144023e-308",
            "6.631236871469758276785396630275967e-4",
            "1.00000005960464477539062499",
        ] {
            same(text);
        }
        // Halfway between two subnormal floats, and a little more than that, in as many digits as it takes.
        let half = format!("{:.1074}", f64::from_bits(1) * 1.0);
        same(&half);
        same(&format!("{}{}1", half, "0".repeat(500)));
    }

    #[test]
    fn integers_of_any_size_have_their_bytes() {
        assert_eq!(integer("18446744073709551616", false), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(integer("18446744073709551616", true), [0xff; 8]);
        assert_eq!(integer("256", false), [1, 0]);
    }

    proptest! {
        #[test]
        fn any_float_comes_back(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            if float.is_finite() {
                same(&format!("{float:?}"));
                same(&format!("{float:e}"));
            }
        }

        #[test]
        fn any_number_is_as_the_standard_library_reads_it(
            whole in "(0|[1-9][0-9]{0,40})", fraction in "(\\.[0-9]{1,40})?", exponent in -400..400_i32
        ) {
            same(&format!("{whole}{fraction}"));
            same(&format!("-{whole}{fraction}e{exponent}"));
        }
    }
}
