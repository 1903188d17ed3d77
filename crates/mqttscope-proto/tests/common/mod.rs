//! Drivers for vectors of bytes.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod broker;
pub mod client;
pub mod corpus;
pub mod strategy;
pub mod strategy5;

use mqttscope_proto::{
    DecodeError, DecodeErrorKind, Deframer, FieldValue, Frame, Packet, ProtocolVersion, Rule, Violation,
    decode, dissect,
};

/// The bytes of hex digits; each line may end in words, behind several blanks.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .lines()
        .map(|line| line.trim().split("      ").next().unwrap_or_default())
        .flat_map(|line| line.bytes().filter(|byte| !byte.is_ascii_whitespace()))
        .collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("hex is ASCII"), 16);
    digits.chunks(2).map(|pair| byte(pair).expect("the vector is hex")).collect()
}

/// The bytes are this packet, keep all rules, and are what the packet is written as; cut anywhere, they are no
/// packet yet, and in two pieces they are the same packet.
pub fn check(hex: &str, version: ProtocolVersion, expected: Packet<'_>) {
    let bytes = bytes(hex);
    let mut violations = Vec::new();
    corpus::seed("roundtrip", version, &bytes);
    assert_eq!(decode(&bytes, version, &mut violations), Ok(expected), "{hex}");
    assert_eq!(violations, [], "{hex}");
    let mut written = Vec::new();
    assert_eq!(expected.encode(&mut written, version), Ok(bytes.len()), "{hex}");
    assert_eq!(written, bytes, "{hex}");
    check_cuts(&bytes, version, expected);
    check_fields(&bytes, version);
}

/// The bytes are a packet that breaks these rules, at these offsets.
pub fn check_violations(hex: &str, version: ProtocolVersion, expected: &[(usize, Rule)]) {
    let bytes = bytes(hex);
    corpus::seed("dissect", version, &bytes);
    let mut violations = Vec::new();
    let packet = decode(&bytes, version, &mut violations).unwrap_or_else(|error| panic!("{hex}: {error}"));
    let expected: Vec<_> = expected.iter().map(|&(offset, rule)| Violation { offset, rule }).collect();
    assert_eq!(violations, expected, "{hex}");
    for violation in violations {
        let clause = violation.rule.clause(version);
        assert!(clause.contains("MQTT"), "{violation} has no clause");
        assert!(violation.offset < bytes.len(), "{violation} points at no byte");
    }
    check_cuts(&bytes, version, packet);
    check_fields(&bytes, version);
}

/// The bytes cannot be decoded, from this offset on.
pub fn check_error(hex: &str, version: ProtocolVersion, offset: usize, kind: DecodeErrorKind) {
    let bytes = bytes(hex);
    corpus::seed("decode", version, &bytes);
    let expected = DecodeError { offset, kind };
    assert_eq!(decode(&bytes, version, &mut ()), Err(expected), "{hex}");
    assert!(offset < bytes.len(), "{hex}: the error points at no byte");
    check_fields(&bytes, version);
}

fn check_cuts(bytes: &[u8], version: ProtocolVersion, expected: Packet<'_>) {
    for cut in 0..bytes.len() {
        let (start, end) = bytes.split_at(cut);
        assert_eq!(Frame::split(start, version), Ok(None), "cut at {cut}");
        check_fields(start, version);
        let mut deframer = Deframer::new();
        let mut piece = start;
        assert_eq!(deframer.next_frame(&mut piece, version), Ok(None), "cut at {cut}");
        let mut piece = end;
        let frame = deframer
            .next_frame(&mut piece, version)
            .expect("the packet is valid")
            .expect("the packet is whole");
        assert_eq!(frame.decode(version, &mut ()), Ok(expected), "cut at {cut}");
    }
}

/// The dissection has the decoder's verdict, and every byte in exactly one field without parts.
pub fn check_fields(bytes: &[u8], version: ProtocolVersion) {
    let mut violations = Vec::new();
    let decoded = decode(bytes, version, &mut violations);
    let dissection = dissect(bytes, version);
    assert_eq!(dissection.error, decoded.err());
    if dissection.error.is_none() {
        assert_eq!(dissection.violations, violations);
    }
    let mut end = 0;
    for (index, field) in dissection.fields.iter().enumerate() {
        assert_eq!(field.range.start, end, "{field:?} leaves a gap or overlaps: {dissection:?}");
        assert!(!field.range.is_empty(), "{field:?} is empty");
        let next = dissection.fields.get(index + 1);
        let has_parts = next.is_some_and(|next| next.depth > field.depth);
        if has_parts {
            let next = next.expect("there is a part");
            assert_eq!(next.depth, field.depth + 1);
            assert!(next.range.end <= field.range.end, "{next:?} is not inside {field:?}");
        } else {
            end = field.range.end;
        }
        if let FieldValue::Bytes(value) = field.value {
            assert_eq!(value, &bytes[field.range.end - value.len()..field.range.end]);
        }
    }
    assert_eq!(end, bytes.len(), "the fields end before the bytes: {dissection:?}");
}
