//! Three NATS servers that keep sessions and messages three times.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use super::{http, shipped, until, with_variables};
use crate::environment;
use crate::systems::{Folder, Ready, Server, answers, free_address, with_free_ports};
use crate::transport::Route;

/// The servers, each of which can be killed and started again.
pub struct Nats {
    nodes: Vec<Node>,
}

struct Node {
    server: Server,
    mqtt: SocketAddr,
    http: SocketAddr,
    /// Removed once the server has ended.
    folder: Folder,
}

/// Where NATS keeps what was published at QoS 1 and 2, until every session has it.
pub const MESSAGES: &str = "$MQTT_msgs";
/// Where it keeps the sessions.
pub const SESSIONS: &str = "$MQTT_sess";

impl Nats {
    /// Starts the servers and waits until they are one cluster.
    ///
    /// # Errors
    /// If they do not become one.
    pub fn start() -> Result<Self> {
        with_free_ports(Self::try_start).context("NATS does not start")
    }

    fn try_start() -> Result<Self> {
        let addresses: Vec<SocketAddr> = (0..NODES * 4).map(|_| free_address()).collect::<Result<_>>()?;
        let (own, routes) = addresses.split_at(NODES * 3);
        let list: Vec<String> = routes.iter().map(|route| format!("\"nats://{route}\"")).collect();
        let mut nodes = Vec::new();
        for (index, (own, route)) in own.chunks(3).zip(routes).enumerate() {
            let &[listen, http, mqtt] = own else { unreachable!("three addresses each") };
            let folder = Folder::new("nats")?;
            let variables = [
                ("NATS_NAME", name(index)),
                ("NATS_LISTEN", listen.to_string()),
                ("NATS_HTTP", http.to_string()),
                ("NATS_MQTT", mqtt.to_string()),
                ("NATS_CLUSTER", route.to_string()),
                ("NATS_ROUTES", format!("[{}]", list.join(", "))),
                ("NATS_DATA", format!("\"{}\"", folder.path().display())),
            ]
            .map(|(name, value)| (name.to_owned(), value));
            let mut program: Vec<OsString> =
                vec![environment::nats()?.into(), "-c".into(), shipped("nats.conf").into()];
            program.extend(["-P".into(), folder.path().join(PID).into()]);
            // It says so before the servers have found each other.
            let server = Server::start(with_variables(variables, &program), Ready::Says("Server is ready"))?;
            nodes.push(Node { server, mqtt, http, folder });
        }
        let nats = Self { nodes };
        for index in 0..NODES {
            nats.wait_until_healthy(index)?;
            // The first CONNECT makes the streams, which then elect their leaders.
            let route = Route::Tcp(nats.nodes[index].mqtt);
            until(&format!("{} to take MQTT", name(index)), || Ok(answers(&route).ok()))?;
        }
        [MESSAGES, SESSIONS].iter().try_for_each(|stream| nats.leader_of(stream).map(drop))?;
        Ok(nats)
    }

    /// Where each takes MQTT over TCP.
    pub fn mqtt(&self) -> [SocketAddr; NODES] {
        std::array::from_fn(|index| self.nodes[index].mqtt)
    }

    /// Ends a server as a power cut would.
    pub fn kill(&mut self, index: usize) {
        self.nodes[index].server.kill();
    }

    /// Starts it again with the data that it had, and waits until it has caught up with the others.
    ///
    /// # Errors
    /// If it does not.
    pub fn start_again(&mut self, index: usize) -> Result<()> {
        self.nodes[index].server.start_again()?;
        self.wait_until_healthy(index)
    }

