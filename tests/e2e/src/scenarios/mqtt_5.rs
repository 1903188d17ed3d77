//! MQTT 5: properties, options, replies, limits, reasons, authentication.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish, subscribe};
use crate::broker::ScriptedBroker;
use crate::chain::Chain;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::wait::{self, Look};

/// Options and properties of SUBSCRIBE and PUBLISH, up to what is delivered.
pub async fn properties_reach_a_subscriber(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Session expiry (seconds)").fill("never").await?;
    page.field("Receive maximum").fill("20").await?;
    connect(&page, "properties").await?;
    let topic = own_topic("properties");
    page.checkbox("Retain as published").set(true).await?;
    subscribe(&page, &topic, 1).await?;
    let listed = page.subscriptions().await?.concat();
    ensure!(listed.contains("retain as published"), "not in the list: {listed}");

    page.field("Content type").fill("text/plain").await?;
    page.select("Payload format").choose("1").await?;
    page.field("Message expiry (seconds)").fill("60").await?;
    for (name, value) in [("second", "2"), ("first", "1")] {
        let at = page.texts("#publish-form .pair").await?.len() + 1;
        page.button("Add to User properties of PUBLISH").click().await?;
        page.wait_for_texts("#publish-form .pair", "the new pair", |pairs| pairs.len() == at).await?;
        fill_pair(&page, at, name, value).await?;
    }
    page.click_at("#publish-form [data-filter='publish-user-properties 1 up']").await?;
    wait_for_pairs(&page, &[["first", "1"], ["second", "2"]]).await?;
    let set = page.texts("#publish-form .properties > summary .note").await?;
    ensure!(set == ["5 set"], "the folded form says {set:?}");

    let from = page.log().next_index().await?;
    publish(&page, &topic, 1, "with properties").await?;
    let row = page.log().wait_for("is the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    ensure!(row.text.contains("+5 properties"), "the row says {:?}", row.text);
    Ok(())
}

/// A request, and its answer in two clicks: Reply, and Publish.
pub async fn a_request_is_answered(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "requester").await?;
    let (requests, answers) = (own_topic("requests"), own_topic("answers"));
    subscribe(&page, &requests, 0).await?;
    subscribe(&page, &answers, 0).await?;
    page.field("Response topic").fill(&answers).await?;
    page.checkbox("Hex Correlation data").set(true).await?;
    page.field("Correlation data").fill("00ff").await?;
    let from = page.log().next_index().await?;
    publish(&page, &requests, 0, "question").await?;
    let row = page.log().wait_for("is the request", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    page.click_at(&format!("[data-index='{}']", row.index)).await?;
    wait::until("a Reply button", async || {
        let has_button = page.texts("[data-reply]").await?.len() == 1;
        Ok(if has_button { Look::Ready(()) } else { Look::NotYet("there is none".to_owned()) })
    })
    .await?;
    page.field("Correlation data").fill("").await?;
    page.click_at("[data-reply]").await?;
    wait::until("the form to be filled", async || {
        let topic = page.field("Topic").value().await?;
        Ok(if topic == answers { Look::Ready(()) } else { Look::NotYet(topic) })
    })
    .await?;
    ensure!(page.field("Correlation data").value().await? == "00 ff", "the correlation data is another");
    ensure!(page.field("Response topic").value().await?.is_empty(), "an answer is no request");
    let from = page.log().next_index().await?;
    page.button("Publish").click().await?;
    let is_it = |row: &crate::log::Row| row.is(Kind::In, "PUBLISH") && row.text.contains(&answers);
    page.log().wait_for("is the answer", from, is_it).await?;
    Ok(())
}

/// What is wrong is said at its field with its clause, and nothing typed is lost.
pub async fn bad_input_is_refused_at_its_field(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    for (field, text, words) in [
        ("Receive maximum", "0", "1 to 65,535 (MQTT 5, 3.1.2.11.3)."),
        ("Session expiry (seconds)", "4294967296", "or never (MQTT 5, 3.1.2.11.2)."),
    ] {
        page.field(field).fill(text).await?;
        page.button("Connect").click().await?;
        expect_refusal(&page, field, text, words).await?;
        page.field(field).fill("").await?;
    }
    // A password alone is right in MQTT 5.
    page.field("Password").fill("secret").await?;
    connect(&page, "bad-input").await?;
    for (field, text, words) in [
        ("Topic alias", "0", "1 to 65,535 (MQTT 5, 3.3.2.3.4)."),
        ("Response topic", "a/+", "wildcards + and #"),
        ("Message expiry (seconds)", "4294967296", "0 to 4,294,967,295"),
    ] {
        page.field(field).fill(text).await?;
        page.button("Publish").click().await?;
        expect_refusal(&page, field, text, words).await?;
        page.field(field).fill("").await?;
    }
    for text in ["0", "268435456"] {
        page.field("Subscription identifier").fill(text).await?;
        page.button("Subscribe").click().await?;
        expect_refusal(&page, "Subscription identifier", text, "1 to 268,435,455").await?;
    }
    Ok(())
}

/// Pictures of every form, wide and narrow, light and dark; and that nothing sticks out at the side.
pub async fn looks(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Authentication method").fill("SCRAM-SHA-1").await?;
    // The card that appears with the first letter does not take the focus away.
    ensure!(page.field("Authentication method").value().await? == "SCRAM-SHA-1", "the method was cut");
    page.checkbox("Last Will").set(true).await?;
    for button in ["Add to User properties", "Add to User properties of PUBLISH"] {
        page.button(button).click().await?;
    }
    page.execute(UNFOLD, vec![]).await?;
    for colours in ["light", "dark"] {
        page.prefer_colours(colours).await?;
        for (width, tabs) in [(1280, &["connection"][..]), (400, &["connection", "messages"][..])] {
            page.resize(width, 2_600).await?;
            for tab in tabs {
                page.execute("document.querySelector('main').dataset.tab = arguments[0]", vec![json!(tab)])
                    .await?;
                page.screenshot(&format!("mqtt-5-{tab}-{width}-{colours}")).await?;
                let fits = page.execute(FITS, vec![]).await? == json!(true);
                ensure!(fits, "something sticks out at the side of a window of {width} pixels");
                let narrow = page.execute(NARROW, vec![]).await?;
                ensure!(narrow == json!([]), "too narrow to be read at {width} pixels: {narrow}");
            }
        }
    }
    Ok(())
}

/// What CONNACK says stands in the status, is warned of at the field, refused, and sent if the tester wants it.
pub async fn limits_are_told_and_broken(
    stage: &Stage,
    chain: &mut Chain,
    broker: &ScriptedBroker,
) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "limits").await?;
    page.wait_for_status("Receive maximum 20, no shared subscriptions, keep alive 30 s by the server")
        .await?;
    page.field("Topic filter").fill("$share/group/topic").await?;
    let words = page.field("Topic filter").wait_for_description().await?;
    ensure!(words.contains("no shared subscriptions"), "the field says {words:?}");
    page.button("Subscribe").click().await?;
    page.wait_for_text("“Break the server's limits” sends it all the same.").await?;
    page.checkbox("Break the server's limits").set(true).await?;
    page.button("Subscribe").click().await?;
    let is_subscribe = |packet: &Vec<u8>| packet.first() == Some(&0x82);
    wait_for_packet(broker, "SUBSCRIBE", is_subscribe).await?;
    Ok(())
}

