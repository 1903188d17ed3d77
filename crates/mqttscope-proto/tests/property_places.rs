//! The properties of MQTT 5 one by one: each where it may stand, where it may not, twice, with each value, cut at each
//! byte, against tables that are written out here once more.

mod common;

use common::{bytes, check_error, check_violations};
use mqttscope_proto::ProtocolVersion::V5;
use mqttscope_proto::{
    DecodeErrorKind, PacketType, PropertyHolder, PropertyId, PropertyKind, PropertyValue, Rule, decode,
};

const WILL: PropertyHolder = PropertyHolder::Will;

const fn packet(packet_type: PacketType) -> PropertyHolder {
    PropertyHolder::Packet(packet_type)
}

/// What a packet may hold, and the section about each.
struct Place {
    holder: PropertyHolder,
    /// The packet's bytes before its properties, without the Remaining Length.
    before: &'static str,
    /// Its bytes behind them.
    behind: &'static str,
    allowed: &'static [(u8, &'static str)],
}

const PLACES: [Place; 14] = [
    Place {
        holder: packet(PacketType::Connect),
        before: "10  00 04 4d 51 54 54 05 02 00 3c",
        behind: "00 01 63",
        allowed: &[
            (0x11, "3.1.2.11.2"),
            (0x21, "3.1.2.11.3"),
            (0x27, "3.1.2.11.4"),
            (0x22, "3.1.2.11.5"),
            (0x19, "3.1.2.11.6"),
            (0x17, "3.1.2.11.7"),
            (0x26, "3.1.2.11.8"),
            (0x15, "3.1.2.11.9"),
            (0x16, "3.1.2.11.10"),
        ],
    },
    Place {
        holder: WILL,
        before: "10  00 04 4d 51 54 54 05 06 00 3c 00 00 01 63",
        behind: "00 01 77 00 01 6d",
        allowed: &[
            (0x18, "3.1.3.2.2"),
            (0x01, "3.1.3.2.3"),
            (0x02, "3.1.3.2.4"),
            (0x03, "3.1.3.2.5"),
            (0x08, "3.1.3.2.6"),
            (0x09, "3.1.3.2.7"),
            (0x26, "3.1.3.2.8"),
        ],
    },
    Place {
        holder: packet(PacketType::ConnAck),
        before: "20  00 00",
        behind: "",
        allowed: &[
            (0x11, "3.2.2.3.2"),
            (0x21, "3.2.2.3.3"),
            (0x24, "3.2.2.3.4"),
            (0x25, "3.2.2.3.5"),
            (0x27, "3.2.2.3.6"),
            (0x12, "3.2.2.3.7"),
            (0x22, "3.2.2.3.8"),
            (0x1f, "3.2.2.3.9"),
            (0x26, "3.2.2.3.10"),
            (0x28, "3.2.2.3.11"),
            (0x29, "3.2.2.3.12"),
            (0x2a, "3.2.2.3.13"),
            (0x13, "3.2.2.3.14"),
            (0x1a, "3.2.2.3.15"),
            (0x1c, "3.2.2.3.16"),
            (0x15, "3.2.2.3.17"),
            (0x16, "3.2.2.3.18"),
        ],
    },
    Place {
        holder: packet(PacketType::Publish),
        before: "30  00 01 74",
        behind: "70",
        allowed: &[
            (0x01, "3.3.2.3.2"),
            (0x02, "3.3.2.3.3"),
            (0x23, "3.3.2.3.4"),
            (0x08, "3.3.2.3.5"),
            (0x09, "3.3.2.3.6"),
            (0x26, "3.3.2.3.7"),
            (0x0b, "3.3.2.3.8"),
            (0x03, "3.3.2.3.9"),
        ],
    },
    Place {
        holder: packet(PacketType::PubAck),
        before: "40  00 01 00",
        behind: "",
        allowed: &[(0x1f, "3.4.2.2.2"), (0x26, "3.4.2.2.3")],
    },
    Place {
        holder: packet(PacketType::PubRec),
        before: "50  00 01 00",
        behind: "",
        allowed: &[(0x1f, "3.5.2.2.2"), (0x26, "3.5.2.2.3")],
    },
    Place {
        holder: packet(PacketType::PubRel),
        before: "62  00 01 00",
        behind: "",
        allowed: &[(0x1f, "3.6.2.2.2"), (0x26, "3.6.2.2.3")],
    },
    Place {
        holder: packet(PacketType::PubComp),
        before: "70  00 01 00",
        behind: "",
        allowed: &[(0x1f, "3.7.2.2.2"), (0x26, "3.7.2.2.3")],
    },
    Place {
        holder: packet(PacketType::Subscribe),
        before: "82  00 01",
        behind: "00 01 61 00",
        allowed: &[(0x0b, "3.8.2.1.2"), (0x26, "3.8.2.1.3")],
    },
    Place {
        holder: packet(PacketType::SubAck),
        before: "90  00 01",
        behind: "00",
        allowed: &[(0x1f, "3.9.2.1.2"), (0x26, "3.9.2.1.3")],
    },
    Place {
        holder: packet(PacketType::Unsubscribe),
        before: "a2  00 01",
        behind: "00 01 61",
        allowed: &[(0x26, "3.10.2.1.2")],
    },
    Place {
        holder: packet(PacketType::UnsubAck),
        before: "b0  00 01",
        behind: "00",
        allowed: &[(0x1f, "3.11.2.1.2"), (0x26, "3.11.2.1.3")],
    },
    Place {
        holder: packet(PacketType::Disconnect),
        before: "e0  00",
        behind: "",
        allowed: &[(0x11, "3.14.2.2.2"), (0x1f, "3.14.2.2.3"), (0x26, "3.14.2.2.4"), (0x1c, "3.14.2.2.5")],
    },
    Place {
        holder: packet(PacketType::Auth),
        before: "f0  18",
        behind: "",
        allowed: &[(0x15, "3.15.2.2.2"), (0x16, "3.15.2.2.3"), (0x1f, "3.15.2.2.4"), (0x26, "3.15.2.2.5")],
    },
];

