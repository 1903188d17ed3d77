//! `cargo xtask bench`: the codec and the log beside their peers, and the page under load in a headless browser.

use anyhow::{Context, Error, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use crate::browser;
use crate::packages;
use crate::page::{self, Profile};
use crate::progress::{Step, Steps};
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// What is measured.
pub enum Subject {
    /// Decoding, encoding and deframing.
    Codec,
    /// The packet log: what comes, filters, statistics, exports.
    Log,
    /// The built page: frames, memory and filters with up to a million packets.
    Page,
}

impl FromStr for Subject {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "codec" => Ok(Self::Codec),
            "log" => Ok(Self::Log),
            "page" => Ok(Self::Page),
            _ => bail!("'{text}' cannot be measured: there are codec, log and page"),
        }
    }
}

/// Measures, and prints a table.
pub fn run(workspace: &Workspace, subject: &Subject) -> Result<()> {
    match subject {
        Subject::Codec => codec(workspace),
        Subject::Log => log(workspace),
        Subject::Page => loaded_page(workspace),
    }
}

fn codec(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 6);
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let step = steps.begin("looking for npm");
    let need = "npm, which brings the peer in the browser, is needed";
    let note = packages::set_up_programs(workspace, &step, &[("npm", "npm")], need)?;
    step.done(note);
    let browser = browser::set_up(workspace, &mut steps)?;

    let step = steps.begin("building the benchmark's page");
    let page = build_page(workspace, &tools, &step)?;
    step.done("");
    // One after the other: they would disturb each other.
    let step = steps.begin("measuring in the browser");
    let results = measure_page(workspace, &browser.chrome, &page, &step)?;
    step.done("");
    let step = steps.begin("building the native benchmark");
    let bench = ["bench", "--package", "mqttscope-bench", "--bench", "codec"];
    step.run(workspace.cargo().args(bench).arg("--no-run"))?;
    step.done("");
    let step = steps.begin("measuring natively");
    step.run(workspace.cargo().args(bench))?;
    step.done("");

    let mut report = workspace.cargo();
    report.args(["run", "--quiet", "--package", "mqttscope-bench", "--"]);
    report.arg(workspace.target().join("criterion")).arg(results);
    show(&mut report)
}

fn log(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(1);
    let step = steps.begin("building the benchmark");
    let bench = ["bench", "--quiet", "--package", "mqttscope-bench", "--bench", "log"];
    step.run(workspace.cargo().args(bench).arg("--no-run"))?;
    step.done("");
    show(workspace.cargo().args(bench))
}

fn loaded_page(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 3);
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let browser = browser::set_up(workspace, &mut steps)?;
    page::build(workspace, &tools, Profile::Release, &mut steps)?;
    let step = steps.begin("building the benchmark");
    let package = ["--package", "mqttscope-bench-page"];
    step.run(workspace.cargo().arg("build").args(package))?;
    step.done("");
    let mut command = workspace.cargo();
    show(browser.tell(command.args(["run", "--quiet"]).args(package), workspace))
}

/// Runs a program that prints its own tables.
fn show(program: &mut Command) -> Result<()> {
    println!();
    if !program.status().context("cannot measure")?.success() {
        bail!("nothing was measured to its end");
    }
    Ok(())
}

/// Builds a page that needs no server; returns its path.
fn build_page(workspace: &Workspace, tools: &Tools, step: &Step) -> Result<PathBuf> {
    let folder = workspace.state()?.join("bench");
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(workspace.root().join("bench/browser"))? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    step.status("npm install");
    let npm = packages::program("npm")?;
    step.run(workspace.command(npm).current_dir(&folder).args([
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
    ]))?;

    let target = ["--release", "--target", "wasm32-unknown-unknown"];
    step.run(workspace.cargo().args(["build", "--package", "mqttscope-bench", "--lib"]).args(target))?;
    let wasm = workspace.target().join("wasm32-unknown-unknown/release/mqttscope_bench.wasm");
    let mut wasm_bindgen = workspace.command(tools.wasm_bindgen());
    wasm_bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&folder).arg(wasm);
    step.run(&mut wasm_bindgen)?;

    let built = folder.join("page");
    let mut esbuild = workspace.command(folder.join("node_modules/.bin/esbuild"));
    esbuild
        .current_dir(&folder)
        .args(["codec.js", "--bundle", "--minify", "--loader:.wasm=binary", "--inject:globals.js"])
        .args(["--define:global=globalThis", "--define:import.meta.url=\"\"", "--outfile=page/codec.js"]);
    step.run(&mut esbuild)?;
    let page = built.join("codec.html");
    fs::copy(folder.join("codec.html"), &page)?;
    Ok(page)
}

/// Opens the page, which measures before it is loaded, and keeps what it shows then; returns where.
fn measure_page(workspace: &Workspace, chrome: &Path, page: &Path, step: &Step) -> Result<PathBuf> {
    let folder = workspace.state()?.join("bench");
    let mut browser = workspace.command(chrome);
    browser
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--disable-background-networking", "--disable-component-update", "--no-first-run"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()));
    step.status("running");
    let output = step.run(&mut browser)?;
    let results = between(&output, "<pre>", "</pre>");
    let results = results.filter(|text| !text.is_empty()).context("the page shows no results")?;
    let path = folder.join("results.json");
    fs::write(&path, results)?;
    Ok(path)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_are_found_in_the_page() {
        assert_eq!(between("warning\n<body><pre>{}</pre></body>", "<pre>", "</pre>"), Some("{}"));
        assert_eq!(between("<body></body>", "<pre>", "</pre>"), None);
    }
}
