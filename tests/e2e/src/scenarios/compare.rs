//! Two packets beside each other: the message before on a topic, and a row that was marked.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{connect, own_topic, select, subscribe, wait_for_selected};
use crate::axe;
use crate::chain::Chain;
use crate::keys;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;

pub async fn the_message_before_is_one_click_away(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "compares").await?;
    let topic = own_topic("compare");
    subscribe(&page, &format!("{topic}/#"), 0).await?;
    let mut publisher = TcpClient::connect(chain.broker, "compared")?;
    let messages: [(&str, &[u8]); 6] = [
        ("json", br#"{"room":"kitchen","t":20.50,"old":[1,2]}"#),
        ("other", b"in between"),
        ("json", br#"{"t":21,"room":"kitchen","new":true}"#),
        ("text", b"first line\nthe cat sat\nlast line"),
        ("text", b"first line\nthe dog sat\nlast line"),
        ("bytes", b"\x00\x01\x02\x03"),
    ];
    let mut rows = Vec::new();
    for (name, payload) in messages {
        rows.push(receive(&page, &mut publisher, &format!("{topic}/{name}"), payload).await?);
    }

    select(&page, &rows[2]).await?;
    page.button("Compare").click().await?;
    let expected = ["$.t ≠changed: 20.50 → 21", "$.old −removed: [1,2]", "$.new +added: true"];
    expect_rows(&page, &expected).await?;
    expect_sides(&page, [&rows[0], &rows[2]]).await?;
    page.wait_for_texts(SAID, "what differs", |it| it.concat() == "1 value changed, 1 added, 1 removed.")
        .await?;
    let faults = axe::faults(&page).await?;
    ensure!(faults.is_empty(), "{faults:#?}");
    take_pictures(&page, "compare-json").await?;

    page.select("Compare the payloads as").choose("Bytes").await?;
    page.wait_for_texts(SAID, "bytes", |it| it.concat().contains("bytes differ")).await?;
    page.screenshot("compare-bytes").await?;
    page.select("Compare the payloads as").choose("Auto").await?;

    // The next row is compared as it is selected.
    select(&page, &rows[4]).await?;
    let expected = ["1 first line", "2−removed: the cat sat", "2+added: the dog sat", "3 last line"];
    expect_rows(&page, &expected.map(|row| row.replace("1 f", "1f").replace("3 l", "3l"))).await?;
    page.wait_for_texts(".compare-row del", "the word that was", |it| it == ["cat"]).await?;
    page.screenshot("compare-text").await?;
    select(&page, &rows[5]).await?;
    page.wait_for_text("The log holds no message before this one on its topic.").await?;

    // Two that have no more in common than a person wants.
    page.execute(CONTROL_CLICK, vec![json!(rows[1].index)]).await?;
    page.wait_for_texts(".row.to-compare", "the marked row", |it| it.len() == 1).await?;
    expect_sides(&page, [&rows[1], &rows[5]]).await?;
    wait_for_selected(&page, rows[5].index).await?;
    page.wait_for_texts(".compare-fields th", "fields that differ", |it| {
        it.iter().any(|name| name == "Topic Name")
    })
    .await?;

    // By keyboard, from the menu of a row.
    page.click_at(&format!("#row-{}", rows[4].index)).await?;
    wait_for_selected(&page, rows[4].index).await?;
    page.execute("document.getElementById('log-table').focus()", vec![]).await?;
    page.press(&format!("{}{}{}", keys::SHIFT, keys::F10, keys::RELEASE)).await?;
    page.wait_for_texts("#row-menu", "the menu", |it| !it.is_empty()).await?;
    page.button_of_menu("Compare with the message before on this topic").await?;
    expect_sides(&page, [&rows[3], &rows[4]]).await?;
    page.button(&format!("#{}", rows[3].index)).click().await?;
    wait_for_selected(&page, rows[3].index).await
}

/// Publishes from elsewhere, and waits for the row.
async fn receive(page: &Page, publisher: &mut TcpClient, topic: &str, payload: &[u8]) -> Result<Row> {
    let from = page.log().next_index().await?;
    publisher.publish(topic, payload, false)?;
    page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await
}

async fn expect_rows(page: &Page, expected: &[impl AsRef<str>]) -> Result<()> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<_> = expected.iter().map(|row| words(row.as_ref())).collect();
    page.wait_for_texts(".compare-row", &format!("{expected:?}"), |rows| {
        rows.iter().map(|row| words(row).replace(" ", "")).eq(expected.iter().map(|row| row.replace(" ", "")))
    })
    .await
    .map(drop)
}

async fn expect_sides(page: &Page, rows: [&Row; 2]) -> Result<()> {
    let expected = rows.map(|row| format!("#{}", row.index));
    let selector = ".compare-side strong, .compare-side button";
    page.wait_for_texts(selector, &format!("{expected:?}"), |it| it == expected).await.map(drop)
}

pub(super) async fn take_pictures(page: &Page, name: &str) -> Result<()> {
    for (width, colours) in [(1280, "light"), (1280, "dark"), (400, "light")] {
        page.prefer_colours(colours).await?;
        page.resize(width, 800).await?;
        if width == 400 {
            page.execute(SHOW_INSPECTOR, vec![]).await?;
        }
        page.screenshot(&format!("{name}-{width}-{colours}")).await?;
    }
    page.resize(1280, 800).await
}

const SAID: &str = ".compare-head [role=status]";
const SHOW_INSPECTOR: &str = "document.querySelector('nav.tabs [data-deed=show-inspector]').click()";
const CONTROL_CLICK: &str = "
const row = document.getElementById(`row-${arguments[0]}`);
row.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, ctrlKey: true, button: 0 }))";