/// DISCONNECT has what its form says.
pub async fn disconnects_with_a_reason(
    stage: &Stage,
    chain: &mut Chain,
    broker: &ScriptedBroker,
) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "disconnect").await?;
    page.select("Reason").choose("0x04").await?;
    page.field("Reason string").fill("bye").await?;
    page.button("Disconnect").click().await?;
    let expected = crate::bytes::from_hex("e0 08 04 06 1f 00 03 62 79 65");
    wait_for_packet(broker, "DISCONNECT", |packet| *packet == expected).await
}

/// The server's question is shown, and the answer is sent.
pub async fn authenticates(stage: &Stage, chain: &mut Chain, broker: &ScriptedBroker) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Authentication method").fill("M").await?;
    page.field("Client ID").fill("auth").await?;
    page.button("Connect").click().await?;
    page.wait_for_status("the server asks for authentication").await?;
    let is_question = |said: &[String]| said == ["“who?”, hex 77 68 6f 3f"];
    page.wait_for_texts(".asked", "what the server asks", is_question).await?;
    page.checkbox("Hex data to send").set(true).await?;
    page.field("Authentication data to send").fill("6d 65").await?;
    page.button("Answer").click().await?;
    let expected = crate::bytes::from_hex("f0 0b 18 09 15 00 01 4d 16 00 02 6d 65");
    wait_for_packet(broker, "the answer", |packet| *packet == expected).await?;
    page.wait_for_status("connected as auth").await?;
    page.button("Re-authenticate").click().await?;
    let expected = crate::bytes::from_hex("f0 0b 19 09 15 00 01 4d 16 00 02 6d 65");
    wait_for_packet(broker, "another authentication", |packet| *packet == expected).await?;
    // A secret is not remembered.
    let page = page.reload().await?;
    ensure!(page.field("Authentication method").value().await? == "M", "the method is not remembered");
    Ok(())
}

