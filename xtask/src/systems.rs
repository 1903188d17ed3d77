//! The gateways and brokers that `cargo xtask interop` runs against: Kaazing, ActiveMQ, mosquitto.
//!
//! Java, Maven and mosquitto come from the system's package manager; Kaazing and ActiveMQ come through
//! Maven and go to the user's cache, like the tools that build the page.

use anyhow::{Context, Result, bail};
use sha2::Sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages;
use crate::progress::Step;
use crate::tools::{cache_folder, check_file, lock, remove_folder};
use crate::workspace::Workspace;

/// Number of steps that [`set_up`] takes.
pub const SET_UP_STEPS: usize = 3;

/// Where the systems are.
pub struct Systems {
    pub java: PathBuf,
    pub mosquitto: PathBuf,
    /// The folder of Kaazing's jars.
    pub kaazing_lib: PathBuf,
    /// ActiveMQ's installation.
    pub activemq_home: PathBuf,
}

/// Sets up whatever is missing. `begin` begins one of [`SET_UP_STEPS`] steps.
pub fn set_up(workspace: &Workspace, mut begin: impl FnMut(&str) -> Step) -> Result<Systems> {
    let step = begin("looking for Java, Maven and mosquitto");
    let need = "Java, Maven, mosquitto and mosquitto's clients are needed";
    let note = packages::set_up_programs(workspace, &step, &PROGRAMS, need)?;
    step.done(note);

    let step = begin("looking for Kaazing Gateway");
    let (kaazing, note) = KAAZING.set_up(workspace, &step)?;
    step.done(&note);

    let step = begin("looking for ActiveMQ");
    let (activemq, note) = ACTIVEMQ.set_up(workspace, &step)?;
    step.done(&note);

    Ok(Systems {
        java: packages::program("java")?,
        mosquitto: packages::program("mosquitto")?,
        kaazing_lib: kaazing.join("lib"),
        activemq_home: activemq.join("apache-activemq-5.10.0"),
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
    archive: None,
    fetch: |maven, folder| {
        let pom = folder.join("pom.xml");
        fs::write(&pom, include_str!("systems/kaazing-pom.xml"))?;
        maven
            .arg("--strict-checksums")
            .arg("-f")
            .arg(pom)
            .arg(format!("{DEPENDENCY_PLUGIN}:copy-dependencies"));
        maven.arg(define("outputDirectory", &folder.join("lib")));
        Ok(())
    },
};

const ACTIVEMQ: Download = Download {
    folder: "activemq-5.10.0",
    title: "ActiveMQ 5.10.0",
    proof: "apache-activemq-5.10.0/bin/activemq.jar",
    archive: Some(Archive {
        file: "apache-activemq-5.10.0-bin.tar.gz",
        sha256: "614aa9a0d5edf6bcc4e566dffaec48fae0d7a9b2d129f74acc8934472b6c44fa",
    }),
    fetch: |maven, folder| {
        maven.arg(format!("{DEPENDENCY_PLUGIN}:copy"));
        maven.arg("-Dartifact=org.apache.activemq:apache-activemq:5.10.0:tar.gz:bin");
        maven.arg(define("outputDirectory", folder));
        Ok(())
    },
};

const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/// A system that comes through Maven, in a pinned version.
struct Download {
    folder: &'static str,
    title: &'static str,
    /// A file that is there when it is.
    proof: &'static str,
    /// What Maven puts into the folder, where that is not the system itself.
    archive: Option<Archive>,
    /// Tells Maven to put the system, or its archive, into the folder.
    fetch: fn(&mut Command, &Path) -> Result<()>,
}

/// An archive that is checked here: not every repository that Maven may use has a checksum of it.
struct Archive {
    file: &'static str,
    sha256: &'static str,
}

impl Archive {
    fn unpack(&self, workspace: &Workspace, folder: &Path, step: &Step) -> Result<()> {
        let path = folder.join(self.file);
        check_file::<Sha256>(&path, self.sha256)?;
        step.run(workspace.command("tar").arg("-xzf").arg(&path).current_dir(folder))?;
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }
}

impl Download {
    /// Returns its folder and what was done.
    fn set_up(&self, workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
        let systems = cache_folder()?.join("systems");
        let root = systems.join(self.folder);
        if !self.is_there(&root) {
            fs::create_dir_all(&systems).with_context(|| format!("cannot create {}", systems.display()))?;
            let _lock = lock(&systems.join(format!(".{}.lock", self.folder)), step)?;
            if !self.is_there(&root) {
                self.download(workspace, &systems, &root, step)?;
                return Ok((root, format!("fetched {}", self.title)));
            }
        }
        Ok((root, format!("{} is there", self.title)))
    }

    /// Fetches beside the final place and then renames, so that what lies there is always whole.
    ///
    /// Maven begins a file anew that was broken off.
    fn download(&self, workspace: &Workspace, systems: &Path, root: &Path, step: &Step) -> Result<()> {
        let staged = systems.join(format!(".{}", self.folder));
        remove_folder(&staged)?;
        fs::create_dir_all(&staged)?;
        step.status(format!("Maven fetches {}", self.title));
        let mut maven = workspace.command(packages::program("mvn")?);
        maven.args(["--batch-mode", "--no-transfer-progress"]).current_dir(&staged);
        (self.fetch)(&mut maven, &staged)?;
        step.run(&mut maven).with_context(|| format!("{} could not be fetched", self.title))?;
        if let Some(archive) = &self.archive {
            archive.unpack(workspace, &staged, step)?;
        }
        if !self.is_there(&staged) {
            bail!("Maven fetched {}, but {} is not in it", self.title, self.proof);
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

fn define(property: &str, value: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(format!("-D{property}="));
    argument.push(value);
    argument
}
