//! Two instances of ActiveMQ Artemis, of which one serves and the other has a copy of all that it stores.

use anyhow::{Context, Result};
use std::net::SocketAddr;

use super::artemis::{acceptor, command};
use super::{Folder, Ready, Server, free_address, with_free_ports};
use crate::transport::Route;

/// The pair.
pub struct Pair {
    primary: Server,
    _backup: Server,
    /// Where each takes MQTT over TCP; the backup only once it serves.
    mqtt: [SocketAddr; 2],
    /// Removed once both have ended.
    _folders: [Folder; 2],
}

impl Pair {
    /// Starts both, and waits until the backup has a copy.
    ///
    /// # Errors
    /// If one does not start.
    pub fn start() -> Result<Self> {
        with_free_ports(Self::try_start).context("a pair of Artemis does not start")
    }

    fn try_start() -> Result<Self> {
        let mqtt = [free_address()?, free_address()?];
        let core = [free_address()?, free_address()?];
        let folders = [Folder::new("artemis")?, Folder::new("artemis")?];
        let start = |index: usize, role: &str, ready: Ready| {
            let acceptors = [acceptor(mqtt[index], "MQTT"), acceptor(core[index], "CORE")].concat();
            let more = PAIR
                .replace("SELF", &core[index].to_string())
                .replace("PEER", &core[1 - index].to_string())
                .replace("ROLE", role);
            Server::start(command(&folders[index], &acceptors, &more)?, ready)
        };
        let primary = start(0, PRIMARY, Ready::Answers(vec![Route::Tcp(mqtt[0])]))?;
        let backup = start(1, BACKUP, Ready::Says(HAS_A_COPY))?;
        Ok(Self { primary, _backup: backup, mqtt, _folders: folders })
    }

    /// Where each takes MQTT over TCP; the backup only once it serves.
    pub fn mqtt(&self) -> [SocketAddr; 2] {
        self.mqtt
    }

    /// Ends the primary as a power cut would.
    pub fn kill_primary(&mut self) {
        self.primary.kill();
    }
}

/// What the backup says once it could take over.
const HAS_A_COPY: &str = "AMQ221024";

/// A primary that comes back asks whether the other serves by now, and does not serve beside it.
const PRIMARY: &str = "<primary><check-for-active-server>true</check-for-active-server></primary>";
const BACKUP: &str = "<backup><allow-failback>true</allow-failback></backup>";

const PAIR: &str = "\
<cluster-user>cluster</cluster-user>
    <cluster-password>cluster</cluster-password>
    <ha-policy><replication>ROLE</replication></ha-policy>
    <connectors>
      <connector name=\"self\">tcp://SELF</connector>
      <connector name=\"peer\">tcp://PEER</connector>
    </connectors>
    <cluster-connections>
      <cluster-connection name=\"pair\">
        <connector-ref>self</connector-ref>
        <message-load-balancing>ON_DEMAND</message-load-balancing>
        <max-hops>1</max-hops>
        <static-connectors><connector-ref>peer</connector-ref></static-connectors>
      </cluster-connection>
    </cluster-connections>";
