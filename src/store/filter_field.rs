//! The field of the filter: what can be put into it, and what is chosen of that.

use mqttscope_link::{Offer, Offers, Span};

/// The suggestions below the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterField {
    offers: Vec<Offer>,
    /// The filter that they are for.
    text: String,
    /// The bytes of it that an offer replaces.
    range: Span,
    is_begun: bool,
    chosen: Option<usize>,
    /// The engine was asked for others.
    is_awaited: bool,
}

impl FilterField {
    /// The engine was asked what can stand in the filter.
    pub fn ask(&mut self) {
        self.is_awaited = true;
    }

    /// Takes what the engine offers, and before it filters that were used, newest first, for an empty one. Says whether it
    /// is for the filter as it stands, and still wanted.
    pub fn take(&mut self, offers: Offers, text: &str, recent: &[String]) -> bool {
        if !self.is_awaited || offers.text != text {
            return false;
        }
        let Offers { text, range, is_begun, offers } = offers;
        let used = |recent: &String| Offer { text: recent.clone(), help: "used before".into() };
        let recent = recent.iter().filter(|_| text.is_empty()).map(used);
        let offers = recent.chain(offers).take(MOST).collect();
        *self = Self { offers, text, range, is_begun, chosen: None, is_awaited: false };
        true
    }

    /// The bytes of the filter that may yet become a key or a word of its language; none once the suggestions are gone.
    #[must_use]
    pub const fn begun(&self) -> Span {
        if self.is_begun { self.range } else { Span { start: 0, end: 0 } }
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
        let offer = self.offers.get(at).filter(|_| self.text == text)?;
        let (before, after) = (text.get(..self.range.start as usize)?, text.get(self.range.end as usize..)?);
        // Behind a key comes its value, behind anything else the next term.
        let space = if offer.text.ends_with(':') || after.starts_with(' ') { "" } else { " " };
        let taken = [before, &offer.text, space, after].concat();
        let cursor = before.len() + offer.text.len() + space.len();
        Some((taken, cursor))
    }
}

/// Suggestions that a person can look through.
const MOST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    /// What the engine offers for the last word of a filter.
    fn offers(text: &str, words: &[&str]) -> Offers {
        let start = text.rfind([' ', ':']).map_or(0, |at| at + 1) as u32;
        let offers = words.iter().map(|word| Offer { text: (*word).into(), help: String::new() }).collect();
        Offers { text: text.into(), range: Span { start, end: text.len() as u32 }, is_begun: true, offers }
    }

    fn offered(text: &str, words: &[&str]) -> FilterField {
        let mut field = FilterField::default();
        field.ask();
        assert!(field.take(offers(text, words), text, &["retain".to_owned()]));
        field
    }

    #[test]
    fn what_was_used_is_offered_for_an_empty_filter() {
        let texts = |field: FilterField| field.offers().iter().map(|it| it.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(offered("", &["type:"])), ["retain", "type:"]);
        assert_eq!(texts(offered("type:pubr", &["pubrec"])), ["pubrec"]);
        assert_eq!(offered("", &["a"; 20]).offers().len(), MOST);
    }

    #[test]
    fn what_is_offered_for_another_filter_is_not_taken() {
        let mut field = FilterField::default();
        field.ask();
        assert!(!field.take(offers("t", &["type:"]), "ty", &[]));
        assert!(field.take(offers("ty", &["type:"]), "ty", &[]));
        assert!(!field.take(offers("ty", &["other"]), "ty", &[]), "it was not asked for");
        field.ask();
        field.close();
        assert!(!field.take(offers("ty", &["type:"]), "ty", &[]), "the field was left");
    }

    #[test]
    fn what_is_only_begun_is_so_until_the_suggestions_go() {
        let mut field = offered("type:publish qo", &["qos:"]);
        assert_eq!(field.begun(), Span { start: 13, end: 15 });
        field.close();
        assert!(field.begun().is_empty());
    }

    #[test]
    fn what_is_taken_stands_in_place_of_what_was_typed() {
        assert_eq!(offered("qos:1 ty", &["type:"]).taken("qos:1 ty", 0), Some(("qos:1 type:".into(), 11)));
        let field = offered("type:pubr", &["pubrec", "pubrel"]);
        assert_eq!(field.taken("type:pubr", 1), Some(("type:pubrel ".into(), 12)));
        assert_eq!(field.taken("type:pubr", 9), None);
        assert_eq!(field.taken("type:pubre", 1), None);
    }

    #[test]
    fn the_choice_goes_around() {
        let mut field = offered("type:pubr", &["pubrec", "pubrel"]);
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
}
