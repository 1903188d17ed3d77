//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
pub mod browser;
pub mod clipboard;
pub mod clock;
pub mod components;
pub mod driver;
pub mod duplicates;
pub mod export;
pub mod reader;
pub mod store;
pub mod task;
pub mod transport;
