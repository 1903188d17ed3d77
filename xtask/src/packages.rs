//! Packages of the system's own package manager.

use anyhow::{Result, bail};
use std::path::Path;

use crate::progress::Step;
use crate::workspace::Workspace;

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
