//! What a capture of ours says of its segments, besides their bytes: what each begins with, for reading it back as it was.
//!
//! It is said in the interface's description, in flags and in comments, which other programs show and keep. A capture whose
//! interface is not described so is one of others, of which nothing of this is taken.

/// The description of the interface: bytes of two packets are in no segment together.
pub(crate) const DESCRIPTION: &str = "Each MQTT packet begins a segment";
/// The comment on bytes of which nobody can say that they were sent so.
pub(crate) const LOST: &str = "Bytes of a packet that is not all here";
/// The comment on bytes that are no packet, and were sent so.
pub(crate) const STRAY: &str = "Bytes that are no packet";
/// The comment on the last bytes of what is no whole packet, behind which their sender has ended its stream.
pub(crate) const ENDED: &str = "Bytes of a packet that has no end";
/// What the comment begins with that says which version is spoken, where no CONNECT says so.
pub(crate) const VERSION: &str = "MQTT ";
