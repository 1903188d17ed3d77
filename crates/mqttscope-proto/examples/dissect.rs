//! Streams of bytes in, as hex, one a line; packets out, as JSON, one line for each.
//!
//! `cargo run --release -q -p mqttscope-proto --example dissect -- [--mqtt 3.1|3.1.1|5] [--fields]`

use std::process::ExitCode;

use mqttscope_proto::{ProtocolVersion, json};
use mqttscope_text::bytes::from_hex;
use mqttscope_text::json::push_object;

mod common;

fn main() -> ExitCode {
    let mut version = ProtocolVersion::V31;
    let mut fields = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), common::version_argument(&arg, &mut args)) {
            (_, Some(chosen)) => version = chosen,
            ("--fields", _) => fields = true,
            _ => {
                eprintln!("usage: dissect [--mqtt 3.1|3.1.1|5] [--fields]");
                return ExitCode::from(2);
            }
        }
    }
    common::answer_lines(|line, answer| match from_hex(line) {
        Some(stream) => json::push_stream(answer, &stream, version, fields),
        None => push_object(answer, |object| {
            object
                .text("usage", "one byte stream a line, as an even number of hex digits; blanks are ignored");
        }),
    })
}
