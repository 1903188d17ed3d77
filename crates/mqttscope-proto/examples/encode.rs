//! Packets in, as JSON, one a line; bytes out, as hex, or why the packet cannot be written.
//!
//! `cargo run --release -q -p mqttscope-proto --example encode -- [--mqtt 3.1|3.1.1]`

use std::process::ExitCode;

use mqttscope_proto::{
    ConnAck, Connect, Filters, KeepAlive, Packet, PubAck, PubComp, PubRec, PubRel, Publish, Qos, SubAck,
    Subscribe, SubscribeFilter, Text, UnsubAck, Unsubscribe, Will,
};
use mqttscope_text::json::push_object;
use serde_json::Value;

mod common;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        // The versions write all packets alike, and CONNECT names its own; the option is there for symmetry.
        if common::version_argument(&arg, &mut args).is_none() {
            eprintln!("usage: encode [--mqtt 3.1|3.1.1]");
            return ExitCode::from(2);
        }
    }
    common::answer_lines(|line, answer| match encode(line) {
        Ok(bytes) => bytes.iter().for_each(|byte| answer.push_str(&format!("{byte:02x}"))),
        Err(Refusal { kind, message }) => push_object(answer, |object| {
            object.object("error", |error| {
                error.text("kind", kind);
                error.text("message", &message);
            });
        }),
    })
}

struct Refusal {
    kind: &'static str,
    message: String,
}

fn refuse<T>(kind: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { kind, message: message.into() })
}

fn encode(line: &[u8]) -> Result<Vec<u8>, Refusal> {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return refuse("InvalidJson", error.to_string()),
    };
    let members = Members(&value);
    let mut bytes = Vec::new();
    let mut write = |packet: Packet<'_>| match packet.encode(&mut bytes) {
        Ok(_) => Ok(()),
        Err(error) => refuse(error.name(), error.to_string()),
    };
    match members.text("type")? {
        "CONNECT" => {
            let will = members.nullable("will")?.map(Members);
            let message = will.map_or(Ok(Vec::new()), |will| will.bytes("message"))?;
            let password = members.nullable("password")?.map(|_| members.bytes("password")).transpose()?;
            write(Packet::Connect(Connect {
                protocol_name: members.text("protocol_name")?.into(),
                protocol_level: members.number("protocol_level")?,
                clean_session: members.bool("clean_session")?,
                keep_alive: KeepAlive::from_secs(members.number("keep_alive")?),
                client_id: members.text("client_id")?.into(),
                will: match will {
                    Some(will) => Some(Will {
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
        "CONNACK" => write(Packet::ConnAck(ConnAck {
            flags: members.bool("session_present")?.into(),
            return_code: members.number("return_code")?,
        })),
        "PUBLISH" => {
            let payload = members.bytes("payload")?;
            let qos: u8 = members.number("qos")?;
            write(Packet::Publish(Publish {
                dup: members.bool("dup")?,
                qos: Qos::try_from(qos).or_else(|error| refuse("InvalidQos", error.to_string()))?,
                retain: members.bool("retain")?,
                topic: members.text("topic")?.into(),
                packet_id: members.nullable("packet_id")?.map(|_| members.number("packet_id")).transpose()?,
                payload: &payload,
            }))
        }
        "PUBACK" => write(Packet::PubAck(PubAck { packet_id: members.number("packet_id")? })),
        "PUBREC" => write(Packet::PubRec(PubRec { packet_id: members.number("packet_id")? })),
        "PUBREL" => write(Packet::PubRel(PubRel {
            dup: members.bool("dup")?,
            packet_id: members.number("packet_id")?,
        })),
        "PUBCOMP" => write(Packet::PubComp(PubComp { packet_id: members.number("packet_id")? })),
        "SUBSCRIBE" => {
            let filters = members.list("filters", |item| {
                let item = Members(item);
                Ok(SubscribeFilter { filter: item.text("filter")?.into(), qos: item.number("qos")? })
            })?;
            write(Packet::Subscribe(Subscribe {
                dup: members.bool("dup")?,
                packet_id: members.number("packet_id")?,
                filters: Filters::new(&filters),
            }))
        }
        "SUBACK" => {
            let return_codes = members.list("return_codes", |item| as_number("return_codes", item))?;
            write(Packet::SubAck(SubAck {
                packet_id: members.number("packet_id")?,
                return_codes: &return_codes,
            }))
        }
        "UNSUBSCRIBE" => {
            let filters = members.list("filters", |item| as_text("filters", item).map(Text::from))?;
            write(Packet::Unsubscribe(Unsubscribe {
                dup: members.bool("dup")?,
                packet_id: members.number("packet_id")?,
                filters: Filters::new(&filters),
            }))
        }
        "UNSUBACK" => write(Packet::UnsubAck(UnsubAck { packet_id: members.number("packet_id")? })),
        "PINGREQ" => write(Packet::PingReq),
        "PINGRESP" => write(Packet::PingResp),
        "DISCONNECT" => write(Packet::Disconnect),
        other => refuse("UnknownPacketType", format!("there is no packet type {other}")),
    }?;
    Ok(bytes)
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
        match common::parse_hex(self.text(key)?.as_bytes()) {
            Some(bytes) => Ok(bytes),
            None => refuse("InvalidValue", format!("{key} is an even number of hex digits")),
        }
    }

    fn list<T>(self, key: &str, item: impl Fn(&'v Value) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
        match self.get(key)?.as_array() {
            Some(items) => items.iter().map(item).collect(),
            None => refuse("InvalidValue", format!("{key} is a list")),
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
