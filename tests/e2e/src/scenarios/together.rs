//! Several connections at once in one page.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish, subscribe};
use crate::axe;
use crate::chain::Chain;
use crate::keys;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::wait::{self, Look};

/// One publishes and the other receives; the log has the rows of both under their names, or those of one; each ends alone.
pub async fn one_publishes_and_the_other_receives(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    let (plant, desk) = both_connected(&page).await?;
    let topic = own_topic("together");
    subscribe(&page, &topic, 0).await?;

    page.button("the plant").click().await?;
    page.wait_for_status(&format!("connected as {plant}")).await?;
    wait_for_title(&page, &["● the plant", "+1"]).await?;
    ensure!(page.subscriptions().await?.is_empty(), "the subscriptions of the desk are the plant's");
    let from = page.log().next_index().await?;
    publish(&page, &topic, 0, "from the plant").await?;
    page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    let named = [["the plant", "out"], ["the desk", "in"]];
    wait::until("the names in the rows", async || {
        let rows = page.execute(ROWS, vec![json!("PUBLISH")]).await?;
        Ok(if rows == json!(named) { Look::Ready(()) } else { Look::NotYet(rows.to_string()) })
    })
    .await?;
    for (width, colours) in [(1280, "light"), (1280, "dark"), (400, "light")] {
        page.resize(width, 800).await?;
        page.prefer_colours(colours).await?;
        page.screenshot(&format!("together-{width}-{colours}")).await?;
        let faults = axe::faults(&page).await?;
        ensure!(faults.is_empty(), "at {width} pixels, {colours}: {faults:#?}");
    }
    page.resize(1280, 1400).await?;

    page.select("Rows of").choose("the desk").await?;
    page.wait_for_texts("#log-table .row:not(.head) .connection", "rows of the desk alone", |names| {
        !names.is_empty() && names.iter().all(|name| name == "the desk")
    })
    .await?;
    page.select("Rows of").choose("All connections").await?;
    page.wait_for_texts("#log-table .row:not(.head) .connection", "rows of both", |names| {
        ["the desk", "the plant"].iter().all(|name| names.iter().any(|own| own == name))
    })
    .await?;

    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    page.button("the desk").click().await?;
    page.wait_for_status(&format!("connected as {desk}")).await?;
    Ok(())
}

/// The test switches are those of the chosen one, and the forms hold what each was left with.
pub async fn forms_are_of_the_chosen_one(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    both_connected(&page).await?;
    page.checkbox("Send duplicates").set(true).await?;
    page.button("the plant").click().await?;
    ensure!(!page.checkbox("Send duplicates").is_on().await?, "the switch of the desk is the plant's");
    let (topic, from) = (own_topic("switches"), page.log().next_index().await?);
    publish(&page, &topic, 1, "once").await?;
    page.log().wait_for_packets_of(Kind::Out, from, &["out PUBLISH QoS 1"]).await?;
    page.button("the desk").click().await?;
    ensure!(page.checkbox("Send duplicates").is_on().await?, "the desk has lost its switch");
    let from = page.log().next_index().await?;
    publish(&page, &topic, 1, "twice").await?;
    page.log().wait_for_packets_of(Kind::Out, from, &["out PUBLISH QoS 1", "out PUBLISH QoS 1 DUP"]).await?;
    Ok(())
}

/// A page that is loaded again has the forms of the chosen one, and the session of each goes on.
pub async fn sessions_go_on_over_a_reload(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    let topics = ["the plant", "the desk"].map(own_topic).map(|topic| topic.replace(' ', "-"));
    for (name, topic) in ["the plant", "the desk"].into_iter().zip(&topics) {
        new_connection(&page, name).await?;
        page.checkbox("Clean session").set(false).await?;
        connect(&page, &client_id(name)).await?;
        subscribe(&page, topic, 1).await?;
    }
    // What is kept is told once it has settled, half a second after the last change.
    wait::until("both sessions in the tab's storage", async || {
        let (before, after) = (page.execute(SESSIONS, vec![]).await?, async {
            tokio::time::sleep(Duration::from_millis(1_000)).await;
            page.execute(SESSIONS, vec![]).await
        });
        let has_settled = before == after.await? && before.as_array().is_some_and(|it| it.len() == 2);
        Ok(if has_settled { Look::Ready(()) } else { Look::NotYet(before.to_string()) })
    })
    .await?;
    let page = page.reload().await?;
    for (name, topic) in ["the desk", "the plant"].into_iter().zip(topics.iter().rev()) {
        page.button(name).click().await?;
        wait_for_client_id(&page, &client_id(name)).await?;
        let from = page.log().next_index().await?;
        page.button("Connect").click().await?;
        page.wait_for_status(&format!("connected as {}", client_id(name))).await?;
        ensure!(page.subscriptions().await?.concat().contains(topic.as_str()), "{name} has lost {topic}");
        publish(&page, topic, 1, "it comes").await?;
        page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
        let rows = page.log().rows().await?;
        let asked = rows.iter().any(|row| row.index >= from && row.packet == "SUBSCRIBE");
        ensure!(!asked, "{name} has asked for what its session holds");
    }
    Ok(())
}

/// Two saved connections, both connected, the second of them chosen: their client ids.
async fn both_connected(page: &Page) -> Result<(String, String)> {
    for name in ["the plant", "the desk"] {
        new_connection(page, name).await?;
        connect(page, &client_id(name)).await?;
    }
    Ok((client_id("the plant"), client_id("the desk")))
}

async fn new_connection(page: &Page, name: &str) -> Result<()> {
    let before = page.field("Client ID").value().await?;
    let is_first = page.texts(".saved button").await?.is_empty();
    page.button("New connection").click().await?;
    wait::until("the forms of another connection", async || {
        let id = page.field("Client ID").value().await?;
        let is_there = !page.texts(".saved button").await?.is_empty() && (is_first || id != before);
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(id) })
    })
    .await?;
    page.field("Name").fill(name).await?;
    page.press(keys::ESCAPE).await
}

fn client_id(name: &str) -> String {
    name.replace(' ', "-")
}

async fn wait_for_client_id(page: &Page, expected: &str) -> Result<()> {
    wait::until("the client id", async || {
        let id = page.field("Client ID").value().await?;
        Ok(if id == expected { Look::Ready(()) } else { Look::NotYet(id) })
    })
    .await
}

async fn wait_for_title(page: &Page, parts: &[&str]) -> Result<()> {
    wait::until("the title", async || {
        let title = page.client().title().await?;
        Ok(match parts.iter().all(|part| title.contains(part)) {
            true => Look::Ready(()),
            false => Look::NotYet(title),
        })
    })
    .await
}

/// What is stored of sessions.
const SESSIONS: &str = "return [0, 1].map(slot => sessionStorage.getItem(`mqttscope.session.${slot}`))
    .filter(kept => kept)";
/// The connection and the direction of the rows of a packet.
const ROWS: &str = "return [...document.querySelectorAll(`#log-table [data-packet=${arguments[0]}]`)]
    .map(row => [row.querySelector('.connection').textContent, row.dataset.kind])";
