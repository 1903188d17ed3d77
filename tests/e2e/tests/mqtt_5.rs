//! MQTT 5 on the page: its forms, what becomes of them on the wire, and what a server says of itself.

use mqttscope_e2e::broker::{Act, ScriptedBroker};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::scenarios::mqtt_5;
use mqttscope_e2e::stage;

mod with_a_broker {
    mqttscope_e2e::scenario_tests! { mqttscope_e2e::chain::Chain::own(mqttscope_e2e::chain::Version::V5);
        mqtt_5: properties_reach_a_subscriber, a_request_is_answered, bad_input_is_refused_at_its_field, looks;
    }
}

#[test]
fn what_the_server_allows() {
    // Receive Maximum 20, Server Keep Alive 30, no shared subscriptions.
    let connack = Act::send("20 0b 00 00 08 21 00 14 13 00 1e 2a 00");
    stage::run("mqtt-5-limits", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, connack.clone(), Act::Stay])?;
        let mut chain = Chain::own_before(broker.address(), Version::V5)?;
        mqtt_5::limits_are_told_and_broken(stage, &mut chain, &broker).await
    });
}

#[test]
fn a_disconnect_with_a_reason() {
    stage::run("mqtt-5-disconnect", async |stage| {
        let script = vec![Act::Receive, Act::send("20 03 00 00 00"), Act::Stay];
        let broker = ScriptedBroker::start(script)?;
        let mut chain = Chain::own_before(broker.address(), Version::V5)?;
        mqtt_5::disconnects_with_a_reason(stage, &mut chain, &broker).await
    });
}

#[test]
fn an_authentication() {
    stage::run("mqtt-5-auth", async |stage| {
        // AUTH 0x18 with the method M and the data "who?"; CONNACK once it is answered.
        let ask = Act::send("f0 0d 18 0b 15 00 01 4d 16 00 04 77 68 6f 3f");
        let script =
            vec![Act::Receive, ask, Act::Receive, Act::send("20 07 00 00 04 15 00 01 4d"), Act::Stay];
        let broker = ScriptedBroker::start(script)?;
        let mut chain = Chain::own_before(broker.address(), Version::V5)?;
        mqtt_5::authenticates(stage, &mut chain, &broker).await
    });
}

#[test]
fn a_server_that_does_not_speak_it() {
    stage::run("mqtt-5-refused", async |stage| {
        // As 3.1.1 refuses a version that it does not know.
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::send("20 02 00 01")])?;
        let mut chain = Chain::own_before(broker.address(), Version::V5)?;
        mqtt_5::offers_another_version(stage, &mut chain, &broker).await
    });
}
