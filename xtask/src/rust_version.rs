//! Which Rust all of it needs: Cargo.toml says it, and whatever else names one agrees.

use anyhow::{Context, Result, bail};
use std::fs;

use crate::workspace::Workspace;

/// Compares the places that name a version of Rust.
///
/// # Errors
/// With a line for each that names another one, `FILE: what is wrong`.
pub fn check(workspace: &Workspace) -> Result<()> {
    let findings = differing(|name| {
        let path = workspace.root().join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    })?;
    if !findings.is_empty() {
        bail!("{} places do not agree on the version of Rust:\n{}", findings.len(), findings.join("\n"));
    }
    Ok(())
}

/// Places that name another Rust than the workspace does, or none.
fn differing(read: impl Fn(&str) -> Result<String>) -> Result<Vec<String>> {
    let (root, toolchain) = (read("Cargo.toml")?, read("rust-toolchain.toml")?);
    let rust = value_of(&root, "rust-version").context("Cargo.toml names no rust-version")?;
    let channel = value_of(&toolchain, "channel").context("rust-toolchain.toml names no channel")?;
    let mut findings = Vec::new();
    if !is_of_version(channel, rust) {
        findings.push(format!("rust-toolchain.toml: {channel}, but Cargo.toml has rust-version {rust}"));
    }
    for (file, expected) in [
        ("README.md", format!("Rust {rust} or newer")),
        ("SECURITY.md", format!("Rust {rust} or newer")),
        ("deploy/mqttscope-gateway/Dockerfile", format!("FROM rust:{channel}-")),
        (".github/workflows/ci.yml", format!("image: rust:{channel}-")),
        ("fuzz/Cargo.toml", format!("rust-version = \"{rust}\"")),
    ] {
        if !read(file)?.contains(&expected) {
            findings.push(format!("{file}: `{expected}` does not stand there"));
        }
    }
    for member in members(&root) {
        let file = if member == "." { "Cargo.toml".to_owned() } else { format!("{member}/Cargo.toml") };
        if !read(&file)?.lines().any(|line| line.trim() == INHERITED) {
            findings.push(format!("{file}: `{INHERITED}` does not stand there"));
        }
    }
    Ok(findings)
}

/// The text of the first `NAME = "TEXT"`.
fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

/// The folders of a workspace's members.
fn members(manifest: &str) -> Vec<&str> {
    let list = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(list, _)| list.split('"').skip(1).step_by(2).collect()).unwrap_or_default()
}

/// Whether a toolchain such as 1.95.0 is of a version such as 1.95.
fn is_of_version(channel: &str, version: &str) -> bool {
    channel.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

const INHERITED: &str = "rust-version.workspace = true";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_names_another_rust_is_found() {
        let files = |change: (&str, &str, &str)| {
            let read = move |name: &str| {
                let text = match name {
                    "Cargo.toml" => {
                        "members = [\".\", \"crates/a\"]\nrust-version = \"1.95\"\nrust-version.workspace = true\n"
                    }
                    "crates/a/Cargo.toml" => "rust-version.workspace = true\n",
                    "rust-toolchain.toml" => "channel = \"1.95.0\"\n",
                    "README.md" | "SECURITY.md" => "Rust 1.95 or newer",
                    "deploy/mqttscope-gateway/Dockerfile" => "FROM rust:1.95.0-bookworm AS build",
                    ".github/workflows/ci.yml" => "      image: rust:1.95.0-bookworm",
                    "fuzz/Cargo.toml" => "rust-version = \"1.95\"",
                    other => bail!("{other} is not asked for"),
                };
                Ok(if name == change.0 { text.replace(change.1, change.2) } else { text.to_owned() })
            };
            differing(read)
                .expect("all can be read")
                .iter()
                .map(|line| line.split(": ").next() == Some(change.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(files(("", "", "")), [false; 0]);
        for name in ["README.md", "SECURITY.md", "fuzz/Cargo.toml", "crates/a/Cargo.toml"] {
            assert_eq!(
                files((name, ".95", ".94")).len() + files((name, ".workspace", "")).len(),
                1,
                "{name}"
            );
        }
        for name in ["deploy/mqttscope-gateway/Dockerfile", ".github/workflows/ci.yml", "rust-toolchain.toml"]
        {
            assert!(files((name, "1.95.0", "1.96.0")).contains(&true), "{name}");
        }
        assert_eq!(files(("Cargo.toml", "rust-version.workspace = true", "")), [true]);
    }

    #[test]
    fn the_toolchain_is_of_the_stated_version() {
        for (channel, is_of_it) in
            [("1.95.0", true), ("1.95", true), ("1.96.0", false), ("1.9", false), ("stable", false)]
        {
            assert_eq!(is_of_version(channel, "1.95"), is_of_it, "{channel}");
        }
        assert!(!is_of_version("1.950.0", "1.95"));
    }

    #[test]
    fn members_are_those_of_the_manifest() {
        let manifest =
            "[workspace]\nmembers = [\".\", \"crates/a\",\n \"xtask\"]\ndefault-members = [\".\"]\n";
        assert_eq!(members(manifest), [".", "crates/a", "xtask"]);
        assert_eq!(value_of("[workspace.package]\nrust-version = \"1.95\"\n", "rust-version"), Some("1.95"));
    }
}
