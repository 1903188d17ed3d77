//! The field that filters and searches the log.

use anyhow::{Result, ensure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{connect, own_topic, publish_to_itself, subscribe, wait_for_selected};
use crate::chain::Chain;
use crate::keys;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

const FIELD: &str = "Filter the log";

/// Whether a filter is to leave a row.
type Holds = fn(&Row) -> bool;

pub async fn leaves_what_it_names(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "filters").await?;
    let topic = own_topic("filters");
    publish_to_itself(&page, &topic).await?;

    let filters: [(&str, Holds); 12] = [
        ("alpha", |row| row.text.contains("alpha")),
        ("BETA tw", |row| row.text.contains("beta two")),
        ("\"a three\"", |row| row.text.contains("gamma three")),
        ("type:publish", |row| row.packet == "PUBLISH"),
        ("type:publish qos:2", |row| row.packet == "PUBLISH" && row.qos() == 2),
        ("type:puback,pubcomp dir:in", |row| row.is(Kind::In, "PUBACK") || row.is(Kind::In, "PUBCOMP")),
        ("not type:publish", |row| row.packet != "PUBLISH"),
        ("-event dir:out", |row| row.kind == Kind::Out),
        ("event or type:connack", |row| row.is_event() || row.packet == "CONNACK"),
        ("(type:pubrec or type:pubrel) -dir:in", |row| {
            row.is(Kind::Out, "PUBREC") || row.is(Kind::Out, "PUBREL")
        }),
        ("size:>20 dir:in", |row| row.kind == Kind::In && row.len > Some(20)),
        ("payload:/^(alp|gam)[a-z]+ /", |row| row.text.contains("alpha") || row.text.contains("gamma")),
    ];
    let all = page.log().rows().await?;
    for (filter, holds) in filters {
        let expected: Vec<&Row> = all.iter().filter(|row| holds(row)).collect();
        ensure!(!expected.is_empty() && expected.len() < all.len(), "'{filter}' tells nothing apart here");
        page.field(FIELD).fill(filter).await?;
        expect_rows(&page, filter, &expected).await?;
        expect_count(&page, expected.len()).await?;
    }

    page.button("Clear filter").click().await?;
    expect_rows(&page, "no filter", &all.iter().collect::<Vec<_>>()).await
}

pub async fn says_where_it_is_wrong(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "mistakes").await?;
    publish_to_itself(&page, &own_topic("mistakes")).await?;
    let all = page.log().rows().await?;
    let acknowledgements: Vec<&Row> = all.iter().filter(|row| row.packet == "PUBACK").collect();

    page.field(FIELD).fill("type:puback").await?;
    expect_rows(&page, "type:puback", &acknowledgements).await?;
    for (wrong, place) in [
        ("type:puback colour:red", "colour:"),
        ("type:puback size:many", "many"),
        ("type:puback (qos:1", "("),
        ("type:puback payload:/[a/", "["),
    ] {
        // At once: what a person types on the way there are filters without a mistake.
        page.field(FIELD).paste(wrong).await?;
        let error = page.field(FIELD).wait_for_error().await?;
        let marked = page.texts(".filter-error mark").await?.concat();
        ensure!(marked.contains(place), "'{marked}' is marked in {wrong}: {error}");
        expect_rows(&page, wrong, &acknowledgements).await?;
    }
    page.screenshot("filter-error").await?;
    page.field(FIELD).paste("type:puback").await?;
    page.wait_for_texts(".filter-error", "no error", <[String]>::is_empty).await?;
    Ok(())
}

