//! What the page says of a connection that fails, with the gateways and brokers that users have.
//!
//! The failures that need no system of theirs are in the end-to-end tests.

use anyhow::{Result, ensure};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::environment::dist;
use mqttscope_e2e::page::Page;
use mqttscope_e2e::scenarios::failures::{self, ends, fails, is_not_opened};
use mqttscope_e2e::stage;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_e2e::tcp_client::TcpClient;
use mqttscope_interop::chains::{Broker, Way};
use mqttscope_interop::pages::chain;
use mqttscope_interop::systems::mosquitto;
use mqttscope_proto::ProtocolVersion::{V31, V311};

/// The configuration that is shipped lets one origin in, and this page comes from another.
#[test]
fn kaazing_refuses_the_origin() {
    stage::run("kaazing-origin", async |stage| {
        let chain = chain(Way::Kaazing, Broker::Mosquitto, V31)?;
        let elsewhere = StaticServer::start(&dist()?, Manner::NoTypeForWasm)?;
        let chain = Chain { page_url: elsewhere.url("mqtt.html"), ..chain };
        let page = stage.open(&chain).await?;
        is_not_opened(&page, "kaazing-origin", "403", &["let this origin in"]).await
    });
}

#[test]
fn kaazing_agrees_to_no_subprotocol() {
    stage::run("kaazing-subprotocol", async |stage| {
        let chain = chain(Way::Kaazing, Broker::Mosquitto, V31)?;
        let page = stage.open(&chain).await?;
        page.field("WebSocket subprotocol").fill("mqtt").await?;
        let words = ["know “mqtt”? Else offer none"];
        is_not_opened(&page, "kaazing-subprotocol", "Sec-WebSocket-Protocol", &words).await
    });
}

#[test]
fn kaazing_without_its_broker() {
    stage::run("kaazing-broker-down", async |stage| {
        let mut chain = chain(Way::Kaazing, Broker::Mosquitto, V31)?;
        chain.stop_broker()?;
        let page = stage.open(&chain).await?;
        let words = ["gateway accepted", "did not answer", "code 1000)", "run on its port"];
        fails(&page, "kaazing-broker-down", &words).await?;
        // The WebSocket had been open.
        page.log().wait_for_packets(0, &["out CONNECT"]).await?;
        Ok(())
    });
}

#[test]
fn activemq_refuses_a_client_id_in_use() {
    stage::run("activemq-id-in-use", async |stage| {
        let chain = chain(Way::Kaazing, Broker::ActiveMq, V31)?;
        let _other = TcpClient::connect(chain.broker, "twin")?;
        let page = stage.open(&chain).await?;
        page.field("Client ID").fill("twin").await?;
        let words = ["return code 3", "client id that is in use", "try another one"];
        fails(&page, "activemq-id-in-use", &words).await?;
        page.field("Client ID").fill("another").await?;
        page.button("Connect").click().await?;
        page.wait_for_status("connected as another").await?;
        Ok(())
    });
}

/// ActiveMQ's own listener speaks STOMP with a client that offers no subprotocol, and does not answer CONNECT.
#[test]
fn activemq_takes_it_for_stomp() {
    stage::run("activemq-stomp", async |stage| {
        let chain = chain(Way::Listener, Broker::ActiveMq, V31)?;
        let chain = Chain { subprotocol: None, ..chain };
        let page = stage.open(&chain).await?;
        failures::gives_up(&page, "activemq-stomp").await
    });
}

#[test]
fn mosquitto_refuses_a_wrong_password() {
    stage::run("mosquitto-password", async |stage| {
        let mosquitto = mosquitto::start_with_password("amelia", "earhart1937")?;
        for version in [Version::V31, Version::V311] {
            let chain = Chain::own_before(mosquitto.tcp(), version)?;
            let page = stage.open(&chain).await?;
            page.field("Username").fill("amelia").await?;
            page.field("Password").fill("wrong").await?;
            let words = ["return code 5", "Check username and password"];
            fails(&page, "mosquitto-password", &words).await?;
            page.field("Password").fill("earhart1937").await?;
            page.button("Connect").click().await?;
            page.wait_for_status("connected as").await?;
        }
        Ok(())
    });
}

#[test]
fn mosquitto_gives_the_client_id_to_another() {
    for (way, who) in [(Way::Kaazing, "the peer (code 1000)"), (Way::Listener, "the gateway (code 1006)")] {
        stage::run("mosquitto-taken-over", async |stage| {
            let mut chain = chain(way, Broker::Mosquitto, V311)?;
            let page = failures::taken_over(stage, &mut chain).await?;
            says(&page, who).await
        });
    }
}

#[test]
fn mosquitto_misses_a_ping() {
    stage::run("mosquitto-pingreq-withheld", async |stage| {
        let mut chain = chain(Way::Kaazing, Broker::Mosquitto, V31)?;
        let page = failures::pingreq_withheld(stage, &mut chain).await?;
        says(&page, "the peer (code 1000)").await
    });
}

#[test]
fn kaazing_goes_away() {
    stage::run("kaazing-stopped", async |stage| {
        let mut chain = chain(Way::Kaazing, Broker::Mosquitto, V31)?;
        let page = stage.open(&chain).await?;
        page.button("Connect").click().await?;
        page.wait_for_status("connected as").await?;
        chain.stop_gateway()?;
        ends(&page, "kaazing-stopped", &["the network or the gateway (code 1006)", "shutdown"]).await
    });
}

async fn says(page: &Page, words: &str) -> Result<()> {
    let status = page.status().await?;
    ensure!(status.contains(words), "'{words}' is not in: {status}");
    Ok(())
}
