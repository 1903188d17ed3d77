//! What `deploy/cluster` survives: each of its parts is killed while messages go through it.
//!
//! `cargo xtask interop cluster` runs this.

#[path = "cluster/messages.rs"]
mod messages;
#[path = "cluster/page.rs"]
mod page;
#[path = "cluster/shipped.rs"]
mod shipped;
