//! How much of the log can be seen, and the ways around it: columns, the menu of a row, panes, the bar at the foot.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish, publish_to_itself, subscribe, wait_for_selected};
use crate::axe;
use crate::chain::Chain;
use crate::keys;
use crate::log::{Kind, Row};
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

pub async fn all_is_in_view_at_1280_by_800(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = filled(stage, chain, "in-view").await?;
    page.resize(1280, 800).await?;
    let rows = wait_for_rows(&page, 20).await?;
    ensure!(rows >= 20, "{rows} rows are in view");
    for name in ["Disconnect", "Subscribe", "Unsubscribe", "Publish"] {
        ensure!(is_in_view(&page, name).await?, "{name} is not in view");
    }
    let script = "const bar = document.querySelector('.bar').getBoundingClientRect();
        const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
        return [bar.height <= 41, scrollWidth <= clientWidth, scrollHeight <= clientHeight]";
    let fits = page.execute(script, vec![]).await?;
    ensure!(fits == json!([true, true, true]), "bar, width, height: {fits}");

    // Where nothing is connected yet, what connects is in view, and Publish too.
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    for name in ["Connect", "Publish"] {
        ensure!(is_in_view(&page, name).await?, "{name} is not in view");
    }
    Ok(())
}

pub async fn a_zoomed_page_shows_eight_rows(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = filled(stage, chain, "zoomed").await?;
    page.resize(640, 400).await?;
    show_region(&page, "Log").await?;
    let rows = wait_for_rows(&page, 8).await?;
    ensure!(rows >= 8, "{rows} rows are in view");
    Ok(())
}

pub async fn targets_are_large_enough(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = filled(stage, chain, "targets").await?;
    for (width, height) in [(1600, 900), (1280, 800), (768, 1024), (400, 800)] {
        page.resize(width, height).await?;
        let regions: &[&str] =
            if width > 820 { &[""] } else { &["Connection", "Messages", "Log", "Inspector"] };
        for region in regions {
            if !region.is_empty() {
                show_region(&page, region).await?;
            }
            let small = page.execute(SMALL_TARGETS, vec![]).await?;
            ensure!(small == json!([]), "at {width} pixels, {region}: {small}");
        }
    }
    Ok(())
}

pub async fn columns_are_dragged_fitted_and_reordered(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = filled(stage, chain, "columns").await?;
    let before = width_of(&page, "packet").await?;
    page.drag("[data-edge=packet]", (40.0, 0.0)).await?;
    let dragged = width_of(&page, "packet").await?;
    ensure!((30.0..50.0).contains(&(dragged - before)), "it had {before} pixels, and has {dragged}");

    page.execute("document.querySelector('[data-edge=packet]').focus()", vec![]).await?;
    page.press(&keys::ARROW_RIGHT.repeat(2)).await?;
    let stepped = width_of(&page, "packet").await?;
    ensure!((stepped - dragged - 16.0).abs() < 2.0, "two steps went from {dragged} to {stepped}");

    page.click_twice("[data-edge=packet]").await?;
    let fitted = width_of(&page, "packet").await?;
    ensure!(fitted < before, "fitted it has {fitted} pixels");
    let cut = "return [...document.querySelectorAll('.row:not(.event) > .packet')].filter(
        it => it.scrollWidth > it.clientWidth).length";
    ensure!(page.execute(cut, vec![]).await? == json!(0), "a fitted column cuts what it holds");

    // A heading that is dropped on another one takes its place.
    let way = "const [from, to] = ['topic', 'packet'].map(it =>
        document.querySelector(`[data-column=${it}]`).getBoundingClientRect());
        return to.left + to.width / 2 - from.left - from.width / 2";
    let way = page.execute(way, vec![]).await?.as_f64().unwrap_or_default();
    page.drag("[data-column=topic]", (way, 0.0)).await?;
    expect_order(&page, &["topic", "packet", "flags"]).await?;

    // By keyboard, from the menu of the columns.
    page.button("Move Topic right").click().await?;
    expect_order(&page, &["packet", "topic", "flags"]).await?;
    page.press(keys::ESCAPE).await?;

    let page = page.reload().await?;
    expect_order(&page, &["packet", "topic", "flags"]).await?;
    let again = width_of(&page, "packet").await?;
    ensure!((again - fitted).abs() < 1.0, "it had {fitted} pixels, and has {again} when loaded again");

    page.button("First order and widths").click().await?;
    expect_order(&page, &["packet", "flags", "id"]).await?;
    let first = width_of(&page, "packet").await?;
    ensure!((first - before).abs() < 1.0, "at first it had {before} pixels, and has {first}");
    Ok(())
}

