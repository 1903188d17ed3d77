//! Every rule on every chain, in both versions, and the documents that are made from it.
//!
//! `cargo xtask interop` runs this: it needs Java, and systems that have to be fetched.

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use mqttscope_interop::chains::{Broker, Chain, Systems};
use mqttscope_interop::differences::expected;
use mqttscope_interop::gateways::{self, Front};
use mqttscope_interop::report::Measured;
use mqttscope_interop::{environment, glitch, rules};
use mqttscope_proto::ProtocolVersion;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time a trial waits; more of them at once do no harm on two cores.
    arguments.test_threads.get_or_insert(8);
    let (systems, measured) = (Arc::new(Systems::default()), Arc::new(Measured::default()));
    let wanted = environment::wanted_systems();

    let mut failed = false;
    for chain in Chain::ALL.into_iter().filter(|chain| chain.is_wanted(&wanted)) {
        let started = Instant::now();
        let conclusion = libtest_mimic::run(&arguments, trials(chain, &systems, &measured));
        announce(&chain.to_string(), &conclusion, started.elapsed());
        failed |= conclusion.has_failed();
    }
    let documents = documents(&wanted, &measured);
    failed |= libtest_mimic::run(&arguments, documents).has_failed();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// One line for each chain, which `cargo xtask interop` shows.
fn announce(name: &str, conclusion: &Conclusion, took: Duration) {
    if conclusion.num_passed + conclusion.num_failed > 0 {
        let (passed, failed) = (conclusion.num_passed, conclusion.num_failed);
        println!("chain {name:20} {passed:4} passed, {failed} failed, {:3} s", took.as_secs());
    }
}

fn trials(chain: Chain, systems: &Arc<Systems>, measured: &Arc<Measured>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for version in [ProtocolVersion::V31, ProtocolVersion::V311] {
        for rule in rules::all() {
            let (systems, measured) = (Arc::clone(systems), Arc::clone(measured));
            trials.push(Trial::test(format!("{chain}::{version}::{}", rule.name), move || {
                let seen = (rule.measure)(&systems.bench(chain, version).map_err(fail)?).map_err(fail)?;
                measured.rule(chain, rule, version, &seen);
                compare(rule.title, expected(rule, chain, version), &seen)
            }));
        }
    }
    for (column, front) in Front::ALL.into_iter().enumerate().filter(|(_, front)| front.chain() == chain) {
        for tested in gateways::TRAITS {
            let (systems, measured) = (Arc::clone(systems), Arc::clone(measured));
            trials.push(Trial::test(gateways::test_name(front, tested), move || {
                let seen = (tested.measure)(&systems, front).map_err(fail)?;
                measured.front(front, tested.name, &seen);
                compare(tested.title, tested.expected[column], &seen)
            }));
        }
    }
    trials
}

/// The documents, each compared with the one that is committed.
fn documents(wanted: &[String], measured: &Arc<Measured>) -> Vec<Trial> {
    let mut trials = Vec::new();
    if wanted.is_empty() || wanted.iter().any(|name| name == Broker::ActiveMq.name()) {
        trials.push(Trial::test("documents::qos_glitch", || {
            keep("docs/qos-glitch.md", &glitch::document().map_err(fail)?)
        }));
    }
    if wanted.is_empty() {
        let measured = Arc::clone(measured);
        trials.push(Trial::test("documents::brokers", move || match measured.document() {
            Some(text) => keep("docs/brokers.md", &text),
            // With a filter on the command line only a part is measured.
            None => Ok(()),
        }));
    }
    trials
}

/// Writes a document, and fails if that changes it.
fn keep(name: &str, text: &str) -> Result<(), Failed> {
    let path = environment::root().join(name);
    if fs::read_to_string(&path).is_ok_and(|kept| kept == text) {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&path, text)?;
    Err(format!("{name} was not what this run has shown: it has been written anew, look at it and commit it")
        .into())
}

fn compare(title: &str, expected: &str, seen: &str) -> Result<(), Failed> {
    let is_it = expected.split(" | ").any(|expected| expected == seen);
    if is_it { Ok(()) } else { Err(format!("{title}: expected {expected}, seen {seen}").into()) }
}

fn fail(error: anyhow::Error) -> Failed {
    format!("{error:#}").into()
}
