//! What a field that is a list can be set to: each entry with the value that it stands for, so that nothing needs to read
//! a text that was chosen.

use mqttscope_proto::{ProtocolVersion, Qos};

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
pub static VERSIONS: [Choice<ProtocolVersion>; 2] = [
    Choice { name: "3.1", words: "3.1", value: ProtocolVersion::V31 },
    Choice { name: "3.1.1", words: "3.1.1", value: ProtocolVersion::V311 },
];

/// The levels of QoS.
pub static QOS_LEVELS: [Choice<Qos>; 3] = [
    Choice { name: "0", words: "0 at most once", value: Qos::AtMostOnce },
    Choice { name: "1", words: "1 at least once", value: Qos::AtLeastOnce },
    Choice { name: "2", words: "2 exactly once", value: Qos::ExactlyOnce },
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
