//! One connection of an MQTT client: its session, its link, and what of both goes into the packet log. A state
//! machine without I/O, without a clock, and without a picture of itself on a screen.
//!
//! [`Client`] has four kinds of methods, called in this order:
//!
//! 1. inputs, [`Client::handle`] and [`Client::handle_bytes`]: what the link brought, that the time has come;
//! 2. commands: [`Client::connect`], [`Client::publish`], ... what the user wants;
//! 3. outputs after each of these: [`Client::poll_output`] until it gives `None`, then [`Client::poll_timeout`], the
//!    time to call [`Client::handle`] with [`Input::Timeout`]. What is not taken waits for the next round: it is late,
//!    but it is not lost;
//! 4. getters, at any time.
//!
//! The log belongs to the caller and comes with each call, so that many clients write into one.
//!
//! ```
//! use mqttscope_client::{Client, ConnectRequest, Input, Output, Phase};
//! use mqttscope_log::Log;
//! use mqttscope_proto::Timestamp;
//! use mqttscope_proto::session::ConnectOptions;
//!
//! let (mut client, mut log) = (Client::new(), Log::new(Log::DEFAULT_BUDGET));
//! let options = ConnectOptions { client_id: "me".into(), clean_session: true, ..Default::default() };
//! let request = ConnectRequest::new("ws://localhost:8001/mqttproxy", options);
//!
//! let now = Timestamp::from_millis(0);
//! client.connect(now, request, &mut log);
//! let Some(Output::Open { generation, .. }) = client.poll_output(0) else { unreachable!() };
//! client.handle(now, generation, Input::Opened { subprotocol: "" }, &mut log);
//! assert!(matches!(client.poll_output(0), Some(Output::Send([0x10, ..]))));
//!
//! let connack = [0x20, 0x02, 0x00, 0x00];
//! client.handle_bytes(now, generation, connack.len(), |room| room.copy_from_slice(&connack), &mut log);
//! assert_eq!(client.connection().phase, Phase::Connected);
//! ```

#![warn(missing_docs)]

mod alarm;
mod backlog;
mod client;
mod close;
mod connection;
mod link;
mod url;

pub use alarm::Alarm;
pub use client::{Client, ConnectRequest, Input, KeptClient, Output, Probed};
pub use close::{Closed, LocalClose, Pause, reason_code_words, return_code_words};
pub use connection::{
    Answer, AuthenticationRequest, ConnectionState, Phase, Retry, ServerEnd, Subscription,
    subscribe_properties,
};
pub use url::shown_url;
