//! What both command-line examples share: options, hex, and an answer for each line.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use mqttscope_proto::ProtocolVersion;

/// The version of `--mqtt VERSION` or `--mqtt=VERSION`, if the argument is that.
pub fn version_argument(arg: &str, rest: &mut impl Iterator<Item = String>) -> Option<ProtocolVersion> {
    let value = match arg.strip_prefix("--mqtt")? {
        "" => rest.next()?,
        value => value.strip_prefix('=')?.to_owned(),
    };
    match value.as_str() {
        "3.1" => Some(ProtocolVersion::V31),
        "3.1.1" => Some(ProtocolVersion::V311),
        "5" => Some(ProtocolVersion::V5),
        _ => None,
    }
}

/// Reads standard input to its end; each line's answer is flushed, so that a pipe can wait for it.
pub fn answer_lines(mut answer: impl FnMut(&[u8], &mut String)) -> ExitCode {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut line = Vec::new();
    let mut text = String::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => return ExitCode::SUCCESS,
            Ok(_) => {}
            Err(error) => {
                eprintln!("standard input cannot be read: {error}");
                return ExitCode::FAILURE;
            }
        }
        text.clear();
        answer(&line, &mut text);
        text.push('\n');
        // Nobody reads any more: that is the end of the work, not a fault.
        if output.write_all(text.as_bytes()).and_then(|()| output.flush()).is_err() {
            return ExitCode::SUCCESS;
        }
    }
}
