//! What the engine showed last, as the parts of the page share it.

use std::ops::Deref;
use std::rc::Rc;

use mqttscope_link::View;

/// A view that is drawn. Clones are the same one, and another one is not compared with it.
#[derive(Clone, Debug, Default)]
pub struct Shown(pub Rc<View>);

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
