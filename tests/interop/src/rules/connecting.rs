//! CONNECT, and what else may come first.

use anyhow::Result;
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{Connect, KeepAlive, Packet, Properties, ProtocolVersion};
use std::time::{Duration, Instant};

use super::{Bench, LAST_SILENCE, Rule, SILENCE, unique};
use crate::client::{Answer, Client, encode, return_code};

pub const RULES: &[Rule] = &[
    Rule {
        name: "client_id_of_23",
        title: "CONNECT with a client id of 23 characters",
        clauses: ["CONNECT, Client Identifier", "[MQTT-3.1.3-5]", "[MQTT-3.1.3-5]"],
        specified: ["accepted", "accepted", "accepted"],
        measure: |bench| connect_as(bench, &format!("{:z<23}", unique("id"))),
    },
    Rule {
        name: "client_id_of_30",
        title: "CONNECT with a client id of 30 characters",
        clauses: ["CONNECT, Client Identifier", "[MQTT-3.1.3-6]", "3.1.3.1"],
        specified: ["refused with code 2", "accepted", "accepted"],
        measure: |bench| connect_as(bench, &format!("{:z<30}", unique("id"))),
    },
    Rule {
        name: "client_id_empty",
        title: "CONNECT with an empty client id and clean session",
        clauses: ["CONNECT, Client Identifier", "[MQTT-3.1.3-6]", "[MQTT-3.1.3-6]"],
        specified: ["refused with code 2", "accepted", "accepted"],
        measure: |bench| connect_as(bench, ""),
    },
    Rule {
        name: "client_id_empty_kept_session",
        title: "CONNECT with an empty client id without clean session",
        clauses: ["CONNECT, Client Identifier", "[MQTT-3.1.3-8]", "[MQTT-3.1.3-6]"],
        specified: ["refused with code 2", "refused with code 2", "accepted"],
        measure: |bench| {
            let options =
                ConnectOptions { client_id: String::new(), clean_session: false, ..bench.options() };
            connect_with(bench, &options)
        },
    },
    Rule {
        name: "user_and_password",
        title: "CONNECT with a user name and a password, where nobody asks for them",
        clauses: ["CONNECT, User name and password", "3.1.3.4, 3.1.3.5", "3.1.3.5, 3.1.3.6"],
        specified: ["accepted", "accepted", "accepted"],
        measure: |bench| {
            let (username, password) = (Some("user".into()), Some(b"secret".to_vec()));
            connect_with(bench, &ConnectOptions { username, password, ..bench.options() })
        },
    },
    Rule {
        name: "user_without_password",
        title: "CONNECT with a user name and no password",
        clauses: ["CONNECT, User name and password", "3.1.2.9", "3.1.2.8"],
        specified: ["accepted", "accepted", "accepted"],
        measure: |bench| {
            connect_with(bench, &ConnectOptions { username: Some("user".into()), ..bench.options() })
        },
    },
    Rule {
        name: "password_without_user",
        title: "CONNECT with a password and no user name",
        clauses: ["CONNECT, User name and password", "[MQTT-3.1.2-22]", "3.1.2.9"],
        specified: ["closed", "closed", "accepted"],
        measure: |bench| {
            let options = ConnectOptions { password: Some(b"secret".to_vec()), ..bench.options() };
            connect_with(bench, &options)
        },
    },
    Rule {
        name: "level_unknown",
        title: "CONNECT with protocol level 9",
        clauses: ["CONNECT, Protocol Version", "[MQTT-3.1.2-2]", "[MQTT-3.1.2-2]"],
        specified: ["refused with code 1", "refused with code 1", "refused with 0x84"],
        measure: |bench| {
            let mut bytes = plain_connect(bench);
            // The level follows the protocol's name, which has a length of two bytes.
            let level = 2 + 2 + bench.version.protocol_name().len();
            bytes[level] = 9;
            raw_connect(bench, &bytes)
        },
    },
    Rule {
        name: "protocol_name_wrong",
        title: "CONNECT with the protocol name HTTP",
        clauses: ["CONNECT, Protocol Name", "[MQTT-3.1.2-1]", "[MQTT-3.1.2-1]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| {
            let mut bytes = vec![0x10, 0x0e, 0x00, 0x04];
            bytes.extend_from_slice(b"HTTP\x04\x02\x00\x00\x00\x02xy");
            raw_connect(bench, &bytes)
        },
    },
    Rule {
        name: "first_packet",
        title: "PINGREQ before CONNECT",
        clauses: ["CONNECT", "[MQTT-3.1.0-1]", "[MQTT-3.1.0-1]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| raw_connect(bench, &encode(&Packet::PingReq, bench.version)),
    },
    Rule {
        name: "second_connect",
        title: "CONNECT on a connection that is established",
        clauses: ["CONNECT", "[MQTT-3.1.0-2]", "[MQTT-3.1.0-2]"],
        specified: ["closed", "closed", "closed"],
        measure: |bench| {
            let mut client = bench.client()?;
            client.send_raw(&plain_connect(bench))?;
            answer_to_raw(&mut client, bench.version)
        },
    },
    Rule {
        name: "client_id_in_use",
        title: "CONNECT with a client id that is in use",
        clauses: ["CONNECT, Client Identifier", "[MQTT-3.1.4-2]", "[MQTT-3.1.4-3]"],
        specified: [
            "accepted, and the first connection is closed",
            "accepted, and the first connection is closed",
            "accepted, and the first connection is closed",
        ],
        measure: |bench| {
            let options = bench.options();
            let mut first = Client::connect_with(&bench.route, &options)?;
            let second = Client::try_connect(&bench.route, &options)?;
            let first_ends = first.is_closed_within(2 * SILENCE)?;
            let fate = if first_ends { "is closed" } else { "stays" };
            Ok(format!("{}, and the first connection {fate}", in_words(&second, bench.version)))
        },
    },
    Rule {
        name: "client_id_free_again",
        title: "CONNECT with a client id 0.5 s after its DISCONNECT",
        clauses: ["DISCONNECT", "3.14", "3.14"],
        specified: ["accepted", "accepted", "accepted"],
        measure: |bench| {
            let options = bench.options();
            Client::connect_with(&bench.route, &options)?.disconnect()?;
            std::thread::sleep(Duration::from_millis(500));
            connect_with(bench, &options)
        },
    },
    Rule {
        name: "keep_alive_held",
        title: "Keep alive of 2 s, with a PINGREQ in time",
        clauses: ["CONNECT, Keep Alive timer", "3.1.2.10", "3.1.2.10"],
        specified: ["stays connected", "stays connected", "stays connected"],
        measure: |bench| keep_alive(bench, false),
    },
    Rule {
        name: "keep_alive_missed",
        title: "Keep alive of 2 s, and silence",
        clauses: ["CONNECT, Keep Alive timer", "[MQTT-3.1.2-24]", "[MQTT-3.1.2-22]"],
        specified: ["closed after 3 s", "closed after 3 s", "closed after 3 s"],
        measure: |bench| keep_alive(bench, true),
    },
];

fn connect_as(bench: &Bench, client_id: &str) -> Result<String> {
    connect_with(bench, &ConnectOptions { client_id: client_id.into(), ..bench.options() })
}

fn connect_with(bench: &Bench, options: &ConnectOptions) -> Result<String> {
    Ok(in_words(&Client::try_connect(&bench.route, options)?, bench.version))
}

pub(super) fn in_words(answer: &Answer, version: ProtocolVersion) -> String {
    match answer {
        Answer::Accepted(_) => "accepted".to_owned(),
        Answer::Refused(code) => refused_with(*code, version),
        Answer::Closed => "closed".to_owned(),
        Answer::None => "no answer".to_owned(),
    }
}

/// A CONNECT with no more than it must have.
fn plain_connect(bench: &Bench) -> Vec<u8> {
    let client_id = unique("r");
    let connect = Connect {
        protocol_name: bench.version.protocol_name().into(),
        protocol_level: bench.version.level(),
        clean_session: true,
        keep_alive: KeepAlive::OFF,
        properties: Properties::NONE,
        client_id: client_id.as_str().into(),
        will: None,
        username: None,
        password: None,
        stray_flags: 0,
    };
    encode(&Packet::Connect(connect), bench.version)
}

/// Sends bytes first on a connection, and says what came of it.
fn raw_connect(bench: &Bench, bytes: &[u8]) -> Result<String> {
    let mut client = Client::new(&bench.route, bench.version)?;
    client.send_raw(bytes)?;
    answer_to_raw(&mut client, bench.version)
}

/// A code of the two old versions as they write it, one of MQTT 5 in hexadecimal digits.
fn refused_with(code: u8, version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::V5 if code >= 0x80 => format!("refused with 0x{code:02X}"),
        _ => format!("refused with code {code}"),
    }
}

