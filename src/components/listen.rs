//! Listeners for events of any kind: the wrappers that `html!` makes are a type, and code, a kind.

use std::rc::Rc;

use yew::prelude::*;
use yew::virtual_dom::{Listener, ListenerKind};

/// What is told of an event.
pub type Tell = Rc<dyn Fn(&Event)>;

/// A listener for one kind of event.
pub struct On {
    /// A function, as a copy of a kind is as long as the list of all kinds.
    kind: fn() -> ListenerKind,
    passive: bool,
    tell: Tell,
}

impl On {
    /// A listener, made once: yew takes one that is new with each drawing for another.
    #[must_use]
    pub fn listener(kind: fn() -> ListenerKind, tell: &Tell) -> Rc<dyn Listener> {
        Rc::new(Self { kind, passive: false, tell: tell.clone() })
    }

    /// A listener that the browser does not wait for: it cannot prevent what the event does.
    #[must_use]
    pub fn passive(kind: fn() -> ListenerKind, tell: &Tell) -> Rc<dyn Listener> {
        Rc::new(Self { kind, passive: true, tell: tell.clone() })
    }
}

impl Listener for On {
    fn kind(&self) -> ListenerKind {
        (self.kind)()
    }

    fn handle(&self, event: Event) {
        (self.tell)(&event);
    }

    fn passive(&self) -> bool {
        self.passive
    }
}
