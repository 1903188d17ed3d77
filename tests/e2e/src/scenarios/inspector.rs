//! The inspector: fields, bytes, payloads, handshakes, figures.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use std::collections::BTreeMap;
use std::time::Duration;

use super::{connect, own_topic, publish, publish_to_itself, select, subscribe};
use crate::bytes::{self, from_hex};
use crate::chain::Chain;
use crate::keys;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::temporary::TemporaryFolder;
use crate::wait::{self, Look};

pub async fn fields_mark_their_bytes(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "fields").await?;
    let topic = own_topic("fields");
    let from = page.log().next_index().await?;
    publish(&page, &topic, 2, "seen").await?;
    let row = page.log().wait_for("is the PUBLISH", from, |row| row.is(Kind::Out, "PUBLISH")).await?;
    select(&page, &row).await?;

    let fields = fields(&page).await?;
    let id = row.id.context("a PUBLISH at QoS 2 has an id")?;
    for words in ["Packet type", "QoS", "Remaining Length", &topic, &id.to_string(), "seen"] {
        ensure!(fields.iter().any(|field| field.contains(words)), "no field says '{words}': {fields:#?}");
    }
    let (at, _) = find(&fields, "seen")?;

    // By the pointer, by a click, by the keys; the last field is in view.
    let leaf = page.client().find(Locator::Css(&format!("#leaf-{at}"))).await?;
    let over = PointerAction::MoveToElement { element: leaf, duration: None, x: 0.0, y: 0.0 };
    page.client().perform_actions(MouseActions::new("mouse".to_owned()).then(over)).await?;
    expect_marked(&page, b"seen").await?;
    let (topic_at, _) = find(&fields, &topic)?;
    page.click_at(&format!("#leaf-{topic_at}")).await?;
    page.client().release_actions().await?;
    expect_marked(&page, topic.as_bytes()).await?;
    let rule = page.texts(".rule").await?.concat();
    ensure!(rule.contains("Topic") && rule.contains("byte"), "the rule says: {rule}");
    page.press(keys::END).await?;
    expect_marked(&page, b"seen").await?;

    // And a byte marks its field.
    page.execute("document.querySelector('.list.hex').focus()", vec![]).await?;
    page.press(keys::HOME).await?;
    page.wait_for_texts(".leaf.marked", "the field of the first byte", |it| it.len() == 1).await?;
    let first = page.texts(".leaf.marked").await?.concat();
    page.press(&keys::ARROW_RIGHT.repeat(4)).await?;
    page.wait_for_texts(".leaf.marked", "another field", |it| it.len() == 1 && it.concat() != first).await?;

    page.button("Next ▸").click().await?;
    page.wait_for_texts(".subject-name strong", "the answer", |it| it == ["PUBREC"]).await?;
    Ok(())
}

/// CONNACK with its reserved flags set, which a scripted broker sends.
pub async fn a_violation_stands_at_its_byte(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "violated").await?;
    let row = page.log().wait_for("is the CONNACK", 0, |row| row.is(Kind::In, "CONNACK")).await?;
    page.field("Filter the log").fill("violation type:connack").await?;
    super::filter::expect_count(&page, 1).await?;
    select(&page, &row).await?;
    let at_fault = page.wait_for_texts(".fault-mark", "the byte at fault", |it| !it.is_empty()).await?;
    ensure!(at_fault[0].trim() == "06", "at fault: {at_fault:?}");
    let rule = page.texts(".rule").await?.concat();
    for words in ["reserved bits", "3.2.2.1", "byte 2"] {
        ensure!(rule.contains(words), "'{words}' is not in: {rule}");
    }
    let lines = page.texts(".leaf.fault").await?;
    ensure!(lines.len() == 1, "faults: {lines:?}");
    page.screenshot("inspector-violation").await
}

