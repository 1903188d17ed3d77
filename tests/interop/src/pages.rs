//! Chains for the page: its walk-through in a browser, with the systems instead of the project's own.

use anyhow::{Context, Result, bail, ensure};
use mqttscope_e2e::chain::{Chain, Part, Parts, Quirks, Version};
use mqttscope_e2e::environment::dist;
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_e2e::log::{Kind, Row};
use mqttscope_e2e::scenarios::Scenario;
use mqttscope_e2e::stage::Stage;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_e2e::wait::{self, Look};
use mqttscope_proto::ProtocolVersion;
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::ops::{Deref, DerefMut};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::chains::{self, Broker, Way, subprotocol};
use crate::systems::kaazing::Kaazing;
use crate::systems::{self, Folder};

/// What a person does with the page over a chain: all but what [`LEFT_OUT`] says, and what does not depend on the
/// chain, such as the checks of input, which is left to the end-to-end tests; these have the broker inside our gateway.
pub fn scenarios(chain: chains::Chain) -> impl Iterator<Item = &'static Scenario> {
    let (packets, listener, gateway): (&[Scenario], &[Scenario], &[Scenario]) = (PACKETS, LISTENER, GATEWAY);
    let sets = match (chain.way, chain.broker) {
        (Way::Tcp, _) | (_, Broker::Rmqtt) => vec![],
        (Way::Listener, Broker::ActiveMq) => vec![packets],
        (Way::Listener, Broker::Mosquitto) => vec![packets, listener],
        (Way::Listener, _) => vec![packets, listener, LARGE],
        (Way::Kaazing | Way::Gateway, _) => vec![packets, listener, LARGE, gateway],
    };
    sets.into_iter().flatten()
}

/// What needs no more than ActiveMQ's own listener has. What comes to `gateway_restarted` is the broker where it
/// listens itself.
const PACKETS: &[Scenario] = mqttscope_e2e::scenarios! {
    connect: without_user, with_user, user_without_password, disconnects_and_connects_again,
        takes_over_a_client_id;
    keep_alive: pings;
    publish: at_each_qos, between_two_windows, to_itself, text_file;
    duplicates: publish_at_each_qos, subscribe_and_unsubscribe;
    retain: late_subscriber;
    subscribe: grants_and_delivers_each_qos, wildcards, unsubscribes;
    will: not_after_disconnect;
    failures: gateway_restarted;
};

/// What needs a listener that takes packets in pieces and looks for silent clients.
const LISTENER: &[Scenario] = mqttscope_e2e::scenarios! {
    publish: binary_file;
    will: after_simulated_client_down, after_dropped_connection;
};

const LARGE: &[Scenario] = mqttscope_e2e::scenarios! {
    publish: five_megabytes;
};

/// What needs a gateway that can be there without its broker.
const GATEWAY: &[Scenario] = mqttscope_e2e::scenarios! {
    failures: broker_restarted;
};

/// A chain that one test uses at a time, and that waits for the next one afterwards.
pub struct Lent {
    way: Way,
    broker: Broker,
    /// There until this is dropped.
    chain: Option<Chain>,
}

/// The chains that wait. Java takes seconds to start, so that a test gets one that another has left, if it
/// can: the topics are different in each test, and nobody is connected any more.
static WAITING: Mutex<Vec<Lent>> = Mutex::new(Vec::new());

/// So many chains may wait at once. The tests of a chain run one after the other, on a few threads: what waits
/// longer is not needed any more.
const MOST_WAITING: usize = 4;

/// Lends a chain to a test, for this version.
///
/// # Errors
/// If one of its systems does not start, or nobody has such a chain.
pub fn lend(of: chains::Chain, version: ProtocolVersion) -> Result<Lent> {
    let chains::Chain { way, broker } = of;
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let found = waiting.iter().position(|lent| lent.way == way && lent.broker == broker);
    let lent = found.map(|index| waiting.remove(index));
    drop(waiting);
    let mut lent = match lent {
        Some(lent) => lent,
        None => Lent { way, broker, chain: Some(chain(way, broker, version)?) },
    };
    lent.version = page_version(version);
    lent.subprotocol = (way == Way::Listener).then(|| subprotocol(broker, version));
    lent.quirks = quirks(way, broker, version);
    Ok(lent)
}

