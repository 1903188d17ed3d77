//! The ways to the brokers, and the systems that they need, each started when it is first needed.

use anyhow::{Result, anyhow};
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_proto::ProtocolVersion;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use crate::rules::Bench;
use crate::systems::kaazing::Kaazing;
use crate::systems::{self, activemq, mosquitto};
use crate::transport::Route;

/// A broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broker {
    ActiveMq,
    Mosquitto,
    /// The one inside mqttscope-gateway.
    Rmqtt,
}

/// What lies before the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Nothing.
    Tcp,
    Kaazing,
    /// mqttscope-gateway.
    Gateway,
    /// The broker's own WebSocket listener, with the subprotocol of the MQTT version.
    Listener,
}

/// A broker and the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain {
    pub way: Way,
    pub broker: Broker,
}

impl Broker {
    pub const ALL: [Self; 3] = [Self::ActiveMq, Self::Mosquitto, Self::Rmqtt];

    /// Its name as a user would ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ActiveMq => "activemq",
            Self::Mosquitto => "mosquitto",
            Self::Rmqtt => "gateway",
        }
    }
}

impl Chain {
    /// All that are tested.
    pub const ALL: [Self; 10] = [
        Self { way: Way::Tcp, broker: Broker::ActiveMq },
        Self { way: Way::Tcp, broker: Broker::Mosquitto },
        Self { way: Way::Tcp, broker: Broker::Rmqtt },
        Self { way: Way::Kaazing, broker: Broker::ActiveMq },
        Self { way: Way::Kaazing, broker: Broker::Mosquitto },
        Self { way: Way::Gateway, broker: Broker::ActiveMq },
        Self { way: Way::Gateway, broker: Broker::Mosquitto },
        Self { way: Way::Gateway, broker: Broker::Rmqtt },
        Self { way: Way::Listener, broker: Broker::ActiveMq },
        Self { way: Way::Listener, broker: Broker::Mosquitto },
    ];

    /// Whether one of these systems takes part; none wanted means all.
    pub fn is_wanted(self, wanted: &[String]) -> bool {
        let way = match self.way {
            Way::Kaazing => "kaazing",
            Way::Gateway => "gateway",
            Way::Tcp | Way::Listener => self.broker.name(),
        };
        wanted.is_empty() || wanted.iter().any(|name| name == way || name == self.broker.name())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.way {
            Way::Tcp => "tcp",
            Way::Kaazing => "kaazing",
            Way::Gateway => "gateway",
            Way::Listener => "websocket",
        };
        let broker = match self.broker {
            Broker::Rmqtt => "rmqtt",
            broker => broker.name(),
        };
        write!(f, "{way}-{broker}")
    }
}

/// The subprotocol with which a client of this version asks a broker's own listener.
pub fn subprotocol(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::V31 => "mqttv3.1",
        ProtocolVersion::V311 => "mqtt",
    }
}

/// How long a client waits on an open WebSocket before its first packet.
///
/// ActiveMQ's own connector needs that: the thread that takes the first message and the one that tells the
/// connection about its broker both make a session where there is none yet (`MQTTSocket.getProtocolConverter`,
/// which nothing guards). Where they meet, the answer to CONNECT goes to the session that did not ask, and is
/// lost: 12 times in the first 1,500 connections with a CONNECT right behind the opening handshake.
pub fn settle(chain: Chain) -> Duration {
    match (chain.way, chain.broker) {
        (Way::Listener, Broker::ActiveMq) => Duration::from_millis(100),
        _ => Duration::ZERO,
    }
}

/// The origin of the pages that the gateways are told to let in.
pub const PAGE_ORIGIN: &str = "http://127.0.0.1:9";

/// The systems that all chains share. They end when this is dropped.
#[derive(Default)]
pub struct Systems {
    // Before the brokers: what is dropped first does not miss anything.
    kaazing_activemq: Shared<Kaazing>,
    kaazing_mosquitto: Shared<Kaazing>,
    gateway_activemq: Shared<Gateway>,
    gateway_mosquitto: Shared<Gateway>,
    gateway: Shared<Gateway>,
    activemq: Shared<systems::Broker>,
    mosquitto: Shared<systems::Broker>,
}

