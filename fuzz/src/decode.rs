//! Any bytes: the decoder answers without a panic, and points into the packet.

use mqttscope_proto::{DecodeErrorKind, Frame, Packet, Violation, decode, redact_password};

/// Runs the target. The input is a version and bytes.
pub fn run(data: &[u8]) {
    let Some((version, bytes)) = super::split_version(data) else { return };
    let mut violations = Vec::new();
    let decoded = decode(bytes, version, &mut violations);
    match &decoded {
        // The byte that is missing is the one behind the last.
        Err(error) if matches!(error.kind, DecodeErrorKind::Incomplete { .. }) => {
            assert!(error.offset <= bytes.len(), "{error:?}");
        }
        Err(error) => assert!(error.offset < bytes.len(), "{error:?}"),
        Ok(packet) => {
            assert!(!format!("{packet:?}").is_empty());
            check_redaction(bytes, packet);
        }
    }
    for violation in &violations {
        assert!(violation.offset < bytes.len(), "{violation:?}");
        assert!(violation.rule.clause(version).contains("MQTT"), "{violation:?} has no clause");
    }
    // Who listens to the violations does not change what is decoded.
    let mut first: Option<Violation> = None;
    assert_eq!(decode(bytes, version, &mut first), decoded);
    assert_eq!(first, violations.first().copied());
    assert_eq!(decode(bytes, version, &mut ()), decoded);
    if let Ok(Some((frame, _))) = Frame::split(bytes)
        && frame.bytes().len() == bytes.len()
    {
        assert_eq!(frame.decode(version, &mut ()), decoded);
    }
}

/// A redacted packet is the same packet, with stars for a password.
fn check_redaction(bytes: &[u8], packet: &Packet<'_>) {
    let mut redacted = bytes.to_vec();
    let found = redact_password(&mut redacted);
    let Packet::Connect(connect) = packet else {
        assert!(!found && redacted == bytes, "only a CONNECT has a password");
        return;
    };
    let version = connect.version().expect("only known levels are decoded");
    let Ok(Packet::Connect(after)) = decode(&redacted, version, &mut ()) else {
        panic!("redaction makes {redacted:02x?} of {connect:?}");
    };
    assert_eq!(after.password.map(<[u8]>::len), connect.password.map(<[u8]>::len));
    assert!(after.password.is_none_or(|password| password.iter().all(|&byte| byte == b'*')));
    let mut connect = *connect;
    connect.password = after.password;
    assert_eq!(after, connect);
}
