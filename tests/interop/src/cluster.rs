//! `deploy/cluster` on one machine: HAProxy, two gateways, and the brokers behind, started from the very files that are
//! shipped, with other addresses in their environment.

mod http;
pub mod nats;
pub mod traffic;

use anyhow::{Context, Result, bail};
use mqttscope_e2e::gateway::{Gateway, Options};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::environment;
use crate::systems::{Ready, Server, free_address, with_free_ports};
use crate::transport::Route;

/// HAProxy with the gateways behind it, before brokers that somebody else runs.
pub struct Front {
    web: SocketAddr,
    stats: SocketAddr,
    gateways: Vec<Gateway>,
    _haproxy: Server,
}

/// What HAProxy says of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// It gets new connections.
    pub is_up: bool,
    /// Connections that it has now.
    pub sessions: u64,
}

impl Front {
    /// Starts it, and waits until a client that asks HAProxy is answered by a broker, over TCP and through a gateway.
    ///
    /// # Errors
    /// If it does not start, or no broker answers.
    pub fn start(brokers: [SocketAddr; 3]) -> Result<Self> {
        with_free_ports(|| Self::try_start(brokers)).context("HAProxy and its gateways do not start")
    }

    fn try_start(brokers: [SocketAddr; 3]) -> Result<Self> {
        let (web, mqtt, stats) = (free_address()?, free_address()?, free_address()?);
        let options = Options { broker: Some(mqtt), drain_secs: Some(DRAIN_SECS), ..Options::default() };
        let gateway = || Gateway::start(options.clone());
        let gateways = vec![gateway()?, gateway()?];

        let mut variables = vec![
            ("HAPROXY_WEB".to_owned(), web),
            ("HAPROXY_MQTT".into(), mqtt),
            ("HAPROXY_STATS".into(), stats),
        ];
        for (index, gateway) in gateways.iter().enumerate() {
            variables.push((format!("GATEWAY_{}", index + 1), address_of(gateway)?));
        }
        for (index, broker) in brokers.into_iter().enumerate() {
            variables.push((format!("BROKER_{}", index + 1), broker));
        }
        let program =
            [environment::haproxy()?.into(), "-db".into(), "-f".into(), shipped("haproxy.cfg").into()];
        let ready = Ready::Answers(vec![Route::Tcp(mqtt), route(web)]);
        let haproxy = Server::start(with_variables(variables, &program), ready)?;
        Ok(Self { web, stats, gateways, _haproxy: haproxy })
    }

    /// The way that a client takes: `/mqttproxy` of HAProxy.
    pub fn route(&self) -> Route {
        route(self.web)
    }

    /// Where HAProxy has the page.
    pub fn page_url(&self) -> String {
        format!("http://{}/demo/gateway/javascript/mqtt.html", self.web)
    }

    /// Ends a gateway as a power cut would.
    pub fn kill_gateway(&mut self, index: usize) {
        self.gateways[index].stop();
    }

    /// Asks a gateway to end, as whoever replaces it by a newer one does: it drains first, for [`DRAIN_SECS`].
    ///
    /// # Errors
    /// If it does not run.
    pub fn end_gateway(&self, index: usize) -> Result<()> {
        self.gateways[index].terminate()
    }

    /// Starts it again at the same address, and waits until HAProxy gives it connections.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_gateway(&mut self, index: usize) -> Result<()> {
        self.gateways[index].start_again()?;
        self.wait_until_up(&gateway_name(index))
    }

    /// How many connections each gateway has.
    ///
    /// # Errors
    /// If HAProxy does not say.
    pub fn gateway_sessions(&self) -> Result<Vec<u64>> {
        let all = self.standings()?;
        let of = |index| all.get(&gateway_name(index)).map(|standing| standing.sessions);
        (0..self.gateways.len()).map(|index| of(index).context("HAProxy does not know it")).collect()
    }

    /// Waits until HAProxy gives this server new connections, such as `web/g1` or `brokers/b3`.
    ///
    /// # Errors
    /// If it does not in time.
    pub fn wait_until_up(&self, name: &str) -> Result<()> {
        self.wait_until(name, true)
    }

    /// Waits until it gives it none: one that it has not asked often enough counts as up.
    ///
    /// # Errors
    /// If it still does after a while.
    pub fn wait_until_down(&self, name: &str) -> Result<()> {
        self.wait_until(name, false)
    }

    fn wait_until(&self, name: &str, is_up: bool) -> Result<()> {
        until(&format!("{name} to be {}", if is_up { "up" } else { "down" }), || {
            let standing =
                *self.standings()?.get(name).with_context(|| format!("HAProxy knows no {name}"))?;
            Ok((standing.is_up == is_up).then_some(()))
        })
    }

    /// All servers by name.
    ///
    /// # Errors
    /// If HAProxy does not answer, or not with its table.
    pub fn standings(&self) -> Result<BTreeMap<String, Standing>> {
        let table = http::get(self.stats, "/;csv")?;
        let mut lines = table.lines();
        let names: Vec<&str> = lines.next().unwrap_or_default().trim_start_matches("# ").split(',').collect();
        let column =
            |name| names.iter().position(|it| *it == name).with_context(|| format!("no column {name}"));
        let (proxy, server, status, sessions) =
            (column("pxname")?, column("svname")?, column("status")?, column("scur")?);
        let mut standings = BTreeMap::new();
        for cells in lines.map(|line| line.split(',').collect::<Vec<_>>()) {
            let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
            // A check that is half way says `UP 1/3`, which is still up.
            let standing = Standing {
                is_up: cell(status).starts_with("UP"),
                sessions: cell(sessions).parse().unwrap_or_default(),
            };
            standings.insert(format!("{}/{}", cell(proxy), cell(server)), standing);
        }
        Ok(standings)
    }
}

/// Waits for what is to come by itself.
///
/// # Errors
/// If a look fails, or it has not come within [`PATIENCE`].
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("waited {PATIENCE:?} for {what}");
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// So long a gateway goes on once it was asked to end. HAProxy notices in two seconds.
pub const DRAIN_SECS: u64 = 5;

/// A cluster that elects a leader, or takes a node back, may need seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file of `deploy/cluster`.
fn shipped(name: &str) -> PathBuf {
    environment::root().join("deploy/cluster").join(name)
}

/// The command that runs a program with these in its environment.
fn with_variables<T: ToString>(
    variables: impl IntoIterator<Item = (String, T)>,
    program: &[OsString],
) -> Vec<OsString> {
    let set = variables.into_iter().map(|(name, value)| format!("{name}={}", value.to_string()).into());
    std::iter::once("env".into()).chain(set).chain(program.iter().cloned()).collect()
}

fn route(web: SocketAddr) -> Route {
    let url = format!("ws://{web}/mqttproxy");
    Route::WebSocket { url, subprotocol: None, origin: None, settle: Duration::ZERO }
}

fn gateway_name(index: usize) -> String {
    format!("web/g{}", index + 1)
}

fn address_of(gateway: &Gateway) -> Result<SocketAddr> {
    let port = gateway.page().port_or_known_default().context("the page has a port")?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port)))
}
