//! The codec beside its peers: packets decoded and encoded, and a stream taken apart.
//!
//! Each peer is used in the way that its documentation recommends. Before anything is timed, each has to decode all
//! samples and to write them again byte for byte.

mod measurement;
mod mqtt_protocol_core;
mod mqttscope;
mod rmqtt_codec;
mod rumqttc;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Throughput};
use measurement::ProcessorTime;
use mqttscope_bench::{MIXED_PACKETS, PIECE_LENGTHS, Sample, mixed_stream, samples, samples_of_mqtt_5};

/// One implementation, used on samples that live for `'a`.
trait Codec<'a> {
    const NAME: &'static str;
    type Packet: Clone;
    /// What packets are decoded from.
    type Input;
    /// What decoding gives, as the library gives it: to unwrap it may copy it.
    type Decoded;
    /// What packets are encoded into.
    type Output: AsRef<[u8]> + Default;

    /// Received bytes in the form that the decoder wants them; not timed.
    fn input(bytes: &'a [u8]) -> Self::Input;

    /// The next packet, of which all bytes are there.
    fn decode(input: &mut Self::Input) -> Self::Decoded;

    /// The packet that was decoded, as an application would give it to the encoder; not timed.
    fn packet(decoded: Self::Decoded) -> Self::Packet;

    /// Encodes packets, each into an output that `written` sees and that is emptied for the next one. Those that
    /// encoding does not take are returned, so that their end is not timed.
    fn encode(
        packets: Vec<Self::Packet>,
        output: &mut Self::Output,
        written: impl FnMut(&Self::Output),
    ) -> Vec<Self::Packet>;

    /// Decodes a stream that comes in pieces, and says how many packets were in it.
    fn stream(pieces: impl Iterator<Item = &'a [u8]>) -> usize;
}

type Criterion = criterion::Criterion<ProcessorTime>;

fn main() {
    let samples = samples();
    let samples_of_5 = samples_of_mqtt_5();
    let stream = Sample { name: "mixed stream".into(), bytes: mixed_stream(), count: MIXED_PACKETS };
    for sample in samples.iter().chain([&stream]) {
        check::<mqttscope::Codec<4>>(sample);
        check::<rumqttc::Codec>(sample);
        check::<mqtt_protocol_core::Codec<4>>(sample);
        check::<rmqtt_codec::Codec>(sample);
    }

    for sample in &samples_of_5 {
        check::<mqttscope::Codec<5>>(sample);
        check::<rumqttc::Codec5>(sample);
        check::<mqtt_protocol_core::Codec<5>>(sample);
        check::<rmqtt_codec::Codec5>(sample);
    }

    let mut criterion = criterion::Criterion::default()
        .with_measurement(ProcessorTime)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_200))
        .sample_size(30)
        .without_plots()
        .configure_from_args();
    // The peers take turns at each measurement, so that what else the machine does meets all of them.
    for sample in &samples {
        decode::<mqttscope::Codec<4>>(&mut criterion, sample);
        decode::<rumqttc::Codec>(&mut criterion, sample);
        decode::<mqtt_protocol_core::Codec<4>>(&mut criterion, sample);
        decode::<rmqtt_codec::Codec>(&mut criterion, sample);
        encode::<mqttscope::Codec<4>>(&mut criterion, sample);
        encode::<rumqttc::Codec>(&mut criterion, sample);
        encode::<mqtt_protocol_core::Codec<4>>(&mut criterion, sample);
        encode::<rmqtt_codec::Codec>(&mut criterion, sample);
    }
    for sample in &samples_of_5 {
        decode::<mqttscope::Codec<5>>(&mut criterion, sample);
        decode::<rumqttc::Codec5>(&mut criterion, sample);
        decode::<mqtt_protocol_core::Codec<5>>(&mut criterion, sample);
        decode::<rmqtt_codec::Codec5>(&mut criterion, sample);
        encode::<mqttscope::Codec<5>>(&mut criterion, sample);
        encode::<rumqttc::Codec5>(&mut criterion, sample);
        encode::<mqtt_protocol_core::Codec<5>>(&mut criterion, sample);
        encode::<rmqtt_codec::Codec5>(&mut criterion, sample);
    }
    for piece_len in PIECE_LENGTHS {
        take_apart::<mqttscope::Codec<4>>(&mut criterion, &stream, piece_len);
        take_apart::<rumqttc::Codec>(&mut criterion, &stream, piece_len);
        take_apart::<mqtt_protocol_core::Codec<4>>(&mut criterion, &stream, piece_len);
        take_apart::<rmqtt_codec::Codec>(&mut criterion, &stream, piece_len);
    }
    criterion.final_summary();
}

/// Decodes a sample, encodes what came of it, and compares the bytes; then the same number from pieces.
fn check<'a, C: Codec<'a>>(sample: &'a Sample) {
    let packets = decode_all::<C>(C::input(&sample.bytes), sample.count);
    let mut rest = &sample.bytes[..];
    C::encode(packets, &mut C::Output::default(), |output| {
        let bytes = output.as_ref();
        assert!(rest.starts_with(bytes), "{} writes {} in other bytes", C::NAME, sample.name);
        rest = &rest[bytes.len()..];
    });
    assert!(rest.is_empty(), "{} does not write all of {}", C::NAME, sample.name);
    for piece_len in PIECE_LENGTHS {
        let count = C::stream(sample.bytes.chunks(piece_len));
        assert_eq!(count, sample.count, "{} loses packets of {}", C::NAME, sample.name);
    }
}

fn decode_all<'a, C: Codec<'a>>(mut input: C::Input, count: usize) -> Vec<C::Packet> {
    (0..count).map(|_| C::packet(C::decode(&mut input))).collect()
}

fn decode<'a, C: Codec<'a>>(criterion: &mut Criterion, sample: &'a Sample) {
    let mut group = criterion.benchmark_group(format!("decode {}", sample.name));
    group.throughput(Throughput::Elements(sample.count as u64));
    group.bench_function(C::NAME, |bencher| {
        bencher.iter_batched(
            || C::input(&sample.bytes),
            |mut input| {
                for _ in 0..sample.count {
                    black_box(&C::decode(&mut input));
                }
                input
            },
            BatchSize::PerIteration,
        );
    });
}

fn encode<'a, C: Codec<'a>>(criterion: &mut Criterion, sample: &'a Sample) {
    let packets = decode_all::<C>(C::input(&sample.bytes), sample.count);
    let mut output = C::Output::default();
    let mut group = criterion.benchmark_group(format!("encode {}", sample.name));
    group.throughput(Throughput::Elements(sample.count as u64));
    group.bench_function(C::NAME, |bencher| {
        bencher.iter_batched(
            || packets.clone(),
            |packets| C::encode(packets, &mut output, |output| _ = black_box(output)),
            BatchSize::PerIteration,
        );
    });
}

fn take_apart<'a, C: Codec<'a>>(criterion: &mut Criterion, stream: &'a Sample, piece_len: usize) {
    let mut group = criterion.benchmark_group("mixed stream");
    group.throughput(Throughput::Elements(stream.count as u64));
    let id = BenchmarkId::new(C::NAME, format!("pieces of {piece_len} B"));
    group.sample_size(10).bench_function(id, |bencher| {
        bencher.iter(|| C::stream(stream.bytes.chunks(piece_len)));
    });
}
