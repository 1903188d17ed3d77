//! Figures against counting by hand.

use mqttscope_log::filter::Budget;
use mqttscope_log::statistics::{Count, Seconds, Statistics, Topics};
use mqttscope_log::{Direction, Follower, Log};
use mqttscope_proto::{PacketType, ProtocolVersion};
use proptest::prelude::*;

mod common;
use common::{Feed, connect, entries, fill, log_of, log_of_version};

fn figures(log: &Log) -> Statistics {
    let mut statistics = Statistics::new();
    while !statistics.advance(log, Budget { records: 7, bytes: usize::MAX }) {}
    statistics
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn counts_are_those_of_the_packets(entries in entries(0..40)) {
        let statistics = figures(&fill(&entries));
        for packet_type in PacketType::ALL {
            for direction in [Direction::Out, Direction::In] {
                let is_it = |entry: &&common::Entry| {
                    entry.direction == direction && entry.packet().is_some_and(|packet| packet.packet_type() == packet_type)
                };
                let found: Vec<_> = entries.iter().filter(is_it).map(|entry| entry.bytes.len() as u64).collect();
                let expected = Count { packets: found.len() as u64, bytes: found.iter().sum() };
                prop_assert_eq!(statistics.count(packet_type, direction), expected);
            }
        }
        let packets: u64 = [Direction::Out, Direction::In].map(|direction| statistics.total(direction).packets).iter().sum();
        prop_assert_eq!(packets, entries.iter().filter(|entry| entry.direction != Direction::Event).count() as u64);
    }
}

#[test]
fn latencies_are_measured_from_what_is_answered() {
    let mut log = log_of(1 << 20, 2);
    let packets: [(u64, bool, &[u8]); 11] = [
        (0, true, b"\x32\x05\x00\x01t\x00\x01"),
        (30, false, b"\x40\x02\x00\x01"),
        (31, false, b"\x40\x02\x00\x01"),
        (100, true, b"\x34\x05\x00\x01t\x00\x02"),
        (110, false, b"\x50\x02\x00\x02"),
        (120, true, b"\x62\x02\x00\x02"),
        (127, false, b"\x70\x02\x00\x02"),
        (200, true, b"\x82\x06\x00\x03\x00\x01a\x01"),
        (205, false, b"\x90\x03\x00\x03\x01"),
        (300, true, b"\xc0\x00"),
        (303, false, b"\xd0\x00"),
    ];
    for (time, out, bytes) in packets {
        if out {
            log.sent(time, bytes)
        } else {
            log.came(time, bytes)
        };
    }
    let statistics = figures(&log);
    let medians = Statistics::ACKNOWLEDGEMENTS.map(|packet_type| {
        let latency = statistics.latency(packet_type, Direction::In).expect("it is measured");
        (latency.count(), latency.quantile(500))
    });
    assert_eq!(medians, [(1, Some(30)), (1, Some(10)), (1, Some(7)), (1, Some(5)), (1, Some(3))]);
    assert!(statistics.latency(PacketType::ConnAck, Direction::In).is_none());
    assert!(statistics.latency(PacketType::PubAck, Direction::Event).is_none());
}

#[test]
fn a_latency_over_a_clock_that_ran_backwards_is_left_out() {
    let mut log = log_of(1 << 20, 2);
    log.sent(100, b"\x32\x05\x00\x01t\x00\x01");
    log.came(40, b"\x40\x02\x00\x01");
    log.sent(50, b"\x32\x05\x00\x01t\x00\x01");
    log.came(57, b"\x40\x02\x00\x01");
    let statistics = figures(&log);
    let latency = statistics.latency(PacketType::PubAck, Direction::In).expect("it is measured");
    assert_eq!((latency.count(), latency.quantile(500)), (1, Some(7)));
    let left_out = |direction| statistics.left_out(PacketType::PubAck, direction);
    assert_eq!((left_out(Direction::In), left_out(Direction::Out)), (1, 0));
    assert_eq!([0, 41, 51, 58, 101].map(|time| log.find_time(time)), [1, 2, 3, 0, 4]);
}

