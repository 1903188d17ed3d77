//! When what has changed is written down: once it has settled, and before the page is gone.

/// Something that is written down on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// The forms, for this tab and for new ones.
    Forms,
    /// The looks, for all tabs.
    Looks,
    /// The messages that are kept, for all tabs.
    Messages,
}

impl Store {
    /// How many there are.
    pub const COUNT: usize = 3;
}

/// What is to be written down, and when. Times are milliseconds of any clock.
#[derive(Debug, Default)]
pub struct Settling {
    is_changed: [bool; Store::COUNT],
    due: u64,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// So many milliseconds are left.
    Wait(u32),
    /// Write this down, if it is told of; nothing is left then.
    Write([Option<Store>; Store::COUNT]),
}

impl Settling {
    /// Something has changed. Says how long to wait before [`Self::poll`], unless something waits already.
    pub fn change(&mut self, store: Store, now: u64) -> Option<u32> {
        let waits = self.is_changed.contains(&true);
        self.is_changed[store as usize] = true;
        self.due = now + u64::from(SETTLES_AFTER);
        (!waits).then_some(SETTLES_AFTER)
    }

    /// What is to be done at a time. What changed again in the meantime waits anew.
    pub fn poll(&mut self, now: u64) -> Settled {
        // A clock that was set back leaves no more than a whole wait.
        let left = self.due.saturating_sub(now).min(u64::from(SETTLES_AFTER));
        if left > 0 && self.is_changed.contains(&true) {
            return Settled::Wait(left as u32);
        }
        Settled::Write(self.flush())
    }

    /// What is to be written down at once, as there may be no later.
    pub fn flush(&mut self) -> [Option<Store>; Store::COUNT] {
        let [forms, looks, messages] = std::mem::take(&mut self.is_changed);
        let messages = messages.then_some(Store::Messages);
        [forms.then_some(Store::Forms), looks.then_some(Store::Looks), messages]
    }
}

/// How long nothing changes once a person is done, in milliseconds.
const SETTLES_AFTER: u32 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_written_once_it_has_settled() {
        let mut settling = Settling::default();
        assert_eq!(settling.change(Store::Forms, 1_000), Some(500));
        assert_eq!(settling.change(Store::Forms, 1_400), None);
        assert_eq!(settling.poll(1_500), Settled::Wait(400));
        assert_eq!(settling.poll(1_900), Settled::Write([Some(Store::Forms), None, None]));
        assert_eq!(settling.poll(1_901), Settled::Write([None; Store::COUNT]));
        assert_eq!(settling.change(Store::Looks, 5_000), Some(500));
    }

    #[test]
    fn a_page_that_goes_writes_at_once() {
        let mut settling = Settling::default();
        assert_eq!(settling.flush(), [None; Store::COUNT]);
        settling.change(Store::Looks, 0);
        settling.change(Store::Messages, 0);
        settling.change(Store::Forms, 1);
        assert_eq!(settling.flush(), [Some(Store::Forms), Some(Store::Looks), Some(Store::Messages)]);
        assert_eq!(settling.flush(), [None; Store::COUNT]);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nothing_up() {
        let mut settling = Settling::default();
        settling.change(Store::Forms, 9_000_000);
        assert_eq!(settling.poll(10), Settled::Wait(500));
    }
}
