//! Captures and exports, opened in the page.

use anyhow::{Context, Result, ensure};

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
