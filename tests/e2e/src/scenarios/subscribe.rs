//! SUBSCRIBE and UNSUBSCRIBE: granted QoS, wildcards, and what is delivered.

use anyhow::{Context, Result, ensure};

use super::{RECEIVED, connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::wait::{self, Look};

/// All nine pairs: delivered is the lower of what was published and what was granted.
pub async fn grants_and_delivers_each_qos(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let subscriber = stage.open(chain).await?;
    let publisher = stage.open(chain).await?;
    connect(&subscriber, "subscriber").await?;
    connect(&publisher, "publisher").await?;

    for requested in 0..=2_u8 {
        let topic = own_topic(&format!("granted-{requested}"));
        subscribe(&subscriber, &topic, requested).await?;
        let entry = entry(&subscriber, &topic).await?;
        let granted = format!("granted QoS {requested}").to_lowercase();
        ensure!(entry.to_lowercase().contains(&granted), "not '{granted}': {entry}");

        for published in 0..=2_u8 {
            let from = subscriber.log().next_index().await?;
            publish(&publisher, &topic, published, "as agreed").await?;
            let delivered = usize::from(requested.min(published));
            subscriber.log().wait_for_packets(from, RECEIVED[delivered]).await?;
        }
    }
    Ok(())
}

pub async fn wildcards(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "wildcards").await?;
    let root = own_topic("wild");
    subscribe(&page, &format!("{root}/+/level"), 0).await?;
    subscribe(&page, &format!("{root}/all/#"), 0).await?;

    for (topic, matches) in
        [("one/level", true), ("one/two/level", false), ("all", true), ("all/of/them", true), ("else", false)]
    {
        let from = page.log().next_index().await?;
        // The handshake at QoS 2 ends after the broker has passed the message on.
        publish(&page, &format!("{root}/{topic}"), 2, topic).await?;
        page.log().wait_for("is a PUBCOMP", from, |row| row.packet == "PUBCOMP").await?;
        if matches {
            let is_it = |row: &crate::log::Row| row.is(Kind::In, "PUBLISH") && row.text.contains(topic);
            page.log().wait_for(&format!("is the message to {topic}"), from, is_it).await?;
        } else {
            let marker = format!("{root}/all/marker");
            publish(&page, &marker, 0, "marker").await?;
            let is_marker = |row: &crate::log::Row| row.is(Kind::In, "PUBLISH");
            let first = page.log().wait_for("is the marker", from, is_marker).await?;
            ensure!(first.text.contains("marker"), "{topic} came through: {}", first.text);
        }
    }
    Ok(())
}

pub async fn unsubscribes(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "unsubscribes").await?;
    let (left, kept) = (own_topic("left"), own_topic("kept"));
    subscribe(&page, &left, 1).await?;
    subscribe(&page, &kept, 1).await?;

    let from = page.log().next_index().await?;
    page.unsubscribe(&left).await?;
    page.log().wait_for_packets(from, &["out UNSUBSCRIBE", "in UNSUBACK"]).await?;
    let subscriptions = page.subscriptions().await?;
    ensure!(subscriptions.len() == 1 && subscriptions[0].contains(&kept), "{subscriptions:?}");

    let from = page.log().next_index().await?;
    publish(&page, &left, 0, "nobody listens").await?;
    publish(&page, &kept, 0, "somebody does").await?;
    let expected = ["out PUBLISH QoS 0", "out PUBLISH QoS 0", "in PUBLISH QoS 0"];
    let rows = page.log().wait_for_packets(from, &expected).await?;
    ensure!(rows[2].text.contains("somebody does"), "{}", rows[2].text);
    Ok(())
}

async fn entry(page: &Page, filter: &str) -> Result<String> {
    let entries = page.subscriptions().await?;
    let entry = entries.iter().find(|entry| entry.contains(filter));
    entry.cloned().with_context(|| format!("{filter} is not among {entries:?}"))
}

/// A line each, with one packet; what comes to one of them is left out of the log while it is muted.
pub async fn several_at_once(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "several").await?;
    let (quiet, loud) = (own_topic("quiet"), own_topic("loud"));
    let from = page.log().next_index().await?;
    page.field("Topic filter").paste(&format!("{quiet}\n{loud}")).await?;
    page.button("Subscribe").click().await?;
    page.log().wait_for_packets(from, &["out SUBSCRIBE", "in SUBACK"]).await?;
    ensure!(page.subscriptions().await?.len() == 2, "{:?}", page.subscriptions().await?);

    page.button(&format!("Mute {quiet}")).click().await?;
    publish(&page, &quiet, 0, "nobody sees it").await?;
    publish(&page, &loud, 0, "somebody does").await?;
    let messages = wait::until("the message", async || {
        // A row that is left out leaves a gap.
        let rows = page.log().found_rows().await?;
        let messages: Vec<_> = rows.into_iter().filter(|row| row.is(Kind::In, "PUBLISH")).collect();
        Ok(if messages.is_empty() { Look::NotYet("no message".into()) } else { Look::Ready(messages) })
    })
    .await?;
    ensure!(messages.len() == 1 && messages[0].text.contains("somebody does"), "{messages:?}");

    page.button("Unsubscribe all").click().await?;
    wait::until("no subscription", async || {
        let left = page.subscriptions().await?;
        Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
    })
    .await
}
