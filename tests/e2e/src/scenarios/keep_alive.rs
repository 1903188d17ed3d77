//! Keep alive: PINGREQ when nothing else was sent for the interval, and its answer.

use anyhow::{Result, ensure};

use super::connect;
use crate::chain::Chain;
use crate::stage::Stage;

pub async fn pings(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Keep alive (seconds)").fill("2").await?;
    connect(&page, "pings").await?;

    let rhythm = ["out CONNECT", "in CONNACK", "out PINGREQ", "in PINGRESP", "out PINGREQ", "in PINGRESP"];
    page.log().wait_for_packets(0, &rhythm).await?;
    ensure!(page.status().await?.to_lowercase().contains("connected as pings"), "the connection was lost");
    Ok(())
}
