//! End-to-end tests: the built page in a real browser, the real gateway, a real broker.
//!
//! A test calls [`stage::run`] with a scenario. The scenario starts a [`chain::Chain`], opens pages
//! of it through the [`stage::Stage`], uses them through [`page::Page`] and checks the rows of their
//! [`log::Log`]; [`tcp_client::TcpClient`] and [`broker::ScriptedBroker`] stand at the other end.

pub mod axe;
pub mod broker;
pub mod bytes;
pub mod capture;
pub mod chain;
pub mod dev_tools;
pub mod downloads;
pub mod driver;
pub mod environment;
pub mod gateway;
pub mod keys;
pub mod log;
pub mod page;
pub mod process;
pub mod scenarios;
pub mod stage;
pub mod static_server;
pub mod tcp_client;
pub mod temporary;
pub mod tshark;
pub mod wait;
