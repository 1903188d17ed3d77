//! Single files of packages from npm: what looks into the page's accessibility, and what it is measured beside.
//!
//! They go to the user's cache, like the tools that build the page.

use anyhow::{Context, Result};
use sha2::Sha512;
use std::fs;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::progress::Step;
use crate::tools::{cache_folder, check_file, lock, remove_folder};
use crate::workspace::Workspace;

/// A file of a package, pinned.
pub struct NpmFile {
    pub package: &'static str,
    pub version: &'static str,
    /// The SHA-512 of the package: what npm would bring one day under the same name and version is not run.
    pub checksum: &'static str,
    /// The file within the package.
    pub file: &'static str,
}

impl NpmFile {
    /// Returns the file and what was done.
    pub fn set_up(&self, workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
        let Self { package, version, .. } = self;
        let tools = cache_folder()?.join("tools");
        let file = tools.join(format!("{package}-{version}.js"));
        if file.is_file() {
            return Ok((file, format!("{package} {version} is there")));
        }
        let need = format!("npm, which brings {package}, is needed");
        packages::set_up_programs(workspace, step, &[("npm", "npm")], &need)?;
        fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
        let _lock = lock(&tools.join(format!(".{package}.lock")), step)?;
        if !file.is_file() {
            self.fetch(workspace, &tools.join(format!(".{package}")), &file, step)?;
        }
        Ok((file, format!("fetched {package} {version}")))
    }

    /// Fetches beside the final place and then renames, so that what lies there is always whole.
    fn fetch(&self, workspace: &Workspace, staged: &Path, file: &Path, step: &Step) -> Result<()> {
        let Self { package, version, .. } = self;
        remove_folder(staged)?;
        fs::create_dir_all(staged)?;
        step.status(format!("npm fetches {package} {version}"));
        let mut npm = workspace.command(packages::program("npm")?);
        npm.args(["pack", "--silent", &format!("{package}@{version}")]).current_dir(staged);
        step.run(&mut npm).with_context(|| format!("{package} could not be fetched"))?;
        let archive = staged.join(format!("{package}-{version}.tgz"));
        check_file::<Sha512>(&archive, self.checksum)?;
        step.run(workspace.command("tar").arg("-xzf").arg(&archive).arg(self.file).current_dir(staged))?;
        fs::rename(staged.join(self.file), file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        remove_folder(staged)
    }
}
