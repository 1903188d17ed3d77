//! What the page gives to the inspector, and hears from it.

use std::rc::Rc;

use mqttscope_link::{Absence, Command, Copy, PanelLook, PanelView};
use mqttscope_text::zone::Zone;
use yew::prelude::*;

/// What the inspector is given by the page.
#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    /// What the engine has told last of the panel that is looked at.
    pub panel: SharedPanel,
    /// The number of the selected record.
    pub selected: Option<u32>,
    pub zone: Zone,
    /// What was copied last, and how many times something was.
    pub copied: Option<(Copy, u32)>,
    /// How many times the statistics were asked for from outside.
    #[prop_or_default]
    pub wants_statistics: u32,
    /// It wants to show something else than before.
    pub on_look: Callback<PanelLook>,
    /// A person wants something done: another record selected, a line folded, something copied.
    pub on_command: Callback<Command>,
}

/// A panel as it came from the engine. Clones are the same one, and another one is not compared with it.
#[derive(Clone, Debug)]
pub struct SharedPanel(pub Rc<PanelView>);

impl Default for SharedPanel {
    /// As an engine shows a log in which nothing is: the page is drawn before there is one.
    fn default() -> Self {
        Self(Rc::new(PanelView::Absent(Absence::NothingSelected)))
    }
}

impl PartialEq for SharedPanel {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
