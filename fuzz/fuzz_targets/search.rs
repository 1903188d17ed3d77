#![no_main]

#[path = "../src/search.rs"]
mod search;

libfuzzer_sys::fuzz_target!(|data: &[u8]| search::run(data));