/// One that is started by whoever needs it first.
struct Shared<T>(OnceLock<Result<T, String>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Shared<T> {
    fn get(&self, start: impl FnOnce() -> Result<T>) -> Result<&T> {
        let started = self.0.get_or_init(|| start().map_err(|error| format!("{error:#}")));
        started.as_ref().map_err(|error| anyhow!("{error}"))
    }
}

impl Systems {
    /// ActiveMQ.
    ///
    /// # Errors
    /// If it does not start.
    pub fn activemq(&self) -> Result<&systems::Broker> {
        self.activemq.get(activemq::start)
    }

    /// mosquitto.
    ///
    /// # Errors
    /// If it does not start.
    pub fn mosquitto(&self) -> Result<&systems::Broker> {
        self.mosquitto.get(mosquitto::start)
    }

    /// mqttscope-gateway with the broker inside it.
    ///
    /// # Errors
    /// If it does not start.
    pub fn gateway(&self) -> Result<&Gateway> {
        self.gateway.get(|| Gateway::start(gateway_options(None)))
    }

    /// The shortest way to a broker.
    ///
    /// # Errors
    /// If it does not start.
    pub fn direct(&self, broker: Broker) -> Result<Route> {
        Ok(Route::Tcp(match broker {
            Broker::ActiveMq => self.activemq()?.tcp(),
            Broker::Mosquitto => self.mosquitto()?.tcp(),
            Broker::Rmqtt => self.gateway()?.broker(),
        }))
    }

    /// A chain's WebSocket address.
    ///
    /// # Errors
    /// If one of its systems does not start, or the chain has none.
    pub fn url(&self, chain: Chain) -> Result<String> {
        let gateway = |broker| Gateway::start(gateway_options(Some(broker)));
        Ok(match (chain.way, chain.broker) {
            (Way::Kaazing, Broker::ActiveMq) => {
                let broker = self.activemq()?.tcp();
                self.kaazing_activemq.get(|| Kaazing::start(broker, PAGE_ORIGIN))?.url()
            }
            (Way::Kaazing, Broker::Mosquitto) => {
                let broker = self.mosquitto()?.tcp();
                self.kaazing_mosquitto.get(|| Kaazing::start(broker, PAGE_ORIGIN))?.url()
            }
            (Way::Gateway, Broker::ActiveMq) => {
                let broker = self.activemq()?.tcp();
                self.gateway_activemq.get(|| gateway(broker))?.proxy().to_string()
            }
            (Way::Gateway, Broker::Mosquitto) => {
                let broker = self.mosquitto()?.tcp();
                self.gateway_mosquitto.get(|| gateway(broker))?.proxy().to_string()
            }
            (Way::Gateway, Broker::Rmqtt) => self.gateway()?.proxy().to_string(),
            (Way::Listener, Broker::ActiveMq) => format!("ws://{}/", self.activemq()?.ws()),
            (Way::Listener, Broker::Mosquitto) => format!("ws://{}/", self.mosquitto()?.ws()),
            _ => return Err(anyhow!("{chain} has no WebSocket")),
        })
    }

    /// Where rules are measured on a chain.
    ///
    /// # Errors
    /// If one of its systems does not start.
    pub fn bench(&self, chain: Chain, version: ProtocolVersion) -> Result<Bench> {
        let direct = self.direct(chain.broker)?;
        let route = match chain.way {
            Way::Tcp => direct.clone(),
            way => Route::WebSocket {
                url: self.url(chain)?,
                subprotocol: (way == Way::Listener).then(|| subprotocol(version)),
                origin: Some(PAGE_ORIGIN.to_owned()),
                settle: settle(chain),
            },
        };
        Ok(Bench { route, direct, broker: chain.broker, version })
    }
}

/// mqttscope-gateway before this broker or with its own, open to the tests' pages.
pub fn gateway_options(broker: Option<std::net::SocketAddr>) -> Options {
    Options { broker, allow_origins: vec![PAGE_ORIGIN.to_owned()], ..Options::default() }
}
