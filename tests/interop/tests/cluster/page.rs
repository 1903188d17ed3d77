//! The page in Chromium at HAProxy, while another client publishes a thousand numbers at QoS 1 and parts are killed: the
//! page says why its connection ended, comes back, finds its session, and gets each number.

use anyhow::{Context, Result, anyhow, ensure};
use mqttscope_e2e::log::{Kind, Row};
use mqttscope_e2e::page::Page;
use mqttscope_e2e::scenarios::failures::expect_websocket_errors;
use mqttscope_e2e::stage::{self, Stage};
use mqttscope_e2e::wait::{self, Look};
use mqttscope_interop::cluster::Front;
use mqttscope_interop::cluster::nats::Nats;
use mqttscope_interop::cluster::traffic::{COUNT, Progress, Publisher, Returns, TOPIC, number_in};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[test]
fn comes_back_by_itself() -> Result<()> {
    let mut nats = Nats::start()?;
    let mut front = Front::start(nats.mqtt())?;
    stage::run("cluster-by-itself", async |stage| {
        // The first session that is kept may have to wait for a leader.
        let publisher = Publisher::start(&front.route(), "publisher")?;
        let (page, gateway) = open(stage, &front, true).await?;
        let numbers = Numbers::start(publisher);

        numbers.wait_for(150).await?;
        front.kill_gateway(gateway);
        is_lost(&page, "Connection lost", &["the network or the gateway", "code 1006"]).await?;
        is_back(&page).await?;
        front.start_gateway(gateway)?;

        numbers.wait_for(500).await?;
        let node = nats.node_of("watcher")?;
        nats.kill(node);
        is_lost(&page, "Connection lost", &["the peer", "code 1000"]).await?;
        is_back(&page).await?;
        nats.start_again(node)?;

        numbers.all_are_at(&page).await?;
        finds_its_session(&page, 3).await
    });
    Ok(())
}

#[test]
fn comes_back_by_hand() -> Result<()> {
    let nats = Nats::start()?;
    let mut front = Front::start(nats.mqtt())?;
    stage::run("cluster-by-hand", async |stage| {
        let publisher = Publisher::start(&front.route(), "publisher")?;
        let (page, gateway) = open(stage, &front, false).await?;
        let numbers = Numbers::start(publisher);

        numbers.wait_for(150).await?;
        front.kill_gateway(gateway);
        is_lost(&page, "Disconnected", &["the network or the gateway", "code 1006"]).await?;
        // What is published in the meantime waits in the session.
        numbers.wait_for(450).await?;
        page.button("Connect").click().await?;
        is_back(&page).await?;

        numbers.all_are_at(&page).await?;
        finds_its_session(&page, 2).await
    });
    Ok(())
}

/// The page is told by the gateway itself, once that has drained.
#[test]
fn comes_back_when_its_gateway_ends_in_order() -> Result<()> {
    let nats = Nats::start()?;
    let mut front = Front::start(nats.mqtt())?;
    stage::run("cluster-in-order", async |stage| {
        let publisher = Publisher::start(&front.route(), "publisher")?;
        let (page, gateway) = open(stage, &front, true).await?;
        let numbers = Numbers::start(publisher);

        numbers.wait_for(150).await?;
        front.end_gateway(gateway)?;
        is_lost(&page, "Connection lost", &["code 1001", "the gateway is shutting down"]).await?;
        is_back(&page).await?;
        front.start_gateway(gateway)?;

        numbers.all_are_at(&page).await?;
        finds_its_session(&page, 2).await
    });
    Ok(())
}

/// A page that is connected with a session and has subscribed, and the gateway that it is on.
async fn open(stage: &Stage, front: &Front, comes_back: bool) -> Result<(Page, usize)> {
    let page = stage.open_url(&front.page_url()).await?;
    page.select("MQTT version").choose("3.1.1").await?;
    page.field("Client ID").fill("watcher").await?;
    page.field("Keep alive (seconds)").fill("15").await?;
    page.checkbox("Clean session").set(false).await?;
    page.checkbox("Reconnect automatically").set(comes_back).await?;
    let before = front.gateway_sessions()?;
    page.button("Connect").click().await?;
    page.wait_for_status("connected as watcher").await?;
    let after = front.gateway_sessions()?;
    let gateway = before.iter().zip(&after).position(|(before, after)| after > before);

    let from = page.log().next_index().await?;
    page.field("Topic filter").fill(TOPIC).await?;
    page.select("Requested QoS").choose("1").await?;
    page.button("Subscribe").click().await?;
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
    page.execute(NOTE_SAID, vec![]).await?;
    Ok((page, gateway.with_context(|| format!("no gateway has the page: {before:?}, {after:?}"))?))
}

