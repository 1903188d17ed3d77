//! The packet log: bytes, clearing, many rows.

use anyhow::{Result, ensure};
use std::time::Duration;

use super::{connect, own_topic, subscribe};
use crate::chain::Chain;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

pub async fn shows_bytes_and_clears(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "bytes").await?;
    page.checkbox("Verbose").set(true).await?;
    let rows = page.log().packets().await?;
    // CONNACK, return code 0.
    ensure!(rows[1].text.to_lowercase().contains("20 02 00 00"), "no bytes: {}", rows[1].text);
    ensure!(rows[1].len == Some(4), "a CONNACK of {:?} bytes", rows[1].len);
    page.checkbox("Verbose").set(false).await?;

    page.button("Clear log").click().await?;
    wait::until("an empty log", async || {
        let rows = page.log().rows().await?;
        Ok(if rows.is_empty() { Look::Ready(()) } else { Look::NotYet(format!("{} rows", rows.len())) })
    })
    .await?;
    page.wait_for_status("connected as bytes").await?;
    Ok(())
}

/// 10,000 messages: all are in the log, only those that can be seen are in the page, and it stays quick.
pub async fn stays_usable_with_many_rows(stage: &Stage, chain: &mut Chain) -> Result<()> {
    const MESSAGES: u64 = 10_000;
    let topic = own_topic("many");
    let page = stage.open(chain).await?;
    connect(&page, "many").await?;
    subscribe(&page, &topic, 0).await?;
    let first = page.log().next_index().await?;

    let mut publisher = TcpClient::connect(chain.broker, "busy")?;
    for number in 0..MESSAGES {
        publisher.publish(&topic, format!("message {number}").as_bytes(), false)?;
        // A broker may drop messages at QoS 0 that its client does not take in time.
        if number % 500 == 499 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    let last = format!("message {}", MESSAGES - 1);
    wait::until_within(Duration::from_secs(30), "the last message at the tail", async || {
        let rows = page.log().visible_rows().await?;
        let shown = rows.last().map(|row| row.text.clone()).unwrap_or_default();
        Ok(if shown.contains(&last) { Look::Ready(()) } else { Look::NotYet(shown) })
    })
    .await?;
    let rows = page.log().visible_rows().await?;
    ensure!(rows.len() < 200, "{} rows are in the page", rows.len());
    let newest = rows.last().map_or(0, |row| row.index);
    ensure!(newest >= first + MESSAGES - 1, "only {} of {MESSAGES} rows", newest - first + 1);
    let press = std::time::Instant::now();
    page.checkbox("Verbose").set(true).await?;
    ensure!(press.elapsed() < Duration::from_secs(2), "a click took {:?}", press.elapsed());
    Ok(())
}
