//! `cargo xtask test`: every check of the project, in one go.

use anyhow::{Error, Result, bail};
use std::panic::resume_unwind;
use std::process::{Command, ExitCode, ExitStatus};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use crate::axe::AXE;
use crate::browser::{self, Browser};
use crate::deny;
use crate::lint;
use crate::packages;
use crate::page::{self, Profile};
use crate::progress::{Step, Steps, seconds, strip_escapes};
use crate::rust_version;
use crate::serve;
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// A kind of check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Format, clippy, and the rules of the project itself.
    Lint,
    /// Tests of all crates on this machine.
    Native,
    /// wasm-bindgen-test in a headless browser.
    Browser,
    /// The built page against the real gateway, through WebDriver.
    EndToEnd,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Lint, Self::Native, Self::Browser, Self::EndToEnd];

    fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::EndToEnd => "e2e",
        }
    }

    fn needs_browser(self) -> bool {
        matches!(self, Self::Browser | Self::EndToEnd)
    }

    /// Steps of its own, after what [`set_up`] does for all.
    fn steps(self) -> usize {
        match self {
            Self::Lint => 6,
            Self::Native => 2,
            Self::Browser => 1,
            Self::EndToEnd => 4,
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(kind) = Self::ALL.into_iter().find(|kind| kind.name() == text) else {
            bail!("'{text}' is no kind of test: there are lint, native, browser and e2e");
        };
        Ok(kind)
    }
}

/// Runs these kinds of checks, or all. One that fails does not keep the others from running: who has
/// waited for the whole wants to know the whole.
pub fn run(workspace: &Workspace, kinds: &[Kind]) -> Result<ExitCode> {
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| kinds.is_empty() || kinds.contains(kind)).collect();
    let browser_step = usize::from(kinds.iter().any(|kind| kind.needs_browser()));
    let own_steps: usize = kinds.iter().map(|kind| kind.steps()).sum();
    let mut steps = Steps::new(tools::SET_UP_STEPS + browser_step + own_steps);

    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let mut browser = None;
    if browser_step > 0 {
        browser = Some(browser::set_up(workspace, &mut steps)?);
    }

    let mut run = Run { workspace, tools: &tools, browser: browser.as_ref(), steps };
    let outcomes: Vec<Outcome> = kinds.into_iter().map(|kind| run.kind(kind)).collect();
    Ok(report(&outcomes))
}

/// Programs that the native tests hold the codec, the exports and the gateway's TLS against, with their Debian packages.
const PEERS: [(&str, &str); 5] = [
    ("mosquitto_pub", "mosquitto-clients"),
    ("mosquitto_sub", "mosquitto-clients"),
    ("tshark", "tshark"),
    ("openssl", "openssl"),
    ("curl", "curl"),
];

/// What came of one kind.
struct Outcome {
    kind: Kind,
    counts: Counts,
    /// What went wrong, if anything, other than single tests.
    error: Option<Error>,
    took: Duration,
}

impl Outcome {
    /// Failed tests, or 1 where the kind failed in another way: a summary that says "0 failed" after
    /// a failure would be read as success.
    fn failed(&self) -> usize {
        self.counts.failed.max(usize::from(self.error.is_some()))
    }
}

/// What a test runner's `test result:` lines add up to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    ignored: usize,
}

impl Counts {
    /// Adds up lines like `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ..`.
    fn parse(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            let line = strip_escapes(line);
            let Some((_, results)) = line.split_once("test result: ") else { continue };
            for result in results.split(['.', ';']) {
                let mut words = result.split_ascii_whitespace();
                let Some(Ok(count)) = words.next().map(str::parse::<usize>) else { continue };
                match words.next() {
                    Some("passed") => counts.passed += count,
                    Some("failed") => counts.failed += count,
                    Some("ignored") => counts.ignored += count,
                    _ => {}
                }
            }
        }
        counts
    }
}

struct Run<'a> {
    workspace: &'a Workspace,
    tools: &'a Tools,
    browser: Option<&'a Browser>,
    steps: Steps,
}

