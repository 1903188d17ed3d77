//! Packets in, as JSON, one a line; bytes out, as hex, or why the packet cannot be written.
//!
//! `cargo run --release -q -p mqttscope-proto --example encode -- [--mqtt 3.1|3.1.1|5]`

use std::process::ExitCode;

use mqttscope_proto::{
    Auth, ConnAck, Connect, Disconnect, EncodeError, Filters, KeepAlive, Packet, PropertyBuf, PropertyId,
    PropertyKind, PropertyValue, ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos, ReasonCode,
    SubAck, Subscribe, SubscribeFilter, SubscribeOptions, Text, UnsubAck, Unsubscribe, Will,
};
use mqttscope_text::bytes::from_hex;
use mqttscope_text::json::push_object;
use serde_json::Value;

mod common;

fn main() -> ExitCode {
    let mut version = ProtocolVersion::V31;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let Some(chosen) = common::version_argument(&arg, &mut args) else {
            eprintln!("usage: encode [--mqtt 3.1|3.1.1|5]");
            return ExitCode::from(2);
        };
        version = chosen;
    }
    common::answer_lines(|line, answer| match encode(line, version) {
        Ok(bytes) => bytes.iter().for_each(|byte| answer.push_str(&format!("{byte:02x}"))),
        Err(Refusal { kind, message }) => push_object(answer, |object| {
            object.object("error", |error| {
                error.text("kind", kind);
                error.text("message", &message);
            });
        }),
    })
}

pub struct Refusal {
    kind: &'static str,
    message: String,
}

fn refuse<T>(kind: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { kind, message: message.into() })
}

pub fn encode(line: &[u8], version: ProtocolVersion) -> Result<Vec<u8>, Refusal> {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return refuse("InvalidJson", error.to_string()),
    };
    let members = Members(&value);
    let mut bytes = Vec::new();
    let mut write = |packet: Packet<'_>| packet.encode(&mut bytes, version).map(drop).map_err(refusal);
    match members.text("type")? {
        "CONNECT" => write_connect(members, write),
        "CONNACK" => {
            let properties = members.properties(version)?;
            write(Packet::ConnAck(ConnAck {
                flags: members.bool("session_present")?.into(),
                return_code: members.number(by_version(version, "return_code", "reason_code"))?,
                properties: properties.as_properties(),
            }))
        }
        "PUBLISH" => {
            let payload = members.bytes("payload")?;
            let properties = members.properties(version)?;
            let qos: u8 = members.number("qos")?;
            write(Packet::Publish(Publish {
                dup: members.bool("dup")?,
                qos: Qos::try_from(qos).or_else(|error| refuse("InvalidQos", error.to_string()))?,
                retain: members.bool("retain")?,
                topic: members.text("topic")?.into(),
                packet_id: members.nullable("packet_id")?.map(|_| members.number("packet_id")).transpose()?,
                properties: properties.as_properties(),
                payload: &payload,
            }))
        }
        "PUBACK" => {
            let (reason_code, properties) = members.reason(version)?;
            let properties = properties.as_ref().map(PropertyBuf::as_properties);
            write(Packet::PubAck(PubAck { packet_id: members.number("packet_id")?, reason_code, properties }))
        }
        "PUBREC" => {
            let (reason_code, properties) = members.reason(version)?;
            let properties = properties.as_ref().map(PropertyBuf::as_properties);
            write(Packet::PubRec(PubRec { packet_id: members.number("packet_id")?, reason_code, properties }))
        }
        "PUBREL" => {
            let (reason_code, properties) = members.reason(version)?;
            write(Packet::PubRel(PubRel {
                dup: members.bool("dup")?,
                packet_id: members.number("packet_id")?,
                reason_code,
                properties: properties.as_ref().map(PropertyBuf::as_properties),
            }))
        }
        "PUBCOMP" => {
            let (reason_code, properties) = members.reason(version)?;
            let properties = properties.as_ref().map(PropertyBuf::as_properties);
            write(Packet::PubComp(PubComp {
                packet_id: members.number("packet_id")?,
                reason_code,
                properties,
            }))
        }
        "SUBSCRIBE" => {
            let properties = members.properties(version)?;
            let filters = members.list("filters", |item| filter(Members(item), version))?;
            write(Packet::Subscribe(Subscribe {
                dup: members.bool("dup")?,
                packet_id: members.number("packet_id")?,
                properties: properties.as_properties(),
                filters: Filters::new(&filters),
            }))
        }
        "SUBACK" => {
            let properties = members.properties(version)?;
            let key = by_version(version, "return_codes", "reason_codes");
            let return_codes = members.list(key, |item| as_number(key, item))?;
            write(Packet::SubAck(SubAck {
                packet_id: members.number("packet_id")?,
                properties: properties.as_properties(),
                return_codes: &return_codes,
            }))
        }
        "UNSUBSCRIBE" => {
            let properties = members.properties(version)?;
            let filters = members.list("filters", |item| as_text("filters", item).map(Text::from))?;
            write(Packet::Unsubscribe(Unsubscribe {
                dup: members.bool("dup")?,
                packet_id: members.number("packet_id")?,
                properties: properties.as_properties(),
                filters: Filters::new(&filters),
            }))
        }
        "UNSUBACK" => {
            let properties = members.properties(version)?;
            let reason_codes = match version {
                ProtocolVersion::V31 | ProtocolVersion::V311 => Vec::new(),
                ProtocolVersion::V5 => {
                    members.list("reason_codes", |item| as_number("reason_codes", item))?
                }
            };
            write(Packet::UnsubAck(UnsubAck {
                packet_id: members.number("packet_id")?,
                properties: properties.as_properties(),
                reason_codes: &reason_codes,
            }))
        }
        "PINGREQ" => write(Packet::PingReq),
        "PINGRESP" => write(Packet::PingResp),
        "DISCONNECT" => {
            let (reason_code, properties) = members.reason(version)?;
            let properties = properties.as_ref().map(PropertyBuf::as_properties);
            write(Packet::Disconnect(Disconnect { reason_code, properties }))
        }
        "AUTH" => {
            let (reason_code, properties) = members.reason(version)?;
            let properties = properties.as_ref().map(PropertyBuf::as_properties);
            write(Packet::Auth(Auth { reason_code, properties }))
        }
        other => refuse("UnknownPacketType", format!("there is no packet type {other}")),
    }?;
    Ok(bytes)
}

