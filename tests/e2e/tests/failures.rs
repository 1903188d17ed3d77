//! Brokers and gateways that fail, and servers that serve the page in their own way.

use mqttscope_e2e::broker::{Act, ScriptedBroker, address_without_broker};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::scenarios::failures;
use mqttscope_e2e::stage;

#[test]
fn every_refusal_is_said_in_words() {
    stage::run("refusals", async |stage| {
        for (code, words) in [
            (1, "version"),
            (2, "identifier"),
            (3, "unavailable"),
            (4, "user name or password"),
            (5, "not authori"),
            (200, "200"),
        ] {
            let script = vec![Act::Receive, Act::Send(vec![0x20, 2, 0, code])];
            let broker = ScriptedBroker::start(script)?;
            let mut chain = Chain::own_before(broker.address(), Version::V31)?;
            failures::refused(stage, &mut chain, code, words).await?;
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

#[test]
fn a_broker_that_closes_without_connack() {
    stage::run("no-connack", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive])?;
        let mut chain = Chain::own_before(broker.address(), Version::V31)?;
        failures::closes_without_connack(stage, &mut chain).await
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
fn a_gateway_that_restarts() {
    stage::run("gateway-restarts", async |stage| {
        let mut chain = Chain::own(Version::V31)?;
        failures::gateway_restarted(stage, &mut chain).await
    });
}
