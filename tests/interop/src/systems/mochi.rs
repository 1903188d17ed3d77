//! mochi 2.7.9, run inside the small program that `cargo xtask interop` has built around it.

use anyhow::{Context, Result};

use super::{Broker, Folder, Ready, Server, free_address, with_free_ports};
use crate::environment;

/// Starts it and waits until it answers.
///
/// # Errors
/// If it does not start.
pub(super) fn start() -> Result<Broker> {
    with_free_ports(try_start).context("mochi does not start")
}

fn try_start() -> Result<Broker> {
    let (tcp, ws) = (free_address()?, free_address()?);
    let command = vec![environment::mochi()?.into(), tcp.to_string().into(), ws.to_string().into()];
    let server = Server::start(command, Ready::broker(tcp, ws, WS_PATH))?;
    // It keeps all in memory.
    Ok(Broker { tcp, ws, ws_path: WS_PATH, server, _folder: Folder::new("mochi")? })
}

/// It takes any.
const WS_PATH: &str = "/";
