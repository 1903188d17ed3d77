//! `cargo xtask release`: what a release holds, built and tried.
//!
//! The programs are static, so that one file runs on any Linux of its architecture. What is made is unpacked again and
//! started before it counts as made.

mod check;
mod client;
mod notices;
mod package;
mod sbom;

use anyhow::{Context, Error, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Instant;

use crate::packages;
use crate::page::{self, Profile};
use crate::progress::{Step, Steps, seconds};
use crate::serve;
use crate::tools::{self, remove_folder};
use crate::workspace::Workspace;

/// What a program is built for, by the name that Debian and container images have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

impl Architecture {
    const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Debian's name.
    fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The processor's name, as Rust, GCC and QEMU have it.
    fn processor(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// Rust's name of the target: with musl, which can be linked statically.
    fn target(self) -> String {
        format!("{}-unknown-linux-musl", self.processor())
    }

    /// Whether this machine runs it without QEMU.
    fn is_own(self) -> bool {
        self.processor() == std::env::consts::ARCH
    }

    /// The C compiler, which ring needs, and Debian's package with it. ring's C takes little of a C library, so that a
    /// foreign architecture can have a compiler for glibc.
    fn compiler(self) -> (String, &'static str) {
        match (self.is_own(), self) {
            (true, _) => ("musl-gcc".into(), "musl-tools"),
            (false, Self::Amd64) => ("x86_64-linux-gnu-gcc".into(), "gcc-x86-64-linux-gnu"),
            (false, Self::Arm64) => ("aarch64-linux-gnu-gcc".into(), "gcc-aarch64-linux-gnu"),
        }
    }

    /// The headers that a foreign compiler needs, as a Debian package.
    fn headers(self) -> Option<&'static str> {
        match (self.is_own(), self) {
            (true, _) => None,
            (false, Self::Amd64) => Some("libc6-dev-amd64-cross"),
            (false, Self::Arm64) => Some("libc6-dev-arm64-cross"),
        }
    }

    /// A command that runs a program of this architecture.
    fn command(self, program: &Path) -> Command {
        if self.is_own() {
            return Command::new(program);
        }
        let mut command = Command::new(self.emulator());
        command.arg(program);
        command
    }

    fn emulator(self) -> String {
        format!("qemu-{}", self.processor())
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(architecture) = Self::ALL.into_iter().find(|one| one.name() == text) else {
            bail!("'{text}' is no architecture of a release: there are amd64 and arm64");
        };
        Ok(architecture)
    }
}

/// A folder that is being filled, and what is needed for that.
struct Release<'a> {
    workspace: &'a Workspace,
    version: String,
    /// Where the artefacts are.
    folder: PathBuf,
    /// Seconds since 1970 of the newest commit: what every file in an archive says of its time.
    time: String,
}

impl Release<'_> {
    /// The name of an archive and of the folder in it.
    fn archive_name(&self, architecture: Architecture) -> String {
        format!("mqttscope-{}-linux-{}", self.version, architecture.name())
    }

    fn package_name(&self, architecture: Architecture) -> String {
        format!("mqttscope_{}_{}.deb", self.version, architecture.name())
    }
}

/// Builds and tries what a release holds, for these architectures or all.
pub fn run(workspace: &Workspace, architectures: &[Architecture]) -> Result<()> {
    let started = Instant::now();
    let architectures = if architectures.is_empty() { &Architecture::ALL } else { architectures };
    let mut steps = Steps::new(tools::SET_UP_STEPS + 7 + 2 * architectures.len());
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;

    let step = steps.begin("looking for compilers and packers");
    let note = set_up_programs(workspace, &step, architectures)?;
    step.done(note);
    let step = steps.begin("looking for cargo-cyclonedx");
    let (cyclonedx, note) = tools::set_up_cargo_cyclonedx(workspace, &step)?;
    step.done(&note);

    page::build(workspace, &tools, Profile::Release, &mut steps)?;
    let folder = workspace.target().join("release-artefacts");
    remove_folder(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (version, time) = (version(workspace)?, commit_time(workspace)?);
    let release = Release { workspace, version, folder, time };

    let programs = architectures
        .iter()
        .map(|&architecture| build(&release, architecture, &mut steps).map(|program| (architecture, program)))
        .collect::<Result<Vec<_>>>()?;

    let step = steps.begin("gathering the notices");
    let notices =
        notices::gather(workspace, &step, &architectures.iter().map(|one| one.target()).collect::<Vec<_>>())?;
    fs::write(release.folder.join(package::NOTICES), notices)?;
    step.done("");
    let step = steps.begin("listing what it is made of");
    sbom::write(&release, &cyclonedx, &step, &architectures[0].target())?;
    step.done("");
    let step = steps.begin("packing");
    for (architecture, program) in &programs {
        package::write(&release, &step, *architecture, program)?;
    }
    fs::copy(workspace.root().join("deploy/image/Dockerfile"), release.folder.join("Dockerfile"))?;
    write_sums(&release.folder)?;
    step.done("");

    let step = steps.begin("checking sums, SBOMs and the service");
    check::sums(&release, &step)?;
    sbom::check(&release)?;
    let exposure = check::service(&release, &step, architectures[0])?;
    step.done(&exposure);
    for &architecture in architectures {
        let step = steps.begin(&format!("trying what was made for {}", architecture.name()));
        let note = check::artefacts(&release, &step, architecture)?;
        step.done(&note);
    }
    print_sizes(&release)?;
    println!("\nthe whole took {}", seconds(started.elapsed()));
    Ok(())
}

fn set_up_programs(
    workspace: &Workspace,
    step: &Step,
    architectures: &[Architecture],
) -> Result<&'static str> {
    let mut needed = vec![
        ("dpkg-deb".to_owned(), "dpkg"),
        ("tar".to_owned(), "tar"),
        ("ldd".to_owned(), "libc-bin"),
        ("systemd-analyze".to_owned(), "systemd"),
        ("sha256sum".to_owned(), "coreutils"),
    ];
    for architecture in architectures {
        tools::set_up_target(workspace, step, &architecture.target())?;
        needed.push(architecture.compiler());
        if !architecture.is_own() {
            needed.push((architecture.emulator(), "qemu-user"));
            let headers = architecture.headers().into_iter();
            let compiler = architecture.compiler().0;
            // Without its headers, which come with no program, the compiler is of no use.
            if packages::program(&compiler).is_err() {
                needed.extend(headers.map(|package| (compiler.clone(), package)));
            }
        }
    }
    let needed: Vec<(&str, &str)> = needed.iter().map(|(name, package)| (name.as_str(), *package)).collect();
    let need = "C compilers for musl, qemu-user, dpkg and systemd-analyze are needed for a release";
    packages::set_up_programs(workspace, step, &needed, need)
}

