//! The fuzz targets without a fuzzer: over their corpus, and over a few thousand mutations of it.
//!
//! `MQTTSCOPE_WRITE_CORPUS=1 cargo test -p mqttscope-log --test fuzz_corpus` writes the corpus anew, from the captures,
//! lines, filters and payloads in `common::seeds`.

mod common;
#[path = "../../../fuzz/src/native.rs"]
mod native;
#[path = "../../../fuzz/src/log.rs"]
mod targets;

use std::fs;

use common::seeds;
use native::Random;

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
    if std::env::var_os("MQTTSCOPE_WRITE_CORPUS").is_some() {
        let folder = native::folder(name);
        fs::create_dir_all(&folder).expect("the folder can be created");
        for seed in seeds {
            fs::write(folder.join(format!("{:016x}", fnv(seed))), seed).expect("the seed can be written");
        }
    }
    let inputs = native::read(&[name]);
    let mut random = Random::new();
    let mutations: Vec<_> = (0..MUTATIONS).map(|_| mutate(&mut random, &inputs)).collect();
    inputs.iter().chain(&mutations).for_each(|input| native::run(target, input));
}

/// A name that stays the same as long as the content does.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// An input with a few bytes changed, inserted or removed, or with a part taken out or put in again.
fn mutate(random: &mut Random, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut input = inputs[random.below(inputs.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = at + random.below(input.len() - at + 1);
        match random.below(8) {
            0 => input.insert(at, random.byte(FREQUENT)),
            1 if random.below(4) == 0 => input.truncate(at),
            2 => input.extend_from_within(at..end),
            3 if at < input.len() => drop(input.remove(at)),
            4 if at < input.len() => input[at] ^= 1 << random.below(8),
            5 if end - at < 80 => drop(input.drain(at..end)),
            _ if at < input.len() => input[at] = random.byte(FREQUENT),
            _ => {}
        }
    }
    input
}

/// Mutations of a corpus.
const MUTATIONS: usize = 4_000;
/// Bytes that mean something in captures, lines, filters and payloads.
const FREQUENT: &[u8] = b"\0\x01\x7f\x80\xff\x9f\xc1\n\"\\,:/-()[]{}09ae ";
