//! The gateway from outside, over real sockets: HTTP, WebSocket, MQTT, and the program itself.

#![allow(clippy::unwrap_used, reason = "all of it is a test, its helpers too")]

mod auth;
mod binary;
mod broker;
mod embedding;
mod exposition;
mod files;
mod limits;
mod operator;
mod pki;
mod proxy;
mod support;
mod tls;
mod tools;
mod transfer;
mod upstream;
