//! `cargo xtask fuzz`: the fuzz targets, one after the other.
//!
//! What libFuzzer finds goes to the target directory, so that the corpus in the repository stays small; an input that
//! a target fails on goes to fuzz/artifacts.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::progress::{Step, Steps};
use crate::tools;
use crate::workspace::{Workspace, find_program};

/// Seconds a target, if nothing else is asked for.
pub const DEFAULT_SECONDS: u64 = 600;

/// A fuzz target.
struct Target {
    name: &'static str,
    /// The folders of fuzz/corpus that it begins with.
    seeds: &'static [&'static str],
    /// The longest input in bytes: as many operations of a session as are worth their time.
    max_len: u32,
}

const PACKETS: &[&str] = &["decode", "dissect", "roundtrip"];

const TARGETS: [Target; 10] = [
    Target { name: "decode", seeds: PACKETS, max_len: 4096 },
    Target { name: "stream", seeds: &["stream"], max_len: 4096 },
    Target { name: "dissect", seeds: PACKETS, max_len: 1024 },
    Target { name: "session", seeds: &["session"], max_len: 512 },
    Target { name: "roundtrip", seeds: PACKETS, max_len: 4096 },
    Target { name: "search", seeds: &["search"], max_len: 256 },
    Target { name: "capture", seeds: &["capture"], max_len: 4096 },
    Target { name: "json_lines", seeds: &["json_lines"], max_len: 2048 },
    Target { name: "filter", seeds: &["filter"], max_len: 128 },
    Target { name: "payload", seeds: &["payload"], max_len: 2048 },
];

/// Runs every target for as many seconds. One that fails does not keep the others from running.
pub fn run(workspace: &Workspace, seconds: u64) -> Result<ExitCode> {
    let mut steps = Steps::new(TARGETS.len() + 3);
    let step = steps.begin("looking for a nightly toolchain");
    let version = find_nightly(workspace, &step)?;
    step.done(&version);

    let step = steps.begin("looking for cargo-fuzz");
    let (folder, note) = tools::set_up_cargo_fuzz(workspace, &step)?;
    step.done(&note);

    let fuzz = Fuzz { workspace, program: folder.join("cargo-fuzz") };
    let step = steps.begin("building the targets");
    step.run(fuzz.command()?.args(["build", "--sanitizer", "none"]))?;
    step.done("");

    let mut outcomes = Vec::new();
    for target in &TARGETS {
        let step = steps.begin(&format!("fuzzing {} for {seconds} s", target.name));
        step.status("running");
        let (status, output) = step.try_run(&mut fuzz.run_command(target, seconds)?)?;
        let statistics = Statistics::parse(&output);
        if status.success() {
            step.done(&format!("{} executions", statistics.executions));
        } else {
            step.show(&output);
        }
        outcomes.push((target, statistics, status.success()));
    }
    Ok(report(&outcomes))
}

/// libFuzzer's instrumentation is only in nightly compilers.
fn find_nightly(workspace: &Workspace, step: &Step) -> Result<String> {
    if find_program(&["rustup"]).is_none() {
        bail!(
            "fuzzing needs a nightly Rust, and rustup, which brings it, is not installed: see https://rustup.rs"
        );
    }
    let mut rustc = workspace.command("rustup");
    let (status, output) = step.try_run(rustc.args(["run", "nightly", "rustc", "--version"]))?;
    if !status.success() {
        bail!(
            "fuzzing needs a nightly Rust, which is not installed: \
             `rustup toolchain install nightly --profile minimal` installs it"
        );
    }
    Ok(output.lines().last().unwrap_or_default().trim().to_owned())
}

struct Fuzz<'a> {
    workspace: &'a Workspace,
    program: PathBuf,
}

impl Fuzz<'_> {
    /// What the targets build and find, apart from the stable build.
    fn folder(&self) -> PathBuf {
        self.workspace.target().join("fuzz")
    }

    fn command(&self) -> Result<Command> {
        // Rustup's own cargo, which obeys RUSTUP_TOOLCHAIN, and not the stable one that runs xtask.
        let cargo = find_program(&["cargo"]).context("there is no cargo on the PATH")?;
        let mut command = self.workspace.command(&self.program);
        command
            .arg("fuzz")
            .env("CARGO", cargo)
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .env("CARGO_TARGET_DIR", self.folder());
        for name in ["RUSTC", "RUSTDOC", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        Ok(command)
    }

    fn run_command(&self, target: &Target, seconds: u64) -> Result<Command> {
        let corpus = self.folder().join("corpus").join(target.name);
        fs::create_dir_all(&corpus).with_context(|| format!("cannot create {}", corpus.display()))?;
        let seeds = target.seeds.iter().map(|seeds| Path::new("fuzz/corpus").join(seeds));
        let mut command = self.command()?;
        // There is no unsafe code for a sanitizer to watch.
        command.args(["run", "--sanitizer", "none", target.name]).arg(&corpus).args(seeds).args([
            "--".to_owned(),
            format!("-max_total_time={seconds}"),
            format!("-max_len={}", target.max_len),
            "-print_final_stats=1".to_owned(),
        ]);
        Ok(command)
    }
}