#[test]
fn latencies_of_the_two_sides_are_told_apart() {
    let mut log = log_of(1 << 20, 2);
    let packets: [(u64, bool, &[u8]); 8] = [
        (0, true, b"\x34\x05\x00\x01t\x00\x01"),
        (900, false, b"\x50\x02\x00\x01"),
        (901, true, b"\x62\x02\x00\x01"),
        // The broker numbers its messages itself, and here alike.
        (1_000, false, b"\x34\x05\x00\x01t\x00\x01"),
        (1_002, true, b"\x50\x02\x00\x01"),
        (1_701, false, b"\x70\x02\x00\x01"),
        (1_800, false, b"\x62\x02\x00\x01"),
        (1_803, true, b"\x70\x02\x00\x01"),
    ];
    for (time, out, bytes) in packets {
        if out {
            log.sent(time, bytes)
        } else {
            log.came(time, bytes)
        };
    }
    let statistics = figures(&log);
    let found = |packet_type, direction| {
        let latency = statistics.latency(packet_type, direction).expect("it is measured");
        (latency.count(), latency.max())
    };
    for (packet_type, server, client) in [(PacketType::PubRec, 900, 2), (PacketType::PubComp, 800, 3)] {
        assert_eq!(found(packet_type, Direction::In), (1, server), "{packet_type}");
        assert_eq!(found(packet_type, Direction::Out), (1, client), "{packet_type}");
    }
}

#[test]
fn latencies_of_what_is_sent_twice_count_once_and_from_the_copy() {
    let mut log = log_of_version(ProtocolVersion::V31, 1 << 20, 2);
    let packets: [(u64, bool, &[u8]); 12] = [
        (0, true, b"\x34\x05\x00\x01t\x00\x01"),
        (1, true, b"\x3c\x05\x00\x01t\x00\x01"),
        (31, false, b"\x50\x02\x00\x01"),
        (32, true, b"\x62\x02\x00\x01"),
        (33, true, b"\x6a\x02\x00\x01"),
        (35, false, b"\x50\x02\x00\x01"),
        (53, false, b"\x70\x02\x00\x01"),
        (54, false, b"\x70\x02\x00\x01"),
        (100, true, b"\x82\x06\x00\x03\x00\x01a\x01"),
        (101, true, b"\x8a\x06\x00\x03\x00\x01a\x01"),
        (111, false, b"\x90\x03\x00\x03\x01"),
        (112, false, b"\x90\x03\x00\x03\x01"),
    ];
    for (time, out, bytes) in packets {
        if out {
            log.sent(time, bytes)
        } else {
            log.came(time, bytes)
        };
    }
    let statistics = figures(&log);
    for (packet_type, expected) in
        [(PacketType::PubRec, 30), (PacketType::PubComp, 20), (PacketType::SubAck, 10)]
    {
        let latency = statistics.latency(packet_type, Direction::In).expect("it is measured");
        assert_eq!((latency.count(), latency.max()), (1, expected), "{packet_type}");
    }
}

#[test]
fn rates_now_and_at_the_peak() {
    let mut log = log_of(8 << 20, 2);
    for second in 0..400_u64 {
        for packet in 0..if second == 350 { 500 } else { second % 7 } {
            log.sent(1_000_000_000_000 + second * 1_000_000 + packet, b"\xc0\x00");
        }
    }
    let statistics = figures(&log);
    let seconds = statistics.seconds();
    assert_eq!(
        (seconds.peak().packets, seconds.peak().bytes, seconds.peak().second),
        (500, 1_000, 1_000_350)
    );
    assert_eq!(seconds.rate(1_000_000_000_000 + 391_500_000).packets, 390 % 7);
    assert_eq!(seconds.rate(2_000_000_000_000).packets, 0);
    let chart: Vec<_> = seconds.last(10).map(|sample| sample.packets[0]).collect();
    // The last second of all saw nothing: 399 % 7 is 0.
    assert_eq!(chart, (389..399).map(|second| second % 7).collect::<Vec<_>>());
    assert_eq!(seconds.last(1_000).count(), Seconds::LEN);
}

