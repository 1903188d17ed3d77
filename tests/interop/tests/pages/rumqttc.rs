//! A client of MQTT 5 that shares no code with the page, and what page and client send each other through a broker.

use anyhow::{Context, Result, bail, ensure};
use mqttscope_e2e::chain::Chain;
use mqttscope_e2e::log::Kind;
use mqttscope_e2e::page::Page;
use mqttscope_e2e::stage::Stage;
use mqttscope_e2e::wait::{self, Look, TIMEOUT};
use mqttscope_interop::pages::shown_bytes;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

/// User properties in their order, content type, response topic and correlation data arrive as they were given, from
/// the page at the client and from the client at the page.
pub async fn properties_both_ways(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (up, down) = ("rumqttc/up", "rumqttc/down");
    let page = stage.open(chain).await?;
    let client_id = page.field("Client ID").value().await?;
    page.button("Connect").click().await?;
    page.wait_for_status(&format!("connected as {client_id}")).await?;
    page.checkbox("Verbose").set(true).await?;
    let mut client = Rumqttc::connect(chain).await?;

    client.subscribe(up).await?;
    page.field("Topic").fill(up).await?;
    page.select("Publish QoS").choose("1").await?;
    page.field("Message").fill("question").await?;
    page.field("Content type").fill("text/plain").await?;
    page.field("Response topic").fill(down).await?;
    page.checkbox("Hex Correlation data").set(true).await?;
    page.field("Correlation data").fill("00 ff").await?;
    for (row, [name, value]) in (1..).zip(PAIRS) {
        page.button("Add to User properties of PUBLISH").click().await?;
        wait_for_pairs(&page, row).await?;
        page.field(&format!("name of row {row}")).fill(name).await?;
        page.field(&format!("value of row {row}")).fill(value).await?;
    }
    let from = page.log().next_index().await?;
    page.button("Publish").click().await?;
    let message = client.message().await?;
    ensure!(message.payload == "question", "the payload is {:?}", message.payload);
    let came = message.properties.context("the page's message came without properties")?;
    ensure!(
        came.content_type.as_deref() == Some("text/plain"),
        "the content type is {:?}",
        came.content_type
    );
    ensure!(came.response_topic.as_deref() == Some(down), "the response topic is {:?}", came.response_topic);
    let correlation = came.correlation_data.as_deref();
    ensure!(correlation == Some(&[0x00, 0xff]), "the correlation data is {correlation:02x?}");
    ensure!(came.user_properties == pairs(), "the user properties are {:?}", came.user_properties);

    let puback = page.log().wait_for("is the PUBACK", from, |row| row.is(Kind::In, "PUBACK")).await?;
    let is_right = !puback.text.contains("no reason code of this packet (0x01), +3 properties");
    ensure!(is_right != chain.quirks.repeats_user_properties, "the PUBACK's row says {}", puback.text);

    let from = page.log().next_index().await?;
    page.field("Topic filter").fill(down).await?;
    page.select("Requested QoS").choose("1").await?;
    page.button("Subscribe").click().await?;
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
    let from = page.log().next_index().await?;
    // It ends the connection at a PUBACK whose reason code it does not know.
    let qos = if chain.quirks.repeats_user_properties { QoS::AtMostOnce } else { QoS::AtLeastOnce };
    client.publish(down, "answer", qos).await?;
    let row = page.log().wait_for("is the answer", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    let bytes = shown_bytes(&row)?;
    // As MQTT 5 writes them: the identifier, then strings and data behind their lengths.
    for (what, property) in [
        ("content type", &b"\x03\x00\x10application/json"[..]),
        ("correlation data", b"\x09\x00\x02\x00\xff"),
        ("user properties", b"\x26\x00\x01b\x00\x011\x26\x00\x01a\x00\x012\x26\x00\x01b\x00\x013"),
    ] {
        let is_there = bytes.windows(property.len()).any(|window| window == property);
        ensure!(is_there, "the answer came to the page without its {what}: {}", row.text);
    }
    Ok(())
}

/// A name twice, and not sorted.
const PAIRS: [[&str; 2]; 3] = [["b", "1"], ["a", "2"], ["b", "3"]];

fn pairs() -> Vec<(String, String)> {
    PAIRS.map(|[name, value]| (name.to_owned(), value.to_owned())).to_vec()
}

async fn wait_for_pairs(page: &Page, count: usize) -> Result<()> {
    wait::until("another row for a user property", async || {
        let rows = page.texts("#publish-form .pair").await?.len();
        Ok(if rows == count { Look::Ready(()) } else { Look::NotYet(format!("{rows} rows")) })
    })
    .await
}

/// A client that does something only while it is asked for something.
struct Rumqttc {
    client: AsyncClient,
    events: EventLoop,
}

impl Rumqttc {
    async fn connect(chain: &Chain) -> Result<Self> {
        let mut options = MqttOptions::new("rumqttc", chain.broker.ip().to_string(), chain.broker.port());
        options.set_clean_start(true);
        let (client, events) = AsyncClient::new(options, 10);
        let mut connected = Self { client, events };
        connected.next("CONNACK", |packet| matches!(packet, Packet::ConnAck(_)).then_some(())).await?;
        Ok(connected)
    }

    async fn subscribe(&mut self, topic: &str) -> Result<()> {
        self.client.subscribe(topic, QoS::AtLeastOnce).await?;
        self.next("SUBACK", |packet| matches!(packet, Packet::SubAck(_)).then_some(())).await
    }

    async fn publish(&mut self, topic: &str, payload: &str, qos: QoS) -> Result<()> {
        let properties = PublishProperties {
            content_type: Some("application/json".to_owned()),
            correlation_data: Some(vec![0x00, 0xff].into()),
            user_properties: pairs(),
            ..PublishProperties::default()
        };
        let payload = payload.to_owned();
        self.client.publish_with_properties(topic, qos, false, payload, properties).await?;
        match qos {
            QoS::AtMostOnce => self.sent().await,
            _ => self.next("PUBACK", |packet| matches!(packet, Packet::PubAck(_)).then_some(())).await,
        }
    }

    async fn message(&mut self) -> Result<Publish> {
        let publish = |packet| match packet {
            Packet::Publish(publish) => Some(publish),
            _ => None,
        };
        self.next("PUBLISH", publish).await
    }

    /// Waits until a PUBLISH is on its way.
    async fn sent(&mut self) -> Result<()> {
        loop {
            let event = tokio::time::timeout(TIMEOUT, self.events.poll()).await;
            if let Event::Outgoing(Outgoing::Publish(_)) = event.context("rumqttc does not send")?? {
                return Ok(());
            }
        }
    }

    /// Waits for a packet.
    async fn next<T>(&mut self, what: &str, look: impl Fn(Packet) -> Option<T>) -> Result<T> {
        let coming = async {
            loop {
                let event = self.events.poll().await.with_context(|| format!("rumqttc waits for {what}"))?;
                if let Event::Incoming(Packet::Disconnect(disconnect)) = &event {
                    bail!("the broker sends rumqttc away: {disconnect:?}");
                }
                if let Event::Incoming(packet) = event
                    && let Some(found) = look(packet)
                {
                    return Ok(found);
                }
            }
        };
        tokio::time::timeout(TIMEOUT, coming).await.with_context(|| format!("no {what} came to rumqttc"))?
    }
}
