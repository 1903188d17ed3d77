//! Topic names and topic filters: what they may hold, and which name a filter matches.

use core::fmt;

use crate::rule::{Rule, Violation};
use crate::text::{self, Text};

/// The longest string that a packet can carry, in bytes.
pub const MAX_STRING_LEN: usize = 65_535;

/// A topic name, as PUBLISH and the will carry it: at least one character, no wildcard, no U+0000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicName<'a>(&'a str);

impl<'a> TopicName<'a> {
    /// Checks a topic name.
    ///
    /// # Errors
    ///
    /// The first rule that the text breaks (MQTT 3.1, PUBLISH and Appendix A; [MQTT-3.3.2-2], [MQTT-4.7.3-1] to
    /// [MQTT-4.7.3-3]), with the offset of the byte at fault.
    pub fn new(text: &'a str) -> Result<Self, Violation> {
        checked(text, name_fault).map(Self)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for TopicName<'a> {
    type Error = Violation;

    fn try_from(text: &'a str) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl fmt::Display for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A topic filter, as SUBSCRIBE and UNSUBSCRIBE carry it: wildcards only where they may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicFilter<'a>(&'a str);

impl<'a> TopicFilter<'a> {
    /// Checks a topic filter.
    ///
    /// # Errors
    ///
    /// The first rule that the text breaks (MQTT 3.1, Appendix A; [MQTT-4.7.1-2], [MQTT-4.7.1-3],
    /// [MQTT-4.7.3-1] to [MQTT-4.7.3-3]), with the offset of the byte at fault.
    pub fn new(text: &'a str) -> Result<Self, Violation> {
        checked(text, filter_fault).map(Self)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether the filter matches a topic name.
    ///
    /// `#` matches its parent too (MQTT 3.1, Appendix A, Multi-level wildcard; MQTT 3.1.1, 4.7.1.2); a wildcard at
    /// the first level does not match a name that begins with `$`, of which 3.1 says nothing [MQTT-4.7.2-1].
    ///
    /// ```
    /// use mqttscope_proto::TopicFilter;
    ///
    /// let filter = TopicFilter::new("sport/#")?;
    /// assert!(filter.matches("sport"));
    /// assert!(filter.matches("sport/tennis/player1"));
    /// assert!(!TopicFilter::new("#")?.matches("$SYS/uptime"));
    /// # Ok::<(), mqttscope_proto::Violation>(())
    /// ```
    #[must_use]
    pub fn matches(self, name: &str) -> bool {
        if name.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = name.split('/');
        for pattern in self.0.split('/') {
            if pattern == "#" {
                return true;
            }
            match levels.next() {
                Some(level) if pattern == "+" || pattern == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

impl<'a> TryFrom<&'a str> for TopicFilter<'a> {
    type Error = Violation;

    fn try_from(text: &'a str) -> Result<Self, Violation> {
        Self::new(text)
    }
}

impl fmt::Display for TopicFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn checked(text: &str, fault: fn(Text<'_>) -> Option<Violation>) -> Result<&str, Violation> {
    if text.len() > MAX_STRING_LEN {
        return Err(Violation { offset: MAX_STRING_LEN, rule: Rule::StringTooLong(text.len()) });
    }
    match fault(text.into()) {
        Some(violation) => Err(violation),
        None => Ok(text),
    }
}

/// The first rule that a topic name breaks; offsets count from the first byte of the name.
#[inline]
pub(crate) fn name_fault(text: Text<'_>) -> Option<Violation> {
    if is_plain(text) {
        return None;
    }
    string_fault(text).or_else(|| {
        let offset = text.as_bytes().iter().position(|byte| matches!(byte, b'+' | b'#'))?;
        Some(Violation { offset, rule: Rule::WildcardInTopicName })
    })
}

/// The first rule that a topic filter breaks; offsets count from the first byte of the filter.
pub(crate) fn filter_fault(text: Text<'_>) -> Option<Violation> {
    string_fault(text).or_else(|| wildcard_fault(text.as_bytes()))
}

/// The first rule of shared subscriptions that a topic filter breaks (MQTT 5, 4.8.2); nothing for other filters.
pub(crate) fn share_fault(text: Text<'_>) -> Option<Violation> {
    let share = text.as_bytes().strip_prefix(SHARE)?;
    let name_len = share.iter().position(|&byte| byte == b'/');
    let name = &share[..name_len.unwrap_or(share.len())];
    if let Some(wildcard) = name.iter().position(|byte| matches!(byte, b'+' | b'#')) {
        return Some(Violation { offset: SHARE.len() + wildcard, rule: Rule::ShareName });
    }
    match name_len {
        Some(0) => Some(Violation { offset: SHARE.len(), rule: Rule::ShareName }),
        None if name.is_empty() => Some(Violation { offset: SHARE.len() - 1, rule: Rule::ShareName }),
        Some(len) if len + 1 < share.len() => None,
        Some(_) | None => Some(Violation { offset: text.len() - 1, rule: Rule::ShareWithoutFilter }),
    }
}

/// Whether a topic filter is one of a shared subscription (MQTT 5, 4.8.2).
#[must_use]
pub fn is_shared(filter: &str) -> bool {
    is_shared_filter(filter.as_bytes())
}

pub(crate) fn is_shared_filter(filter: &[u8]) -> bool {
    filter.starts_with(SHARE)
}

/// What the filters of shared subscriptions begin with.
const SHARE: &[u8] = b"$share/";

/// Whether a topic holds nothing that a rule is about, as nearly all do.
#[inline]
fn is_plain(text: Text<'_>) -> bool {
    let special = |byte| matches!(byte, 0 | b'+' | b'#');
    text.to_str().is_some() && !text.is_empty() && !has_any(text.as_bytes(), special)
}

/// Whether one of the bytes is `wanted`. It does not end early, so that the compiler looks at many bytes at once.
#[inline]
fn has_any(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |found, &byte| found | wanted(byte))
}

fn string_fault(text: Text<'_>) -> Option<Violation> {
    if text.is_empty() {
        return Some(Violation { offset: 0, rule: Rule::TopicEmpty });
    }
    text_fault(text).or_else(|| nul_fault(text))
}

/// The first byte of a string that is not UTF-8.
#[inline]
pub(crate) fn text_fault(text: Text<'_>) -> Option<Violation> {
    if text.to_str().is_some() { None } else { utf8_fault(text.as_bytes()) }
}

/// The first byte that is not UTF-8.
pub(crate) fn utf8_fault(bytes: &[u8]) -> Option<Violation> {
    let (offset, surrogate) = text::first_ill_formed(bytes)?;
    let rule = if surrogate { Rule::Surrogate } else { Rule::IllFormedUtf8 };
    Some(Violation { offset, rule })
}

/// The first U+0000 of a string.
pub(crate) fn nul_fault(text: Text<'_>) -> Option<Violation> {
    let bytes = text.as_bytes();
    if !has_any(bytes, |byte| byte == 0) {
        return None;
    }
    let offset = bytes.iter().position(|&byte| byte == 0)?;
    Some(Violation { offset, rule: Rule::Nul })
}

fn wildcard_fault(bytes: &[u8]) -> Option<Violation> {
    let starts_level = |at: usize| at == 0 || bytes[at - 1] == b'/';
    let ends_level = |at: usize| matches!(bytes.get(at + 1), None | Some(b'/'));
    let mut wildcards = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'+' | b'#'));
    wildcards.find_map(|(offset, byte)| {
        let rule = match byte {
            b'#' if !starts_level(offset) || offset + 1 != bytes.len() => Rule::MultiLevelWildcard,
            b'+' if !starts_level(offset) || !ends_level(offset) => Rule::SingleLevelWildcard,
            _ => return None,
        };
        Some(Violation { offset, rule })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn name(text: &str) -> Result<(), (usize, Rule)> {
        TopicName::new(text).map(drop).map_err(|violation| (violation.offset, violation.rule))
    }

    fn filter(text: &str) -> Result<(), (usize, Rule)> {
        TopicFilter::new(text).map(drop).map_err(|violation| (violation.offset, violation.rule))
    }

    #[test]
    fn topic_names() {
        assert_eq!(name("/"), Ok(()));
        assert_eq!(name("topic/mqtttopic"), Ok(()));
        assert_eq!(name("Grüße/\u{1f30d}"), Ok(()));
        assert_eq!(name(""), Err((0, Rule::TopicEmpty)));
        assert_eq!(name("a/+"), Err((2, Rule::WildcardInTopicName)));
        assert_eq!(name("ä#"), Err((2, Rule::WildcardInTopicName)));
        assert_eq!(name("a\0"), Err((1, Rule::Nul)));
        assert_eq!(name(&"x".repeat(65_535)), Ok(()));
        assert_eq!(name(&"x".repeat(65_536)), Err((65_535, Rule::StringTooLong(65_536))));
    }

    #[test]
    fn topic_filters() {
        for good in ["#", "+", "a/#", "+/+/+", "/+", "a/+/b", "/", "+/#"] {
            assert_eq!(filter(good), Ok(()), "{good}");
        }
        for (bad, offset) in [("a#", 1), ("#/a", 0), ("a/#/b", 2), ("##", 0)] {
            assert_eq!(filter(bad), Err((offset, Rule::MultiLevelWildcard)), "{bad}");
        }
        for (bad, offset) in [("a+", 1), ("+a", 0), ("a/b+/c", 3), ("++", 0)] {
            assert_eq!(filter(bad), Err((offset, Rule::SingleLevelWildcard)), "{bad}");
        }
        assert_eq!(filter(""), Err((0, Rule::TopicEmpty)));
        assert_eq!(filter("a\0b"), Err((1, Rule::Nul)));
    }

    #[test]
    fn shared_subscriptions() {
        let fault = |text: &str| share_fault(text.into()).map(|violation| (violation.offset, violation.rule));
        for good in ["$share/a/b", "$share/a/#", "$share", "$shared//", "a/$share//", "$share/a//"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, offset) in [("$share/", 6), ("$share//a", 7), ("$share/a+/b", 8), ("$share/#", 7)] {
            assert_eq!(fault(bad), Some((offset, Rule::ShareName)), "{bad}");
        }
        for (bad, offset) in [("$share/a", 7), ("$share/a/", 8)] {
            assert_eq!(fault(bad), Some((offset, Rule::ShareWithoutFilter)), "{bad}");
        }
    }

    #[test]
    fn what_a_filter_matches() {
        let cases = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "a/b/c", true),
            ("#", "$SYS/x", false),
            ("+/x", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("a", "A", false),
        ];
        for (pattern, topic, expected) in cases {
            let matches = TopicFilter(pattern).matches(topic);
            assert_eq!(matches, expected, "{pattern} against {topic}");
        }
    }

    #[test]
    fn a_fault_names_its_clause() {
        let words = TopicFilter::new("a#").map_err(|violation| {
            let clause = violation.rule.clause(crate::ProtocolVersion::V311);
            alloc::format!("{violation} {clause}")
        });
        let expected = "# stands only at the end of a topic filter, alone or after a / [MQTT-4.7.1-2]";
        assert_eq!(words.map(drop), Err(String::from(expected)));
    }
}
