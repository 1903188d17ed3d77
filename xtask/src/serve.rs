//! `cargo xtask serve`: the whole demo, page, gateway and broker, from one command.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::ahead::Ahead;
use crate::page::{self, Profile};
use crate::progress::{Step, Steps, terminate};
use crate::tools;
use crate::workspace::Workspace;

/// All but the profile are passed on to the gateway as they are.
#[derive(Default)]
pub struct Options {
    pub listen: Option<String>,
    pub hosts: Vec<String>,
    pub broker: Option<String>,
    /// Release by default. Without optimisation the first start is a minute or two shorter, but the
    /// page is several times larger and slower and the gateway as well; that would be the first
    /// impression of both, and `cargo xtask test` would build them once more.
    pub profile: Profile,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 3);
    // It takes what the others leave idle: they wait for one another, and nothing waits for the gateway.
    let gateway = Ahead::begin({
        let (workspace, profile) = (workspace.clone(), options.profile);
        move |step| gateway(&workspace, workspace.patient_cargo(), profile, step)
    });
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    page::build(workspace, &tools, options.profile, &mut steps)?;
    let step = steps.begin("building the gateway");
    let program = gateway.finish(&step)?;
    step.done("");

    let step = steps.begin("starting the gateway");
    let mut command = workspace.command(program);
    command.args(["serve", "--web"]).arg(workspace.dist());
    for (option, value) in [("--listen", &options.listen), ("--broker", &options.broker)] {
        if let Some(value) = value {
            command.arg(option).arg(value);
        }
    }
    for host in &options.hosts {
        command.arg("--host").arg(host);
    }
    run_gateway(&mut command, step)
}

/// Builds the gateway in a step of its own and returns the program.
pub fn build_gateway(workspace: &Workspace, profile: Profile, steps: &mut Steps) -> Result<PathBuf> {
    let step = steps.begin("building the gateway");
    let program = gateway(workspace, workspace.cargo(), profile, &step)?;
    step.done("");
    Ok(program)
}

fn gateway(workspace: &Workspace, cargo: Command, profile: Profile, step: &Step) -> Result<PathBuf> {
    build(workspace, program(cargo), profile, step)
}

/// Runs a command that builds the program; returns where it is.
pub fn build(workspace: &Workspace, mut cargo: Command, profile: Profile, step: &Step) -> Result<PathBuf> {
    let folder = match profile {
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
        Profile::Debug => "debug",
    };
    step.run(&mut cargo)?;
    Ok(program_in(&workspace.target().join(folder)))
}

/// The command that builds the program with the page inside, which must lie in dist/ already.
pub fn with_page(workspace: &Workspace) -> Command {
    let mut cargo = program(workspace.cargo());
    cargo.args(["--features", "page"]).env_remove("MQTTSCOPE_EMBED");
    cargo
}

fn program(mut cargo: Command) -> Command {
    cargo.args(["build", "--package", "mqttscope-gateway", "--bin", PROGRAM]);
    cargo
}

/// Where cargo puts the program in the folder of a profile.
pub fn program_in(profile: &Path) -> PathBuf {
    profile.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX))
}

/// The gateway's program.
pub const PROGRAM: &str = "mqttscope";

enum Event {
    Line(String),
    /// The gateway has closed its output, as it does when it ends.
    End,
    /// A person or the system asked us to stop.
    Stop,
}

/// Runs the gateway until it or we are told to stop, and shows where it is to be reached.
fn run_gateway(command: &mut Command, step: Step) -> Result<ExitCode> {
    let (events, received) = mpsc::channel();
    ctrlc::set_handler({
        let events = events.clone();
        move || events.send(Event::Stop).unwrap_or_default()
    })?;
    let mut gateway = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    let stdout = gateway.stdout.take().context("the gateway's output is a pipe")?;
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok).map(Event::Line);
        for event in lines.chain([Event::End]) {
            if events.send(event).is_err() {
                return;
            }
        }
    });

    let mut starting = Some(step);
    let mut ready_lines = Vec::new();
    for event in received {
        match event {
            Event::Line(line) => match line.strip_prefix("page: ") {
                Some(url) => {
                    if let Some(step) = starting.take() {
                        step.done("");
                    }
                    print_ready(&ready_lines, url);
                }
                None if starting.is_some() => ready_lines.push(line),
                None => println!("{line}"),
            },
            Event::Stop => {
                stop(&mut gateway)?;
                return Ok(ExitCode::SUCCESS);
            }
            Event::End => break,
        }
    }
    let status = gateway.wait()?;
    drop(starting);
    bail!("the gateway has ended ({status})");
}

fn print_ready(lines: &[String], url: &str) {
    println!();
    for line in lines {
        println!("{line}");
    }
    println!("\nOpen this in two tabs; Ctrl-C ends it.\n\n    {url}");
}

/// Longer than the two seconds that the gateway takes at most to close its connections.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

fn stop(gateway: &mut Child) -> Result<()> {
    // A terminal's Ctrl-C has reached it too, but `kill` has not.
    terminate(gateway.id());
    let asked = Instant::now();
    while gateway.try_wait()?.is_none() {
        if asked.elapsed() > STOP_TIMEOUT {
            gateway.kill()?;
            gateway.wait()?;
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
