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
    /// The panel that was asked for last from outside.
    #[prop_or_default]
    pub wants: Wants,
    /// What the selected record is compared with.
    #[prop_or_default]
    pub comparing: Comparing,
    /// It wants to show something else than before.
    pub on_look: Callback<PanelLook>,
    /// A person wants something done: another record selected, a line folded, something copied.
    pub on_command: Callback<Command>,
}

/// A panel that was asked for from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    pub panel: Wanted,
    /// How many times one was.
    pub times: u32,
    /// The inspector was hidden as the last one was.
    pub is_opening: bool,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    #[default]
    Statistics,
    Compare,
    Chart,
}

impl Wanted {
    /// The place of the panel among the others.
    pub const fn place(self) -> usize {
        match self {
            Self::Statistics => 3,
            Self::Compare => 4,
            Self::Chart => 5,
        }
    }
}

/// What the selected record is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparing {
    /// The number of the record that a person has marked.
    pub marked: Option<u32>,
    /// It is compared with that one, and not with the message before on its topic.
    pub uses_marked: bool,
    /// How many times that was said, so that it is heard again where the panel was told otherwise since.
    pub times: u32,
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
