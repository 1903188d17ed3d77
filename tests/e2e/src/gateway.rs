//! The gateway under test, as a process of its own.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::ChildStdout;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use url::Url;

use crate::environment;
use crate::process::Process;

/// A running gateway; it is killed when dropped.
pub struct Gateway {
    process: Process,
    options: Options,
    ready: Ready,
}

/// How a gateway is started. By default everything is on free ports and the broker is its own.
#[derive(Clone, Default)]
pub struct Options {
    /// Where it listens; a free port when absent.
    pub listen: Option<SocketAddr>,
    /// The broker behind it; its own when absent.
    pub broker: Option<SocketAddr>,
    /// Where its own broker listens; a free port when absent.
    pub broker_listen: Option<SocketAddr>,
    /// Other origins whose pages may use it.
    pub allow_origins: Vec<String>,
    /// Other options, as they are typed.
    pub others: Vec<OsString>,
    /// For how many seconds it drains once it is asked to end; its default when absent.
    pub drain_secs: Option<u64>,
}

/// What it says once it is ready.
#[derive(Clone)]
struct Ready {
    broker: SocketAddr,
    proxy: Url,
    page: Url,
}

impl Gateway {
    /// Starts a gateway and waits until it is ready.
    ///
    /// # Errors
    /// If it does not start, or says something else than where it is to be reached.
    pub fn start(options: Options) -> Result<Self> {
        let (process, ready) = start(&options)?;
        Ok(Self { process, options, ready })
    }

    /// The page's address.
    pub fn page(&self) -> &Url {
        &self.ready.page
    }

    /// The proxy's WebSocket address.
    pub fn proxy(&self) -> &Url {
        &self.ready.proxy
    }

    /// Where the broker behind it takes MQTT over TCP.
    pub fn broker(&self) -> SocketAddr {
        self.ready.broker
    }

    /// Kills it, as a power cut would.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Asks it to end, and does not wait for that.
    ///
    /// # Errors
    /// If it does not run.
    pub fn terminate(&self) -> Result<()> {
        self.process.terminate()
    }

    /// Starts it again after [`Gateway::stop`], on the same ports.
    ///
    /// # Errors
    /// As for [`Gateway::start`].
    pub fn start_again(&mut self) -> Result<()> {
        let port = self.ready.page.port_or_known_default().context("the page has a port")?;
        self.options.listen = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        if self.options.broker.is_none() {
            self.options.broker_listen = Some(self.ready.broker);
        }
        (self.process, self.ready) = start(&self.options)?;
        Ok(())
    }
}

/// An own broker takes a while on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

fn start(options: &Options) -> Result<(Process, Ready)> {
    let free_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut args = vec![OsString::from("serve"), "--web".into(), environment::dist()?.into()];
    let mut push = |option: &str, value: String| args.extend([option.into(), value.into()]);
    push("--listen", options.listen.unwrap_or(free_port).to_string());
    match options.broker {
        Some(broker) => push("--broker", broker.to_string()),
        None => push("--broker-listen", options.broker_listen.unwrap_or(free_port).to_string()),
    }
    for origin in &options.allow_origins {
        push("--allow-origin", origin.clone());
    }
    if let Some(seconds) = options.drain_secs {
        push("--drain", seconds.to_string());
    }
    args.extend_from_slice(&options.others);
    let (process, stdout) = Process::start(environment::gateway()?.as_os_str(), &args)?;
    let ready = wait_until_ready(stdout)?;
    Ok((process, ready))
}

fn wait_until_ready(stdout: ChildStdout) -> Result<Ready> {
    let (lines, received) = mpsc::channel();
    // Goes on reading after the last line of interest, so that the gateway can always write.
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            lines.send(line).unwrap_or_default();
        }
    });
    let (mut broker, mut proxy) = (None, None);
    loop {
        let line = match received.recv_timeout(START_TIMEOUT) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Timeout) => bail!("the gateway was not ready in {START_TIMEOUT:?}"),
            Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the gateway ended before it was ready"),
        };
        match line.split_once(": ") {
            Some(("broker", text)) => {
                let address = text.split(' ').next().unwrap_or_default();
                broker = Some(address.parse().with_context(|| format!("'{line}' names no address"))?);
            }
            Some(("proxy", text)) => proxy = Some(Url::parse(text)?),
            Some(("page", text)) => {
                return Ok(Ready {
                    broker: broker.context("the gateway did not name its broker")?,
                    proxy: proxy.context("the gateway did not name its proxy")?,
                    page: Url::parse(text)?,
                });
            }
            _ => {}
        }
    }
}
