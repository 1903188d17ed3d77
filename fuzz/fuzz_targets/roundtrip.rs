#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mqttscope_fuzz::roundtrip::run(data));
