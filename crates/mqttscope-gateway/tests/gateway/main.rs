//! The gateway from outside, over real sockets: HTTP, WebSocket, MQTT, and the program itself.

mod binary;
mod broker;
mod files;
mod proxy;
mod support;
