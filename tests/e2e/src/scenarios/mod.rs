//! What a person does with the page, one function each: the sections of the original page's README,
//! and then some.
//!
//! A scenario knows its [`Chain`](crate::chain::Chain) only through that type, so that the macro
//! [`walkthrough!`](crate::walkthrough) can make tests of all of them for any chain.

pub mod access;
pub mod chart;
pub mod compare;
pub mod connect;
pub mod connections;
pub mod duplicates;
pub mod export;
pub mod failures;
pub mod filter;
pub mod import;
pub mod input;
pub mod inspector;
pub mod keep_alive;
pub mod leaving;
pub mod link;
pub mod loading;
pub mod log;
pub mod many;
pub mod messages;
pub mod mqtt_5;
pub mod publish;
pub mod retain;
pub mod room;
pub mod rows;
pub mod secure;
pub mod settings;
pub mod subscribe;
pub mod together;
pub mod topics;
pub mod tour;
pub mod will;

use anyhow::Result;

use crate::log::{Kind, Row};
use crate::page::Page;
use crate::wait::{self, Look};

/// Makes a test of each scenario, against a chain of its own that the expression starts.
#[macro_export]
macro_rules! walkthrough {
    ($chain:expr) => {
        $crate::scenario_tests! { $chain;
            connect: without_user, with_user, user_without_password, disconnects_and_connects_again,
                takes_over_a_client_id;
            keep_alive: pings, survives_in_a_hidden_tab;
            publish: at_each_qos, between_two_windows, to_itself, text_file, binary_file, five_megabytes;
            duplicates: publish_at_each_qos, subscribe_and_unsubscribe;
            retain: late_subscriber;
            subscribe: grants_and_delivers_each_qos, wildcards, unsubscribes, several_at_once;
            will: after_simulated_client_down, after_dropped_connection, not_after_disconnect;
            input: connection_fields, topics, filters, not_connected;
            log: shows_bytes_and_clears, stays_usable_with_many_rows;
        }
    };
}

/// Makes tests of these scenarios.
#[macro_export]
macro_rules! scenario_tests {
    ($chain:expr; $($module:ident: $($scenario:ident),+;)+) => {
        $(
            mod $module {
                $(
                    #[test]
                    fn $scenario() {
                        let name = concat!(module_path!(), "::", stringify!($scenario));
                        // Outside, so that it is still there when the windows close.
                        let mut chain = $chain.unwrap_or_else(|error| panic!("no chain: {error:#}"));
                        $crate::stage::run(name, async |stage| {
                            $crate::scenarios::$module::$scenario(stage, &mut chain).await
                        });
                    }
                )+
            }
        )+
    };
}

/// A scenario that can be played against any chain.
pub struct Scenario {
    /// MODULE::FUNCTION.
    pub name: &'static str,
    /// Plays it in a browser of its own, under this name.
    ///
    /// # Panics
    /// If it fails: this is what a test calls.
    pub play: fn(&str, &mut crate::chain::Chain),
}

/// These scenarios as a table, for tests whose chains are known only when they run.
#[macro_export]
macro_rules! scenarios {
    ($($module:ident: $($scenario:ident),+;)+) => {
        &[$($($crate::scenarios::Scenario {
            name: concat!(stringify!($module), "::", stringify!($scenario)),
            play: |name, chain| $crate::stage::run(name, async |stage| {
                $crate::scenarios::$module::$scenario(stage, chain).await
            }),
        }),+),+]
    };
}

/// Connects as this client with the form as it is otherwise.
async fn connect(page: &Page, client_id: &str) -> Result<()> {
    page.field("Client ID").fill(client_id).await?;
    page.button("Connect").click().await?;
    page.wait_for_status(&format!("connected as {client_id}")).await?;
    Ok(())
}

/// Subscribes and waits for the answer.
async fn subscribe(page: &Page, filter: &str, qos: u8) -> Result<()> {
    let from = page.log().next_index().await?;
    page.field("Topic filter").fill(filter).await?;
    page.select("Requested QoS").choose(&qos.to_string()).await?;
    page.button("Subscribe").click().await?;
    page.log().wait_for("is a SUBACK", from, |row| row.is(Kind::In, "SUBACK")).await?;
    Ok(())
}

