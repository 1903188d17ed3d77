//! What follows from a change of the page: in the engine, in the document, and in what is remembered.

use gloo_timers::callback::Timeout;
use mqttscope_link::{Command, LogCommand, Mark};
use mqttscope_view::settling::{Settled, Store};
use mqttscope_view::storage::Entries;
use mqttscope_view::{Effect, Field};

use super::App;
use super::slots::{reconnect_of, switches_of};
use crate::browser;
use crate::defaults::Defaults;
use crate::store::column::Column;
use crate::store::page::{Change, Edit};
use crate::store::pane::Pane;

impl App {
    pub(super) fn edit(&mut self, edit: Edit) {
        if let Edit::Messages(edit) = &edit {
            self.unwritten.push(edit.clone());
        }
        let Change { effect, store } = self.page.apply(edit);
        if let Some(effect) = effect {
            self.take_effect(effect);
        }
        if let Some(store) = store {
            self.remember(store);
        }
    }

    /// Everything that the page's state asks of the document, as it is loaded.
    pub(super) fn take_page_effects(&mut self) {
        for effect in [Effect::Theme, Effect::Panes, Effect::Columns] {
            self.take_effect(effect);
        }
    }

    /// Everything that the page's state asks of the engine.
    pub(super) fn take_engine_effects(&mut self) {
        for effect in [
            Effect::Policy,
            Effect::Reconnect,
            Effect::Marks,
            Effect::LogPasswords,
            Effect::ShownRows,
            Effect::LogBudget,
            Effect::MessageTyped,
        ] {
            self.take_effect(effect);
        }
    }

    /// The browser copied this tab from another one: it becomes a client of its own.
    pub(super) fn become_new(&mut self) {
        self.page = browser::load_page(true);
        self.load_connections();
        self.forget_sessions();
        self.take_defaults(None);
        self.written_looks = Entries::of_looks(&self.page.looks);
        self.take_page_effects();
        self.take_engine_effects();
        self.remember(Store::Forms);
    }

    /// Fills what nothing else has filled with what the file beside the page says, as it came or as it is known.
    pub(super) fn take_defaults(&mut self, came: Option<Defaults>) {
        if came.is_some() {
            self.defaults = came;
        }
        if let Some(defaults) = &self.defaults {
            self.page.take_defaults(|name| defaults.get(name));
        }
    }

    fn take_effect(&mut self, effect: Effect) {
        let page = &self.page;
        match effect {
            Effect::Policy => {
                let switches = switches_of(&page.profile);
                self.tell(Command::Connection(self.slots.chosen(), switches));
            }
            Effect::Reconnect => {
                let reconnect = reconnect_of(&page.profile);
                self.tell(Command::Connection(self.slots.chosen(), reconnect));
            }
            Effect::Forms => {
                for effect in [Effect::Policy, Effect::Reconnect, Effect::Marks] {
                    self.take_effect(effect);
                }
            }
            Effect::Marks => {
                let others = self.slots.others().iter().map(|other| (other.slot, &other.forms.marks));
                let all = [(self.slots.chosen(), &page.marks)].into_iter().chain(others);
                let marks = all.flat_map(|(slot, marks)| {
                    marks.notes().map(move |note| Mark {
                        slot,
                        filter: note.filter.clone(),
                        colour: note.colour,
                        is_muted: note.is_muted,
                    })
                });
                self.tell_log(LogCommand::Marks(marks.collect()));
            }
            Effect::LogPasswords => {
                self.tell_log(LogCommand::KeepPasswords(page.is_on(Field::KeepPasswords)));
            }
            Effect::LogBudget => {
                if let Some(budget) = page.looks.log_budget_bytes() {
                    self.tell_log(LogCommand::Budget(budget as u64));
                }
            }
            Effect::ShownRows => self.tell_log(LogCommand::ShowAll(page.is_on(Field::ShowAllRows))),
            Effect::MessageTyped => self.check_message(),
            Effect::Theme => browser::set_theme(page.looks.theme.name()),
            Effect::Panes => {
                for pane in Pane::ALL {
                    // A pane that nobody has sized leaves the log its room, as the style sheet says.
                    let size = Some(page.looks.panes.size(pane)).filter(|size| *size != pane.own_size());
                    browser::set_pixels(pane.property(), size);
                }
            }
            Effect::Columns => {
                for column in Column::ALL.into_iter().filter(|column| column.is_sizable()) {
                    browser::set_pixels(&column.property(), page.looks.arrangement.given(column));
                }
            }
        }
    }
}

/// What is remembered.
impl App {
    /// Writes something down once it has settled.
    pub(super) fn remember(&mut self, store: Store) {
        if let Some(wait) = self.settling.change(store, browser::running_millis() as u64) {
            self.settle_in(wait);
        }
    }

    /// Writes down what has settled, and waits for what has not.
    pub(super) fn settle(&mut self) {
        match self.settling.poll(browser::running_millis() as u64) {
            Settled::Wait(wait) => self.settle_in(wait),
            Settled::Write(stores) => self.write(stores),
        }
    }

    /// Writes down what has changed: the page is hidden, and may never be seen again.
    pub(super) fn settle_now(&mut self) {
        let stores = self.settling.flush();
        self.write(stores);
    }

    fn write(&mut self, stores: [Option<Store>; Store::COUNT]) {
        self.settles = None;
        for store in stores.into_iter().flatten() {
            match store {
                Store::Forms => {
                    browser::store_forms(&self.page);
                    self.save_chosen();
                }
                Store::Messages => self.write_messages(),
                Store::Looks => {
                    let looks = Entries::of_looks(&self.page.looks);
                    browser::store_looks(&self.written_looks, &looks);
                    self.written_looks = looks;
                }
            }
        }
    }

    fn settle_in(&mut self, wait: u32) {
        let on_settle = self.on_settle.clone();
        self.settles = Some(Timeout::new(wait, move || on_settle.emit(())));
    }
}
