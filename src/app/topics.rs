//! What is done in the tree of topics, and what becomes of it elsewhere on the page.

use mqttscope_link::{
    ChartCommand, Command as EngineCommand, LogCommand, TopicUse, TopicsCommand, TopicsLook,
};

use super::App;
use crate::browser;
use crate::components::inspector::Wanted;
use crate::components::topics::TopicsAct;
use crate::store::page::{Edit, Tab};
use crate::store::{Command, Field};

impl App {
    /// Carries out what the tree asks for; says whether the page is another one now.
    pub(super) fn on_topics(&mut self, act: TopicsAct) -> bool {
        // What is looked at changes by itself too: that takes no words away.
        let is_done = !matches!(act, TopicsAct::Look(_));
        let had_note = is_done && !std::mem::take(&mut self.topics_note).is_empty();
        match act {
            TopicsAct::Look(look) => self.look_at_topics(Some(look)),
            TopicsAct::Ask(command) => self.send(EngineCommand::Topics(command)),
            TopicsAct::Clear => {
                self.send(EngineCommand::Topics(TopicsCommand::Clear(self.slots.chosen())));
            }
            TopicsAct::Chart(id) => {
                self.send(EngineCommand::Chart(ChartCommand::Topic(id)));
                self.show_panel(Wanted::Chart);
                return true;
            }
            TopicsAct::Copy(what) => self.copy(what),
            TopicsAct::ShowRow(number) => {
                self.send_log(LogCommand::Select(number));
                self.edit(Edit::Tab(Tab::Log));
                return true;
            }
            TopicsAct::ShowLog => {
                self.edit(Edit::Tab(Tab::Log));
                return true;
            }
        }
        had_note
    }

    /// The tree shows something else, or nothing.
    pub(super) fn look_at_topics(&mut self, look: Option<TopicsLook>) {
        if look != self.look.topics {
            self.look.topics = look;
            self.send_look();
        }
    }

    /// Uses what a level of the tree stands for.
    pub(super) fn on_topic(&mut self, to: TopicUse, words: Result<String, String>) {
        let text = match words {
            Ok(text) => text,
            Err(words) => {
                self.topics_note = words.into();
                return;
            }
        };
        match to {
            TopicUse::Filter => self.show_filter(text),
            TopicUse::Publish => {
                self.edit(Edit::Text(Field::Topic, text));
                self.edit(Edit::Tab(Tab::Messages));
                browser::open_around(Field::Message.id());
                browser::focus_and_select(Field::Message.id());
            }
            TopicUse::Subscribe => {
                self.edit(Edit::Text(Field::Filter, text));
                let done = self.carry_out(Command::Subscribe);
                if done.is_ok() {
                    self.topics_note = "Subscribed, with the options of the Subscribe form.".into();
                }
                self.refuse(done);
            }
        }
    }
}