/// A CONNECT has the keys of the version that its level names.
fn write_connect(
    members: Members<'_>,
    mut write: impl FnMut(Packet<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let protocol_level = members.number("protocol_level")?;
    let version = ProtocolVersion::from_level(protocol_level & 0x7f).unwrap_or_default();
    let properties = members.properties(version)?;
    let will = members.nullable("will")?.map(Members);
    let message = will.map_or(Ok(Vec::new()), |will| will.bytes("message"))?;
    let will_properties = will.map_or(Ok(PropertyBuf::new()), |will| will.properties(version))?;
    let password = members.nullable("password")?.map(|_| members.bytes("password")).transpose()?;
    write(Packet::Connect(Connect {
        protocol_name: members.text("protocol_name")?.into(),
        protocol_level,
        clean_session: members.bool(by_version(version, "clean_session", "clean_start"))?,
        keep_alive: KeepAlive::from_secs(members.number("keep_alive")?),
        properties: properties.as_properties(),
        client_id: members.text("client_id")?.into(),
        will: match will {
            Some(will) => Some(Will {
                properties: will_properties.as_properties(),
                topic: will.text("topic")?.into(),
                message: &message,
                qos: will.number("qos")?,
                retain: will.bool("retain")?,
            }),
            None => None,
        },
        username: members
            .nullable("username")?
            .map(|_| members.text("username").map(Text::from))
            .transpose()?,
        password: password.as_deref(),
        stray_flags: 0,
    }))
}

fn filter(item: Members<'_>, version: ProtocolVersion) -> Result<SubscribeFilter<'_>, Refusal> {
    let filter = item.text("filter")?.into();
    let qos = item.number("qos")?;
    let options = match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => SubscribeOptions(qos),
        ProtocolVersion::V5 => {
            let retain_handling: u8 = item.number("retain_handling")?;
            if retain_handling > 2 {
                return Err(refusal(EncodeError::InvalidRetainHandling(retain_handling)));
            }
            let qos = Qos::try_from(qos).or_else(|error| refuse("InvalidQos", error.to_string()))?;
            SubscribeOptions::new(qos)
                .with_no_local(item.bool("no_local")?)
                .with_retain_as_published(item.bool("retain_as_published")?)
                .with_retain_handling(retain_handling)
        }
    };
    Ok(SubscribeFilter { filter, options })
}

const fn by_version(version: ProtocolVersion, before: &'static str, v5: &'static str) -> &'static str {
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => before,
        ProtocolVersion::V5 => v5,
    }
}

