//! What a person does with the page, one function each: the sections of the original page's README,
//! and then some.
//!
//! A scenario knows its [`Chain`](crate::chain::Chain) only through that type, so that the macro
//! [`walkthrough!`](crate::walkthrough) can make tests of all of them for any chain.

pub mod connect;
pub mod duplicates;
pub mod failures;
pub mod input;
pub mod keep_alive;
pub mod log;
pub mod publish;
pub mod retain;
pub mod subscribe;
pub mod will;

use anyhow::Result;

use crate::log::Row;
use crate::page::Page;

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
            subscribe: grants_and_delivers_each_qos, wildcards, unsubscribes;
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
    page.log().wait_for("is a SUBACK", from, |row| row.is(crate::log::Kind::In, "SUBACK")).await?;
    Ok(())
}

/// Fills in the publish form and presses Publish.
async fn publish(page: &Page, topic: &str, qos: u8, message: &str) -> Result<()> {
    page.field("Topic").fill(topic).await?;
    page.select("Publish QoS").choose(&qos.to_string()).await?;
    page.field("Message").fill(message).await?;
    page.button("Publish").click().await
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