impl Run<'_> {
    fn kind(&mut self, kind: Kind) -> Outcome {
        let started = Instant::now();
        let mut counts = Counts::default();
        let result = match kind {
            Kind::Lint => self.lint(),
            Kind::Native => self.native(&mut counts),
            Kind::Browser => self.browser(&mut counts),
            Kind::EndToEnd => self.end_to_end(&mut counts),
        };
        if let Err(error) = &result {
            println!("error: {error:#}\n");
        }
        Outcome { kind, counts, error: result.err(), took: started.elapsed() }
    }

    fn lint(&mut self) -> Result<()> {
        let workspace = self.workspace;
        let step = self.steps.begin("checking the format");
        tools::set_up_lints(workspace, &step)?;
        let format = step.run(workspace.cargo().args(["fmt", "--all", "--check"])).map(|_| step.done(""));

        let step = self.steps.begin("versions and pure crates");
        let own = lint::check(workspace).and(rust_version::check(workspace)).map(|()| step.done(""));

        let supply = self.supply();

        // The tests that need Kaazing and ActiveMQ do not run here, but they are looked at like the others, which
        // `--all-targets` would not do.
        let native = ["--workspace", "--lib", "--bins", "--benches", "--examples", "--test", "*"];
        let step = self.steps.begin("clippy, native");
        let native = step.run(with_page(workspace, workspace.cargo().arg("clippy").args(native)).args(DENY));
        let native = native.map(|_| step.done(""));

        // The native crates do not build for wasm32, nor do the native tools that test the codec.
        let step = self.steps.begin("clippy, wasm32");
        let wasm = ["--target", "wasm32-unknown-unknown"];
        let page =
            clippy(workspace, &step, &[&wasm[..], &["--package", "mqttscope", "--all-targets"]].concat());
        let proto =
            clippy(workspace, &step, &[&wasm[..], &["--package", "mqttscope-proto", "--lib"]].concat());
        let workers = ["--package", "mqttscope-worker", "--package", "mqttscope-reader", "--lib"];
        let workers = clippy(workspace, &step, &[&wasm[..], &workers].concat());
        let wasm = page.and(proto).and(workers).map(|()| step.done(""));

        format.and(own).and(supply).and(native).and(wasm).map(|_| ())
    }

    fn supply(&mut self) -> Result<()> {
        let step = self.steps.begin("looking for cargo-deny");
        let (cargo_deny, note) = tools::set_up_cargo_deny(self.workspace, &step)?;
        step.done(&note);

        let step = self.steps.begin("bans, licences and sources");
        deny::check_rules(self.workspace, &step, &cargo_deny)?;
        step.done("");
        Ok(())
    }

    fn native(&mut self, counts: &mut Counts) -> Result<()> {
        let step = self.steps.begin("looking for mosquitto's clients, tshark, openssl and curl");
        let need = "mosquitto's clients, tshark, openssl and curl are needed";
        let note = packages::set_up_programs(self.workspace, &step, &PEERS, need)?;
        step.done(note);

        let step = self.steps.begin("native tests");
        let mut cargo = self.workspace.cargo();
        cargo.args(["test", "--workspace", "--exclude", "mqttscope-e2e", "--no-fail-fast"]);
        run_tests(step, with_page(self.workspace, &mut cargo), counts)
    }

    fn browser(&mut self, counts: &mut Counts) -> Result<()> {
        let step = self.steps.begin("browser tests");
        let Some(browser) = self.browser else { bail!("no browser was set up") };
        let mut cargo = self.workspace.cargo();
        cargo
            .args(["test", "--target", "wasm32-unknown-unknown", "--package", "mqttscope"])
            .args(["--test", "*", "--no-fail-fast"])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", self.tools.test_runner())
            .env("CHROMEDRIVER", &browser.chromedriver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_webdriver_json(self.workspace, browser)?)
            .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        run_tests(step, &mut cargo, counts)
    }

    fn end_to_end(&mut self, counts: &mut Counts) -> Result<()> {
        let step = self.steps.begin("looking for tshark and axe-core");
        packages::set_up_programs(self.workspace, &step, &[("tshark", "tshark")], "tshark is needed")?;
        let (axe, note) = AXE.set_up(self.workspace, &step)?;
        step.done(&note);

        page::build(self.workspace, self.tools, Profile::Release, &mut self.steps)?;
        let gateway = serve::build_gateway(self.workspace, Profile::Release, &mut self.steps)?;

        let step = self.steps.begin("end-to-end tests");
        let Some(browser) = self.browser else { bail!("no browser was set up") };
        let targets = self.workspace.tests_of("tests/e2e")?;
        let mut cargo = self.workspace.cargo();
        cargo
            .args(of_workspace(&targets))
            .env("MQTTSCOPE_GATEWAY", gateway)
            .env("MQTTSCOPE_AXE", axe)
            .env("MQTTSCOPE_SCREENSHOTS", self.workspace.target().join("screenshots"));
        run_tests(step, browser.tell(&mut cargo, self.workspace), counts)
    }
}

/// These tests, as built for the whole workspace: of a package alone what it depends on has other features, and is compiled
/// once more.
pub fn of_workspace(targets: &[impl AsRef<str>]) -> Vec<&str> {
    let named = targets.iter().flat_map(|target| ["--test", target.as_ref()]);
    ["test", "--workspace", "--no-fail-fast"].into_iter().chain(named).collect()
}

fn clippy(workspace: &Workspace, step: &Step, packages: &[&str]) -> Result<()> {
    step.run(workspace.cargo().arg("clippy").args(packages).args(DENY)).map(|_| ())
}

const DENY: [&str; 3] = ["--", "-D", "warnings"];

