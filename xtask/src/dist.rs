//! `cargo xtask dist`: the page as plain files, and what it weighs.

use anyhow::Result;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::page::{self, Profile};
use crate::progress::Steps;
use crate::tools;
use crate::workspace::Workspace;

/// What MQTT.js alone weighs with gzip. 1 kB is 1000 B.
const GOAL_GZIP_BYTES: u64 = 105_000;

pub fn run(workspace: &Workspace, profile: Profile) -> Result<()> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 1);
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let step = steps.begin("building the page");
    let note = page::build(workspace, &tools, profile, &step)?;
    step.done(note);
    print_sizes(workspace)
}

fn print_sizes(workspace: &Workspace) -> Result<()> {
    let mut rows = vec![];
    let mut total = [0; 3];
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
        (0..3).for_each(|column| total[column] += sizes[column]);
        rows.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), sizes));
    }
    rows.sort();
    rows.push(("total".to_owned(), total));

    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    println!("\n{:width$}  {:>10}  {:>10}  {:>10}", "dist/", "raw", "gzip", "brotli");
    for (name, [raw, gzip, brotli]) in &rows {
        println!("{name:width$}  {:>10}  {:>10}  {:>10}", kb(*raw), kb(*gzip), kb(*brotli));
    }
    let (gzip, goal) = (total[1], GOAL_GZIP_BYTES);
    if gzip <= goal {
        println!("\n{} with gzip: within the goal of {}, {} to spare", kb(gzip), kb(goal), kb(goal - gzip));
    } else {
        println!("\n{} with gzip: over the goal of {} by {}", kb(gzip), kb(goal), kb(gzip - goal));
    }
    Ok(())
}

fn file_size(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|metadata| metadata.len())
}

fn kb(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}
