//! The connections of the page: the forms are of one of them, and the others go on beside it.

use std::rc::Rc;

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_link::{RepeatState, Slot};
use mqttscope_view::Forms;
use mqttscope_view::connections::Connections;

use super::connection::{self, Light};
use super::text::concat;
use mqttscope_text::number;

/// Which slot the forms are of, and what there is of the others.
#[derive(Debug, Default)]
pub struct Slots {
    chosen: Slot,
    others: Vec<Other>,
    /// Those that are no more, whose rows the log may still have.
    gone: Vec<Named>,
    /// The number of the next one.
    next: u32,
}

/// A connection that the forms are not of.
#[derive(Clone, Debug, Default)]
pub struct Other {
    pub slot: Slot,
    /// The saved connection that it is of.
    pub saved: Option<u32>,
    /// How it stands.
    pub connection: Rc<ConnectionState>,
    /// How far messages are that it repeats.
    pub repeat: Option<Rc<RepeatState>>,
    /// What its forms hold.
    pub forms: Forms,
}

/// A connection as lists and rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub slot: Slot,
    /// The saved connection that it is of.
    pub saved: Option<u32>,
    pub name: String,
    /// The number of its colour; 0 for none.
    pub colour: u8,
    pub light: Light,
    /// In a sentence how it stands.
    pub words: String,
    /// The forms are of it.
    pub is_chosen: bool,
    /// It can be chosen.
    pub is_there: bool,
}

impl Slots {
    /// The one that the forms are of.
    #[must_use]
    pub const fn chosen(&self) -> Slot {
        self.chosen
    }

    /// The others.
    #[must_use]
    pub fn others(&self) -> &[Other] {
        &self.others
    }

    /// Another one, to be changed.
    pub fn other(&mut self, slot: Slot) -> Option<&mut Other> {
        self.others.iter_mut().find(|other| other.slot == slot)
    }

    /// All others, to be changed.
    pub fn others_mut(&mut self) -> impl Iterator<Item = &mut Other> {
        self.others.iter_mut()
    }

    /// The slot of another one that is of a saved connection.
    #[must_use]
    pub fn of_saved(&self, id: u32) -> Option<Slot> {
        self.others.iter().find(|other| other.saved == Some(id)).map(|other| other.slot)
    }

    /// Chooses another one in place of the chosen one, which is `left` as it is. Returns what there was of it.
    pub fn choose(&mut self, slot: Slot, left: Other) -> Option<Other> {
        let at = self.others.iter().position(|other| other.slot == slot)?;
        self.chosen = slot;
        Some(std::mem::replace(&mut self.others[at], left))
    }

    /// Forgets all but the chosen one.
    pub fn forget_others(&mut self) {
        *self = Self { chosen: self.chosen, next: self.next, ..Self::default() };
    }

