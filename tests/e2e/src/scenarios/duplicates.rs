//! `Send duplicates`: what is sent twice, and what a subscriber gets of it.

use anyhow::{Result, ensure};

use super::{check_same_id, connect, own_topic, publish};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;

pub async fn publish_at_each_qos(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "duplicates").await?;
    page.checkbox("Send duplicates").set(true).await?;

    let sent: [&[&str]; 3] = [
        &["out PUBLISH QoS 0"],
        &["out PUBLISH QoS 1", "out PUBLISH QoS 1 DUP"],
        &["out PUBLISH QoS 2", "out PUBLISH QoS 2 DUP", "out PUBREL", "out PUBREL DUP"],
    ];
    for qos in 0..=2_u8 {
        let topic = own_topic(&format!("duplicates-{qos}"));
        let mut witness = TcpClient::connect(chain.broker, &format!("witness-{qos}"))?;
        witness.subscribe(&topic, 2)?;
        let from = page.log().next_index().await?;
        publish(&page, &topic, qos, "once or twice").await?;

        if qos == 2 && chain.quirks.closes_at_pubrel_dup {
            check_same_id(&outgoing(&page, from, sent[2]).await?)?;
            page.wait_for_status("disconnected").await?;
            return Ok(());
        }
        let answer = ["PUBLISH", "PUBACK", "PUBCOMP"][usize::from(qos)];
        page.log().wait_for(&format!("is a {answer}"), from, |row| row.packet == answer).await?;
        let rows = outgoing(&page, from, sent[usize::from(qos)]).await?;
        check_same_id(&rows)?;

        ensure!(witness.next_message()?.payload == b"once or twice");
        match qos {
            // At least once: the copy may come through, or may not.
            1 => {}
            2 if !chain.quirks.recognizes_repeats => {
                ensure!(witness.next_message()?.payload == b"once or twice");
            }
            _ => witness.expect_nothing()?,
        }
    }
    Ok(())
}

pub async fn subscribe_and_unsubscribe(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "duplicates").await?;
    page.checkbox("Send duplicates").set(true).await?;
    let topic = own_topic("duplicates");

    page.field("Topic filter").fill(&topic).await?;
    page.select("Requested QoS").choose("1").await?;
    let from = page.log().next_index().await?;
    page.button("Subscribe").click().await?;
    let rows = outgoing(&page, from, &["out SUBSCRIBE", "out SUBSCRIBE DUP"]).await?;
    check_same_id(&rows)?;
    if !chain.quirks.accepts_subscribe_dup {
        page.wait_for_status("disconnected").await?;
        return Ok(());
    }
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;

    let from = page.log().next_index().await?;
    page.unsubscribe(&topic).await?;
    let rows = outgoing(&page, from, &["out UNSUBSCRIBE", "out UNSUBSCRIBE DUP"]).await?;
    check_same_id(&rows)?;
    page.log().wait_for("is an UNSUBACK", from, |row| row.is(Kind::In, "UNSUBACK")).await?;
    page.wait_for_status("connected as duplicates").await?;
    Ok(())
}

/// Waits until the packets that the page has sent are these.
async fn outgoing(page: &Page, from: u64, expected: &[&str]) -> Result<Vec<Row>> {
    page.log().wait_for_packets_of(Kind::Out, from, expected).await
}
