//! Start from a link: what it fills in, what it asks before it connects, and how it is made.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::rows::clipboard;
use super::{connect, own_topic, publish, subscribe};
use crate::axe;
use crate::chain::Chain;
use crate::keys;
use crate::log::Kind;
use crate::stage::Stage;
use crate::wait::{self, Look};

/// A link that wants the page to connect: it asks first, and says where to; once the person agrees it connects, and
/// subscribes.
pub async fn connects_once_the_person_agrees(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let topic = own_topic("linked");
    let link = format!("{}?client_id=of-a-link&subscribe={topic}:1&connect=1", chain.page_url);
    let page = stage.open_url(&link).await?;
    page.wait_for_texts("dialog[open] dd", "the question", |said| {
        said.len() == 3 && said[0].ends_with("/mqttproxy") && said[1] == "of-a-link" && said[2] == topic
    })
    .await?;
    ensure!(page.status().await?.to_lowercase().contains("disconnected"), "it connects before it has asked");
    for (width, colours) in [(1280, "light"), (1280, "dark"), (400, "light")] {
        page.resize(width, 800).await?;
        page.prefer_colours(colours).await?;
        page.screenshot(&format!("ask-{width}-{colours}")).await?;
        let faults = axe::faults(&page).await?;
        ensure!(faults.is_empty(), "at {width} pixels, {colours}: {faults:#?}");
    }
    page.resize(1280, 1400).await?;
    page.button("Connect to it").click().await?;
    page.wait_for_status("connected as of-a-link").await?;
    page.log().wait_for("is a SUBACK", 0, |row| row.is(Kind::In, "SUBACK")).await?;
    let from = page.log().next_index().await?;
    publish(&page, &topic, 1, "it comes").await?;
    page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    ensure!(page.texts("dialog[open]").await?.is_empty(), "the question is still there");

    // Loaded again, which is not opened again, it asks no more, and still knows what the link has asked for.
    page.client().refresh().await?;
    wait::until("the page", async || match page.button("Connect").find().await {
        Ok(_) => Ok(Look::Ready(())),
        Err(error) => Ok(Look::NotYet(error.to_string())),
    })
    .await?;
    ensure!(page.texts("dialog[open]").await?.is_empty(), "it asks again");
    let from = page.log().next_index().await?;
    page.button("Connect").click().await?;
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
    Ok(())
}

/// Refused by Escape the page does not connect; the forms are filled in.
pub async fn does_not_connect_where_it_is_refused(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let link = format!("{}?client_id=of-a-link&connect=1", chain.page_url);
    let page = stage.open_url(&link).await?;
    page.wait_for_texts("dialog[open] dd", "the question", |said| !said.is_empty()).await?;
    ensure!(page.button("Do not connect").has_focus().await?, "the focus is not where nothing happens");
    page.press(keys::ESCAPE).await?;
    page.wait_for_texts("dialog[open]", "no question", <[String]>::is_empty).await?;
    ensure!(page.field("Client ID").value().await? == "of-a-link", "the form is not filled in");
    ensure!(page.log().next_index().await? == 0, "it has connected");
    // A link without the wish to connect asks nothing.
    let page = stage.open_url(&link.replace("&connect=1", "&connect=yes")).await?;
    ensure!(page.texts("dialog[open]").await?.is_empty(), "it asks though nobody wants it");
    Ok(())
}

/// A link that was copied brings form and subscriptions into another browser, and no password.
pub async fn is_copied_without_the_password(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Username").fill("someone").await?;
    page.field("Password").fill("hunter2").await?;
    page.field("Keep alive (seconds)").fill("17").await?;
    connect(&page, "of-a-copy").await?;
    let topic = own_topic("copied");
    subscribe(&page, &topic, 1).await?;
    page.execute(OPEN_MENU, vec![]).await?;
    page.button("Copy link").click().await?;
    let link = clipboard(&page).await?;
    ensure!(!link.contains("hunter2") && link.contains("client_id=of-a-copy"), "the link is {link}");
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;

    let page = stage.open_url(&link).await?;
    for (name, expected) in [
        ("Client ID", "of-a-copy"),
        ("Username", "someone"),
        ("Password", ""),
        ("Keep alive (seconds)", "17"),
    ] {
        let value = page.field(name).value().await?;
        ensure!(value == expected, "{name} is '{value}'");
    }
    page.wait_for_text(&format!("The link asks for {topic} (QoS 1)")).await?;
    page.field("Password").fill("hunter2").await?;
    page.button("Connect").click().await?;
    page.wait_for_status("connected as of-a-copy").await?;
    wait::until("the subscription", async || {
        let held = page.subscriptions().await?.concat();
        Ok(if held.contains(&topic) { Look::Ready(()) } else { Look::NotYet(held) })
    })
    .await?;
    // What was shown of the password is in no address either.
    let address = page.execute("return location.href", vec![json!(null)]).await?;
    ensure!(!address.as_str().context("no address")?.contains("hunter2"), "{address}");
    Ok(())
}

const OPEN_MENU: &str = "document.querySelector('.connections details').open = true";