pub async fn payloads_in_each_format(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "formats").await?;
    let topic = own_topic("formats");
    subscribe(&page, &format!("{topic}/#"), 0).await?;
    let mut publisher = TcpClient::connect(chain.broker, "speaks-all")?;

    let payloads: [(&str, &[u8], &[Shown]); 4] = [
        (
            "json",
            br#"{"room":"kitchen","values":[1,2.5,null]}"#,
            &[
                ("Auto", &["\"room\": \"kitchen\"", "2.5", "null"]),
                ("Text", &[r#"{"room":"kitchen","values":[1,2.5,null]}"#]),
                ("Hex", &["7b 22 72 6f 6f 6d"]),
                ("Base64", &["eyJyb29tIjoia2l0Y2hlbiIsInZhbHVlcyI6WzEsMi41LG51bGxdfQ=="]),
            ],
        ),
        ("cbor", b"\xa2\x64room\x67kitchen\x62ok\xf5", &[("CBOR", &["room", "kitchen", "true"])]),
        ("cut", b"\xa2\x64room\x67kit", &[("CBOR", &["room", "✖"])]),
        ("msgpack", b"\x82\xa4room\xa7kitchen\xa2ok\xc3", &[("MessagePack", &["room", "kitchen", "true"])]),
    ];
    for (name, payload, formats) in payloads {
        let from = page.log().next_index().await?;
        publisher.publish(&format!("{topic}/{name}"), payload, false)?;
        let row = page.log().wait_for("is the PUBLISH", from, |row| row.packet == "PUBLISH").await?;
        select(&page, &row).await?;
        page.button("Payload").click().await?;
        page.wait_for_texts(".payload-head", "the payload", |heads| !heads.is_empty()).await?;
        for (format, words) in formats {
            page.select(FORMAT).choose(format).await?;
            let holds = |lines: &[String]| words.iter().all(|word| lines.concat().contains(word));
            page.wait_for_texts(".payload-line", &format!("{words:?} as {format}"), holds).await?;
        }
        page.select(FORMAT).choose("Auto").await?;
        page.screenshot(&format!("payload-{name}")).await?;
    }
    Ok(())
}

pub async fn an_image_and_five_megabytes(stage: &Stage, chain: &mut Chain) -> Result<()> {
    // Two pixels.
    let image = from_hex(
        "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000d49444154789c63f8cf0004ff0107\
         0001ffe2239e590000000049454e44ae426082",
    );
    let page = stage.open(chain).await?;
    connect(&page, "shows").await?;
    let topic = own_topic("shows");
    select(&page, &publish_file(&page, &topic, "dot.png", &image).await?).await?;
    page.button("Payload").click().await?;
    wait::until("the image", async || {
        let script = "return document.querySelector('.payload-image img')?.naturalWidth ?? null";
        let width = page.execute(script, vec![]).await?;
        Ok(if width == 2 { Look::Ready(()) } else { Look::NotYet(format!("a width of {width}")) })
    })
    .await?;

    const LINES: usize = 200_000;
    let large: String = (0..LINES).map(|number| format!("{number:06}: twenty-five bytes\n")).collect();
    ensure!(large.len() >= 5_000_000, "{} bytes are not many", large.len());
    select(&page, &publish_file(&page, &topic, "large.txt", large.as_bytes()).await?).await?;
    let is_there = |lines: &[String]| lines.concat().contains("000000: twenty-five bytes");
    page.wait_for_texts(".payload-line", "the first lines", is_there).await?;
    let whole = |facts: &[String]| !facts.concat().contains("so far") && facts.concat().contains("lines");
    page.wait_for_texts(".payload-head .quiet", "all lines to be counted", whole).await?;
    let script = "const list = document.querySelector('[role=group][aria-label=Payload]'); list.scrollTop = list.scrollHeight";
    page.execute(script, vec![]).await?;
    let last = format!("{:06}: twenty-five bytes", LINES - 1);
    let is_last = |lines: &[String]| lines.concat().contains(&last);
    page.wait_for_texts(".payload-line", "the last lines", is_last).await?;
    for tab in ["Payload", "Packet"] {
        page.button(tab).click().await?;
        let parts = page.texts("main > .inspector *").await?.len();
        ensure!(parts < 2_000, "{parts} elements in {tab} for 5 MB");
    }
    Ok(())
}

pub async fn the_handshake_with_duplicates(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.checkbox("Send duplicates").set(true).await?;
    connect(&page, "twice").await?;
    let from = page.log().next_index().await?;
    publish(&page, &own_topic("twice"), 2, "once").await?;
    page.log().wait_for("is the PUBCOMP", from, |row| row.packet == "PUBCOMP").await?;
    let row = page.log().wait_for("is the PUBLISH", from, |row| row.packet == "PUBLISH").await?;
    select(&page, &row).await?;
    page.button("Handshake").click().await?;

    let id = row.id.context("an id")?;
    let said = page.wait_for_texts(RUNGS, "all rungs", |it| it.concat().contains("PUBCOMP")).await?;
    ensure!(said[0].starts_with(&format!("PUBLISH QoS 2 id {id} from client to broker")), "{said:#?}");
    for (name, way) in [("PUBLISH", "from client to broker"), ("PUBREL", "from client to broker")] {
        let is_copy = |it: &&String| {
            it.starts_with(&format!("{name} ")) && it.contains("DUP") && it.contains("duplicate, after")
        };
        let copy = said.iter().find(is_copy).with_context(|| format!("no copy of {name}: {said:#?}"))?;
        ensure!(copy.contains(way), "{copy}");
    }
    let subject = page.texts(".inspector-panel .subject").await?.concat();
    ensure!(subject.contains("Complete in"), "it says: {subject}");
    page.screenshot("handshake-duplicates").await?;

    // A rung leads to its packet.
    page.execute("document.querySelector('.list.ladder').focus()", vec![]).await?;
    page.press(keys::ARROW_DOWN).await?;
    wait::until("another packet to be selected", async || {
        let selected = super::selected(&page).await?;
        let is_another = selected.is_some_and(|selected| selected != row.index);
        Ok(if is_another { Look::Ready(()) } else { Look::NotYet(format!("selected: {selected:?}")) })
    })
    .await
}

/// A broker that answers no PUBLISH: the ladder counts how long its answer has been missing.
pub async fn an_answer_that_does_not_come(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "waits").await?;
    let from = page.log().next_index().await?;
    publish(&page, &own_topic("waits"), 1, "hello?").await?;
    page.field("Filter the log").fill("unanswered type:publish").await?;
    super::filter::expect_count(&page, 1).await?;
    let row = page.log().found_rows().await?.pop().context("no row")?;
    ensure!(row.index >= from && row.is(Kind::Out, "PUBLISH"), "{row}");
    select(&page, &row).await?;
    page.button("Handshake").click().await?;
    let awaits =
        |it: &[String]| it.last().is_some_and(|last| last.contains("PUBACK") && last.contains("awaited"));
    let before = page.wait_for_texts(RUNGS, "a missing answer", awaits).await?;
    let is_later = |it: &[String]| awaits(it) && it.last() != before.last();
    page.wait_for_texts(RUNGS, "another second", is_later).await?;
    page.screenshot("handshake-unanswered").await
}