/// A command for the whole workspace, in which the program has a page inside: a small one, which needs no `dist` first. Without
/// a page it is built for the end-to-end tests.
fn with_page<'a>(workspace: &Workspace, cargo: &'a mut Command) -> &'a mut Command {
    let page = workspace.root().join("crates/mqttscope-gateway/tests/page");
    cargo.args(["--features", "mqttscope-gateway/page"]).env("MQTTSCOPE_EMBED", page)
}

/// Runs a test command, adds up what it says, and shows what it printed if anything failed.
fn run_tests(step: Step, command: &mut Command, counts: &mut Counts) -> Result<()> {
    let (status, output) = step.try_run(command)?;
    *counts = Counts::parse(&output);
    judge(step, &[(status, output)], counts)
}

/// As [`run_tests`], of several commands at the same time; shows the lines that begin with `lasting` also if nothing
/// failed.
pub fn run_side_by_side(step: Step, commands: &mut [Command], lasting: &str) -> (Counts, Result<()>) {
    let runs: Result<Vec<(ExitStatus, String)>> = thread::scope(|scope| {
        let step = &step;
        let runs: Vec<_> =
            commands.iter_mut().map(|command| scope.spawn(move || step.try_run(command))).collect();
        runs.into_iter().map(|run| run.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut counts = Counts::default();
    let result = runs.and_then(|runs| {
        for (_, output) in &runs {
            let more = Counts::parse(output);
            counts.passed += more.passed;
            counts.failed += more.failed;
            counts.ignored += more.ignored;
            output.lines().filter(|line| line.starts_with(lasting)).for_each(|line| step.show(line));
        }
        judge(step, &runs, &counts)
    });
    (counts, result)
}

fn judge(step: Step, runs: &[(ExitStatus, String)], counts: &Counts) -> Result<()> {
    for (_, output) in runs.iter().filter(|(status, _)| !status.success()) {
        step.show(output);
    }
    if let Some((status, _)) = runs.iter().find(|(status, _)| !status.success()) {
        match counts.failed {
            0 => bail!("the tests were not built or did not run to their end ({status})"),
            failed => bail!("{failed} failed"),
        }
    }
    if counts.passed == 0 {
        runs.iter().for_each(|(_, output)| step.show(output));
        bail!("not one test was run");
    }
    step.done(&format!("{} passed", counts.passed));
    Ok(())
}

/// Prints a table of the kinds and the summary, which is the last line.
fn report(outcomes: &[Outcome]) -> ExitCode {
    println!("\n{:8} {:>7} {:>7} {:>8} {:>12}", "kind", "passed", "failed", "ignored", "time");
    for outcome in outcomes {
        let Counts { passed, ignored, .. } = outcome.counts;
        let (name, failed, took) = (outcome.kind.name(), outcome.failed(), seconds(outcome.took));
        println!("{name:8} {passed:>7} {failed:>7} {ignored:>8} {took:>12}");
    }
    for outcome in outcomes {
        if let Some(error) = &outcome.error {
            println!("{}: {error:#}", outcome.kind.name());
        }
    }
    let passed: usize = outcomes.iter().map(|outcome| outcome.counts.passed).sum();
    let failed: usize = outcomes.iter().map(Outcome::failed).sum();
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_lines_of_all_runners_are_added_up() {
        let output = "running 3 tests\n\
            test result: \x1b[32mok\x1b[0m. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 filtered out; finished in 0.02s\n";
        assert_eq!(Counts::parse(output), Counts { passed: 5, failed: 1, ignored: 1 });
    }

    #[cfg(unix)]
    #[test]
    fn what_runs_side_by_side_adds_up() {
        let says = |text: &str, code: u8| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("echo 'test result: {text}'; exit {code}")]);
            command
        };
        let run = |mut commands: [Command; 2]| {
            run_side_by_side(Steps::new(1).begin("running two"), &mut commands, "chain ")
        };
        let (counts, result) = run([says("ok. 3 passed; 0 failed", 0), says("ok. 2 passed; 0 failed", 0)]);
        assert!(result.is_ok());
        assert_eq!(counts, Counts { passed: 5, failed: 0, ignored: 0 });

        let (counts, result) =
            run([says("ok. 3 passed; 0 failed", 0), says("FAILED. 2 passed; 1 failed", 101)]);
        assert_eq!(result.map_err(|error| error.to_string()), Err("1 failed".to_owned()));
        assert_eq!(counts, Counts { passed: 5, failed: 1, ignored: 0 });

        let (_, result) = run([says("ok. 3 passed; 0 failed", 0), says("", 101)]);
        assert!(result.is_err(), "one did not run to its end");
    }

    #[test]
    fn a_kind_is_named() {
        assert!("e2e".parse::<Kind>().is_ok_and(|kind| kind == Kind::EndToEnd));
        assert!("all".parse::<Kind>().is_err());
    }
}
