//! Keys that have no character of their own, as WebDriver writes them.

pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SHIFT: &str = "\u{e008}";
pub const CONTROL: &str = "\u{e009}";
pub const ESCAPE: &str = "\u{e00c}";
pub const END: &str = "\u{e010}";
pub const HOME: &str = "\u{e011}";
pub const ARROW_UP: &str = "\u{e013}";
pub const ARROW_RIGHT: &str = "\u{e014}";
pub const ARROW_DOWN: &str = "\u{e015}";
pub const DELETE: &str = "\u{e017}";
pub const F3: &str = "\u{e033}";
pub const F6: &str = "\u{e036}";
pub const F10: &str = "\u{e03a}";
/// Lets go of what is held down.
pub const RELEASE: &str = "\u{e000}";