pub async fn a_row_has_a_menu(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "menu").await?;
    let topic = own_topic("menu");
    publish_to_itself(&page, &topic).await?;
    let is_sent = |row: &Row| row.is(Kind::Out, "PUBLISH") && row.qos() == 1;
    let row = page.log().wait_for("is a PUBLISH at QoS 1", 0, is_sent).await?;

    // By mouse.
    page.click_right(&format!("#row-{}", row.index)).await?;
    wait_for_menu(&page, true).await?;
    ensure!(axe::faults(&page).await?.is_empty(), "axe finds faults with the menu");
    item(&page, "Filter by this topic").await?;
    wait_for_menu(&page, false).await?;
    let filter = page.field("Filter the log").value().await?;
    ensure!(filter == format!("topic:{topic}/1"), "the filter is {filter}");
    let is_its = |rows: &[Row]| !rows.is_empty() && rows.iter().all(|row| row.text.contains("beta two"));
    wait::until("rows of that topic alone", async || {
        let rows = page.log().found_rows().await?;
        Ok(if is_its(&rows) { Look::Ready(()) } else { Look::NotYet(format!("{rows:?}")) })
    })
    .await?;
    page.button("Clear filter").click().await?;

    // By keyboard: the selected row's.
    page.click_at(&format!("#row-{}", row.index)).await?;
    wait_for_selected(&page, row.index).await?;
    page.execute("document.getElementById('log-table').focus()", vec![]).await?;
    page.press(&format!("{}{}{}", keys::SHIFT, keys::F10, keys::RELEASE)).await?;
    wait_for_menu(&page, true).await?;
    page.press(keys::ARROW_DOWN).await?;
    let focused = page.texts("#row-menu :focus").await?;
    ensure!(focused == ["Filter by this id"], "the focus is at {focused:?}");
    page.press(keys::ESCAPE).await?;
    wait_for_menu(&page, false).await?;
    let is_back = "return document.activeElement.id === 'log-table'";
    ensure!(page.execute(is_back, vec![]).await? == json!(true), "the log has not the focus again");

    // Times count from the row.
    page.click_right(&format!("#row-{}", row.index)).await?;
    item(&page, "Set time reference").await?;
    let reference = format!("#row-{} .time", row.index);
    page.wait_for_texts(&reference, "no time since itself", |it| it == ["0.000 s"]).await?;
    page.wait_for_texts("[data-column=time]", "a heading that says so", |it| it == ["Since reference"])
        .await?;
    page.click_right(&format!("#row-{}", row.index)).await?;
    item(&page, "Clear time reference").await?;
    page.wait_for_texts(&reference, "the time of day", |it| it.concat().len() > 8).await?;

    // The message goes into the form, and from there to the broker.
    page.field("Topic").fill("elsewhere").await?;
    page.field("Message").fill("another").await?;
    let from = page.log().next_index().await?;
    page.click_right(&format!("#row-{}", row.index)).await?;
    item(&page, "Publish again").await?;
    wait::until("the form to be filled", async || {
        let value = page.field("Message").value().await?;
        Ok(if value == "beta two" { Look::Ready(()) } else { Look::NotYet(value) })
    })
    .await?;
    ensure!(page.field("Topic").value().await? == format!("{topic}/1"), "another topic is filled in");
    page.button("Publish").click().await?;
    let is_same = |row: &Row| row.to_string() == "out PUBLISH QoS 1" && row.text.contains("beta two");
    page.log().wait_for("is the same message", from, is_same).await?;
    Ok(())
}

