//! tshark, which reads what the page exports as Wireshark would.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// What tshark prints about a capture, a line each.
///
/// # Errors
/// If it is not there, or does not like the file.
pub fn read(capture: &Path, args: &[&str]) -> Result<Vec<String>> {
    let output = Command::new("tshark").arg("-r").arg(capture).args(args).output();
    let output = output.context("tshark is needed: install Debian's package `tshark`")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "tshark: {errors}");
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Fields of each frame that the display filter leaves, with `|` between them.
///
/// # Errors
/// As for [`read`].
pub fn fields(capture: &Path, filter: &str, fields: &[&str]) -> Result<Vec<String>> {
    let mut args = vec!["-Y", filter, "-T", "fields", "-E", "separator=|"];
    args.extend(fields.iter().flat_map(|field| ["-e", field]));
    read(capture, &args)
}
