//! The page as `deploy/kaazing` installs it: served by Kaazing itself, beside its proxy.

use anyhow::{Context, Result, ensure};
use mqttscope_e2e::chain::{Chain, Parts, Version};
use mqttscope_e2e::environment::dist;
use mqttscope_e2e::scenarios::publish;
use mqttscope_e2e::stage;
use mqttscope_interop::chains::{Broker, Way};
use mqttscope_interop::environment;
use mqttscope_interop::pages::quirks;
use mqttscope_interop::systems::kaazing::Kaazing;
use mqttscope_interop::systems::mosquitto;
use mqttscope_proto::ProtocolVersion;
use std::process::Command;

#[test]
fn kaazing_serves_the_page_that_uses_its_proxy() {
    stage::run("deployed-kaazing", async |stage| {
        let mosquitto = mosquitto::start()?;
        let kaazing = Kaazing::start_whole(mosquitto.tcp(), &dist()?)?;
        let mut chain = Chain {
            page_url: kaazing.page(),
            ws_url: None,
            subprotocol: None,
            version: Version::V31,
            broker: mosquitto.tcp(),
            quirks: quirks(Way::Kaazing, Broker::Mosquitto, ProtocolVersion::V31),
            parts: Parts { gateway: Some(Box::new(kaazing)), broker: Some(Box::new(mosquitto)), page: None },
        };
        let page = stage.open(&chain).await?;
        // A browser compiles a program while it downloads only with this type.
        let script = "const done = arguments[arguments.length - 1];
            fetch('page_bg.wasm').then(answer => done(answer.headers.get('content-type')), done)";
        let mime = page.execute_async(script, vec![]).await?;
        ensure!(mime == "application/wasm", "the type of .wasm is {mime}");
        publish::at_each_qos(stage, &mut chain).await
    });
}

/// The image's jars are those that these tests run.
#[test]
fn the_jars_have_the_checksums_of_the_image() -> Result<()> {
    let sums = environment::root().join("deploy/kaazing/lib.sha256").canonicalize()?;
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--quiet"]).arg(sums).current_dir(environment::kaazing_lib()?);
    ensure!(check.status().context("no sha256sum")?.success(), "they differ");
    Ok(())
}
