//! What a field that is a list can be set to: each entry with the value that it stands for, so that nothing needs to read
//! a text that was chosen.

use mqttscope_message::Format;
use mqttscope_proto::{ProtocolVersion, Qos, ReasonCode};

/// An entry of a list.
#[derive(Debug)]
pub struct Choice<T> {
    /// Its name in the document, in a link and in what is remembered.
    pub name: &'static str,
    /// Its words on the page.
    pub words: &'static str,
    /// What it stands for.
    pub value: T,
}

/// The entries of a list, whatever they stand for. The first one is the default.
pub trait Options: Sync {
    /// Name and words of an entry.
    fn at(&self, at: usize) -> Option<(&'static str, &'static str)>;

    /// The place of the entry of that name.
    fn find(&self, name: &str) -> Option<usize> {
        (0..).map_while(|at| self.at(at)).position(|(own, _)| own == name)
    }
}

impl<T: Sync, const N: usize> Options for [Choice<T>; N] {
    fn at(&self, at: usize) -> Option<(&'static str, &'static str)> {
        self.get(at).map(|choice| (choice.name, choice.words))
    }
}

/// The versions of the protocol.
pub static VERSIONS: [Choice<ProtocolVersion>; 3] = [
    Choice { name: "3.1", words: "3.1", value: ProtocolVersion::V31 },
    Choice { name: "3.1.1", words: "3.1.1", value: ProtocolVersion::V311 },
    Choice { name: "5", words: "5", value: ProtocolVersion::V5 },
];

/// The levels of QoS.
pub static QOS_LEVELS: [Choice<Qos>; 3] = [
    Choice { name: "0", words: "0 at most once", value: Qos::AtMostOnce },
    Choice { name: "1", words: "1 at least once", value: Qos::AtLeastOnce },
    Choice { name: "2", words: "2 exactly once", value: Qos::ExactlyOnce },
];

/// How the text of a message stands for its bytes.
pub static MESSAGE_FORMATS: [Choice<Format>; 6] = [
    Choice { name: "text", words: "Text", value: Format::Text },
    Choice { name: "json", words: "JSON", value: Format::Json },
    Choice { name: "hex", words: "Hex", value: Format::Hex },
    Choice { name: "base64", words: "Base64", value: Format::Base64 },
    Choice { name: "cbor", words: "CBOR from JSON", value: Format::Cbor },
    Choice { name: "messagepack", words: "MessagePack from JSON", value: Format::MessagePack },
];

/// A property that is 0, 1, or not there: its name is what is sent.
pub(crate) static FLAGS: [Choice<()>; 3] = [
    Choice { name: "", words: "not sent", value: () },
    Choice { name: "0", words: "0 no", value: () },
    Choice { name: "1", words: "1 yes", value: () },
];

/// The same of the Payload Format Indicator.
pub(crate) static PAYLOAD_FORMATS: [Choice<()>; 3] = [
    Choice { name: "", words: "not sent", value: () },
    Choice { name: "0", words: "0 bytes", value: () },
    Choice { name: "1", words: "1 UTF-8 text", value: () },
];

/// When a server is to send the messages that it retains (MQTT 5, 3.8.3.1).
pub static RETAIN_HANDLING: [Choice<u8>; 3] = [
    Choice { name: "0", words: "0 send retained messages", value: 0 },
    Choice { name: "1", words: "1 only for a new subscription", value: 1 },
    Choice { name: "2", words: "2 send none", value: 2 },
];

/// The reason codes that a client may send in DISCONNECT (MQTT 5, table 3-10).
pub static DISCONNECT_REASONS: [Choice<ReasonCode>; 14] = [
    Choice { name: "0x00", words: "0x00 Normal disconnection", value: ReasonCode(0x00) },
    Choice { name: "0x04", words: "0x04 Disconnect with Will Message", value: ReasonCode(0x04) },
    Choice { name: "0x80", words: "0x80 Unspecified error", value: ReasonCode(0x80) },
    Choice { name: "0x81", words: "0x81 Malformed Packet", value: ReasonCode(0x81) },
    Choice { name: "0x82", words: "0x82 Protocol Error", value: ReasonCode(0x82) },
    Choice { name: "0x83", words: "0x83 Implementation specific error", value: ReasonCode(0x83) },
    Choice { name: "0x90", words: "0x90 Topic Name invalid", value: ReasonCode(0x90) },
    Choice { name: "0x93", words: "0x93 Receive Maximum exceeded", value: ReasonCode(0x93) },
    Choice { name: "0x94", words: "0x94 Topic Alias invalid", value: ReasonCode(0x94) },
    Choice { name: "0x95", words: "0x95 Packet too large", value: ReasonCode(0x95) },
    Choice { name: "0x96", words: "0x96 Message rate too high", value: ReasonCode(0x96) },
    Choice { name: "0x97", words: "0x97 Quota exceeded", value: ReasonCode(0x97) },
    Choice { name: "0x98", words: "0x98 Administrative action", value: ReasonCode(0x98) },
    Choice { name: "0x99", words: "0x99 Payload format invalid", value: ReasonCode(0x99) },
];

/// The formats of an export, each named by its extension.
pub(crate) static EXPORT_FORMATS: [Choice<()>; 4] = [
    Choice { name: "pcapng", words: "pcapng, for Wireshark", value: () },
    Choice { name: "jsonl", words: "JSON Lines", value: () },
    Choice { name: "csv", words: "CSV", value: () },
    Choice { name: "bin", words: "Raw bytes of the packets", value: () },
];

/// What of the log is exported.
pub(crate) static EXPORT_ROWS: [Choice<()>; 2] = [
    Choice { name: "all", words: "The whole log", value: () },
    Choice { name: "found", words: "What the filter finds", value: () },
];

/// What a capture does to the log.
pub(crate) static IMPORT_MODES: [Choice<()>; 2] = [
    Choice { name: "replace", words: "Take its place", value: () },
    Choice { name: "add", words: "Add to it", value: () },
];

#[cfg(test)]
mod tests {
    use mqttscope_proto::PacketType;

    use super::*;

    #[test]
    fn reasons_have_the_names_of_the_specification() {
        for Choice { name, words, value } in &DISCONNECT_REASONS {
            assert_eq!(*name, value.to_string());
            let title = value.name(PacketType::Disconnect).expect("a code of DISCONNECT");
            assert_eq!(*words, [name, " ", title].concat());
        }
    }
}