pub async fn keys_go_from_pane_to_pane(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.execute("document.getElementById('log-table').focus()", vec![]).await?;
    let pane = "return ['bar', 'forms', 'log', 'inspector', 'status-bar'].find(it =>
        document.activeElement.closest(`.${it}`))";
    for expected in ["inspector", "status-bar", "bar", "forms", "log"] {
        page.press(keys::F6).await?;
        let found = page.execute(pane, vec![]).await?;
        ensure!(found == json!(expected), "F6 goes to {found}, not to {expected}");
    }
    page.press(&format!("{}{}{}", keys::SHIFT, keys::F6, keys::RELEASE)).await?;
    let found = page.execute(pane, vec![]).await?;
    ensure!(found == json!("forms"), "Shift+F6 goes to {found}");
    for (key, field) in [("o", "URL"), ("s", "Topic filter"), ("m", "Topic")] {
        page.execute("document.getElementById('log-table').focus()", vec![]).await?;
        page.press(key).await?;
        ensure!(page.field(field).has_focus().await?, "{key} does not lead to {field}");
    }
    Ok(())
}

pub async fn the_bar_at_the_foot_leads_on(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = filled(stage, chain, "foot").await?;
    let says = |words: &'static str| move |it: &[String]| it.concat().contains(words);
    page.wait_for_texts(".status-bar", "the rows", says(" rows")).await?;
    page.wait_for_texts(".status-bar", "the faults", says("0 faults")).await?;
    page.wait_for_texts(".status-bar", "the memory", says(" of 256 MB")).await?;
    page.wait_for_texts(".status-bar", "the zone", says("UTC")).await?;
    page.click_at(".status-bar [data-filter=violation]").await?;
    wait::until("the filter", async || {
        let filter = page.field("Filter the log").value().await?;
        Ok(if filter == "violation" { Look::Ready(()) } else { Look::NotYet(filter) })
    })
    .await?;
    page.button("Clear filter").click().await?;
    page.click_at(".status-bar [data-deed=show-statistics]").await?;
    page.wait_for_texts("[role=tab][aria-selected=true]", "Statistics", |it| it == ["Statistics"]).await?;
    page.click_at(".status-bar [data-deed=find-budget]").await?;
    ensure!(page.field("The log keeps (MB)").has_focus().await?, "the budget has not the focus");
    Ok(())
}

pub async fn the_connection_folds_to_a_line(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    let is_open = "return document.getElementById('connection-form').closest('details').open";
    ensure!(page.execute(is_open, vec![]).await? == json!(true), "it is folded at first");
    connect(&page, "folds").await?;
    ensure!(page.execute(is_open, vec![]).await? == json!(false), "it is not folded once connected");
    let note = page.texts("details:has(#connection-form) > summary").await?.concat();
    for words in ["folds at ", "MQTT 3.1", "since "] {
        ensure!(note.contains(words), "the line says: {note}");
    }
    // What cannot be done takes no room, and is there all the same.
    let script = "return [...document.querySelectorAll('.buttons button')].filter(it =>
        it.getBoundingClientRect().width > 24).map(it => it.textContent.trim()).slice(0, 2)";
    let shown = page.execute(script, vec![]).await?;
    ensure!(shown == json!(["Disconnect", "Drop connection"]), "the bar shows {shown}");
    ensure!(!page.button("Connect").is_enabled().await?, "Connect can be pressed");
    Ok(())
}

pub async fn a_phone_is_told_what_became_of_a_message(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "phone").await?;
    page.resize(400, 800).await?;
    show_region(&page, "Messages").await?;
    publish(&page, &own_topic("phone"), 1, "from a phone").await?;
    wait::until("words at Publish", async || {
        let said = page.button("Publish").description().await?;
        Ok(if said.starts_with("Sent at ") { Look::Ready(()) } else { Look::NotYet(said) })
    })
    .await?;
    let size =
        "return ['topic', 'message'].map(it => getComputedStyle(document.getElementById(it)).fontSize)";
    let size = page.execute(size, vec![]).await?;
    // With smaller letters a phone would zoom into the field.
    ensure!(size == json!(["16px", "16px"]), "the fields have letters of {size}");
    Ok(())
}

