//! When the engine is requested, and what becomes of the page until it is there.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::dev_tools::DevTools;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::static_server::{Fate, StaticServer};
use crate::wait::{self, Look};

/// Opens the page, and nobody touches it for two of its seconds; gives the files that it has requested.
pub async fn nothing_is_touched(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<Vec<String>> {
    let page = stage.open_url(&chain.page_url).await?;
    // The last that it asks for by itself.
    wait_for_request(files, "mqttscope.json").await?;
    page.execute_async("setTimeout(arguments[0], 2200)", vec![]).await?;
    let mut requested = files.requests();
    requested.sort();
    requested.dedup();
    for part in ["engine", "worker", "reader"] {
        ensure!(!requested.iter().any(|name| name.contains(part)), "of the {part}: {requested:?}");
    }
    for part in ["mqtt.html", "start.js", "page.js", "page_bg.wasm"] {
        ensure!(requested.iter().any(|name| name == part), "no {part}: {requested:?}");
    }
    // It is the whole page that was drawn by them.
    ensure!(page.status().await?.contains("Press Connect"), "{}", page.status().await?);
    Ok(requested)
}

/// The pointer moves, a key is pressed, a finger touches: the engine comes, and its reader does not.
pub async fn a_sign_starts_the_engine(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<()> {
    let touch = json!({ "type": "touchStart", "touchPoints": [{ "x": 300, "y": 20 }] });
    let key = json!({ "type": "keyDown", "key": "Shift" });
    for (method, sign) in [
        ("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": 300, "y": 20 })),
        ("Input.dispatchKeyEvent", key),
        ("Input.dispatchTouchEvent", touch),
    ] {
        let page = stage.open_url(&chain.page_url).await?;
        wait_for_request(files, "mqttscope.json").await?;
        let before = files.requests();
        ensure!(!before.iter().any(|name| name == ENGINE), "before {method}: {before:?}");
        page.dev_tools(method, sign).await?;
        for name in [ENGINE, "mqttscope-worker.js", "mqttscope-worker_bg.wasm"] {
            wait_for_request(files, name).await?;
        }
        offers_come(&page).await?;
        let requests = files.requests();
        ensure!(requests.iter().filter(|name| *name == ENGINE).count() == 1, "more than one: {requests:?}");
        ensure!(!requests.iter().any(|name| name.contains("reader")), "the reader too: {requests:?}");
        files.forget_requests();
    }
    Ok(())
}

