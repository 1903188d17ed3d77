//! What a walk-through runs against: a page, the gateway that it talks to, and the broker behind.
//!
//! The scenarios know nothing but a [`Chain`], so that they run unchanged against any gateway and
//! broker; where those differ from the specification, the chain's [`Quirks`] say so.

use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::net::SocketAddr;

use crate::gateway::{Gateway, Options};
use crate::static_server::StaticServer;

/// Everything between the page and the broker.
pub struct Chain {
    /// Where the page is.
    pub page_url: String,
    /// What to type into `URL`; the page's own default when absent.
    pub ws_url: Option<String>,
    /// What to type into `WebSocket subprotocol`.
    pub subprotocol: Option<&'static str>,
    /// What the page is told to speak.
    pub version: Version,
    /// Where the same broker takes MQTT over TCP.
    pub broker: SocketAddr,
    pub quirks: Quirks,
    /// The processes; they end with the chain.
    pub parts: Parts,
}

/// The MQTT version, as the page names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V31,
    V311,
    V5,
}

impl Version {
    /// Its name in the page's list.
    pub fn name(self) -> &'static str {
        match self {
            Self::V31 => "3.1",
            Self::V311 => "3.1.1",
            Self::V5 => "5",
        }
    }
}

/// How gateways and brokers behave where they are free to, or where they err.
#[derive(Clone, Debug)]
pub struct Quirks {
    /// The code with which the gateway closes when the broker ends the connection.
    pub broker_closed_code: u16,
    /// The codes with which the connection may end after DISCONNECT.
    pub disconnected_codes: &'static [u16],
    /// The codes with which it closes when it does not reach the broker.
    pub broker_down_codes: &'static [u16],
    /// Whether SUBSCRIBE and UNSUBSCRIBE with DUP are answered as a repetition. 3.1 allows DUP there,
    /// 3.1.1 does not.
    pub accepts_subscribe_dup: bool,
    /// Whether the broker closes at a PUBREL with DUP, as 3.1.1 says; most take it for a repetition.
    pub closes_at_pubrel_dup: bool,
    /// Whether the broker says why before it ends the connection of a client that has fallen silent: with
    /// DISCONNECT 0x8D, which MQTT 5 allows.
    pub tells_keep_alive_timeout: bool,
    /// Whether the will may be sent after DISCONNECT, where the connection ends before the broker has read that.
    pub may_send_will_after_disconnect: bool,
    /// Whether a second connection with the same client id throws out the first, as the
    /// specification says.
    pub takes_over_client_id: bool,
    /// Whether a QoS 2 message that is sent twice is delivered once, as the specification says.
    pub recognizes_repeats: bool,
    /// Whether a message that was published without a Message Expiry Interval is delivered with one.
    pub adds_message_expiry: bool,
    /// Whether acknowledgements have the user properties of what they answer, and PUBACK then the reason code 0x01.
    pub repeats_user_properties: bool,
}

/// A process of a chain. It ends when it is dropped.
pub trait Part: Send {
    /// Stops it.
    fn stop(&mut self);

    /// Starts it again, at the same address.
    ///
    /// # Errors
    /// If it does not start.
    fn start_again(&mut self) -> Result<()>;
}

impl Part for Gateway {
    fn stop(&mut self) {
        Self::stop(self);
    }

    fn start_again(&mut self) -> Result<()> {
        Self::start_again(self)
    }
}

/// The parts of a chain that are processes of ours, the first of which ends first.
#[derive(Default)]
pub struct Parts {
    pub gateway: Option<Box<dyn Part>>,
    /// For the project's own broker a gateway that only lends it: it can be stopped while the other goes on.
    pub broker: Option<Box<dyn Part>>,
    /// What serves the page, where that is not the gateway.
    pub page: Option<StaticServer>,
}

impl Chain {
    /// The project's gateway with the broker inside it.
    ///
    /// # Errors
    /// If it does not start.
    pub fn own(version: Version) -> Result<Self> {
        Ok(Self::new(Gateway::start(Options::default())?, None, version))
    }