/// A page that is connected and subscribed, with more rows than it can show; the first PUBLISH is selected.
async fn filled(stage: &Stage, chain: &Chain, name: &str) -> Result<Page> {
    let page = stage.open(chain).await?;
    connect(&page, name).await?;
    let topic = own_topic(name);
    subscribe(&page, &topic, 0).await?;
    let mut publisher = TcpClient::connect(chain.broker, &format!("fills-{name}"))?;
    for number in 0..80 {
        publisher.publish(&topic, format!("{{\"message\":{number}}}").as_bytes(), false)?;
    }
    wait::until("the last message", async || {
        let rows = page.log().visible_rows().await?;
        let is_there = rows.iter().any(|row| row.text.contains("\"message\":79"));
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(format!("{} rows", rows.len())) })
    })
    .await?;
    Ok(page)
}

/// Waits until so many rows are whole in view, and says how many are.
async fn wait_for_rows(page: &Page, least: u64) -> Result<u64> {
    wait::until(&format!("{least} rows in view"), async || {
        let rows = page.execute(ROWS_IN_VIEW, vec![]).await?.as_u64().unwrap_or_default();
        Ok(if rows >= least { Look::Ready(rows) } else { Look::NotYet(format!("{rows} rows")) })
    })
    .await
}

/// Whether the whole button is in view, and nothing covers it.
async fn is_in_view(page: &Page, name: &str) -> Result<bool> {
    let script = "const button = [...document.querySelectorAll('button')].find(it =>
            it.textContent.trim() === arguments[0] && it.getBoundingClientRect().width > 24);
        const box = button?.getBoundingClientRect();
        return !!box && box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth
            && button.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2))";
    Ok(page.execute(script, vec![json!(name)]).await? == json!(true))
}

async fn width_of(page: &Page, column: &str) -> Result<f64> {
    let script = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(document.querySelector(`[data-column=${arguments[0]}]`).getBoundingClientRect().width))))";
    Ok(page.execute(script, vec![json!(column)]).await?.as_f64().unwrap_or_default())
}

/// Waits until these columns stand beside each other in this order.
async fn expect_order(page: &Page, expected: &[&str]) -> Result<()> {
    let script = "return [...document.querySelectorAll('[data-column]')].map(it => it.dataset.column)";
    wait::until(&format!("the columns {expected:?}"), async || {
        let order: Vec<String> = serde_json::from_value(page.execute(script, vec![]).await?)?;
        let is_there = order.windows(expected.len()).any(|columns| columns == expected);
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(format!("{order:?}")) })
    })
    .await
}

async fn wait_for_menu(page: &Page, is_open: bool) -> Result<()> {
    page.wait_for_texts("#row-menu", "the menu of a row", |it| it.is_empty() != is_open).await.map(drop)
}

/// Presses an entry of the menu of a row, once it is open.
async fn item(page: &Page, name: &str) -> Result<()> {
    wait_for_menu(page, true).await?;
    page.button_of_menu(name).await
}

/// Shows a region of a narrow page.
async fn show_region(page: &Page, name: &str) -> Result<()> {
    let script = "[...document.querySelectorAll('nav.tabs button')]
        .find(tab => tab.textContent === arguments[0]).click()";
    page.execute(script, vec![json!(name)]).await?;
    page.wait_for_texts("nav.tabs [aria-current]", name, |it| it.concat() == name).await.map(drop)
}

const ROWS_IN_VIEW: &str = "
const table = document.getElementById('log-table').getBoundingClientRect();
const head = document.querySelector('#log-table .row.head').getBoundingClientRect();
return [...document.querySelectorAll('#log-table [data-index]')].map(it => it.getBoundingClientRect())
  .filter(row => row.top >= head.bottom - 1 && row.bottom <= table.bottom + 1).length";

/// What can be pressed and has less than 24 px in one direction. The edges of columns and the lines between panes can be
/// moved by key, and a box is as large as its label.
const SMALL_TARGETS: &str = "
const all = [...document.querySelectorAll('button, input, select, textarea, summary, [role=tab]')];
return all.filter(it => it.checkVisibility() && getComputedStyle(it).clipPath === 'none').map(it => {
  const { width, height } = (it.type === 'checkbox' ? it.labels[0] : it).getBoundingClientRect();
  return [it.getAttribute('aria-label') ?? it.textContent.trim(), Math.round(width), Math.round(height)];
}).filter(([, width, height]) => width > 0 && (width < 24 || height < 24))";
