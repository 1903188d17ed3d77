//! What can be wrong with a payload in CBOR or MessagePack. What shows them may be another module than what knows the
//! words, so that they also have numbers.

pub(crate) const CUT: &str = "the payload ends within a value";
pub(crate) const STRAY_END: &str = "an end of what has not begun";
pub(crate) const TOO_DEEP: &str = "this is nested too deep to be shown";
pub(crate) const NO_ITEM: &str = "this byte begins no data item";
pub(crate) const NEVER_USED: &str = "this byte is never used";

/// All of them, in the order of their numbers.
pub(crate) const ALL: [&str; 5] = [CUT, STRAY_END, TOO_DEEP, NO_ITEM, NEVER_USED];
