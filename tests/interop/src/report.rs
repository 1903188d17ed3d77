//! docs/brokers.md, made from what was measured.

use mqttscope_proto::ProtocolVersion::{self, V5, V31, V311};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::chains::{Broker, CHAINS, Chain, Wanted, Way};
use crate::differences::{self, Difference, expected};
use crate::gateways::{Front, TRAITS};
use crate::pages::{LEFT_OUT, LeftOut};
use crate::rules::{self, ABSENT, Rule, index};

/// What was seen, as it comes in.
#[derive(Default)]
pub struct Measured {
    rules: Mutex<BTreeMap<(Chain, &'static str, ProtocolVersion), String>>,
    traits: Mutex<BTreeMap<(&'static str, &'static str), String>>,
}

impl Measured {
    /// Takes note of what a rule has shown.
    pub fn rule(&self, chain: Chain, rule: &'static Rule, version: ProtocolVersion, seen: &str) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.insert((chain, rule.name, version), seen.to_owned());
    }

    /// Takes note of what a gateway or a listener has shown.
    pub fn front(&self, front: Front, name: &'static str, seen: &str) {
        let mut traits = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
        traits.insert((front.title(), name), seen.to_owned());
    }

    /// The document; `None` unless all that is wanted was measured.
    ///
    /// What is not wanted stands there as it is expected, which is what a run that wants it has shown.
    pub fn document(&self, wanted: &Wanted) -> Option<String> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let traits = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
        let row_of = |rule: &Rule| {
            let cell = |chain| {
                let mut words = Vec::new();
                for version in spoken(chain).filter(|version| rule.is_in(*version)) {
                    words.push((
                        version,
                        match rules.get(&(chain, rule.name, version)) {
                            Some(seen) => seen.as_str(),
                            None if wanted.has(chain, version) => return None,
                            None => expected(rule, chain, version),
                        },
                    ));
                }
                Some(by_version(&words))
            };
            let mut cells = vec![rule.title.to_owned(), by_version(&each_version(&rule.specified))];
            for broker in Broker::ALL {
                cells.push(cell(Chain { way: Way::Tcp, broker })?);
            }
            let clauses = each_version(&rule.clauses).into_iter().map(|(_, clause)| clause);
            cells.push(clauses.collect::<Vec<_>>().join("; "));
            Some(row(&cells))
        };
        let mut text = INTRODUCTION.to_owned();
        for rule in rules::all().filter(|rule| rule.is_in(V311)) {
            text += &row_of(rule)?;
        }
        text += NEW_IN_5;
        for rule in rules::all().filter(|rule| !rule.is_in(V311)) {
            text += &row_of(rule)?;
        }
        text += REASONS;
        for difference in differences::all().filter(|difference| difference.ways != [Way::Listener]) {
            text += &reason(difference);
        }
        text += LISTENER;
        for difference in differences::all().filter(|difference| difference.ways == [Way::Listener]) {
            text += &reason(difference);
        }
        text += GATEWAYS;
        for tested in TRAITS {
            let mut cells = vec![tested.title.to_owned()];
            for (column, front) in Front::ALL.into_iter().enumerate() {
                cells.push(match traits.get(&(front.title(), tested.name)) {
                    Some(seen) => seen.clone(),
                    None if wanted.chains().any(|(chain, _)| chain == front.chain()) => return None,
                    None => tested.expected[column].to_owned(),
                });
            }
            text += &row(&cells);
        }
        text += WALK_THROUGH;
        for left_out in LEFT_OUT {
            let LeftOut { way, broker, what, reason } = *left_out;
            text += &row(&[Chain { way, broker }.to_string(), what.into(), reason.into()]);
        }
        Some(text)
    }
}

const INTRODUCTION: &str = "\
# What brokers and gateways do

Written by `cargo xtask interop` from what it measured; edit the rules in `tests/interop` instead.

## Brokers

Each row is one test. The same tests run over every way to the broker: TCP, Kaazing 5.6.2 (before ActiveMQ and
mosquitto), mqttscope-gateway and the broker's own WebSocket listener, and show the same unless a section below says
otherwise. ActiveMQ has the policies that it comes with; mosquitto is 2.0.11 with `max_queued_messages 100000`, since
with its default of 1,000 it discards messages of publishers on its WebSocket listener that it should not; rmqtt is the
broker inside mqttscope-gateway. HiveMQ, Artemis and mochi have what they come with, HiveMQ with its store in memory.

| What is done | Specified | ActiveMQ 5.10.0 | mosquitto | rmqtt | HiveMQ CE 2024.3 | Artemis 2.37.0 | mochi 2.7.9 | Where it is written (3.1; 3.1.1; 5) |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

const NEW_IN_5: &str = "
### What is new in MQTT 5

ActiveMQ 5.10 is older than MQTT 5. Where the text lets a broker choose, what is told as specified is one of its choices.

| What is done | Specified | ActiveMQ 5.10.0 | mosquitto | rmqtt | HiveMQ CE 2024.3 | Artemis 2.37.0 | mochi 2.7.9 | Where it is written |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

const REASONS: &str = "
### Where they do otherwise, and why

