//! Messages of a day: bytes in hex, JSON that is checked, prepared ones, a counter every so often, a list in turn.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{connect, own_topic};
use crate::chain::Chain;
use crate::downloads::Downloads;
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;
use crate::temporary::TemporaryFolder;
use crate::wait::{self, Look};

pub async fn bytes_are_given_in_hex_and_json_becomes_cbor(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "formats").await?;
    page.field("Topic").fill(&topic).await?;
    for (format, text, bytes) in [
        ("Hex", "de ad be ef", &b"\xde\xad\xbe\xef"[..]),
        ("Base64", "AAH/", b"\x00\x01\xff"),
        ("CBOR", "[1, 2.5]", b"\x82\x01\xf9\x41\x00"),
        ("MessagePack", "[true]", b"\x91\xc3"),
        ("JSON", "[1]", b"[1]"),
    ] {
        page.select("Message format").choose(format).await?;
        page.field("Message").fill(text).await?;
        let count = format!("{} bytes", bytes.len());
        page.wait_for_texts("#message-bytes", &count, |it| it.concat() == count).await?;
        page.button("Publish").click().await?;
        let message = witness.next_message()?;
        ensure!(message.payload == bytes, "{format}: {:02x?}", message.payload);
    }
    Ok(())
}

pub async fn what_is_no_json_is_refused_at_its_place_and_can_be_sent(
    stage: &Stage,
    chain: &mut Chain,
) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "ill-formed").await?;
    page.field("Topic").fill(&topic).await?;
    page.select("Message format").choose("JSON").await?;
    page.field("Message").fill("{\"a\":1").await?;
    page.button("Publish").click().await?;
    let error = page.field("Message").wait_for_error().await?;
    ensure!(error.contains("Column 7") && error.contains("ends before it is complete"), "{error}");
    witness.expect_nothing()?;
    page.button("Send anyway").click().await?;
    ensure!(witness.next_message()?.payload == b"{\"a\":1", "it was not sent as it is");
    ensure!(page.field("Message").value().await? == "{\"a\":1", "what was typed is lost");

    page.field("Message").fill("{\"a\":1.50}").await?;
    page.button("Pretty").click().await?;
    let pretty = "{\n  \"a\": 1.50\n}";
    wait_for_value(&page, pretty).await?;
    page.button("Minify").click().await?;
    wait_for_value(&page, "{\"a\":1.50}").await
}

pub async fn an_empty_message_clears_the_retained_one(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, _, topic) = begin(stage, chain, "cleared").await?;
    page.field("Topic").fill(&topic).await?;
    page.field("Message").fill("").await?;
    page.checkbox("Retain").set(true).await?;
    let said = page.field("Message").wait_for_description().await?;
    ensure!(said.contains("this clears the retained message"), "{said}");
    Ok(())
}

pub async fn several_files_are_sent_one_after_the_other(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "several").await?;
    page.field("Topic").fill(&topic).await?;
    let folder = TemporaryFolder::new()?;
    let [one, two] =
        [("one.txt", b"first"), ("two.txt", b"other")].map(|(name, text)| folder.write(name, text));
    let both = format!("{}\n{}", one?.display(), two?.display());
    page.file("File").upload(both.as_ref()).await?;
    page.wait_for_text("2 files, 10 B: one.txt, two.txt").await?;
    page.button("Publish file").click().await?;
    for expected in [b"first", b"other"] {
        ensure!(witness.next_message()?.payload == expected, "not in their order");
    }
    Ok(())
}

pub async fn a_counter_is_published_every_so_often(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "counter").await?;
    page.field("Topic").fill(&topic).await?;
    page.field("Message").fill("{{n}} {{client_id}}").await?;
    page.field("Every (ms)").fill("200").await?;
    page.field("Times").fill("5").await?;
    let started = Instant::now();
    // A hidden page counts on.
    page.button("Repeat").click().await?;
    page.while_hidden(async || {
        for n in 1..=5 {
            let message = witness.next_message()?;
            ensure!(message.payload == format!("{n} messages").as_bytes(), "{:?}", message.payload);
        }
        Ok(())
    })
    .await?;
    ensure!(started.elapsed() >= Duration::from_millis(800), "five in {:?}", started.elapsed());
    page.wait_for_texts("#repeat-progress", "the end", |it| it.concat().starts_with("Done: 5 messages"))
        .await?;

    page.field("Times").fill("").await?;
    page.button("Repeat").click().await?;
    witness.next_message()?;
    page.button("Stop").click().await?;
    page.wait_for_texts("#repeat-progress", "that it stopped", |it| it.concat().starts_with("Stopped: "))
        .await?;
    Ok(())
}

