//! Connections by name: saved, filled in again, with their subscriptions; and one that goes on after a reload.

use anyhow::{Result, ensure};

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::stage::Stage;
use crate::wait::{self, Look};

/// Two connections by name: each fills the forms with its own, and asks for what it was subscribed to.
pub async fn are_saved_by_name(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Client ID").fill("of-the-plant").await?;
    page.button("New connection").click().await?;
    page.field("Name").fill("the plant").await?;
    page.button("New connection").click().await?;
    let id = page.field("Client ID").value().await?;
    ensure!(id != "of-the-plant" && !id.is_empty(), "the client id of a new connection is '{id}'");

    let page = page.reload().await?;
    page.button("the plant").click().await?;
    wait::until("the form of the plant", async || {
        let id = page.field("Client ID").value().await?;
        Ok(if id == "of-the-plant" { Look::Ready(()) } else { Look::NotYet(id) })
    })
    .await?;
    connect(&page, "of-the-plant").await?;
    let topic = own_topic("saved");
    subscribe(&page, &topic, 1).await?;
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;

    let from = page.log().next_index().await?;
    connect(&page, "of-the-plant").await?;
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
    publish(&page, &topic, 0, "it comes").await?;
    page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    Ok(())
}

/// A reload in the middle: the session that the broker has kept goes on, with what came meanwhile.
pub async fn go_on_after_a_reload(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.checkbox("Clean session").set(false).await?;
    connect(&page, "stays").await?;
    let topic = own_topic("reload");
    subscribe(&page, &topic, 1).await?;
    let other = stage.open(chain).await?;
    connect(&other, "goes-on").await?;

    let page = page.reload().await?;
    ensure!(page.field("Client ID").value().await? == "stays", "the forms are not as they were");
    let from = other.log().next_index().await?;
    publish(&other, &topic, 1, "meanwhile").await?;
    other.log().wait_for("is the PUBACK", from, |row| row.is(Kind::In, "PUBACK")).await?;

    connect(&page, "stays").await?;
    let is_it = |row: &Row| row.is(Kind::In, "PUBLISH") && row.text.contains("meanwhile");
    page.log().wait_for("is what came meanwhile", 0, is_it).await?;
    let listed = page.subscriptions().await?;
    ensure!(listed.iter().any(|it| it.contains(&topic)), "{topic} is not among {listed:?}");
    let asked = page.log().found_rows().await?.iter().filter(|row| row.is(Kind::Out, "SUBSCRIBE")).count();
    ensure!(asked == 0, "it asked {asked} times for what the broker holds");
    Ok(())
}