    /// Stops a server as one hangs that does nothing any more and keeps its connections; it goes on when what this
    /// returns is dropped.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn freeze(&self, index: usize) -> Result<Frozen> {
        let pid = fs::read_to_string(self.nodes[index].folder.path().join(PID))?.trim().to_owned();
        ensure!(signal("-STOP", &pid), "{} does not stop", name(index));
        Ok(Frozen { pid })
    }

    /// Waits until a server has caught up with the others.
    ///
    /// # Errors
    /// If it does not.
    pub fn wait_until_healthy(&self, index: usize) -> Result<()> {
        until(&format!("{} to be healthy", name(index)), || {
            Ok(http::get(self.nodes[index].http, "/healthz").is_ok().then_some(()))
        })
    }

    /// The server that leads a stream: what is stored goes through it.
    ///
    /// # Errors
    /// If none does for long.
    pub fn leader_of(&self, stream: &str) -> Result<usize> {
        until(&format!("a leader of {stream}"), || Ok(self.leader_now(stream)))
    }

    /// Waits until a stream is led by another server than this one.
    ///
    /// # Errors
    /// If it is not for long.
    pub fn wait_for_another_leader(&self, stream: &str, than: usize) -> Result<()> {
        until(&format!("another leader of {stream}"), || {
            Ok(self.leader_now(stream).is_some_and(|leader| leader != than).then_some(()))
        })
    }

    fn leader_now(&self, stream: &str) -> Option<usize> {
        let answers = (0..NODES).filter_map(|index| self.ask(index, "/jsz?accounts=true&streams=true").ok());
        let leader = answers.filter_map(|answer| leader_in(&answer, stream)).next()?;
        (0..NODES).find(|index| name(*index) == leader)
    }

    /// The server that a client is connected to.
    ///
    /// # Errors
    /// If it is to none for long.
    pub fn node_of(&self, client_id: &str) -> Result<usize> {
        until(&format!("'{client_id}' to be connected"), || {
            Ok((0..NODES).find(|index| {
                let found = self.ask(*index, &format!("/connz?mqtt_client={client_id}"));
                found.is_ok_and(|answer| answer["num_connections"].as_u64() > Some(0))
            }))
        })
    }

    fn ask(&self, index: usize, path: &str) -> Result<Value> {
        Ok(serde_json::from_str(&http::get(self.nodes[index].http, path)?)?)
    }
}

/// A server that hangs.
#[must_use]
pub struct Frozen {
    pid: String,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        // Where it does not, the test finds out: it is not healthy.
        signal("-CONT", &self.pid);
    }
}

/// Says whether it was sent.
fn signal(signal: &str, pid: &str) -> bool {
    Command::new("kill").args([signal, pid]).status().is_ok_and(|status| status.success())
}

/// The file in which it writes its process's number.
const PID: &str = "pid";

/// As many as `deploy/cluster` has.
const NODES: usize = 3;

fn name(index: usize) -> String {
    format!("n{}", index + 1)
}

/// The name of the server that leads a stream, in what a server says of JetStream; none while it is elected.
fn leader_in(answer: &Value, stream: &str) -> Option<String> {
    let accounts = answer["account_details"].as_array()?.iter();
    let mut streams = accounts.filter_map(|account| account["stream_detail"].as_array()).flatten();
    let found = streams.find(|found| found["name"] == stream)?;
    found["cluster"]["leader"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_leader_of_a_stream_is_found() {
        let stream = |name: &str, cluster: Value| json!({ "name": name, "cluster": cluster });
        let streams =
            [stream("$MQTT_sess", json!({ "leader": "n1" })), stream(MESSAGES, json!({ "leader": "n2" }))];
        let answer =
            json!({ "account_details": [{ "name": "$SYS" }, { "name": "$G", "stream_detail": streams }] });
        assert_eq!(leader_in(&answer, MESSAGES).as_deref(), Some("n2"));
        assert_eq!(leader_in(&answer, "$MQTT_rmsgs"), None);
        let electing = json!({ "account_details": [{ "stream_detail": [stream(MESSAGES, json!({}))] }] });
        assert_eq!(leader_in(&electing, MESSAGES), None);
    }
}
