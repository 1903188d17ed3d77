//! The ways to the brokers, and the systems that they need, each started when it is first needed.

use anyhow::{Context, Result, anyhow, bail};
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_proto::ProtocolVersion::{self, V5, V31, V311};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use crate::rules::Bench;
use crate::systems;
use crate::systems::kaazing::Kaazing;
use crate::transport::Route;

/// A broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broker {
    ActiveMq,
    Mosquitto,
    /// The one inside mqttscope-gateway.
    Rmqtt,
    HiveMq,
    Artemis,
    Mochi,
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

/// A chain in the table of those that are tested.
pub struct Tested {
    pub chain: Chain,
    /// The versions that the broker speaks there.
    pub versions: &'static [ProtocolVersion],
    /// Those of them in which it is tested unless all is asked for.
    pub usual: &'static [ProtocolVersion],
}

impl Broker {
    pub const ALL: [Self; 6] =
        [Self::ActiveMq, Self::Mosquitto, Self::Rmqtt, Self::HiveMq, Self::Artemis, Self::Mochi];

    /// Its name as a user would ask for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ActiveMq => "activemq",
            Self::Mosquitto => "mosquitto",
            Self::Rmqtt => "gateway",
            Self::HiveMq => "hivemq",
            Self::Artemis => "artemis",
            Self::Mochi => "mochi",
        }
    }

    /// Its name in a document.
    pub fn title(self) -> &'static str {
        match self {
            Self::ActiveMq => "ActiveMQ 5.10.0",
            Self::Mosquitto => "mosquitto",
            Self::Rmqtt => "rmqtt",
            Self::HiveMq => "HiveMQ CE 2024.3",
            Self::Artemis => "Artemis 2.37.0",
            Self::Mochi => "mochi 2.7.9",
        }
    }
}

const NONE: &[ProtocolVersion] = &[];
/// The version in which brokers are tested that are tested in one; `--all` has the others.
const ONE: &[ProtocolVersion] = &[V5];
const OLD: &[ProtocolVersion] = &[V31, V311];
const EACH: &[ProtocolVersion] = &[V31, V311, V5];

/// All chains: the versions of each, and those of its usual tests.
///
/// A broker that is usually tested over one way only is so through our gateway.
pub const CHAINS: [Tested; 19] = [
    tested(Way::Tcp, Broker::ActiveMq, OLD, OLD),
    tested(Way::Tcp, Broker::Mosquitto, EACH, EACH),
    tested(Way::Tcp, Broker::Rmqtt, EACH, EACH),
    tested(Way::Tcp, Broker::HiveMq, EACH, NONE),
    tested(Way::Tcp, Broker::Artemis, EACH, NONE),
    tested(Way::Tcp, Broker::Mochi, EACH, NONE),
    tested(Way::Kaazing, Broker::ActiveMq, OLD, OLD),
    tested(Way::Kaazing, Broker::Mosquitto, EACH, EACH),
    tested(Way::Gateway, Broker::ActiveMq, OLD, OLD),
    tested(Way::Gateway, Broker::Mosquitto, EACH, EACH),
    tested(Way::Gateway, Broker::Rmqtt, EACH, EACH),
    tested(Way::Gateway, Broker::HiveMq, EACH, ONE),
    tested(Way::Gateway, Broker::Artemis, EACH, ONE),
    tested(Way::Gateway, Broker::Mochi, EACH, ONE),
    tested(Way::Listener, Broker::ActiveMq, OLD, OLD),
    tested(Way::Listener, Broker::Mosquitto, EACH, EACH),
    tested(Way::Listener, Broker::HiveMq, EACH, NONE),
    tested(Way::Listener, Broker::Artemis, EACH, NONE),
    tested(Way::Listener, Broker::Mochi, EACH, NONE),
];

const fn tested(
    way: Way,
    broker: Broker,
    versions: &'static [ProtocolVersion],
    usual: &'static [ProtocolVersion],
) -> Tested {
    Tested { chain: Chain { way, broker }, versions, usual }
}

/// What was asked for: which chains, in which versions.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Names of systems, one of which takes part; none means all.
    pub systems: Vec<String>,
    /// All versions of all chains, not the usual ones only.
    pub all: bool,
}

impl Wanted {
    /// The chains that are to be tested, each with its versions.
    pub fn chains(&self) -> impl Iterator<Item = (Chain, &'static [ProtocolVersion])> {
        let chains = CHAINS.iter().filter(|tested| self.takes_part(tested.chain));
        let versions = |tested: &Tested| if self.all { tested.versions } else { tested.usual };
        chains
            .map(move |tested| (tested.chain, versions(tested)))
            .filter(|(_, versions)| !versions.is_empty())
    }

    /// Whether a chain is to be tested in a version.
    pub fn has(&self, chain: Chain, version: ProtocolVersion) -> bool {
        self.chains().any(|(wanted, versions)| wanted == chain && versions.contains(&version))
    }

