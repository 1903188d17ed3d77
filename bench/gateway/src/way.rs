//! The ways from the client to the broker.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::link::Link;

/// What stands between client and broker.
pub struct Way {
    pub name: &'static str,
    kind: Kind,
}

enum Kind {
    Tcp,
    Gateway(PathBuf),
    Websocat(PathBuf),
}

/// A way that is open before one broker; its process ends when it is dropped.
pub struct Open {
    pub addr: SocketAddr,
    is_websocket: bool,
    process: Option<Process>,
}

/// A started program.
struct Process {
    child: Child,
    web: Option<PathBuf>,
}

impl Way {
    /// Nothing stands between.
    pub fn tcp() -> Self {
        Self { name: "plain TCP", kind: Kind::Tcp }
    }

    /// This project's gateway.
    pub fn gateway(program: PathBuf) -> Self {
        Self { name: "mqttscope-gateway", kind: Kind::Gateway(program) }
    }

    /// websocat, as its manual shows a proxy.
    pub fn websocat(program: PathBuf) -> Self {
        Self { name: "websocat", kind: Kind::Websocat(program) }
    }

    /// Whether there is a process whose memory and time can be told.
    pub fn has_process(&self) -> bool {
        !matches!(self.kind, Kind::Tcp)
    }

    /// Starts it before this broker.
    pub fn open(&self, broker: SocketAddr) -> Result<Open> {
        let addr = match self.kind {
            Kind::Tcp => return Ok(Open { addr: broker, is_websocket: false, process: None }),
            _ => free_addr()?,
        };
        let (mut command, web) = match &self.kind {
            Kind::Gateway(program) => {
                let web = std::env::temp_dir().join(format!("mqttscope-bench-gateway-{}", addr.port()));
                fs::create_dir_all(&web)?;
                fs::write(web.join("mqtt.html"), "")?;
                let mut command = Command::new(program);
                command.args([
                    "serve",
                    "--listen",
                    &addr.to_string(),
                    "--broker",
                    &broker.to_string(),
                    "--web",
                ]);
                command.arg(&web);
                (command, Some(web))
            }
            Kind::Websocat(program) => {
                let mut command = Command::new(program);
                command.args(["--binary", "--exit-on-eof"]);
                command.args([format!("ws-listen:{addr}"), format!("tcp:{broker}")]);
                (command, None)
            }
            Kind::Tcp => bail!("there is nothing to start"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{} does not start", self.name))?;
        let process = Process { child, web };
        wait_until_listening(addr).with_context(|| format!("{} does not listen", self.name))?;
        Ok(Open { addr, is_websocket: true, process: Some(process) })
    }
}

impl Open {
    /// A connection to the broker.
    pub fn connect(&self) -> Result<Link> {
        Link::open(self.addr, self.is_websocket)
    }

    /// The process' memory, in bytes.
    pub fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(self.proc("status")?)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kibibytes = line.split_whitespace().next().context("VmRSS has no value")?;
        Ok(kibibytes.parse::<f64>()? * 1024.0)
    }

    /// The processor's time that it took, in seconds.
    pub fn processor_time(&self) -> Result<f64> {
        let stat = fs::read_to_string(self.proc("stat")?)?;
        // The name, which stands in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(") ").context("no fields")?;
        let mut ticks = 0.0;
        for field in fields.split(' ').skip(11).take(2) {
            ticks += field.parse::<f64>()?;
        }
        Ok(ticks / TICKS)
    }

    fn proc(&self, name: &str) -> Result<String> {
        let process = self.process.as_ref().context("plain TCP has no process")?;
        Ok(format!("/proc/{}/{name}", process.child.id()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(web) = &self.web {
            let _ = fs::remove_dir_all(web);
        }
    }
}

fn free_addr() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

fn wait_until_listening(addr: SocketAddr) -> Result<()> {
    let started = Instant::now();
    loop {
        match TcpStream::connect(addr) {
            Ok(_) => return Ok(()),
            Err(error) if started.elapsed() > START_TIMEOUT => return Err(error.into()),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Linux counts a process' time in hundredths of a second, wherever it runs.
const TICKS: f64 = 100.0;
