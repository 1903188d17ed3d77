//! Which levels of the tree are open.

use mqttscope_log::topics::TopicId;

/// All are closed, or open, but for some.
#[derive(Default)]
pub(super) struct Folds {
    are_open: bool,
    /// By place the age of the level that is otherwise; 0 is that of none.
    others: Vec<u32>,
}

impl Folds {
    pub(super) fn is_open(&self, id: TopicId) -> bool {
        let is_other = self.others.get(id.at() as usize).is_some_and(|&age| age == id.age());
        self.are_open != is_other
    }

    /// A level that is there is to be open, or not.
    pub(super) fn toggle(&mut self, id: TopicId) {
        let at = id.at() as usize;
        if self.others.len() <= at {
            self.others.resize(at + 1, 0);
        }
        let age = &mut self.others[at];
        *age = if *age == id.age() { 0 } else { id.age() };
    }

    pub(super) fn set_all(&mut self, open: bool) {
        self.are_open = open;
        self.others = Vec::new();
    }
}
