//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
pub mod browser;
pub mod clipboard;
pub mod components;
pub mod engine;
pub mod frames;
pub mod store;
mod stored;
