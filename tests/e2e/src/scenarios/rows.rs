//! What a person does with the rows of the log: columns, pause, keys, places, panes.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish_to_itself, select, subscribe, wait_for_selected};
use crate::chain::Chain;
use crate::keys;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

pub async fn columns_are_hidden_and_shown(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "columns").await?;
    publish_to_itself(&page, &own_topic("columns")).await?;
    ensure!(!page.texts(".row.in .answer").await?.concat().is_empty(), "no answer has a time");

    for (column, shown) in [("Size", false), ("Topic", false), ("Since start", true), ("Since last", true)] {
        page.checkbox(column).set(shown).await?;
    }
    let expected =
        ["Time", "Since start", "Since last", "Direction", "Packet", "Flags", "Id", "Answer", "Payload"];
    let heads = page.texts("#log-table [role=columnheader]").await?;
    ensure!(heads == expected, "the columns are {heads:?}");
    ensure!(page.texts(".row .length, .row .topic").await?.is_empty(), "hidden cells are there");
    for class in ["start", "gap"] {
        let times = page.texts(&format!(".row.in .{class}")).await?;
        let is_time = |time: &String| time.starts_with(|char: char| char.is_ascii_digit());
        ensure!(!times.is_empty() && times.iter().all(is_time), "times {class}: {times:?}");
    }

    let page = page.reload().await?;
    let heads = page.texts("#log-table [role=columnheader]").await?;
    ensure!(heads == expected, "after a reload the columns are {heads:?}");
    Ok(())
}

pub async fn pause_holds_the_view(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "pauses").await?;
    let topic = own_topic("pauses");
    subscribe(&page, &topic, 0).await?;
    let before = page.log().rows().await?;

    page.button("Pause").click().await?;
    let mut publisher = TcpClient::connect(chain.broker, "goes-on")?;
    publish_rows(&mut publisher, &topic, 0..5)?;
    page.wait_for_texts(".log-head .count", "5 new rows", |it| it.concat().contains("paused, 5 new")).await?;
    ensure!(page.log().rows().await? == before, "the view changed while it was paused");
    page.screenshot("log-paused").await?;

    page.button("Go on").click().await?;
    page.log().wait_for("is the last message", 0, |row| row.text.contains("message 4")).await?;

    // The same by its key.
    page.click_at("#log-table").await?;
    page.press("p").await?;
    publish_rows(&mut publisher, &topic, 5..8)?;
    page.wait_for_texts(".log-head .count", "3 new rows", |it| it.concat().contains("paused, 3 new")).await?;
    page.press("p").await?;
    page.log().wait_for("is the last message", 0, |row| row.text.contains("message 7")).await?;
    Ok(())
}

pub async fn keys_select_and_reveal(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, topic, mut publisher) = page_with_rows(stage, chain, 200).await?;
    let last = newest(&page).await?;

    page.press("j").await?;
    wait_for_selected(&page, last).await?;
    page.press("kk").await?;
    wait_for_selected(&page, last - 2).await?;
    page.press("j").await?;
    wait_for_selected(&page, last - 1).await?;

    page.click_at(&format!("#row-{}", last - 3)).await?;
    page.press(keys::HOME).await?;
    wait_for_selected(&page, 0).await?;
    page.press(keys::ARROW_DOWN).await?;
    wait_for_selected(&page, 1).await?;
    let active = "return document.activeElement.getAttribute('aria-activedescendant')";
    ensure!(page.execute(active, vec![]).await? == "row-1", "the active row is another one");

    // Away from the newest rows the view stays, and says what has come.
    publish_rows(&mut publisher, &topic, 200..203)?;
    page.wait_for_texts(".to-tail", "3 new rows", |it| it.concat().starts_with("3 new")).await?;
    page.click_at(".to-tail").await?;
    page.wait_for_texts(".to-tail", "no way back", <[String]>::is_empty).await?;
    page.log().wait_for("is the last message", 0, |row| row.text.contains("message 202")).await?;

    page.click_at(&format!("#row-{}", last + 1)).await?;
    page.press(keys::ARROW_UP).await?;
    wait_for_selected(&page, last).await?;
    page.press(keys::END).await?;
    wait_for_selected(&page, last + 3).await
}

pub async fn goes_to_a_number_and_a_time(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, ..) = page_with_rows(stage, chain, 200).await?;
    const FIELD: &str = "Row number, or time";

    page.press("g").await?;
    ensure!(page.field(FIELD).has_focus().await?, "g does not lead to the field");
    page.press(&format!("17{}", keys::ENTER)).await?;
    wait_for_selected(&page, 17).await?;
    let focused = page.execute("return document.activeElement.id", vec![]).await?;
    ensure!(focused == "log-table", "the focus went to {focused}");
    let time = page.texts("#row-17 .time").await?.concat();

    page.press(keys::END).await?;
    page.press("g").await?;
    page.field(FIELD).fill(&time).await?;
    page.press(keys::ENTER).await?;
    let found = wait::until("a row of that time", async || {
        let texts = page.texts("#log-table [aria-selected=true] .time").await?;
        Ok(if texts == [time.clone()] { Look::Ready(()) } else { Look::NotYet(format!("{texts:?}")) })
    });
    found.await.with_context(|| format!("row 17 is of {time}"))?;

    for wrong in ["soon", "4711", "23:59:59.999"] {
        page.field(FIELD).fill(wrong).await?;
        page.press(keys::ENTER).await?;
        page.field(FIELD).wait_for_error().await.with_context(|| format!("went to {wrong}"))?;
    }
    Ok(())
}

