//! Lists the files of the built page for the feature `page`, which puts them into the program.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Names another folder than `dist/` in the repository's root.
const FOLDER: &str = "MQTTSCOPE_EMBED";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FOLDER}");
    if env::var_os("CARGO_FEATURE_PAGE").is_none() {
        return;
    }
    let folder = env::var_os(FOLDER).map_or_else(|| repository().join("dist"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", folder.display());
    let written = source(&folder).and_then(|source| {
        let path = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("page.rs");
        fs::write(&path, source).map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    if let Err(reason) = written {
        println!("cargo::error={reason}");
    }
}

/// The folder that holds `crates/`.
fn repository() -> PathBuf {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    package.ancestors().nth(2).unwrap_or(Path::new("")).to_owned()
}

/// The source that includes each file: a list of names below the folder, with contents.
///
/// # Errors
///
/// Where there is no page, with the command that builds one.
pub fn source(folder: &Path) -> Result<String, String> {
    if !folder.join("mqtt.html").is_file() {
        return Err(format!(
            "the feature `page` puts the built page into the program, but {} holds none; \
             this command builds both: cargo xtask dist --binary",
            folder.display()
        ));
    }
    let mut files = Vec::new();
    list(folder, "", &mut files).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    files.sort();
    let files = files.iter().map(|(name, path)| format!("    ({name:?}, include_bytes!({path:?})),\n"));
    Ok(format!("&[\n{}]\n", files.collect::<String>()))
}

/// Hidden files are not served from a folder either.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| io::Error::other(format!("{} has no name", path.display())))?;
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            list(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            files.push((format!("{prefix}{name}"), path.canonicalize()?));
        }
    }
    Ok(())
}