/// What libFuzzer says at its end.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Statistics {
    executions: u64,
    per_second: u64,
    /// Edges that were covered after the corpus was read, and at the end.
    coverage: Option<(u64, u64)>,
    crashes: usize,
}

impl Statistics {
    fn parse(output: &str) -> Self {
        let mut statistics = Self::default();
        for line in output.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("stat::number_of_executed_units:") => statistics.executions = number(words.next()),
                Some("stat::average_exec_per_sec:") => statistics.per_second = number(words.next()),
                // `#123	NEW    cov: 45 ft: 67 corp: 8/9b ..`
                Some(word) if word.starts_with('#') => {
                    let Some(_) = words.by_ref().find(|&word| word == "cov:") else { continue };
                    let covered = number(words.next());
                    let first = statistics.coverage.filter(|_| !line.contains("INITED"));
                    statistics.coverage = Some((first.map_or(covered, |(first, _)| first), covered));
                }
                _ if line.contains("Test unit written to") => statistics.crashes += 1,
                _ => {}
            }
        }
        statistics
    }
}

fn number(word: Option<&str>) -> u64 {
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Prints a table of the targets, and the summary as the last line.
fn report(outcomes: &[(&Target, Statistics, bool)]) -> ExitCode {
    println!(
        "\n{:10} {:>13} {:>9} {:>9} {:>13} {:>8}",
        "target", "executions", "exec/s", "coverage", "new coverage", "crashes"
    );
    for (target, statistics, _) in outcomes {
        let Statistics { executions, per_second, coverage, crashes } = statistics;
        let (first, last) = coverage.unwrap_or_default();
        let (name, new) = (target.name, last - first);
        println!("{name:10} {executions:>13} {per_second:>9} {last:>9} {new:>13} {crashes:>8}");
    }
    let executions: u64 = outcomes.iter().map(|(_, statistics, _)| statistics.executions).sum();
    let failed: Vec<_> =
        outcomes.iter().filter(|(.., success)| !success).map(|(target, ..)| target.name).collect();
    if failed.is_empty() {
        println!("\n{executions} executions, no crash");
        return ExitCode::SUCCESS;
    }
    println!(
        "\n{executions} executions, failed: {}; inputs that crashed are in fuzz/artifacts",
        failed.join(", ")
    );
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_begins_with_a_small_corpus() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let list = |folder: PathBuf| {
            let entries = fs::read_dir(&folder).expect("it is a folder");
            let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is an entry").path()).collect();
            paths.sort();
            paths
        };
        let mut names: Vec<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
        names.sort();
        let targets = list(fuzz.join("fuzz_targets"));
        let targets: Vec<_> = targets.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
        assert_eq!(targets, names);
        for seeds in TARGETS.iter().flat_map(|target| target.seeds) {
            let seeds = list(fuzz.join("corpus").join(seeds));
            let len: u64 = seeds.iter().map(|seed| seed.metadata().expect("it is a file").len()).sum();
            assert!((1..=20 * 1024).contains(&len), "{len} bytes of {seeds:?}");
        }
    }

    #[test]
    fn libfuzzers_last_words_are_understood() {
        let output = "#2\tINITED cov: 40 ft: 41 corp: 1/1b exec/s: 0 rss: 26Mb\n\
            #9\tNEW    cov: 45 ft: 67 corp: 8/9b lim: 4 exec/s: 0 rss: 26Mb L: 1/1 MS: 1 ChangeByte-\n\
            Done 93834 runs in 41 second(s)\n\
            stat::number_of_executed_units: 93834\n\
            stat::average_exec_per_sec:     2288\n";
        let expected =
            Statistics { executions: 93834, per_second: 2288, coverage: Some((40, 45)), crashes: 0 };
        assert_eq!(Statistics::parse(output), expected);
        let crash = "artifact_prefix='fuzz/artifacts/'; Test unit written to fuzz/artifacts/crash-0";
        assert_eq!(Statistics::parse(crash).crashes, 1);
    }
}
