//! What of the log is looked at: its filter, and the record that is selected.

use mqttscope_log::Log;
use mqttscope_log::filter::complete;

use super::App;
use crate::browser;
use crate::clipboard;
use crate::components::filter_bar::FILTER_INPUT;
use crate::components::log_table::LOG_TABLE;
use crate::store::filter_field::{Completion, Offer, byte_offset, unit_offset};
use crate::store::page::Edit;
use crate::store::row::{Row, Setting};

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
    /// Does the next slice of what takes long, and asks for the one behind it. The filter goes first: one slice leaves
    /// enough of a frame to draw in.
    pub(super) fn advance(&mut self) {
        if self.look_on() {
            self.export_on();
        }
        self.driver.redraw_soon();
    }

    /// Goes on with the filter for a slice, and asks for another if that was not all. Says whether it was.
    pub(super) fn look_on(&mut self) -> bool {
        let log = self.driver.log();
        let log = log.0.borrow();
        let mut scope = self.scope.0.borrow_mut();
        let until = browser::now().as_micros() + FILTER_MICROS;
        while !scope.update(&log) {
            if browser::now().as_micros() >= until {
                self.tasks.ask();
                return false;
            }
        }
        true
    }

    pub(super) fn select_row(&mut self, step: i64) {
        let mut scope = self.scope.0.borrow_mut();
        if let Some(number) = scope.row_from_selected(&self.driver.log().0.borrow(), step) {
            scope.select(Some(number));
        }
    }

    pub(super) fn select_match(&mut self, forward: bool) {
        let mut scope = self.scope.0.borrow_mut();
        if let Some(number) = scope.match_from_selected(&self.driver.log().0.borrow(), forward) {
            scope.select(Some(number));
        }
    }

    pub(super) fn copy_row(&self) {
        let Some(number) = self.scope.0.borrow().selected() else { return };
        let setting = Setting { utc_offset: browser::utc_offset_minutes(), ..Setting::default() };
        if let Some(row) = Row::of(&self.driver.log().0.borrow(), number, setting) {
            clipboard::copy(row.line());
        }
    }

    pub(super) fn on_filter(&mut self, message: FilterMessage) {
        let text = self.scope.0.borrow().text().to_owned();
        match message {
            FilterMessage::Typed(text, cursor) => {
                self.offer(&text, byte_offset(&text, cursor));
                self.set_filter(&text);
            }
            FilterMessage::Choose { down, cursor } => {
                if self.filter_field.offers().is_empty() {
                    self.offer(&text, byte_offset(&text, cursor));
                } else {
                    self.filter_field.choose_next(down);
                }
            }
            FilterMessage::Take(at) => {
                let at = at.or(self.filter_field.chosen());
                if let Some((text, cursor)) = at.and_then(|at| self.filter_field.taken(&text, at)) {
                    self.offer(&text, cursor);
                    self.set_filter(&text);
                    browser::set_text(FILTER_INPUT, &text, unit_offset(&text, cursor));
                }
            }
            FilterMessage::Used => {
                self.close_offers(&text);
                if !text.trim().is_empty() && self.scope.0.borrow().error().is_none() {
                    self.edit(Edit::FilterUsed(text));
                }
            }
            FilterMessage::Left if self.filter_field.offers().is_empty() => {
                browser::focus(browser::by_id(LOG_TABLE));
            }
            FilterMessage::Left => self.close_offers(&text),
        }
    }

    fn set_filter(&self, text: &str) {
        let begun = self.filter_field.begun();
        self.scope.0.borrow_mut().set_filter(text, begun, browser::utc_offset_minutes());
    }

    /// Takes the suggestions away: what was begun is meant as it stands.
    fn close_offers(&mut self, text: &str) {
        self.filter_field.close();
        self.set_filter(text);
    }

    fn offer(&mut self, text: &str, cursor: usize) {
        let found = complete(text, cursor);
        let mut topics = Vec::new();
        if found.key == Some("topic") {
            let connection = self.driver.connection();
            let subscribed = connection.subscriptions.iter().map(|it| it.filter.as_str());
            topics = known_topics(subscribed, &self.driver.log().0.borrow(), &text[found.range.clone()]);
        }
        let words = found.suggestions.iter().map(|it| Offer { text: it.text.into(), help: it.help });
        let words = words.collect();
        let completion = Completion { range: found.range, is_begun: found.is_begun, topics, words };
        self.filter_field.offer(text, completion, &self.page.looks.recent_filters());
    }
}

/// Topics that begin with a text and go on: topic filters of subscriptions, then topics of the newest messages.
fn known_topics<'a>(subscribed: impl Iterator<Item = &'a str>, log: &'a Log, start: &str) -> Vec<String> {
    let newest = (log.first()..log.end()).rev().take(NEWEST).filter_map(|number| log.record(number));
    let published =
        newest.filter_map(|record| log.topic(record)).filter_map(|topic| str::from_utf8(topic).ok());
    let mut topics: Vec<String> = Vec::new();
    for topic in subscribed.chain(published) {
        let goes_on = topic.len() > start.len() && topic.starts_with(start);
        if goes_on && !topics.iter().any(|known| known == topic) {
            topics.push(topic.to_owned());
            if topics.len() == MOST_TOPICS {
                break;
            }
        }
    }
    topics
}

/// Topics that are offered, and how many of the newest records are looked through for them.
const MOST_TOPICS: usize = 12;
const NEWEST: usize = 20_000;
/// How long a slice of the filter takes, about half a frame.
const FILTER_MICROS: u64 = 8_000;
