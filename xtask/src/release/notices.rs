//! The notices of all that is in the program and its page: each package, its licence, and the licence's text.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::progress::{Step, strip_escapes};
use crate::workspace::Workspace;

/// The packages whose code is in the program besides its own: those of the page's modules.
const MODULES: [&str; 3] = ["mqttscope", "mqttscope-worker", "mqttscope-reader"];

/// Writes them for the program on these targets, and for the page.
///
/// # Errors
/// If a package has no text of its licence, and none is known for it.
pub fn gather(workspace: &Workspace, step: &Step, targets: &[String]) -> Result<String> {
    let mut used = BTreeSet::new();
    for target in targets {
        used.extend(tree(workspace, step, &["--package", "mqttscope-gateway", "--target", target])?);
    }
    let modules: Vec<&str> = MODULES.iter().flat_map(|module| ["--package", module]).collect();
    used.extend(tree(workspace, step, &[&modules[..], &["--target", "wasm32-unknown-unknown"]].concat())?);
    let known = packages(workspace)?;
    let own_texts = Texts::read(workspace)?;
    let (mut list, mut texts) = (String::new(), BTreeMap::<String, Vec<String>>::new());
    for package in &used {
        let Some(found) = known.get(package) else { bail!("cargo knows no package {}", package.0) };
        if found.is_own {
            continue;
        }
        let title = format!("{} {}", package.0, package.1);
        list += &format!("{title}: {}{}\n", found.licence, found.repository);
        for text in found.texts(&own_texts).with_context(|| title.clone())? {
            texts.entry(text).or_default().push(title.clone());
        }
    }
    ensure!(!list.is_empty(), "nothing was found");
    let mut notices = format!("{HEAD}{list}");
    for (text, packages) in [(own_texts.musl(), vec!["musl".to_owned()])].into_iter().chain(texts) {
        notices += &format!("\n{RULE}\n{}\n{RULE}\n\n{}\n", packages.join(", "), text.trim());
    }
    Ok(notices)
}

/// The name and version of each package that these options of `cargo tree` show.
fn tree(workspace: &Workspace, step: &Step, options: &[&str]) -> Result<BTreeSet<(String, String)>> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(options);
    let tree = strip_escapes(&step.run(&mut cargo)?);
    let pair = |line: &str| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((name.to_owned(), version.to_owned()))
    };
    Ok(tree.lines().filter_map(pair).collect())
}

/// What cargo knows of a package.
struct Package {
    is_own: bool,
    licence: String,
    repository: String,
    authors: String,
    folder: PathBuf,
}

impl Package {
    /// The texts of its licence: those that it brings, or where it brings none the one that its licence names.
    fn texts(&self, own: &Texts) -> Result<Vec<String>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_file() && is_licence(&path) {
                files.push(path);
            }
        }
        files.sort();
        let texts = files.iter().map(|path| Ok(normal(&String::from_utf8_lossy(&fs::read(path)?))));
        let texts = texts.collect::<Result<Vec<_>>>()?;
        if texts.is_empty() { own.of(&self.licence, &self.authors).map(|text| vec![text]) } else { Ok(texts) }
    }
}

/// All packages, by name and version.
fn packages(workspace: &Workspace) -> Result<BTreeMap<(String, String), Package>> {
    let mut cargo = workspace.cargo();
    let output = cargo.args(["metadata", "--locked", "--format-version", "1"]).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().context("cargo metadata names no packages")? {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let folder = Path::new(&text("manifest_path")).parent().context("a package has a folder")?.to_owned();
        let licence = match package["license_file"].as_str() {
            Some(file) if text("license").is_empty() => format!("see {file}"),
            _ => text("license"),
        };
        let authors = package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let repository = package["repository"].as_str().map(|url| format!(", {url}")).unwrap_or_default();
        let authors = authors.collect::<Vec<_>>().join(", ");
        let is_own = package["source"].is_null();
        packages.insert(
            (text("name"), text("version")),
            Package { is_own, licence, repository, authors, folder },
        );
    }
    Ok(packages)
}

/// Whether a file is a licence or belongs to one, by its name.
fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let is_source = [".RS", ".TOML", ".JSON"].iter().any(|ending| name.ends_with(ending));
    let begins = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT"];
    !is_source && begins.iter().any(|word| name.starts_with(word))
}

/// With one kind of line end and without space at their ends, so that the same text is found to be the same.
fn normal(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Texts for packages that bring none.
struct Texts {
    apache: String,
    mit: String,
}

impl Texts {
    fn read(workspace: &Workspace) -> Result<Self> {
        let read = |name: &str| {
            fs::read_to_string(workspace.root().join(name)).with_context(|| format!("no {name}"))
        };
        let mit = read("LICENSE-MIT")?;
        let (_, permission) = mit.split_once("Permission is").context("LICENSE-MIT is the MIT licence")?;
        Ok(Self {
            apache: normal(&read("LICENSE-APACHE")?),
            mit: normal(&format!("Permission is{permission}")),
        })
    }

    fn of(&self, licence: &str, authors: &str) -> Result<String> {
        let words: Vec<&str> = licence.split(['/', ' ', '(', ')']).collect();
        // Where a package asks for both of two licences, one text would not do.
        if words.contains(&"AND") {
            bail!("it brings no text of its licence, {licence}");
        }
        if words.contains(&"Apache-2.0") {
            return Ok(self.apache.clone());
        }
        if words.contains(&"MIT") {
            let authors = if authors.is_empty() { "its authors" } else { authors };
            return Ok(format!("Copyright (c) {authors}\n\n{}", self.mit));
        }
        bail!("it brings no text of its licence, {licence}")
    }

    /// The C library, whose notice is in no package of Rust's.
    fn musl(&self) -> String {
        format!("Copyright (c) 2005-2020 Rich Felker, et al.\n\n{}", self.mit)
    }
}

const HEAD: &str = "\
mqttscope is licensed under either of the Apache License 2.0 and the MIT license. The program holds code of the packages
below, and of the page inside it; besides, of Rust's standard library (MIT OR Apache-2.0, The Rust Project Contributors)
and of musl (MIT). The texts of their licences follow.

";

const RULE: &str = "--------------------------------------------------------------------------------";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_known_by_their_names() {
        for name in ["LICENSE", "LICENSE-MIT", "license.txt", "COPYING", "NOTICE", "UNLICENSE", "LICENCE.md"]
        {
            assert!(is_licence(Path::new(name)), "{name}");
        }
        for name in ["README.md", "license.rs", "src"] {
            assert!(!is_licence(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_package_without_a_text_has_that_of_its_licence() {
        let texts = Texts { apache: "the Apache License".into(), mit: "Permission is granted".into() };
        let of = |licence| texts.of(licence, "Somebody").ok();
        assert_eq!(of("MIT/Apache-2.0").as_deref(), Some("the Apache License"));
        assert_eq!(of("MIT").as_deref(), Some("Copyright (c) Somebody\n\nPermission is granted"));
        assert_eq!(of("MIT AND BSD-3-Clause"), None);
        assert_eq!(of("ISC"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn the_same_text_is_the_same_whatever_ends_its_lines() {
        assert_eq!(normal("\r\na  \r\nb\r\n\r\n"), normal("a\nb\n"));
    }
}