/// Fills in the publish form and presses Publish.
async fn publish(page: &Page, topic: &str, qos: u8, message: &str) -> Result<()> {
    page.field("Topic").fill(topic).await?;
    page.select("Publish QoS").choose(&qos.to_string()).await?;
    page.field("Message").fill(message).await?;
    page.button("Publish").click().await
}

/// Publishes a message to the page itself at each QoS, to TOPIC/2, TOPIC/1 and TOPIC/0, and waits until each exchange
/// is complete on both sides.
async fn publish_to_itself(page: &Page, topic: &str) -> Result<()> {
    subscribe(page, &format!("{topic}/#"), 2).await?;
    for (qos, message) in [(2, "alpha one"), (1, "beta two"), (0, "gamma three")] {
        let from = page.log().next_index().await?;
        publish(page, &format!("{topic}/{qos}"), qos, message).await?;
        for (kind, ends) in [(Kind::Out, SENT), (Kind::In, RECEIVED)] {
            let last = ends[usize::from(qos)].last().copied().unwrap_or_default();
            let is_it = |row: &Row| row.to_string() == last;
            page.log().wait_for(&format!("ends the exchange of a PUBLISH {kind:?}"), from, is_it).await?;
        }
    }
    Ok(())
}

/// The number of the row that is selected, if it is in view.
async fn selected(page: &Page) -> Result<Option<u64>> {
    let script = "return document.querySelector('#log-table [aria-selected=true]')?.dataset.index ?? null";
    let index = page.execute(script, vec![]).await?;
    Ok(index.as_str().and_then(|index| index.parse().ok()))
}

/// Waits until this row is selected, and seen.
async fn wait_for_selected(page: &Page, index: u64) -> Result<()> {
    wait::until(&format!("row {index} to be selected"), async || {
        let selected = selected(page).await?;
        Ok(if selected == Some(index) { Look::Ready(()) } else { Look::NotYet(format!("{selected:?}")) })
    })
    .await?;
    let script =
        "const [row] = arguments, view = document.getElementById('log-table').getBoundingClientRect();
        const place = document.getElementById(row).getBoundingClientRect();
        return place.top >= view.top && place.bottom <= view.bottom + 1";
    let is_seen = page.execute(script, vec![serde_json::json!(format!("row-{index}"))]).await?;
    anyhow::ensure!(is_seen == true, "row {index} is selected, but not seen");
    Ok(())
}

/// Selects a row that is drawn, by a click.
async fn select(page: &Page, row: &Row) -> Result<()> {
    page.click_at(&format!("#row-{}", row.index)).await?;
    wait_for_selected(page, row.index).await
}

/// What the sender of a PUBLISH sees at each QoS.
const SENT: [&[&str]; 3] = [
    &["out PUBLISH QoS 0"],
    &["out PUBLISH QoS 1", "in PUBACK"],
    &["out PUBLISH QoS 2", "in PUBREC", "out PUBREL", "in PUBCOMP"],
];

/// What its receiver sees at each QoS of the delivery.
const RECEIVED: [&[&str]; 3] = [
    &["in PUBLISH QoS 0"],
    &["in PUBLISH QoS 1", "out PUBACK"],
    &["in PUBLISH QoS 2", "out PUBREC", "in PUBREL", "out PUBCOMP"],
];

/// Checks that all packets of a handshake carry the same id.
fn check_same_id(rows: &[Row]) -> Result<()> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    anyhow::ensure!(ids.windows(2).all(|pair| pair[0] == pair[1]), "the ids differ: {ids:?}");
    Ok(())
}

/// A topic that only this test uses, since a broker may serve several at a time.
fn own_topic(name: &str) -> String {
    use std::time::{SystemTime, UNIX_EPOCH};
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("e2e/{}{}/{name}", std::process::id(), now.as_micros() % 1_000_000)
}
