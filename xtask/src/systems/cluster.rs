//! What `cargo xtask interop cluster` runs besides the gateway: HAProxy, NATS and Artemis; and what reads the manifests
//! for Kubernetes.

use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{ARTEMIS, ARTEMIS_HOME, Download};
use crate::packages;
use crate::progress::{Step, Steps};
use crate::tools::{cache_folder, lock, remove_folder};
use crate::workspace::Workspace;

/// Number of steps that [`ClusterSystems::set_up`] takes.
pub const SET_UP_STEPS: usize = 3;

/// Where they are.
pub struct ClusterSystems {
    haproxy: PathBuf,
    java: PathBuf,
    artemis: PathBuf,
    nats: PathBuf,
}

impl ClusterSystems {
    /// Sets up whatever is missing: HAProxy and Java from the system's package manager, NATS through Go, Artemis
    /// through Maven.
    ///
    /// # Errors
    /// If something cannot be had without a question.
    pub fn set_up(workspace: &Workspace, steps: &mut Steps) -> Result<Self> {
        let step = steps.begin("looking for HAProxy, Java and Maven");
        let need = "HAProxy, Java and Maven are needed";
        let note = packages::set_up_programs(workspace, &step, &PROGRAMS, need)?;
        step.done(note);
        let mut set_up = |download: &Download| {
            let step = steps.begin(&format!("looking for {}", download.title));
            let (folder, note) = download.set_up(workspace, &step)?;
            step.done(note);
            anyhow::Ok(folder)
        };
        let (nats, artemis) = (set_up(&NATS)?.join(NATS.proof), set_up(&ARTEMIS)?.join(ARTEMIS_HOME));
        Ok(Self { haproxy: packages::program("haproxy")?, java: packages::program("java")?, artemis, nats })
    }

    /// Tells a program that tests them where they are.
    pub fn tell<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program
            .env("MQTTSCOPE_HAPROXY", &self.haproxy)
            .env("MQTTSCOPE_JAVA", &self.java)
            .env("MQTTSCOPE_ARTEMIS_HOME", &self.artemis)
            .env("MQTTSCOPE_NATS", &self.nats)
    }
}

const PROGRAMS: [(&str, &str); 3] =
    [("haproxy", "haproxy"), ("java", "default-jre-headless"), ("mvn", "maven")];

const NATS: Download = Download {
    folder: "nats-2.15.2",
    title: "NATS 2.15.2",
    proof: "nats-server",
    fetch: |fetching| {
        fetching.set_up_go(1, 26)?;
        fetching.write(&[
            ("go.mod", include_str!("nats/go.mod")),
            // The checksums of all that is fetched.
            ("go.sum", include_str!("nats/go.sum")),
        ])?;
        fetching.go_build("nats-server", "github.com/nats-io/nats-server/v2")
    },
};

/// Checks every manifest of `deploy/kubernetes` against Kubernetes' own schemas, of which `kubernetes-validate` has a
/// copy; it comes from PyPI into a folder of its own, each part by its checksum.
///
/// # Errors
/// If a manifest has what its schema does not know, or lacks what it asks for.
pub fn check_manifests(workspace: &Workspace, step: &Step) -> Result<String> {
    let program = set_up_validator(workspace, step)?;
    let folder = workspace.root().join("deploy/kubernetes");
    let mut manifests = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            manifests.push(path);
        }
    }
    step.run(
        workspace.command(program).args(["--strict", "--kubernetes-version", KUBERNETES]).args(&manifests),
    )?;
    Ok(format!("{} manifests are valid", manifests.len()))
}

/// The newest version whose schemas `kubernetes-validate` has.
const KUBERNETES: &str = "1.37.0";

fn set_up_validator(workspace: &Workspace, step: &Step) -> Result<PathBuf> {
    let systems = cache_folder()?.join("systems");
    let root = systems.join(VALIDATOR);
    let program = root.join("bin/kubernetes-validate");
    // Written last: an installation that was broken off is begun anew.
    let whole = root.join("whole");
    if whole.is_file() {
        return Ok(program);
    }
    fs::create_dir_all(&systems).with_context(|| format!("cannot create {}", systems.display()))?;
    let _lock = lock(&systems.join(format!(".{VALIDATOR}.lock")), step)?;
    if !whole.is_file() {
        let need = "Python 3 with venv is needed to check the manifests";
        packages::set_up_programs(workspace, step, &[("python3", "python3")], need)?;
        let python = packages::program("python3")?;
        // Debian has what makes an environment in a package of its own.
        if step.run(workspace.command(&python).args(["-c", "import ensurepip"])).is_err() {
            packages::install(workspace, step, &["python3-venv"], need)?;
        }
        remove_folder(&root)?;
        step.status("fetching kubernetes-validate");
        // An environment has absolute paths in it, so that it is made where it stays.
        step.run(workspace.command(&python).args(["-m", "venv"]).arg(&root))?;
        let requirements = root.join("requirements.txt");
        fs::write(&requirements, include_str!("kubernetes-validate.txt"))?;
        let mut pip = workspace.command(root.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]);
        step.run(pip.arg(&requirements))?;
        fs::write(&whole, "")?;
    }
    Ok(program)
}

const VALIDATOR: &str = "kubernetes-validate-1.37.0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pinned_is_what_is_named() {
        let requirements = include_str!("kubernetes-validate.txt");
        assert!(requirements.contains(&format!("{} \\\n", VALIDATOR.replace("validate-", "validate=="))));
        assert!(
            include_str!("nats/go.mod")
                .contains(&format!("nats-server/v2 v{}\n", &NATS.folder["nats-".len()..]))
        );
    }
}
