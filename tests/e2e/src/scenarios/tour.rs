//! Once through the page, for a browser or a server that the other scenarios do not run with.

use anyhow::{Result, ensure};

use super::{RECEIVED, SENT, check_same_id, connect, filter, own_topic, publish, select, subscribe};
use crate::chain::Chain;
use crate::log::{Kind, Row};
use crate::stage::Stage;

pub async fn from_connect_to_the_inspector(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "tourist").await?;
    let topic = own_topic("tour");
    subscribe(&page, &topic, 2).await?;

    let from = page.log().next_index().await?;
    publish(&page, &topic, 2, "Grüße from afar").await?;
    for exchange in [SENT[2], RECEIVED[2]] {
        let last = exchange.last().copied().unwrap_or_default();
        page.log().wait_for(&format!("is {last}"), from, |row| row.to_string() == last).await?;
        let rows = page.log().rows().await?.into_iter();
        let takes_part = |row: &Row| row.index >= from && exchange.contains(&row.to_string().as_str());
        let rows: Vec<Row> = rows.filter(takes_part).collect();
        ensure!(rows.iter().map(Row::to_string).eq(exchange.iter().copied()), "{rows:#?}");
        check_same_id(&rows)?;
        ensure!(
            rows[0].text.contains(&topic) && rows[0].text.contains("Grüße from afar"),
            "{}",
            rows[0].text
        );
    }

    page.field("Filter the log").fill("type:publish dir:in \"from afar\"").await?;
    filter::expect_count(&page, 1).await?;
    let found = page.log().found_rows().await?;
    ensure!(found.len() == 1 && found[0].is(Kind::In, "PUBLISH"), "found: {found:#?}");

    select(&page, &found[0]).await?;
    page.button("Payload").click().await?;
    page.wait_for_texts(".payload-line", "the payload", |it| it.concat().contains("Grüße from afar")).await?;
    page.button("Packet").click().await?;
    page.wait_for_texts(".subject-name strong", "the packet", |it| it == ["PUBLISH"]).await?;
    let has_topic = |leaves: &[String]| leaves.iter().any(|leaf| leaf.contains(&topic));
    page.wait_for_texts(".leaf", "the topic among the fields", has_topic).await?;
    page.button("Clear filter").click().await?;
    page.log().wait_for("the filter left out", from, |row| row.is(Kind::In, "PUBREC")).await?;
    Ok(())
}
