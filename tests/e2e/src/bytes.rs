//! Bytes as tests write them.

/// The bytes of a text like "20 02 00 05"; white space between digits does not count.
///
/// # Panics
/// If it is not hexadecimal: the test is wrong.
pub fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap_or_else(|| panic!("'{c}' is no hexadecimal digit")) as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in '{text}'");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The bytes as lower-case hexadecimal digits without spaces.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
