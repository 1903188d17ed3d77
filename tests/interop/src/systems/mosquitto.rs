//! mosquitto with MQTT over TCP and over WebSocket.

use anyhow::{Context, Result, ensure};
use std::process::Command;

use super::{Broker, Folder, Ready, Server, free_address, with_free_ports};
use crate::environment;

/// Starts it and waits until it listens.
///
/// # Errors
/// If it does not start.
pub fn start() -> Result<Broker> {
    with_free_ports(|| try_start(None, "")).context("mosquitto does not start")
}

/// Starts it for one user, and nobody else.
///
/// # Errors
/// If it does not start.
pub fn start_with_password(user: &str, password: &str) -> Result<Broker> {
    with_free_ports(|| try_start(Some((user, password)), "")).context("mosquitto does not start")
}

/// Starts it with a limit to the size of packets, in bytes, which it tells clients of MQTT 5.
///
/// # Errors
/// If it does not start.
pub fn start_with_max_packet_size(bytes: u32) -> Result<Broker> {
    let setting = format!("max_packet_size {bytes}\n");
    with_free_ports(|| try_start(None, &setting)).context("mosquitto does not start")
}

fn try_start(user: Option<(&str, &str)>, settings: &str) -> Result<Broker> {
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
    config += settings;
    let config = folder.write("mosquitto.conf", &config)?;
    let command = vec![environment::mosquitto()?.into(), "-c".into(), config.into()];
    let server = Server::start(command, Ready::Says(" running"))?;
    Ok(Broker { tcp, ws, ws_path: "/", server, _folder: folder })
}
