//! The field of the filter: what can be put into it, and what is chosen of that.

use std::ops::Range;

/// The suggestions below the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterField {
    offers: Vec<Offer>,
    /// The bytes of the filter that an offer replaces.
    range: Range<usize>,
    is_begun: bool,
    chosen: Option<usize>,
}

/// Something that can be put into the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is put there.
    pub text: String,
    /// What it means, in a few words.
    pub help: &'static str,
}

/// What can stand at a place in a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the filter that an offer replaces.
    pub range: Range<usize>,
    /// What is there may yet become a key or a word of its language.
    pub is_begun: bool,
    /// Topics that begin with what is there, where one can stand.
    pub topics: Vec<String>,
    /// Keys and words of the language that go on with what is there.
    pub words: Vec<Offer>,
}

impl FilterField {
    /// Offers what can stand at a place in a filter, and in an empty one the filters that were used, newest first.
    pub fn offer(&mut self, text: &str, completion: Completion, recent: &[String]) {
        let Completion { range, is_begun, topics, words } = completion;
        let recent = if text.is_empty() { recent } else { &[] };
        let recent = recent.iter().map(|recent| Offer { text: recent.clone(), help: "used before" });
        let topics = topics.iter().map(|topic| Offer { text: quoted(topic), help: "" });
        let offers = recent.chain(topics).chain(words).take(MOST).collect();
        *self = Self { offers, range, is_begun, chosen: None };
    }

    /// The bytes of the filter that may yet become a key or a word of its language; none once the suggestions are gone.
    #[must_use]
    pub fn begun(&self) -> Range<usize> {
        if self.is_begun { self.range.clone() } else { 0..0 }
    }

    /// Takes the suggestions away.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// What is offered; nothing if the suggestions are not shown.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// Which of them is chosen.
    #[must_use]
    pub const fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// Chooses the next, or the one before, and around over none.
    pub fn choose_next(&mut self, down: bool) {
        let last = self.offers.len().checked_sub(1);
        self.chosen = match (self.chosen, down) {
            (None, true) => last.map(|_| 0),
            (None, false) => last,
            (Some(at), true) => (Some(at) != last).then_some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
    }

    /// The filter with an offer in it, and where the cursor belongs then, in bytes.
    #[must_use]
    pub fn taken(&self, text: &str, at: usize) -> Option<(String, usize)> {
        let offer = self.offers.get(at)?;
        let (before, after) = (text.get(..self.range.start)?, text.get(self.range.end..)?);
        // Behind a key comes its value, behind anything else the next term.
        let space = if offer.text.ends_with(':') || after.starts_with(' ') { "" } else { " " };
        let taken = [before, &offer.text, space, after].concat();
        let cursor = before.len() + offer.text.len() + space.len();
        Some((taken, cursor))
    }
}

/// A topic as a value: in quotes where it would be more than one word.
fn quoted(topic: &str) -> String {
    if topic.contains(|char: char| char.is_whitespace() || matches!(char, '(' | ')' | '"' | ',')) {
        ["\"", &topic.replace('"', ""), "\""].concat()
    } else {
        topic.to_owned()
    }
}

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

/// Suggestions that a person can look through.
const MOST: usize = 12;
/// Filters that are kept.
const MOST_RECENT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &str) -> FilterField {
        let mut field = FilterField::default();
        field.offer(text, completion(text, text.len()), &["retain".to_owned()]);
        field
    }

    /// What the log's language knows, with two topics that begin with any text.
    fn completion(text: &str, cursor: usize) -> Completion {
        let found = mqttscope_log::filter::complete(text, cursor);
        let start = &text[found.range.clone()];
        let topics = if found.key == Some("topic") { &["a/b", "a b"][..] } else { &[] };
        Completion {
            topics: topics.iter().map(|rest| [start, &rest[1..]].concat()).collect(),
            words: found.suggestions.iter().map(|it| Offer { text: it.text.into(), help: it.help }).collect(),
            range: found.range,
            is_begun: found.is_begun,
        }
    }

    #[test]
    fn keys_values_topics_and_recent_filters_are_offered() {
        assert_eq!(offered("type:pubr").offers()[0].text, "pubrec");
        assert_eq!(offered("").offers()[0].text, "retain");
        let texts = offered("topic:a").offers().iter().map(|offer| offer.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts, ["a/b", "\"a b\""]);
        assert!(offered("nothing-like-it").offers().is_empty());
    }

    #[test]
    fn what_may_become_a_key_is_only_begun() {
        let begun = ["q", "type:publish qo", "(vio"].map(|text| offered(text).begun());
        assert_eq!(begun, [0..1, 13..15, 1..4]);
        for text in ["", "temperature", "violation", "event", "not", "qos:", "type:pub", "\"q"] {
            assert!(offered(text).begun().is_empty(), "{text}");
        }
        let mut field = FilterField::default();
        field.offer("tomato", completion("tomato", 2), &[]);
        assert!(field.begun().is_empty());
        let mut field = offered("q");
        field.close();
        assert!(field.begun().is_empty());
    }

    #[test]
    fn what_is_taken_stands_in_place_of_what_was_typed() {
        assert_eq!(offered("qos:1 ty").taken("qos:1 ty", 0), Some(("qos:1 type:".into(), 11)));
        assert_eq!(offered("type:pubr").taken("type:pubr", 1), Some(("type:pubrel ".into(), 12)));
        assert_eq!(offered("type:pubr").taken("type:pubr", 9), None);
    }

    #[test]
    fn the_choice_goes_around() {
        let mut field = offered("type:pubr");
        let mut chosen = Vec::new();
        for _ in 0..3 {
            field.choose_next(true);
            chosen.push(field.chosen());
        }
        assert_eq!(chosen, [Some(0), Some(1), None]);
        field.choose_next(false);
        assert_eq!(field.chosen(), Some(1));
        field.close();
        field.choose_next(true);
        assert_eq!(field.chosen(), None);
    }

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