impl Place {
    /// A packet with these properties, and where they begin.
    fn packet(&self, properties: &[u8]) -> (String, usize) {
        let before = bytes(self.before);
        let body = [&before[1..], &length(properties.len()), properties, &bytes(self.behind)].concat();
        let head = [&before[..1], &length(body.len())].concat();
        let at = head.len() + before.len() - 1 + length(properties.len()).len();
        (hex(&[head, body].concat()), at)
    }

    /// A valid packet with this property and what it needs beside it, and where it begins.
    fn packet_with(&self, property: &[u8], id: u8) -> (String, usize) {
        let needs_method = id == 0x16 || self.holder == packet(PacketType::Auth) && id != 0x15;
        let method: &[u8] = if needs_method { &[0x15, 0, 1, b'm'] } else { &[] };
        let may_have_method = self.section(0x15).is_some();
        self.packet(&[property, if may_have_method { method } else { &[] }].concat())
    }

    fn section(&self, id: u8) -> Option<String> {
        let (_, section) = self.allowed.iter().find(|&&(allowed, _)| allowed == id)?;
        Some(format!("MQTT 5, {section}"))
    }
}

/// A Variable Byte Integer below 16,384.
fn length(len: usize) -> Vec<u8> {
    match len {
        0..=0x7f => vec![len as u8],
        _ => vec![len as u8 | 0x80, (len >> 7) as u8],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

/// The identifiers by the form of their values (table 2-4).
const BYTES: [u8; 8] = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO_BYTES: [u8; 4] = [0x13, 0x21, 0x22, 0x23];
const FOUR_BYTES: [u8; 4] = [0x02, 0x11, 0x18, 0x27];
const TEXTS: [u8; 7] = [0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, 0x1f];
const BINARY: [u8; 2] = [0x09, 0x16];

/// The property with a value that no rule forbids, and that value.
fn property(id: u8) -> (Vec<u8>, PropertyValue<'static>) {
    let (value, expected): (&[u8], _) = match id {
        _ if BYTES.contains(&id) => (&[1], PropertyValue::Number(1)),
        _ if TWO_BYTES.contains(&id) => (&[0x01, 0x02], PropertyValue::Number(0x0102)),
        _ if FOUR_BYTES.contains(&id) => (&[1, 2, 3, 4], PropertyValue::Number(0x0102_0304)),
        _ if TEXTS.contains(&id) => (&[0, 2, b'x', b'y'], PropertyValue::Text("xy".into())),
        _ if BINARY.contains(&id) => (&[0, 2, 0, 0xff], PropertyValue::Binary(&[0, 0xff])),
        0x0b => (&[0x80, 0x01], PropertyValue::Number(128)),
        0x26 => (&[0, 1, b'n', 0, 2, b'v', b'w'], PropertyValue::Pair("n".into(), "vw".into())),
        _ => panic!("{id:#04x} is no property"),
    };
    ([&[id], value].concat(), expected)
}

fn id_of(number: u8) -> PropertyId {
    PropertyId::from_number(number.into()).expect("it is a property")
}

#[test]
fn there_are_27_properties_of_7_kinds() {
    let kind = |id: PropertyId| id.kind();
    for (numbers, expected) in [
        (&BYTES[..], PropertyKind::Byte),
        (&TWO_BYTES, PropertyKind::TwoByte),
        (&FOUR_BYTES, PropertyKind::FourByte),
        (&TEXTS, PropertyKind::Text),
        (&BINARY, PropertyKind::Binary),
        (&[0x0b], PropertyKind::VariableByte),
        (&[0x26], PropertyKind::Pair),
    ] {
        assert!(numbers.iter().all(|&number| kind(id_of(number)) == expected), "{expected:?}");
    }
    assert_eq!(PropertyId::ALL.len(), 27);
    assert_eq!(BYTES.len() + TWO_BYTES.len() + FOUR_BYTES.len() + TEXTS.len() + BINARY.len() + 2, 27);
}

#[test]
fn each_property_stands_in_its_packets_and_in_no_other() {
    for place in &PLACES {
        for id in PropertyId::ALL {
            let (number, holder) = (id.number(), place.holder);
            let (property, value) = property(number);
            let (hex, at) = place.packet_with(&property, number);
            let may_stand = place.section(number).is_some();
            assert_eq!(id.is_of(holder), may_stand, "{id} in {holder}");
            if may_stand {
                check_violations(&hex, V5, &[]);
            } else {
                let rule = Rule::PropertyMisplaced { property: id, holder };
                check_violations(&hex, V5, &[(at, rule)]);
                assert_eq!(rule.clause(V5), "MQTT 5, 2.2.2.2");
            }
            // What is misplaced is shown as well.
            let bytes = bytes(&hex);
            let packet = decode(&bytes, V5, &mut ()).expect("it is a packet");
            let properties = match (holder, packet) {
                (PropertyHolder::Will, mqttscope_proto::Packet::Connect(connect)) => {
                    connect.will.expect("it has a will").properties
                }
                (_, packet) => packet.properties(),
            };
            assert_eq!(properties.get(id), Some(value), "{hex}");
        }
    }
}

#[test]
fn each_property_but_two_comes_once() {
    for place in &PLACES {
        for &(number, _) in place.allowed {
            let (id, holder) = (id_of(number), place.holder);
            let (property, _) = property(number);
            let (hex, at) = place.packet_with(&property.repeat(2), number);
            let second = at + property.len();
            let repeats = number == 0x26 || number == 0x0b && holder == packet(PacketType::Publish);
            if repeats {
                check_violations(&hex, V5, &[]);
                continue;
            }
            let rule = Rule::PropertyTwice { property: id, holder };
            check_violations(&hex, V5, &[(second, rule)]);
            assert_eq!(Some(rule.clause(V5).to_owned()), place.section(number));
            // A third time is a fault of its own, and what is between does not matter.
            let user = [0x26, 0, 0, 0, 0];
            let (hex, at) = place.packet_with(&[&property, &user[..], &property, &property].concat(), number);
            let (second, third) = (at + property.len() + 5, at + 2 * property.len() + 5);
            check_violations(&hex, V5, &[(second, rule), (third, rule)]);
        }
    }
}

#[test]
fn each_number_that_a_property_must_not_have() {
    for place in &PLACES {
        for &(number, _) in place.allowed {
            let (id, holder) = (id_of(number), place.holder);
            let check_number = |value: &[u8], number_of: u32, is_valid: bool| {
                let (hex, at) = place.packet_with(&[&[number], value].concat(), number);
                let rule = Rule::PropertyNumber { property: id, number: number_of, holder };
                let broken = [(at + 1, rule)];
                check_violations(&hex, V5, if is_valid { &[] } else { &broken });
                assert_eq!(id.forbids(number_of), !is_valid);
                let clause =
                    if number == 0x23 { Some("[MQTT-3.3.2-8]".to_owned()) } else { place.section(number) };
                assert_eq!(Some(rule.clause(V5).to_owned()), clause);
            };
            if BYTES.contains(&number) {
                for value in 0..=u8::MAX {
                    check_number(&[value], value.into(), value < 2);
                }
            } else if TWO_BYTES.contains(&number) {
                let zero_is_valid = matches!(number, 0x13 | 0x22);
                for (value, is_valid) in [(0, zero_is_valid), (1, true), (u16::MAX, true)] {
                    check_number(&value.to_be_bytes(), value.into(), is_valid);
                }
            } else if FOUR_BYTES.contains(&number) {
                for (value, is_valid) in [(0, number != 0x27), (1, true), (u32::MAX, true)] {
                    check_number(&value.to_be_bytes(), value, is_valid);
                }
            } else if number == 0x0b {
                check_number(&[0], 0, false);
                check_number(&[0xff, 0xff, 0xff, 0x7f], 268_435_455, true);
            }
        }
    }
}

#[test]
fn a_property_ends_within_the_property_length() {
    for place in &PLACES {
        for id in PropertyId::ALL {
            let (property, _) = property(id.number());
            for cut in 1..property.len() {
                // The Property Length leads to the cut, and other fields follow.
                let (hex, at) = place.packet(&property[..cut]);
                let bytes = bytes(&hex);
                let error = decode(&bytes, V5, &mut ()).expect_err("it is cut");
                assert!((at..at + cut).contains(&error.offset), "{hex}: {error:?}");
                let DecodeErrorKind::FieldTooLong { field, needed, available } = error.kind else {
                    panic!("{hex}: {error:?}");
                };
                assert_eq!(field, id.title());
                assert!(needed > available && available <= cut, "{hex}: {error:?}");
                check_error(&hex, V5, error.offset, error.kind);
            }
        }
    }
}

#[test]
fn behind_an_unknown_identifier_nothing_can_be_read() {
    let known: Vec<_> = PropertyId::ALL.iter().map(|id| id.number()).collect();
    for number in (0..0x80).filter(|number| !known.contains(number)) {
        for place in &PLACES {
            let (hex, at) = place.packet(&[0x26, 0, 0, 0, 0, number, 0]);
            let kind = DecodeErrorKind::UnknownProperty(number.into());
            check_error(&hex, V5, at + 5, kind);
            assert_eq!(kind.clause(V5), "MQTT 5, 2.2.2.2");
        }
    }
    // An identifier of two bytes, which none of today has.
    let (hex, at) = PLACES[3].packet(&[0x80, 0x01, 0]);
    check_error(&hex, V5, at, DecodeErrorKind::UnknownProperty(0x80));
}

#[test]
fn texts_of_properties_are_utf_8_without_nul() {
    let faults: [(&[u8], usize, Rule); 4] = [
        (b"\0\x03a\xc3\x28", 3, Rule::IllFormedUtf8),
        (b"\0\x03a\xc0\x80", 3, Rule::IllFormedUtf8),
        (b"\0\x04a\xed\xa0\x80", 3, Rule::Surrogate),
        (b"\0\x02a\0", 3, Rule::Nul),
    ];
    let valid: [&[u8]; 4] = [b"\0\x01\x01", b"\0\x02\xc2\x80", b"\0\x03\xef\xbf\xbe", b"\0\x03\xef\xbb\xbf"];
    for place in &PLACES {
        for &(number, _) in place.allowed {
            if number == 0x26 {
                for (text, at, rule) in faults {
                    // The name, and the value behind a name of one letter.
                    let (hex, start) = place.packet_with(&[&[0x26], text, b"\0\0"].concat(), number);
                    check_violations(&hex, V5, &[(start + 1 + at, rule)]);
                    let (hex, start) = place.packet_with(&[&[0x26], &b"\0\x01n"[..], text].concat(), number);
                    check_violations(&hex, V5, &[(start + 4 + at, rule)]);
                }
                for text in valid {
                    let (hex, _) = place.packet_with(&[&[0x26], text, text].concat(), number);
                    check_violations(&hex, V5, &[]);
                }
            } else if TEXTS.contains(&number) {
                for (text, at, rule) in faults {
                    let (hex, start) = place.packet_with(&[&[number], text].concat(), number);
                    check_violations(&hex, V5, &[(start + 1 + at, rule)]);
                }
                for text in valid {
                    let (hex, _) = place.packet_with(&[&[number], text].concat(), number);
                    check_violations(&hex, V5, &[]);
                }
                // Empty ones say little, but only a Response Topic must not be one.
                let (hex, start) = place.packet_with(&[number, 0, 0], number);
                let empty = [(start + 1, Rule::TopicEmpty)];
                check_violations(&hex, V5, if number == 0x08 { &empty } else { &[] });
            } else if BINARY.contains(&number) {
                let (hex, _) = place.packet_with(&[number, 0, 2, 0, 0xff], number);
                check_violations(&hex, V5, &[]);
            }
        }
    }
}

#[test]
fn a_response_topic_has_no_wildcards() {
    for (place, clause) in [(&PLACES[1], "[MQTT-4.7.0-1]"), (&PLACES[3], "[MQTT-3.3.2-14]")] {
        for (topic, offset) in [(&b"\0\x01#"[..], 3), (b"\0\x01+", 3), (b"\0\x03a/#", 5), (b"\0\x02a+", 4)] {
            let (hex, start) = place.packet(&[&[0x08], topic].concat());
            let rule = Rule::WildcardInResponseTopic(place.holder);
            check_violations(&hex, V5, &[(start + offset, rule)]);
            assert_eq!(rule.clause(V5), clause);
        }
    }
}

#[test]
fn several_faults_are_told_in_the_order_of_the_bytes() {
    let place = &PLACES[3];
    // Receive Maximum does not belong there, alias 0, the format twice and with 7.
    let (hex, at) = place.packet(&[0x01, 0, 0x21, 0, 1, 0x23, 0, 0, 0x01, 7]);
    let holder = place.holder;
    check_violations(
        &hex,
        V5,
        &[
            (at + 2, Rule::PropertyMisplaced { property: PropertyId::ReceiveMaximum, holder }),
            (at + 6, Rule::PropertyNumber { property: PropertyId::TopicAlias, number: 0, holder }),
            (at + 8, Rule::PropertyTwice { property: PropertyId::PayloadFormatIndicator, holder }),
            (
                at + 9,
                Rule::PropertyNumber { property: PropertyId::PayloadFormatIndicator, number: 7, holder },
            ),
        ],
    );
}
