//! Tabs that a browser has duplicated.
//!
//! A browser that duplicates a tab copies what the tab has stored for itself, so that two tabs would be one client, and throw
//! each other out. Each tab has an id beside its settings; loaded with one, it asks the others whether it is theirs.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::browser;
use crate::store::text::concat;

/// Hears the other tabs, until it is dropped.
pub struct Duplicates {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Duplicates {
    /// Asks the other tabs, and answers those that ask. `on_duplicate` is called when another tab is this one already; from
    /// then on this one has an id of its own. `None` in a browser without channels.
    #[must_use]
    pub fn watch(on_duplicate: impl Fn() + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let known = browser::tab_id();
        let id = Rc::new(RefCell::new(known.clone().unwrap_or_else(browser::new_tab_id)));
        let answers = channel.clone();
        let on_message = Closure::new(move |event: MessageEvent| {
            let heard = event.data().as_string().unwrap_or_default();
            let is_own = |said: Option<&str>| said == Some(id.borrow().as_str());
            if is_own(heard.strip_prefix(QUESTION)) {
                say(&answers, ANSWER, &id.borrow());
            } else if is_own(heard.strip_prefix(ANSWER)) {
                id.replace(browser::new_tab_id());
                on_duplicate();
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        if let Some(id) = known {
            say(&channel, QUESTION, &id);
        }
        Some(Self { channel, _on_message: on_message })
    }
}

impl Drop for Duplicates {
    fn drop(&mut self) {
        self.channel.close();
    }
}

fn say(channel: &BroadcastChannel, what: &str, id: &str) {
    // It fails only once the channel is closed.
    let _ = channel.post_message(&concat(&[what, id]).into());
}

const CHANNEL: &str = "mqttscope.tabs";
const QUESTION: &str = "?";
const ANSWER: &str = "!";
