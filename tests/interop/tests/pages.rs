//! The walk-through of the page in a browser, over each chain, in the versions that are wanted.
//!
//! `cargo xtask interop` runs this.

#[path = "pages/rumqttc.rs"]
mod rumqttc;

use libtest_mimic::{Arguments, Trial};
use mqttscope_e2e::{driver, stage};
use mqttscope_interop::chains::Chain;
use mqttscope_interop::environment;
use mqttscope_interop::pages::{self, Lent, independent_client, lend, scenarios};
use mqttscope_proto::ProtocolVersion;
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let wanted = environment::wanted();
    let has_page = |(chain, _): &(Chain, Versions)| scenarios(*chain).next().is_some();
    let chains: Vec<(Chain, Versions)> = wanted.chains().filter(has_page).collect();
    // The first to begin: while it waits, the others go on.
    let mut trials = vec![idle_for_a_minute(chains.clone())];
    trials.extend(chains.into_iter().flat_map(|(chain, versions)| walk_through(chain, versions)));
    driver::keep_browsers();
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(most_at_once());
    let conclusion = libtest_mimic::run(&arguments, trials);
    driver::close_kept();
    conclusion.exit_code()
}

/// Half as many again as there are processors: a test waits for some of its time.
fn most_at_once() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors + processors.div_ceil(2)
}

type Versions = &'static [ProtocolVersion];

fn walk_through(chain: Chain, versions: Versions) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &version in versions {
        for scenario in scenarios(chain) {
            let name = format!("{chain}::{version}::{}", scenario.name);
            trials.push(Trial::test(name.clone(), move || {
                // Outside, so that it is still there when the windows close.
                let mut lent = start(chain, version);
                (scenario.play)(&name, &mut lent);
                Ok(())
            }));
        }
    }
    let name = format!("{chain}::independent");
    trials.push(Trial::test(name.clone(), move || {
        for &version in versions {
            let mut lent = start(chain, version);
            stage::run(&name, async |stage| independent_client(stage, &mut lent).await);
        }
        Ok(())
    }));
    if versions.contains(&ProtocolVersion::V5) {
        let name = format!("{chain}::5::rumqttc");
        trials.push(Trial::test(name.clone(), move || {
            let mut lent = start(chain, ProtocolVersion::V5);
            stage::run(&name, async |stage| rumqttc::properties_both_ways(stage, &mut lent).await);
            Ok(())
        }));
    }
    trials
}

fn idle_for_a_minute(chains: Vec<(Chain, Versions)>) -> Trial {
    const NAME: &str = "idle_for_a_minute";
    Trial::test(NAME, move || {
        let newest = |(chain, versions): &(Chain, Versions)| Some((*chain, *versions.last()?));
        let chains: Vec<Lent> =
            chains.iter().filter_map(newest).map(|(chain, version)| start(chain, version)).collect();
        stage::run(NAME, async |stage| pages::idle_for_a_minute(stage, &chains).await);
        Ok(())
    })
}

fn start(chain: Chain, version: ProtocolVersion) -> Lent {
    lend(chain, version).unwrap_or_else(|error| panic!("no chain: {error:#}"))
}
