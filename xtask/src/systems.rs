//! The gateways and brokers that `cargo xtask interop` runs against: Kaazing, ActiveMQ, mosquitto, HiveMQ, Artemis and
//! mochi.
//!
//! Java, Maven, Go and mosquitto come from the system's package manager. Kaazing, ActiveMQ, HiveMQ and Artemis come
//! through Maven and mochi through Go, from where these two are told to look; they go to the user's cache, like the
//! tools that build the page.

pub mod cluster;

use anyhow::{Context, Result, bail};
use sha2::Sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::interop::System;
use crate::packages;
use crate::progress::{Step, Steps};
use crate::tools::{cache_folder, check_file, lock, remove_folder};
use crate::workspace::Workspace;

/// The brokers that are set up only if they are needed.
pub const YOUNGER: [System; 3] = [System::HiveMq, System::Artemis, System::Mochi];

/// Number of steps that [`set_up`] takes, if all are needed.
pub const SET_UP_STEPS: usize = 3 + YOUNGER.len();

/// Where the systems are.
pub struct Systems {
    java: PathBuf,
    mosquitto: PathBuf,
    kaazing: PathBuf,
    activemq: PathBuf,
    /// These are there only if they are needed.
    hivemq: Option<PathBuf>,
    artemis: Option<PathBuf>,
    mochi: Option<PathBuf>,
}

impl Systems {
    /// Tells a program that tests them where they are.
    pub fn tell<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program
            .env("MQTTSCOPE_JAVA", &self.java)
            .env("MQTTSCOPE_MOSQUITTO", &self.mosquitto)
            .env("MQTTSCOPE_KAAZING_LIB", self.kaazing.join("lib"))
            .env("MQTTSCOPE_ACTIVEMQ_HOME", self.activemq.join("apache-activemq-5.10.0"));
        for (name, place) in [
            ("MQTTSCOPE_HIVEMQ_HOME", self.hivemq.clone()),
            ("MQTTSCOPE_ARTEMIS_HOME", self.artemis.as_ref().map(|folder| folder.join(ARTEMIS_HOME))),
            ("MQTTSCOPE_MOCHI", self.mochi.as_ref().map(|folder| folder.join(MOCHI.proof))),
        ] {
            program.envs(place.map(|place| (name, place)));
        }
        program
    }
}

/// Sets up whatever is missing; of the [`YOUNGER`] brokers only those that are needed, each in a step.
pub fn set_up(workspace: &Workspace, needs: impl Fn(System) -> bool, steps: &mut Steps) -> Result<Systems> {
    let step = steps.begin("looking for Java, Maven and mosquitto");
    let need = "Java, Maven, mosquitto and mosquitto's clients are needed";
    let note = packages::set_up_programs(workspace, &step, &PROGRAMS, need)?;
    step.done(note);

    let mut set_up = |download: &Download| {
        let step = steps.begin(&format!("looking for {}", download.title));
        let (folder, note) = download.set_up(workspace, &step)?;
        step.done(note);
        anyhow::Ok(folder)
    };
    let (kaazing, activemq) = (set_up(&KAAZING)?, set_up(&ACTIVEMQ)?);
    let mut younger = |system: System, download: &Download| {
        if needs(system) {
            return set_up(download).map(Some);
        }
        Ok(None)
    };
    Ok(Systems {
        java: packages::program("java")?,
        mosquitto: packages::program("mosquitto")?,
        kaazing,
        activemq,
        hivemq: younger(System::HiveMq, &HIVEMQ)?,
        artemis: younger(System::Artemis, &ARTEMIS)?,
        mochi: younger(System::Mochi, &MOCHI)?,
    })
}

