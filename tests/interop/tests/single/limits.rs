//! What a server of MQTT 5 does where its limits are broken on purpose, and what the page says of it.

use anyhow::ensure;
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::log::Kind;
use mqttscope_e2e::stage;
use mqttscope_interop::systems::mosquitto;

/// A packet over the server's Maximum Packet Size is kept back with the reason, and sent with *Break the server's limits*;
/// the server then ends the connection, and says why.
#[test]
fn mosquitto_is_sent_a_packet_too_large() {
    stage::run("mosquitto-packet-size", async |stage| {
        let mosquitto = mosquitto::start_with_max_packet_size(1_000)?;
        let chain = Chain::own_before(mosquitto.tcp(), Version::V5)?;
        let page = stage.open(&chain).await?;
        page.field("Client ID").fill("too-large").await?;
        page.button("Connect").click().await?;
        page.wait_for_status("connected as too-large").await?;
        page.wait_for_status("packets up to 1,000 B").await?;

        page.field("Topic").fill("limits").await?;
        page.field("Message").fill(&"m".repeat(2_000)).await?;
        let from = page.log().next_index().await?;
        page.button("Publish").click().await?;
        page.wait_for_text("“Break the server's limits” sends it all the same.").await?;
        let packets = page.log().packets().await?;
        ensure!(packets.iter().all(|row| row.index < from), "it was sent all the same: {packets:?}");

        page.checkbox("Break the server's limits").set(true).await?;
        page.button("Publish").click().await?;
        page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "in DISCONNECT"]).await?;
        let farewell = |row: &mqttscope_e2e::log::Row| row.is(Kind::In, "DISCONNECT");
        let row = page.log().wait_for("is the DISCONNECT", from, farewell).await?;
        ensure!(row.text.to_lowercase().contains("packet too large"), "the row says {}", row.text);
        let status = page.wait_for_status("0x95").await?;
        ensure!(status.to_lowercase().contains("packet too large"), "the status says {status}");
        Ok(())
    });
}