    /// Whether another one has room, or one that could go for it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.others.len() + 1 < Slot::MOST || self.spare().is_some()
    }

    /// Chooses a new one in place of the chosen one, which is `left` as it is. Returns one that had to go for it: see
    /// [`Self::has_room`].
    pub fn add(&mut self, left: Other, saved: &Connections) -> Option<Slot> {
        let mut gone = None;
        if self.others.len() + 1 >= Slot::MOST
            && let Some(at) = self.spare()
        {
            let other = self.others.remove(at);
            gone = Some(other.slot);
            let named = Named { is_there: false, ..other.named(saved, false) };
            self.gone.push(named);
            if self.gone.len() > MOST_GONE {
                self.gone.remove(0);
            }
        }
        self.others.push(left);
        self.next = self.next.max(self.chosen.0) + 1;
        self.chosen = Slot(self.next);
        gone
    }

    /// One that has ended, of those first whose session nobody keeps.
    fn spare(&self) -> Option<usize> {
        let ended = |kept| {
            self.others
                .iter()
                .position(|other| !other.connection.is_wanted() && other.connection.is_kept == kept)
        };
        ended(false).or_else(|| ended(true))
    }

    /// All of them by name, in the order in which they were made. `chosen` is what there is of the chosen one.
    #[must_use]
    pub fn named(&self, chosen: &Other, saved: &Connections) -> Vec<Named> {
        let mut named = self.gone.clone();
        named.extend(self.others.iter().map(|other| other.named(saved, false)));
        named.push(chosen.named(saved, true));
        named.sort_by_key(|named| named.slot);
        named
    }

    /// How many of the others are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.others.iter().filter(|other| other.connection.is_connected()).count()
    }

    /// Which slots there are, and of which saved connections, as text for when the page is loaded again.
    #[must_use]
    pub fn to_text(&self, chosen: Option<u32>) -> String {
        let mut text = String::new();
        let others = self.others.iter().map(|other| (other.slot, other.saved));
        for (slot, saved) in [(self.chosen, chosen)].into_iter().chain(others) {
            let saved = saved.map(|id| number::plain(id.into())).unwrap_or_default();
            text.push_str(&concat(&[&number::plain(slot.0.into()), ":", &saved, " "]));
        }
        text
    }

    /// The slots of such a text, of those that are not chosen the ones that are of saved connections and wanted back.
    #[must_use]
    pub fn of_text(text: &str, is_wanted: impl Fn(Slot) -> bool) -> Self {
        let mut entries = text.split_whitespace().filter_map(|entry| {
            let (slot, saved) = entry.split_once(':')?;
            let slot = slot.parse().ok().filter(|slot| *slot < HIGHEST_STORED)?;
            Some((Slot(slot), saved.parse().ok()))
        });
        let Some((chosen, _)) = entries.next() else { return Self::default() };
        let mut slots = Self { chosen, next: chosen.0, ..Self::default() };
        for (slot, saved) in entries {
            slots.next = slots.next.max(slot.0);
            let is_other = slot != chosen && slots.others.iter().all(|other| other.slot != slot);
            if is_other && saved.is_some() && is_wanted(slot) && slots.others.len() + 1 < Slot::MOST {
                slots.others.push(Other { slot, saved, ..Other::default() });
            }
        }
        slots
    }
}

impl Other {
    /// Nothing has happened on it yet that another one could not begin with.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.connection.phase == Phase::Idle && !self.connection.is_kept
    }

    fn named(&self, saved: &Connections, is_chosen: bool) -> Named {
        let connection = &*self.connection;
        let profile = self.saved.and_then(|id| saved.get(id));
        let client = || match &*connection.client_id {
            "" if self.forms.client_id().is_empty() => "a client without id".to_owned(),
            "" => self.forms.client_id().to_owned(),
            id => id.to_owned(),
        };
        let name = profile.map(|saved| saved.name.clone()).filter(|name| !name.is_empty());
        let headline = connection::headline(connection);
        let words = match connection.url.is_empty() {
            true => headline,
            false => concat(&[&headline, ", ", &connection.url]),
        };
        Named {
            slot: self.slot,
            saved: profile.map(|saved| saved.id),
            name: name.unwrap_or_else(client),
            colour: profile.map_or(0, |saved| saved.colour),
            light: connection::light(connection),
            words,
            is_chosen,
            is_there: true,
        }
    }
}

/// The name and the colour of a slot.
#[must_use]
pub fn name_of(named: &[Named], slot: Slot) -> (&str, u8) {
    let named = named.iter().find(|named| named.slot == slot);
    named.map_or(("", 0), |named| (&named.name, named.colour))
}

