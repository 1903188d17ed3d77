//! What goes wrong behind the page, said in words, and that it goes on afterwards.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::dev_tools::DevTools;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::wait::{self, Look};

/// What a failure is to say: words of the status, all of which are needed.
pub type Words<'a> = &'a [&'a str];

/// Presses Connect, and the connection comes to nothing in the way that these words say.
pub async fn fails(page: &Page, picture: &str, words: Words<'_>) -> Result<()> {
    page.button("Connect").click().await?;
    ends(page, picture, words).await
}

/// The connection ends in the way that these words say; pictures are taken of how.
///
/// The words have room, in a narrow window too, and there can be another try.
pub async fn ends(page: &Page, picture: &str, words: Words<'_>) -> Result<()> {
    page.wait_for_status("disconnected").await?;
    let status = page.status().await?;
    for word in words {
        ensure!(status.to_lowercase().contains(&word.to_lowercase()), "'{word}' is not in: {status}");
    }
    ensure!(page.button("Connect").is_enabled().await?, "there is no other try");
    for width in [1280, 400] {
        page.resize(width, 800).await?;
        page.screenshot(&format!("failure-{picture}-{width}")).await?;
        let script = "const words = document.querySelector('[role=status] .detail');
            return words.scrollHeight <= words.clientHeight";
        let fits = page.execute(script, vec![]).await? == json!(true);
        ensure!(fits, "there is no room for the words at {width} pixels: {status}");
    }
    page.resize(1280, 1400).await
}

/// Presses Connect, and there is no CONNACK for as long as the page waits for it.
pub async fn gives_up(page: &Page, picture: &str) -> Result<()> {
    page.button("Connect").click().await?;
    page.wait_for_status("CONNACK is awaited").await?;
    wait::until_within(Duration::from_secs(20), "the page to give up", async || {
        let status = page.status().await?;
        let is_over = status.contains("Disconnected");
        Ok(if is_over { Look::Ready(()) } else { Look::NotYet(status) })
    })
    .await?;
    let words = ["no CONNACK came within 10 s", "the one for MQTT", "needs subprotocol mqtt"];
    ends(page, picture, &words).await
}

/// The WebSocket does not open, for a cause that only the browser's console is told; the page finds out whether
/// anything is there.
pub async fn is_not_opened(page: &Page, picture: &str, cause: &str, words: Words<'_>) -> Result<()> {
    page.button("Connect").click().await?;
    page.log().wait_for_event(0, "not opened").await?;
    page.log().wait_for_event(0, PROBED).await?;
    ends(page, picture, &[&["did not open", "console"], words].concat()).await?;
    let errors = page.console_errors().await?;
    ensure!(errors.iter().any(|error| error.contains(cause)), "'{cause}' is not what happened: {errors:?}");
    ensure!(errors.iter().all(|error| is_about_opening(error)), "on the console: {errors:?}");
    let opened = errors.iter().filter(|error| error.contains("WebSocket connection to")).count();
    ensure!(opened <= 1, "there was a second WebSocket: {errors:?}");
    Ok(())
}

/// Whether the browser itself writes an error when a WebSocket does not open, or a request is not answered.
fn is_about_opening(error: &str) -> bool {
    ["WebSocket", "Failed to load resource", "Cross-Origin Request"].iter().any(|part| error.contains(part))
}

/// The event that tells what was found out where a WebSocket did not open.
const PROBED: &str = "A request by the page was";

/// The broker answers CONNECT with this return code and closes.
pub async fn refused(stage: &Stage, chain: &mut Chain, code: u8, words: Words<'_>) -> Result<()> {
    let page = stage.open(chain).await?;
    fails(&page, &format!("return-code-{code}"), words).await?;
    page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    // The broker has closed, as it must.
    page.log().wait_for_event(0, "closed by the peer").await?;
    Ok(())
}

/// The broker refuses and does not close, which it must.
pub async fn refused_and_left_open(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fails(&page, "left-open", &["not authori", "Check username"]).await?;
    page.log().wait_for_event(0, "did not close it ([MQTT-3.2.2-5])").await?;
    page.log().wait_for_event(0, "closed by this page").await?;
    Ok(())
}

/// Something takes the connection and never answers: the page waits as long as it is told to.
pub async fn is_not_answered(page: &Page) -> Result<()> {
    page.field("Connect timeout (seconds)").fill("2").await?;
    fails(page, "timed-out", &["timed out", "did not open within 2 s"]).await
}

/// There is a TLS server whose certificate nobody has signed: the page offers to show it.
pub async fn lacks_trust(page: &Page, root: &str) -> Result<()> {
    let words =
        ["nothing answers", "certificate is not trusted", "open it in a tab and compare its fingerprint"];
    is_not_opened(page, "certificate", "WebSocket", &words).await?;
    page.log()
        .wait_for_event(0, "compare its fingerprint (SHA-256) with the one that the gateway printed")
        .await?;
    let script = "return document.querySelector('[role=status] .detail a')?.href";
    let link = page.execute(script, vec![]).await?;
    ensure!(link == json!(root), "the certificate is not offered: {link}");
    Ok(())
}

/// The broker answers CONNECT with what is no MQTT.
pub async fn garbage(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fails(&page, "garbage", &["does not follow MQTT", "lead to a port for MQTT?"]).await?;
    page.log().wait_for_event(0, "not a valid packet").await?;
    page.log().wait_for_event(0, "closed by this page").await?;
    Ok(())
}

/// The broker closes after CONNECT without a word.
pub async fn closes_without_connack(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fails(&page, "no-connack", &["closed without CONNACK", "lead to MQTT", "take this version?"]).await?;
    let code = format!("code {}", chain.quirks.broker_closed_code);
    page.log().wait_for_event(0, &code).await?;
    Ok(())
}

/// The gateway is there, the broker is not.
pub async fn broker_down(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fails(&page, "broker-down", &["broker"]).await?;
    let status = page.status().await?;
    let codes = chain.quirks.broker_down_codes;
    ensure!(codes.iter().any(|code| status.contains(&format!("code {code}"))), "none of {codes:?}: {status}");
    Ok(())
}

/// The broker stops to answer PINGREQ.
pub async fn keep_alive_expires(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Keep alive (seconds)").fill("1").await?;
    page.field("Wait for PINGRESP (seconds)").fill("2").await?;
    connect(&page, "pings").await?;
    ends(&page, "keep-alive", &["No PINGRESP within 2 s", "longer keep alive"]).await?;
    page.log().wait_for_event(0, "closed by this page").await?;
    // One PINGREQ for each second of the wait.
    let mut packets = page.log().packets().await?.into_iter().map(|row| row.to_string());
    let first: Vec<_> = packets.by_ref().take(3).collect();
    ensure!(first == ["out CONNECT", "in CONNACK", "out PINGREQ"], "{first:?}");
    ensure!(packets.all(|packet| packet == "out PINGREQ"), "something else was sent");
    Ok(())
}

/// The page says nothing for so long that the broker closes.
pub async fn pingreq_withheld(stage: &Stage, chain: &mut Chain) -> Result<Page> {
    let page = stage.open(chain).await?;
    page.field("Keep alive (seconds)").fill("1").await?;
    page.checkbox("Simulate client down (no PINGREQ)").set(true).await?;
    connect(&page, "silent").await?;
    ends(&page, "pingreq-withheld", &["Closed by", "As a broker should", "PINGREQ was withheld"]).await?;
    Ok(page)
}

/// Another client connects under the same id.
pub async fn taken_over(stage: &Stage, chain: &mut Chain) -> Result<Page> {
    let page = stage.open(chain).await?;
    connect(&page, "twin").await?;
    let _other = TcpClient::connect(chain.broker, "twin")?;
    ends(&page, "taken-over", &["Closed by", "this client id elsewhere", "with another id"]).await?;
    Ok(page)
}

/// The broker goes and comes back while the page is connected.
pub async fn broker_restarted(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "patient").await?;

    chain.stop_broker()?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_event(0, &format!("code {}", chain.quirks.broker_closed_code)).await?;

    let from = page.log().next_index().await?;
    page.button("Connect").click().await?;
    page.log().wait_for_event(from, "closed").await?;

    chain.start_broker()?;
    works_again(&page).await
}

