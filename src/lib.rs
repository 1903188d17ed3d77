//! The page: an MQTT client and protocol scope that runs in a browser.

pub mod app;
pub mod browser;
pub mod clipboard;
pub mod clock;
pub mod components;
pub mod driver;
<<<<<<< HEAD
pub mod reader;
=======
pub mod export;
>>>>>>> 9e1ddfb (page: show the log of mqttscope-log, with filter, pause, columns and exports)
pub mod store;
mod stored;
pub mod transport;
