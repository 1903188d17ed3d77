//! The page in Firefox; all other tests open it in Chromium.

use anyhow::Result;
use mqttscope_e2e::chain::{Chain, Parts, Version};
use mqttscope_e2e::environment::dist;
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_e2e::scenarios::tour;
use mqttscope_e2e::stage::{self, Browser::Firefox};
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_interop::chains::{Broker, Way};
use mqttscope_interop::pages::quirks;
use mqttscope_interop::systems::kaazing::Kaazing;
use mqttscope_interop::systems::mosquitto;
use mqttscope_proto::ProtocolVersion;

/// What a server can do least for the page: no Content-Type for .wasm, nothing compressed, a strict policy.
#[test]
fn from_a_plain_server() -> Result<()> {
    let mosquitto = mosquitto::start()?;
    let page = StaticServer::start(&dist()?, Manner::StrictPolicyNoTypeForWasm)?;
    let gateway = Gateway::start(Options {
        broker: Some(mosquitto.tcp()),
        allow_origins: vec![page.origin()],
        ..Options::default()
    })?;
    play(
        "firefox-plain-server",
        Chain {
            page_url: page.url("mqtt.html"),
            ws_url: Some(gateway.proxy().to_string()),
            subprotocol: None,
            version: Version::V31,
            broker: mosquitto.tcp(),
            quirks: quirks(Way::Gateway, Broker::Mosquitto, ProtocolVersion::V31),
            parts: Parts {
                gateway: Some(Box::new(gateway)),
                broker: Some(Box::new(mosquitto)),
                page: Some(page),
            },
        },
    );
    Ok(())
}

#[test]
fn from_kaazing() -> Result<()> {
    let mosquitto = mosquitto::start()?;
    let kaazing = Kaazing::start_whole(mosquitto.tcp(), &dist()?)?;
    play(
        "firefox-kaazing",
        Chain {
            page_url: kaazing.page(),
            ws_url: None,
            subprotocol: None,
            version: Version::V31,
            broker: mosquitto.tcp(),
            quirks: quirks(Way::Kaazing, Broker::Mosquitto, ProtocolVersion::V31),
            parts: Parts { gateway: Some(Box::new(kaazing)), broker: Some(Box::new(mosquitto)), page: None },
        },
    );
    Ok(())
}

/// The chain is there until the window has closed: Firefox calls a connection that ends under a page an error.
fn play(name: &str, mut chain: Chain) {
    stage::run_in(Firefox, name, async |stage| tour::from_connect_to_the_inspector(stage, &mut chain).await);
}