/// The broker goes and comes back, and so does a connection that is to.
pub async fn comes_back_by_itself(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.checkbox("Reconnect automatically").set(true).await?;
    connect(&page, "faithful").await?;

    let from = page.log().next_index().await?;
    chain.stop_broker()?;
    page.wait_for_status("connection lost").await?;
    page.log().wait_for_event(from, "Connecting again in").await?;
    chain.start_broker()?;
    page.wait_for_status("connected as faithful").await?;

    // It ends with Disconnect.
    chain.stop_broker()?;
    page.wait_for_status("connection lost").await?;
    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    Ok(())
}

/// The system's clock is set an hour on: it is said, the time of day follows, and no answer takes an hour.
pub async fn clock_is_set(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "punctual").await?;
    let before = answered(&page, 0).await?;

    // The engine may notice as soon as the clock is set, before anything is published.
    let from = page.log().next_index().await?;
    let mut tools = DevTools::of(&page).await?;
    let workers = tools.workers()?;
    ensure!(!workers.is_empty(), "the page has no worker");
    for worker in &workers {
        let set = json!({ "expression": "const real = Date.now; Date.now = () => real() + 3600e3; 0" });
        let done = tools.command(Some(worker), "Runtime.evaluate", set)?;
        ensure!(done["result"]["value"] == json!(0), "the clock was not set: {done}");
    }
    let after = answered(&page, from).await?;
    page.log().wait_for_event(from, "The clock was set, or the machine slept").await?;

    let moved = (after + DAY_SECS - before) % DAY_SECS;
    ensure!((3_600..3_660).contains(&moved), "the time of day went on by {moved} s");
    Ok(())
}

