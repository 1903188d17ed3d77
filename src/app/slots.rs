//! The connections of the page: which of them the forms are of, and what becomes of the others.

use std::rc::Rc;

use mqttscope_client::{ConnectionState, Phase};
use mqttscope_link::{Command as EngineCommand, ConnectionCommand, LogCommand, Secret, Slot};
use mqttscope_view::Profile;

use super::App;
use crate::awake::Awake;
use crate::browser;
use crate::components::connection::CONNECTION_FORM;
use crate::store::page::{Edit, Page};
use crate::store::slots::{Named, Other, Slots};
use crate::store::{Field, Problems, refused};

/// Which one is chosen.
impl App {
    /// Lets the forms be those of a saved connection, on the slot that is its own. What is connected stays so.
    pub(super) fn show_saved(&mut self, id: u32) -> Result<(), Problems> {
        if self.page.connection_chosen != Some(id) {
            match self.slots.of_saved(id) {
                Some(slot) => self.show_slot(slot),
                None if self.chosen().is_blank() => {}
                None => self.show_new_slot()?,
            }
        }
        self.edit(Edit::ChooseConnection(Some(id)));
        self.after_switch();
        Ok(())
    }

    /// Lets the forms be those of a connection that nobody has saved.
    pub(super) fn show_unsaved(&mut self, slot: Slot) {
        self.show_slot(slot);
        self.edit(Edit::ChooseConnection(self.page.connection_chosen));
        self.after_switch();
    }

    /// Says so if there is no room for another one.
    pub(super) fn has_room(&self) -> Result<(), Problems> {
        if self.slots.has_room() { Ok(()) } else { Err(refused(Field::ConnectButton, TOO_MANY)) }
    }

    /// All of them by name.
    pub(super) fn named(&self) -> Rc<[Named]> {
        self.slots.named(&self.chosen(), &self.page.connections).into()
    }

    fn show_slot(&mut self, slot: Slot) {
        let left = self.chosen();
        let Some(Other { saved, connection, repeat, forms, .. }) = self.slots.choose(slot, left) else {
            return;
        };
        (self.connection, self.repeat) = (connection, repeat);
        self.edit(Edit::Forms(forms));
        self.page.connection_chosen = saved;
    }

    fn show_new_slot(&mut self) -> Result<(), Problems> {
        self.has_room()?;
        let left = self.chosen();
        if let Some(gone) = self.slots.add(left, &self.page.connections) {
            browser::store_session(gone.0, None);
            self.tell(EngineCommand::Leave(gone));
        }
        (self.connection, self.repeat) = (Rc::default(), None);
        Ok(())
    }

    fn chosen(&self) -> Other {
        Other {
            slot: self.slots.chosen(),
            saved: self.page.connection_chosen,
            connection: self.connection.clone(),
            repeat: self.repeat.clone(),
            forms: self.page.forms(),
        }
    }

    fn after_switch(&mut self) {
        self.store_slots();
        self.look.slot = self.slots.chosen();
        self.send_look();
        self.take_figures();
        self.check_message();
        browser::fold_around(CONNECTION_FORM, self.connection.is_connected());
    }
}

/// What becomes of the others.
impl App {
    /// One of the others is another one.
    pub(super) fn on_other(&mut self, slot: Slot, connection: ConnectionState) {
        let Some(other) = self.slots.other(slot) else { return };
        let is_new = connection.is_connected() && !other.connection.is_connected();
        other.connection = Rc::new(connection);
        let other = other.clone();
        if is_new {
            self.subscribe_to_saved(&other);
        }
        self.keep_awake();
    }

    /// The chosen one stands: what goes with it is asked for.
    pub(super) fn on_connected(&mut self, connection: &ConnectionState) {
        let connection = Rc::new(connection.clone());
        self.subscribe_to_saved(&Other { connection, ..self.chosen() });
    }

    /// The engine is gone, and with it all connections.
    pub(super) fn lose_others(&mut self, words: &str, since: u64) {
        for other in self.slots.others_mut() {
            let before = ConnectionState::clone(&other.connection);
            if before.phase == Phase::Idle {
                continue;
            }
            let phase = Phase::Ended { why: words.to_owned(), failed: true };
            let subscriptions = Vec::new();
            other.connection =
                Rc::new(ConnectionState { phase, since, subscriptions, retry: None, ..before });
            other.repeat = None;
        }
    }

