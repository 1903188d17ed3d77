//! The same files from other servers: without a type for .wasm, under a strict policy, and both.

use anyhow::Result;
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::environment;
use mqttscope_e2e::scenarios::{publish, tour};
use mqttscope_e2e::stage::{self, Stage};
use mqttscope_e2e::static_server::{Manner, StaticServer};

#[test]
fn without_a_type_for_wasm() {
    stage::run("no-type-for-wasm", async |stage| works_from(stage, Manner::NoTypeForWasm).await);
}

#[test]
fn under_a_strict_policy() {
    stage::run("strict-policy", async |stage| works_from(stage, Manner::StrictPolicy).await);
}

#[test]
fn under_a_strict_policy_without_a_type_for_wasm() {
    stage::run("strict-policy-no-type-for-wasm", async |stage| {
        let server = StaticServer::start(&environment::dist()?, Manner::StrictPolicyNoTypeForWasm)?;
        let mut chain = Chain::own_for_page(&server.origin(), &server.url("mqtt.html"), Version::V31)?;
        tour::from_connect_to_the_inspector(stage, &mut chain).await
    });
}

/// Opens the page there and publishes through a gateway elsewhere. The stage checks that the console
/// holds no error, such as of something that the policy refused.
async fn works_from(stage: &Stage, manner: Manner) -> Result<()> {
    let server = StaticServer::start(&environment::dist()?, manner)?;
    let mut chain = Chain::own_for_page(&server.origin(), &server.url("mqtt.html"), Version::V31)?;
    publish::at_each_qos(stage, &mut chain).await
}
