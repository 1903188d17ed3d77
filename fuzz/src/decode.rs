//! Any bytes: the decoder answers without a panic, and points into the packet.

use mqttscope_proto::{
    DecodeErrorKind, Frame, Packet, Properties, PropertyId, PropertyValue, ProtocolVersion, Violation,
    decode, redact_secrets,
};

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
            check_redaction(bytes, packet, version);
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
    if let Ok(Some((frame, _))) = Frame::split(bytes, version)
        && frame.bytes().len() == bytes.len()
    {
        assert_eq!(frame.decode(version, &mut ()), decoded);
    }
}

/// A redacted packet is the same packet, with stars for its secrets.
fn check_redaction(bytes: &[u8], packet: &Packet<'_>, version: ProtocolVersion) {
    let mut redacted = bytes.to_vec();
    let found = redact_secrets(&mut redacted);
    let changed = bytes.iter().zip(&redacted).filter(|(before, after)| before != after);
    let (mut count, mut hidden) = (0, 0);
    for (_, &after) in changed {
        assert_eq!(after, b'*');
        count += 1;
    }
    let Ok(after) = decode(&redacted, version, &mut ()) else {
        panic!("redaction makes {redacted:02x?} of {packet:?}");
    };
    assert_eq!(after.packet_type(), packet.packet_type());
    for secret in secrets(&after) {
        assert!(secret.iter().all(|&byte| byte == b'*'), "{after:?}");
        hidden += secret.len();
    }
    assert_eq!(found, hidden > 0, "{packet:?}");
    assert!(count <= hidden, "more than the secrets was changed: {after:?} for {packet:?}");
    assert!(secrets(packet).map(<[u8]>::len).eq(secrets(&after).map(<[u8]>::len)));
}

/// The password and the Authentication Data of a packet, in which only some have a place for them.
fn secrets<'a>(packet: &Packet<'a>) -> impl Iterator<Item = &'a [u8]> {
    let password = match packet {
        Packet::Connect(connect) => connect.password,
        _ => None,
    };
    let may_have_data = matches!(packet, Packet::Connect(_) | Packet::ConnAck(_) | Packet::Auth(_));
    let properties = if may_have_data { packet.properties() } else { Properties::NONE };
    let data = properties.into_iter().filter(|property| property.id == PropertyId::AuthenticationData);
    let data = data.filter_map(|property| match property.value {
        PropertyValue::Binary(bytes) => Some(bytes),
        _ => None,
    });
    password.into_iter().chain(data)
}
