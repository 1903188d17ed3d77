//! Brokers and gateways that fail, and servers that serve the page in their own way.

use anyhow::Context;
use mqttscope_e2e::broker::{Act, ScriptedBroker, address_without_broker};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::environment;
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_e2e::scenarios::failures;
use mqttscope_e2e::stage;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_e2e::tls_server::TlsServer;
use std::net::{SocketAddr, TcpListener};

#[test]
fn nothing_listens() {
    stage::run("nothing-listens", async |stage| {
        let chain = Chain::own(Version::V31)?;
        let page = stage.open(&chain).await?;
        page.field("URL").fill(&format!("ws://{}/mqttproxy", address_without_broker()?)).await?;
        let words = ["nothing answers there", "Does a gateway run at that host and port?"];
        failures::is_not_opened(&page, "nothing-listens", "ERR_CONNECTION_REFUSED", &words).await
    });
}

#[test]
fn something_listens_and_does_not_answer() {
    stage::run("timed-out", async |stage| {
        let chain = Chain::own(Version::V31)?;
        let page = stage.open(&chain).await?;
        // The system takes connections for it, and it never looks at them.
        let silent = TcpListener::bind("127.0.0.1:0")?;
        page.field("URL").fill(&format!("ws://{}/mqttproxy", silent.local_addr()?)).await?;
        failures::is_not_answered(&page).await?;
        page.console_errors().await?;
        Ok(())
    });
}

#[test]
fn a_certificate_that_nobody_has_signed() {
    stage::run("certificate", async |stage| {
        let chain = Chain::own(Version::V31)?;
        let page = stage.open(&chain).await?;
        let server = TlsServer::start()?;
        page.field("URL").fill(&format!("wss://{}/mqtt", server.address())).await?;
        failures::lacks_trust(&page, &format!("https://{}/", server.address())).await
    });
}

#[test]
fn a_broker_that_refuses_and_does_not_close() {
    stage::run("left-open", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::send("20 02 00 05"), Act::Stay])?;
        let mut chain = Chain::own_before(broker.address(), Version::V311)?;
        failures::refused_and_left_open(stage, &mut chain).await
    });
}

#[test]
fn the_origin_is_refused() {
    stage::run("origin-refused", async |stage| {
        let server = StaticServer::start(&environment::dist()?, Manner::NoTypeForWasm)?;
        let chain = Chain::own_for_page("http://another.example", &server.url("mqtt.html"), Version::V31)?;
        let page = stage.open(&chain).await?;
        failures::is_not_opened(&page, "origin-refused", "403", &["let this origin in"]).await
    });
}

#[test]
fn the_subprotocol_is_not_agreed() {
    stage::run("subprotocol", async |stage| {
        let chain = Chain::own(Version::V31)?;
        let page = stage.open(&chain).await?;
        page.field("WebSocket subprotocol").fill("mqtt5-only").await?;
        let words = ["know “mqtt5-only”? Else offer none"];
        failures::is_not_opened(&page, "subprotocol", "Sec-WebSocket-Protocol", &words).await
    });
}

#[test]
fn every_refusal_is_said_in_words() {
    stage::run("refusals", async |stage| {
        for (code, words) in [
            (1, ["version", "another MQTT version"]),
            (2, ["identifier", "another client id"]),
            (3, ["unavailable", "client id that is in use"]),
            (4, ["user name or password", "Check username"]),
            (5, ["not authori", "Check username"]),
            (200, ["200", "does not define"]),
        ] {
            let script = vec![Act::Receive, Act::Send(vec![0x20, 2, 0, code])];
            let broker = ScriptedBroker::start(script)?;
            let mut chain = Chain::own_before(broker.address(), Version::V31)?;
            failures::refused(stage, &mut chain, code, &words).await?;
        }
        Ok(())
    });
}

#[test]
fn garbage_is_named_and_ends_the_connection() {
    stage::run("garbage", async |stage| {
        let script =
            vec![Act::Receive, Act::send("48 54 54 50 2f 31 2e 31 20 34 30 30 ff ff ff ff ff ff"), Act::Stay];
        let broker = ScriptedBroker::start(script)?;
        let mut chain = Chain::own_before(broker.address(), Version::V31)?;
        failures::garbage(stage, &mut chain).await
    });
}

/// The gateway was given the port of a web server.
#[test]
fn a_web_server_in_place_of_a_broker() {
    stage::run("web-server", async |stage| {
        let server = Gateway::start(Options::default())?;
        let addresses = server.page().socket_addrs(|| None)?;
        let address = addresses.into_iter().find(SocketAddr::is_ipv4).context("an address")?;
        let chain = Chain::own_before(address, Version::V31)?;
        let page = stage.open(&chain).await?;
        failures::fails(&page, "web-server", &["does not follow MQTT", "lead to a port for MQTT?"]).await?;
        page.log().wait_for_event(0, "not a valid packet").await?;
        Ok(())
    });
}

#[test]
fn a_broker_that_closes_without_connack() {
    stage::run("no-connack", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive])?;
        let mut chain = Chain::own_before(broker.address(), Version::V31)?;
        failures::closes_without_connack(stage, &mut chain).await
    });
}

#[test]
fn a_server_that_waits_for_something_else_than_mqtt() {
    stage::run("silence", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::Stay])?;
        let chain = Chain::own_before(broker.address(), Version::V31)?;
        let page = stage.open(&chain).await?;
        failures::gives_up(&page, "silence").await
    });
}

#[test]
fn a_broker_that_answers_no_ping() {
    stage::run("keep-alive-expires", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::send("20 02 00 00"), Act::Stay])?;
        let mut chain = Chain::own_before(broker.address(), Version::V31)?;
        failures::keep_alive_expires(stage, &mut chain).await
    });
}

#[test]
fn a_client_that_sends_no_ping() {
    stage::run("pingreq-withheld", async |stage| {
        failures::pingreq_withheld(stage, &mut Chain::own(Version::V31)?).await?;
        Ok(())
    });
}

#[test]
fn a_client_that_is_taken_over() {
    stage::run("taken-over", async |stage| {
        failures::taken_over(stage, &mut Chain::own(Version::V31)?).await?;
        Ok(())
    });
}

#[test]
fn a_broker_that_is_down() {
    stage::run("broker-down", async |stage| {
        let mut chain = Chain::own_before(address_without_broker()?, Version::V31)?;
        failures::broker_down(stage, &mut chain).await
    });
}

#[test]
fn a_broker_that_restarts() {
    stage::run("broker-restarts", async |stage| {
        let mut chain = Chain::own_with_separate_broker(Version::V31)?;
        failures::broker_restarted(stage, &mut chain).await
    });
}

#[test]
fn a_broker_that_is_waited_for() {
    stage::run("broker-waited-for", async |stage| {
        let mut chain = Chain::own_with_separate_broker(Version::V31)?;
        failures::comes_back_by_itself(stage, &mut chain).await
    });
}

#[test]
fn a_clock_that_is_set() {
    stage::run("clock-set", async |stage| {
        failures::clock_is_set(stage, &mut Chain::own(Version::V31)?).await
    });
}

#[test]
fn a_gateway_that_restarts() {
    stage::run("gateway-restarts", async |stage| {
        let mut chain = Chain::own(Version::V31)?;
        failures::gateway_restarted(stage, &mut chain).await
    });
}
