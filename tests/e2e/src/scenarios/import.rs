//! Captures and exports, opened in the page.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::export::{JSON_LINES, PCAPNG, export, page_with_password};
use super::{connect, own_topic, publish_to_itself};
use crate::bytes::from_hex;
use crate::capture::Capture;
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::log::Row;
use crate::page::Page;
use crate::stage::Stage;
use crate::temporary::TemporaryFolder;
use crate::wait::{self, Look};

/// What was exported comes back with the same rows, in a page that was never connected.
pub async fn its_own_exports(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, topic) = page_with_password(stage, chain, "round-trip").await?;
    publish_to_itself(&page, &topic).await?;
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    let downloads = Downloads::of(&page).await?;
    let before = page.log().rows().await?;

    let folder = TemporaryFolder::new()?;
    for format in [JSON_LINES, PCAPNG] {
        let file = export(&page, &downloads, format, "The whole log").await?;
        let path = folder.write(&format!("log.{}", format.1), &file)?;
        let viewer = stage.open(chain).await?;
        viewer.file("Capture").upload(&path).await?;
        let said = viewer.file("Capture").wait_for_description().await?;
        let packets = before.iter().filter(|row| !row.is_event()).count();
        ensure!(said.contains(&format!("{packets} packets")), "it says: {said}");
        let after = viewer.log().packets().await?;
        let expected = before.iter().filter(|row| !row.is_event()).map(facts);
        ensure!(after.iter().map(facts).eq(expected), "{}: {after:#?}", format.0);
    }

    // A file can be added to what is there.
    let file = export(&page, &downloads, JSON_LINES, "The whole log").await?;
    let path = folder.write("again.jsonl", &file)?;
    page.select("What it does to the log").choose("Add to it").await?;
    page.file("Capture").upload(&path).await?;
    page.file("Capture").wait_for_description().await?;
    let twice = page.log().packets().await?.len();
    let once = before.iter().filter(|row| !row.is_event()).count();
    ensure!(twice == 2 * once, "{once} packets became {twice}");
    Ok(())
}

/// A capture of another tool: segments that do not end where packets end, and no gateway. Packed by gzip it is the same.
pub async fn a_capture_of_others(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let folder = TemporaryFolder::new()?;
    let page = stage.open(chain).await?;
    let packed = others().into_gzip();
    let cut = folder.write("cut.pcap.gz", &packed[..packed.len() - 100])?;
    let said = open_broken(&page, &cut).await?;
    ensure!(said.contains("packed by gzip is cut"), "it says: {said}");
    for (name, file) in [("others.pcap.gz", packed), ("others.pcap", others().into_bytes())] {
        let page = stage.open(chain).await?;
        page.file("Capture").upload(&folder.write(name, &file)?).await?;
        let said = page.file("Capture").wait_for_description().await?;
        ensure!(said.contains("pcap: 6 packets of 1 connection"), "{name} says: {said}");
    }

    let page = stage.open(chain).await?;
    page.file("Capture").upload(&folder.write("others.pcap", &others().into_bytes())?).await?;
    page.file("Capture").wait_for_description().await?;
    let expected =
        ["out CONNECT", "in CONNACK", "out PUBLISH QoS 1", "out PINGREQ", "in PUBACK", "in PINGRESP"];
    let rows = page.log().wait_for_packets(0, &expected).await?;
    ensure!(rows[2].text.contains("a/b") && rows[2].text.contains("hi"), "{}", rows[2].text);
    page.screenshot("import-capture").await?;

    // A log of its own: a connection goes on in it.
    connect(&page, "after-import").await?;
    publish_to_itself(&page, &own_topic("after-import")).await
}

fn others() -> Capture {
    let mut capture = Capture::new();
    capture.push(true, &from_hex("10 10 00 04 4d 51 54 54 04 02 00 3c 00 04 70 6c 61 6e"));
    capture.push(false, &from_hex("20 02 00"));
    capture.push(false, &from_hex("00"));
    capture.push(true, &from_hex("32 09 00 03 61 2f 62 00 07 68 69 c0 00"));
    capture.push(false, &from_hex("40 02 00 07 d0 00"));
    capture
}

/// In Berlin: a capture of July, opened on another day, and one over the hour of October that comes twice.
pub async fn days_have_their_own_local_time(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.dev_tools("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/Berlin" })).await?;
    let line = |number: usize, time: &str, micros: u64| {
        json!({ "number": number, "time": time, "time_us": micros, "direction": "out", "connection": 0,
            "version": "3.1.1", "raw": "c000" })
        .to_string()
    };
    let times = [
        ("2026-07-15T21:59:00.000000Z", 1_784_152_740_000_000),
        ("2026-07-15T22:01:00.000000Z", 1_784_152_860_000_000),
        ("2026-10-25T00:30:00.000000Z", 1_792_888_200_000_000),
        ("2026-10-25T01:30:00.000000Z", 1_792_891_800_000_000),
        ("2026-10-25T23:30:00.000000Z", 1_792_971_000_000_000),
    ];
    let lines: Vec<_> =
        times.iter().enumerate().map(|(number, (time, micros))| line(number, time, *micros)).collect();
    let folder = TemporaryFolder::new()?;
    let path = folder.write("days.jsonl", lines.join("\n").as_bytes())?;
    page.file("Capture").upload(&path).await?;
    page.file("Capture").wait_for_description().await?;

    let shown = [
        "2026-07-1523:59:00.000",
        "2026-07-1600:01:00.000",
        "2026-10-2502:30:00.000",
        "02:30:00.000",
        "2026-10-2600:30:00.000",
    ];
    let times = async || page.texts("#log-table [data-index] .time").await;
    wait::until("the local times", async || {
        let times: Vec<_> = times().await?.iter().map(|time| time.replace('\n', "")).collect();
        Ok(if times == shown { Look::Ready(()) } else { Look::NotYet(format!("{times:?}")) })
    })
    .await?;
    page.screenshot("local-time-of-days").await?;

    for (filter, found) in [("after:2026-07-16", 4), ("after:2026-07-15T23:58 before:02:30", 2)] {
        page.field("Filter the log").fill(filter).await?;
        wait::until("the filter", async || {
            let rows = page.texts("#log-table [data-index]").await?.len();
            Ok(if rows == found { Look::Ready(()) } else { Look::NotYet(format!("{filter}: {rows}")) })
        })
        .await?;
    }
    Ok(())
}

