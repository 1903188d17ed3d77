//! What is lost when a page is left, and what the browser may not do to one that works.

use anyhow::{Result, ensure};
use serde_json::json;

use super::export::{JSON_LINES, export};
use super::{connect, own_topic, publish_to_itself};
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::page::Page;
use crate::stage::Stage;
use crate::temporary::TemporaryFolder;
use crate::wait::{self, Look};

/// Packets that are in no file are not lost without a question, neither to another page nor to a capture.
pub async fn asks_before_packets_are_lost(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    asks(&page, false).await?;
    connect(&page, "keeper").await?;
    publish_to_itself(&page, &own_topic("keeper")).await?;
    asks(&page, true).await?;

    let downloads = Downloads::of(&page).await?;
    let folder = TemporaryFolder::new()?;
    let line =
        r#"{"time_us":1769778003000000,"direction":"out","connection":0,"version":"3.1.1","raw":"c000"}"#;
    let path = folder.write("other.jsonl", line.as_bytes())?;
    let before = page.log().packets().await?.len();
    page.file("Capture").upload(&path).await?;
    page.client().dismiss_alert().await?;
    ensure!(page.log().packets().await?.len() == before, "the file was read");

    export(&page, &downloads, JSON_LINES, "The whole log").await?;
    asks(&page, false).await?;
    // Now nothing is lost, and nobody is asked.
    page.file("Capture").upload(&path).await?;
    page.file("Capture").wait_for_description().await?;
    ensure!(page.log().packets().await?.len() == 1, "the file has not taken the log's place");

    publish_to_itself(&page, &own_topic("keeper-again")).await?;
    asks(&page, true).await?;
    page.file("Capture").upload(&path).await?;
    page.client().accept_alert().await?;
    page.log().wait_for_packets(0, &["out PINGREQ"]).await?;
    asks(&page, false).await
}

/// Whether the page asks before it is left.
async fn asks(page: &Page, expected: bool) -> Result<()> {
    wait::until("the page to know what would be lost", async || {
        let asks = page.execute("return window.onbeforeunload !== null", vec![]).await? == json!(true);
        Ok(if asks == expected { Look::Ready(()) } else { Look::NotYet(format!("it asks: {asks}")) })
    })
    .await
}

/// A browser freezes no tab that holds a lock.
pub async fn is_kept_awake_while_connected(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    holds_locks(&page, 0).await?;
    connect(&page, "awake").await?;
    holds_locks(&page, 1).await?;
    page.button("Disconnect").click().await?;
    holds_locks(&page, 0).await
}

async fn holds_locks(page: &Page, expected: u32) -> Result<()> {
    wait::until("the locks that are held", async || {
        let script = "const [done] = arguments; navigator.locks.query().then(all => done(all.held.length))";
        let held = page.execute_async(script, vec![]).await?;
        Ok(if held == json!(expected) { Look::Ready(()) } else { Look::NotYet(held.to_string()) })
    })
    .await
}
