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
    if !folder.join("mqtt.html").is_file() {
        println!(
            "cargo::error=the feature `page` puts the built page into the program, but {} holds none; \
             this command builds both: cargo xtask dist --binary",
            folder.display()
        );
        return;
    }
    if let Err(error) = write_list(&folder) {
        println!("cargo::error=the page in {} cannot be put into the program: {error}", folder.display());
    }
}

/// The folder that holds `crates/`.
fn repository() -> PathBuf {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    package.ancestors().nth(2).unwrap_or(Path::new("")).to_owned()
}

/// Writes the source that includes each file: its name below the folder, and its content.
fn write_list(folder: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    list(folder, "", &mut files)?;
    files.sort();
    let mut source = String::from("&[\n");
    for (name, path) in files {
        source.push_str(&format!("    ({name:?}, include_bytes!({path:?})),\n"));
    }
    source.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("page.rs"), source)
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
