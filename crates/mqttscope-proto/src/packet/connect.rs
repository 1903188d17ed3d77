//! CONNECT: who the client is, and what it asks of the server.

use alloc::vec::Vec;

use super::Properties;
use crate::clause::Clauses;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::field::{BitDef, FieldDef, Meaning, common};
use crate::frame::FixedHeader;
use crate::property::PropertyHolder;
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::text::Text;
use crate::topic;
use crate::types::{KeepAlive, PacketType, ProtocolVersion, Qos};
use crate::writer;

/// CONNECT: the first packet of a client (MQTT 3.1, CONNECT; MQTT 3.1.1, 3.1; MQTT 5, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connect<'a> {
    /// `MQIsdp` for 3.1, `MQTT` for 3.1.1 and 5.
    pub protocol_name: Text<'a>,
    /// 3 for 3.1, 4 for 3.1.1, 5 for 5. Bridges of some brokers set bit 7 as well.
    pub protocol_level: u8,
    /// Start without what the server remembers of this client: "Clean Start" in MQTT 5, where the session outlives the
    /// connection by its expiry interval and not by this flag.
    pub clean_session: bool,
    /// Keep alive.
    pub keep_alive: KeepAlive,
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// Client identifier.
    pub client_id: Text<'a>,
    /// The message that the server publishes when the connection is lost.
    pub will: Option<Will<'a>>,
    /// User name.
    pub username: Option<Text<'a>>,
    /// Password.
    pub password: Option<&'a [u8]>,
    /// Connect flags that the fields above do not account for.
    ///
    /// Reserved bits, will bits without a will, a user name or password flag whose string is missing. 0 in
    /// packets that keep the rules of 3.1.1 and 5; kept, so that what came can be written again.
    pub stray_flags: u8,
}

/// The will of a CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Will<'a> {
    /// Properties (MQTT 5).
    pub properties: Properties<'a>,
    /// Topic name.
    pub topic: Text<'a>,
    /// Message: text in 3.1, any bytes later.
    pub message: &'a [u8],
    /// QoS, 0 to 2, or the reserved 3 that a peer sent.
    pub qos: u8,
    /// The server retains the message.
    pub retain: bool,
}

impl<'a> Connect<'a> {
    /// The version that the protocol level names, `None` where it is not known.
    #[must_use]
    pub const fn version(&self) -> Option<ProtocolVersion> {
        ProtocolVersion::from_level(self.protocol_level & !BRIDGE)
    }

