//! Builds the page with Trunk and writes it to dist/ as plain files.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::compress;
use crate::fingerprint::Fingerprint;
use crate::html;
use crate::progress::{Step, Steps, strip_escapes};
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// How the page and the gateway are built.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Release,
    Debug,
}

/// What Trunk.toml calls the page: the seed's name, so that its URL stays the same.
pub const PAGE_NAME: &str = "mqtt.html";

/// What the page loads when a person first does something, or something is first asked of the engine: it is seen and its
/// forms are filled before.
pub const LOADED_WHEN_TOUCHED: [&str; 3] = ["engine.js", "mqttscope-worker.js", "mqttscope-worker_bg.wasm"];

/// What the engine loads when it is first used.
pub const LOADED_WHEN_USED: [&str; 3] = ["mqttscope-reader.js", "mqttscope-reader_bg.wasm", "reader.js"];

/// The packages that are modules of the page.
const MODULES: [&str; 3] = ["mqttscope", "mqttscope-worker", "mqttscope-reader"];

/// Builds dist/ in a step of its own, unless it is as the sources say already.
pub fn build(workspace: &Workspace, tools: &Tools, profile: Profile, steps: &mut Steps) -> Result<()> {
    let step = steps.begin("building the page");
    let note = build_in(workspace, tools, profile, &step)?;
    step.done(note);
    Ok(())
}

/// Returns what was done.
fn build_in(workspace: &Workspace, tools: &Tools, profile: Profile, step: &Step) -> Result<&'static str> {
    let state = workspace.state()?;
    let _lock = tools::lock(&state.join("page.lock"), step)?;
    let stamp_path = state.join("page.stamp");
    let fingerprint = fingerprint(workspace, profile, step)?;
    if fs::read_to_string(&stamp_path).is_ok_and(|stamp| stamp == stamp_of(workspace, &fingerprint)) {
        return Ok("nothing has changed");
    }

    let staged = state.join("page");
    let mut trunk = tools.trunk(workspace)?;
    trunk.args(["build", "--offline", "--dist"]).arg(&staged);
    if profile == Profile::Debug {
        trunk.args(["--cargo-profile", "dev"]);
    }
    step.run(&mut trunk)?;
    step.status("compressing");
    let files = with_compressed(read_staged(&staged)?)?;
    write_folder(&workspace.dist(), &files)?;
    fs::write(&stamp_path, stamp_of(workspace, &fingerprint))?;
    Ok("")
}

/// Everything that dist/ is made from, this program's part in it included.
fn fingerprint(workspace: &Workspace, profile: Profile, step: &Step) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add("profile", if profile == Profile::Debug { b"debug" } else { b"release" });
    for source in [include_str!("page.rs"), include_str!("html.rs"), include_str!("compress.rs")] {
        fingerprint.add("xtask", source.as_bytes());
    }
    fingerprint.add("policy", html::CONTENT_SECURITY_POLICY.as_bytes());
    let shell = ["Cargo.lock", "Trunk.toml", "rust-toolchain.toml", ".cargo", "index.html", "static"];
    for input in shell {
        fingerprint.add_path(&workspace.root().join(input))?;
    }
    for package in local_packages(workspace, step)? {
        fingerprint.add_path(&package.join("Cargo.toml"))?;
        fingerprint.add_path(&package.join("src"))?;
    }
    Ok(fingerprint.finish())
}

/// The folders of the packages of this checkout that the page is built from.
fn local_packages(workspace: &Workspace, step: &Step) -> Result<Vec<PathBuf>> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--target", "wasm32-unknown-unknown"]);
    cargo.args(MODULES.iter().flat_map(|module| ["--package", module]));
    cargo.args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let tree = strip_escapes(&step.run(&mut cargo)?);
    let mut folders: Vec<PathBuf> = tree.lines().filter_map(package_folder).collect();
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// The folder in a line like `mqttscope-proto v0.1.0 (/home/x/mqttscope/crates/mqttscope-proto)`; a
/// package from a registry has none.
fn package_folder(line: &str) -> Option<PathBuf> {
    let (_, place) = line.split_once(" (")?;
    let (place, _) = place.split_once(')')?;
    Some(PathBuf::from(place)).filter(|folder| folder.is_absolute())
}

