//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
