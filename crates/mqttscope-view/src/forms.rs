//! What the forms of one connection hold, while those of another are shown.

use std::rc::Rc;

use crate::connections::SavedSubscription;
use crate::marks::Marks;
use crate::page::Page;
use crate::values::Profile;

/// Everything of the forms that is of one connection: how to connect, what is noted of its subscriptions, and what is asked for
/// once it is connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// How to connect, with the test switches.
    pub profile: Rc<Profile>,
    /// What is noted of subscriptions.
    pub marks: Rc<Marks>,
    /// What a link asks to subscribe to, where the forms are of no saved connection.
    pub subscriptions: Rc<Vec<SavedSubscription>>,
}

impl Forms {
    /// The client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.profile.client_id()
    }
}

impl Page {
    /// What the forms hold.
    #[must_use]
    pub fn forms(&self) -> Forms {
        let (profile, marks) = (self.profile.clone(), self.marks.clone());
        Forms { profile, marks, subscriptions: self.subscriptions.clone() }
    }

    pub(crate) fn set_forms(&mut self, forms: Forms) {
        let Forms { profile, marks, subscriptions } = forms;
        (self.profile, self.marks, self.subscriptions) = (profile, marks, subscriptions);
        self.problems = Rc::default();
    }
}
