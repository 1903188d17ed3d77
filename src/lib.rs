//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
pub mod browser;
pub mod clipboard;
pub mod clock;
pub mod components;
pub mod driver;
pub mod export;
pub mod reader;
pub mod redraw;
pub mod soon;
pub mod store;
mod stored;
pub mod transport;
