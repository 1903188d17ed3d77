//! The fuzz targets without a fuzzer: over their corpus, and over a few thousand mutations of it.
//!
//! `MQTTSCOPE_WRITE_CORPUS=1 cargo test -p mqttscope-log --test fuzz_corpus` writes the corpus anew, from the captures,
//! lines, filters and payloads in `common::seeds`.

mod common;
#[path = "../../../fuzz/src/log.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use common::seeds;

#[test]
fn capture() {
    check("capture", &seeds::captures(), targets::capture::run);
}

#[test]
fn json_lines() {
    check("json_lines", &seeds::json_lines(), targets::json_lines::run);
}

#[test]
fn filter() {
    check("filter", &seeds::filters(), targets::filter::run);
}

#[test]
fn payload() {
    check("payload", &seeds::payloads(), targets::payload::run);
}

/// Runs a target over its corpus and mutations of it, and shows the input that it fails on.
fn check(name: &str, seeds: &[Vec<u8>], target: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    if std::env::var_os("MQTTSCOPE_WRITE_CORPUS").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be created");
        for seed in seeds {
            fs::write(folder.join(format!("{:016x}", fnv(seed))), seed).expect("the seed can be written");
        }
    }
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is an entry").path()).collect();
    paths.sort();
    let inputs: Vec<_> = paths.into_iter().map(|path| fs::read(path).expect("a seed can be read")).collect();
    assert!(!inputs.is_empty(), "the corpus is empty");
    let mut random = Random(0x6d71_7474_7363_6f70);
    let mutations: Vec<_> = (0..MUTATIONS).map(|_| random.mutate(&inputs)).collect();
    for input in inputs.iter().chain(&mutations) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
            eprintln!("the input is b\"{}\"", input.escape_ascii());
            std::panic::resume_unwind(panic);
        }
    }
}

/// A name that stays the same as long as the content does.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers that are the same in every run: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }

    fn byte(&mut self) -> u8 {
        const FREQUENT: &[u8] = b"\0\x01\x7f\x80\xff\x9f\xc1\n\"\\,:/-()[]{}09ae ";
        match self.below(2) {
            0 => FREQUENT[self.below(FREQUENT.len())],
            _ => self.below(256).to_le_bytes()[0],
        }
    }

    /// An input with a few bytes changed, inserted or removed, or with a part taken out or put in again.
    fn mutate(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(input.len() + 1);
            let end = at + self.below(input.len() - at + 1);
            match self.below(8) {
                0 => input.insert(at, self.byte()),
                1 if self.below(4) == 0 => input.truncate(at),
                2 => input.extend_from_within(at..end),
                3 if at < input.len() => drop(input.remove(at)),
                4 if at < input.len() => input[at] ^= 1 << self.below(8),
                5 if end - at < 80 => drop(input.drain(at..end)),
                _ if at < input.len() => input[at] = self.byte(),
                _ => {}
            }
        }
        input
    }
}

/// Mutations of a corpus.
const MUTATIONS: usize = 4_000;