pub async fn completes(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "completes").await?;

    page.field(FIELD).fill("type:pubr").await?;
    expect_offers(&page, &["pubrec", "pubrel"]).await?;
    page.press(keys::ARROW_DOWN).await?;
    page.wait_for_texts("[data-offer][aria-selected=true] code", "the choice", |it| it == ["pubrec"]).await?;
    page.screenshot("filter-offers").await?;
    page.press(keys::ENTER).await?;
    expect_value(&page, "type:pubrec ").await?;

    page.press("qo").await?;
    expect_offers(&page, &["qos:"]).await?;
    page.press(keys::ARROW_DOWN).await?;
    page.press(keys::TAB).await?;
    expect_value(&page, "type:pubrec qos:").await?;
    ensure!(page.field(FIELD).has_focus().await?, "Tab took a suggestion and left the field");

    expect_offers(&page, &["0", "1", "2", ">0"]).await?;
    page.click_at("[data-offer='1']").await?;
    expect_value(&page, "type:pubrec qos:1 ").await?;
    ensure!(page.field(FIELD).has_focus().await?, "the field lost the focus to the mouse");

    page.press(keys::ESCAPE).await?;
    expect_offers(&page, &[]).await?;
    page.press(keys::ESCAPE).await?;
    let focused = page.execute("return document.activeElement.id", vec![]).await?;
    ensure!(focused == "log-table", "Escape led to {focused}");
    Ok(())
}

/// Keys that an input method takes make characters, whatever they are called: nothing is taken, closed or sent by them.
pub async fn leaves_keys_to_input_methods(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "composes").await?;
    let before = page.log().packets().await?.len();
    let composed = "const [id, key, control] = arguments;
        const options = { key, ctrlKey: control, isComposing: true, bubbles: true, cancelable: true };
        document.getElementById(id).dispatchEvent(new KeyboardEvent('keydown', options))";
    let press = async |id: &str, key: &str, control: bool| {
        page.execute(composed, vec![json!(id), json!(key), json!(control)]).await.map(drop)
    };
    press("message", "Enter", true).await?;

    page.field(FIELD).fill("type:pubr").await?;
    expect_offers(&page, &["pubrec", "pubrel"]).await?;
    page.press(keys::ARROW_DOWN).await?;
    for key in ["Enter", "Tab", "Escape", "ArrowDown"] {
        press("log-filter", key, false).await?;
    }
    page.wait_for_texts("[data-offer][aria-selected=true] code", "the choice", |it| it == ["pubrec"]).await?;
    expect_value(&page, "type:pubr").await?;
    page.press(keys::ENTER).await?;
    expect_value(&page, "type:pubrec ").await?;

    page.field(FIELD).fill("").await?;
    page.press(keys::ESCAPE).await?;
    let after = page.log().packets().await?.len();
    ensure!(after == before, "Ctrl+Enter has sent {} packets", after - before);
    Ok(())
}

pub async fn remembers(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    for filter in ["type:publish qos:2", "violation"] {
        page.field(FIELD).fill(filter).await?;
        page.press(keys::ENTER).await?;
    }
    let page = page.reload().await?;
    page.press_with_control("f").await?;
    ensure!(page.field(FIELD).has_focus().await?, "Ctrl+F does not lead to the filter");
    page.press(keys::ARROW_DOWN).await?;
    let offered = page.wait_for_texts("[data-offer] code", "what was used before", |it| it.len() > 2).await?;
    ensure!(offered[..2] == ["violation", "type:publish qos:2"], "offered: {offered:?}");
    page.press(&keys::ARROW_DOWN.repeat(2)).await?;
    page.press(keys::ENTER).await?;
    expect_value(&page, "type:publish qos:2 ").await
}