/// The fingerprint with the names and sizes of what lies in dist/: a file that was removed or
/// overwritten there is noticed as well.
fn stamp_of(workspace: &Workspace, fingerprint: &str) -> String {
    let mut files: Vec<String> = fs::read_dir(workspace.dist())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let size = entry.metadata().ok()?.len();
            Some(format!("{} {size}\n", entry.file_name().to_string_lossy()))
        })
        .collect();
    files.sort();
    format!("{fingerprint}\n{}", files.concat())
}

/// The content of files by their path relative to a folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads what Trunk has built and makes the page's HTML fit for any server.
fn read_staged(staged: &Path) -> Result<Files> {
    let mut files = Files::new();
    read_folder(staged, staged, &mut files)?;
    let later = || LOADED_WHEN_TOUCHED.into_iter().chain(LOADED_WHEN_USED);
    for name in later() {
        files.get(Path::new(name)).with_context(|| format!("Trunk wrote no {name}"))?;
    }
    let page = files.get_mut(Path::new(PAGE_NAME)).with_context(|| format!("Trunk wrote no {PAGE_NAME}"))?;
    let html = html::prepare(std::str::from_utf8(page)?)?;
    if let Some(name) = later().find(|name| html.contains(&format!("{name}\""))) {
        bail!("the page names {name}, which it is to load later");
    }
    *page = html.into();
    Ok(files)
}

fn read_folder(root: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else {
            files.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

/// Adds FILE.br and FILE.gz, which our gateway serves to browsers that accept them.
fn with_compressed(mut files: Files) -> Result<Files> {
    type Compress = fn(&[u8]) -> Result<Vec<u8>>;
    let codings: [(&str, Compress); 2] = [("br", compress::brotli), ("gz", compress::gzip)];
    let plain = files.iter().filter(|(path, _)| is_compressible(path));
    let jobs =
        plain.flat_map(|(path, content)| codings.map(|(suffix, compress)| (path, content, suffix, compress)));
    // Brotli takes seconds for a module, on one core.
    let compressed: Result<Vec<_>> = thread::scope(|scope| {
        let running: Vec<_> = jobs
            .map(|(path, content, suffix, compress)| {
                let name = PathBuf::from(format!("{}.{suffix}", path.display()));
                scope.spawn(move || Ok((name, compress(content)?, content.len())))
            })
            .collect();
        running.into_iter().map(|job| job.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let worth_it = compressed?.into_iter().filter(|(_, smaller, len)| smaller.len() < *len);
    let worth_it: Vec<_> = worth_it.map(|(name, smaller, _)| (name, smaller)).collect();
    files.extend(worth_it);
    Ok(files)
}

fn is_compressible(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "html" | "js" | "wasm" | "css" | "svg" | "json" | "txt" | "webmanifest")
}

/// Makes the folder hold these files and no others.
///
/// A server may be serving it meanwhile: the page itself is replaced after all that it names is in
/// place, and what it no longer names is removed last.
fn write_folder(folder: &Path, files: &Files) -> Result<()> {
    let is_page = |path: &Path| path.to_string_lossy().starts_with(PAGE_NAME);
    let parts = files.iter().filter(|(path, _)| !is_page(path));
    let page = files.iter().filter(|(path, _)| is_page(path));
    for (path, content) in parts.chain(page) {
        write_file(&folder.join(path), content)?;
    }
    let mut present = Files::new();
    read_folder(folder, folder, &mut present)?;
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

/// Writes beside the file and renames, so that no reader sees half of it.
fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let staged = PathBuf::from(format!("{}.new", path.display()));
    fs::write(&staged, content)
        .and_then(|()| fs::rename(&staged, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_the_checkout_have_a_folder() {
        let line = "mqttscope-proto v0.1.0 (/src/mqttscope/crates/mqttscope-proto) (*)";
        assert_eq!(package_folder(line), Some(PathBuf::from("/src/mqttscope/crates/mqttscope-proto")));
        assert_eq!(package_folder("yew-macro v0.23.0 (proc-macro)"), None);
        assert_eq!(package_folder("yew v0.23.0"), None);
    }
}