    /// Holds the page awake while any connection is wanted.
    pub(super) fn keep_awake(&mut self) {
        let is_wanted = self.connection.is_wanted()
            || self.slots.others().iter().any(|other| other.connection.is_wanted());
        if !is_wanted {
            self.awake = None;
        } else if self.awake.is_none() {
            self.awake = Awake::keep();
        }
    }

    /// Tells a new engine what the forms of the others say to it.
    pub(super) fn brief_others(&mut self) {
        let told: Vec<_> = self
            .slots
            .others()
            .iter()
            .flat_map(|other| {
                let commands = [switches_of(&other.forms.profile), reconnect_of(&other.forms.profile)];
                commands.map(|command| EngineCommand::Connection(other.slot, command))
            })
            .collect();
        for command in told {
            self.tell(command);
        }
    }
}

/// The log.
impl App {
    /// Shows the rows of a slot's connection alone, or those of all.
    pub(super) fn show_rows_of(&mut self, slot: &str) {
        self.send_log(LogCommand::ShowConnection(slot.parse().ok().map(Slot)));
    }
}

/// What is kept while the page is loaded again. Pages that are given an engine may share a tab: they keep nothing.
impl App {
    /// Takes over which slots this tab had.
    pub(super) fn load_slots(&mut self) {
        if self.on_heard.is_none() {
            return;
        }
        let text = browser::stored_slots().unwrap_or_default();
        let connections = &self.page.connections;
        self.slots = Slots::of_text(&text, |slot| browser::stored_session(slot.0).is_some());
        for other in self.slots.others_mut() {
            match other.saved.and_then(|id| connections.get(id)) {
                Some(saved) => {
                    let mut page = Page::default();
                    saved.fill(&mut page);
                    other.forms = page.forms();
                }
                None => other.saved = None,
            }
        }
        self.look.slot = self.slots.chosen();
    }

    pub(super) fn store_slots(&self) {
        if self.on_heard.is_some() {
            browser::store_slots(&self.slots.to_text(self.page.connection_chosen));
        }
    }

    /// Whether an engine before has kept a session in this tab.
    pub(super) fn has_stored_session(&self) -> bool {
        self.on_heard.is_some()
            && self.all_slots().iter().any(|slot| browser::stored_session(slot.0).is_some())
    }

    /// Gives the engine back what one before it has kept.
    pub(super) fn restore_sessions(&mut self) {
        if self.on_heard.is_none() {
            return;
        }
        for slot in self.all_slots() {
            if let Some(kept) = browser::stored_session(slot.0) {
                let restore = ConnectionCommand::Restore(Some(Secret(kept)));
                self.tell(EngineCommand::Connection(slot, restore));
            }
        }
    }

    /// The sessions are those of the tab that this one was copied from.
    pub(super) fn forget_sessions(&mut self) {
        for slot in self.all_slots() {
            browser::store_session(slot.0, None);
            self.tell(EngineCommand::Connection(slot, ConnectionCommand::Restore(None)));
        }
        self.slots.forget_others();
        self.store_slots();
    }

    fn all_slots(&self) -> Vec<Slot> {
        let others = self.slots.others().iter().map(|other| other.slot);
        others.chain([self.slots.chosen()]).collect()
    }
}

/// The test switches as a form has them.
pub(super) fn switches_of(profile: &Profile) -> ConnectionCommand {
    ConnectionCommand::Switches {
        withhold_pingreq: profile.is_on(Field::SimulateDown),
        send_duplicates: profile.is_on(Field::SendDuplicates),
        break_limits: profile.is_on(Field::BreakLimits),
        close_on_violation: profile.is_on(Field::CloseOnViolation),
    }
}

/// Whether what is lost comes back, as a form has it.
pub(super) fn reconnect_of(profile: &Profile) -> ConnectionCommand {
    ConnectionCommand::ReconnectAutomatically(profile.is_on(Field::Reconnect).then(browser::chance))
}

const TOO_MANY: &str = "16 connections are there, and a page has no more: disconnect one first.";