/// The programs that are needed, each with the Debian package that has it.
const PROGRAMS: [(&str, &str); 6] = [
    ("java", "default-jre-headless"),
    ("javac", "default-jdk-headless"),
    ("mvn", "maven"),
    ("mosquitto", "mosquitto"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("mosquitto_sub", "mosquitto-clients"),
];

const KAAZING: Download = Download {
    folder: "kaazing-5.6.2",
    title: "Kaazing Gateway 5.6.2",
    proof: "lib/gateway.server-5.6.2.jar",
    fetch: |fetching| fetching.jars(include_str!("systems/kaazing-pom.xml")),
};

const ACTIVEMQ: Download = Download {
    folder: "activemq-5.10.0",
    title: "ActiveMQ 5.10.0",
    proof: "apache-activemq-5.10.0/bin/activemq.jar",
    fetch: |fetching| {
        fetching.archive(
            "-Dartifact=org.apache.activemq:apache-activemq:5.10.0:tar.gz:bin",
            "apache-activemq-5.10.0-bin.tar.gz",
            "614aa9a0d5edf6bcc4e566dffaec48fae0d7a9b2d129f74acc8934472b6c44fa",
        )
    },
};

const HIVEMQ: Download = Download {
    folder: "hivemq-2024.3",
    title: "HiveMQ CE 2024.3",
    proof: "classes/HiveMq.class",
    fetch: |fetching| {
        fetching.jars(include_str!("systems/hivemq-pom.xml"))?;
        let (lib, checksums) = (fetching.folder.join("lib"), include_str!("systems/hivemq.sha256"));
        for line in checksums.lines() {
            let (checksum, jar) = line.split_once("  ").context("a checksum and a file")?;
            check_file::<Sha256>(&lib.join(jar), checksum)?;
        }
        if fs::read_dir(&lib)?.count() != checksums.lines().count() {
            bail!("{} has jars without a checksum", lib.display());
        }
        fs::write(fetching.folder.join("HiveMq.java"), include_str!("systems/HiveMq.java"))?;
        let mut javac = fetching.command("javac")?;
        fetching.run(javac.args(["-cp", "lib/*", "-d", "classes", "HiveMq.java"]))
    },
};

const ARTEMIS_HOME: &str = "apache-artemis-2.37.0";

const ARTEMIS: Download = Download {
    folder: "artemis-2.37.0",
    title: "ActiveMQ Artemis 2.37.0",
    proof: "apache-artemis-2.37.0/lib/artemis-boot.jar",
    fetch: |fetching| {
        fetching.archive(
            "-Dartifact=org.apache.activemq:apache-artemis:2.37.0:tar.gz:bin",
            "apache-artemis-2.37.0-bin.tar.gz",
            "1e3009ad0fb900513d4fda4ea8308e5f8de7e8000862de166217b482d11053a7",
        )
    },
};

const MOCHI: Download = Download {
    folder: "mochi-2.7.9",
    title: "mochi 2.7.9",
    proof: "mochi",
    fetch: |fetching| {
        fetching.set_up_go(1, 21)?;
        fetching.write(&[
            ("main.go", include_str!("systems/mochi/main.go")),
            ("go.mod", include_str!("systems/mochi/go.mod")),
            // The checksums of all that is fetched.
            ("go.sum", include_str!("systems/mochi/go.sum")),
        ])?;
        fetching.go_build("mochi", ".")
    },
};

const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/// A system in a pinned version that is fetched once.
struct Download {
    folder: &'static str,
    title: &'static str,
    /// A file that is there when it is.
    proof: &'static str,
    fetch: fn(&Fetching<'_>) -> Result<()>,
}

impl Download {
    /// Returns its folder and what was done.
    fn set_up(&self, workspace: &Workspace, step: &Step) -> Result<(PathBuf, &'static str)> {
        let systems = cache_folder()?.join("systems");
        let root = systems.join(self.folder);
        if !self.is_there(&root) {
            fs::create_dir_all(&systems).with_context(|| format!("cannot create {}", systems.display()))?;
            let _lock = lock(&systems.join(format!(".{}.lock", self.folder)), step)?;
            if !self.is_there(&root) {
                self.download(workspace, &systems, &root, step)?;
                return Ok((root, "fetched"));
            }
        }
        Ok((root, "it is there"))
    }

    /// Fetches beside the final place and then renames, so that what lies there is always whole.
    ///
    /// Maven begins a file anew that was broken off.
    fn download(&self, workspace: &Workspace, systems: &Path, root: &Path, step: &Step) -> Result<()> {
        let staged = systems.join(format!(".{}", self.folder));
        remove_folder(&staged)?;
        fs::create_dir_all(&staged)?;
        step.status("fetching it");
        let fetching = Fetching { workspace, folder: &staged, step };
        (self.fetch)(&fetching).with_context(|| format!("{} could not be fetched", self.title))?;
        if !self.is_there(&staged) {
            bail!("{} was fetched, but {} is not in it", self.title, self.proof);
        }
        // Where there is no project, Maven keeps its marks of what it has unpacked in a folder of this name.
        remove_folder(&staged.join("${project.basedir}"))?;
        remove_folder(root)?;
        fs::rename(&staged, root).with_context(|| format!("cannot write {}", root.display()))
    }

    fn is_there(&self, root: &Path) -> bool {
        root.join(self.proof).is_file()
    }
}

/// A system that is being fetched, into a folder of its own.
struct Fetching<'a> {
    workspace: &'a Workspace,
    folder: &'a Path,
    step: &'a Step,
}

impl Fetching<'_> {
    /// The jars of a project's dependencies go to `lib`.
    fn jars(&self, pom: &str) -> Result<()> {
        let file = self.folder.join("pom.xml");
        fs::write(&file, pom)?;
        let mut maven = self.maven()?;
        maven.arg("--strict-checksums").arg("-f").arg(file);
        maven.arg(format!("{DEPENDENCY_PLUGIN}:copy-dependencies"));
        maven.arg(define("outputDirectory", &self.folder.join("lib")));
        self.run(&mut maven)
    }

    /// An archive, unpacked. It is checked here: not every repository that Maven may use has a checksum of it.
    fn archive(&self, artifact: &str, file: &str, sha256: &str) -> Result<()> {
        let mut maven = self.maven()?;
        maven.arg(format!("{DEPENDENCY_PLUGIN}:copy")).arg(artifact);
        maven.arg(define("outputDirectory", self.folder));
        self.run(&mut maven)?;
        let path = self.folder.join(file);
        check_file::<Sha256>(&path, sha256)?;
        self.run(self.command("tar")?.arg("-xzf").arg(&path))?;
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    /// Files of a name and a text.
    fn write(&self, files: &[(&str, &str)]) -> Result<()> {
        for (name, text) in files {
            fs::write(self.folder.join(name), text)?;
        }
        Ok(())
    }

    /// Sees to it that there is a Go that is new enough.
    fn set_up_go(&self, major: u32, minor: u32) -> Result<()> {
        let need = format!("Go {major}.{minor} or newer is needed");
        packages::set_up_programs(self.workspace, self.step, &[("go", "golang-go")], &need)?;
        let version = self.step.run(self.command("go")?.args(["env", "GOVERSION"]))?;
        if !is_new_enough(version.trim(), (major, minor)) {
            bail!("{need}, and {} is not: install it from https://go.dev/dl", version.trim());
        }
        Ok(())
    }

    /// Builds a program of the module in the folder, whose modules are those that go.sum knows.
    fn go_build(&self, program: &str, package: &str) -> Result<()> {
        let mut go = self.command("go")?;
        go.args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", program, package])
            .env("GOWORK", "off");
        self.run(&mut go)
    }

    fn maven(&self) -> Result<Command> {
        let mut maven = self.command("mvn")?;
        maven.args(["--batch-mode", "--no-transfer-progress"]);
        Ok(maven)
    }

    /// A program that works in the folder.
    fn command(&self, program: &str) -> Result<Command> {
        let mut command = self.workspace.command(packages::program(program)?);
        command.current_dir(self.folder);
        Ok(command)
    }

    fn run(&self, command: &mut Command) -> Result<()> {
        self.step.run(command).map(drop)
    }
}

/// Whether a version such as `go1.26.8` is this one or a newer one.
fn is_new_enough(version: &str, least: (u32, u32)) -> bool {
    let mut numbers = version.trim_start_matches("go").split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= least,
        _ => false,
    }
}

fn define(property: &str, value: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(format!("-D{property}="));
    argument.push(value);
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_go_is_told_from_a_new_one() {
        for (version, expected) in
            [("go1.26.8", true), ("go1.21", true), ("go2.0", true), ("go1.19.8", false), ("devel", false)]
        {
            assert_eq!(is_new_enough(version, (1, 21)), expected, "{version}");
        }
        assert!(!is_new_enough("go1.21", (1, 26)));
    }

    #[test]
    fn every_jar_and_module_has_a_checksum() {
        for line in include_str!("systems/hivemq.sha256").lines() {
            let (checksum, jar) = line.split_once("  ").unwrap();
            assert!(checksum.len() == 64 && jar.ends_with(".jar"), "{line}");
        }
        for (modules, sums) in [
            (include_str!("systems/mochi/go.mod"), include_str!("systems/mochi/go.sum")),
            (include_str!("systems/nats/go.mod"), include_str!("systems/nats/go.sum")),
        ] {
            for line in modules.lines().filter(|line| line.starts_with('\t')) {
                let module = line.trim().trim_end_matches(" // indirect");
                assert!(sums.contains(&format!("{module} h1:")), "{module}");
            }
        }
    }
}