impl Deref for Lent {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        self.chain.as_ref().unwrap_or_else(|| unreachable!("the chain is there until this is dropped"))
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Chain {
        self.chain.as_mut().unwrap_or_else(|| unreachable!("the chain is there until this is dropped"))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // A test that failed may have left its systems in any state.
        if let Some(chain) = self.chain.take().filter(|_| !thread::panicking()) {
            let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(Self { way: self.way, broker: self.broker, chain: Some(chain) });
            let oldest = (waiting.len() > MOST_WAITING).then(|| waiting.remove(0).chain.take());
            drop(waiting);
            drop(oldest);
        }
    }
}

/// Starts a chain with systems of its own, which the test may stop and leave so.
///
/// # Errors
/// As for [`lend`].
pub fn chain(way: Way, broker: Broker, version: ProtocolVersion) -> Result<Chain> {
    let part = systems::start(broker)?;
    let (tcp, ws, part) = (part.tcp(), part.ws_url(), Some(Box::new(part) as Box<dyn Part>));
    let quirks = quirks(way, broker, version);
    if way == Way::Gateway {
        let gateway = Gateway::start(Options { broker: Some(tcp), ..Options::default() })?;
        return Ok(Chain {
            page_url: gateway.page().to_string(),
            ws_url: None,
            subprotocol: None,
            version: page_version(version),
            broker: tcp,
            quirks,
            parts: Parts { gateway: Some(Box::new(gateway)), broker: part, page: None },
        });
    }
    // As Kaazing serves files, and as a page on a web server of its own would be served.
    let page = StaticServer::start(&dist()?, Manner::NoTypeForWasm)?;
    let (ws_url, gateway, part): (_, Option<Box<dyn Part>>, _) = match way {
        Way::Kaazing => {
            let kaazing = Kaazing::start(tcp, &page.origin())?;
            (kaazing.url(), Some(Box::new(kaazing)), part)
        }
        // To the page the broker's listener is the gateway.
        Way::Listener => (ws, part, None),
        _ => bail!("a page has no TCP"),
    };
    Ok(Chain {
        page_url: page.url("mqtt.html"),
        ws_url: Some(ws_url),
        subprotocol: (way == Way::Listener).then(|| subprotocol(broker, version)),
        version: page_version(version),
        broker: tcp,
        quirks,
        parts: Parts { gateway, broker: part, page: Some(page) },
    })
}

/// The version as the page names it.
fn page_version(version: ProtocolVersion) -> Version {
    match version {
        ProtocolVersion::V31 => Version::V31,
        ProtocolVersion::V311 => Version::V311,
        ProtocolVersion::V5 => Version::V5,
    }
}

