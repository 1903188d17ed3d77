//! The systems, each with free ports, a configuration and a data folder of its own.
//!
//! A system runs from its `start` until it is dropped or the test program ends, however it ends; its
//! folder goes with it.

pub mod activemq;
mod artemis;
pub mod artemis_pair;
mod hivemq;
pub mod kaazing;
mod mochi;
pub mod mosquitto;

use anyhow::{Context, Result, anyhow, bail, ensure};
use mqttscope_e2e::process::Process;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::chains;
use crate::environment;
use crate::transport::{Input, Route};

/// Starts a broker and waits until it answers.
///
/// # Errors
/// If it does not start, or is the one inside mqttscope-gateway.
pub fn start(broker: chains::Broker) -> Result<Broker> {
    match broker {
        chains::Broker::ActiveMq => activemq::start(),
        chains::Broker::Mosquitto => mosquitto::start(),
        chains::Broker::Rmqtt => bail!("rmqtt is no program of its own"),
        chains::Broker::HiveMq => hivemq::start(),
        chains::Broker::Artemis => artemis::start(),
        chains::Broker::Mochi => mochi::start(),
    }
}

/// A folder of a system's own, removed with it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(system: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(system).tempdir_in(environment::data());
        Ok(Self(folder.context("no folder for the data")?))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the folders in which it lies.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&path, content)?;
        Ok(path)
    }
}

/// An address of 127.0.0.1 at which nothing listens.
///
/// # Errors
/// If no port is free.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A running broker that takes MQTT over TCP and over WebSocket.
pub struct Broker {
    tcp: SocketAddr,
    ws: SocketAddr,
    /// Where on its web server the WebSocket is.
    ws_path: &'static str,
    server: Server,
    /// Removed once the server has ended.
    _folder: Folder,
}

