//! Chains for the page: its walk-through in a browser, with the systems instead of the project's own.

use anyhow::{Context, Result, bail, ensure};
use mqttscope_e2e::chain::{Chain, Part, Parts, Quirks, Version};
use mqttscope_e2e::environment::dist;
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_e2e::log::Kind;
use mqttscope_e2e::stage::Stage;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::chains::{Broker, Way};
use crate::systems::activemq::ActiveMq;
use crate::systems::kaazing::Kaazing;
use crate::systems::mosquitto::Mosquitto;

/// Starts a chain with systems of its own.
///
/// # Errors
/// If one of them does not start, or nobody has such a chain.
pub fn chain(way: Way, broker: Broker, version: Version) -> Result<Chain> {
    let (part, tcp, ws): (Box<dyn Part>, SocketAddr, SocketAddr) = match broker {
        Broker::ActiveMq => {
            let broker = ActiveMq::start()?;
            let (tcp, ws) = (broker.tcp(), broker.ws());
            (Box::new(broker), tcp, ws)
        }
        Broker::Mosquitto => {
            let broker = Mosquitto::start()?;
            let (tcp, ws) = (broker.tcp(), broker.ws());
            (Box::new(broker), tcp, ws)
        }
        Broker::Rmqtt => bail!("the end-to-end tests have the project's own broker"),
    };
    let quirks = quirks(way, broker, version);
    if way == Way::Gateway {
        let gateway = Gateway::start(Options { broker: Some(tcp), ..Options::default() })?;
        return Ok(Chain {
            page_url: gateway.page().to_string(),
            ws_url: None,
            subprotocol: None,
            version,
            broker: tcp,
            quirks,
            parts: Parts { gateway: Some(Box::new(gateway)), broker: Some(part), page: None },
        });
    }
    // As Kaazing serves files, and as a page on a web server of its own would be served.
    let page = StaticServer::start(&dist()?, Manner::NoTypeForWasm)?;
    let (ws_url, subprotocol, gateway): (_, _, Option<Box<dyn Part>>) = match way {
        Way::Kaazing => {
            let kaazing = Kaazing::start(tcp, &page.origin())?;
            (kaazing.url(), None, Some(Box::new(kaazing)))
        }
        Way::Listener => (format!("ws://{ws}/"), Some(subprotocol(version)), None),
        _ => bail!("a page has no TCP"),
    };
    Ok(Chain {
        page_url: page.url("mqtt.html"),
        ws_url: Some(ws_url),
        subprotocol,
        version,
        broker: tcp,
        quirks,
        parts: Parts { gateway, broker: Some(part), page: Some(page) },
    })
}

fn subprotocol(version: Version) -> &'static str {
    match version {
        Version::V31 => "mqttv3.1",
        Version::V311 => "mqtt",
    }
}

/// Where these chains do otherwise than the project's own; the reasons are those of [`crate::differences`].
pub fn quirks(way: Way, broker: Broker, version: Version) -> Quirks {
    let activemq = broker == Broker::ActiveMq;
    Quirks {
        // mosquitto's own listener just ends the connection.
        broker_closed_code: if way == Way::Listener { 1006 } else { 1000 },
        // It may do so before the page has closed in the normal way.
        disconnected_codes: if way == Way::Listener { &[1000, 1006] } else { &[1000] },
        broker_down_codes: if way == Way::Kaazing { &[1000] } else { &[1014, 1011] },
        accepts_subscribe_dup: activemq || version == Version::V31,
        takes_over_client_id: !activemq,
        recognizes_repeats: !activemq,
    }
}

macro_rules! part {
    ($system:ty) => {
        impl Part for $system {
            fn stop(&mut self) {
                Self::kill(self);
            }

            fn start_again(&mut self) -> Result<()> {
                Self::start_again(self)
            }
        }
    };
}

part!(ActiveMq);
part!(Mosquitto);
part!(Kaazing);

/// What the page publishes arrives at mosquitto_sub byte for byte, and what mosquitto_pub publishes at the
/// page, at each QoS.
///
/// # Errors
/// If it does not.
pub async fn independent_client(stage: &Stage, chain: &mut Chain) -> Result<()> {
    const TEXT: &str = "Grüße, 你好, \u{1F44B} \"quoted\" \\ $HOME";
    let page = stage.open(chain).await?;
    let client_id = page.field("Client ID").value().await?;
    page.button("Connect").click().await?;
    page.wait_for_status(&format!("connected as {client_id}")).await?;

    for qos in ["0", "1", "2"] {
        let (up, down) = (format!("independent/up/{qos}"), format!("independent/down/{qos}"));
        let subscriber = Subscriber::start(chain, &up, qos)?;
        page.field("Topic").fill(&up).await?;
        page.select("Publish QoS").choose(qos).await?;
        page.field("Message").paste(TEXT).await?;
        page.button("Publish").click().await?;
        let received = subscriber.wait()?;
        ensure!(received == TEXT.as_bytes(), "mosquitto_sub got {:?}", String::from_utf8_lossy(&received));

        let from = page.log().next_index().await?;
        page.field("Topic filter").fill(&down).await?;
        page.select("Requested QoS").choose("2").await?;
        page.button("Subscribe").click().await?;
        page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
        let from = page.log().next_index().await?;
        let published = mosquitto("mosquitto_pub", chain)
            .args(["-t", &down, "-q", qos, "-m", TEXT])
            .status()
            .context("no mosquitto_pub")?;
        ensure!(published.success(), "mosquitto_pub: {published}");
        let row = page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
        ensure!(row.qos().to_string() == qos, "published at {qos}, came as {row}");
        ensure!(row.text.contains("Grüße, 你好, \u{1F44B}"), "{}", row.text);
    }
    Ok(())
}

/// One of mosquitto's clients, for the chain's broker and in its version.
fn mosquitto(program: &str, chain: &Chain) -> Command {
    let version = match chain.version {
        Version::V31 => "mqttv31",
        Version::V311 => "mqttv311",
    };
    // It would keep what it says until it ends, if it speaks to a pipe.
    let mut command = Command::new("stdbuf");
    command.args(["-o0", program, "-h", "127.0.0.1", "-p", &chain.broker.port().to_string(), "-V", version]);
    command
}

/// A mosquitto_sub that ends with the first message, or after a while.
struct Subscriber {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Subscriber {
    /// Starts it and waits until it has subscribed.
    fn start(chain: &Chain, topic: &str, qos: &str) -> Result<Self> {
        let mut child = mosquitto("mosquitto_sub", chain)
            .args(["-d", "-t", topic, "-q", qos, "-C", "1", "-W", "20", "-N"])
            .stdout(Stdio::piped())
            .spawn()
            .context("no mosquitto_sub")?;
        let mut stdout = BufReader::new(child.stdout.take().context("its output is a pipe")?);
        let mut line = String::new();
        while !line.starts_with("Subscribed") {
            line.clear();
            ensure!(stdout.read_line(&mut line)? > 0, "mosquitto_sub ended before it had subscribed");
        }
        Ok(Self { child, stdout })
    }

    /// The message.
    fn wait(mut self) -> Result<Vec<u8>> {
        let mut output = Vec::new();
        self.stdout.read_to_end(&mut output)?;
        self.child.wait()?;
        // Its own remarks stand around the message, each on a line that begins with its name.
        let message = output.split(|byte| *byte == b'\n').find(|line| !line.starts_with(b"Client "));
        let message = message.context("no message")?;
        let end = message.windows(7).position(|window| window == b"Client ").unwrap_or(message.len());
        Ok(message[..end].to_vec())
    }
}