/// Where these chains do otherwise than the project's own; the reasons are those of [`crate::differences`].
pub fn quirks(way: Way, broker: Broker, version: ProtocolVersion) -> Quirks {
    let activemq = broker == Broker::ActiveMq;
    let refuses_dup = matches!(broker, Broker::HiveMq | Broker::Artemis | Broker::Mochi);
    // HiveMQ closes the WebSocket, the other listeners just end the connection.
    let breaks_off = way == Way::Listener && broker != Broker::HiveMq;
    Quirks {
        broker_closed_code: if breaks_off { 1006 } else { 1000 },
        // It may do so before the page has closed in the normal way.
        disconnected_codes: if way == Way::Listener { &[1000, 1006] } else { &[1000] },
        broker_down_codes: if way == Way::Kaazing { &[1000] } else { &[1014, 1011] },
        accepts_subscribe_dup: activemq || version == ProtocolVersion::V31 && !refuses_dup,
        closes_at_pubrel_dup: broker == Broker::Artemis,
        may_send_will_after_disconnect: broker == Broker::Artemis,
        tells_keep_alive_timeout: broker == Broker::HiveMq && version == ProtocolVersion::V5,
        takes_over_client_id: !activemq,
        // On its own listener it does not even read the copy, which the page sends in the same message.
        recognizes_repeats: !activemq || way == Way::Listener,
        adds_message_expiry: broker == Broker::Mochi && version == ProtocolVersion::V5,
        repeats_user_properties: broker == Broker::Mochi && version == ProtocolVersion::V5,
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

part!(systems::Broker);
part!(Kaazing);

/// What the page publishes arrives at mosquitto_sub byte for byte, and what mosquitto_pub publishes at the
/// page, at each QoS.
///
/// # Errors
/// If it does not.
pub async fn independent_client(stage: &Stage, chain: &mut Chain) -> Result<()> {
    // Each byte once: among them line ends, U+0000 and what is no UTF-8.
    let payload: Vec<u8> = (0..=255).collect();
    let folder = Folder::new("independent")?;
    let file = folder.path().join("every-byte.bin");
    fs::write(&file, &payload)?;

    let page = stage.open(chain).await?;
    let client_id = page.field("Client ID").value().await?;
    page.button("Connect").click().await?;
    page.wait_for_status(&format!("connected as {client_id}")).await?;
    page.checkbox("Verbose").set(true).await?;
    page.file("File").upload(&file).await?;
    page.wait_for_text("every-byte.bin").await?;

    for qos in ["0", "1", "2"] {
        let (up, down) = (format!("independent/up/{qos}"), format!("independent/down/{qos}"));
        let subscriber = Subscriber::start(chain, &up, qos)?;
        page.field("Topic").fill(&up).await?;
        page.select("Publish QoS").choose(qos).await?;
        page.button("Publish file").click().await?;
        let received = subscriber.wait()?;
        ensure!(received == hex(&payload), "mosquitto_sub got {received} at QoS {qos}");

        let from = page.log().next_index().await?;
        page.field("Topic filter").fill(&down).await?;
        page.select("Requested QoS").choose("2").await?;
        page.button("Subscribe").click().await?;
        page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
        let from = page.log().next_index().await?;
        let published = mosquitto("mosquitto_pub", chain)
            .args(["-t", &down, "-q", qos, "-f"])
            .arg(&file)
            .status()
            .context("no mosquitto_pub")?;
        ensure!(published.success(), "mosquitto_pub: {published}");
        let row = page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
        ensure!(row.qos().to_string() == qos, "published at {qos}, came as {row}");
        let bytes = shown_bytes(&row)?;
        ensure!(bytes.ends_with(&payload), "the page got {bytes:02x?} at QoS {qos}");
    }
    Ok(())
}

/// The bytes of a packet as its row shows them: lines of an offset, sixteen bytes and the same as text.
///
/// # Errors
/// If the row does not show them.
pub fn shown_bytes(row: &Row) -> Result<Vec<u8>> {
    let len = row.len.context("a packet has a length")? as usize;
    let mut words = row.text.split(' ');
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let offset = format!("{:04x}", bytes.len());
        ensure!(words.any(|word| word == offset), "no line {offset}: {}", row.text);
        for word in words.by_ref().take((len - bytes.len()).min(16)) {
            bytes.push(u8::from_str_radix(word, 16).with_context(|| format!("'{word}': {}", row.text))?);
        }
    }
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Nothing but PINGREQ and PINGRESP for longer than a minute, on every chain at once: each connection lasts.
///
/// # Errors
/// If one does not.
pub async fn idle_for_a_minute(stage: &Stage, chains: &[Lent]) -> Result<()> {
    const KEEP_ALIVE: u64 = 10;
    const IDLE: Duration = Duration::from_secs(65);
    let mut pages = Vec::new();
    for chain in chains {
        let page = stage.open(chain).await?;
        let client_id = page.field("Client ID").value().await?;
        page.field("Keep alive (seconds)").fill(&KEEP_ALIVE.to_string()).await?;
        page.button("Connect").click().await?;
        page.wait_for_status(&format!("connected as {client_id}")).await?;
        pages.push((page, client_id, Instant::now()));
    }
    for (page, client_id, connected) in &pages {
        wait::until_within(2 * IDLE, "a minute to pass", async || {
            let idle = connected.elapsed();
            Ok(if idle >= IDLE { Look::Ready(()) } else { Look::NotYet(format!("{idle:?}")) })
        })
        .await?;
        page.wait_for_status(&format!("connected as {client_id}")).await?;
        let packets = page.log().packets().await?;
        let count = |kind, name| packets.iter().filter(|row| row.is(kind, name)).count() as u64;
        let (asked, answered) = (count(Kind::Out, "PINGREQ"), count(Kind::In, "PINGRESP"));
        let expected = connected.elapsed().as_secs() / KEEP_ALIVE;
        // The last one may be on its way.
        ensure!(asked.abs_diff(expected) <= 1 && asked - answered <= 1, "{asked} asked, {answered} answered");
    }
    Ok(())
}

/// What a walk-through cannot do on a chain, for the reason that is given.
pub struct LeftOut {
    pub way: Way,
    pub broker: Broker,
    /// What is done, as far as it differs.
    pub what: &'static str,
    pub reason: &'static str,
}

/// All that the lists of tests in tests/pages.rs leave out.
pub const LEFT_OUT: &[LeftOut] = &[
    LeftOut {
        way: Way::Listener,
        broker: Broker::Mosquitto,
        what: "A file of 5 MB",
        reason: "While nothing else goes on, it sends 4 KiB each 100 ms: the file takes two minutes to come back. The tests of the protocol, which keep the broker busy, do that.",
    },
    LeftOut {
        way: Way::Listener,
        broker: Broker::ActiveMq,
        what: "Files of 100 kB and of 5 MB",
        reason: "It takes each message for one whole packet, and the page cuts packets into messages of 64 KiB, since gateways limit their size.",
    },
    LeftOut {
        way: Way::Listener,
        broker: Broker::ActiveMq,
        what: "The will after `Simulate client down` and after `Drop connection`",
        reason: "It has no keep alive, and takes the end of a connection for a DISCONNECT.",
    },
    LeftOut { way: Way::Gateway, broker: Broker::Artemis, what: AFTER_PUBREL, reason: DECODER },
    LeftOut { way: Way::Listener, broker: Broker::Artemis, what: AFTER_PUBREL, reason: DECODER },
];

const AFTER_PUBREL: &str = "What follows PUBREL with `Send duplicates`";
const DECODER: &str = "It closes at the second PUBREL, which has DUP, before it answers the first; 3.1.1 and 5 have those bits reserved.";

/// One of mosquitto's clients, for the chain's broker and in its version.
fn mosquitto(program: &str, chain: &Chain) -> Command {
    let version = match chain.version {
        Version::V31 => "mqttv31",
        Version::V311 => "mqttv311",
        Version::V5 => "mqttv5",
    };
    // It would keep what it says until it ends, if it speaks to a pipe.
    let mut command = Command::new("stdbuf");
    command.args(["-o0", program, "-h", "127.0.0.1", "-p", &chain.broker.port().to_string(), "-V", version]);
    command
}

/// A mosquitto_sub that ends with the first message, or after a while.
struct Subscriber {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// How it marks the line with the payload among its own remarks.
const PAYLOAD: &str = "payload ";

impl Subscriber {
    /// Starts it and waits until it has subscribed.
    fn start(chain: &Chain, topic: &str, qos: &str) -> Result<Self> {
        let mut child = mosquitto("mosquitto_sub", chain)
            .args(["-d", "-t", topic, "-q", qos, "-C", "1", "-W", "20", "-F"])
            .arg(format!("{PAYLOAD}%x"))
            .stdout(Stdio::piped())
            .spawn()
            .context("no mosquitto_sub")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is a pipe")?).lines();
        let subscribed = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("Subscribed"));
        ensure!(subscribed, "mosquitto_sub ended before it had subscribed");
        Ok(Self { child, lines })
    }

    /// The message's payload in hexadecimal.
    fn wait(mut self) -> Result<String> {
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        let payload = lines.find_map(|line| line.strip_prefix(PAYLOAD).map(str::to_owned));
        self.child.wait()?;
        payload.context("no message came to mosquitto_sub")
    }
}
