//! The tools that build the page: the wasm target, Trunk and wasm-bindgen of the pinned versions.
//!
//! They go to a cache folder of the user's that all clones share, never among the user's own tools.

use anyhow::{Context, Result, bail};
use sha2::Digest;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ahead::Ahead;
use crate::prebuilt::Prebuilt;
use crate::progress::Step;
use crate::workspace::{Workspace, find_program};

/// Trunk 0.22 needs a newer Rust than rust-toolchain.toml names.
const TRUNK: Tool = Tool {
    package: "trunk",
    version: "0.21.14",
    programs: &["trunk"],
    // It is never asked to fetch anything, so that it needs no TLS.
    options: &["--no-default-features"],
    // It only moves files and starts other programs, and is built four times faster this way.
    opt_level: "0",
    prebuilt: Some(Prebuilt {
        path: "trunk-rs/trunk/releases/download/v0.21.14/trunk-{target}.tar.gz",
        folder: "",
        machines: &[
            (
                "x86_64-linux",
                "x86_64-unknown-linux-gnu",
                "f2b4680cd239693a646a2795e4633c625328d7b2a044fbe749fa3a2fe9e7036b",
            ),
            (
                "aarch64-linux",
                "aarch64-unknown-linux-gnu",
                "b1d8e60e454f7fc182d9a4d95d1506ffbae947d8ba90f8f6f02da93b60f980f9",
            ),
            (
                "x86_64-macos",
                "x86_64-apple-darwin",
                "f1ba0e3bbe24e0ae219c6d22c33e24e2825c1608dd27c2556e323495110f1a95",
            ),
            (
                "aarch64-macos",
                "aarch64-apple-darwin",
                "764e299dd50d89442a4e96a236349f57961984b701e74d3dbdb39cd1c9f5101e",
            ),
        ],
    }),
};

/// wasm-bindgen reads and writes the page's whole wasm, so that it is built with some optimisation.
const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    version: "0.2.126",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    // The tests' driver is a plain HTTP server on this machine, so that it needs no TLS.
    options: &["--no-default-features"],
    opt_level: "1",
    prebuilt: Some(Prebuilt {
        path: "wasm-bindgen/wasm-bindgen/releases/download/0.2.126/wasm-bindgen-0.2.126-{target}.tar.gz",
        folder: "wasm-bindgen-0.2.126-{target}/",
        machines: &[
            (
                "x86_64-linux",
                "x86_64-unknown-linux-musl",
                "064948d58e2d6c0a745216477a639ba696216d6309aaa902939d1b865b1d869d",
            ),
            (
                "aarch64-linux",
                "aarch64-unknown-linux-musl",
                "2245120254a9f6c9a9adf3601f3d52bb31309219e9ceab7696e74e24885c440a",
            ),
            (
                "x86_64-macos",
                "x86_64-apple-darwin",
                "6014dca993c8bf8a6ec10b6fccfbeabf599842d011f58a4abb7669afef784422",
            ),
            (
                "aarch64-macos",
                "aarch64-apple-darwin",
                "7df536babe345deb68828148dbdc71179118afdab42d83547c7cebfbf1426bd5",
            ),
        ],
    }),
};

/// It starts the fuzzer that is part of each target, and has no speed of its own.
const CARGO_FUZZ: Tool = Tool {
    package: "cargo-fuzz",
    version: "0.13.2",
    programs: &["cargo-fuzz"],
    options: &[],
    opt_level: "0",
    prebuilt: None,
};

/// It reads manifests and licences.
const CARGO_DENY: Tool = Tool {
    package: "cargo-deny",
    version: "0.20.2",
    programs: &["cargo-deny"],
    options: &[],
    opt_level: "0",
    prebuilt: None,
};

/// It hands commands on to Firefox.
const GECKODRIVER: Tool = Tool {
    package: "geckodriver",
    version: "0.37.1",
    programs: &["geckodriver"],
    options: &[],
    opt_level: "0",
    prebuilt: None,
};

/// A proxy that the gateway is measured beside, so it is built for speed. It needs no TLS, nor OpenSSL for it.
const WEBSOCAT: Tool = Tool {
    package: "websocat",
    version: "1.14.1",
    programs: &["websocat"],
    options: &["--no-default-features"],
    opt_level: "3",
    prebuilt: None,
};