    pub(crate) fn read<T: Trace<'a>>(
        header: FixedHeader,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        reader.open(&common::VARIABLE_HEADER);
        let protocol_name = reader.text(&PROTOCOL_NAME)?;
        let protocol_level = reader.u8(&PROTOCOL_LEVEL)?;
        let Some(version) = ProtocolVersion::from_level(protocol_level & !BRIDGE) else {
            let kind = DecodeErrorKind::UnknownProtocolLevel(protocol_level);
            return Err(DecodeError { offset: reader.pos() - 1, kind });
        };
        super::check_header(header, version, reader);
        if protocol_name != version.protocol_name() || protocol_level & BRIDGE != 0 {
            reader.violation(reader.pos() - 1, Rule::ProtocolNameAndLevel(protocol_level));
        }
        let flags = reader.u8(match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => &CONNECT_FLAGS,
            ProtocolVersion::V5 => &CONNECT_FLAGS_5,
        })?;
        let flags_at = reader.pos() - 1;
        check_connect_flags(flags, version, reader);
        let keep_alive = KeepAlive::from_secs(reader.u16(&KEEP_ALIVE)?);
        let properties = reader.properties_of(PacketType::Connect, version)?;
        reader.close();

        reader.open(&common::PAYLOAD);
        let clean_session = flags & CLEAN_SESSION != 0;
        let client_id = read_client_id(version, clean_session, reader)?;
        let will = if flags & WILL != 0 { Some(read_will(flags, version, reader)?) } else { None };
        // In 3.1 the Remaining Length takes precedence over a flag whose string is missing (MQTT 3.1, CONNECT, User
        // Name and Password); later that is a fault of the flag.
        let follows = |flag: u8, missing: Rule, reader: &mut Reader<'a, '_, T>| {
            let is_missing = reader.remaining() == 0;
            if flags & flag != 0 && is_missing {
                match version {
                    ProtocolVersion::V31 => {}
                    ProtocolVersion::V311 | ProtocolVersion::V5 => reader.violation(flags_at, missing),
                }
            }
            flags & flag != 0 && !is_missing
        };
        let username = if follows(USERNAME_FLAG, Rule::UsernameMissing, reader) {
            Some(read_text(&USER_NAME, version, reader)?)
        } else {
            None
        };
        let password = if follows(PASSWORD_FLAG, Rule::PasswordMissing, reader) {
            Some(reader.binary(&PASSWORD)?)
        } else {
            None
        };
        reader.close();
        reader.nothing_follows();
        let mut connect = Self {
            protocol_name,
            protocol_level,
            clean_session,
            keep_alive,
            properties,
            client_id,
            will,
            username,
            password,
            stray_flags: 0,
        };
        connect.stray_flags = flags & !connect.flags();
        Ok(connect)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Some(version) = self.version() else {
            return Err(EncodeError::UnknownProtocolLevel(self.protocol_level));
        };
        let name = self.protocol_name.as_bytes();
        let mut len = writer::prefixed_len(&PROTOCOL_NAME, name)? + 4;
        len += writer::properties_len(self.properties, version)?;
        len += writer::prefixed_len(&CLIENT_ID, self.client_id.as_bytes())?;
        if let Some(will) = &self.will {
            Qos::from_u8(will.qos).ok_or(EncodeError::InvalidQos(will.qos))?;
            len += writer::properties_len(will.properties, version)?;
            len += writer::prefixed_len(&WILL_TOPIC, will.topic.as_bytes())?;
            len += writer::prefixed_len(&WILL_MESSAGE, will.message)?;
        }
        if let Some(username) = &self.username {
            len += writer::prefixed_len(&USER_NAME, username.as_bytes())?;
        }
        if let Some(password) = self.password {
            len += writer::prefixed_len(&PASSWORD, password)?;
        }
        writer::start(out, PacketType::Connect.first_byte(), len)?;
        writer::put_prefixed(out, name);
        out.extend_from_slice(&[self.protocol_level, self.flags()]);
        out.extend_from_slice(&self.keep_alive.as_secs().to_be_bytes());
        writer::put_properties(out, self.properties, version);
        writer::put_prefixed(out, self.client_id.as_bytes());
        if let Some(will) = &self.will {
            writer::put_properties(out, will.properties, version);
            writer::put_prefixed(out, will.topic.as_bytes());
            writer::put_prefixed(out, will.message);
        }
        if let Some(username) = &self.username {
            writer::put_prefixed(out, username.as_bytes());
        }
        if let Some(password) = self.password {
            writer::put_prefixed(out, password);
        }
        Ok(())
    }

    /// The connect flags byte.
    fn flags(&self) -> u8 {
        let flag = |set: bool, mask: u8| if set { mask } else { 0 };
        let will = self.will.map_or(0, |will| WILL | (will.qos & 3) << 3 | flag(will.retain, WILL_RETAIN));
        flag(self.clean_session, CLEAN_SESSION)
            | will
            | flag(self.password.is_some(), PASSWORD_FLAG)
            | flag(self.username.is_some(), USERNAME_FLAG)
            | self.stray_flags
    }
}

