//! `cargo xtask interop`: the page, the gateway and the codec against the systems that users have. `cargo xtask interop
//! cluster`: what more than one machine survives.

use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::thread;
use std::time::Instant;

use crate::browser::{self, Firefox};
use crate::page::{self, Profile};
use crate::progress::{Steps, seconds};
use crate::serve;
use crate::systems;
use crate::systems::cluster::{self, ClusterSystems};
use crate::test::{self, Counts};
use crate::tools::{self, remove_folder};
use crate::workspace::Workspace;

/// What is to be run.
#[derive(Default)]
pub struct Options {
    /// Only the chains in which one of these takes part; none means all.
    pub systems: Vec<System>,
    /// Every chain in every version that its broker speaks.
    pub all: bool,
    /// Only the tests whose names have this in them.
    pub only: Option<String>,
    /// The cluster, and nothing else.
    pub cluster: bool,
}

impl Options {
    /// Whether a broker that not everybody needs is needed.
    fn needs(&self, broker: System) -> bool {
        let is_it = |system: &System| *system == broker || *system == System::Gateway;
        self.systems.is_empty() || self.systems.iter().any(is_it)
    }

    /// How many of the brokers that not everybody needs are not needed.
    fn left_out(&self) -> usize {
        systems::YOUNGER.into_iter().filter(|broker| !self.needs(*broker)).count()
    }
}

/// A system that can be asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum System {
    Kaazing,
    ActiveMq,
    Mosquitto,
    /// The project's own gateway, with another's broker or with its own.
    Gateway,
    HiveMq,
    Artemis,
    Mochi,
}

impl System {
    const ALL: [Self; 7] = [
        Self::Kaazing,
        Self::ActiveMq,
        Self::Mosquitto,
        Self::Gateway,
        Self::HiveMq,
        Self::Artemis,
        Self::Mochi,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Kaazing => "kaazing",
            Self::ActiveMq => "activemq",
            Self::Mosquitto => "mosquitto",
            Self::Gateway => "gateway",
            Self::HiveMq => "hivemq",
            Self::Artemis => "artemis",
            Self::Mochi => "mochi",
        }
    }
}

impl FromStr for System {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(system) = Self::ALL.into_iter().find(|system| system.name() == text) else {
            bail!("'{text}' is no system: there are {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(system)
    }
}

/// Runs what is wanted.
///
/// # Errors
/// If something cannot be set up or built.
pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    match options.cluster {
        true if options.all || !options.systems.is_empty() => {
            bail!("the cluster goes alone: without --all and without other systems")
        }
        true => run_cluster(workspace, options),
        false => run_chains(workspace, options),
    }
}

/// Runs the tests of the cluster, in which parts are killed.
fn run_cluster(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let started = Instant::now();
    let mut steps = Steps::new(tools::SET_UP_STEPS + cluster::SET_UP_STEPS + 6);
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let systems = ClusterSystems::set_up(workspace, &mut steps)?;
    let step = steps.begin("checking the manifests for Kubernetes");
    let note = cluster::check_manifests(workspace, &step)?;
    step.done(&note);
    let browser = browser::set_up(workspace, &mut steps)?;
    page::build(workspace, &tools, Profile::Release, &mut steps)?;
    let gateway = serve::build_gateway(workspace, Profile::Release, &mut steps)?;
    let step = steps.begin("building the tests");
    step.run(tests(workspace.cargo(), &CLUSTER).arg("--no-run"))?;
    step.done("");

    let data = fresh_data(workspace)?;
    let step = steps.begin("killing parts of a cluster");
    let mut cargo = tests(workspace.cargo(), &CLUSTER);
    systems.tell(tell_all(&mut cargo, workspace, options, &data, &gateway));
    browser.tell(&mut cargo, workspace);
    // What a test says of its messages is worth to be seen. Each has a cluster of its own: two at a time are enough.
    cargo.args(["--", "--show-output"]).env("RUST_TEST_THREADS", "2");
    let (counts, result) = test::run_side_by_side(step, &mut [cargo], "cluster, ");
    conclude(started, &data, &counts, &result)
}

