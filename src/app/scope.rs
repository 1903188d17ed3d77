//! The field of the log's filter: what is done in it, and what the engine offers for it.

use mqttscope_link::{Command, FilterEdit, LogCommand, Offers, Span};
use mqttscope_view::filter_text::{byte_offset, unit_offset};

use super::App;
use crate::browser;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::log_table::LOG_TABLE;

/// What is done in the field of the filter.
pub enum FilterMessage {
    /// Its text is another one, and where the cursor stands, in UTF-16 code units.
    Typed(String, usize),
    /// The suggestion below the chosen one, or above it, is chosen; the suggestions come if there are none.
    Choose { down: bool, cursor: usize },
    /// A suggestion is taken: the chosen one, or that of a number.
    Take(Option<usize>),
    /// The filter is as it is meant to be.
    Used,
    /// The suggestions go, or the focus does if there are none.
    Left,
}

impl App {
    pub(super) fn on_filter(&mut self, message: FilterMessage) {
        match message {
            FilterMessage::Typed(text, cursor) => {
                self.filter = text;
                self.complete(byte_offset(&self.filter, cursor));
            }
            FilterMessage::Choose { down, cursor } => {
                if self.filter_field.offers().is_empty() {
                    self.complete(byte_offset(&self.filter, cursor));
                } else {
                    self.filter_field.choose_next(down);
                }
            }
            FilterMessage::Take(at) => {
                let at = at.or(self.filter_field.chosen());
                if let Some((text, cursor)) = at.and_then(|at| self.filter_field.taken(&self.filter, at)) {
                    browser::set_text(FILTER_INPUT, &text, unit_offset(&text, cursor));
                    self.filter = text;
                    self.complete(cursor);
                }
            }
            FilterMessage::Used => self.use_filter(true),
            FilterMessage::Left if self.filter_field.offers().is_empty() => {
                browser::focus(browser::by_id(LOG_TABLE));
            }
            FilterMessage::Left => self.use_filter(false),
        }
    }

    /// Shows what a filter finds, in place of the last one.
    pub(super) fn show_filter(&mut self, filter: String) {
        self.filter = filter;
        self.use_filter(true);
    }

    /// Takes the filter away.
    pub(super) fn clear_filter(&mut self) {
        self.filter.clear();
        self.use_filter(false);
    }

    /// Takes what is offered for the filter. Only then is it held against the log: what may yet become a key or a word of
    /// its language has no part in it, so that the view does not jump while a person types.
    pub(super) fn on_offers(&mut self, offers: Offers) {
        let recent = self.page.looks.recent_filters();
        if self.filter_field.take(offers, &self.filter, &recent) {
            self.set_filter(self.filter_field.begun(), false);
        }
    }

    /// Takes the suggestions away: what was begun is meant as it stands.
    fn use_filter(&mut self, is_used: bool) {
        self.filter_field.close();
        self.set_filter(Span::default(), is_used && !self.filter.trim().is_empty());
    }

    fn complete(&mut self, cursor: usize) {
        self.filter_field.ask();
        let (text, cursor) = (self.filter.clone(), cursor as u32);
        self.send(Command::Log(LogCommand::Complete { text, cursor }));
    }

    pub(super) fn set_filter(&mut self, begun: Span, is_used: bool) {
        let edit = FilterEdit { text: self.filter.clone(), begun, is_used };
        self.send(Command::Log(LogCommand::Filter(edit)));
    }
}