/// Publishes at QoS 1, and gives the time of day of the PUBACK in seconds, once it is known to have taken no time worth
/// the name.
async fn answered(page: &Page, from: u64) -> Result<u64> {
    page.field("Topic").fill("clock").await?;
    page.select("Publish QoS").choose("1").await?;
    page.button("Publish").click().await?;
    let row = page.log().wait_for("PUBACK", from, |row| row.is(Kind::In, "PUBACK")).await?;
    let cell = async |class: &str| {
        let words = page.texts(&format!("#row-{} .{class}", row.index)).await?.concat();
        ensure!(!words.is_empty(), "the row has no {class}: {row}");
        anyhow::Ok(words)
    };
    let (time, latency) = (cell("time").await?, cell("answer").await?);
    ensure!(latency.ends_with(" ms") || latency.ends_with(" s"), "the answer took {latency}");
    time.split(['.', ':']).take(3).try_fold(0, |sum, part| {
        let part: u64 = part.parse().with_context(|| format!("no time of day: {time}"))?;
        Ok(sum * 60 + part)
    })
}

/// The gateway goes and comes back while the page is connected.
pub async fn gateway_restarted(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "patient").await?;

    chain.stop_gateway()?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_event(0, "code 1006").await?;

    let from = page.log().next_index().await?;
    page.button("Connect").click().await?;
    page.log().wait_for_event(from, "not opened").await?;
    page.log().wait_for_event(from, PROBED).await?;
    expect_websocket_errors(&page).await?;

    chain.start_gateway()?;
    works_again(&page).await
}

async fn works_again(page: &Page) -> Result<()> {
    let from = page.log().next_index().await?;
    connect(page, "patient").await?;
    page.log().wait_for_packets(from, &["out CONNECT", "in CONNACK"]).await?;
    let topic = own_topic("again");
    subscribe(page, &topic, 2).await?;
    let from = page.log().next_index().await?;
    publish(page, &topic, 0, "still here").await?;
    page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "in PUBLISH QoS 0"]).await?;
    Ok(())
}

/// Takes from the console what the browser itself writes there when a WebSocket does not open.
pub async fn expect_websocket_errors(page: &Page) -> Result<()> {
    for error in page.console_errors().await? {
        ensure!(is_about_opening(&error), "on the console: {error}");
    }
    Ok(())
}

const DAY_SECS: u64 = 24 * 60 * 60;
