//! What the page loads and when: the engine is requested when it is first needed, also where that goes wrong at first.

use std::fs;

use anyhow::Result;
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::environment;
use mqttscope_e2e::scenarios::loading;
use mqttscope_e2e::stage::{self, Stage};
use mqttscope_e2e::static_server::{Manner, StaticServer};

#[test]
fn a_cold_start_requests_what_the_page_is_drawn_by() {
    with_files("cold-start", async |stage, chain, files| {
        let requested = loading::nothing_is_touched(stage, chain, files).await?;
        let weights: Result<Vec<u64>> = requested.iter().map(|name| weight(name)).collect();
        let sum: u64 = weights?.iter().sum();
        anyhow::ensure!(
            sum <= MOST,
            "a cold start requests {sum} B with gzip, more than {MOST} B: {requested:?}"
        );
        Ok(())
    });
}

#[test]
fn the_first_sign_of_a_person_starts_the_engine() {
    with_files("first-sign", async |stage, chain, files| {
        loading::a_sign_starts_the_engine(stage, chain, files).await
    });
}

#[test]
fn what_a_script_asks_for_starts_the_engine() {
    with_files("script", async |stage, chain, files| {
        loading::a_script_starts_the_engine(stage, chain, files).await
    });
}

#[test]
fn the_page_looks_the_same_without_its_engine() {
    with_files("no-engine-yet", async |stage, chain, files| {
        loading::looks_the_same_before_and_after(stage, chain, files).await
    });
}

#[test]
fn an_engine_that_comes_late_does_what_was_asked_meanwhile() {
    with_files("late-engine", async |stage, chain, files| loading::comes_late(stage, chain, files).await);
}

#[test]
fn a_server_that_is_gone_at_the_first_sign() {
    stage::run("gone-at-first", async |stage| {
        loading::server_is_gone(stage, &mut Chain::own(Version::V311)?).await
    });
}

#[test]
fn an_engine_that_cannot_be_loaded_at_first() {
    with_files("missing-at-first", async |stage, chain, files| {
        loading::cannot_be_loaded(stage, chain, files).await
    });
}

#[test]
fn an_engine_of_another_build_at_first() {
    with_files("other-build-at-first", async |stage, chain, files| {
        loading::is_of_another_build(stage, chain, files).await
    });
}

#[test]
fn an_engine_that_fails_with_its_log() {
    stage::run("fails-later", async |stage| loading::fails_later(stage, &Chain::own(Version::V311)?).await);
}

/// The page from a server that says what was requested of it, and the project's gateway.
fn with_files(name: &str, play: impl AsyncFnOnce(&Stage, &mut Chain, &StaticServer) -> Result<()>) {
    stage::run(name, async |stage| {
        let files = StaticServer::start(&environment::dist()?, Manner::StrictPolicy)?;
        let mut chain = Chain::own_for_page(&files.origin(), &files.url("mqtt.html"), Version::V311)?;
        play(stage, &mut chain, &files).await
    });
}

/// Bytes of a file of the page with gzip; one that does not shrink is sent as it is.
fn weight(name: &str) -> Result<u64> {
    let file = environment::dist()?.join(name);
    let packed = fs::metadata(file.with_added_extension("gz"));
    Ok(packed.or_else(|_| fs::metadata(file))?.len())
}

/// What all that a cold start requests may weigh with gzip, in bytes.
const MOST: u64 = 330_000;
