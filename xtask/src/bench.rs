//! `cargo xtask bench`: the codec, the log and the gateway beside their peers; the page under load, and beside other
//! clients, in a headless browser.

use anyhow::{Context, Error, Result, bail, ensure};
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use crate::browser::{self, Browser};
use crate::npm::NpmFile;
use crate::packages;
use crate::page::{self, Profile};
use crate::progress::{Step, Steps};
use crate::serve;
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// What is measured.
pub enum Subject {
    /// Decoding, encoding and deframing.
    Codec,
    /// The packet log: what comes, filters, statistics, exports.
    Log,
    /// The built page: frames, memory and filters with up to a million packets, and how true its times are.
    Page,
    /// The built page beside other clients, under the same floods.
    Peers,
    /// The gateway's proxy beside plain TCP and websocat.
    Gateway,
}

impl FromStr for Subject {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "codec" => Ok(Self::Codec),
            "log" => Ok(Self::Log),
            "page" => Ok(Self::Page),
            "peers" => Ok(Self::Peers),
            "gateway" => Ok(Self::Gateway),
            _ => bail!("'{text}' cannot be measured: there are codec, log, page, peers and gateway"),
        }
    }
}

/// How the page is measured.
#[derive(Default)]
pub struct Options {
    /// Folders of built pages; if there is none, the page is built.
    pub dists: Vec<PathBuf>,
    /// A part of what is measured.
    pub only: Option<String>,
    /// How often each client is measured.
    pub rounds: Option<u32>,
}

impl Options {
    fn pass_on(&self, command: &mut Command) {
        if let Some(only) = &self.only {
            command.arg("--only").arg(only);
        }
        if let Some(rounds) = self.rounds {
            command.arg("--rounds").arg(rounds.to_string());
        }
    }

    fn is_default(&self) -> bool {
        self.dists.is_empty() && self.only.is_none() && self.rounds.is_none()
    }
}

/// Measures, and prints a table.
pub fn run(workspace: &Workspace, subject: &Subject, options: &Options) -> Result<()> {
    match subject {
        Subject::Codec | Subject::Log if !options.is_default() => {
            bail!("the options are for page, peers and gateway")
        }
        Subject::Gateway if !options.dists.is_empty() => bail!("--dist is for page and peers"),
        Subject::Codec => codec(workspace),
        Subject::Log => log(workspace),
        Subject::Page => measure_beside(workspace, options, "page"),
        Subject::Peers => measure_beside(workspace, options, "peers"),
        Subject::Gateway => gateway(workspace, options),
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

/// Measures the gateway's proxy beside plain TCP and websocat.
fn gateway(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut steps = Steps::new(3);
    let step = steps.begin("looking for websocat");
    let (websocat, note) = tools::set_up_websocat(workspace, &step)?;
    step.done(&note);
    let program = serve::build_gateway(workspace, Profile::Release, &mut steps)?;
    let step = steps.begin("building the benchmark");
    let package = ["--release", "--package", "mqttscope-bench-gateway"];
    step.run(workspace.cargo().arg("build").args(package))?;
    step.done("");
    let mut command = workspace.cargo();
    command.args(["run", "--quiet"]).args(package).arg("--");
    command.arg(program).arg(websocat);
    options.pass_on(&mut command);
    show(&mut command)
}

/// Measures the built page beside other clients.
fn measure_beside(workspace: &Workspace, options: &Options, subject: &str) -> Result<()> {
    let mut steps = Steps::new(tools::SET_UP_STEPS + 4);
    let browser = set_up_page(workspace, options, &mut steps)?;
    let step = steps.begin("looking for the other clients");
    let (folder, note) = set_up_peers(workspace, &step)?;
    step.done(&note);
    measure_built_page(workspace, &browser, options, &mut steps, |command| command.arg(subject).arg(folder))
}

/// Builds the page, unless built ones are named, and finds the browser.
fn set_up_page(workspace: &Workspace, options: &Options, steps: &mut Steps) -> Result<Browser> {
    let tools = tools::set_up(workspace, |title| steps.begin(title))?;
    let browser = browser::set_up(workspace, steps)?;
    if options.dists.is_empty() {
        page::build(workspace, &tools, Profile::Release, steps)?;
    } else {
        let step = steps.begin("looking for the built pages");
        for dist in &options.dists {
            let page = dist.join(page::PAGE_NAME);
            ensure!(page.is_file(), "{} is not there", page.display());
        }
        step.done("they are there");
    }
    Ok(browser)
}

/// The folder of the other clients' pages, with the scripts that npm brings.
fn set_up_peers(workspace: &Workspace, step: &Step) -> Result<(PathBuf, String)> {
    let folder = workspace.state()?.join("bench-peers");
    tools::remove_folder(&folder)?;
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(workspace.root().join("bench/peers"))? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    let mut notes = Vec::new();
    for peer in [MQTT_JS, PAHO] {
        let (script, note) = peer.set_up(workspace, step)?;
        fs::copy(script, folder.join(format!("{}.js", peer.package)))?;
        notes.push(note);
    }
    Ok((folder, notes.join(", ")))
}

/// Builds what measures, and lets it. It shares the processor with what it measures, so it is built for speed.
fn measure_built_page(
    workspace: &Workspace,
    browser: &Browser,
    options: &Options,
    steps: &mut Steps,
    what: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<()> {
    let step = steps.begin("building the benchmark");
    let package = ["--release", "--package", "mqttscope-bench-page"];
    step.run(workspace.cargo().arg("build").args(package))?;
    step.done("");
    let mut command = workspace.cargo();
    what(command.args(["run", "--quiet"]).args(package).arg("--"));
    for dist in &options.dists {
        command.arg("--dist").arg(path::absolute(dist)?);
    }
    options.pass_on(&mut command);
    show(browser.tell(&mut command, workspace))
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

/// Its bundle for browsers.
const MQTT_JS: NpmFile = NpmFile {
    package: "mqtt",
    version: "5.16.0",
    checksum: "1b456c12db89cf9b0952064969a0033157d6ed22053f3908b8747e77aae4fad0\
               5e4b07427ddf416884727117ddd806f21431262e514cf920d07ad8bff886ce9f",
    file: "package/dist/mqtt.min.js",
};

const PAHO: NpmFile = NpmFile {
    package: "paho-mqtt",
    version: "1.1.0",
    checksum: "28f6cbf4a001d004af8520db3ab64169c7174befeceff2c8a1f6cfc84470c3c8\
               4ce4aa3bd4650943a366834056aa3f29840213f3375ffd277f45fb4753d8b61c",
    file: "package/paho-mqtt-min.js",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_are_found_in_the_page() {
        assert_eq!(between("warning\n<body><pre>{}</pre></body>", "<pre>", "</pre>"), Some("{}"));
        assert_eq!(between("<body></body>", "<pre>", "</pre>"), None);
    }
}
