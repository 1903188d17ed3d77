//! The levels of the tree that are shown, one below the other, found in slices.
//!
//! The tree goes on between two slices: what is gone is left out, what is new stands in the next list.

use mqttscope_link::TopicSort;
use mqttscope_log::topics::{TopicId, TopicNode, TopicTree};
use mqttscope_search::Needle;

use super::folds::Folds;
use super::sort::MergeSort;

/// What is to be listed.
pub(super) struct Wish<'a> {
    pub(super) folds: &'a Folds,
    pub(super) find: Option<&'a Needle>,
    pub(super) sort: TopicSort,
    /// By the time of records, in microseconds since the Unix epoch.
    pub(super) now: u64,
}

/// A line.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) id: TopicId,
    pub(super) depth: u8,
    /// What lies below it is shown.
    pub(super) is_open: bool,
    /// It leads to what is found, and cannot be closed.
    pub(super) is_forced: bool,
}

/// A list that is being made.
pub(super) struct Listing {
    /// The tree that it is made of.
    pub(super) revision: u32,
    pub(super) places: Vec<Place>,
    /// How many topics hold what is to be found.
    pub(super) found: Option<u32>,
    marks: Marks,
    /// The levels that are open where it is, the outermost first.
    open: Vec<Sorted>,
    gathering: Option<Gathering>,
}

/// Levels with the same one above them, in order.
struct Sorted {
    entries: Vec<Entry>,
    next: usize,
}

/// A level and what it is sorted by, as it was when it was found.
#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    id: TopicId,
}

/// The levels below one are being found, and then sorted.
struct Gathering {
    above: TopicId,
    next: Option<TopicId>,
    entries: Vec<Entry>,
    sort: Option<MergeSort<Entry>>,
}

/// Which levels are found, and which lead to one.
#[derive(Default)]
struct Marks {
    /// The next place of the tree to look at; `None` once all were, or where nothing is to be found.
    next: Option<u32>,
    /// By place the age of the level that it is said of.
    marks: Vec<(u32, Mark)>,
    name: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mark {
    #[default]
    None,
    /// Something below holds it.
    Leads,
    /// Its name holds it.
    Holds,
}

impl Listing {
    pub(super) fn new(tree: &TopicTree, finds: bool) -> Self {
        let marks = Marks { next: finds.then_some(0), ..Marks::default() };
        Self {
            revision: tree.revision(),
            places: Vec::new(),
            found: finds.then_some(0),
            marks,
            open: Vec::new(),
            gathering: Some(Gathering::new(tree.root())),
        }
    }

    /// Goes on for so many steps; says whether that was all.
    pub(super) fn advance(&mut self, tree: &TopicTree, wish: &Wish<'_>, mut steps: u32) -> bool {
        if let Some(needle) = wish.find
            && !self.marks.advance(tree, needle, &mut steps, self.found.get_or_insert_default())
        {
            return false;
        }
        let finds = wish.find.is_some();
        while steps > 0 {
            if let Some(gathering) = &mut self.gathering {
                let is_shown = |node: TopicNode<'_>| !finds || self.marks.of(node.id()) != Mark::None;
                let Some(entries) = gathering.advance(tree, wish, is_shown, &mut steps) else { continue };
                self.open.push(Sorted { entries, next: 0 });
                self.gathering = None;
                continue;
            }
            steps -= 1;
            let depth = self.open.len();
            let Some(sorted) = self.open.last_mut() else { return true };
            let Some(entry) = sorted.entries.get(sorted.next) else {
                self.open.pop();
                continue;
            };
            sorted.next += 1;
            let Some(node) = tree.node(entry.id) else { continue };
            let is_forced = finds && self.marks.of(entry.id) == Mark::Leads;
            let is_open = node.children() > 0 && (is_forced || wish.folds.is_open(entry.id));
            self.places.push(Place { id: entry.id, depth: depth as u8, is_open, is_forced });
            if is_open {
                self.gathering = Some(Gathering::new(node));
            }
        }
        false
    }
}

impl Gathering {
    fn new(above: TopicNode<'_>) -> Self {
        let next = above.first_below().map(|node| node.id());
        Self { above: above.id(), next, entries: Vec::new(), sort: None }
    }

    /// Goes on; the levels once they are sorted.
    fn advance(
        &mut self,
        tree: &TopicTree,
        wish: &Wish<'_>,
        is_shown: impl Fn(TopicNode<'_>) -> bool,
        steps: &mut u32,
    ) -> Option<Vec<Entry>> {
        while let Some(next) = self.next {
            if *steps == 0 {
                return None;
            }
            *steps -= 1;
            let Some(node) = tree.node(next) else {
                // With the level its way to the next is gone.
                match tree.node(self.above) {
                    Some(above) => *self = Self::new(above),
                    None => self.next = None,
                }
                continue;
            };
            if is_shown(node) {
                self.entries.push(Entry { key: key(node, wish), id: next });
            }
            self.next = node.next().map(|node| node.id());
        }
        let sort = self.sort.get_or_insert_with(|| MergeSort::new(std::mem::take(&mut self.entries)));
        sort.advance(steps, |one, other| {
            let level = |entry: &Entry| tree.node(entry.id).map(|node| node.level());
            one.key < other.key || one.key == other.key && level(one) < level(other)
        })
    }
}

impl Marks {
    /// Goes on; says whether all was looked at.
    fn advance(&mut self, tree: &TopicTree, needle: &Needle, steps: &mut u32, found: &mut u32) -> bool {
        while let Some(at) = self.next {
            if at >= tree.places() {
                self.next = None;
                break;
            }
            if *steps == 0 {
                return false;
            }
            *steps -= 1;
            self.next = Some(at + 1);
            let Some(node) = tree.at(at) else { continue };
            self.name.clear();
            node.push_name(&mut self.name);
            if needle.is_in(&self.name) {
                *found += u32::from(node.topic().is_some());
                self.set(node.id(), Mark::Holds);
                self.lead_to(node, steps);
            }
        }
        true
    }

    fn lead_to(&mut self, node: TopicNode<'_>, steps: &mut u32) {
        let mut above = node.parent();
        while let Some(node) = above.filter(|node| self.of(node.id()) == Mark::None) {
            *steps = steps.saturating_sub(1);
            self.set(node.id(), Mark::Leads);
            above = node.parent();
        }
    }

    fn of(&self, id: TopicId) -> Mark {
        match self.marks.get(id.at() as usize) {
            Some(&(age, mark)) if age == id.age() => mark,
            _ => Mark::None,
        }
    }

    fn set(&mut self, id: TopicId, mark: Mark) {
        let at = id.at() as usize;
        if self.marks.len() <= at {
            self.marks.resize(at + 1, Default::default());
        }
        self.marks[at] = (id.age(), mark);
    }
}

/// What a level is sorted by: the lowest is the first.
fn key(node: TopicNode<'_>, wish: &Wish<'_>) -> u64 {
    match wish.sort {
        TopicSort::Name => {
            let mut first = [0; 8];
            let level = node.level();
            let len = level.len().min(first.len());
            first[..len].copy_from_slice(&level[..len]);
            u64::from_be_bytes(first)
        }
        TopicSort::Rate => u64::MAX - u64::from(node.rate().in_ten_seconds(wish.now)),
        TopicSort::Time => u64::MAX - node.time(),
    }
}
