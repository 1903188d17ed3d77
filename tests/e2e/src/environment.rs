//! The variables through which `cargo xtask` tells the tests what to test.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The folder of the built page.
///
/// # Errors
/// If the variable is not set.
pub fn dist() -> Result<PathBuf> {
    required("MQTTSCOPE_DIST")
}

/// The gateway's program.
///
/// # Errors
/// If the variable is not set.
pub fn gateway() -> Result<PathBuf> {
    required("MQTTSCOPE_GATEWAY")
}

/// chromedriver.
///
/// # Errors
/// If the variable is not set.
pub fn chromedriver() -> Result<PathBuf> {
    required("CHROMEDRIVER")
}

/// The browser.
///
/// # Errors
/// If the variable is not set.
pub fn chrome() -> Result<PathBuf> {
    required("CHROME")
}

/// geckodriver.
///
/// # Errors
/// If the variable is not set.
pub fn geckodriver() -> Result<PathBuf> {
    required("GECKODRIVER")
}

/// Firefox.
///
/// # Errors
/// If the variable is not set.
pub fn firefox() -> Result<PathBuf> {
    required("FIREFOX")
}

/// The script of axe-core.
///
/// # Errors
/// If the variable is not set.
pub fn axe() -> Result<PathBuf> {
    required("MQTTSCOPE_AXE")
}

/// Where screenshots go.
pub fn screenshots() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
    env::var_os("MQTTSCOPE_SCREENSHOTS").map_or_else(default, PathBuf::from)
}

fn required(name: &str) -> Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set: run the end-to-end tests with `cargo xtask test e2e`"))
}