pub async fn prepared_messages_are_kept_and_sent_in_turn(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "prepared").await?;
    page.field("Topic").fill(&topic).await?;
    for name in ["day/first", "day/second"] {
        page.field("Message").fill(name).await?;
        page.field("Message name").fill(name).await?;
        page.button("Save message").click().await?;
        appears(&page, &format!("Edit {name}")).await?;
    }
    page.button("Send day/first").click().await?;
    ensure!(witness.next_message()?.payload == b"day/first", "another message was sent");

    for name in ["day/first", "day/second"] {
        page.checkbox(&format!("Choose {name}")).click().await?;
    }
    page.checkbox("As fast as the broker acknowledges").set(true).await?;
    page.field("Times").fill("2").await?;
    page.button("Repeat chosen").click().await?;
    for expected in ["day/first", "day/second", "day/first", "day/second"] {
        ensure!(witness.next_message()?.payload == expected.as_bytes(), "not in turn");
    }

    let downloads = Downloads::of(&page).await?;
    page.button("Export messages").click().await?;
    let file = downloads.next("json").await?;
    let page = page.reload().await?;
    page.field("Message").fill("something else").await?;
    page.button("Edit day/second").click().await?;
    wait_for_value(&page, "day/second").await?;

    let folder = TemporaryFolder::new()?;
    let own = String::from_utf8(file)?.replace("\"day/first\",\"topic\"", "\"new/one\",\"topic\"");
    page.file("Import messages").upload(&folder.write("messages.json", own.as_bytes())?).await?;
    page.wait_for_text("2 messages were added.").await?;
    appears(&page, "Edit new/one").await?;
    appears(&page, "Edit day/first").await?;
    page.file("Import messages").upload(&folder.write("bad.json", b"{\"messages\":[1]}")?).await?;
    page.wait_for_text("each message is an object").await?;
    appears(&page, "Edit new/one").await?;
    Ok(())
}

pub async fn what_was_sent_is_sent_again(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let (page, mut witness, topic) = begin(stage, chain, "again").await?;
    page.field("Topic").fill(&topic).await?;
    page.field("Message").fill("once").await?;
    page.button("Publish").click().await?;
    witness.next_message()?;
    appears(&page, "Show sent (1)").await?;
    page.button("Show sent (1)").click().await?;
    page.button(&format!("Send {topic}")).click().await?;
    ensure!(witness.next_message()?.payload == b"once", "another message was sent");
    page.button(&format!("Save {topic}")).click().await?;
    page.button("Show saved").click().await?;
    appears(&page, &format!("Edit {topic}")).await?;
    Ok(())
}

/// A page that is connected, and a client that hears what it publishes.
async fn begin(stage: &Stage, chain: &mut Chain, name: &str) -> Result<(Page, TcpClient, String)> {
    let topic = own_topic(name);
    let mut witness = TcpClient::connect(chain.broker, "witness")?;
    witness.subscribe(&topic, 0)?;
    let page = stage.open(chain).await?;
    connect(&page, "messages").await?;
    Ok((page, witness, topic))
}

async fn appears(page: &Page, name: &str) -> Result<()> {
    wait::until(&format!("the button {name}"), async || {
        Ok(match page.button(name).find().await {
            Ok(_) => Look::Ready(()),
            Err(error) => Look::NotYet(error.to_string()),
        })
    })
    .await
}

async fn wait_for_value(page: &Page, expected: &str) -> Result<()> {
    wait::until(&format!("the message {expected:?}"), async || {
        let value = page.field("Message").value().await?;
        Ok(if value == expected { Look::Ready(()) } else { Look::NotYet(value) })
    })
    .await
}