fn check_connect_flags<'a, T: Trace<'a>>(
    flags: u8,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) {
    let at = reader.pos() - 1;
    let has_will = flags & WILL != 0;
    let mut check = |broken: bool, rule: Rule| {
        if broken {
            reader.violation(at, rule);
        }
    };
    match version {
        // It disregards bits that it does not use: they have no right value.
        ProtocolVersion::V31 => {}
        ProtocolVersion::V311 | ProtocolVersion::V5 => {
            check(flags & RESERVED != 0, Rule::ConnectReservedFlag);
            check(!has_will && flags & WILL_QOS != 0, Rule::WillQosWithoutWill);
            check(!has_will && flags & WILL_RETAIN != 0, Rule::WillRetainWithoutWill);
        }
    }
    check(has_will && flags & WILL_QOS == WILL_QOS, Rule::WillQosReserved);
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {
            check(flags & PASSWORD_FLAG != 0 && flags & USERNAME_FLAG == 0, Rule::PasswordWithoutUsername);
        }
        // It allows a password alone (3.1.2.9).
        ProtocolVersion::V5 => {}
    }
}

#[inline]
fn read_client_id<'a, T: Trace<'a>>(
    version: ProtocolVersion,
    clean_session: bool,
    reader: &mut Reader<'a, '_, T>,
) -> Result<Text<'a>, DecodeError> {
    let at = reader.pos();
    let client_id = read_text(&CLIENT_ID, version, reader)?;
    match version {
        ProtocolVersion::V31 => match client_id.char_count() {
            0 => reader.violation(at, Rule::ClientIdEmpty),
            chars if chars > MAX_CLIENT_ID_CHARS => reader.violation(at, Rule::ClientIdTooLong(chars)),
            _ => {}
        },
        ProtocolVersion::V311 if client_id.is_empty() && !clean_session => {
            reader.violation(at, Rule::ClientIdEmptyWithoutCleanSession);
        }
        // The server assigns one in MQTT 5 [MQTT-3.1.3-6], [MQTT-3.1.3-7].
        ProtocolVersion::V311 | ProtocolVersion::V5 => {}
    }
    Ok(client_id)
}

#[inline]
fn read_will<'a, T: Trace<'a>>(
    flags: u8,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<Will<'a>, DecodeError> {
    let properties = match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => Properties::NONE,
        ProtocolVersion::V5 => reader.properties(PropertyHolder::Will)?,
    };
    let topic = reader.text(&WILL_TOPIC)?;
    reader.fault_in_last(topic.as_bytes(), topic::name_fault(topic));
    let message = reader.binary(&WILL_MESSAGE)?;
    match version {
        ProtocolVersion::V31 => reader.fault_in_last(message, topic::utf8_fault(message)),
        // Any bytes will do.
        ProtocolVersion::V311 | ProtocolVersion::V5 => {}
    }
    Ok(Will { properties, topic, message, qos: (flags & WILL_QOS) >> 3, retain: flags & WILL_RETAIN != 0 })
}

/// A string that is not a topic. U+0000 is forbidden in all strings by 3.1.1 and 5, in topics only by 3.1.
#[inline]
fn read_text<'a, T: Trace<'a>>(
    def: &'static FieldDef,
    version: ProtocolVersion,
    reader: &mut Reader<'a, '_, T>,
) -> Result<Text<'a>, DecodeError> {
    let text = reader.text(def)?;
    let bytes = text.as_bytes();
    reader.fault_in_last(bytes, topic::text_fault(text));
    match version {
        ProtocolVersion::V31 => {}
        ProtocolVersion::V311 | ProtocolVersion::V5 => reader.fault_in_last(bytes, topic::nul_fault(text)),
    }
    Ok(text)
}

const CLEAN_SESSION: u8 = 0x02;
pub(super) const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
pub(super) const PASSWORD_FLAG: u8 = 0x40;
pub(super) const USERNAME_FLAG: u8 = 0x80;
const RESERVED: u8 = 0x01;

/// The bit that bridges add to the protocol level.
pub(super) const BRIDGE: u8 = 0x80;

