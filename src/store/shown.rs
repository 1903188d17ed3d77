//! What the engine showed last, as the parts of the page share it.

use std::ops::Deref;
use std::rc::Rc;

use mqttscope_link::{RowsView, View};

/// A view that is drawn. Clones are the same one, and another one is not compared with it.
#[derive(Clone, Debug)]
pub struct Shown(pub Rc<View>);

impl Default for Shown {
    /// As an engine shows a log in which nothing is: the page is drawn before there is one.
    fn default() -> Self {
        let rows = RowsView { is_following: true, is_newest_seen: true, ..RowsView::default() };
        Self(Rc::new(View { rows, ..View::default() }))
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Shown {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
}
