//! Keep alive: PINGREQ when nothing else was sent for the interval, and its answer.

use anyhow::{Result, ensure};
use std::time::Duration;

use super::{connect, own_topic, subscribe};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::stage::Stage;
use crate::tcp_client::TcpClient;

pub async fn pings(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Keep alive (seconds)").fill("2").await?;
    connect(&page, "pings").await?;

    // The log goes on: on a busy machine the next ping may come before this has looked.
    let mut from = 0;
    for _ in 0..2 {
        from =
            page.log().wait_for("is a PINGRESP", from, |row| row.is(Kind::In, "PINGRESP")).await?.index + 1;
    }
    let packets: Vec<String> = page.log().packets().await?.iter().map(Row::to_string).collect();
    let rhythm = ["out CONNECT", "in CONNACK", "out PINGREQ", "in PINGRESP", "out PINGREQ", "in PINGRESP"];
    ensure!(packets[..rhythm.len()] == rhythm, "not in this order: {packets:?}");
    ensure!(page.status().await?.to_lowercase().contains("connected as pings"), "the connection was lost");
    Ok(())
}

/// A hidden page draws nothing and its timers run late; pings and messages must not suffer from it.
pub async fn survives_in_a_hidden_tab(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let topic = own_topic("hidden");
    let page = stage.open(chain).await?;
    page.field("Keep alive (seconds)").fill("1").await?;
    connect(&page, "hidden").await?;
    subscribe(&page, &topic, 0).await?;

    let mut publisher = TcpClient::connect(chain.broker, "publisher")?;
    page.while_hidden(async || {
        // Several times the 1.5 s after which the broker would close.
        for number in 0..5 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            publisher.publish(&topic, format!("message {number}").as_bytes(), false)?;
        }
        Ok(())
    })
    .await?;

    page.wait_for_status("connected as hidden").await?;
    page.log().wait_for("is the last message", 0, |row| row.text.contains("message 4")).await?;
    let rows = page.log().packets().await?;
    let count = |kind, packet| rows.iter().filter(|row| row.is(kind, packet)).count();
    ensure!(count(Kind::In, "PUBLISH") == 5, "{} of 5 messages", count(Kind::In, "PUBLISH"));
    ensure!(count(Kind::Out, "PINGREQ") >= 3, "only {} pings", count(Kind::Out, "PINGREQ"));
    Ok(())
}
