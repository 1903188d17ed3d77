//! From a module that runs apart to the one that has the log: messages as plain bytes.
//!
//! Files are read, CBOR and MessagePack shown, and payloads compared, by a module that is loaded when it is first used and runs in a
//! worker. It shares no memory with the page, and so whatever it makes goes over as bytes: a [`Message`]. A file's
//! records go over in pieces, are dropped where they were made, and are appended to the page's log by an [`Appender`].
//!
//! Both modules come from one build. Where they do not, [`VERSION`] tells, and bytes that are no message are `None`.

mod lines;
#[cfg(feature = "import")]
mod reading;
mod records;

#[cfg(feature = "binary")]
pub use lines::view;
pub use lines::{Binary, Lines};
pub use mqttscope_compare::{Comparison, How};
#[cfg(feature = "import")]
pub use reading::Reading;
pub use records::{Appender, write_records};

/// Of this form of messages, and of what is asked for. It changes whenever they do.
pub const VERSION: u32 = 5;

/// What the module that runs apart says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// More records of the file, for [`Appender::append`].
    Records(&'a [u8]),
    /// So many bytes of the file were read, and their records are over.
    Read(u64),
    /// The file was read.
    Ended(Ended),
    /// A payload, as it was asked for.
    Lines(Lines),
    /// Two payloads, as they were asked to be compared.
    Compared(Comparison),
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// MQTT packets that were read.
    pub packets: u32,
    /// Connections that are MQTT.
    pub connections: u32,
    /// The file is broken, at a place that the words name.
    pub is_broken: bool,
    /// All of it as a few sentences.
    pub words: String,
}

impl<'a> Message<'a> {
    /// Reads a message.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        match tag {
            RECORDS => Some(Self::Records(rest)),
            READ => Some(Self::Read(u64::from_le_bytes(*rest.as_array()?))),
            ENDED => Ended::read(rest).map(Self::Ended),
            LINES => Lines::read(rest).map(Self::Lines),
            COMPARED => Comparison::read(rest).map(Self::Compared),
            _ => None,
        }
    }
}

impl Ended {
    fn read(mut bytes: &[u8]) -> Option<Self> {
        let packets = take_u32(&mut bytes)?;
        let connections = take_u32(&mut bytes)?;
        let (&broken, words) = bytes.split_first()?;
        let words = std::str::from_utf8(words).ok()?.into();
        Some(Self { packets, connections, is_broken: broken != 0, words })
    }
}

/// What asks for two payloads to be compared, for [`view`].
#[must_use]
pub fn compare_request(how: How, old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut request = vec![COMPARED];
    mqttscope_compare::write_request(how, old, new, &mut request);
    request
}

fn take<const LEN: usize>(bytes: &mut &[u8]) -> Option<[u8; LEN]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_le_bytes)
}

fn take_slice<'a>(bytes: &mut &'a [u8], len: u32) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len as usize)?;
    *bytes = rest;
    Some(taken)
}

const RECORDS: u8 = b'r';
const READ: u8 = b'n';
const ENDED: u8 = b'e';
const LINES: u8 = b'l';
const COMPARED: u8 = b'd';
