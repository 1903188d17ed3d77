//! What is done with a row by its menu, and the time that the log counts from.

use mqttscope_link::{Command as EngineCommand, LogCommand, MessageFacts, PageCommand, RowFacts};

use super::App;
use crate::browser;
use crate::components::inspector::{Wanted, Wants};
use crate::components::log_table::LOG_TABLE;
use crate::components::row_menu::RowMenu;
use crate::store::Field;
use crate::store::page::{Edit, Tab};

impl App {
    /// Asks what can be done with a row, which is selected for that; `at` is where in the window its menu is to open.
    pub(super) fn ask_row_menu(&mut self, row: Option<u32>, at: Option<(i32, i32)>) {
        let Some(number) = row.or(self.shown.log.selected) else { return };
        if self.shown.log.selected != Some(number) {
            self.send_log(LogCommand::Select(number));
        }
        self.menu_at = at;
        self.send(EngineCommand::Page(PageCommand::Row(number)));
    }

    pub(super) fn open_row_menu(&mut self, facts: RowFacts) {
        let is_reference = self.reference.is_some_and(|(number, _)| number == facts.number);
        self.row_menu =
            Some(RowMenu { facts, at: self.menu_at, is_reference, marked: self.comparing.marked });
        self.is_menu_new = true;
    }

    /// Leaves the menu; the log has the focus again.
    pub(super) fn close_row_menu(&mut self) {
        if self.row_menu.take().is_some() {
            browser::focus(browser::by_id(LOG_TABLE));
        }
    }

    /// Times count from the selected row, or no more if they do already.
    pub(super) fn set_reference(&mut self) {
        let Some(number) = self.shown.log.selected else {
            self.reference = None;
            return;
        };
        if self.reference.take().is_some_and(|(before, _)| before == number) {
            return;
        }
        let known = self.row_menu.as_ref().map(|menu| (menu.facts.number, menu.facts.time));
        let drawn = self.shown.rows.rows.iter().map(|row| (row.number, row.time));
        self.reference = known.into_iter().chain(drawn).find(|row| row.0 == number);
    }

    /// Marks a row to be compared with others, or no more if it is marked already.
    pub(super) fn mark_row(&mut self, number: u32) {
        let is_marked = self.comparing.marked == Some(number);
        self.comparing.marked = (!is_marked).then_some(number);
        self.comparing.uses_marked = !is_marked;
        self.comparing.times += 1;
    }

    /// Shows the selected row beside the marked one, or beside the message before on its topic.
    pub(super) fn compare(&mut self, with_marked: bool) {
        self.comparing.uses_marked = with_marked;
        self.comparing.times += 1;
        self.close_row_menu();
        self.show_panel(Wanted::Compare);
    }

    /// Shows a panel of the inspector, wherever that is hidden.
    pub(super) fn show_panel(&mut self, panel: Wanted) {
        let is_opening = self.page.looks.panes.is_inspector_hidden;
        self.wants = Wants { panel, times: self.wants.times + 1, is_opening };
        self.edit(Edit::HideInspector(false));
        self.edit(Edit::Tab(Tab::Inspector));
    }

    /// Fills the Publish form with the message of the row.
    pub(super) fn publish_again(&mut self) {
        let menu = self.row_menu.as_ref().map(|menu| menu.facts.number);
        if let Some(number) = menu.or(self.shown.log.selected) {
            self.send(EngineCommand::Page(PageCommand::Again(number)));
        }
    }

    pub(super) fn on_again(&mut self, message: MessageFacts) {
        let MessageFacts { topic, qos, retain, payload, properties } = message;
        self.edit(Edit::Again { topic, qos, retain, payload, properties });
        browser::open_around(Field::Topic.id());
        browser::focus_and_select(Field::Message.id());
    }
}
