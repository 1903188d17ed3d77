//! PUBLISH: each handshake, two windows, text, files and large messages.

use anyhow::{Result, ensure};

use super::{RECEIVED, SENT, check_same_id, connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::temporary::TemporaryFolder;

pub async fn at_each_qos(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "publisher").await?;

    let topic = own_topic("handshake");
    for qos in 0..=2 {
        let from = page.log().next_index().await?;
        publish(&page, &topic, qos, "Hello from MQTT client.").await?;
        let rows = page.log().wait_for_packets(from, SENT[usize::from(qos)]).await?;
        check_same_id(&rows)?;
        ensure!((rows[0].id.is_some()) == (qos > 0), "a PUBLISH at QoS {qos} with the id {:?}", rows[0].id);
        ensure!(rows[0].text.contains(&topic) && rows[0].text.contains("Hello"), "{}", rows[0].text);
    }
    Ok(())
}

pub async fn between_two_windows(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let subscriber = stage.open(chain).await?;
    let publisher = stage.open(chain).await?;
    connect(&subscriber, "window-1").await?;
    connect(&publisher, "window-2").await?;

    let topic = own_topic("windows");
    subscribe(&subscriber, &topic, 2).await?;
    for qos in 0..=2 {
        let from = subscriber.log().next_index().await?;
        publish(&publisher, &topic, qos, &format!("Grüße at QoS {qos}")).await?;
        let rows = subscriber.log().wait_for_packets(from, RECEIVED[usize::from(qos)]).await?;
        check_same_id(&rows)?;
        ensure!(rows[0].text.contains(&format!("Grüße at QoS {qos}")), "{}", rows[0].text);
    }
    Ok(())
}

pub async fn to_itself(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "both").await?;
    let topic = own_topic("itself");
    subscribe(&page, &topic, 1).await?;

    let from = page.log().next_index().await?;
    publish(&page, &topic, 0, "round trip").await?;

    let rows = page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "in PUBLISH QoS 0"]).await?;
    ensure!(rows[1].text.contains("round trip"), "{}", rows[1].text);
    Ok(())
}

pub async fn text_file(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let content = "First line.\nSecond line: äöü €.\n";
    let page = sends_file(stage, chain, "letter.txt", content.as_bytes(), 1).await?;
    let facts = page.execute("return document.body.innerText", vec![]).await?;
    let facts = facts.as_str().unwrap_or_default();
    ensure!(facts.contains("letter.txt"), "the file's name is not shown");
    ensure!(facts.contains("text/plain"), "the file's type is not shown");
    Ok(())
}

pub async fn binary_file(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    sends_file(stage, chain, "all-bytes.bin", &content, 2).await?;
    Ok(())
}

pub async fn five_megabytes(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let content: Vec<u8> = (0..5_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    sends_file(stage, chain, "large.bin", &content, 1).await?;
    Ok(())
}

/// Publishes a file from the page; it must arrive byte for byte over TCP, and whole in the page itself.
async fn sends_file(stage: &Stage, chain: &Chain, name: &str, content: &[u8], qos: u8) -> Result<Page> {
    let topic = own_topic(name);
    let mut witness = TcpClient::connect(chain.broker, "witness")?;
    witness.subscribe(&topic, 2)?;
    let page = stage.open(chain).await?;
    connect(&page, "files").await?;
    subscribe(&page, &topic, qos).await?;
    let folder = TemporaryFolder::new()?;
    let path = folder.write(name, content)?;

    page.field("Topic").fill(&topic).await?;
    page.select("Publish QoS").choose(&qos.to_string()).await?;
    page.file("File").upload(&path).await?;
    page.wait_for_text(name).await?;
    let from = page.log().next_index().await?;
    page.button("Publish file").click().await?;

    let arrived = witness.next_message()?;
    ensure!(arrived.payload == content, "{} bytes arrived, not the same", arrived.payload.len());
    let sent = page.log().wait_for("is the PUBLISH", from, |row| row.is(Kind::Out, "PUBLISH")).await?;
    let received =
        page.log().wait_for("is the PUBLISH that came back", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    let (mut expected_len, mut expected_properties) = (sent.len, properties(&sent));
    if chain.quirks.adds_message_expiry {
        expected_len = expected_len.map(|len| len + MESSAGE_EXPIRY_LEN);
        expected_properties += 1;
    }
    ensure!(received.len == expected_len, "sent {:?} bytes, got {:?}", sent.len, received.len);
    ensure!(properties(&received) == expected_properties, "sent {}, got {}", sent.text, received.text);
    Ok(page)
}

/// How many properties a row names, as in "+2 properties".
fn properties(row: &Row) -> u32 {
    let mut words = row.text.split(' ');
    let count = words.find_map(|word| word.strip_prefix('+')?.parse().ok());
    count.filter(|_| words.next().is_some_and(|word| word.starts_with("propert"))).unwrap_or(0)
}

/// A Message Expiry Interval among the properties of a packet.
const MESSAGE_EXPIRY_LEN: u64 = 5;
