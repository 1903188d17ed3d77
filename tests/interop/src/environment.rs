//! The variables through which `cargo xtask interop` tells the tests where the systems are.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

use crate::chains::Wanted;

/// What is to be tested.
pub fn wanted() -> Wanted {
    let names = env::var("MQTTSCOPE_SYSTEMS").unwrap_or_default();
    let systems = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Wanted { systems, all: env::var_os("MQTTSCOPE_ALL").is_some() }
}

/// Java's launcher.
///
/// # Errors
/// If the variable is not set.
pub fn java() -> Result<PathBuf> {
    required("MQTTSCOPE_JAVA")
}

/// mosquitto's program.
///
/// # Errors
/// If the variable is not set.
pub fn mosquitto() -> Result<PathBuf> {
    required("MQTTSCOPE_MOSQUITTO")
}

/// The folder of Kaazing's jars.
///
/// # Errors
/// If the variable is not set.
pub fn kaazing_lib() -> Result<PathBuf> {
    required("MQTTSCOPE_KAAZING_LIB")
}

/// ActiveMQ's installation.
///
/// # Errors
/// If the variable is not set.
pub fn activemq_home() -> Result<PathBuf> {
    required("MQTTSCOPE_ACTIVEMQ_HOME")
}

/// HiveMQ's folder: `lib` with its jars, `classes` with the program that runs it.
///
/// # Errors
/// If the variable is not set.
pub fn hivemq_home() -> Result<PathBuf> {
    required("MQTTSCOPE_HIVEMQ_HOME")
}

/// Artemis's installation.
///
/// # Errors
/// If the variable is not set.
pub fn artemis_home() -> Result<PathBuf> {
    required("MQTTSCOPE_ARTEMIS_HOME")
}

/// The program that runs mochi.
///
/// # Errors
/// If the variable is not set.
pub fn mochi() -> Result<PathBuf> {
    required("MQTTSCOPE_MOCHI")
}

/// HAProxy's program.
///
/// # Errors
/// If the variable is not set.
pub fn haproxy() -> Result<PathBuf> {
    required("MQTTSCOPE_HAPROXY")
}

/// NATS's program.
///
/// # Errors
/// If the variable is not set.
pub fn nats() -> Result<PathBuf> {
    required("MQTTSCOPE_NATS")
}

/// Where the systems put their data.
pub fn data() -> PathBuf {
    env::var_os("MQTTSCOPE_DATA").map_or_else(env::temp_dir, PathBuf::from)
}

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn required(name: &str) -> Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set: run the tests with `cargo xtask interop`"))
}
