//! Bad input: refused at its field in words, nothing typed is lost, nothing is sent.

use anyhow::{Result, ensure};

use super::connect;
use crate::chain::Chain;
use crate::page::{Control, Page};
use crate::stage::Stage;

pub async fn connection_fields(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    for (name, bad) in [
        ("URL", "http://localhost:8001/mqttproxy"),
        ("URL", "not a url"),
        ("Keep alive (seconds)", "65536"),
        ("Keep alive (seconds)", "-1"),
        ("Keep alive (seconds)", "soon"),
    ] {
        let field = page.field(name);
        let good = field.value().await?;
        field.fill(bad).await?;
        refuses(&page, &field, "Connect", bad).await?;
        field.fill(&good).await?;
    }

    page.field("Password").fill("without user").await?;
    page.button("Connect").click().await?;
    page.field("Username").wait_for_error().await?;
    page.field("Password").fill("").await?;

    page.field("Client ID").fill("").await?;
    page.checkbox("Clean session").set(false).await?;
    refuses(&page, &page.field("Client ID"), "Connect", "").await?;
    page.checkbox("Clean session").set(true).await?;

    ensure!(page.log().rows().await?.is_empty(), "something was sent all the same");
    connect(&page, "all-right").await
}

pub async fn topics(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "topics").await?;
    let from = page.log().next_index().await?;
    let long = "x".repeat(65_536);
    let topic = page.field("Topic");
    for bad in ["", "a/+/b", "a/#", "nul\u{0}", &long] {
        topic.paste(bad).await?;
        refuses(&page, &topic, "Publish", bad).await?;
    }
    ensure!(page.log().next_index().await? == from, "something was sent all the same");
    topic.paste("good/topic").await?;
    page.button("Publish").click().await?;
    page.log().wait_for_packets(from, &["out PUBLISH QoS 0"]).await?;

    // A line break is none of Enter, which publishes.
    topic.paste("two\nlines\u{1b}").await?;
    topic.press_enter().await?;
    page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "out PUBLISH QoS 0"]).await?;
    ensure!(topic.value().await? == "two\nlines\u{1b}", "the topic is another one");
    let words = topic.description().await?;
    ensure!(words.contains("two↵lines␛"), "beside the topic: {words}");
    let rows = page.log().rows().await?;
    let shown = rows.last().map(|row| row.text.as_str()).unwrap_or_default();
    ensure!(shown.contains("two↵lines␛"), "the row: {shown}");
    Ok(())
}

pub async fn filters(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "filters").await?;
    let from = page.log().next_index().await?;
    let filter = page.field("Topic filter");
    for bad in ["", "a/#/b", "a#", "a/b+", "+a/b"] {
        filter.paste(bad).await?;
        refuses(&page, &filter, "Subscribe", bad).await?;
    }
    ensure!(page.log().next_index().await? == from, "something was sent all the same");
    Ok(())
}

pub async fn not_connected(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    for name in ["Publish", "Subscribe"] {
        let button = page.button(name);
        button.click().await?;
        let words = button.wait_for_description().await?;
        ensure!(words.to_lowercase().contains("not connected"), "'{name}' says: {words}");
    }
    ensure!(page.log().rows().await?.is_empty(), "something was sent all the same");
    Ok(())
}

/// Presses the button: the field must be in error, keep what was typed, and get the focus.
async fn refuses(page: &Page, field: &Control<'_>, button: &str, typed: &str) -> Result<()> {
    page.button(button).click().await?;
    field.wait_for_error().await?;
    // A field of one line has no place for U+0000 in some browsers; the others keep all.
    ensure!(field.value().await? == typed, "what was typed is lost: '{typed}'");
    ensure!(field.has_focus().await?, "the wrong field has not got the focus: '{typed}'");
    Ok(())
}