fn answer_to_raw(client: &mut Client, version: ProtocolVersion) -> Result<String> {
    let answer = client.receive_raw(Duration::from_secs(3))?;
    Ok(match answer.as_deref() {
        None if client.is_closed_within(SILENCE)? => "closed".to_owned(),
        None => "no answer".to_owned(),
        // It may be of another version, if it is that which was refused.
        Some(connack @ [0x20, ..]) => match return_code(connack) {
            Some(0) => "accepted".to_owned(),
            Some(code) => refused_with(code, version),
            None => "answered with half a CONNACK".to_owned(),
        },
        // The server says why before it closes.
        Some([0xe0, ..]) if client.is_closed_within(Duration::from_secs(3))? => "closed".to_owned(),
        Some(bytes) => match mqttscope_proto::decode(bytes, version, &mut ()) {
            Ok(packet) => format!("answered with {}", packet.packet_type()),
            Err(error) => format!("answered with no packet: {error}"),
        },
    })
}

fn keep_alive(bench: &Bench, silent: bool) -> Result<String> {
    let mut options = bench.options();
    options.keep_alive = KeepAlive::from_secs(2);
    let mut client = Client::connect_with(&bench.route, &options)?;
    client.policy_mut().withhold_pingreq = silent;
    let connected = Instant::now();
    let is_closed = client.is_closed_within(LAST_SILENCE)?;
    Ok(match is_closed {
        true => format!("closed {}", bench.silence(connected.elapsed())),
        false => "stays connected".to_owned(),
    })
}
