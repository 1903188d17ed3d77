//! Every rule on every chain, in the versions that are wanted, and the documents that are made from it.
//!
//! `cargo xtask interop` runs this: it needs Java, and systems that have to be fetched.

use libtest_mimic::{Arguments, Failed, Trial};
use mqttscope_interop::chains::{Broker, Chain, Systems, Wanted};
use mqttscope_interop::differences::expected;
use mqttscope_interop::gateways::{self, Front};
use mqttscope_interop::report::Measured;
use mqttscope_interop::{environment, glitch, rules};
use mqttscope_proto::ProtocolVersion;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time a trial waits; more of them at once do no harm on two cores.
    arguments.test_threads.get_or_insert(12);
    let (systems, measured) = (Arc::new(Systems::default()), Arc::new(Measured::default()));
    let wanted = environment::wanted();
    let tallies: Vec<(Chain, Versions, Arc<Tally>)> =
        wanted.chains().map(|(chain, versions)| (chain, versions, Arc::default())).collect();

    // In one run: while one chain's last trials wait, the next one's first have begun.
    let trials = tallies
        .iter()
        .flat_map(|(chain, versions, tally)| trials(*chain, versions, tally, &systems, &measured));
    let mut failed = libtest_mimic::run(&arguments, trials.collect()).has_failed();
    for (chain, _, tally) in &tallies {
        tally.announce(*chain);
    }
    let documents = documents(&wanted, &measured);
    failed |= libtest_mimic::run(&arguments, documents).has_failed();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What came of a chain's trials.
#[derive(Default)]
struct Tally {
    passed: AtomicUsize,
    failed: AtomicUsize,
}

impl Tally {
    /// A trial whose outcome counts here.
    fn trial(
        self: &Arc<Self>,
        name: String,
        run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Trial {
        let tally = Arc::clone(self);
        Trial::test(name, move || {
            // One that panics has failed.
            let outcome = panic::catch_unwind(AssertUnwindSafe(run));
            let passed = matches!(outcome, Ok(Ok(())));
            let count = if passed { &tally.passed } else { &tally.failed };
            count.fetch_add(1, Ordering::Relaxed);
            outcome.unwrap_or_else(|panic| panic::resume_unwind(panic))
        })
    }

    /// One line, which `cargo xtask interop` shows.
    fn announce(&self, chain: Chain) {
        let [passed, failed] = [&self.passed, &self.failed].map(|count| count.load(Ordering::Relaxed));
        if passed + failed > 0 {
            println!("chain {:20} {passed:4} passed, {failed} failed", chain.to_string());
        }
    }
}

type Versions = &'static [ProtocolVersion];

fn trials(
    chain: Chain,
    versions: Versions,
    tally: &Arc<Tally>,
    systems: &Arc<Systems>,
    measured: &Arc<Measured>,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &version in versions {
        for rule in rules::all().filter(|rule| rule.is_in(version)) {
            let (systems, measured) = (Arc::clone(systems), Arc::clone(measured));
            trials.push(tally.trial(format!("{chain}::{version}::{}", rule.name), move || {
                let seen = (rule.measure)(&systems.bench(chain, version).map_err(fail)?).map_err(fail)?;
                measured.rule(chain, rule, version, &seen);
                compare(rule.title, expected(rule, chain, version), &seen)
            }));
        }
    }
    for (column, front) in Front::ALL.into_iter().enumerate().filter(|(_, front)| front.chain() == chain) {
        for tested in gateways::TRAITS {
            let (systems, measured) = (Arc::clone(systems), Arc::clone(measured));
            trials.push(tally.trial(gateways::test_name(front, tested), move || {
                let seen = (tested.measure)(&systems, front).map_err(fail)?;
                measured.front(front, tested.name, &seen);
                compare(tested.title, tested.expected[column], &seen)
            }));
        }
    }
    trials
}

/// The documents, each compared with the one that is committed.
fn documents(wanted: &Wanted, measured: &Arc<Measured>) -> Vec<Trial> {
    let mut trials = Vec::new();
    if wanted.systems.is_empty() || wanted.systems.iter().any(|name| name == Broker::ActiveMq.name()) {
        trials.push(Trial::test("documents::qos_glitch", || {
            keep("docs/qos-glitch.md", &glitch::document().map_err(fail)?)
        }));
    }
    if wanted.systems.is_empty() {
        let (wanted, measured) = (wanted.clone(), Arc::clone(measured));
        trials.push(Trial::test("documents::brokers", move || match measured.document(&wanted) {
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
    if expected == seen { Ok(()) } else { Err(format!("{title}: expected {expected}, seen {seen}").into()) }
}

fn fail(error: anyhow::Error) -> Failed {
    format!("{error:#}").into()
}
