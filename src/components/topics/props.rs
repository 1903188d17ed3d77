//! What the page gives to the region of the topics, and hears from it.

use std::rc::Rc;

use mqttscope_link::{Copy, TopicRef, TopicsCommand, TopicsLook, TopicsView};
use mqttscope_text::zone::Zone;
use yew::prelude::*;

/// What the region is given by the page.
#[derive(Properties, PartialEq)]
pub struct TopicsProps {
    /// What the engine has told last of the tree.
    pub shown: SharedTopics,
    pub zone: Zone,
    /// Messages can be sent.
    pub is_connected: bool,
    /// What was copied last, and how many times something was.
    pub copied: Option<(Copy, u32)>,
    /// What there is to say of what was asked of a topic.
    pub note: AttrValue,
    /// It, or a person, wants something.
    pub on_act: Callback<TopicsAct>,
}

/// What the region wants.
#[derive(Clone, Debug, PartialEq)]
pub enum TopicsAct {
    /// It shows something else than before.
    Look(TopicsLook),
    /// The engine is to do something with the tree.
    Ask(TopicsCommand),
    /// The retained messages that are listed are to be cleared.
    Clear,
    /// Something is to be copied.
    Copy(Copy),
    /// The numbers of a topic are to be charted.
    Chart(TopicRef),
    /// A record is to be shown in the log.
    ShowRow(u32),
    /// The log is to be seen.
    ShowLog,
}

/// The tree as it came from the engine. Clones are the same one, and another one is not compared with it.
#[derive(Clone, Debug, Default)]
pub struct SharedTopics(pub Rc<TopicsView>);

impl SharedTopics {
    /// What has come.
    #[must_use]
    pub fn view(&self) -> &TopicsView {
        &self.0
    }
}

impl PartialEq for SharedTopics {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