pub async fn a_broken_file(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "breaks").await?;
    publish_to_itself(&page, &own_topic("breaks")).await?;
    let downloads = Downloads::of(&page).await?;
    let folder = TemporaryFolder::new()?;

    let mut file = export(&page, &downloads, PCAPNG, "The whole log").await?;
    file.truncate(file.len() * 2 / 3);
    let said = open_broken(&page, &folder.write("cut.pcapng", &file)?).await?;
    ensure!(said.contains("the file ends within a block"), "it says: {said}");
    let rows = page.log().packets().await?;
    ensure!(rows.len() > 5 && rows[0].to_string() == "out CONNECT", "what could be read: {rows:#?}");

    let count = page.texts(".log-head .count").await?.concat();
    ensure!(!count.contains("dropped"), "what the file replaced was not dropped: {count}");
    let first = page.log().rows().await?.first().map(|row| row.index);
    ensure!(first == Some(0), "the rows of a file begin at {first:?}");

    let lines = b"{\"type\":\"PINGREQ\"}\nnonsense\n";
    let said = open_broken(&page, &folder.write("mixed.jsonl", lines)?).await?;
    ensure!(said.contains("could not be read") && said.contains("Broken at byte"), "it says: {said}");

    let said = open_broken(&page, &folder.write("letter.txt", b"Dear reader,")?).await?;
    ensure!(said.contains("neither pcapng nor pcap nor JSON Lines"), "it says: {said}");
    page.screenshot("import-broken").await
}

/// Captures anywhere on the page, one after the other; a payload on the card that publishes; and no folder.
pub async fn files_are_dropped(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let folder = TemporaryFolder::new()?;
    let file = |name: &str, raw: &str| {
        let line = json!({ "time_us": 1_784_152_740_000_000_u64, "direction": "out", "connection": 0,
            "version": "3.1.1", "raw": raw });
        folder.write(name, line.to_string().as_bytes())
    };
    let (first, second) = (file("first.jsonl", "c000")?, file("second.jsonl", "e000")?);
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner)?;

    let page = stage.open(chain).await?;
    drop_files(&page, "#log-table", &[&first, &second]).await?;
    page.log().wait_for_packets(0, &["out PINGREQ", "out DISCONNECT"]).await?;
    page.screenshot("import-dropped").await?;
    drop_files(&page, ".bar", &[&first]).await?;
    page.log().wait_for_packets(0, &["out PINGREQ"]).await?;

    drop_files(&page, "#log-table", &[&inner]).await?;
    wait::until("a word about the folder", async || {
        let said = page.file("Capture").description().await?;
        Ok(if said.contains("A folder cannot be opened") { Look::Ready(()) } else { Look::NotYet(said) })
    })
    .await?;
    page.log().wait_for_packets(0, &["out PINGREQ"]).await?;

    drop_files(&page, "#message", &[&second]).await?;
    page.wait_for_texts("#file-facts", "the file", |texts| texts.concat().contains("second.jsonl")).await?;
    let packets = page.log().packets().await?.len();
    ensure!(packets == 1, "a payload was opened as a capture: {packets} packets");
    Ok(())
}

/// Drops files in the middle of an element, as a person does from another window.
async fn drop_files(page: &Page, selector: &str, paths: &[&std::path::Path]) -> Result<()> {
    let script =
        "const { left, right, top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();
        return [(left + right) / 2, (top + bottom) / 2]";
    let middle = page.execute(script, vec![json!(selector)]).await?;
    for kind in ["dragEnter", "dragOver", "drop"] {
        let data = json!({ "items": [], "files": paths, "dragOperationsMask": 1 });
        let event = json!({ "type": kind, "x": middle[0], "y": middle[1], "data": data });
        page.dev_tools("Input.dispatchDragEvent", event).await?;
    }
    Ok(())
}

async fn open_broken(page: &Page, path: &std::path::Path) -> Result<String> {
    page.file("Capture").upload(path).await?;
    wait::until("a place where the file is broken", async || {
        let said = page.file("Capture").description().await?;
        Ok(if said.contains("Broken at byte") { Look::Ready(said) } else { Look::NotYet(said) })
    })
    .await
    .with_context(|| format!("{} is broken", path.display()))
}

/// What must be the same in another log; numbers and times of answers need not.
fn facts(row: &Row) -> (String, Option<u16>, Option<u64>) {
    (row.to_string(), row.id, row.len)
}
