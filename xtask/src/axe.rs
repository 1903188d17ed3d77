//! axe-core, which finds in a page what keeps people from using it.
//!
//! It comes through npm and goes to the user's cache, like the tools that build the page.

use anyhow::{Context, Result};
use sha2::Sha512;
use std::fs;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::progress::Step;
use crate::tools::{cache_folder, check_file, lock, remove_folder};
use crate::workspace::Workspace;

const VERSION: &str = "4.14.1";

/// The SHA-512 of the package: what npm would bring one day under the same name and version is not run.
const CHECKSUM: &str = "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73\
                        4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5";

/// Its script within the package.
const SCRIPT: &str = "package/axe.min.js";

/// Returns the script and what was done.
pub fn set_up(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let tools = cache_folder()?.join("tools");
    let script = tools.join(format!("axe-core-{VERSION}.js"));
    if script.is_file() {
        return Ok((script, format!("axe-core {VERSION} is there")));
    }
    packages::set_up_programs(workspace, step, &[("npm", "npm")], "npm, which brings axe-core, is needed")?;
    fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
    let _lock = lock(&tools.join(".axe-core.lock"), step)?;
    if !script.is_file() {
        fetch(workspace, &tools.join(".axe-core"), &script, step)?;
    }
    Ok((script, format!("fetched axe-core {VERSION}")))
}

/// Fetches beside the final place and then renames, so that what lies there is always whole.
fn fetch(workspace: &Workspace, staged: &Path, script: &Path, step: &Step) -> Result<()> {
    remove_folder(staged)?;
    fs::create_dir_all(staged)?;
    step.status(format!("npm fetches axe-core {VERSION}"));
    let mut npm = workspace.command(packages::program("npm")?);
    npm.args(["pack", "--silent", &format!("axe-core@{VERSION}")]).current_dir(staged);
    step.run(&mut npm).context("axe-core could not be fetched")?;
    let package = staged.join(format!("axe-core-{VERSION}.tgz"));
    check_file::<Sha512>(&package, CHECKSUM)?;
    step.run(workspace.command("tar").arg("-xzf").arg(&package).arg(SCRIPT).current_dir(staged))?;
    fs::rename(staged.join(SCRIPT), script).with_context(|| format!("cannot write {}", script.display()))?;
    remove_folder(staged)
}