impl Broker {
    /// Where it takes MQTT over TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.tcp
    }

    /// Where it takes MQTT over WebSocket.
    pub fn ws_url(&self) -> String {
        ws_url(self.ws, self.ws_path)
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

fn ws_url(address: SocketAddr, path: &str) -> String {
    format!("ws://{address}{path}")
}

/// How a system shows that it can be used.
pub(crate) enum Ready {
    /// It prints a line with these words in it.
    Says(&'static str),
    /// It answers CONNECT on all of these routes. An open port is not enough.
    Answers(Vec<Route>),
}

impl Ready {
    /// A broker at its two addresses.
    fn broker(tcp: SocketAddr, ws: SocketAddr, path: &str) -> Self {
        let (url, subprotocol) = (ws_url(ws, path), Some("mqtt"));
        let listener = Route::WebSocket { url, subprotocol, origin: None, settle: Duration::ZERO };
        Self::Answers(vec![Route::Tcp(tcp), listener])
    }
}

/// Whether a CONNECT is answered there.
pub(crate) fn answers(route: &Route) -> Result<()> {
    let mut transport = route.open()?;
    // 3.1.1, a clean session, the client id `ping`.
    transport.send(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04ping")?;
    let answer = transport.receive(ANSWER_TIMEOUT)?;
    ensure!(answer == Input::Bytes(vec![0x20, 2, 0, 0]), "expected CONNACK, got {answer:?}");
    transport.send(b"\xe0\x00")
}

/// A program of a system, running.
pub(crate) struct Server {
    command: Vec<OsString>,
    ready: Ready,
    /// With the thread that reads what it says, which ends when it does.
    running: Option<(Process, JoinHandle<()>)>,
}

/// Java starts slowly on a machine that is busy.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// So long a broker is left alone between two questions.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A broker that is up answers in less; one that is not may be asked too early, and is asked again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A system that was asked to end has so long for it before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

impl Server {
    /// Starts a program and waits until it is ready.
    pub(crate) fn start(command: Vec<OsString>, ready: Ready) -> Result<Self> {
        let mut server = Self { command, ready, running: None };
        server.start_again()?;
        Ok(server)
    }

    /// Starts it again after [`Server::stop`] or [`Server::kill`].
    pub(crate) fn start_again(&mut self) -> Result<()> {
        let (program, args) = self.command.split_first().context("a command has a program")?;
        // What it says on standard error is of no interest unless it does not start.
        let (process, stdout) =
            Process::start("sh".as_ref(), [&["-c".into(), MERGE.into(), program.clone()], args].concat())?;
        let (lines, reader) = lines_of(stdout);
        self.wait_until_ready(&lines)?;
        self.running = Some((process, reader));
        Ok(())
    }

    fn wait_until_ready(&self, lines: &Receiver<String>) -> Result<()> {
        let (deadline, mut said) = (Instant::now() + START_TIMEOUT, Vec::new());
        let mut silent = match &self.ready {
            Ready::Says(_) => &[],
            Ready::Answers(routes) => &routes[..],
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let patience = if silent.is_empty() { left } else { ASK_AGAIN.min(left) };
            match (lines.recv_timeout(patience), &self.ready) {
                (Ok(line), Ready::Says(words)) if line.contains(words) => return Ok(()),
                (Ok(line), _) => said.push(line),
                (Err(RecvTimeoutError::Disconnected), _) => bail!("ended before it was ready: {said:#?}"),
                (Err(RecvTimeoutError::Timeout), _) if left.is_zero() => {
                    bail!("not ready in {START_TIMEOUT:?}: {said:#?}")
                }
                (Err(RecvTimeoutError::Timeout), _) => {
                    while let Some((route, others)) = silent.split_first()
                        && answers(route).is_ok()
                    {
                        silent = others;
                    }
                    if silent.is_empty() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Asks it to end and waits until it has; one that does not is killed.
    pub(crate) fn stop(&mut self) {
        let Some((mut process, reader)) = self.running.take() else { return };
        let group = format!("-{}", process.id());
        let asked = Command::new("kill").args(["-TERM", "--", &group]).status();
        let deadline = Instant::now() + STOP_TIMEOUT;
        while asked.is_ok() && !reader.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        process.stop();
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }
}

/// What makes Java start fast and stay small; a broker in a test has little to do.
const JAVA_FLAGS: [&str; 4] = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// Runs a program with its standard error where its standard output goes.
const MERGE: &str = r#"exec "$0" "$@" 2>&1"#;

/// The lines that come; they are read even if nobody asks for them, so that the program can always write.
fn lines_of(stdout: ChildStdout) -> (Receiver<String>, JoinHandle<()>) {
    let (lines, received) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            lines.send(line).unwrap_or_default();
        }
    });
    (received, reader)
}

/// Starts a system, with other ports if somebody has taken the first ones in the meantime.
pub(crate) fn with_free_ports<T>(start: impl Fn() -> Result<T>) -> Result<T> {
    let mut failure = anyhow!("never started");
    for _ in 0..3 {
        match start() {
            Ok(system) => return Ok(system),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// Takes one connection, reads what comes first and answers with these bytes.
    fn answer_once(bytes: &'static [u8]) -> Result<Route> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        thread::spawn(move || -> Result<()> {
            let (mut stream, _) = listener.accept()?;
            let mut connect = [0; 18];
            stream.read_exact(&mut connect)?;
            stream.write_all(bytes)?;
            // Until the other side ends it.
            stream.read_to_end(&mut Vec::new())?;
            Ok(())
        });
        Ok(Route::Tcp(address))
    }

    #[test]
    fn a_broker_is_ready_once_it_accepts() -> Result<()> {
        assert!(answers(&answer_once(&[0x20, 2, 0, 0])?).is_ok());
        assert!(answers(&answer_once(&[0x20, 2, 0, 3])?).is_err());
        // Its port is open, and that is all.
        assert!(answers(&answer_once(&[])?).is_err());
        assert!(answers(&Route::Tcp(free_address()?)).is_err());
        Ok(())
    }
}