/// A server that refuses the version is tried with another one by one click.
pub async fn offers_another_version(stage: &Stage, chain: &mut Chain, broker: &ScriptedBroker) -> Result<()> {
    let page = stage.open(chain).await?;
    page.button("Connect").click().await?;
    page.wait_for_status("Try MQTT 3.1.1").await?;
    page.button("Try MQTT 3.1.1").click().await?;
    // The protocol level of CONNECT.
    wait_for_packet(broker, "CONNECT of 3.1.1", |packet| packet.get(8) == Some(&4)).await?;
    ensure!(page.select("MQTT version").value().await? == "3.1.1", "the version is not chosen");
    Ok(())
}

async fn expect_refusal(page: &Page, field: &str, text: &str, words: &str) -> Result<()> {
    let control = page.field(field);
    let said = control.wait_for_error().await?;
    ensure!(said.contains(words), "{field}: {said:?} does not say {words:?}");
    ensure!(control.value().await? == text, "{field}: what was typed is lost");
    ensure!(control.has_focus().await?, "{field} has not got the focus");
    Ok(())
}

async fn fill_pair(page: &Page, row: usize, name: &str, value: &str) -> Result<()> {
    page.field(&format!("name of row {row}")).fill(name).await?;
    page.field(&format!("value of row {row}")).fill(value).await
}

async fn wait_for_pairs(page: &Page, expected: &[[&str; 2]]) -> Result<()> {
    let expected: Vec<&str> = expected.concat();
    wait::until("the pairs in their new order", async || {
        let held = page.execute(PAIRS, vec![]).await?;
        Ok(if held == json!(expected) { Look::Ready(()) } else { Look::NotYet(held.to_string()) })
    })
    .await
}

async fn wait_for_packet(
    broker: &ScriptedBroker,
    what: &str,
    is_it: impl Fn(&Vec<u8>) -> bool,
) -> Result<()> {
    wait::until(what, async || {
        let received = broker.received();
        let is_there = received.iter().any(&is_it);
        Ok(if is_there { Look::Ready(()) } else { Look::NotYet(format!("{received:02x?}")) })
    })
    .await
    .context("the broker has not got it")
}

const PAIRS: &str = "return [...document.querySelectorAll('#publish-form .pair input')].map(it => it.value)";
const UNFOLD: &str = "for (const it of document.querySelectorAll('.forms details')) it.open = true";
const NARROW: &str = "return [...document.querySelectorAll('.properties input:not([type=checkbox])')]\
    .filter(it => it.offsetWidth > 0 && it.offsetWidth < 64).map(it => it.id)";
const FITS: &str = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
