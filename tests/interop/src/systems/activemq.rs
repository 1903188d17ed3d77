//! ActiveMQ 5.10.0 with MQTT over TCP and over WebSocket.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use super::{Folder, Server, free_address, with_free_ports};
use crate::environment;

/// A running ActiveMQ.
pub struct ActiveMq {
    tcp: SocketAddr,
    ws: SocketAddr,
    server: Server,
    /// Removed once the server has ended.
    _folder: Folder,
}

impl ActiveMq {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start() -> Result<Self> {
        with_free_ports(Self::try_start).context("ActiveMQ does not start")
    }

    fn try_start() -> Result<Self> {
        let (tcp, ws) = (free_address()?, free_address()?);
        let folder = Folder::new("activemq")?;
        let config = include_str!("../../../../deploy/activemq/activemq.xml")
            .replace("0.0.0.0:1883", &tcp.to_string())
            .replace("0.0.0.0:61614", &ws.to_string());
        folder.write("conf/activemq.xml", &config)?;
        folder
            .write("conf/log4j.properties", include_str!("../../../../deploy/activemq/log4j.properties"))?;
        let mut command = vec![environment::java()?.into()];
        command
            .extend(arguments(&environment::activemq_home()?, folder.path()).into_iter().map(OsString::from));
        let server = Server::start(command, "Connector ws started")?;
        Ok(Self { tcp, ws, server, _folder: folder })
    }

    /// Where it takes MQTT over TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.tcp
    }

    /// Where it takes MQTT, and STOMP, over WebSocket.
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

/// What Java is told to start ActiveMQ: an installation, and a folder with its `conf` and its `data`.
pub fn arguments(home: &Path, folder: &Path) -> Vec<String> {
    let define = |name: &str, path: &Path| format!("-Dactivemq.{name}={}", path.display());
    vec![
        "-Xmx1G".to_owned(),
        // It looks into Java's own classes, which Java 17 does not allow without this.
        "--add-opens=java.base/java.lang=ALL-UNNAMED".to_owned(),
        define("home", home),
        define("base", folder),
        define("conf", &folder.join("conf")),
        define("data", &folder.join("data")),
        "-jar".to_owned(),
        home.join("bin/activemq.jar").display().to_string(),
        "start".to_owned(),
    ]
}
