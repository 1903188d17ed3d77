//! The fuzz targets without a fuzzer: over their corpus, and over a few thousand mutations of it.
//!
//! `MQTTSCOPE_WRITE_CORPUS=1 cargo test -p mqttscope-proto --test vectors --test vectors5 --test fuzz_corpus` writes the corpus anew,
//! from the vectors and from the packets, streams and sessions below.

mod common;
#[path = "../../../fuzz/src/native.rs"]
mod native;
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use common::corpus;
use mqttscope_proto::ProtocolVersion::{V5, V31, V311};
use native::Random;

/// Mutations of the corpus a target.
const MUTATIONS: usize = 10_000;

/// Bytes that mean something in packets.
const FREQUENT: &[u8] = &[0x00, 0x01, 0x02, 0x05, 0x0b, 0x15, 0x16, 0x1f, 0x26, 0x7f, 0x80, 0xff, b'+', b'#'];

/// The targets that read a packet, and share their corpus.
const PACKETS: [&str; 3] = ["decode", "dissect", "roundtrip"];

#[test]
fn decode() {
    check(&PACKETS, targets::decode::run);
}

#[test]
fn dissect() {
    write_broken_packets_of_5();
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

/// Packets of MQTT 5 that break rules, or that cannot be decoded: what its vectors do not hold.
fn write_broken_packets_of_5() {
    let broken = [
        ("dissect", "30 0f 00 01 74 0a 01 07 01 00 21 00 01 23 00 00 70      twice, misplaced, forbidden"),
        ("dissect", "30 08 00 01 74 04 a3 00 00 01      a long identifier"),
        ("dissect", "30 05 00 01 74 80 00      a long Property Length"),
        ("dissect", "30 84 00 00 01 74 00      a long Remaining Length"),
        ("dissect", "30 03 00 00 00      no topic"),
        ("dissect", "30 09 00 01 74 05 08 00 02 61 23      a wildcard to respond to"),
        ("dissect", "40 03 00 01 77      a code that is none"),
        ("dissect", "82 0a 00 0a 02 0b 00 00 02 61 23 fc      identifier 0, options"),
        ("dissect", "82 10 00 0a 00 00 0a 24 73 68 61 72 65 2f 67 2f 61 04      No Local, shared"),
        ("dissect", "82 0e 00 0a 00 00 08 24 73 68 61 72 65 2f 2b 04      a share name"),
        ("dissect", "10 12 00 04 4d 51 54 54 05 02 00 3c 04 16 00 01 64 00 01 63      data alone"),
        ("dissect", "f0 06 18 04 16 00 01 64      data alone"),
        ("dissect", "e0 04 00 00 aa bb      more behind it"),
        ("dissect", "20 03 03 87 00      session present with a refusal"),
        ("decode", "30 06 00 01 74 02 04 00      an unknown property"),
        ("decode", "30 06 00 01 74 02 23 00      a property that is cut"),
        ("decode", "30 04 00 01 74 05      a Property Length past the end"),
        ("decode", "30 07 00 01 74 80 80 80 80      a Property Length without end"),
        ("decode", "20 02 00 01      of 3.1.1"),
        ("decode", "82 0b 00 0a 05 0b ff ff ff ff 61 00 00      an identifier without end"),
        ("decode", "10 12 00 04 4d 51 54 54 05 06 00 3c 00 00 01 63 09 00 00 00      a will's properties"),
    ];
    for (target, hex) in broken {
        corpus::seed(target, V5, &common::bytes(hex));
    }
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
    let streams_of_5 = [
        ("01 01", "20 03 00 00 00  40 03 00 01 10  e0 01 8e"),
        ("02 01 05", "30 09 00 01 74 03 23 00 07 68 69  30 08 00 00 03 23 00 07 68 69"),
        ("01 03", "f0 0a 18 08 15 00 01 6d 16 00 01 64  20 07 00 00 04 15 00 01 6d"),
        ("03 00 02 00", "90 04 00 01 00 87  b0 04 00 02 00 11  62 04 00 01 92 00"),
        ("01 02", "82 80 00  00 01"),
        ("00", "30 08 00 01 74 05 80 80 80 80  d0 00"),
    ];
    for (lengths, stream) in streams_of_5 {
        corpus::seed("stream", V5, &common::bytes(&format!("{lengths} {stream}")));
    }
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
        corpus::seed("session", V5, &operations);
    }
    let connect = "14 00 0a 05 11 00 00 00 64      connect with a session expiry\n";
    let accept = "15 00 00      accept\n";
    let resume = "14 00 0a 05 11 00 00 00 64  15 00 01      session present\n";
    let sessions: [&[&str]; 9] = [
        &[
            connect,
            "15 06 22 00 05 21 00 01 00      aliases, one at a time",
            "16 01 03 23 00 01  16 02 03 23 00 01",
        ],
        &[connect, "15 03 21 00 01 00  16 01 00  16 02 00", close, resume, "04 00 01  1b 01 02 87"],
        &[
            connect,
            accept,
            "16 00 03 23 00 09      an alias that is not allowed",
            "10 0c 01  16 00 03 23 00 09",
        ],
        &[connect, "15 02 24 00 00  16 01 00  10 0c 01  16 01 00      QoS 0 only"],
        &[connect, accept, "17 2c 02 0b 07  05 01 02  18 04 05 11 00 00 00 00      options, disconnect"],
        &[connect, accept, "10 02 01  06 04 01  19 87 01  06 04 01      refused by hand"],
        &["14 00 0a 04 15 00 01 78  03 08 f0 06 18 04 15 00 01 78  1a 01  15 04 15 00 01 78 00  1a 00 01 01"],
        &["14 20 0a 05 11 00 00 00 64  15 05 12 00 02 61 62 00      assigned", close, "14 20 0a 00"],
        &[
            "14 01 0a 03 22 00 02",
            accept,
            "03 0a 30 08 00 01 74 03 23 00 01 6d  03 09 30 07 00 00 03 23 00 01 6d",
        ],
    ];
    for parts in sessions {
        let operations: Vec<u8> = parts.iter().flat_map(|part| common::bytes(part)).collect();
        corpus::seed("session", V5, &operations);
    }
}