/// The longest client id of 3.1, in characters.
const MAX_CLIENT_ID_CHARS: usize = 23;

static PROTOCOL_NAME: FieldDef = FieldDef::new(
    "Protocol Name",
    "MQIsdp for 3.1, MQTT for 3.1.1 and 5.",
    Clauses { v31: "MQTT 3.1, Variable header, Protocol name", v311: "[MQTT-3.1.2-1]", v5: "[MQTT-3.1.2-1]" },
);
static PROTOCOL_LEVEL: FieldDef = FieldDef::new(
    "Protocol Level",
    "3 for 3.1 (\"protocol version number\" there), 4 for 3.1.1, 5 for 5; a server that has not got it answers with code 1 or 0x84.",
    Clauses { v31: "MQTT 3.1, Variable header, Protocol version", v311: "[MQTT-3.1.2-2]", v5: "[MQTT-3.1.2-2]" },
).meaning(Meaning::ProtocolLevel);
static CONNECT_FLAGS: FieldDef = FieldDef::new(
    "Connect Flags",
    "What the payload holds, and how the session and the will are to be treated.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Connect flags",
        v311: "[MQTT-3.1.2-3] to [MQTT-3.1.2-22]",
        v5: "[MQTT-3.1.2-3] to [MQTT-3.1.2-19]",
    },
)
.with_bits(&[
    USERNAME_BIT,
    PASSWORD_BIT,
    WILL_RETAIN_BIT,
    WILL_QOS_BITS,
    WILL_BIT,
    CLEAN_SESSION_BIT,
    RESERVED_BIT,
]);
static CONNECT_FLAGS_5: FieldDef = FieldDef::new(
    "Connect Flags",
    "What the payload holds, and how the session and the will are to be treated.",
    Clauses { v31: "", v311: "", v5: "[MQTT-3.1.2-3] to [MQTT-3.1.2-19]" },
)
.with_bits(&[
    USERNAME_BIT,
    PASSWORD_BIT,
    WILL_RETAIN_BIT,
    WILL_QOS_BITS,
    WILL_BIT,
    BitDef::new(
        "Clean Start",
        CLEAN_SESSION,
        "1 where both sides begin anew, 0 where the session goes on if there is one.",
        Clauses { v31: "", v311: "", v5: "[MQTT-3.1.2-4] to [MQTT-3.1.2-6]" },
    ),
    RESERVED_BIT,
]);
const USERNAME_BIT: BitDef = BitDef::new(
    "User Name Flag",
    USERNAME_FLAG,
    "1 where the payload holds a user name.",
    Clauses {
        v31: "MQTT 3.1, Variable header, User name and password flags",
        v311: "[MQTT-3.1.2-18], [MQTT-3.1.2-19]",
        v5: "[MQTT-3.1.2-16], [MQTT-3.1.2-17]",
    },
);
const PASSWORD_BIT: BitDef = BitDef::new(
    "Password Flag",
    PASSWORD_FLAG,
    "1 where the payload holds a password, which needs a user name before MQTT 5.",
    Clauses {
        v31: "MQTT 3.1, Variable header, User name and password flags",
        v311: "[MQTT-3.1.2-20] to [MQTT-3.1.2-22]",
        v5: "[MQTT-3.1.2-18], [MQTT-3.1.2-19]",
    },
);
const WILL_RETAIN_BIT: BitDef = BitDef::new(
    "Will Retain",
    WILL_RETAIN,
    "1 where the server is to retain the will when it publishes it; 0 in 3.1.1 and 5 without a will.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Will Retain flag",
        v311: "[MQTT-3.1.2-15] to [MQTT-3.1.2-17]",
        v5: "[MQTT-3.1.2-13] to [MQTT-3.1.2-15]",
    },
);
const WILL_QOS_BITS: BitDef = BitDef::new(
    "Will QoS",
    WILL_QOS,
    "The QoS at which the will is published, 3 is reserved; 0 in 3.1.1 and 5 without a will.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Will QoS",
        v311: "[MQTT-3.1.2-13], [MQTT-3.1.2-14]",
        v5: "[MQTT-3.1.2-11], [MQTT-3.1.2-12]",
    },
)
.meaning(Meaning::Qos);
const WILL_BIT: BitDef = BitDef::new(
    "Will Flag",
    WILL,
    "1 where the payload holds a will, which the server publishes when the client is lost.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Will flag",
        v311: "[MQTT-3.1.2-8] to [MQTT-3.1.2-12]",
        v5: "[MQTT-3.1.2-7] to [MQTT-3.1.2-10]",
    },
);
const CLEAN_SESSION_BIT: BitDef = BitDef::new(
    "Clean Session",
    CLEAN_SESSION,
    "1 where both sides begin anew and keep nothing afterwards, 0 where the session goes on.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Clean session flag",
        v311: "[MQTT-3.1.2-4] to [MQTT-3.1.2-7]",
        v5: "[MQTT-3.1.2-4] to [MQTT-3.1.2-6]",
    },
);
const RESERVED_BIT: BitDef = BitDef::new(
    "Reserved",
    RESERVED,
    "0 in 3.1.1 and 5; 3.1 does not use it.",
    Clauses { v31: "MQTT 3.1, Variable header, Connect flags", v311: "[MQTT-3.1.2-3]", v5: "[MQTT-3.1.2-3]" },
);
static KEEP_ALIVE: FieldDef = FieldDef::new(
    "Keep Alive",
    "Seconds; the server closes the connection after one and a half times as long without a packet, 0 never.",
    Clauses {
        v31: "MQTT 3.1, Variable header, Keep Alive timer",
        v311: "[MQTT-3.1.2-23], [MQTT-3.1.2-24]",
        v5: "[MQTT-3.1.2-20] to [MQTT-3.1.2-22]",
    },
)
.meaning(Meaning::Seconds);
static CLIENT_ID: FieldDef = FieldDef::new(
    "Client Identifier",
    "The client's name at the server: 1 to 23 characters in 3.1; may be longer, or empty, later.",
    Clauses {
        v31: "MQTT 3.1, CONNECT, Client Identifier",
        v311: "[MQTT-3.1.3-3] to [MQTT-3.1.3-9]",
        v5: "[MQTT-3.1.3-2] to [MQTT-3.1.3-8]",
    },
);
static WILL_TOPIC: FieldDef = FieldDef::new(
    "Will Topic",
    "The topic name of the message that the server publishes when the client is lost.",
    Clauses { v31: "MQTT 3.1, CONNECT, Will Topic", v311: "[MQTT-3.1.3-10]", v5: "[MQTT-3.1.3-11]" },
);
static WILL_MESSAGE: FieldDef = FieldDef::new(
    "Will Message",
    "The payload of that message: text in 3.1, any bytes later.",
    Clauses { v31: "MQTT 3.1, CONNECT, Will Message", v311: "MQTT 3.1.1, 3.1.3.3", v5: "MQTT 5, 3.1.3.4" },
)
.meaning(Meaning::Message);
static USER_NAME: FieldDef = FieldDef::new(
    "User Name",
    "For the server to authenticate the client by.",
    Clauses { v31: "MQTT 3.1, CONNECT, User Name", v311: "[MQTT-3.1.3-11]", v5: "[MQTT-3.1.3-12]" },
);
static PASSWORD: FieldDef = FieldDef::new(
    "Password",
    "Goes with a user name, or alone in MQTT 5; never shown, logged or exported.",
    Clauses { v31: "MQTT 3.1, CONNECT, Password", v311: "MQTT 3.1.1, 3.1.3.5", v5: "MQTT 5, 3.1.3.6" },
)
.meaning(Meaning::Secret);
