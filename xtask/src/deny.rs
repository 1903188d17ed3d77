//! cargo-deny over both lock files, by deny.toml: in lint what needs no database, `cargo xtask deny` for advisories.

use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;

use crate::progress::{Step, Steps};
use crate::tools;
use crate::workspace::Workspace;

/// Asks what is known against the dependencies that are locked. The database is fetched from github.com.
///
/// # Errors
/// Where something is known, with what cargo-deny says of it.
pub fn run_advisories(workspace: &Workspace) -> Result<ExitCode> {
    let mut steps = Steps::new(2);
    let step = steps.begin("looking for cargo-deny");
    let (program, note) = tools::set_up_cargo_deny(workspace, &step)?;
    step.done(&note);
    let step = steps.begin("advisories");
    check(workspace, &step, &program, &["advisories"])?;
    step.done("");
    Ok(ExitCode::SUCCESS)
}

/// Holds bans, licences and sources.
///
/// # Errors
/// Where a dependency breaks a rule, with what cargo-deny says of it.
pub fn check_rules(workspace: &Workspace, step: &Step, program: &Path) -> Result<()> {
    check(workspace, step, program, &["bans", "licenses", "sources"])
}

fn check(workspace: &Workspace, step: &Step, program: &Path, checks: &[&str]) -> Result<()> {
    for manifest in MANIFESTS {
        step.status(manifest);
        let mut command = workspace.command(program);
        command.args([
            "--locked",
            "--workspace",
            "--manifest-path",
            manifest,
            "--config",
            "deny.toml",
            "check",
        ]);
        // A licence of the one need not be one of the other.
        command.args(UNUSED.map(|lint| ["--allow", lint]).as_flattened());
        step.run(command.args(checks))?;
    }
    Ok(())
}

/// The workspace, and the fuzz targets, which are one of their own.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "fuzz/Cargo.toml"];

/// What cargo-deny says of entries that nothing needs.
const UNUSED: [&str; 2] = ["license-not-encountered", "license-exception-not-encountered"];
