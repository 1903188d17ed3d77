//! Lists of all that the program and its page are made of, in CycloneDX, by cargo-cyclonedx.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

use super::Release;
use crate::progress::Step;

/// A list: what it is of, the folder of its package, and what must be in it.
struct List {
    name: &'static str,
    package: &'static str,
    known: &'static [&'static str],
}

/// The program, and the three modules of the page that is in it.
const LISTS: [List; 4] = [
    List {
        name: "",
        package: "crates/mqttscope-gateway",
        known: &["rustls", "tokio", "rmqtt", "hyper", "ring"],
    },
    List { name: "-page", package: "", known: &["yew", "wasm-bindgen"] },
    List { name: "-worker", package: "crates/mqttscope-worker", known: &["web-sys", "wasm-bindgen"] },
    List { name: "-reader", package: "crates/mqttscope-reader", known: &["wasm-bindgen"] },
];

/// Writes them.
///
/// cargo-cyclonedx puts a list into the folder of each package of the workspace, so that those folders have to be cleared
/// again; also of what a run that was broken off left behind.
pub fn write(release: &Release<'_>, cyclonedx: &Path, step: &Step, target: &str) -> Result<()> {
    let written: Vec<PathBuf> =
        packages(release)?.iter().map(|folder| folder.join(format!("{FILE}.json"))).collect();
    let result = LISTS.iter().try_for_each(|list| {
        let is_program = list.name.is_empty();
        let folder = release.workspace.root().join(list.package);
        let mut command = release.workspace.command(cyclonedx);
        command.args([
            "cyclonedx",
            "-q",
            "--format",
            "json",
            "--spec-version",
            "1.5",
            "--override-filename",
            FILE,
        ]);
        command.args(["--target", if is_program { target } else { "wasm32-unknown-unknown" }]);
        command.arg("--manifest-path").arg(folder.join("Cargo.toml"));
        if is_program {
            command.args(["--features", "page"]);
        }
        // Then the list has neither a number of its own nor the time of day.
        command.env("SOURCE_DATE_EPOCH", &release.time);
        step.run(&mut command)?;
        let list_file = folder.join(format!("{FILE}.json"));
        let text =
            fs::read_to_string(&list_file).with_context(|| format!("there is no {}", list_file.display()))?;
        // Where the sources lay is nobody's business.
        let root = format!("file://{}", release.workspace.root().display());
        fs::write(path(release, list), text.replace(&root, "file:///mqttscope")).map_err(Into::into)
    });
    for file in written {
        if file.exists() {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    result
}

/// Whether each can be read, and names what is known to be in it.
pub fn check(release: &Release<'_>) -> Result<()> {
    for list in &LISTS {
        let path = path(release, list);
        let names =
            names(&fs::read_to_string(&path)?).with_context(|| format!("{} is no SBOM", path.display()))?;
        for known in list.known {
            ensure!(names.iter().any(|name| name == known), "{} does not name {known}", path.display());
        }
    }
    Ok(())
}

/// The folders of the packages of the workspace.
fn packages(release: &Release<'_>) -> Result<Vec<PathBuf>> {
    let mut cargo = release.workspace.cargo();
    let output = cargo.args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let manifests = metadata["packages"].as_array().into_iter().flatten();
    let folder = |package: &Value| Some(Path::new(package["manifest_path"].as_str()?).parent()?.to_owned());
    manifests.map(folder).collect::<Option<_>>().context("a package has a folder")
}

/// The names of all components.
fn names(text: &str) -> Result<Vec<String>> {
    let bom: Value = serde_json::from_str(text)?;
    ensure!(bom["bomFormat"] == "CycloneDX", "it is of another format");
    let components = bom["components"].as_array().context("it has no components")?;
    let names = components.iter().map(|component| component["name"].as_str().map(str::to_owned));
    names.collect::<Option<_>>().context("a component has no name")
}

fn path(release: &Release<'_>, list: &List) -> PathBuf {
    release.folder.join(format!("mqttscope-{}{}.cdx.json", release.version, list.name))
}

/// What the lists are called in the folders of the packages, without the ending.
const FILE: &str = "mqttscope-release.cdx";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_names() {
        let bom = r#"{"bomFormat": "CycloneDX", "components": [{"name": "tokio"}, {"name": "rustls"}]}"#;
        assert_eq!(names(bom).expect("it is a list"), ["tokio", "rustls"]);
        for bad in
            ["", "{}", r#"{"bomFormat": "CycloneDX"}"#, r#"{"bomFormat": "CycloneDX", "components": [{}]}"#]
        {
            assert!(names(bad).is_err(), "{bad}");
        }
    }
}
