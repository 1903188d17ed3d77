//! The tree of topics as the page looks at it: which levels are open, what is found, which one is chosen.
//!
//! Its lines are listed in slices: until another list is whole, the one before is shown.

use mqttscope_link::{ClearingStage, Step, TopicDetails, TopicRef, TopicsLook, TopicsView};
use mqttscope_log::topics::{TopicId, TopicNode, TopicTree};
use mqttscope_log::{Budget, Follower, Log};
use mqttscope_search::Needle;

pub(crate) use clearing::Clearing;
use folds::Folds;
use listing::{Listing, Place, Wish};

mod clearing;
mod folds;
mod listing;
mod sort;
mod words;

pub(crate) use words::used;

/// The tree, and what is looked at of it. The log is given with each call, and must be the same.
#[derive(Default)]
pub(crate) struct Topics {
    tree: TopicTree,
    /// The last slice did not come to the end of the log.
    is_behind: bool,
    look: Option<TopicsLook>,
    folds: Folds,
    /// What is to be found.
    find: Option<Needle>,
    chosen: Option<TopicId>,
    list: List,
    /// The list that is being made.
    making: Option<Listing>,
    /// What is shown is another list than the one that is asked for.
    is_stale: bool,
    pub(crate) clearing: Option<Clearing>,
}

/// The lines that are shown.
#[derive(Default)]
struct List {
    places: Vec<Place>,
    found: Option<u32>,
    /// The place of the chosen level.
    chosen: Option<usize>,
    /// The tree that it was made of, and when.
    revision: u32,
    made: u64,
}

/// The tree, kept up with the log.
impl Topics {
    /// Whether so much is not done, or was left by the last slice, that it is worth a task of its own.
    pub(crate) fn has_work(&self, log: &Log) -> bool {
        let is_listing = self.clearing.as_ref().is_some_and(Clearing::is_listing);
        self.making.is_some()
            || is_listing
            || self.tree.behind(log) > if self.is_behind { 0 } else { FAR_BEHIND }
    }

    /// Does a slice of what takes long.
    pub(crate) fn advance(&mut self, log: &Log) {
        self.is_behind = !self.tree.advance(log, SLICE);
        if let Some(clearing) = &mut self.clearing {
            clearing.list(&self.tree, STEPS);
        }
        self.go_on_listing();
    }

    fn go_on_listing(&mut self) {
        let Some(making) = &mut self.making else { return };
        let wish = Wish {
            folds: &self.folds,
            find: self.find.as_ref(),
            sort: self.look.map(|look| look.sort).unwrap_or_default(),
            now: self.list.made,
        };
        if making.advance(&self.tree, &wish, STEPS)
            && let Some(made) = self.making.take()
        {
            self.list.revision = made.revision;
            self.list.found = made.found;
            self.list.places = made.places;
            self.find_chosen();
        }
    }

    /// Begins another list, since another one is wanted.
    fn restart(&mut self) {
        self.is_stale = true;
        self.making = None;
    }

    /// Begins another list if that is due: at once if another one is wanted, else as seldom as it is long.
    fn begin_listing(&mut self, now: u64) {
        let Some(look) = self.look else { return };
        let is_other = self.list.revision != self.tree.revision() || look.sort != Default::default();
        let wait = LEAST_WAIT + self.list.places.len() as u64 * WAIT_A_LINE;
        let is_due = self.is_stale || is_other && now.abs_diff(self.list.made) >= wait;
        if self.making.is_none() && is_due {
            self.is_stale = false;
            self.list.made = now;
            self.making = Some(Listing::new(&self.tree, self.find.is_some()));
        }
    }

    fn find_chosen(&mut self) {
        let chosen = self.chosen;
        self.list.chosen = chosen.and_then(|chosen| self.list.places.iter().position(|at| at.id == chosen));
    }
}

/// What a person does.
impl Topics {
    /// What is looked at, or nothing.
    pub(crate) fn set_look(&mut self, look: Option<TopicsLook>) {
        if look.map(|look| look.sort) != self.look.map(|look| look.sort) {
            self.restart();
        }
        if look.is_none() {
            // Nobody sees it, and it may be long.
            self.list = List::default();
        }
        self.look = look;
    }

    /// Shows only what holds a text, or all for an empty one.
    pub(crate) fn find(&mut self, text: &str) {
        self.find = (!text.is_empty()).then(|| Needle::new(text));
        self.restart();
    }

    pub(crate) fn choose(&mut self, id: TopicRef) {
        self.chosen = Some(id_of(id));
        self.find_chosen();
    }

    /// Chooses another line, from the one that is chosen.
    pub(crate) fn step(&mut self, step: Step) {
        let Some(last) = self.list.places.len().checked_sub(1) else { return };
        let page = self.look.map_or(1, |look| look.page.max(1));
        let moved = |by: i64| match self.list.chosen {
            Some(at) => (at as i64).saturating_add(by).clamp(0, last as i64) as usize,
            None => 0,
        };
        let to = match step {
            Step::Rows(rows) => moved(rows.into()),
            Step::Views(views) => moved(i64::from(views) * i64::from(page)),
            Step::First => 0,
            Step::Last => last,
            Step::NextMatch | Step::PreviousMatch => return,
        };
        self.choose_place(to);
    }

