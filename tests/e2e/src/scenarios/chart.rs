//! Numbers of messages over time.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::compare::take_pictures;
use super::{connect, own_topic, select, selected, subscribe};
use crate::axe;
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::keys;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

pub async fn shows_numbers_over_time(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "charts").await?;
    let topic = own_topic("chart");
    subscribe(&page, &format!("{topic}/#"), 0).await?;
    let mut publisher = TcpClient::connect(chain.broker, "measures")?;
    let downloads = Downloads::of(&page).await?;
    for at in 0..MESSAGES {
        let payload = format!(r#"{{"room":"kitchen","t":[{}.5]}}"#, 20 + at % 7);
        publisher.publish(&format!("{topic}/json"), payload.as_bytes(), false)?;
        publisher.publish(&format!("{topic}/number"), format!("{at}").as_bytes(), false)?;
        // Spread over time, so that there is something to see.
        tokio::time::sleep(Duration::from_millis(8)).await;
    }
    let last = format!("{}", MESSAGES - 1);
    let row = page
        .log()
        .wait_for("is the last number", 0, |row| row.is(Kind::In, "PUBLISH") && row.text.ends_with(&last))
        .await?;

    // From a number of the payload.
    select(&page, &row).await?;
    page.button("Payload").click().await?;
    page.wait_for_texts("[data-chart-line]", "its button", |it| !it.is_empty()).await?;
    page.button(&format!("Chart {last}")).click().await?;
    expect_lines(&page, &[&format!("{topic}/number")]).await?;

    // From a topic, whose last message is JSON.
    page.button("Topics").click().await?;
    page.button("Expand all").click().await?;
    page.wait_for_texts(".tree-of-topics .topic-name", "its line", |it| it.iter().any(|it| it == "json"))
        .await?;
    page.click_at(&format!(".topic-line[title='{topic}/json']")).await?;
    page.wait_for_texts(".topic-full", "the chosen topic", |it| it.concat().ends_with("/json")).await?;
    page.click_at(".topics [data-action=chart]").await?;
    expect_lines(&page, &[&format!("{topic}/number"), &format!("{topic}/json $.t[0]")]).await?;
    page.button("Close the topics").click().await?;
    // A click on the topic has made a filter of it.
    page.button("Clear filter").click().await?;
    let said = format!("{} points", 2 * MESSAGES);
    page.wait_for_texts(SAID, &said, |it| it.concat() == said).await?;

    // As it is typed: what is wrong with it is said.
    page.field("Topic of the line").fill(&format!("{topic}/json")).await?;
    page.field("Path of the number").fill("t[").await?;
    page.button("Add line").click().await?;
    page.wait_for_texts(SAID, "a fault", |it| it.concat().starts_with("That is no path")).await?;
    page.field("Path of the number").fill("room").await?;
    page.press(keys::ENTER).await?;
    page.wait_for_texts(".plot-legend li", "a line without points", |it| {
        it.len() == 3 && it[2].contains(&format!("{MESSAGES} without a number"))
    })
    .await?;
    page.button(&format!("Remove the line {topic}/json $.room")).click().await?;
    expect_lines(&page, &[&format!("{topic}/number"), &format!("{topic}/json $.t[0]")]).await?;

    let faults = axe::faults(&page).await?;
    ensure!(faults.is_empty(), "{faults:#?}");
    take_pictures(&page, "chart").await?;
    let table = page.texts(".plot-values tbody tr").await?;
    ensure!(table.len() > 4 && table[0].contains("number"), "the table has {table:?}");

    // By keys: closer, pointed at the last value, and at the first, and its row.
    let whole = path(&page).await?;
    page.execute("document.getElementById('chart-plot').focus()", vec![]).await?;
    page.press("++").await?;
    wait_for_other(&page, &whole).await?;
    page.press("0").await?;
    page.press(keys::END).await?;
    page.wait_for_texts(SAID, "the last values", |it| it.concat().contains(&format!("number {last}")))
        .await?;
    page.press(keys::HOME).await?;
    page.press(keys::ENTER).await?;
    wait::until("the row of the point", async || {
        let selected = selected(&page).await?;
        let is_it = selected.is_some_and(|it| it < row.index - MESSAGES as u64);
        Ok(if is_it { Look::Ready(()) } else { Look::NotYet(format!("{selected:?}")) })
    })
    .await?;

    // By pointer: a part of the time, and back.
    let whole = path(&page).await?;
    page.drag("#chart-plot", (200.0, 0.0)).await?;
    wait_for_other(&page, &whole).await?;
    page.button("Whole time").click().await?;
    page.execute(WHEEL, vec![]).await?;
    wait_for_other(&page, &whole).await?;

    page.button("Save all points as CSV").click().await?;
    let csv = String::from_utf8(downloads.next("csv").await?)?;
    let lines: Vec<_> = csv.split_terminator("\r\n").collect();
    ensure!(lines.len() == 2 * MESSAGES + 1, "{} lines", lines.len());
    ensure!(
        lines[0] == "time,topic,path,value" && lines[1].ends_with(&format!("{topic}/number,$,0")),
        "{csv}"
    );
    ensure!(lines[MESSAGES + 1].ends_with(&format!("{topic}/json,$.t[0],20.5")), "{}", lines[MESSAGES + 1]);
    page.button("Save as PNG").click().await?;
    let png = downloads.next("png").await?;
    ensure!(png.starts_with(b"\x89PNG") && png.len() > 2_000, "{} bytes are no picture", png.len());
    std::fs::write(crate::environment::screenshots().join("chart-saved.png"), &png)?;
    Ok(())
}

async fn expect_lines(page: &Page, names: &[&str]) -> Result<()> {
    page.wait_for_texts(".plot-name", &format!("{names:?}"), |it| it == names).await.map(drop)
}

/// What is drawn of the first line.
async fn path(page: &Page) -> Result<Value> {
    page.execute("return document.querySelector('.plot-line')?.getAttribute('d') ?? null", vec![]).await
}

async fn wait_for_other(page: &Page, before: &Value) -> Result<()> {
    wait::until("another part of the chart", async || {
        let now = path(page).await?;
        Ok(if now != *before && now != json!(null) {
            Look::Ready(())
        } else {
            Look::NotYet("the same".into())
        })
    })
    .await
}

const MESSAGES: usize = 40;
const SAID: &str = ".plot-head [role=status]";
const WHEEL: &str = "
const plot = document.getElementById('chart-plot').getBoundingClientRect();
const at = { clientX: plot.left + plot.width / 2, clientY: plot.top + 40, deltaY: -100, bubbles: true, cancelable: true };
document.getElementById('chart-plot').dispatchEvent(new WheelEvent('wheel', at))";
