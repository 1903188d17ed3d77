//! mosquitto with MQTT over TCP and over WebSocket.

use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::process::Command;

use super::{Folder, Server, free_address, with_free_ports};
use crate::environment;

/// A running mosquitto.
pub struct Mosquitto {
    tcp: SocketAddr,
    ws: SocketAddr,
    server: Server,
    /// Removed once the server has ended.
    _folder: Folder,
}

impl Mosquitto {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start() -> Result<Self> {
        with_free_ports(|| Self::try_start(None)).context("mosquitto does not start")
    }

    /// Starts it for one user, and nobody else.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_with_password(user: &str, password: &str) -> Result<Self> {
        with_free_ports(|| Self::try_start(Some((user, password)))).context("mosquitto does not start")
    }

    fn try_start(user: Option<(&str, &str)>) -> Result<Self> {
        let (tcp, ws) = (free_address()?, free_address()?);
        let folder = Folder::new("mosquitto")?;
        let mut config = include_str!("../../../../deploy/mosquitto/mosquitto.conf")
            .replace("listener 1883", &format!("listener {} 127.0.0.1", tcp.port()))
            .replace("listener 9001", &format!("listener {} 127.0.0.1", ws.port()))
            .replace("/mosquitto/data/", &format!("{}/", folder.path().display()));
        if let Some((user, password)) = user {
            let file = folder.path().join("passwords");
            let mut tool = Command::new("mosquitto_passwd");
            tool.args(["-b", "-c"]).arg(&file).args([user, password]);
            ensure!(tool.status()?.success(), "mosquitto_passwd failed");
            let only = format!("allow_anonymous false\npassword_file {}", file.display());
            config = config.replace("allow_anonymous true", &only);
        }
        // Started by root it would become another user, who may not write to its folder.
        config += "user root\n";
        let config = folder.write("mosquitto.conf", &config)?;
        let command = vec![environment::mosquitto()?.into(), "-c".into(), config.into()];
        let server = Server::start(command, " running")?;
        Ok(Self { tcp, ws, server, _folder: folder })
    }

    /// Where it takes MQTT over TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.tcp
    }

    /// Where it takes MQTT over WebSocket.
    pub fn ws(&self) -> SocketAddr {
        self.ws
    }

    /// Asks it to end and waits until it has.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again on the same ports, with the data that it had.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.server.start_again()
    }
}
