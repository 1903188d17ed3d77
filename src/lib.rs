//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
pub mod awake;
pub mod browser;
pub mod clipboard;
pub mod components;
pub mod defaults;
pub mod duplicates;
pub mod engine;
pub mod first_sign;
pub mod frames;
pub mod leaving;
pub mod store;
