//! Chromium and chromedriver, for the tests that need a browser; Firefox and geckodriver, for those that need another.

use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::packages;
use crate::progress::Steps;
use crate::tools;
use crate::workspace::{Workspace, find_program};

/// The browser and the program that drives it.
pub struct Browser {
    pub chrome: PathBuf,
    pub chromedriver: PathBuf,
}

impl Browser {
    /// Tells a program that tests or measures the built page where that is, and what opens it.
    pub fn tell<'a>(&self, program: &'a mut Command, workspace: &Workspace) -> &'a mut Command {
        program
            .env("MQTTSCOPE_DIST", workspace.dist())
            .env("CHROME", &self.chrome)
            .env("CHROMEDRIVER", &self.chromedriver)
    }
}

/// Finds both in a step of its own, or installs them where that needs no question: on Debian, as root.
pub fn set_up(workspace: &Workspace, steps: &mut Steps) -> Result<Browser> {
    let step = steps.begin("looking for Chromium and chromedriver");
    if let Some(browser) = find()? {
        step.done("they are there");
        return Ok(browser);
    }
    packages::install(
        workspace,
        &step,
        &["chromium", "chromium-driver"],
        "Chromium and chromedriver are needed, or CHROME and CHROMEDRIVER set to existing ones",
    )?;
    let browser =
        find()?.context("apt-get installed chromium and chromium-driver, but they are not on the PATH")?;
    step.done("installed");
    Ok(browser)
}

fn find() -> Result<Option<Browser>> {
    let chrome = named_or_found("CHROME", &["chromium", "chromium-browser", "google-chrome"])?;
    let chromedriver = named_or_found("CHROMEDRIVER", &["chromedriver"])?;
    Ok(chrome.zip(chromedriver).map(|(chrome, chromedriver)| Browser { chrome, chromedriver }))
}

fn named_or_found(variable: &str, names: &[&str]) -> Result<Option<PathBuf>> {
    match env::var_os(variable).map(PathBuf::from) {
        Some(named) if named.is_file() => Ok(Some(named)),
        Some(named) => bail!("{variable} names {}, which is not a file", named.display()),
        None => Ok(find_program(names)),
    }
}

/// Firefox and the program that drives it.
pub struct Firefox {
    firefox: PathBuf,
    geckodriver: PathBuf,
}

impl Firefox {
    /// Number of steps that [`Firefox::set_up`] takes.
    pub const SET_UP_STEPS: usize = 2;

    /// Finds Firefox, or installs it where that needs no question; geckodriver, which Debian lacks, comes from crates.io.
    pub fn set_up(workspace: &Workspace, steps: &mut Steps) -> Result<Self> {
        let step = steps.begin("looking for Firefox");
        let find = || named_or_found("FIREFOX", &["firefox-esr", "firefox"]);
        let firefox = if let Some(firefox) = find()? {
            step.done("it is there");
            firefox
        } else {
            let need = "Firefox is needed, or FIREFOX set to an existing one";
            packages::install(workspace, &step, &["firefox-esr"], need)?;
            let firefox = find()?.context("apt-get installed firefox-esr, but it is not on the PATH")?;
            step.done("installed");
            firefox
        };
        let step = steps.begin("looking for geckodriver");
        let (geckodriver, note) = tools::set_up_geckodriver(workspace, &step)?;
        step.done(&note);
        Ok(Self { firefox, geckodriver })
    }

    /// Tells a program that tests the built page what else opens it.
    pub fn tell<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.env("FIREFOX", &self.firefox).env("GECKODRIVER", &self.geckodriver)
    }
}

/// The root's webdriver.json with the path of this machine's browser; returns where it was written.
///
/// wasm-bindgen's test runner takes no path of a browser but from such a file.
pub fn write_webdriver_json(workspace: &Workspace, browser: &Browser) -> Result<PathBuf> {
    let template = fs::read_to_string(workspace.root().join("webdriver.json"))?;
    let path = workspace.state()?.join("webdriver.json");
    fs::write(&path, template.replace("/usr/bin/chromium", &browser.chrome.to_string_lossy()))?;
    Ok(path)
}
