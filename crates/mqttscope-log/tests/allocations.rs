//! What the receive path allocates: nothing for a packet, but for the chunks that hold bytes and records.

use allocation_counter::measure;
use mqttscope_log::{ConnectionId, Direction, Log};

mod common;
use common::{OWN, log_of};

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
