//! CONNACK: the server's answer to CONNECT.

use alloc::vec::Vec;

use crate::clause::Clauses;
use crate::error::{DecodeError, EncodeError};
use crate::field::{BitDef, FieldDef, Meaning, common};
use crate::reader::{Reader, Trace};
use crate::rule::Rule;
use crate::types::{PacketType, ProtocolVersion};

/// CONNACK: the server's answer to CONNECT (MQTT 3.1, CONNACK; MQTT 3.1.1, 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnAck {
    /// The first byte behind the fixed header. 3.1 reserves it; in 3.1.1 bit 0 says "session present".
    pub flags: u8,
    /// 0: accepted, 1 to 5: refused, above: reserved.
    pub return_code: u8,
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

impl ConnAck {
    /// Whether the server has kept a session for the client; 3.1 does not say.
    #[must_use]
    pub const fn session_present(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(crate) fn read<'a, T: Trace<'a>>(
        version: ProtocolVersion,
        reader: &mut Reader<'a, '_, T>,
    ) -> Result<Self, DecodeError> {
        reader.open(&common::VARIABLE_HEADER);
        let at = reader.pos();
        let connack = Self { flags: reader.u8(&FLAGS)?, return_code: reader.u8(&RETURN_CODE)? };
        reader.close();
        match version {
            // It reserves the flags byte without prescribing a value.
            ProtocolVersion::V31 => {}
            ProtocolVersion::V311 => {
                if connack.flags & !1 != 0 {
                    reader.violation(at, Rule::ConnAckReservedFlags);
                }
                if connack.session_present() && connack.return_code != 0 {
                    reader.violation(at, Rule::SessionPresentWithRefusal);
                }
            }
        }
        if return_code_text(connack.return_code).is_none() {
            reader.violation(at + 1, Rule::ReturnCodeReserved(connack.return_code));
        }
        Ok(connack)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&[PacketType::ConnAck.first_byte(), 2, self.flags, self.return_code]);
        Ok(())
    }
}

static FLAGS: FieldDef = FieldDef::new(
    "Connect Acknowledge Flags",
    "Bit 0 says whether the server kept a session for this client; 3.1 reserves the whole byte.",
    Clauses { v31: "MQTT 3.1, CONNACK, Variable header", v311: "[MQTT-3.2.2-1] to [MQTT-3.2.2-4]" },
)
.with_bits(&[
    BitDef::new(
        "Reserved",
        0xfe,
        "0 in 3.1.1; 3.1 does not use them.",
        Clauses { v31: "MQTT 3.1, CONNACK, Variable header", v311: "MQTT 3.1.1, 3.2.2.1" },
    ),
    BitDef::new(
        "Session Present",
        0x01,
        "1 where the server has kept a session for this client; 3.1 reserves this bit too.",
        Clauses { v31: "MQTT 3.1, CONNACK, Variable header", v311: "[MQTT-3.2.2-1] to [MQTT-3.2.2-4]" },
    ),
]);

static RETURN_CODE: FieldDef = FieldDef::new(
    "Connect Return code",
    "0 accepts the connection, 1 to 5 refuse it, and after a refusal the server closes it.",
    Clauses { v31: "MQTT 3.1, CONNACK, Connect return code", v311: "[MQTT-3.2.2-5]" },
)
.meaning(Meaning::ReturnCode);