/// The connection has ended, and the page says so with these words. A second later it may have come back.
async fn is_lost(page: &Page, headline: &str, words: &[&str]) -> Result<()> {
    let is_it =
        |status: &&String| status.contains(headline) && words.iter().all(|word| status.contains(word));
    let mut all_said = Vec::new();
    let status = wait::until(&format!("the status '{headline}' with {words:?}"), async || {
        let said: Vec<String> = serde_json::from_value(page.execute(TAKE_SAID, vec![]).await?)?;
        all_said.extend(said);
        Ok(match all_said.iter().find(is_it) {
            Some(status) => Look::Ready(status.clone()),
            None => Look::NotYet(all_said.join(" | ")),
        })
    })
    .await?;
    println!("cluster, the page: {status}");
    Ok(())
}

/// The page is connected again; a node that leads no more may leave the first CONNECT without an answer.
async fn is_back(page: &Page) -> Result<()> {
    wait::until_within(Duration::from_secs(60), "the page to be back", async || {
        let status = page.status().await?;
        Ok(if status.contains("Connected as watcher") { Look::Ready(()) } else { Look::NotYet(status) })
    })
    .await
}

/// Notes all that the status says from now on.
const NOTE_SAID: &str = "window.said = [];
    const status = document.querySelector('[role=status]');
    new MutationObserver(() => window.said.push(status.innerText.replace(/\\s+/g, ' ')))
        .observe(status, { subtree: true, childList: true, characterData: true });";

/// What it has said since it was asked last.
const TAKE_SAID: &str = "return window.said.splice(0)";

/// Each connection but the first found the session that the one before had left.
async fn finds_its_session(page: &Page, connections: usize) -> Result<()> {
    let answers = found(page, "type:connack", |rows| rows.len() >= connections).await?;
    let (first, others) = answers.split_first().context("no CONNACK")?;
    ensure!(!first.text.contains("session present"), "there was a session before: {}", first.text);
    for row in others {
        // A node that has just lost its leader may not answer the first CONNECT, but none says that it knows nothing.
        ensure!(row.text.contains("session present"), "the session was lost: {}", row.text);
    }
    expect_websocket_errors(page).await
}

/// The rows that a filter leaves, once they are as they are to be.
async fn found(page: &Page, filter: &str, is_it: impl Fn(&[Row]) -> bool) -> Result<Vec<Row>> {
    page.field("Filter the log").fill(filter).await?;
    wait::until_within(Duration::from_secs(60), &format!("what {filter} finds"), async || {
        let rows = page.log().found_rows().await?;
        Ok(if is_it(&rows) { Look::Ready(rows) } else { Look::NotYet(format!("{} rows", rows.len())) })
    })
    .await
}

/// The numbers, published by a client that comes back by itself.
struct Numbers {
    progress: Arc<Progress>,
    publisher: JoinHandle<Result<Returns>>,
}

impl Numbers {
    fn start(publisher: Publisher) -> Self {
        let progress = Arc::<Progress>::default();
        let publisher = thread::spawn({
            let progress = Arc::clone(&progress);
            move || publisher.publish(&progress)
        });
        Self { progress, publisher }
    }

    async fn wait_for(&self, number: u32) -> Result<()> {
        wait::until_within(Duration::from_secs(60), &format!("number {number}"), async || {
            let is_there = self.progress.has_reached(number)?;
            Ok(if is_there { Look::Ready(()) } else { Look::NotYet("it was not published".to_owned()) })
        })
        .await
    }

    /// Waits until all are acknowledged, and then until all are in the page's log.
    async fn all_are_at(self, page: &Page) -> Result<()> {
        self.wait_for(COUNT).await?;
        self.publisher.join().map_err(|_| anyhow!("the publisher panicked"))??;
        let distinct = |rows: &[Row]| -> BTreeSet<u32> {
            rows.iter().filter_map(|row| number_in(row.text.as_bytes()).ok()).collect()
        };
        let rows = found(page, "type:publish dir:in", |rows| distinct(rows).len() >= COUNT as usize).await?;
        let numbers = distinct(&rows);
        ensure!(numbers.into_iter().eq(0..COUNT), "other numbers came than were published");
        println!("cluster, the page: {COUNT} of {COUNT} arrived, {} twice", rows.len() - COUNT as usize);
        Ok(())
    }
}