/// Runs the tests, the rules beside the pages: a rule waits for most of its time, and a page keeps a processor busy.
fn run_chains(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let started = Instant::now();
    let mut steps = Steps::new(
        tools::SET_UP_STEPS + systems::SET_UP_STEPS - options.left_out() + Firefox::SET_UP_STEPS + 5,
    );
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let systems = systems::set_up(workspace, |system| options.needs(system), &mut steps)?;

    let browser = browser::set_up(workspace, &mut steps)?;
    let firefox = Firefox::set_up(workspace, &mut steps)?;
    page::build(workspace, &tools, Profile::Release, &mut steps)?;
    let gateway = serve::build_gateway(workspace, Profile::Release, &mut steps)?;
    let step = steps.begin("building the tests");
    step.run(tests(workspace.cargo(), &[&RULES[..], &PAGES].concat()).arg("--no-run"))?;
    step.done("");

    let data = fresh_data(workspace)?;
    let step = steps.begin("interoperability tests");
    let names: Vec<&str> = options.systems.iter().map(|system| system.name()).collect();
    let tell = |cargo: &mut Command| {
        tell_all(cargo, workspace, options, &data, &gateway)
            .env("MQTTSCOPE_SYSTEMS", names.join(","))
            .envs(options.all.then_some(("MQTTSCOPE_ALL", "1")));
        firefox.tell(browser.tell(systems.tell(cargo), workspace));
    };
    let mut rules = tests(workspace.cargo(), &RULES);
    // What is measured on the clock goes first, and the pages, which only have to come to their end, take what is left.
    let mut nice = workspace.command("nice");
    nice.args(["-n", "5"]).arg(workspace.cargo().get_program());
    let mut pages = tests(nice, if names.is_empty() { &PAGES } else { &PAGES[..1] });
    [&mut rules, &mut pages].into_iter().for_each(tell);
    let (counts, result) = test::run_side_by_side(step, &mut [rules, pages], "chain ");
    conclude(started, &data, &counts, &result)
}

/// The folder where the systems put their data, empty: a run that was killed may have left its own behind.
fn fresh_data(workspace: &Workspace) -> Result<PathBuf> {
    let data = workspace.state()?.join("interop");
    remove_folder(&data)?;
    fs::create_dir_all(&data)?;
    Ok(data)
}

/// Tells tests what all of them need to know.
fn tell_all<'a>(
    cargo: &'a mut Command,
    workspace: &Workspace,
    options: &Options,
    data: &Path,
    gateway: &Path,
) -> &'a mut Command {
    cargo
        .args(&options.only)
        .env("MQTTSCOPE_DATA", data)
        .env("MQTTSCOPE_GATEWAY", gateway)
        .env("MQTTSCOPE_SCREENSHOTS", workspace.target().join("screenshots"))
}

/// Removes the data, and says what came of it all in the last line.
fn conclude(started: Instant, data: &Path, counts: &Counts, result: &Result<()>) -> Result<ExitCode> {
    remove_folder(data)?;
    let failed = counts.failed.max(usize::from(result.is_err()));
    if let Err(error) = result {
        println!("error: {error:#}");
    }
    println!("\nthe whole took {}", seconds(started.elapsed()));
    println!("\n{} passed, {failed} failed", counts.passed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tests that need no browser.
const RULES: [&str; 1] = ["chains"];
/// Tests in a browser; the second needs all systems.
const PAGES: [&str; 2] = ["pages", "single"];
/// Tests of more than one machine, in a browser too.
const CLUSTER: [&str; 1] = ["cluster"];

/// Cargo runs these tests.
fn tests(mut cargo: Command, targets: &[&str]) -> Command {
    cargo.args(test::of_workspace(targets)).env("RUST_TEST_THREADS", test_threads());
    cargo
}

/// Half as many again as there are processors: a test in a browser waits for some of its time. The programs that make
/// their tests themselves say for themselves how many run at once.
fn test_threads() -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (processors + processors.div_ceil(2)).to_string()
}
