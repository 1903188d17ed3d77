//! The fuzz targets without a fuzzer: over their corpus, and over a few thousand mutations of it.
//!
//! `MQTTSCOPE_WRITE_CORPUS=1 cargo test -p mqttscope-proto --test vectors --test fuzz_corpus` writes the corpus anew,
//! from the vectors and from the streams and sessions below.

mod common;
#[path = "../../../fuzz/src/native.rs"]
mod native;
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use common::corpus;
use mqttscope_proto::ProtocolVersion::{V31, V311};
use native::Random;

/// Mutations of the corpus a target.
const MUTATIONS: usize = 10_000;

/// Bytes that mean something in packets.
const FREQUENT: &[u8] = &[0x00, 0x01, 0x02, 0x7f, 0x80, 0xff, b'+', b'#'];

/// The targets that read a packet, and share their corpus.
const PACKETS: [&str; 3] = ["decode", "dissect", "roundtrip"];

#[test]
fn decode() {
    check(&PACKETS, targets::decode::run);
}

#[test]
fn dissect() {
    check(&PACKETS, targets::dissect::run);
}

#[test]
fn roundtrip() {
    check(&PACKETS, targets::roundtrip::run);
}

#[test]
fn stream() {
    write_streams();
    check(&["stream"], targets::stream::run);
}

#[test]
fn session() {
    write_sessions();
    check(&["session"], targets::session::run);
}

/// Runs a target over the corpora and their mutations, and shows the input that it fails on.
fn check(corpora: &[&str], target: fn(&[u8])) {
    if corpus::is_wanted() {
        // Another process writes a part of it.
        return;
    }
    let inputs = native::read(corpora);
    let mut random = Random::new();
    let mutations = (0..MUTATIONS).map(|_| mutate(&mut random, &inputs)).collect::<Vec<_>>();
    inputs.iter().chain(&mutations).for_each(|input| native::run(target, input));
}

/// An input with a few bytes changed, inserted or removed, or with another input behind it.
fn mutate(random: &mut Random, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut input = inputs[random.below(inputs.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        match random.below(6) {
            0 => input.insert(at, random.byte(FREQUENT)),
            1 => input.truncate(at),
            2 => input.extend_from_slice(&inputs[random.below(inputs.len())]),
            3 if at < input.len() => drop(input.remove(at)),
            4 if at < input.len() => input[at] ^= 1 << random.below(8),
            _ if at < input.len() => input[at] = random.byte(FREQUENT),
            _ => {}
        }
    }
    input
}

/// Streams: the number of piece lengths, these lengths, and packets.
fn write_streams() {
    let streams = [
        ("01 01", "d0 00  40 02 00 07"),
        ("02 01 05", "20 02 00 00  30 05 00 01 74 68 69  d0 00"),
        ("03 00 02 00", "90 03 00 01 02  b0 02 00 02  e0 00"),
        ("01 03", "30 ff ff ff 7f 00"),
        ("01 02", "30 80 01  00 01 74"),
        ("00", "d0 00  30 ff ff ff ff"),
        ("01 04", "d0 00  c0 01 00"),
        ("02 07 01", "62 02 00 01  36 05 00 01 74 00 01"),
        ("01 09", "40 02 00 01  50 02 00 01  62 02 00 01  70 02 00 01"),
        ("01 06", "82 80 00  00 01"),
    ];
    for (lengths, stream) in streams {
        corpus::seed("stream", V311, &common::bytes(&format!("{lengths} {stream}")));
    }
    // A Remaining Length of two bytes.
    let long = [&common::bytes("01 40  30 c8 01  00 01 74")[..], &[0x61; 197], &[0xd0, 0x00]].concat();
    corpus::seed("stream", V31, &long);
}

/// Sessions: operations, as the target reads them.
fn write_sessions() {
    let connect = "00 01 0a  02      connect with clean session, accept\n";
    let resume = "00 00 0a  01 01 00      connect without, accept with session present\n";
    let close = "0d      close\n";
    let sessions: [&[&str]; 17] = [
        &[connect],
        &["00 07 05", "01 00 05      refused"],
        &[connect, "07 01  04 00 01      QoS 1"],
        &[connect, "07 02  04 01 01  04 03 01      QoS 2"],
        &[resume, "07 02  07 01", close, resume, "04 01 01", close, resume, "04 03 01  04 00 02"],
        &[connect, "06 04 01  06 04 01  04 02 01      QoS 2 inbound, twice"],
        &[connect, "06 02 03  06 00 00      QoS 1 and 0 inbound"],
        &[connect, "09 02  05 01 02  0a  04 04 02      subscribe and unsubscribe"],
        &[connect, "10 02 01  06 02 01  06 04 02  11 01  11 02      by hand"],
        &[connect, "10 00 00  07 02  07 01  09 01  04 01 01  04 01 01  04 03 01  04 03 01      duplicates"],
        &[connect, "10 03 01  10 04 02  06 02 01  06 04 02  0e 13 88  12 00      withheld and delayed"],
        &[connect, "10 07 20  07 01  07 01  07 02  04 00 01  04 00 02      a window of one"],
        &[connect, "10 09 64  07 02  09 00  0e 03 e9  04 01 01  0e 07 d1      retry"],
        &[connect, "0e 27 10  0e 27 10  0e 27 10      silence"],
        &[resume, "07 02  07 02  04 01 01  13", resume, "08 02 07  12 01 02 c0 00      reload"],
        &[connect, "03 04 d0 00 f0 00  0c  0d      hostile"],
        &[
            "10 0c 01      close when a rule is broken",
            connect,
            "03 04 62 02 00 00",
            close,
            resume,
            "03 02 e0 00",
        ],
    ];
    for parts in sessions {
        let operations: Vec<u8> = parts.iter().flat_map(|part| common::bytes(part)).collect();
        corpus::seed("session", V31, &operations);
        corpus::seed("session", V311, &operations);
    }
}
