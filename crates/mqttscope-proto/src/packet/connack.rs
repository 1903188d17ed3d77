//! CONNACK: the server's answer to CONNECT.

use alloc::vec::Vec;

use super::Properties;
use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{BitDef, FieldDef, Meaning, common};
use crate::reader::{Reader, Trace};
use crate::reason::ReasonCode;
use crate::rule::Rule;
use crate::types::{PacketType, ProtocolVersion};
use crate::writer;

/// CONNACK: the server's answer to CONNECT (MQTT 3.1, CONNACK; MQTT 3.1.1, 3.2; MQTT 5, 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnAck<'a> {
    /// The first byte behind the fixed header. 3.1 reserves it; later bit 0 says "session present".
    pub flags: u8,
    /// 0: accepted. Before MQTT 5, 1 to 5: refused, above: reserved. In MQTT 5 a [`ReasonCode`].
    pub return_code: u8,
    /// What the server allows and asks for (MQTT 5).
    pub properties: Properties<'a>,
}

/// What a connect return code says, in the words of the specifications; `None` above 5.
///
/// MQTT 3.1, CONNACK, Connect return code; MQTT 3.1.1, table 3.1.
#[must_use]
pub const fn return_code_text(return_code: u8) -> Option<&'static str> {
    match return_code {
        0 => Some("connection accepted"),
        1 => Some("unacceptable protocol version"),
        2 => Some("identifier rejected"),
        3 => Some("server unavailable"),
        4 => Some("bad user name or password"),
        5 => Some("not authorized"),
        _ => None,
    }
}

impl<'a> ConnAck<'a> {
    /// A CONNACK without properties.
    #[must_use]
    pub const fn new(flags: u8, return_code: u8) -> Self {
        Self { flags, return_code, properties: Properties::NONE }
    }

    /// Whether the server has kept a session for the client; 3.1 does not say.
    #[must_use]
    pub const fn session_present(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(crate) fn read<T: Trace<'a>>(
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        reader.open(&common::VARIABLE_HEADER);
        let at = reader.pos();
        let flags = reader.u8(&FLAGS)?;
        let return_code = reader.u8(match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => &RETURN_CODE,
            ProtocolVersion::V5 => &REASON_CODE,
        })?;
        let mut connack = Self::new(flags, return_code);
        connack.check(version, at, reader);
        connack.properties = reader.properties_of(PacketType::ConnAck, version)?;
        reader.close();
        reader.nothing_follows();
        Ok(connack)
    }

    fn check<T: Trace<'a>>(&self, version: ProtocolVersion, at: usize, reader: &mut Reader<'a, '_, T>) {
        match version {
            // It reserves the flags byte without prescribing a value.
            ProtocolVersion::V31 => {}
            ProtocolVersion::V311 | ProtocolVersion::V5 => {
                if self.flags & !1 != 0 {
                    reader.violation(at, Rule::ConnAckReservedFlags);
                }
                if self.session_present() && self.return_code != 0 {
                    reader.violation(at, Rule::SessionPresentWithRefusal);
                }
            }
        }
        let rule = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => match return_code_text(self.return_code) {
                Some(_) => return,
                None => Rule::ReturnCodeReserved(self.return_code),
            },
            ProtocolVersion::V5 => {
                let (packet_type, code) = (PacketType::ConnAck, ReasonCode(self.return_code));
                if code.is_of(packet_type) {
                    return;
                }
                Rule::ReasonCode { packet_type, code }
            }
        };
        reader.violation(at + 1, rule);
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, version: ProtocolVersion) -> Result<(), EncodeError> {
        let len = 2 + writer::properties_len(self.properties, version)?;
        writer::start(out, PacketType::ConnAck.first_byte(), len)?;
        out.extend_from_slice(&[self.flags, self.return_code]);
        writer::put_properties(out, self.properties, version);
        Ok(())
    }
}

static FLAGS: FieldDef = FieldDef::new(
    "Connect Acknowledge Flags",
    "Bit 0 says whether the server kept a session for this client; 3.1 reserves the whole byte.",
    Clauses {
        v31: "MQTT 3.1, CONNACK, Variable header",
        v311: "[MQTT-3.2.2-1] to [MQTT-3.2.2-4]",
        v5: "[MQTT-3.2.2-1] to [MQTT-3.2.2-6]",
    },
)
.with_bits(&[
    BitDef::new(
        "Reserved",
        0xfe,
        "0 in 3.1.1 and 5; 3.1 does not use them.",
        Clauses {
            v31: "MQTT 3.1, CONNACK, Variable header",
            v311: "MQTT 3.1.1, 3.2.2.1",
            v5: "[MQTT-3.2.2-1]",
        },
    ),
    BitDef::new(
        "Session Present",
        0x01,
        "1 where the server has kept a session for this client; 3.1 reserves this bit too.",
        Clauses {
            v31: "MQTT 3.1, CONNACK, Variable header",
            v311: "[MQTT-3.2.2-1] to [MQTT-3.2.2-4]",
            v5: "[MQTT-3.2.2-1] to [MQTT-3.2.2-6]",
        },
    ),
]);

static RETURN_CODE: FieldDef = FieldDef::new(
    "Connect Return code",
    "0 accepts the connection, 1 to 5 refuse it, and after a refusal the server closes it.",
    Clauses { v31: "MQTT 3.1, CONNACK, Connect return code", v311: "[MQTT-3.2.2-5]", v5: "[MQTT-3.2.2-7]" },
)
.meaning(Meaning::ReturnCode);

static REASON_CODE: FieldDef = FieldDef::new(
    "Connect Reason Code",
    "0 accepts the connection, 0x80 and above refuse it, and after a refusal the server closes it.",
    Clauses { v31: "", v311: "", v5: "[MQTT-3.2.2-7], [MQTT-3.2.2-8]" },
)
.meaning(Meaning::ReasonCode);
