#![no_main]

#[allow(dead_code, reason = "each target uses its part")]
#[path = "../src/log.rs"]
mod log;

libfuzzer_sys::fuzz_target!(|data: &[u8]| log::payload::run(data));
