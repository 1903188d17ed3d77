//! Where things are: the checkout, the target directory, the cargo that runs us.

use anyhow::{Context, Result};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout that this xtask was built from.
#[derive(Clone)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout by this package's own place in it, and the target directory by that of
    /// the running program, which holds whatever way the directory was configured.
    pub fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the root")?;
        let program = env::current_exe()?;
        let target = program.ancestors().nth(2).context("the program lies in TARGET/PROFILE")?;
        Ok(Self { root: root.to_owned(), target: target.to_owned() })
    }

    /// The folder of the workspace's Cargo.toml.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where xtask keeps what it has to remember between runs; created when missing.
    pub fn state(&self) -> Result<PathBuf> {
        let folder = self.target.join("xtask");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }

    /// The finished page.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The tests in files of their own of the package in this folder.
    pub fn tests_of(&self, package: &str) -> Result<Vec<String>> {
        let folder = self.root.join(package).join("tests");
        let read = || format!("cannot read {}", folder.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).with_context(read)? {
            let path = entry.with_context(read)?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// A cargo command in the root.
    pub fn cargo(&self) -> Command {
        self.command(cargo())
    }

    /// One that lets others go first, where the system has a way.
    pub fn patient_cargo(&self) -> Command {
        let Some(nice) = find_program(&["nice"]) else { return self.cargo() };
        let mut command = self.command(nice);
        command.args(["-n", "10"]).arg(cargo());
        command
    }

    /// Any command in the root.
    ///
    /// What cargo has told xtask about its own package is not passed on: build scripts that watch
    /// those variables would run again each time that xtask and the user take turns.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&*name);
            }
        }
        command
    }
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// The first of the names that is a program on the PATH.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