/// Builds the static program for an architecture in a step of its own; returns where it is.
fn build(release: &Release<'_>, architecture: Architecture, steps: &mut Steps) -> Result<PathBuf> {
    let step = steps.begin(&format!("building the program for {}", architecture.name()));
    let target = architecture.target();
    let mut cargo = serve::with_page(release.workspace);
    cargo.args(["--locked", "--profile", PROFILE, "--target", &target]);
    let (variable, compiler) = (target.replace('-', "_"), architecture.compiler().0);
    cargo.env(format!("CC_{variable}"), compiler);
    // With `--target` these are for the program only, not for what runs while it is built.
    let renamed = builders_folders(release.workspace);
    let renamed = renamed.iter().map(|(folder, name)| format!("--remap-path-prefix={folder}={name}"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", renamed.collect::<Vec<_>>().join("\x1f"));
    if !architecture.is_own() {
        // Rust brings all that a static program is linked from, and a linker for every architecture.
        cargo.env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), "rust-lld");
    }
    step.run(&mut cargo)?;
    step.done("");
    Ok(serve::program_in(&release.workspace.target().join(target).join(PROFILE)))
}

/// Folders of whoever builds a program, which would stand in it wherever it can panic, with what is to stand there instead.
fn builders_folders(workspace: &Workspace) -> Vec<(String, &'static str)> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let registry = cargo.map(|cargo| cargo.join("registry"));
    let folders =
        [(Some(workspace.root().join("crates")), "/mqttscope/crates"), (registry, "/cargo/registry")];
    folders.into_iter().filter_map(|(folder, name)| Some((folder?.to_str()?.to_owned(), name))).collect()
}

fn write_sums(folder: &Path) -> Result<()> {
    let mut sums = String::new();
    for name in files_in(folder)? {
        let sum = Sha256::digest(fs::read(folder.join(&name))?);
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        sums += &format!("{sum}  {name}\n");
    }
    Ok(fs::write(folder.join(SUMS), sums)?)
}

fn print_sizes(release: &Release<'_>) -> Result<()> {
    println!("\n{}:", release.folder.display());
    for name in files_in(&release.folder)? {
        let size = fs::metadata(release.folder.join(&name))?.len() as f64 / 1e6;
        println!("{name:44} {size:>8.2} MB");
    }
    Ok(())
}

fn files_in(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = entries.collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// The version of all crates.
fn version(workspace: &Workspace) -> Result<String> {
    let manifest = fs::read_to_string(workspace.root().join("Cargo.toml"))?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(version.context("Cargo.toml names no version")?.trim_matches('"').to_owned())
}

/// When the newest commit was made, so that the same sources make the same archives; now, where there is no git.
fn commit_time(workspace: &Workspace) -> Result<String> {
    let git = workspace.command("git").args(["log", "-1", "--format=%ct"]).output();
    if let Ok(output) = git
        && output.status.success()
    {
        return Ok(String::from_utf8(output.stdout)?.trim().to_owned());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(now.as_secs().to_string())
}

/// The profile of Cargo.toml for what is handed on.
const PROFILE: &str = "artefact";

const SUMS: &str = "SHA256SUMS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_architecture_is_named_as_debian_does() {
        assert!(
            "arm64".parse::<Architecture>().is_ok_and(|one| one.target() == "aarch64-unknown-linux-musl")
        );
        assert!("aarch64".parse::<Architecture>().is_err());
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        let folder = std::env::temp_dir().join(format!("xtask-sums-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder is made");
        fs::write(folder.join("b"), "").expect("a file is written");
        fs::write(folder.join("a"), "abc").expect("a file is written");
        write_sums(&folder).expect("sums are written");
        let sums = fs::read_to_string(folder.join(SUMS)).expect("they are there");
        fs::remove_dir_all(&folder).expect("it was made here");
        assert_eq!(
            sums,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
        );
    }
}
