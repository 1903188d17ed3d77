//! `cargo xtask interop`: the page, the gateway and the codec against the systems that users have.

use anyhow::{Result, bail};
use std::fs;
use std::process::ExitCode;
use std::str::FromStr;
use std::thread;
use std::time::Instant;

use crate::browser::{self, Firefox};
use crate::page::{self, Profile};
use crate::progress::{Steps, seconds};
use crate::serve;
use crate::systems;
use crate::test::{self, Counts};
use crate::tools::{self, remove_folder};
use crate::workspace::Workspace;

/// A system that can be asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum System {
    Kaazing,
    ActiveMq,
    Mosquitto,
    /// The project's own gateway, with another's broker or with its own.
    Gateway,
}

impl System {
    const ALL: [Self; 4] = [Self::Kaazing, Self::ActiveMq, Self::Mosquitto, Self::Gateway];

    fn name(self) -> &'static str {
        match self {
            Self::Kaazing => "kaazing",
            Self::ActiveMq => "activemq",
            Self::Mosquitto => "mosquitto",
            Self::Gateway => "gateway",
        }
    }
}

impl FromStr for System {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(system) = Self::ALL.into_iter().find(|system| system.name() == text) else {
            bail!("'{text}' is no system: there are kaazing, activemq, mosquitto and gateway");
        };
        Ok(system)
    }
}

/// Half as many again as there are processors.
fn test_threads() -> String {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    (processors + processors.div_ceil(2)).to_string()
}

/// Runs the chains in which one of these systems takes part, or all chains.
pub fn run(workspace: &Workspace, wanted: &[System]) -> Result<ExitCode> {
    let started = Instant::now();
    let mut steps = Steps::new(tools::SET_UP_STEPS + systems::SET_UP_STEPS + Firefox::SET_UP_STEPS + 4);
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let systems = systems::set_up(workspace, |title| steps.begin(title))?;

    let browser = browser::set_up(workspace, &mut steps)?;
    let firefox = Firefox::set_up(workspace, &mut steps)?;
    page::build(workspace, &tools, Profile::Release, &mut steps)?;
    let gateway = serve::build_gateway(workspace, Profile::Release, &mut steps)?;

    // A run that was killed may have left its data behind.
    let data = workspace.state()?.join("interop");
    remove_folder(&data)?;
    fs::create_dir_all(&data)?;

    let step = steps.begin("interoperability tests");
    let names: Vec<&str> = wanted.iter().map(|system| system.name()).collect();
    let mut cargo = workspace.cargo();
    cargo
        .args(["test", "--package", "mqttscope-interop", "--features", "systems", "--no-fail-fast"])
        .env("MQTTSCOPE_SYSTEMS", names.join(","))
        .env("MQTTSCOPE_DATA", &data)
        .env("MQTTSCOPE_JAVA", &systems.java)
        .env("MQTTSCOPE_MOSQUITTO", &systems.mosquitto)
        .env("MQTTSCOPE_KAAZING_LIB", &systems.kaazing_lib)
        .env("MQTTSCOPE_ACTIVEMQ_HOME", &systems.activemq_home)
        .env("MQTTSCOPE_GATEWAY", gateway)
        .env("MQTTSCOPE_SCREENSHOTS", workspace.target().join("screenshots"))
        // A test in a browser waits for half of its time.
        .env("RUST_TEST_THREADS", test_threads());
    firefox.tell(browser.tell(&mut cargo, workspace));
    let mut counts = Counts::default();
    let result = test::run_tests_showing(step, &mut cargo, &mut counts, "chain ");
    remove_folder(&data)?;

    let failed = counts.failed.max(usize::from(result.is_err()));
    if let Err(error) = &result {
        println!("error: {error:#}");
    }
    println!("\nthe whole took {}", seconds(started.elapsed()));
    println!("\n{} passed, {failed} failed", counts.passed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
