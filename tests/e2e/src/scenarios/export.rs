//! The log as a file, read by others.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{connect, filter, own_topic, publish_to_itself};
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::temporary::TemporaryFolder;
use crate::tshark;

/// What the page's list of formats says, and the end of the file's name.
pub(super) const PCAPNG: (&str, &str) = ("pcapng", "pcapng");
pub(super) const JSON_LINES: (&str, &str) = ("JSON Lines", "jsonl");
const CSV: (&str, &str) = ("CSV", "csv");
const RAW: (&str, &str) = ("Raw bytes", "bin");

pub async fn others_read_it(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, topic) = page_with_password(stage, chain, "exports").await?;
    publish_to_itself(&page, &topic).await?;
    let downloads = Downloads::of(&page).await?;
    let rows = page.log().rows().await?;
    let packets: Vec<&Row> = rows.iter().filter(|row| !row.is_event()).collect();

    let folder = TemporaryFolder::new()?;
    let file = folder.write("log.pcapng", &export(&page, &downloads, PCAPNG, "The whole log").await?)?;
    let faults = tshark::fields(&file, "_ws.malformed || tcp.analysis.flags", &["frame.number"])?;
    ensure!(faults.is_empty(), "tshark finds fault with the frames {faults:?}");
    let fields = ["mqtt.msgtype", "tcp.dstport", "mqtt.topic", "mqtt.passwd"];
    let read = tshark::fields(&file, "mqtt", &fields)?;
    ensure!(read.len() == packets.len(), "{} packets, of which tshark reads {read:#?}", packets.len());
    for (row, read) in packets.iter().zip(&read) {
        let fields: Vec<&str> = read.split('|').collect();
        ensure!(fields[0] == type_number(&row.packet), "tshark reads {read} for {row}");
        ensure!((fields[1] == "1883") == (row.kind == Kind::Out), "tshark reads {read} for {row}");
        ensure!(row.packet != "PUBLISH" || row.text.contains(fields[2]), "tshark reads {read} for {row}");
        ensure!((row.packet == "CONNECT") == (fields[3] == STARS), "tshark reads {read} for {row}");
    }

    let json = export(&page, &downloads, JSON_LINES, "The whole log").await?;
    ensure!(!holds(&json, SECRET), "the password is in the JSON Lines");
    let records = json_lines(&json)?;
    ensure!(records.len() == rows.len(), "{} rows, and {} lines", rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        let name = record["type"].as_str().unwrap_or_default();
        ensure!(record["number"] == row.index && name == row.packet, "{record} for {row}");
    }

    let csv = String::from_utf8(export(&page, &downloads, CSV, "The whole log").await?)?;
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    ensure!(lines[0].starts_with("number,time,direction,connection,type,"), "headings: {}", lines[0]);
    ensure!(lines.len() == rows.len() + 1, "{} rows, and {} lines", rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines[1..]) {
        let cells: Vec<&str> = line.split(',').collect();
        ensure!(cells[0] == row.index.to_string(), "{line} for {row}");
        ensure!(row.is_event() || cells[4] == row.packet, "{line} for {row}");
    }
    ensure!(!csv.contains(SECRET), "the password is in the CSV");

    let raw = export(&page, &downloads, RAW, "The whole log").await?;
    let expected: String = records.iter().filter_map(|record| record["raw"].as_str()).collect();
    ensure!(crate::bytes::to_hex(&raw) == expected, "the raw bytes are not those of the JSON Lines");
    ensure!(!holds(&raw, SECRET) && holds(&raw, STARS), "the password is in the raw bytes");
    Ok(())
}

pub async fn only_what_is_found(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "exports-some").await?;
    publish_to_itself(&page, &own_topic("some")).await?;
    let downloads = Downloads::of(&page).await?;
    let expected: Vec<Row> =
        page.log().rows().await?.into_iter().filter(|row| row.packet == "PUBLISH").collect();

    page.select("Rows").choose("What the filter finds").await?;
    page.button("Export").click().await?;
    let said = page.button("Export").wait_for_description().await?;
    ensure!(said.contains("no filter"), "without a filter it says: {said}");

    page.field("Filter the log").fill("type:publish").await?;
    filter::expect_count(&page, expected.len()).await?;
    let json = export(&page, &downloads, JSON_LINES, "What the filter finds").await?;
    let records = json_lines(&json)?;
    let numbers: Vec<&Value> = records.iter().map(|record| &record["number"]).collect();
    ensure!(numbers.iter().copied().eq(expected.iter().map(|row| row.index)), "exported: {numbers:?}");
    Ok(())
}

/// The password is logged only after a warning, and then it is in the file.
pub async fn the_password_on_demand(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, _) = page_with_password(stage, chain, "tells").await?;
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    page.checkbox("Log passwords from now on").set(true).await?;
    let warning = page.checkbox("Log passwords from now on").description().await?;
    ensure!(warning.contains("Warning"), "there is no warning: {warning}");
    connect(&page, "tells").await?;

    let downloads = Downloads::of(&page).await?;
    let raw = export(&page, &downloads, RAW, "The whole log").await?;
    ensure!(holds(&raw, STARS), "the password that was logged before is not hidden any more");
    ensure!(holds(&raw, SECRET), "the password is not in the file");
    ensure!(!page.texts("#log-table").await?.concat().contains(SECRET), "the log's rows show the password");
    Ok(())
}

/// Exports the log and returns the file.
pub(super) async fn export(
    page: &Page,
    downloads: &Downloads,
    (format, extension): (&str, &str),
    rows: &str,
) -> Result<Vec<u8>> {
    page.select("Format").choose(format).await?;
    page.select("Rows").choose(rows).await?;
    page.button("Export").click().await?;
    let file = downloads.next(extension).await.with_context(|| format!("no {format}"))?;
    let said = page.button("Export").wait_for_description().await?;
    ensure!(said.contains("rows in mqttscope-"), "it says: {said}");
    ensure!(page.button("Export").has_focus().await?, "the focus is lost");
    Ok(file)
}

/// The objects of a file of JSON Lines.
pub(super) fn json_lines(file: &[u8]) -> Result<Vec<Value>> {
    let text = std::str::from_utf8(file)?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// A page that is connected with a password, and a topic for it.
pub(super) async fn page_with_password(stage: &Stage, chain: &Chain, name: &str) -> Result<(Page, String)> {
    let page = stage.open(chain).await?;
    page.field("Username").fill("somebody").await?;
    page.field("Password").fill(SECRET).await?;
    connect(&page, name).await?;
    Ok((page, own_topic(name)))
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}

fn type_number(name: &str) -> String {
    const NAMES: [&str; 14] = [
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
    ];
    NAMES.iter().position(|known| *known == name).map_or(String::new(), |at| (at + 1).to_string())
}

const SECRET: &str = "Geheimnis-17";
const STARS: &str = "************";