/// Numbers that are taken from a text stay below: more connections no tab has had.
const HIGHEST_STORED: u32 = 1 << 24;
/// Names that are remembered of slots that are no more.
const MOST_GONE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use mqttscope_view::{Edit, Page};

    fn other(slot: u32, phase: Phase) -> Other {
        let connection = ConnectionState { phase, client_id: "17".into(), ..ConnectionState::default() };
        Other { slot: Slot(slot), connection: Rc::new(connection), ..Other::default() }
    }

    fn ended() -> Phase {
        Phase::Ended { why: "Closed.".into(), failed: false }
    }

    #[test]
    fn choosing_one_leaves_the_other_as_it_is() {
        let mut slots = Slots::default();
        let saved = Connections::default();
        assert_eq!(slots.add(Other { saved: Some(5), ..other(0, Phase::Connected) }, &saved), None);
        assert_eq!((slots.chosen(), slots.of_saved(5), slots.connected()), (Slot(1), Some(Slot(0)), 1));
        let back = slots.choose(Slot(0), other(1, Phase::Opening)).expect("it is there");
        assert_eq!((back.slot, back.saved, slots.chosen()), (Slot(0), Some(5), Slot(0)));
        assert!(slots.choose(Slot(7), back).is_none());
        assert_eq!((slots.others().len(), slots.connected()), (1, 0));
    }

    #[test]
    fn there_are_sixteen_at_most_and_one_that_has_ended_goes_for_another() {
        let (mut slots, saved) = (Slots::default(), Connections::default());
        for slot in 0..15 {
            assert!(slots.has_room());
            assert_eq!(slots.add(other(slot, Phase::Connected), &saved), None);
        }
        assert!(!slots.has_room());
        *slots.other(Slot(3)).expect("it is there") = other(3, ended());
        assert!(slots.has_room());
        assert_eq!(slots.add(other(15, Phase::Connected), &saved), Some(Slot(3)));
        assert_eq!((slots.chosen(), slots.others().len()), (Slot(16), 15));
        let named = slots.named(&other(16, Phase::Idle), &saved);
        let gone: Vec<_> = named.iter().filter(|named| !named.is_there).map(|named| named.slot).collect();
        assert_eq!((gone, name_of(&named, Slot(3)).0), (vec![Slot(3)], "17"));
    }

    #[test]
    fn one_whose_session_is_kept_goes_last() {
        let (mut slots, saved) = (Slots::default(), Connections::default());
        for slot in 0..15 {
            slots.add(other(slot, ended()), &saved);
        }
        Rc::make_mut(&mut slots.other(Slot(0)).expect("it is there").connection).is_kept = true;
        assert_eq!(slots.add(other(15, ended()), &saved), Some(Slot(1)));
    }

    #[test]
    fn names_are_those_of_saved_connections_or_client_ids() {
        let (mut page, mut saved) = (Page::default(), Connections::default());
        saved.add(5, &page);
        saved.rename(5, "the plant");
        saved.colour(5, "blue");
        page.apply(Edit::Text(mqttscope_view::Field::ClientId, "mine".into()));
        let mut slots = Slots::default();
        slots.add(Other { saved: Some(5), ..other(0, Phase::Connected) }, &saved);
        let chosen = Other { slot: Slot(1), forms: page.forms(), ..Other::default() };
        let named = slots.named(&chosen, &saved);
        assert_eq!(name_of(&named, Slot(0)), ("the plant", 5));
        assert_eq!(name_of(&named, Slot(1)), ("mine", 0));
        assert_eq!(name_of(&named, Slot(2)), ("", 0));
        assert_eq!(named.iter().map(|it| it.is_chosen).collect::<Vec<_>>(), [false, true]);
        assert!(named[0].words.starts_with("Connected as 17"));
    }

    #[test]
    fn slots_come_back_with_what_was_kept_of_them() {
        let (mut slots, saved) = (Slots::default(), Connections::default());
        for (slot, id) in [(0, Some(5)), (1, Some(6)), (2, None)] {
            slots.add(Other { saved: id, ..other(slot, Phase::Connected) }, &saved);
        }
        let text = slots.to_text(Some(9));
        assert_eq!(text, "3:9 0:5 1:6 2: ");
        let mut back = Slots::of_text(&text, |slot| slot != Slot(1));
        assert_eq!((back.chosen(), back.others().len(), back.of_saved(5)), (Slot(3), 1, Some(Slot(0))));
        back.add(Other::default(), &saved);
        assert_eq!(back.chosen(), Slot(4), "a number that was another's is not given again");
        for text in ["", "x", "1", ":5", "4294967296:1"] {
            assert_eq!(Slots::of_text(text, |_| true).chosen(), Slot(0), "{text}");
        }
    }
}
