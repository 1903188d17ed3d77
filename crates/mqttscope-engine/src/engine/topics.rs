//! What the page asks of the tree of topics.

use mqttscope_link::{Slot, Ticket, TopicRef, TopicsCommand, Update};
use mqttscope_log::payload::{View, guess};
use mqttscope_proto::Timestamp;
use mqttscope_text::bytes::hex;

use super::Engine;
use crate::topics::used;

impl Engine {
    pub(super) fn on_topics(&mut self, now: Timestamp, ticket: Ticket, command: TopicsCommand) {
        let mut done = Ok(());
        match command {
            TopicsCommand::Find(text) => self.topics.find(&text),
            TopicsCommand::Choose(id) => self.topics.choose(id),
            TopicsCommand::Step(step) => self.topics.step(step),
            TopicsCommand::Fold(id) => self.topics.fold(id),
            TopicsCommand::Into => self.topics.open_chosen(),
            TopicsCommand::OutOf => self.topics.close_chosen(),
            TopicsCommand::FoldAll { open } => self.topics.fold_all(open),
            TopicsCommand::Use(id, to) => {
                let words = used(self.topics.node(id), to);
                self.update(Update::Topic(to, words));
            }
            TopicsCommand::ListRetained(id) => self.topics.list_retained(id),
            TopicsCommand::Clear(slot) => done = self.begin_clearing(now, slot),
            TopicsCommand::StopClearing => {
                if let Some(clearing) = &mut self.topics.clearing {
                    clearing.stop();
                }
            }
            TopicsCommand::CloseClearing => self.topics.clearing = None,
        }
        self.update(Update::Done(ticket, done));
    }

    fn begin_clearing(&mut self, now: Timestamp, slot: Slot) -> Result<(), String> {
        let (Some(at), Some(clearing)) = (self.place(slot), &mut self.topics.clearing) else {
            return Err("There is nothing to clear, or no connection.".into());
        };
        clearing.begin(now, &mut self.connections[at].1, &mut self.log)?;
        self.clearing_slot = slot;
        self.keeping.touch(now, &self.connections);
        self.tell(at);
        Ok(())
    }

    /// Sends what the answers that have come allow, while retained messages are being cleared.
    pub(super) fn go_on_clearing(&mut self, now: Timestamp) {
        if !self.topics.is_clearing() {
            return;
        }
        if let (Some(at), Some(clearing)) = (self.place(self.clearing_slot), &mut self.topics.clearing) {
            clearing.go_on(now, &mut self.connections[at].1, &mut self.log);
            self.tell(at);
        }
    }

    /// The whole name of a topic, for the clipboard.
    pub(super) fn topic_name(&self, id: TopicRef) -> Option<String> {
        let mut name = Vec::new();
        self.topics.node(id)?.push_name(&mut name);
        Some(String::from_utf8(name).unwrap_or_else(|fault| hex(fault.as_bytes())))
    }

    /// Its last value, whole as long as the log keeps it.
    pub(super) fn topic_value(&self, id: TopicRef) -> Option<String> {
        let topic = self.topics.node(id)?.topic()?;
        let whole = self.log.record(topic.number).and_then(|record| self.log.payload(record));
        let value = whole.unwrap_or(topic.value());
        if guess(value) == View::Hex {
            return Some(hex(value));
        }
        Some(String::from_utf8(value.to_vec()).unwrap_or_else(|fault| hex(fault.as_bytes())))
    }
}