    fn takes_part(&self, chain: Chain) -> bool {
        let way = match chain.way {
            Way::Kaazing => "kaazing",
            Way::Gateway => "gateway",
            Way::Tcp | Way::Listener => chain.broker.name(),
        };
        let is_it = |name: &String| name == way || name == chain.broker.name();
        self.systems.is_empty() || self.systems.iter().any(is_it)
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
pub fn subprotocol(broker: Broker, version: ProtocolVersion) -> &'static str {
    match (broker, version) {
        // It answers with no other, which a client that has asked for one takes for a refusal.
        (Broker::Mochi, _) | (_, ProtocolVersion::V311 | ProtocolVersion::V5) => "mqtt",
        (_, ProtocolVersion::V31) => "mqttv3.1",
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
    kaazings: EachBroker<Kaazing>,
    gateways: EachBroker<Gateway>,
    brokers: EachBroker<systems::Broker>,
}

/// A system for each broker.
struct EachBroker<T>(BTreeMap<Broker, Shared<T>>);

impl<T> Default for EachBroker<T> {
    fn default() -> Self {
        Self(Broker::ALL.into_iter().map(|broker| (broker, Shared::default())).collect())
    }
}

impl<T> EachBroker<T> {
    fn get(&self, broker: Broker, start: impl FnOnce() -> Result<T>) -> Result<&T> {
        self.0.get(&broker).with_context(|| format!("{broker:?} is not among all"))?.get(start)
    }
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
    /// A broker that is a program of its own.
    ///
    /// # Errors
    /// If it does not start, or is the one inside mqttscope-gateway.
    pub fn broker(&self, broker: Broker) -> Result<&systems::Broker> {
        self.brokers.get(broker, || systems::start(broker))
    }

    /// mqttscope-gateway before this broker.
    ///
    /// # Errors
    /// If one of the two does not start.
    pub fn gateway(&self, broker: Broker) -> Result<&Gateway> {
        let before = match broker {
            Broker::Rmqtt => None,
            broker => Some(self.broker(broker)?.tcp()),
        };
        self.gateways.get(broker, || Gateway::start(gateway_options(before)))
    }

    /// The shortest way to a broker.
    ///
    /// # Errors
    /// If it does not start.
    pub fn direct(&self, broker: Broker) -> Result<Route> {
        Ok(Route::Tcp(match broker {
            Broker::Rmqtt => self.gateway(broker)?.broker(),
            broker => self.broker(broker)?.tcp(),
        }))
    }

    /// A chain's WebSocket address.
    ///
    /// # Errors
    /// If one of its systems does not start, or the chain has none.
    pub fn url(&self, chain: Chain) -> Result<String> {
        Ok(match chain.way {
            Way::Tcp => bail!("{chain} has no WebSocket"),
            Way::Kaazing => {
                let broker = self.broker(chain.broker)?.tcp();
                self.kaazings.get(chain.broker, || Kaazing::start(broker, PAGE_ORIGIN))?.url()
            }
            Way::Gateway => self.gateway(chain.broker)?.proxy().to_string(),
            Way::Listener => self.broker(chain.broker)?.ws_url(),
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
                subprotocol: (way == Way::Listener).then(|| subprotocol(chain.broker, version)),
                origin: Some(PAGE_ORIGIN.to_owned()),
                settle: settle(chain),
            },
        };
        Ok(Bench { route, direct, broker: chain.broker, version })
    }
}

/// mqttscope-gateway before this broker or with its own, open to the tests' pages.
pub fn gateway_options(broker: Option<SocketAddr>) -> Options {
    Options { broker, allow_origins: vec![PAGE_ORIGIN.to_owned()], ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(systems: &[&str], all: bool) -> Vec<String> {
        let wanted = Wanted { systems: systems.iter().map(ToString::to_string).collect(), all };
        let name = |(chain, versions): (Chain, &[ProtocolVersion])| {
            let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
            format!("{chain} {}", versions.join(" "))
        };
        wanted.chains().map(name).collect()
    }

    #[test]
    fn the_younger_brokers_usually_take_part_over_one_way() {
        let usual = names(&[], false);
        assert_eq!(usual.len(), 13);
        for broker in ["hivemq", "artemis", "mochi"] {
            let of_it: Vec<&String> = usual.iter().filter(|name| name.contains(broker)).collect();
            assert_eq!(of_it, [&format!("gateway-{broker} 5")]);
        }
        assert!(usual.contains(&"tcp-mosquitto 3.1 3.1.1 5".to_owned()), "{usual:?}");
    }

    #[test]
    fn all_are_all_in_every_version() {
        let all = names(&[], true);
        assert_eq!(all.len(), CHAINS.len());
        for name in &all {
            // ActiveMQ 5.10 is older than MQTT 5.
            let versions = if name.contains("activemq") { " 3.1 3.1.1" } else { " 3.1 3.1.1 5" };
            assert!(name.ends_with(versions), "{name}");
        }
    }

    #[test]
    fn a_system_names_the_chains_in_which_it_takes_part() {
        assert_eq!(names(&["mochi"], false), ["gateway-mochi 5"]);
        assert_eq!(
            names(&["mochi"], true),
            ["tcp-mochi 3.1 3.1.1 5", "gateway-mochi 3.1 3.1.1 5", "websocket-mochi 3.1 3.1.1 5"]
        );
        assert_eq!(
            names(&["kaazing"], false),
            ["kaazing-activemq 3.1 3.1.1", "kaazing-mosquitto 3.1 3.1.1 5"]
        );
    }
}
