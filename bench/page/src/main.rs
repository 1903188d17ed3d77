//! The built page in a real browser: under load, how true its times are, and beside other clients.
//!
//! `mqttscope-bench-page page|peers FOLDER [--dist DIR].. [--only TEXT] [--rounds N]`; `FOLDER` holds the pages that ours
//! is measured beside. `cargo xtask bench` calls it.

mod dist;
mod endpoint;
mod flood;
mod heaps;
mod loaded;
mod machine;
mod peers;
mod probe;
mod renderer;
mod rows;
mod sending;
mod server;
mod timed_broker;
mod times;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use lexopt::prelude::*;

use dist::Dist;

fn main() -> Result<()> {
    let mut args = lexopt::Parser::from_env();
    let (mut words, mut dists, mut only, mut rounds) = (Vec::new(), Vec::new(), None, peers::ROUNDS);
    while let Some(arg) = args.next()? {
        match arg {
            Value(word) => words.push(PathBuf::from(word)),
            Long("dist") => dists.push(Dist::new(args.value()?.into())),
            Long("only") => only = Some(args.value()?.string()?),
            Long("rounds") => rounds = args.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    if dists.is_empty() {
        dists.push(Dist::built()?);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &words[..] {
        [subject, folder] if subject.as_os_str() == "page" => {
            runtime.block_on(page(&dists, folder, only.as_deref()))
        }
        [subject, folder] if subject.as_os_str() == "peers" => {
            runtime.block_on(peers::run(&dists, folder, only.as_deref(), rounds))
        }
        _ => bail!("usage: mqttscope-bench-page page|peers FOLDER [--dist DIR].. [--only TEXT] [--rounds N]"),
    }
}

async fn page(dists: &[Dist], folder: &Path, only: Option<&str>) -> Result<()> {
    if let Some(other) = only.filter(|only| !["load", "times"].contains(only)) {
        bail!("'{other}' is no part of it: there are load and times");
    }
    machine::wait_until_quiet().await;
    if only != Some("load") {
        times::run(dists, folder).await?;
    }
    if only != Some("times") {
        for dist in dists {
            println!("\n# Under load: {}\n", dist.name);
            loaded::run(dist).await?;
        }
    }
    Ok(())
}