/// It lists what the program is made of, for a release.
const CARGO_CYCLONEDX: Tool = Tool {
    package: "cargo-cyclonedx",
    version: "0.5.9",
    programs: &["cargo-cyclonedx"],
    options: &[],
    opt_level: "0",
    prebuilt: None,
};

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Number of steps that [`set_up`] takes.
pub const SET_UP_STEPS: usize = 3;

/// The folders of the installed tools.
pub struct Tools {
    trunk: PathBuf,
    wasm_bindgen: PathBuf,
}

impl Tools {
    /// Trunk, with the pinned wasm-bindgen first on its PATH, so that it downloads none.
    pub fn trunk(&self, workspace: &Workspace) -> Result<Command> {
        let mut command = workspace.command(self.trunk.join("trunk"));
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.wasm_bindgen.clone()).chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(folders)?);
        Ok(command)
    }

    /// The program that makes a wasm module's scripts.
    pub fn wasm_bindgen(&self) -> PathBuf {
        self.wasm_bindgen.join("wasm-bindgen")
    }

    /// What cargo is to run wasm32 tests with.
    pub fn test_runner(&self) -> PathBuf {
        self.wasm_bindgen.join("wasm-bindgen-test-runner")
    }
}

/// Sets up whatever is missing. `begin` begins one of [`SET_UP_STEPS`] steps.
pub fn set_up(workspace: &Workspace, mut begin: impl FnMut(&str) -> Step) -> Result<Tools> {
    check_pinned_version(workspace)?;

    let step = begin("looking for the wasm32 target");
    let note = set_up_target(workspace, &step, WASM_TARGET)?;
    step.done(note);

    // Where both are built, the end of each leaves a core idle that the other takes.
    let trunk = Ahead::begin({
        let workspace = workspace.clone();
        move |step| TRUNK.set_up(&workspace, step)
    });
    let step = begin("looking for wasm-bindgen");
    let (wasm_bindgen, note) = WASM_BINDGEN.set_up(workspace, &step)?;
    step.done(&note);

    let step = begin("looking for trunk");
    let (trunk, note) = trunk.finish(&step)?;
    step.done(&note);

    Ok(Tools { trunk, wasm_bindgen })
}

/// Sets up cargo-fuzz; returns the folder that it is in and what was done.
pub fn set_up_cargo_fuzz(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    CARGO_FUZZ.set_up(workspace, step)
}

/// Sets up cargo-deny; returns where it is and what was done.
pub fn set_up_cargo_deny(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let (folder, note) = CARGO_DENY.set_up(workspace, step)?;
    Ok((folder.join("cargo-deny"), note))
}

/// Sets up cargo-cyclonedx; returns where it is and what was done.
pub fn set_up_cargo_cyclonedx(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let (folder, note) = CARGO_CYCLONEDX.set_up(workspace, step)?;
    Ok((folder.join("cargo-cyclonedx"), note))
}

/// Sets up geckodriver; returns where it is and what was done.
pub fn set_up_geckodriver(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let (folder, note) = GECKODRIVER.set_up(workspace, step)?;
    Ok((folder.join("geckodriver"), note))
}

/// Sets up websocat; returns where it is and what was done.
pub fn set_up_websocat(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let (folder, note) = WEBSOCAT.set_up(workspace, step)?;
    Ok((folder.join("websocat"), note))
}

/// A program from crates.io, pinned.
struct Tool {
    package: &'static str,
    version: &'static str,
    programs: &'static [&'static str],
    options: &'static [&'static str],
    opt_level: &'static str,
    prebuilt: Option<Prebuilt>,
}

impl Tool {
    /// Returns the folder of its programs and what was done.
    fn set_up(&self, workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
        let tools = cache_folder()?.join("tools");
        let root = tools.join(format!("{}-{}", self.package, self.version));
        if self.is_installed(&root) {
            return Ok((root.join("bin"), format!("{} is there", self.version)));
        }
        fs::create_dir_all(&tools).with_context(|| format!("cannot create {}", tools.display()))?;
        let _lock = lock(&tools.join(format!(".{}.lock", self.package)), step)?;
        if self.is_installed(&root) {
            return Ok((root.join("bin"), format!("{} is there", self.version)));
        }
        let staged = tools.join(format!(".{}-{}", self.package, self.version));
        remove_folder(&staged)?;
        let fetched = self.fetch(workspace, &staged, step);
        let note = if let Some(Ok(())) = fetched {
            format!("fetched {} to {}", self.version, tools.display())
        } else {
            remove_folder(&staged)?;
            self.build(workspace, &tools, &staged, step)?;
            let why = fetched.and_then(Result::err);
            let why = why.map(|why| format!(", as no prebuilt one was taken ({why:#})")).unwrap_or_default();
            format!("built {} in {}{why}", self.version, tools.display())
        };
        // What lies there is always whole.
        remove_folder(&root)?;
        fs::rename(&staged, &root).with_context(|| format!("cannot write {}", root.display()))?;
        Ok((root.join("bin"), note))
    }

