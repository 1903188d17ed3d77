//! A thousand numbered messages at QoS 1 between two clients at `/mqttproxy` of HAProxy, while parts are killed and
//! started again: each number arrives. How many came twice, and the longest pause, are printed.

use anyhow::{Context, Result, ensure};
use mqttscope_interop::client::Client;
use mqttscope_interop::cluster::nats::{self, Nats};
use mqttscope_interop::cluster::traffic::{self, Progress};
use mqttscope_interop::cluster::{self, Front};
use mqttscope_interop::systems::artemis_pair::Pair;
use mqttscope_interop::systems::free_address;
use mqttscope_proto::ProtocolVersion;
use std::time::{Duration, Instant};

/// What messages go through.
struct Cluster {
    front: Front,
    nats: Nats,
}

impl Cluster {
    fn start() -> Result<Self> {
        let nats = Nats::start()?;
        Ok(Self { front: Front::start(nats.mqtt())?, nats })
    }
}

/// Runs the messages through a cluster of their own, and says what came of them.
fn survives(name: &str, disturb: impl FnOnce(&mut Cluster, &Progress) -> Result<()>) -> Result<()> {
    let mut cluster = Cluster::start()?;
    let tally = traffic::run(&cluster.front.route(), |progress| disturb(&mut cluster, progress))?;
    println!("cluster, {name}: {tally}");
    tally.check()
}

/// One after the other, so that whoever is on one of them is met.
#[test]
fn a_gateway_is_killed() -> Result<()> {
    survives("each gateway killed", |cluster, progress| {
        for (gateway, at) in [(0, 200), (1, 600)] {
            progress.wait_for(at)?;
            progress.ensure_under_way()?;
            cluster.front.kill_gateway(gateway);
            progress.wait_for(at + 150)?;
            cluster.front.start_gateway(gateway)?;
        }
        Ok(())
    })
}

/// As for an update: nobody who comes in the meantime is turned away, and those who are there lose nothing.
#[test]
fn a_gateway_is_ended_in_order() -> Result<()> {
    survives("a gateway ended in order", |cluster, progress| {
        progress.wait_for(150)?;
        progress.ensure_under_way()?;
        cluster.front.end_gateway(0)?;
        let (asked, route) = (Instant::now(), cluster.front.route());
        let mut newcomers = 0;
        while asked.elapsed() < Duration::from_secs(cluster::DRAIN_SECS - 1) {
            newcomers += 1;
            Client::connect(&route, ProtocolVersion::V311, &format!("newcomer-{newcomers}"))
                .with_context(|| format!("newcomer {newcomers}, {:?} after SIGTERM", asked.elapsed()))?
                .disconnect()?;
        }
        ensure!(newcomers > 10, "only {newcomers} have tried");
        let standing = *cluster.front.standings()?.get("web/g1").context("HAProxy knows no g1")?;
        ensure!(!standing.is_up && standing.sessions > 0, "its connections do not go on: {standing:?}");
        progress.wait_for(700)?;
        cluster.front.start_gateway(0)
    })
}

#[test]
fn a_node_is_killed() -> Result<()> {
    survives("the subscriber's node killed", |cluster, progress| {
        progress.wait_for(200)?;
        let node = cluster.nats.node_of("subscriber")?;
        progress.ensure_under_way()?;
        cluster.nats.kill(node);
        progress.wait_for(500)?;
        cluster.nats.start_again(node)
    })
}

/// It answers nothing and closes nothing: only a check that speaks MQTT finds it out.
#[test]
fn a_node_hangs() -> Result<()> {
    survives("the subscriber's node hangs", |cluster, progress| {
        progress.wait_for(200)?;
        let node = cluster.nats.node_of("subscriber")?;
        progress.ensure_under_way()?;
        let frozen = cluster.nats.freeze(node)?;
        cluster.front.wait_until_down(&format!("brokers/b{}", node + 1))?;
        progress.ensure_under_way()?;
        progress.wait_for(850)?;
        drop(frozen);
        cluster.nats.wait_until_healthy(node)
    })
}

#[test]
fn a_gateway_and_a_node_are_killed_at_once() -> Result<()> {
    survives("a gateway and the subscriber's node killed", |cluster, progress| {
        progress.wait_for(200)?;
        let node = cluster.nats.node_of("subscriber")?;
        progress.ensure_under_way()?;
        cluster.front.kill_gateway(0);
        cluster.nats.kill(node);
        progress.wait_for(500)?;
        cluster.front.start_gateway(0)?;
        cluster.nats.start_again(node)
    })
}

/// All that is published is stored through it.
#[test]
fn the_leader_of_the_messages_is_killed() -> Result<()> {
    leader_is_killed(nats::MESSAGES)
}

#[test]
fn the_leader_of_the_sessions_is_killed() -> Result<()> {
    leader_is_killed(nats::SESSIONS)
}

fn leader_is_killed(stream: &str) -> Result<()> {
    survives(&format!("the leader of {stream} killed"), |cluster, progress| {
        progress.wait_for(200)?;
        let leader = cluster.nats.leader_of(stream)?;
        progress.ensure_under_way()?;
        cluster.nats.kill(leader);
        cluster.nats.wait_for_another_leader(stream, leader)?;
        progress.wait_for(500)?;
        cluster.nats.start_again(leader)
    })
}

/// The same files with another broker behind: HAProxy's check finds the one of the two that serves.
#[test]
fn the_primary_of_an_artemis_pair_is_killed() -> Result<()> {
    let mut pair = Pair::start()?;
    let [primary, backup] = pair.mqtt();
    // There is no third one.
    let front = Front::start([primary, backup, free_address()?])?;
    ["brokers/b2", "brokers/b3"].iter().try_for_each(|name| front.wait_until_down(name))?;
    let tally = traffic::run(&front.route(), |progress| {
        progress.wait_for(200)?;
        progress.ensure_under_way()?;
        pair.kill_primary();
        Ok(())
    })?;
    println!("cluster, the primary of an Artemis pair killed: {tally}");
    tally.check()
}