pub async fn statistics_count_packets(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "counts").await?;
    let topic = own_topic("counts");
    publish_to_itself(&page, &topic).await?;
    page.button("Statistics").click().await?;

    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let rows = page.log().packets().await?;
    for row in &rows {
        let side = usize::from(row.kind == Kind::In);
        for name in [row.packet.as_str(), "All"] {
            counts.entry(name).or_default()[side] += 1;
        }
    }
    let shown = wait::until_within(Duration::from_secs(5), "the figures", async || {
        let script =
            "return [...document.querySelector('.figures-table:not(.topics)').querySelectorAll('tbody tr')]
            .map(row => [...row.children].map(cell => cell.textContent))";
        let shown: Vec<Vec<String>> = serde_json::from_value(page.execute(script, vec![]).await?)?;
        let all = shown.last().map(|cells| [cells[1].clone(), cells[3].clone()]);
        let expected = counts["All"].map(|count| count.to_string());
        Ok(if all == Some(expected) { Look::Ready(shown) } else { Look::NotYet(format!("{shown:?}")) })
    })
    .await?;
    ensure!(shown.len() == counts.len(), "{shown:#?}");
    for cells in &shown {
        let expected = counts.get(cells[0].as_str()).with_context(|| format!("{cells:?}"))?;
        let [sent, received] =
            expected.map(|count| if count == 0 { "–".to_owned() } else { count.to_string() });
        ensure!(cells[1] == sent && cells[3] == received, "{cells:?} instead of {expected:?}");
    }
    let captions = page.texts(".figures-table caption").await?;
    let expected = [
        "Topics with the most messages",
        "Packets by type",
        "Time to the broker's acknowledgement",
        "Time to the client's acknowledgement",
    ];
    ensure!(captions == expected, "tables: {captions:?}");
    let latencies = "return [...document.querySelectorAll('.figures-table')].slice(2, 4)
        .map(table => [...table.tBodies[0].rows].map(row => [...row.cells].slice(0, 2).map(cell => cell.textContent)))";
    let latencies: [Vec<[String; 2]>; 2] = serde_json::from_value(page.execute(latencies, vec![]).await?)?;
    let of_client = ["PUBACK", "PUBREC", "PUBCOMP"].map(|name| [name, "1"].map(str::to_owned));
    let mut of_broker = of_client.to_vec();
    of_broker.push(["SUBACK", "1"].map(str::to_owned));
    ensure!(latencies == [of_broker, of_client.to_vec()], "latencies: {latencies:?}");
    let topics = page.texts(".figures-table.topics tbody tr").await?;
    ensure!(topics.len() == 3 && topics.iter().all(|it| it.contains(&topic)), "topics: {topics:?}");
    page.screenshot("statistics").await?;

    // A figure leads to its rows.
    page.click_at(".figures-table.topics .link").await?;
    let is_its = |rows: &[Row]| !rows.is_empty() && rows.iter().all(|row| row.packet == "PUBLISH");
    wait::until("the rows of the first topic", async || {
        let rows = page.log().found_rows().await?;
        Ok(if is_its(&rows) { Look::Ready(()) } else { Look::NotYet(format!("{rows:?}")) })
    })
    .await
}