A name in parentheses is that of the function or class in which the reason was read: of ActiveMQ's own classes, of its
mqtt-client, of mosquitto, of rmqtt-codec, of HiveMQ, of Artemis, of Netty's decoder that it uses, or of mochi.

| Broker | What is done | What is seen | Why |
| --- | --- | --- | --- |
";

const LISTENER: &str = "
### On ActiveMQ's own `ws:` connector only

Its answer to CONNECT can be lost: the thread that takes the first message and the one that greets the connection
each make a session if there is none yet (`MQTTSocket.getProtocolConverter`), and where both do, the answer goes
to the one that did not ask. Of 4,500 connections with a CONNECT right behind the opening handshake that
happened to 16, 12 of them among the first 1,500; connect again, and it is answered. The tests wait for 100 ms
before their CONNECT there.

| Broker | What is done | What is seen | Why |
| --- | --- | --- | --- |
";

const GATEWAYS: &str = "
## Gateways and WebSocket listeners

Kaazing runs with `deploy/kaazing/gateway-config.xml`. The gateways stand before mosquitto.

| What is done | Kaazing 5.6.2 | mqttscope-gateway | mosquitto's listener | ActiveMQ's `ws:` |
| --- | --- | --- | --- | --- |
";

const WALK_THROUGH: &str = "
## The page in a browser

The walk-through of the page runs over every chain from a browser, in every version that its broker speaks. At mochi's own listener the page
asks for the subprotocol `mqtt` in 3.1 as well: mochi answers with no other, and a browser then refuses the connection.
What mochi delivers in 5 has a Message Expiry Interval that nobody gave it: the page's log counts it with the properties, and the
inspector shows it. At its PUBACK with the reason code 0x01 the log names the rule that is broken, and takes the message for
acknowledged.
These are left out:

| Chain | What is left out | Why |
| --- | --- | --- |
";

fn reason(difference: &Difference) -> String {
    let Difference { broker, versions, .. } = *difference;
    let rule = rules::all().find(|rule| rule.name == difference.rule);
    let mut title = rule.map_or("", |rule| rule.title).to_owned();
    let possible = spoken(Chain { way: Way::Tcp, broker });
    if possible
        .filter(|version| rule.is_some_and(|rule| rule.is_in(*version)))
        .any(|v| !versions.contains(&v))
    {
        let versions = versions.iter().map(ToString::to_string).collect::<Vec<_>>();
        title += &format!(" ({})", versions.join(", "));
    }
    row(&[broker.title().into(), title, difference.seen.into(), difference.reason.into()])
}

/// The versions that a broker speaks.
fn spoken(chain: Chain) -> impl Iterator<Item = ProtocolVersion> {
    CHAINS.iter().filter(move |tested| tested.chain == chain).flat_map(|tested| tested.versions).copied()
}

/// What a rule has for each version that has the rule.
fn each_version(words: &[&'static str; 3]) -> Vec<(ProtocolVersion, &'static str)> {
    let all = [V31, V311, V5].map(|version| (version, words[index(version)]));
    all.into_iter().filter(|(_, word)| *word != ABSENT).collect()
}

/// Words, with the versions to which they apply unless that is all of them.
fn by_version(words: &[(ProtocolVersion, &str)]) -> String {
    let mut groups: Vec<(String, &str)> = Vec::new();
    for (version, word) in words {
        match groups.iter_mut().find(|(_, of_group)| of_group == word) {
            Some((versions, _)) => *versions += &format!(", {version}"),
            None => groups.push((version.to_string(), word)),
        }
    }
    match &groups[..] {
        [] => ABSENT.to_owned(),
        [(_, word)] => (*word).to_owned(),
        groups => {
            let groups = groups.iter().map(|(versions, word)| format!("{versions}: {word}"));
            groups.collect::<Vec<_>>().join("; ")
        }
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment;
    use std::fs;

    #[test]
    fn the_committed_document_is_what_is_expected() {
        let nothing = Wanted { systems: vec!["nothing".to_owned()], all: true };
        let document = Measured::default().document(&nothing);
        let committed = fs::read_to_string(environment::root().join("docs/brokers.md")).unwrap();
        assert!(document == Some(committed), "`cargo xtask interop --all` writes docs/brokers.md anew");
    }

    #[test]
    fn a_cell_names_the_versions_that_differ() {
        assert_eq!(by_version(&[]), "-");
        assert_eq!(by_version(&[(V5, "a")]), "a");
        assert_eq!(by_version(&[(V31, "a"), (V311, "a"), (V5, "a")]), "a");
        assert_eq!(by_version(&[(V31, "a"), (V311, "b"), (V5, "a")]), "3.1, 5: a; 3.1.1: b");
    }

    #[test]
    fn every_difference_is_of_a_rule_that_its_versions_have() {
        for difference in differences::all() {
            let rule = rules::all().find(|rule| rule.name == difference.rule);
            let Some(rule) = rule else { panic!("there is no rule {}", difference.rule) };
            assert!(difference.versions.iter().all(|version| rule.is_in(*version)), "{}", rule.name);
        }
    }

    #[test]
    fn what_is_wanted_and_was_not_measured_is_no_document() {
        assert_eq!(Measured::default().document(&Wanted::default()), None);
    }
}