    fn choose_place(&mut self, to: usize) {
        self.list.chosen = Some(to);
        self.chosen = self.list.places.get(to).map(|place| place.id);
    }

    /// Shows what lies below a level, or hides it.
    pub(crate) fn fold(&mut self, id: TopicRef) {
        if self.node(id).is_some() {
            self.folds.toggle(id_of(id));
            self.restart();
        }
    }

    /// Opens the chosen level, or goes to the first one below it.
    pub(crate) fn open_chosen(&mut self) {
        let Some((at, place)) = self.chosen_line() else { return };
        if !place.is_open {
            if self.tree.node(place.id).is_some_and(|node| node.children() > 0) {
                self.folds.toggle(place.id);
                self.restart();
            }
        } else if self.list.places.get(at + 1).is_some_and(|next| next.depth > place.depth) {
            self.choose_place(at + 1);
        }
    }

    /// Closes the chosen level, or goes to the one above it.
    pub(crate) fn close_chosen(&mut self) {
        let Some((at, place)) = self.chosen_line() else { return };
        if place.is_open && !place.is_forced {
            self.folds.toggle(place.id);
            self.restart();
        } else if let Some(above) = self.list.places[..at].iter().rposition(|above| above.depth < place.depth)
        {
            self.choose_place(above);
        }
    }

    pub(crate) fn fold_all(&mut self, open: bool) {
        self.folds.set_all(open);
        self.restart();
    }

    /// A level, if it is still there.
    pub(crate) fn node(&self, id: TopicRef) -> Option<TopicNode<'_>> {
        self.tree.node(id_of(id))
    }

    /// Lists what is retained at a level and below it.
    pub(crate) fn list_retained(&mut self, id: TopicRef) {
        self.clearing = self.node(id).map(Clearing::new);
    }

    /// The chosen line with its place. Where the list is not that of the tree any more, its level may be gone.
    fn chosen_line(&self) -> Option<(usize, Place)> {
        let at = self.list.chosen?;
        Some((at, *self.list.places.get(at)?))
    }
}

/// What is shown.
impl Topics {
    /// The lines that are looked at, if any are.
    pub(crate) fn view(&mut self, log: &Log, now: u64) -> Option<TopicsView> {
        let look = self.look?;
        self.advance(log);
        self.begin_listing(now);
        self.go_on_listing();
        let count = self.list.places.len();
        let first = (look.lines.start as usize).min(count);
        let end = (look.lines.end as usize).min(count).min(first + MOST_LINES).max(first);
        let mut name = Vec::new();
        let lines = self.list.places[first..end].iter().map(|place| {
            let node = self.tree.node(place.id);
            node.map(|node| words::line(node, *place, now, &mut name)).unwrap_or_default()
        });
        Some(TopicsView {
            topics: self.tree.root().topics(),
            dropped: self.tree.dropped(),
            found: self.list.found,
            is_behind: self.is_behind || self.making.is_some() || self.is_stale,
            count: count as u32,
            first: first as u32,
            lines: lines.collect(),
            chosen_place: self.list.chosen.map(|at| at as u32),
            chosen: self.details(log, now),
            clearing: self.clearing.as_ref().map(Clearing::view),
        })
    }

    fn details(&self, log: &Log, now: u64) -> Option<TopicDetails> {
        Some(words::details(self.tree.node(self.chosen?)?, log, now))
    }

    /// What the broker tells of itself: the topics below `$SYS`, by name.
    pub(crate) fn broker(&self) -> Vec<(String, String)> {
        words::broker(&self.tree)
    }

    /// Whether retained messages are being cleared.
    pub(crate) fn is_clearing(&self) -> bool {
        self.clearing.as_ref().is_some_and(|clearing| *clearing.stage() == ClearingStage::Running)
    }
}

fn id_of(id: TopicRef) -> TopicId {
    TopicId::from_bits(id.0)
}

fn ref_of(id: TopicId) -> TopicRef {
    TopicRef(id.to_bits())
}

/// What a slice looks at: well under a millisecond.
const SLICE: Budget = Budget { records: 2_048, bytes: 256 << 10 };
/// Steps of listing in a slice: a level that is looked at, or moved as they are sorted.
const STEPS: u32 = 4_096;
/// Records that may wait to be looked at where nobody sees the tree.
const FAR_BEHIND: u32 = 4_096;
/// Lines that are made at most at once: several screens full.
const MOST_LINES: usize = 512;
/// Microseconds between two lists of a tree that changes by itself, and how many more for each line.
const LEAST_WAIT: u64 = 250_000;
const WAIT_A_LINE: u64 = 10;