    fn fetch(&self, workspace: &Workspace, root: &Path, step: &Step) -> Option<Result<()>> {
        let prebuilt = self.prebuilt.as_ref()?;
        step.status(format!("looking for a prebuilt {} {}", self.package, self.version));
        Some(prebuilt.fetch(workspace, step, self.programs, &root.join("bin")))
    }

    /// Builds it from crates.io.
    fn build(&self, workspace: &Workspace, tools: &Path, root: &Path, step: &Step) -> Result<()> {
        // The build folder has a fixed name: an installation that was broken off goes on from there.
        let build = tools.join(format!(".{}-{}-build", self.package, self.version));
        step.status(format!("building {} {}", self.package, self.version));
        step.run(
            workspace
                .cargo()
                .args(["install", "--locked", self.package, "--version", self.version])
                .args(self.programs.iter().flat_map(|program| ["--bin", program]))
                .args(self.options)
                .arg("--root")
                .arg(root)
                .env("CARGO_TARGET_DIR", &build)
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "0"),
        )
        .with_context(|| format!("{} {} could not be installed", self.package, self.version))?;
        remove_folder(&build)
    }

    fn is_installed(&self, root: &Path) -> bool {
        self.programs.iter().all(|program| root.join("bin").join(program).is_file())
    }
}

/// wasm-bindgen's two halves, tool and crate, only work together in the same version.
fn check_pinned_version(workspace: &Workspace) -> Result<()> {
    let lockfile = fs::read_to_string(workspace.root().join("Cargo.lock"))?;
    let locked = locked_version(&lockfile, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    if locked != WASM_BINDGEN.version {
        bail!(
            "Cargo.lock has wasm-bindgen {locked}, but xtask/src/tools.rs pins wasm-bindgen-cli {}: \
             the two must be equal",
            WASM_BINDGEN.version
        );
    }
    Ok(())
}

fn locked_version<'a>(lockfile: &'a str, package: &str) -> Option<&'a str> {
    let (_, after) = lockfile.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version)
}

/// Sets up the standard library for a target; says what was done.
pub fn set_up_target(workspace: &Workspace, step: &Step, target: &str) -> Result<&'static str> {
    let sysroot = step.run(workspace.command(rustc()).args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir() {
        return Ok("it is there");
    }
    if find_program(&["rustup"]).is_none() {
        bail!(
            "this Rust has no {target} target, and rustup, which could add it, is not installed: \
             install Rust from https://rustup.rs, or your system's package with the standard library \
             for {target}"
        );
    }
    step.status("rustup adds it");
    step.run(workspace.command("rustup").args(["target", "add", target]))?;
    Ok("added")
}

/// Adds the parts of the toolchain that the lints need, where rustup installed it without them.
pub fn set_up_lints(workspace: &Workspace, step: &Step) -> Result<()> {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let works =
            workspace.command(program).arg("--version").output().is_ok_and(|out| out.status.success());
        if !works && find_program(&["rustup"]).is_some() {
            step.run(workspace.command("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"))
}

/// The folder of the user's where all clones keep what they have fetched and built.
pub fn cache_folder() -> Result<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("mqttscope"))
        .context("neither XDG_CACHE_HOME nor HOME names a folder for the tools")
}

/// Takes a lock that other runs of xtask respect, and that the system frees even if we are killed.
pub fn lock(path: &Path, step: &Step) -> Result<File> {
    let file = File::options().create(true).append(true).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            step.status("waiting for another run of xtask");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

/// Compares a file that was fetched with the checksum that is known of it, in hex.
pub fn check_file<D: Digest>(path: &Path, expected: &str) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("{} was not fetched", path.display()))?;
    let checksum: String = D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if checksum != expected {
        bail!("the checksum of {} is not the one that is expected, but {checksum}", path.display());
    }
    Ok(())
}

/// Removes a folder with all that is in it; it need not exist.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lockfile = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(locked_version(lockfile, "wasm-bindgen"), Some("0.2.126"));
        assert_eq!(locked_version(lockfile, "yew"), None);
    }
}
