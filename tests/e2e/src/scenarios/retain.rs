//! RETAIN: a subscriber that comes later gets the last retained message.

use anyhow::{Result, ensure};

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::Kind;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;

pub async fn late_subscriber(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let topic = own_topic("retained");
    let publisher = stage.open(chain).await?;
    connect(&publisher, "early").await?;
    publisher.checkbox("Retain").set(true).await?;
    for message in ["first", "last"] {
        let from = publisher.log().next_index().await?;
        publish(&publisher, &topic, 1, message).await?;
        publisher.log().wait_for_packets(from, &["out PUBLISH QoS 1 RETAIN", "in PUBACK"]).await?;
    }

    let late = stage.open(chain).await?;
    connect(&late, "late").await?;
    let from = late.log().next_index().await?;
    subscribe(&late, &topic, 0).await?;
    let row = late.log().wait_for("is the retained message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    ensure!(row.is_retained() && row.text.contains("last"), "{row}: {}", row.text);

    let from = publisher.log().next_index().await?;
    publish(&publisher, &topic, 1, "").await?;
    publisher.log().wait_for_packets(from, &["out PUBLISH QoS 1 RETAIN", "in PUBACK"]).await?;
    let mut later = TcpClient::connect(chain.broker, "later")?;
    later.subscribe(&topic, 0)?;
    later.expect_nothing()
}
