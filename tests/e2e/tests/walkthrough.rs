//! The whole walk-through against the project's own gateway and broker, in both MQTT versions.

mod mqtt_3_1 {
    mqttscope_e2e::walkthrough!(mqttscope_e2e::chain::Chain::own(mqttscope_e2e::chain::Version::V31));
}

mod mqtt_3_1_1 {
    mqttscope_e2e::walkthrough!(mqttscope_e2e::chain::Chain::own(mqttscope_e2e::chain::Version::V311));
}
