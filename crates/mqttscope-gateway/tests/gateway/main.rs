//! The gateway from outside, over real sockets: HTTP, WebSocket, MQTT, and the program itself.

#![allow(clippy::unwrap_used, reason = "all of it is a test, its helpers too")]

mod binary;
mod broker;
mod embedding;
mod files;
mod limits;
mod proxy;
mod support;
