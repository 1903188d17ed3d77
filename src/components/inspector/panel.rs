//! What a tab of the inspector is to the inspector.

use std::rc::Rc;

use mqttscope_link::{Command, Copy, PanelLook, PanelView};
use mqttscope_text::zone::Zone;
use web_sys::Element;
use yew::prelude::*;

use super::{Comparing, Listeners};

/// A tab of the inspector: it says what it wants to show, takes what the engine tells of that, and draws it.
pub trait Panel {
    /// What its tab is called.
    fn title(&self) -> &'static str;

    /// What it wants to show.
    fn look(&self) -> PanelLook;

    /// Another record is selected. What is shown of the one before stays until something of the new one comes, so that
    /// nothing flickers; what nobody sees goes at once.
    fn select(&mut self, number: Option<u32>, is_shown: bool);

    /// Another record is to be compared with the selected one.
    fn compares(&mut self, _comparing: &Comparing) {}

    /// Takes what the engine tells, if it is for this panel; says whether it is to be drawn anew.
    fn take(&mut self, view: &Rc<PanelView>) -> bool;

    /// Something was copied; says whether it is to be drawn anew.
    fn copied(&mut self, _what: Copy) -> bool {
        false
    }

    /// Draws what has come.
    fn view(&self, scene: &Scene<'_>) -> Vec<Html>;

    /// Hears what happened to one of its elements.
    fn hear(&mut self, _happening: &Happening<'_>) -> Outcome {
        Outcome::default()
    }

    /// Puts what was drawn into its place; says whether more is to be seen than was drawn.
    fn place(&self) -> bool {
        false
    }

    /// Finds out how much room there is; says whether it is to be drawn anew for that.
    fn measure(&self) -> bool {
        false
    }
}

/// What a panel is drawn with.
pub struct Scene<'a> {
    pub listeners: &'a Listeners,
    pub zone: &'a Zone,
}

/// Something that happened to an element of a panel.
pub struct Happening<'a> {
    pub event: &'a Event,
    pub target: &'a Element,
    /// The key that was pressed.
    pub key: Option<&'a str>,
}

/// What follows from something that happened.
#[derive(Default)]
pub struct Outcome {
    /// The panel is to be drawn anew, without waiting for the engine.
    pub is_changed: bool,
    /// The engine is to do something.
    pub command: Option<Command>,
}

impl Outcome {
    /// The panel is to be drawn anew, or nothing follows.
    pub const fn drawn(is_changed: bool) -> Self {
        Self { is_changed, command: None }
    }
}
