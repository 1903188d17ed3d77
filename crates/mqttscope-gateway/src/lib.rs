//! The gateway between the browser and the broker: the page's files, `/mqttproxy`, an embedded broker; and around it the
//! program `mqttscope`, which may hold the page itself.
//!
//! A browser has no TCP sockets, so the page speaks MQTT over a WebSocket and `proxy` passes the bytes
//! on to a broker's TCP port, over TLS or a WebSocket of the broker's where it wants that. The gateway never looks into these bytes and keeps nothing between two
//! connections; what must be kept lives in the broker. For a start without any broker at hand,
//! [`broker`] runs one inside the process.
//!
//! ```no_run
//! # async fn example() -> Result<(), mqttscope_gateway::Error> {
//! use mqttscope_gateway::{Config, Gateway};
//!
//! let config = Config { listen: ([127, 0, 0, 1], 0).into(), web: "dist".into(), ..Config::default() };
//! let gateway = Gateway::bind(config).await?;
//! println!("{}", gateway.page_url());
//! gateway.run(std::future::pending()).await
//! # }
//! ```
#![warn(missing_docs)]

mod auth;
pub mod broker;
mod broker_url;
pub mod check;
pub mod cli;
mod config;
mod connections;
mod error;
mod files;
mod health;
mod hosts;
mod http;
mod limits;
pub mod logging;
mod metrics;
mod operator;
mod origin;
pub mod page;
mod proxy;
mod quiet;
mod server;
pub mod signals;
mod state;
mod stream;
mod tls;
mod watch;
mod way;

pub use auth::{AuthConfig, BadNetwork, Network};
pub use broker_url::{BadBrokerUrl, BrokerUrl};
pub use config::{BrokerChoice, Config, DEFAULT_BROKER_LISTEN, DEFAULT_LISTEN, FrameAncestors};
pub use error::Error;
pub use files::PAGE_PATH;
pub use hosts::AllowedHosts;
pub use limits::Limits;
pub use operator::{LogFormat, OperatorConfig};
pub use origin::AllowedOrigins;
pub use proxy::{MAX_MESSAGE_LEN, PROXY_PATH, SUBPROTOCOLS};
pub use server::Gateway;
pub use tls::{BrokerTls, Certificate, TlsConfig};
