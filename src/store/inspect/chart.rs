//! A chart of whole numbers over time, as the path of an SVG.

use mqttscope_text::number;

/// Height of a chart in its own units; it is stretched to its place.
pub const HEIGHT: u32 = 100;

/// The round number at the top of a chart whose highest value is `max`: 1, 2 or 5 times a power of ten.
#[must_use]
pub fn top(max: u32) -> u32 {
    let mut power = 1_u32;
    loop {
        for step in [1, 2, 5] {
            let top = power.saturating_mul(step);
            if top >= max || top == u32::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The path of a line through values, a step of one unit each, at a height of `top` for [`HEIGHT`]; closed below if
/// it is to be filled.
#[must_use]
pub fn path(values: &[u32], top: u32, is_filled: bool) -> String {
    let mut path = String::with_capacity(values.len() * 7);
    for (x, &value) in values.iter().enumerate() {
        path.push(if x == 0 { 'M' } else { 'L' });
        point(&mut path, x, HEIGHT - (u64::from(value) * u64::from(HEIGHT) / u64::from(top.max(1))) as u32);
    }
    if is_filled && !values.is_empty() {
        for x in [values.len() - 1, 0] {
            path.push('L');
            point(&mut path, x, HEIGHT);
        }
        path.push('Z');
    }
    path
}

fn point(path: &mut String, x: usize, y: u32) {
    path.push_str(&number::plain(x as u64));
    path.push(' ');
    path.push_str(&number::plain(y.into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_round() {
        let cases = [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (9_999, 10_000), (u32::MAX, u32::MAX)];
        for (max, expected) in cases {
            assert_eq!(top(max), expected);
        }
    }

    #[test]
    fn values_become_points() {
        assert_eq!(path(&[0, 5, 10], 10, false), "M0 100L1 50L2 0");
        assert_eq!(path(&[0, 5], 10, true), "M0 100L1 50L1 100L0 100Z");
        assert_eq!(path(&[], 10, true), "");
    }
}