    /// The project's gateway before a broker that [`Chain::stop_broker`] can stop.
    ///
    /// # Errors
    /// If one of them does not start.
    pub fn own_with_separate_broker(version: Version) -> Result<Self> {
        let broker = Gateway::start(Options::default())?;
        let options = Options { broker: Some(broker.broker()), ..Options::default() };
        Ok(Self::new(Gateway::start(options)?, Some(broker), version))
    }

    /// The project's gateway before a broker that somebody else runs.
    ///
    /// # Errors
    /// If it does not start.
    pub fn own_before(broker: SocketAddr, version: Version) -> Result<Self> {
        let options = Options { broker: Some(broker), ..Options::default() };
        Ok(Self::new(Gateway::start(options)?, None, version))
    }

    /// The project's gateway with the broker inside it, and these options besides, as they are typed.
    ///
    /// # Errors
    /// If it does not start.
    pub fn own_with(others: &[&OsStr], version: Version) -> Result<Self> {
        let others = others.iter().map(|&option| option.to_owned()).collect();
        Ok(Self::new(Gateway::start(Options { others, ..Options::default() })?, None, version))
    }

    /// The project's gateway for a page that another server serves.
    ///
    /// # Errors
    /// If it does not start.
    pub fn own_for_page(origin: &str, page_url: &str, version: Version) -> Result<Self> {
        let options = Options { allow_origins: vec![origin.to_owned()], ..Options::default() };
        let gateway = Gateway::start(options)?;
        let (page_url, ws_url) = (page_url.to_owned(), Some(gateway.proxy().to_string()));
        Ok(Self { page_url, ws_url, ..Self::new(gateway, None, version) })
    }

    /// Stops the broker; the gateway goes on.
    ///
    /// # Errors
    /// If the chain has no broker that can be stopped.
    pub fn stop_broker(&mut self) -> Result<()> {
        self.parts.broker.as_mut().context("this chain's broker cannot be stopped")?.stop();
        Ok(())
    }

    /// Starts the broker again, at the same address.
    ///
    /// # Errors
    /// As for [`Chain::stop_broker`].
    pub fn start_broker(&mut self) -> Result<()> {
        self.parts.broker.as_mut().context("this chain's broker cannot be started")?.start_again()
    }

    /// Stops the gateway.
    ///
    /// # Errors
    /// If the chain has no gateway that can be stopped.
    pub fn stop_gateway(&mut self) -> Result<()> {
        self.parts.gateway.as_mut().context("this chain's gateway cannot be stopped")?.stop();
        Ok(())
    }

    /// Starts the gateway again, at the same address.
    ///
    /// # Errors
    /// As for [`Chain::stop_gateway`].
    pub fn start_gateway(&mut self) -> Result<()> {
        self.parts.gateway.as_mut().context("this chain's gateway cannot be started")?.start_again()
    }

    fn new(gateway: Gateway, broker: Option<Gateway>, version: Version) -> Self {
        Self {
            page_url: gateway.page().to_string(),
            ws_url: None,
            subprotocol: None,
            version,
            broker: gateway.broker(),
            quirks: Quirks::own(version),
            parts: Parts {
                broker: broker.map(|broker| Box::new(broker) as Box<dyn Part>),
                gateway: Some(Box::new(gateway)),
                page: None,
            },
        }
    }
}

impl Quirks {
    /// The project's gateway with rmqtt.
    pub fn own(version: Version) -> Self {
        Self {
            broker_closed_code: 1000,
            disconnected_codes: &[1000],
            broker_down_codes: &[1014, 1011],
            // [MQTT-3.8.1-1]: in 3.1.1 the fixed header is 0x82, and the broker closes on any other.
            accepts_subscribe_dup: version == Version::V31,
            closes_at_pubrel_dup: false,
            tells_keep_alive_timeout: false,
            may_send_will_after_disconnect: false,
            takes_over_client_id: true,
            recognizes_repeats: true,
            adds_message_expiry: false,
            repeats_user_properties: false,
        }
    }
}