pub async fn is_live_and_leads_from_match_to_match(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "live").await?;
    let topic = own_topic("live");
    subscribe(&page, &format!("{topic}/#"), 0).await?;
    page.field(FIELD).fill(&format!("type:publish topic:{topic}/hot")).await?;
    expect_count(&page, 0).await?;

    let mut publisher = TcpClient::connect(chain.broker, "thermometer")?;
    for number in 0..3 {
        publisher.publish(&format!("{topic}/hot"), format!("hot {number}").as_bytes(), false)?;
        publisher.publish(&format!("{topic}/cold"), b"cold", false)?;
        expect_count(&page, number + 1).await?;
    }
    let found = page.log().found_rows().await?;
    ensure!(found.len() == 3 && found.iter().all(|row| row.text.contains("hot")), "found: {found:#?}");

    page.checkbox("Show all rows").set(true).await?;
    page.wait_for_texts(".row.found", "three marked rows", |rows| rows.len() == 3).await?;
    let all = page.log().rows().await?;
    ensure!(all.len() > 6, "only {} rows are shown", all.len());
    let matches: Vec<u64> = found.iter().map(|row| row.index).collect();

    page.press_with_control("f").await?;
    for (forward, place) in [(true, 0), (true, 1), (true, 2), (true, 0), (false, 2), (false, 1)] {
        match forward {
            true => page.press(keys::F3).await?,
            false => page.press_with_shift(keys::F3).await?,
        }
        wait_for_selected(&page, matches[place]).await?;
    }
    page.button("Next match (F3)").click().await?;
    wait_for_selected(&page, matches[2]).await?;
    page.button("Previous match (Shift+F3)").click().await?;
    wait_for_selected(&page, matches[1]).await?;
    page.screenshot("filter-matches").await
}

/// Each key draws the page anew, and so do packets meanwhile: what a person types must all be there.
pub async fn loses_no_character(stage: &Stage, chain: &mut Chain) -> Result<()> {
    const TYPED: &str = "topic:sport/+/ranking or payload:/[0-9]{1,4}\\.[0-9]+/i or (type:publish,puback qos:>0 \
        not dup) or size:>=1k or client:abc or the quick brown fox jumps over the lazy dog";
    let page = stage.open(chain).await?;
    connect(&page, "types").await?;
    let topic = own_topic("types");
    subscribe(&page, &topic, 0).await?;

    let (is_over, broker) = (Arc::new(AtomicBool::new(false)), chain.broker);
    let busy = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || -> Result<()> {
            let mut publisher = TcpClient::connect(broker, "chatters")?;
            while !is_over.load(Ordering::Relaxed) {
                for _ in 0..5 {
                    publisher.publish(&topic, b"the quick brown fox", false)?;
                }
                thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }
    });
    page.wait_for_texts("#log-table .row.loud", "messages", |it| !it.is_empty()).await?;
    let mut typed = Vec::new();
    for _ in 0..3 {
        page.field(FIELD).fill(TYPED).await?;
        typed.push(page.field(FIELD).value().await?);
    }
    is_over.store(true, Ordering::Relaxed);
    busy.join().unwrap_or_else(|_| anyhow::bail!("the publisher panicked"))?;
    for value in typed {
        ensure!(value == TYPED, "typed:   {TYPED}\nthere is: {value}");
    }
    Ok(())
}

async fn expect_rows(page: &Page, filter: &str, expected: &[&Row]) -> Result<()> {
    let expected: Vec<u64> = expected.iter().map(|row| row.index).collect();
    wait::until(&format!("the rows that '{filter}' leaves, {expected:?}"), async || {
        let found: Vec<u64> = page.log().found_rows().await?.iter().map(|row| row.index).collect();
        Ok(if found == expected { Look::Ready(()) } else { Look::NotYet(format!("{found:?}")) })
    })
    .await
}

/// Waits until the bar says that so many rows match.
pub(super) async fn expect_count(page: &Page, count: usize) -> Result<()> {
    let digits = |texts: &[String]| texts.concat().chars().filter(char::is_ascii_digit).collect::<String>();
    let is_it = |texts: &[String]| digits(texts) == count.to_string();
    page.wait_for_texts(".filter-found .count", &format!("{count} matches"), is_it).await?;
    Ok(())
}

async fn expect_offers(page: &Page, expected: &[&str]) -> Result<()> {
    page.wait_for_texts("[data-offer] code", &format!("the suggestions {expected:?}"), |it| it == expected)
        .await?;
    Ok(())
}

async fn expect_value(page: &Page, expected: &str) -> Result<()> {
    wait::until(&format!("the filter '{expected}'"), async || {
        let value = page.field(FIELD).value().await?;
        Ok(if value == expected { Look::Ready(()) } else { Look::NotYet(value) })
    })
    .await
}
