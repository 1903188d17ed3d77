//! The tree of topics: last values, filters, and retained messages that are cleared.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::keys;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

pub async fn show_last_values_and_filter_the_log(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "topics").await?;
    let topic = own_topic("topics");
    subscribe(&page, &format!("{topic}/#"), 0).await?;
    let from = page.log().next_index().await?;
    for (name, value) in [("kitchen/temp", "21.5"), ("kitchen/light", "on"), ("hall/light", "off")] {
        publish(&page, &format!("{topic}/{name}"), 0, value).await?;
    }
    publish(&page, &format!("{topic}/kitchen/temp"), 0, "22").await?;
    page.log()
        .wait_for("the last message", from, |row: &Row| {
            row.is(Kind::In, "PUBLISH") && row.text.contains("22")
        })
        .await?;

    page.button("Topics").click().await?;
    page.button("Expand all").click().await?;
    // Sent and received: each message is there twice.
    expect_line(&page, "temp", "22", "4").await?;
    expect_line(&page, "light", "on", "2").await?;
    expect_line(&page, "hall", "", "2").await?;

    choose(&page, &format!("{topic}/hall/light")).await?;
    let faults = crate::axe::faults(&page).await?;
    ensure!(faults.is_empty(), "{faults:#?}");

    page.field("Find topics").fill("KITCHEN/T").await?;
    page.wait_for_texts(TREE_NAMES, "what is found", |names| {
        names.last().is_some_and(|name| name == "temp") && !names.iter().any(|name| name == "light")
    })
    .await?;
    // By keys alone: into the tree, to the last line, and its filter.
    page.press(keys::ARROW_DOWN).await?;
    page.press(keys::END).await?;
    page.wait_for_texts(".tree-of-topics [aria-selected=true] .topic-name", "the last line", |names| {
        names == ["temp"]
    })
    .await?;
    page.press(keys::ENTER).await?;
    let expected = format!("topic:{topic}/kitchen/temp");
    wait::until("the filter", async || {
        let value = page.field("Filter the log").value().await?;
        Ok(if value == expected { Look::Ready(()) } else { Look::NotYet(value) })
    })
    .await?;
    wait::until("the rows of the topic", async || {
        let rows = page.log().found_rows().await?;
        let are_they = rows.len() == 4 && rows.iter().all(|row| row.packet == "PUBLISH");
        Ok(if are_they { Look::Ready(()) } else { Look::NotYet(format!("{} rows", rows.len())) })
    })
    .await?;

    page.button("Publish here").click().await?;
    wait::until("the topic of the form", async || {
        let value = page.field("Topic").value().await?;
        Ok(if value == format!("{topic}/kitchen/temp") { Look::Ready(()) } else { Look::NotYet(value) })
    })
    .await?;

    // It is open again when the page is.
    let page = page.reload().await?;
    page.wait_for_texts("section.topics h2", "the region", |heads| heads == ["Topics"]).await?;
    page.button("Close the topics").click().await?;
    page.wait_for_texts("section.topics", "no region", <[String]>::is_empty).await?;
    Ok(())
}

pub async fn clear_retained_messages_below(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "clears").await?;
    let topic = own_topic("clear");
    page.checkbox("Retain").set(true).await?;
    for name in ["a/1", "a/2", "b"] {
        let from = page.log().next_index().await?;
        publish(&page, &format!("{topic}/{name}"), 1, "kept").await?;
        page.log().wait_for_packets(from, &["out PUBLISH QoS 1 RETAIN", "in PUBACK"]).await?;
    }
    page.button("Topics").click().await?;
    page.button("Expand all").click().await?;
    page.wait_for_texts(TREE_NAMES, "the lines", |names| names.iter().any(|name| name == "2")).await?;
    choose(&page, &format!("{topic}/a")).await?;
    let before = page.texts(".log-head .count").await?;
    page.button("Clear retained below").click().await?;
    let listed =
        page.wait_for_texts(".clearing-list li", "what would be cleared", |it| it.len() == 2).await?;
    ensure!(listed.iter().all(|name| name.starts_with(&format!("{topic}/a/"))), "{listed:?}");
    let now = page.texts(".log-head .count").await?;
    ensure!(now == before, "something was sent before the person agreed: {before:?}, {now:?}");

    page.button("Clear 2 retained messages").click().await?;
    page.wait_for_text("2 of 2 sent, 2 acknowledged.").await?;
    let faults = crate::axe::faults(&page).await?;
    ensure!(faults.is_empty(), "{faults:#?}");
    page.button("Close").click().await?;

    let mut later = TcpClient::connect(chain.broker, "later")?;
    later.subscribe(&format!("{topic}/a/#"), 0)?;
    later.expect_nothing()
}

/// Waits for a line with this name, value and count.
async fn expect_line(page: &Page, name: &str, value: &str, count: &str) -> Result<()> {
    let script = "return [...document.querySelectorAll('.topic-line')].map(line =>
        ['name', 'value', 'count'].map(part => line.querySelector('.topic-' + part).textContent).join('|'))";
    let wanted = json!(format!("{name}|{value}|{count}"));
    wait::until(&format!("the line {wanted}"), async || {
        let lines = page.execute(script, vec![]).await?;
        let is_there = lines.as_array().is_some_and(|lines| lines.contains(&wanted));
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(lines.to_string()) })
    })
    .await
}

/// Chooses a line by a click.
async fn choose(page: &Page, topic: &str) -> Result<()> {
    page.click_at(&format!(".topic-line[title='{topic}']")).await?;
    page.wait_for_texts(".topic-full", "the chosen topic", |it| it == [topic]).await?;
    Ok(())
}

const TREE_NAMES: &str = ".tree-of-topics .topic-name";