#[test]
fn the_topics_that_flood_are_found_among_many() {
    let mut log = log_of(64 << 20, 2);
    for number in 0..60_000_u32 {
        let topic = match number % 10 {
            0..3 => "flood/one".to_owned(),
            3..5 => "flood/two".to_owned(),
            _ => format!("t/{number}"),
        };
        let frame = [&[0x30, topic.len() as u8 + 2, 0, topic.len() as u8], topic.as_bytes()].concat();
        log.sent(u64::from(number) * 1_000, &frame);
    }
    let statistics = figures(&log);
    let top: Vec<_> = statistics.topics().top(2).into_iter().cloned().collect();
    assert_eq!((&top[0].name[..], top[0].messages - top[0].error), (&b"flood/one"[..], 18_000));
    assert_eq!((&top[1].name[..], top[1].messages - top[1].error), (&b"flood/two"[..], 12_000));
    assert_eq!(top[0].rate(59_500_000), 300);
    let loudest: Vec<_> =
        statistics.topics().loudest(1, 60_000_000).iter().map(|topic| topic.name.clone()).collect();
    assert_eq!(loudest, [b"flood/one"]);
    assert_eq!(statistics.topics().top(1_000).len(), Topics::LEN);
}

#[test]
fn as_many_topics_as_are_kept_are_counted_exactly() {
    let mut log = log_of(64 << 20, 2);
    for number in 0..10 * Topics::LEN {
        let topic = format!("topic/{:03}", number % Topics::LEN);
        let frame = [&[0x30, topic.len() as u8 + 2, 0, topic.len() as u8], topic.as_bytes()].concat();
        log.sent(number as u64, &frame);
    }
    let statistics = figures(&log);
    let all = statistics.topics().top(Topics::LEN);
    assert_eq!(all.len(), Topics::LEN);
    assert!(all.iter().all(|topic| (topic.messages, topic.error) == (10, 0)));
}

#[test]
fn messages_in_flight() {
    let mut log = log_of(1 << 20, 2);
    log.sent(0, &connect("c", false, None));
    let mut expect = |out: bool, bytes: &[u8], in_flight: [u32; 2]| {
        if out {
            log.sent(1, bytes)
        } else {
            log.came(1, bytes)
        };
        assert_eq!(log.in_flight(), in_flight);
    };
    expect(true, b"\x32\x05\x00\x01t\x00\x01", [1, 0]);
    expect(true, b"\x3a\x05\x00\x01t\x00\x01", [1, 0]);
    expect(true, b"\x34\x05\x00\x01t\x00\x02", [2, 0]);
    expect(false, b"\x34\x05\x00\x01t\x00\x02", [2, 1]);
    expect(true, b"\x50\x02\x00\x02", [2, 1]);
    expect(true, b"\x82\x06\x00\x03\x00\x01a\x01", [2, 1]);
    expect(false, b"\x40\x02\x00\x01", [1, 1]);
    expect(false, b"\x40\x02\x00\x01", [1, 1]);
    expect(false, b"\x50\x02\x00\x02", [1, 1]);
    expect(true, b"\x62\x02\x00\x02", [1, 1]);
    expect(false, b"\x70\x02\x00\x02", [0, 1]);
    expect(true, &connect("c", false, None), [0, 1]);
    expect(true, &connect("c", true, None), [0, 0]);
}

#[test]
fn clearing_begins_anew_and_dropping_does_not() {
    let mut log = log_of(1 << 20, 2);
    let mut statistics = Statistics::new();
    for time in 0..50_000 {
        log.sent(time, b"\xc0\x00");
        if time % 1_000 == 0 {
            statistics.advance(&log, Budget::ALL);
        }
    }
    statistics.advance(&log, Budget::ALL);
    assert!(log.first() > 0);
    assert_eq!(statistics.total(Direction::Out).packets, 50_000);
    log.clear();
    log.sent(1, b"\xc0\x00");
    statistics.advance(&log, Budget::ALL);
    assert_eq!(statistics.total(Direction::Out).packets, 1);
}
