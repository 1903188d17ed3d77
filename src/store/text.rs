//! Text put together from parts.

/// The parts, one behind the other. One function for the whole page: the standard library's `concat` is compiled
/// into each of its callers, and the page has many.
#[inline(never)]
#[must_use]
pub fn concat(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
    text
}
