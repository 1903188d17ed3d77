//! Packages of the system's own package manager.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

use crate::progress::Step;
use crate::workspace::{Workspace, find_program};

/// Sees to it that programs are there, each with the Debian package that has it; says what was done.
///
/// # Errors
/// Where one is missing and cannot be installed without a question; the message is `need` and the way.
pub fn set_up_programs(
    workspace: &Workspace,
    step: &Step,
    programs: &[(&str, &'static str)],
    need: &str,
) -> Result<&'static str> {
    let missing = programs.iter().filter(|(name, _)| program(name).is_err());
    let mut missing: Vec<&str> = missing.map(|&(_, package)| package).collect();
    missing.dedup();
    if missing.is_empty() {
        return Ok("they are there");
    }
    install(workspace, step, &missing, need)?;
    for (name, package) in programs {
        program(name).with_context(|| format!("{package} was installed"))?;
    }
    Ok("installed")
}

/// Debian keeps servers in a folder that is not on everybody's PATH.
pub fn program(name: &str) -> Result<PathBuf> {
    let sbin = || [PathBuf::from("/usr/sbin").join(name)].into_iter().find(|file| file.is_file());
    find_program(&[name]).or_else(sbin).with_context(|| format!("{name} is not on the PATH"))
}

/// Installs Debian packages where that needs no question: on Debian, as root. Elsewhere it fails with
/// `need`, which says what is missing, and how to get it.
pub fn install(workspace: &Workspace, step: &Step, packages: &[&str], need: &str) -> Result<()> {
    if !(Path::new("/etc/debian_version").exists() && is_root()) {
        bail!("{need}: install them (on Debian and Ubuntu: apt-get install {})", packages.join(" "));
    }
    let apt = || {
        let mut command = workspace.command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-y"]);
        command
    };
    step.status("apt-get update");
    step.run(apt().arg("update"))?;
    step.status(format!("apt-get install {}", packages.join(" ")));
    step.run(apt().args(["install", "--no-install-recommends"]).args(packages))?;
    Ok(())
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
