//! The text of the log's filter: places in it, and those that were used.

/// The place in bytes of a place in UTF-16 code units, as browsers count.
#[must_use]
pub fn byte_offset(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, char) in text.char_indices() {
        if left < char.len_utf16() {
            return at;
        }
        left -= char.len_utf16();
    }
    text.len()
}

/// The place in UTF-16 code units of a place in bytes.
#[must_use]
pub fn unit_offset(text: &str, bytes: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < bytes).map(|(_, char)| char.len_utf16()).sum()
}

/// The list of filters used before with another one at its head.
#[must_use]
pub fn remembered(recent: &[String], filter: &str) -> Vec<String> {
    let others = recent.iter().filter(|known| *known != filter).cloned();
    [filter.to_owned()].into_iter().chain(others).take(MOST_RECENT).collect()
}

/// Filters that are kept.
const MOST_RECENT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_count_in_utf_16() {
        assert_eq!([0, 1, 3, 9].map(|units| byte_offset("ä😀x", units)), [0, 2, 6, 7]);
        assert_eq!([0, 2, 6, 7].map(|bytes| unit_offset("ä😀x", bytes)), [0, 1, 3, 4]);
    }

    #[test]
    fn the_newest_filter_is_remembered_first_and_once() {
        let recent = remembered(&["a".into(), "b".into()], "b");
        assert_eq!(recent, ["b", "a"]);
    }
}
