//! 100,000 packets: all are in the log, few are in the page, and everything goes on as before.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

use super::export::{PCAPNG, export};
use super::{connect, filter, wait_for_selected};
use crate::broker::Act;
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::keys;
use crate::page::Page;
use crate::stage::Stage;
use crate::temporary::TemporaryFolder;
use crate::tshark;
use crate::wait::{self, Look};

const MESSAGES: u32 = 100_000;

/// A broker that sends them all at once, so that none can be lost on the way.
pub fn script() -> Vec<Act> {
    let messages = (0..MESSAGES).flat_map(|number| {
        let body = format!("\0\x0dmany/topic-{:02}message {number:05}", number % 100);
        [vec![0x30, body.len() as u8], body.into_bytes()].concat()
    });
    vec![Act::Receive, Act::send("20 02 00 00"), Act::Send(messages.collect()), Act::Stay]
}

pub async fn stay_usable(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "many").await?;
    wait::until_within(Duration::from_secs(60), "the last message at the tail", async || {
        let rows = page.log().visible_rows().await?;
        let shown = rows.last().map(|row| row.text.clone()).unwrap_or_default();
        Ok(if shown.contains("message 99999") { Look::Ready(()) } else { Look::NotYet(shown) })
    })
    .await?;
    let rows = page.log().visible_rows().await?;
    let first = rows.last().map_or(0, |row| row.index) + 1 - u64::from(MESSAGES);
    let count = page.texts(".log-head .count").await?.concat();
    ensure!(count.starts_with("100,00"), "the log says: {count}");
    ensure!(rows.len() < 200, "{} rows are in the page", rows.len());

    // To any place, by number and by the scroll bar.
    let middle = first + 50_000;
    page.press(&format!("g{middle}{}", keys::ENTER)).await?;
    wait_for_selected(&page, middle).await?;
    ensure!(page.texts(&format!("#row-{middle}")).await?.concat().contains("message 50000"), "another row");
    for (part, number) in [(0.25, 25_000), (1.0, 99_999), (0.0, 0)] {
        let script = "const table = document.getElementById('log-table');
            table.scrollTop = (table.scrollHeight - table.clientHeight) * arguments[0]";
        page.execute(script, vec![json!(part)]).await?;
        wait::until("the rows of that place", async || {
            let rows = page.log().visible_rows().await?;
            let seen = rows.first().zip(rows.last()).map(|(first, last)| (first.index, last.index));
            let is_there =
                seen.is_some_and(|(from, to)| (from.saturating_sub(60)..to + 60).contains(&(number + first)));
            Ok(if is_there { Look::Ready(()) } else { Look::NotYet(format!("{part}: {seen:?}")) })
        })
        .await?;
    }

    page.field("Filter the log").fill("topic:many/topic-42 \"42\"").await?;
    filter::expect_count(&page, 1_000).await?;
    page.field("Filter the log").fill("message 99942").await?;
    filter::expect_count(&page, 1).await?;
    page.button("Clear filter").click().await?;

    let downloads = Downloads::of(&page).await?;
    cancel(&page, &downloads).await?;
    let file = export(&page, &downloads, PCAPNG, "The whole log").await?;
    let folder = TemporaryFolder::new()?;
    let path = folder.write("many.pcapng", &file)?;
    let topics = tshark::fields(&path, "mqtt.msgtype == 3", &["mqtt.topic"])?;
    ensure!(topics.len() == MESSAGES as usize, "tshark reads {} messages", topics.len());
    let last = topics.last().context("no message")?;
    ensure!(last == "many/topic-99", "the last topic is {last}");

    // A pcapng file may have several sections: this one has ten.
    let path = folder.write("more.pcapng", &file.repeat(10))?;
    cancel_import(&page, &path).await
}

/// Begins an export and cancels it as soon as there is a button for that.
async fn cancel(page: &Page, downloads: &Downloads) -> Result<()> {
    page.select("Format").choose("JSON Lines").await?;
    page.button("Export").find().await?;
    let cancelled = page.execute_async(CANCEL, vec![]).await?;
    ensure!(cancelled == json!("cancelled"), "{cancelled}");
    page.wait_for_texts("progress", "no progress", <[String]>::is_empty).await?;
    let files = downloads.files()?;
    ensure!(files.is_empty(), "what was cancelled was saved all the same: {files:?}");
    Ok(())
}

/// Begins to open a capture and cancels it: what was read until then stays.
async fn cancel_import(page: &Page, path: &Path) -> Result<()> {
    page.file("Capture").upload(path).await?;
    wait::until("a file that is being read", async || {
        let count = page.texts(".log-head .count").await?.concat();
        let is_begun = page.execute(CANCEL_IMPORT, vec![]).await? == json!(true);
        Ok(if is_begun { Look::Ready(()) } else { Look::NotYet(count) })
    })
    .await?;
    let said = page.file("Capture").wait_for_description().await?;
    ensure!(said.starts_with("Cancelled"), "it says: {said}");
    let end = "return document.querySelector('.log-head .count').textContent";
    let count = page.execute(end, vec![]).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    ensure!(page.execute(end, vec![]).await? == count, "it was read further than {count}");
    let rows: u32 =
        count.as_str().unwrap_or_default().replace(|it: char| !it.is_ascii_digit(), "").parse()?;
    ensure!((1..10 * MESSAGES).contains(&rows), "{count} were read");
    Ok(())
}

/// Says whether there was something to cancel.
const CANCEL_IMPORT: &str = r"
const cancel = document.querySelector('[data-deed=cancel-import]');
const [done] = document.querySelectorAll('progress');
if (!cancel || !done || done.value === 0) return false;
cancel.click();
return true;
";

const CANCEL: &str = r"
const [done] = arguments;
const look = () => {
  const cancel = document.querySelector('[data-deed=cancel-export]');
  if (!cancel) return;
  observer.disconnect();
  cancel.click();
  done('cancelled');
};
const observer = new MutationObserver(look);
observer.observe(document.body, { subtree: true, childList: true });
document.querySelector('#export-form [type=submit]').click();
";
