//! What the receive path allocates: nothing for a packet, but for the chunks that hold bytes and records.

use allocation_counter::measure;
use mqttscope_log::{ConnectionId, Direction, Log};
use mqttscope_proto::ProtocolVersion;

mod common;
use common::{OWN, log_of, log_of_version};

/// Bytes of many packets: PUBLISH at QoS 1 and its PUBACK, a rule that is broken, a PINGRESP.
fn stream() -> Vec<u8> {
    (0..300_u16)
        .flat_map(|number| {
            let id = (number % 16 + 1).to_be_bytes();
            let publish = [&b"\x32\x07\x00\x01t"[..], &id, b"hi"].concat();
            let faulty = b"\x38\x05\x00\x01thi\xd0\x00".to_vec();
            [publish, [&b"\x40\x02"[..], &id].concat(), faulty].concat()
        })
        .collect()
}

/// The same of MQTT 5: a PUBLISH with properties, one that sets an alias, one that uses it, a PUBACK with a reason.
fn stream_of_5() -> Vec<u8> {
    let packets = (0..300_u16).flat_map(|number| {
        let id = (number % 16 + 1).to_be_bytes();
        let publish = [&b"\x32\x0b\x00\x01t"[..], &id, b"\x05\x26\x00\x00\x00\x00"].concat();
        let puback = [&b"\x40\x03"[..], &id, b"\x10"].concat();
        let aliases = b"\x30\x07\x00\x01a\x03\x23\x00\x01\x30\x07\x00\x00\x03\x23\x00\x01!";
        [publish, puback, aliases.to_vec()].concat()
    });
    packets.collect()
}

fn receive(log: &mut Log, connection: u32, piece: &[u8]) -> u32 {
    let connection = ConnectionId(connection);
    log.receive(connection, Direction::In, piece.len(), |room| room.copy_from_slice(piece));
    let mut packets = 0;
    while let Some(violations) = log
        .next_packet(1, connection, Direction::In, |packet| packet.violations.len())
        .expect("the packets can be decoded")
    {
        packets += 1 + u32::from(violations > 8);
    }
    packets
}

#[test]
fn receiving_allocates_nothing_for_a_packet() {
    let stream = stream();
    for piece in [1, 7, 64, 2_048] {
        let mut log = log_of(64 << 20, 2);
        // The first packets bring the chunks, the tables of ids and the buffers that are used again.
        for connection in [0, 1] {
            receive(&mut log, connection, &stream);
        }
        let mut packets = 0;
        let allocated = measure(|| {
            for piece in stream.chunks(piece) {
                // Two streams take turns, so that neither goes on where it was.
                packets += receive(&mut log, 0, piece) + receive(&mut log, 1, piece);
            }
        });
        assert_eq!(packets, 2 * 4 * 300);
        // A block of 4,096 records each now and then, and a chunk.
        assert!(allocated.count_total <= 8, "pieces of {piece}: {allocated:?}");
    }
}

#[test]
fn receiving_mqtt_5_allocates_nothing_for_a_packet() {
    let stream = stream_of_5();
    for piece in [7, 2_048] {
        let mut log = log_of_version(ProtocolVersion::V5, 64 << 20, 1);
        receive(&mut log, 0, &stream);
        let mut packets = 0;
        let allocated = measure(|| {
            for piece in stream.chunks(piece) {
                packets += receive(&mut log, 0, piece);
            }
        });
        assert_eq!(packets, 4 * 300);
        assert!(log.records_from(0).all(|record| !record.is_violation()));
        // A chunk, a block of records, and where an alias was set 300 times more.
        assert!(allocated.count_total <= 6, "pieces of {piece}: {allocated:?}");
    }
}

#[test]
fn sending_allocates_nothing_for_a_packet() {
    let mut log = log_of(64 << 20, 1);
    let mut send = |count: u32| {
        for _ in 0..count {
            log.push_packet(1, ConnectionId(0), Direction::Out, b"\x32\x07\x00\x01t\x00\x01hi", OWN);
        }
    };
    send(10);
    let allocated = measure(|| send(4_000));
    assert!(allocated.count_total <= 3, "{allocated:?}");
}