fn refusal(error: EncodeError) -> Refusal {
    Refusal { kind: error.name(), message: error.to_string() }
}

/// The members of a JSON object, each asked for by its key and its type.
#[derive(Clone, Copy)]
struct Members<'v>(&'v Value);

impl<'v> Members<'v> {
    fn get(self, key: &str) -> Result<&'v Value, Refusal> {
        match self.0.get(key) {
            Some(value) => Ok(value),
            None => refuse("MissingKey", format!("the key {key} is missing")),
        }
    }

    fn nullable(self, key: &str) -> Result<Option<&'v Value>, Refusal> {
        Ok(Some(self.get(key)?).filter(|value| !value.is_null()))
    }

    fn text(self, key: &str) -> Result<&'v str, Refusal> {
        as_text(key, self.get(key)?)
    }

    fn bool(self, key: &str) -> Result<bool, Refusal> {
        match self.get(key)?.as_bool() {
            Some(value) => Ok(value),
            None => refuse("InvalidValue", format!("{key} is true or false")),
        }
    }

    fn number<N: TryFrom<u64>>(self, key: &str) -> Result<N, Refusal> {
        as_number(key, self.get(key)?)
    }

    fn bytes(self, key: &str) -> Result<Vec<u8>, Refusal> {
        match from_hex(self.text(key)?.as_bytes()) {
            Some(bytes) => Ok(bytes),
            None => refuse("InvalidValue", format!("{key} is an even number of hex digits")),
        }
    }

    /// The properties, of a version that has them.
    fn properties(self, version: ProtocolVersion) -> Result<PropertyBuf, Refusal> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => Ok(PropertyBuf::new()),
            ProtocolVersion::V5 => self.property_list(),
        }
    }

    fn property_list(self) -> Result<PropertyBuf, Refusal> {
        let mut properties = PropertyBuf::new();
        self.list("properties", |item| push_property(&mut properties, Members(item)))?;
        Ok(properties)
    }

    /// A reason code and properties, either of which may be null, of a version that has them.
    fn reason(self, version: ProtocolVersion) -> Result<(Option<ReasonCode>, Option<PropertyBuf>), Refusal> {
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => Ok((None, None)),
            ProtocolVersion::V5 => {
                let code = self.nullable("reason_code")?.map(|_| self.number("reason_code")).transpose()?;
                let properties = self.nullable("properties")?.map(|_| self.property_list()).transpose()?;
                Ok((code.map(ReasonCode), properties))
            }
        }
    }

    fn list<T>(
        self,
        key: &str,
        item: impl FnMut(&'v Value) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        match self.get(key)?.as_array() {
            Some(items) => items.iter().map(item).collect(),
            None => refuse("InvalidValue", format!("{key} is a list")),
        }
    }
}

fn push_property(properties: &mut PropertyBuf, item: Members<'_>) -> Result<(), Refusal> {
    let name = item.text("name")?;
    let Some(id) = PropertyId::from_name(name) else {
        return refuse("UnknownProperty", format!("there is no property {name}"));
    };
    match id.kind() {
        PropertyKind::Byte | PropertyKind::TwoByte | PropertyKind::FourByte | PropertyKind::VariableByte => {
            properties.push(id, PropertyValue::Number(item.number("value")?)).map_err(refusal)
        }
        PropertyKind::Text => {
            properties.push(id, PropertyValue::Text(item.text("value")?.into())).map_err(refusal)
        }
        PropertyKind::Binary => {
            properties.push(id, PropertyValue::Binary(&item.bytes("value")?)).map_err(refusal)
        }
        PropertyKind::Pair => {
            let texts = item.list("value", |text| as_text("value", text))?;
            let [name, value] = texts[..] else {
                return refuse("InvalidValue", "the value of a user_property is a list of two texts");
            };
            properties.push(id, PropertyValue::Pair(name.into(), value.into())).map_err(refusal)
        }
    }
}

fn as_text<'v>(key: &str, value: &'v Value) -> Result<&'v str, Refusal> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => refuse("InvalidValue", format!("{key} is a text")),
    }
}

fn as_number<N: TryFrom<u64>>(key: &str, value: &Value) -> Result<N, Refusal> {
    match value.as_u64().and_then(|number| N::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => refuse("InvalidValue", format!("{key} is a number that fits its field")),
    }
}
