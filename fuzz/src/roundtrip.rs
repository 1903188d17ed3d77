//! What is decoded is written again as the same packet.

use mqttscope_proto::{FixedHeader, ProtocolVersion, decode};

/// Runs the target. The input is a version and bytes.
pub fn run(data: &[u8]) {
    let Some((version, bytes)) = super::split_version(data) else { return };
    let mut violations = Vec::new();
    let Ok(packet) = decode(bytes, version, &mut violations) else { return };
    let mut written = b"before".to_vec();
    match packet.encode(&mut written, version) {
        Ok(len) => {
            let (before, written) = written.split_at(b"before".len());
            assert_eq!(before, b"before");
            assert_eq!(written.len(), len);
            let mut violations_of_written = Vec::new();
            assert_eq!(decode(written, version, &mut violations_of_written), Ok(packet));
            if violations.is_empty() {
                // A Remaining Length can be written longer than necessary before MQTT 5, and 3.1 leaves some flags free;
                // the bytes behind the fixed header are the same.
                assert_eq!(violations_of_written, []);
                assert_eq!(body(written, version), body(bytes, version));
            }
        }
        Err(error) => {
            assert!(!violations.is_empty(), "a valid packet cannot be written: {error}");
            assert_eq!(written, b"before", "something was written before {error}");
        }
    }
}

fn body(bytes: &[u8], version: ProtocolVersion) -> &[u8] {
    let header = FixedHeader::decode(bytes, version).expect("it is a packet").expect("it is whole");
    &bytes[header.len..]
}
