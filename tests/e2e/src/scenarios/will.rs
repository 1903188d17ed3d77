//! The Last Will: the walk-through of the original README, and the ways to lose a connection.

use anyhow::{Result, ensure};
use std::time::Duration;

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;

/// "Client One" subscribes to the will's topic, "Client Two" is simulated to be down.
pub async fn after_simulated_client_down(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let one = stage.open(chain).await?;
    connect(&one, "one").await?;
    subscribe(&one, "topic/lastwill", 1).await?;
    let from_one = one.log().next_index().await?;

    let two = stage.open(chain).await?;
    two.checkbox("Last Will").set(true).await?;
    two.select("Will QoS").choose("1").await?;
    two.field("Keep alive (seconds)").fill("2").await?;
    two.checkbox("Simulate client down (no PINGREQ)").set(true).await?;
    connect(&two, "714909").await?;

    two.log().wait_for_event(0, "Simulating a client that is down: PINGREQ not sent").await?;
    let is_will = |row: &Row| row.is(Kind::In, "PUBLISH") && row.text.contains("714909");
    let will = one.log().wait_for("is the will", from_one, is_will).await?;
    ensure!(will.text.contains("Client 714909 seems to be down."), "{}", will.text);
    ensure!(will.text.contains("topic/lastwill") && will.qos() == 1, "{will}: {}", will.text);

    let closed = two.log().wait_for_event(0, "closed by").await?;
    let code = format!("code {}", chain.quirks.broker_closed_code);
    ensure!(closed.text.contains(&code), "not closed with {code}: {}", closed.text);
    let status = two.wait_for_status("disconnected").await?;
    if chain.quirks.tells_keep_alive_timeout {
        ensure!(
            status.contains("Keep Alive timeout"),
            "the status does not name the server's reason: {status}"
        );
        two.log().wait_for_packets(0, &["out CONNECT", "in CONNACK", "in DISCONNECT"]).await?;
    } else {
        two.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    }
    Ok(())
}

pub async fn after_dropped_connection(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let topic = own_topic("will");
    let watcher = watch(stage, chain, &topic).await?;
    let mortal = with_will(stage, chain, &topic).await?;

    let from = watcher.log().next_index().await?;
    mortal.button("Drop connection").click().await?;

    let is_will = |row: &Row| row.is(Kind::In, "PUBLISH") && row.text.contains("it is over");
    watcher.log().wait_for("is the will", from, is_will).await?;
    mortal.wait_for_status("disconnected").await?;
    // No DISCONNECT was sent, or there would have been no will.
    mortal.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    mortal.log().wait_for_event(0, "dropped without DISCONNECT by this page").await?;
    Ok(())
}

pub async fn not_after_disconnect(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let topic = own_topic("will");
    let watcher = watch(stage, chain, &topic).await?;
    let mortal = with_will(stage, chain, &topic).await?;

    let from = watcher.log().next_index().await?;
    mortal.button("Disconnect").click().await?;
    mortal.wait_for_status("disconnected").await?;
    // A will would come at once; absence can only be seen by waiting for a while.
    tokio::time::sleep(Duration::from_millis(500)).await;
    publish(&watcher, &topic, 0, "marker").await?;

    let is_marker = |row: &Row| row.is(Kind::In, "PUBLISH") && row.text.contains("marker");
    let marker = watcher.log().wait_for("is the marker", from, is_marker).await?;
    if chain.quirks.may_send_will_after_disconnect {
        // Once, and no later than what was published after it.
        let packets = watcher.log().packets().await?;
        let is_will = |row: &&Row| row.is(Kind::In, "PUBLISH") && row.text.contains("it is over");
        let wills: Vec<&Row> = packets.iter().filter(is_will).collect();
        let is_in_time = wills.iter().all(|will| will.index < marker.index);
        ensure!(wills.len() <= 1 && is_in_time, "the will came late, or not once: {packets:?}");
        return Ok(());
    }
    let expected = ["out PUBLISH QoS 0", "in PUBLISH QoS 0"];
    let rows = watcher.log().wait_for_packets(from, &expected).await?;
    ensure!(rows[1].text.contains("marker"), "the will was sent: {}", rows[1].text);
    Ok(())
}

async fn watch(stage: &Stage, chain: &Chain, topic: &str) -> Result<Page> {
    let page = stage.open(chain).await?;
    connect(&page, "watcher").await?;
    subscribe(&page, topic, 2).await?;
    Ok(page)
}

async fn with_will(stage: &Stage, chain: &Chain, topic: &str) -> Result<Page> {
    let page = stage.open(chain).await?;
    page.checkbox("Last Will").set(true).await?;
    page.field("Will topic").fill(topic).await?;
    page.field("Will message").fill("it is over").await?;
    connect(&page, "mortal").await?;
    Ok(page)
}
