//! ActiveMQ 5.10.0 with MQTT over TCP and over WebSocket.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::Path;

use super::{Broker, Folder, Ready, Server, free_address, with_free_ports};
use crate::environment;

/// Starts it and waits until it listens.
///
/// # Errors
/// If it does not start.
pub fn start() -> Result<Broker> {
    with_free_ports(try_start).context("ActiveMQ does not start")
}

fn try_start() -> Result<Broker> {
    let (tcp, ws) = (free_address()?, free_address()?);
    let folder = Folder::new("activemq")?;
    let config = include_str!("../../../../deploy/activemq/activemq.xml")
        .replace("0.0.0.0:1883", &tcp.to_string())
        .replace("0.0.0.0:61614", &ws.to_string());
    folder.write("conf/activemq.xml", &config)?;
    folder.write("conf/log4j.properties", include_str!("../../../../deploy/activemq/log4j.properties"))?;
    let mut command = vec![environment::java()?.into()];
    command.extend(arguments(&environment::activemq_home()?, folder.path()).into_iter().map(OsString::from));
    let server = Server::start(command, Ready::Says("Connector ws started"))?;
    Ok(Broker { tcp, ws, ws_path: "/", server, _folder: folder })
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
