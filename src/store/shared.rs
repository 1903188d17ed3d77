//! The packet log, as the parts of the page share it.

use std::cell::RefCell;
use std::rc::Rc;

use mqttscope_log::Log;

/// The packet log: the driver writes it, everything else reads it. Clones are the same log.
#[derive(Clone)]
pub struct SharedLog(pub Rc<RefCell<Log>>);

impl PartialEq for SharedLog {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