pub async fn a_row_is_copied(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "copies").await?;
    let topic = own_topic("copies");
    publish_to_itself(&page, &topic).await?;
    let rows = page.log().rows().await?;
    let row = rows.iter().find(|row| row.is(Kind::Out, "PUBLISH")).context("no PUBLISH")?;
    select(&page, row).await?;

    page.press("c").await?;
    let copied = clipboard(&page).await?;
    for words in ["PUBLISH", "QoS 2", &topic, "alpha one", "\t"] {
        ensure!(copied.contains(words), "'{words}' was not copied: {copied}");
    }
    page.click_at("[data-copy=hex]").await?;
    let copied = clipboard(&page).await?;
    let message: String = "alpha one".bytes().map(|byte| format!(" {byte:02x}")).collect();
    ensure!(copied.starts_with("34 ") && copied.ends_with(&message), "copied: {copied}");
    page.click_at("[data-copy=JSON]").await?;
    let copied: serde_json::Value = serde_json::from_str(&clipboard(&page).await?)?;
    ensure!(copied["type"] == "PUBLISH" && copied["topic"] == format!("{topic}/2"), "copied: {copied}");
    page.click_at("[data-copy=text]").await?;
    let copied = clipboard(&page).await?;
    ensure!(copied.contains("PUBLISH #") && copied.contains(&topic), "copied: {copied}");
    Ok(())
}

pub async fn panes_take_the_size_they_are_given(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    let size = async |page: &Page, pane: &str, side: &str| -> Result<f64> {
        let script = "return document.querySelector(arguments[0]).getBoundingClientRect()[arguments[1]]";
        Ok(page.execute(script, vec![json!(pane), json!(side)]).await?.as_f64().unwrap_or_default())
    };
    for (split, pane, side, by) in [
        ("forms", "main > .forms", "width", (60.0, 0.0)),
        ("inspector-below", "main > .inspector", "height", (0.0, -60.0)),
    ] {
        let before = size(&page, pane, side).await?;
        let focus = format!("document.querySelector('[data-split={split}]').focus()");
        page.execute(&focus, vec![]).await?;
        page.press(&keys::ARROW_RIGHT.repeat(2)).await?;
        let moved = size(&page, pane, side).await?;
        ensure!((moved - before).abs() == 32.0, "the pane {split} had {before} pixels, and has {moved}");
        page.drag(&format!("[data-split={split}]"), by).await?;
        let grown = size(&page, pane, side).await? - moved;
        ensure!(
            (50.0..70.0).contains(&grown),
            "the pane {split} was dragged by 60 pixels, and grew by {grown}"
        );
    }
    let forms = size(&page, "main > .forms", "width").await?;
    let page = page.reload().await?;
    let again = size(&page, "main > .forms", "width").await?;
    ensure!(again == forms, "the forms had {forms} pixels, and have {again} when the page is loaded again");

    // The forms and the log stay as they are when the inspector goes and comes.
    page.click_at("#log-table").await?;
    let kept = "window.kept ??= ['log-table', 'url'].map(id => document.getElementById(id));
        return kept.every(it => it.isConnected) && document.activeElement === kept[0]";
    for shown in [1, 0, 1] {
        page.wait_for_texts("main > .inspector", "the inspector", |it| it.len() == shown).await?;
        ensure!(page.execute(kept, vec![]).await? == json!(true), "forms and log were made anew");
        page.press("i").await?;
    }

    page.press("?").await?;
    page.wait_for_texts("dialog[open] .shortcut", "the shortcuts", |it| it.len() > 10).await?;
    page.press(keys::ESCAPE).await?;
    page.wait_for_texts("dialog[open]", "no dialog", <[String]>::is_empty).await?;
    Ok(())
}

/// A page whose log has more rows than it can show, all of which have come.
async fn page_with_rows(stage: &Stage, chain: &Chain, count: usize) -> Result<(Page, String, TcpClient)> {
    let page = stage.open(chain).await?;
    connect(&page, "rows").await?;
    let topic = own_topic("rows");
    subscribe(&page, &topic, 0).await?;
    let mut publisher = TcpClient::connect(chain.broker, "fills-the-log")?;
    publish_rows(&mut publisher, &topic, 0..count)?;
    let last = format!("message {}", count - 1);
    wait::until("the last message", async || {
        let rows = page.log().visible_rows().await?;
        let is_there = rows.iter().any(|row| row.text.contains(&last));
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(format!("{} rows", rows.len())) })
    })
    .await?;
    Ok((page, topic, publisher))
}

fn publish_rows(
    publisher: &mut TcpClient,
    topic: &str,
    mut numbers: impl Iterator<Item = usize>,
) -> Result<()> {
    numbers.try_for_each(|number| publisher.publish(topic, format!("message {number}").as_bytes(), false))
}

async fn newest(page: &Page) -> Result<u64> {
    let rows = page.log().visible_rows().await?;
    rows.last().map(|row| row.index).context("the log is empty")
}

/// What the clipboard holds, once it holds something; it is empty afterwards.
pub(super) async fn clipboard(page: &Page) -> Result<String> {
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    page.dev_tools("Browser.grantPermissions", permissions).await?;
    wait::until("something on the clipboard", async || {
        let script = "const [done] = arguments;
            navigator.clipboard.readText()
              .then(async text => { await navigator.clipboard.writeText(''); done(text); }, error => done(`${error}`))";
        let text = page.execute_async(script, vec![]).await?;
        let text = text.as_str().unwrap_or_default().to_owned();
        Ok(if text.is_empty() { Look::NotYet("nothing".to_owned()) } else { Look::Ready(text) })
    })
    .await
}