/// A script presses Connect, and nobody else is there.
pub async fn a_script_starts_the_engine(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<()> {
    let page = stage.open_url(&with_url(chain)).await?;
    wait_for_request(files, "mqttscope.json").await?;
    ensure!(!files.requests().iter().any(|name| name == ENGINE), "{:?}", files.requests());
    page.execute("document.getElementById('connect').click()", vec![]).await?;
    page.wait_for_status("connected as").await?;
    Ok(())
}

/// What is drawn, and where, is the same before the engine is there and once it is.
pub async fn looks_the_same_before_and_after(
    stage: &Stage,
    chain: &Chain,
    files: &StaticServer,
) -> Result<()> {
    for width in [1280, 400] {
        let page = stage.open_url(&chain.page_url).await?;
        page.resize(width, 800).await?;
        let before = page.execute(LOOKS, vec![]).await?;
        page.screenshot(&format!("loading-before-{width}")).await?;
        ensure!(!files.requests().iter().any(|name| name == ENGINE), "the engine is there already");
        // Only the engine knows what can stand in a filter.
        page.execute(CHOOSE_REGION, vec![json!("Log")]).await?;
        offers_come(&page).await?;
        page.execute(CHOOSE_REGION, vec![json!("Connection")]).await?;
        page.screenshot(&format!("loading-after-{width}")).await?;
        let after = page.execute(LOOKS, vec![]).await?;
        let differ = |(before, after): &(&Value, &Value)| before != after;
        let (before, after) = (lines(&before), lines(&after));
        let changed: Vec<_> = before.iter().zip(&after).filter(differ).collect();
        ensure!(changed.is_empty() && before.len() == after.len(), "at {width} pixels: {changed:#?}");
        files.forget_requests();
    }
    Ok(())
}

/// Its files need three seconds: what is asked meanwhile is done once it is there.
pub async fn comes_late(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<()> {
    files.handle(|name| match name {
        "mqttscope-worker.js" | "mqttscope-worker_bg.wasm" => Fate::Late(Duration::from_secs(3)),
        _ => Fate::Answered,
    });
    let page = stage.open_url(&with_url(chain)).await?;
    page.checkbox("Send duplicates").set(true).await?;
    page.field("Client ID").fill("early").await?;
    page.button("Connect").click().await?;
    page.wait_for_status("connecting").await?;
    page.wait_for_status("connected as early").await?;
    // What was switched before it came holds too.
    publish(&page, &own_topic("early"), 1, "twice").await?;
    page.log().wait_for("is a duplicate", 0, |row| row.is(Kind::Out, "PUBLISH") && row.is_dup()).await?;
    Ok(())
}

/// The whole server is gone at the first sign; what was typed stays, and the next Connect finds it again.
pub async fn server_is_gone(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open_url(&chain.page_url).await?;
    chain.stop_gateway()?;
    page.field("Client ID").fill("stays").await?;
    page.wait_for_status(NOT_STARTED).await?;
    page.button("Connect").click().await?;
    page.wait_for_status(NOT_STARTED).await?;
    drain_console(&page).await?;
    chain.start_gateway()?;
    ensure!(page.field("Client ID").value().await? == "stays", "what was typed is lost");
    page.button("Connect").click().await?;
    page.wait_for_status("connected as stays").await?;
    works(&page).await
}

/// A file of it is missing, in each way; what is asked next tries again.
pub async fn cannot_be_loaded(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<()> {
    for lacking in [ENGINE, "mqttscope-worker.js", "mqttscope-worker_bg.wasm"] {
        for is_lost in [false, true] {
            files.handle(move |name| match name == lacking {
                true if is_lost => Fate::Lost,
                true => Fate::Missing,
                false => Fate::Answered,
            });
            let page = stage.open_url(&with_url(chain)).await?;
            page.click_at("h1").await?;
            page.wait_for_status(NOT_STARTED).await?;
            files.handle(|_| Fate::Answered);
            // Without a connection too: the status says no longer that it is not there.
            offers_come(&page).await?;
            page.wait_for_status("Press Connect").await?;
            drain_console(&page).await?;
        }
    }
    let page = stage.open_url(&with_url(chain)).await?;
    connect(&page, "complete").await?;
    works(&page).await
}

/// Its script is one that speaks otherwise; the one that fits is taken once it is there.
pub async fn is_of_another_build(stage: &Stage, chain: &Chain, files: &StaticServer) -> Result<()> {
    files.handle(|name| match name {
        ENGINE => Fate::Other("postMessage(new Uint8Array([0, 0]))"),
        _ => Fate::Answered,
    });
    let page = stage.open_url(&with_url(chain)).await?;
    page.field("Client ID").fill("fits").await?;
    page.wait_for_status("must be loaded again").await?;
    files.handle(|_| Fate::Answered);
    connect(&page, "fits").await?;
    works(&page).await
}

fn lines(looks: &Value) -> Vec<Value> {
    looks.as_array().cloned().unwrap_or_default()
}

/// It fails while it has a log: its rows stay on the screen until the next Connect, which begins another log.
pub async fn fails_later(stage: &Stage, chain: &Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "stays").await?;
    let count = page.log().wait_for("is CONNACK", 0, |row| row.is(Kind::In, "CONNACK")).await?.index + 1;
    let mut tools = DevTools::of(&page).await?;
    for worker in tools.workers()? {
        // So a worker tells that it is at its end.
        let fail = json!({ "expression": "postMessage('it is tired')" });
        tools.command(Some(&worker), "Runtime.evaluate", fail)?;
    }
    page.wait_for_status("failed: it is tired").await?;
    // A log that is lost cannot be written, and the page does not put an empty one in its place.
    page.field("Filter the log").fill("t").await?;
    page.execute("document.getElementById('export').click()", vec![]).await?;
    page.wait_for_texts("#export-message", "why not", |it| it.concat().contains("it is tired")).await?;
    ensure!(page.log().rows().await?.len() as u64 >= count, "the rows are gone");
    page.button("Clear filter").click().await?;
    connect(&page, "stays").await?;
    page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    works(&page).await
}

/// Subscribes, and gets what it publishes.
async fn works(page: &Page) -> Result<()> {
    let topic = own_topic("loading");
    subscribe(page, &topic, 1).await?;
    let from = page.log().next_index().await?;
    publish(page, &topic, 0, "here").await?;
    page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "in PUBLISH QoS 0"]).await?;
    Ok(())
}

/// Types a filter, and waits until the engine says what can stand in it.
async fn offers_come(page: &Page) -> Result<()> {
    page.field("Filter the log").fill("t").await?;
    page.wait_for_texts("[data-offer]", "suggestions", |it| !it.is_empty()).await?;
    page.button("Clear filter").click().await?;
    page.wait_for_texts("[data-offer]", "no suggestions", <[String]>::is_empty).await?;
    Ok(())
}

async fn wait_for_request(files: &StaticServer, name: &str) -> Result<()> {
    wait::until(&format!("a request for {name}"), async || {
        let requests = files.requests();
        Ok(if requests.iter().any(|it| it == name) {
            Look::Ready(())
        } else {
            Look::NotYet(format!("{requests:?}"))
        })
    })
    .await
}

/// The page's address with that of the proxy in it, so that nothing has to be typed.
fn with_url(chain: &Chain) -> String {
    let url = chain.ws_url.as_deref().unwrap_or_default();
    format!("{}?url={url}", chain.page_url)
}

/// Takes from the console what the browser itself writes there when a file does not come.
async fn drain_console(page: &Page) -> Result<()> {
    for error in page.console_errors().await? {
        ensure!(error.contains("Failed to load resource"), "on the console: {error}");
    }
    Ok(())
}

/// The elements that can be seen, and where each is: a region that is not shown is measured once it is.
const LOOKS: &str = "
const place = it => { const { x, y, width, height } = it.getBoundingClientRect(); return [x, y, width, height].join(' '); };
const all = [...document.querySelectorAll('body, body *')].filter(it => it.getClientRects().length > 0);
return [document.title, ...all.map(it => `${it.cloneNode().outerHTML} ${place(it)}`), document.body.innerText]";

/// A narrow page shows one region at a time.
const CHOOSE_REGION: &str = "
[...document.querySelectorAll('nav.tabs button')].find(tab => tab.textContent === arguments[0]).click()";

const ENGINE: &str = "engine.js";
const NOT_STARTED: &str = "holds connections and log could not start";
