//! Listeners for events of any kind: the wrappers that `html!` makes are a type, and code, a kind.

use std::rc::Rc;

use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

/// What is told of an event.
pub type Tell = Rc<dyn Fn(&Event)>;

/// A listener for one kind of event.
pub struct On {
    kind: ListenerKind,
    tell: Tell,
}

impl On {
    /// A listener, made once: yew takes one that is new with each drawing for another.
    #[must_use]
    pub fn listener(kind: ListenerKind, tell: &Tell) -> Rc<dyn Listener> {
        Rc::new(Self { kind, tell: tell.clone() })
    }
}

impl Listener for On {
    fn kind(&self) -> ListenerKind {
        self.kind.clone()
    }

    fn handle(&self, event: Event) {
        (self.tell)(&event);
    }

    /// Scrolling does not wait for us.
    fn passive(&self) -> bool {
        matches!(self.kind, ListenerKind::onscroll | ListenerKind::onwheel)
    }
}
