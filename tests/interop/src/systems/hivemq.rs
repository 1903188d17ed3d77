//! HiveMQ CE 2024.3, run inside the small program that `cargo xtask interop` has compiled for it.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;

use super::{Broker, Folder, JAVA_FLAGS, Ready, Server, free_address, with_free_ports};
use crate::environment;

/// Starts it and waits until it answers.
///
/// # Errors
/// If it does not start.
pub(super) fn start() -> Result<Broker> {
    with_free_ports(try_start).context("HiveMQ does not start")
}

fn try_start() -> Result<Broker> {
    let (tcp, ws) = (free_address()?, free_address()?);
    let folder = Folder::new("hivemq")?;
    let port = |port: u16| port.to_string();
    let config = CONFIG.replace("TCP", &port(tcp.port())).replace("WS", &port(ws.port()));
    folder.write("conf/config.xml", &config)?;
    for name in ["data", "extensions"] {
        fs::create_dir_all(folder.path().join(name))?;
    }
    let home = environment::hivemq_home()?;
    let path = format!("{0}/classes:{0}/lib/*", home.display());
    let mut command: Vec<OsString> = vec![environment::java()?.into()];
    command.extend(JAVA_FLAGS.map(OsString::from));
    command.extend(["-cp".into(), path.into(), "HiveMq".into(), folder.path().into()]);
    let server = Server::start(command, Ready::broker(tcp, ws, WS_PATH))?;
    Ok(Broker { tcp, ws, ws_path: WS_PATH, server, _folder: folder })
}

/// With any other path the opening handshake has no end.
const WS_PATH: &str = "/mqtt";

const CONFIG: &str = "\
<hivemq>
  <listeners>
    <tcp-listener><port>TCP</port><bind-address>127.0.0.1</bind-address></tcp-listener>
    <websocket-listener>
      <port>WS</port><bind-address>127.0.0.1</bind-address><path>/mqtt</path>
      <subprotocols><subprotocol>mqttv3.1</subprotocol><subprotocol>mqtt</subprotocol></subprotocols>
    </websocket-listener>
  </listeners>
  <persistence><mode>in-memory</mode></persistence>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
";
