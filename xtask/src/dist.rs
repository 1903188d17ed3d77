//! `cargo xtask dist`: the page as plain files, or a program with it inside, and what it weighs.

use anyhow::Result;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::page::{self, Profile};
use crate::progress::Steps;
use crate::serve;
use crate::tools;
use crate::workspace::Workspace;

/// Builds the page, and with `binary` the program that holds it.
pub fn run(workspace: &Workspace, profile: Profile, binary: bool) -> Result<()> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 1 + usize::from(binary));
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    page::build(workspace, &tools, profile, &mut steps)?;
    let program = binary.then(|| build_program(workspace, profile, &mut steps)).transpose()?;
    print_sizes(workspace)?;
    if let Some(program) = program {
        let size = file_size(&program)? as f64 / 1e6;
        println!("\n{} weighs {size:.1} MB with the page inside", program.display());
    }
    Ok(())
}

fn build_program(workspace: &Workspace, profile: Profile, steps: &mut Steps) -> Result<PathBuf> {
    let step = steps.begin("building the program");
    let program = serve::build(workspace, serve::with_page(workspace), profile, &step)?;
    step.done("");
    Ok(program)
}

fn print_sizes(workspace: &Workspace) -> Result<()> {
    let mut files = vec![];
    for entry in fs::read_dir(workspace.dist())? {
        let path = entry?.path();
        let is_copy = path.extension().is_some_and(|extension| extension == "br" || extension == "gz");
        if is_copy || !path.is_file() {
            continue;
        }
        let raw = file_size(&path)?;
        // A file that does not shrink has no compressed copy and is sent as it is.
        let copy = |suffix| file_size(&PathBuf::from(format!("{}.{suffix}", path.display()))).unwrap_or(raw);
        let sizes = [raw, copy("gz"), copy("br")];
        files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), sizes));
    }
    files.sort();
    let is_in = |names: &[&str], name: &str| names.contains(&name);
    let (used, rest): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(name, _)| is_in(&page::LOADED_WHEN_USED, name));
    let (touched, at_once): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|(name, _)| is_in(&page::LOADED_WHEN_TOUCHED, name));
    let gzip = print_table("a cold start", &at_once);
    let more = print_table("with the first touch", &touched);
    print_table("loaded when used", &used);
    println!("\n{}", verdict(gzip));
    println!("the first touch requests {more} B more: {} B in all", gzip + more);
    Ok(())
}

/// Prints files with what they weigh raw, with gzip and with brotli; says what all weigh with gzip.
fn print_table(title: &str, files: &[(String, [u64; 3])]) -> u64 {
    let total = [0, 1, 2].map(|column| files.iter().map(|(_, sizes)| sizes[column]).sum());
    let total = ("total".to_owned(), total);
    let names = files.iter().map(|(name, _)| name.as_str());
    let width = names.chain([title]).map(str::len).max().unwrap_or(0);
    println!("\n{title:width$}  {:>10}  {:>10}  {:>10}", "raw", "gzip", "brotli");
    for (name, [raw, gzip, brotli]) in files.iter().chain([&total]) {
        println!("{name:width$}  {:>10}  {:>10}  {:>10}", kb(*raw), kb(*gzip), kb(*brotli));
    }
    total.1[1]
}

/// Whether all that a cold start requests is within the limit.
fn verdict(gzip: u64) -> String {
    let limit = COLD_START_LIMIT;
    match limit.checked_sub(gzip) {
        Some(spare) => {
            format!(
                "a cold start requests {gzip} B with gzip: within the limit of {limit} B, {spare} to spare"
            )
        }
        None => {
            format!(
                "a cold start requests {gzip} B with gzip: over the limit of {limit} B by {}",
                gzip - limit
            )
        }
    }
}

fn file_size(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|metadata| metadata.len())
}

fn kb(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}

/// What all that a cold start requests may weigh with gzip, in bytes. 1 kB is 1000 B.
const COLD_START_LIMIT: u64 = 330_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_within_it() {
        let at = |gzip| verdict(gzip).split_once(": ").map(|(_, words)| words.to_owned());
        assert_eq!(at(COLD_START_LIMIT).as_deref(), Some("within the limit of 330000 B, 0 to spare"));
        assert_eq!(at(COLD_START_LIMIT + 1).as_deref(), Some("over the limit of 330000 B by 1"));
    }
}