async fn publish_file(page: &Page, topic: &str, name: &str, content: &[u8]) -> Result<Row> {
    let folder = TemporaryFolder::new()?;
    let path = folder.write(name, content)?;
    page.field("Topic").fill(topic).await?;
    page.select("Publish QoS").choose("0").await?;
    page.file("File").upload(&path).await?;
    page.wait_for_text(name).await?;
    let from = page.log().next_index().await?;
    page.button("Publish file").click().await?;
    page.log().wait_for("is the PUBLISH", from, |row| row.is(Kind::Out, "PUBLISH")).await
}

/// The lines of the tree, of which only those exist that can be seen.
async fn fields(page: &Page) -> Result<Vec<String>> {
    let mut fields = Vec::new();
    page.execute("document.querySelector('.list.tree').focus()", vec![]).await?;
    for key in [keys::HOME, keys::END] {
        page.press(key).await?;
        let is_there = |it: &[String]| it.len() == 1;
        page.wait_for_texts(".leaf.marked", "a field that is looked at", is_there).await?;
        let script = "return [...document.querySelectorAll('.leaf')].map(it => [Number(it.dataset.line), it.textContent])";
        let seen: Vec<(usize, String)> = serde_json::from_value(page.execute(script, vec![]).await?)?;
        for (line, words) in seen {
            if line == fields.len() {
                fields.push(words);
            }
        }
    }
    Ok(fields)
}

/// The place of the field that says this.
fn find<'a>(fields: &'a [String], words: &str) -> Result<(usize, &'a String)> {
    let found = fields.iter().enumerate().rev().find(|(_, field)| field.contains(words));
    found.with_context(|| format!("no field says '{words}': {fields:#?}"))
}

/// Waits until exactly these bytes are marked, in hex and as text.
async fn expect_marked(page: &Page, bytes: &[u8]) -> Result<()> {
    let expected = [bytes::to_hex(bytes), String::from_utf8_lossy(bytes).into_owned()];
    wait::until(&format!("the marked bytes {expected:?}"), async || {
        let marked: [String; 2] = serde_json::from_value(page.execute(MARKED, vec![]).await?)?;
        Ok(if marked == expected { Look::Ready(()) } else { Look::NotYet(format!("{marked:?}")) })
    })
    .await
}

/// What is marked in the two halves of the lines of a packet of more than one line.
const MARKED: &str = r"
const lines = [...document.querySelectorAll('.hex-line')];
// Eight bytes a line, or sixteen.
const text = lines[0]?.textContent.length > 40 ? 56 : 31;
const halves = ['', ''];
for (const line of lines) {
  let at = 0;
  for (const part of line.childNodes) {
    if (part.classList?.contains('field-mark')) halves[at < text ? 0 : 1] += part.textContent;
    at += part.textContent.length;
  }
}
return [halves[0].replaceAll(' ', ''), halves[1]];
";
/// A format, and what the payload looks like in it.
type Shown<'a> = (&'a str, &'a [&'a str]);

const FORMAT: &str = "Format of the payload";
const RUNGS: &str = ".inspector-panel ol li";
