//! What stands between a page and a broker, measured as a WebSocket client sees it.

use anyhow::{Result, bail, ensure};
use mqttscope_e2e::chain::Part;
use mqttscope_e2e::gateway::Gateway;
use mqttscope_proto::{Packet, Properties, ProtocolVersion, Publish, Qos};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Error, Message, WebSocket};

use crate::chains::{Broker, Chain, PAGE_ORIGIN, Systems, Way, gateway_options, settle};
use crate::client::{Client, encode};
use crate::systems::kaazing::Kaazing;
use crate::systems::{self, activemq, mosquitto};
use crate::transport::{Input, Route, Transport};

/// A server of WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    Kaazing,
    Gateway,
    MosquittoListener,
    ActiveMqListener,
}

impl Front {
    pub const ALL: [Self; 4] =
        [Self::Kaazing, Self::Gateway, Self::MosquittoListener, Self::ActiveMqListener];

    /// The chain in which it is measured.
    pub fn chain(self) -> Chain {
        let (way, broker) = match self {
            Self::Kaazing => (Way::Kaazing, Broker::Mosquitto),
            Self::Gateway => (Way::Gateway, Broker::Mosquitto),
            Self::MosquittoListener => (Way::Listener, Broker::Mosquitto),
            Self::ActiveMqListener => (Way::Listener, Broker::ActiveMq),
        };
        Chain { way, broker }
    }

    /// Its name in the table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kaazing => "Kaazing 5.6.2",
            Self::Gateway => "mqttscope-gateway",
            Self::MosquittoListener => "mosquitto's listener",
            Self::ActiveMqListener => "ActiveMQ's `ws:`",
        }
    }

    fn is_gateway(self) -> bool {
        matches!(self, Self::Kaazing | Self::Gateway)
    }
}

/// What is measured, and what is seen at each of [`Front::ALL`].
pub struct Trait {
    pub name: &'static str,
    /// What is done, for the table.
    pub title: &'static str,
    pub expected: [&'static str; 4],
    pub measure: fn(&Systems, Front) -> Result<String>,
}

/// What only a gateway can do says this for a listener.
const NOT_A_GATEWAY: &str = "-";

/// All of them, in the order of the table.
pub const TRAITS: &[Trait] = &[
    Trait {
        name: "offer_none",
        title: "No subprotocol offered",
        expected: ["opens", "opens", "opens, does not speak MQTT", "opens, does not speak MQTT"],
        measure: |systems, front| offer(systems, front, None),
    },
    Trait {
        name: "offer_mqtt",
        title: "`mqtt` offered",
        expected: ["opens, names none", "opens with `mqtt`", "opens with `mqtt`", "opens with `mqtt`"],
        measure: |systems, front| offer(systems, front, Some("mqtt")),
    },
    Trait {
        name: "offer_mqttv31",
        title: "`mqttv3.1` offered",
        expected: [
            "opens, names none",
            "opens with `mqttv3.1`",
            "opens with `mqttv3.1`",
            "opens with `mqttv3.1`",
        ],
        measure: |systems, front| offer(systems, front, Some("mqttv3.1")),
    },
    Trait {
        name: "offer_unknown",
        title: "`chat` offered",
        expected: ["opens, names none", "opens, names none", "closed", "opens with `chat`"],
        measure: |systems, front| offer(systems, front, Some("chat")),
    },
    Trait {
        name: "foreign_origin",
        title: "A page of another origin",
        expected: ["refused with 403", "refused with 403", "opens with `mqtt`", "opens with `mqtt`"],
        measure: |systems, front| {
            let mut route = route(systems, front)?;
            if let Route::WebSocket { origin, .. } = &mut route {
                *origin = Some("http://elsewhere.example".to_owned());
            }
            opening(&route)
        },
    },
    Trait {
        name: "text_message",
        title: "A text message",
        expected: ["no answer", "closed with 1003", "no answer", "no answer"],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            socket.send(Message::text("PINGREQ"))?;
            answer(socket)
        },
    },
    Trait {
        name: "one_byte_messages",
        title: "A packet of two bytes in two messages",
        expected: ["answered", "answered", "answered", "no answer"],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            for byte in encode(&Packet::PingReq, ProtocolVersion::V311) {
                socket.send(Message::binary(vec![byte]))?;
            }
            answer(socket)
        },
    },
    Trait {
        name: "packets_in_one_message",
        title: "Two packets in one message",
        expected: ["both answered", "both answered", "both answered", "the first answered"],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            socket.send(Message::binary(encode(&Packet::PingReq, ProtocolVersion::V311).repeat(2)))?;
            let mut transport = Transport::WebSocket(Box::new(socket));
            let mut count = 0;
            let deadline = Instant::now() + Duration::from_secs(2);
            while count < 4 && Instant::now() < deadline {
                match transport.receive(Duration::from_millis(200))? {
                    Input::Bytes(bytes) => count += bytes.len(),
                    Input::Nothing => {}
                    Input::Closed(_) => return Ok("closed".to_owned()),
                }
            }
            Ok(match count {
                4 => "both answered",
                2 => "the first answered",
                _ => "no answer",
            }
            .to_owned())
        },
    },
    Trait {
        name: "fragments",
        title: "A packet in a message of two fragments",
        expected: ["answered", "answered", "answered", "closed with 1008"],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            let [first, second] = [0xc0, 0x00];
            let fragment =
                |byte, code, last| Message::Frame(Frame::message(vec![byte], OpCode::Data(code), last));
            socket.send(fragment(first, Data::Binary, false))?;
            socket.send(fragment(second, Data::Continue, true))?;
            answer(socket)
        },
    },
    Trait {
        name: "message_of_200_kb",
        title: "A PUBLISH in one message of 200 kB",
        expected: ["answered", "answered", "answered", "closed with 1008"],
        measure: |systems, front| one_message(systems, front, 200_000),
    },
    Trait {
        name: "message_of_20_mb",
        title: "A PUBLISH in one message of 20 MB",
        expected: ["closed with 1009", "closed with 1009", "answered", "closed with 1008"],
        measure: |systems, front| one_message(systems, front, 20_000_000),
    },
    Trait {
        name: "largest_message",
        title: "The largest message in which a PUBLISH of 1 MB comes",
        expected: ["2 KiB", "64 KiB", "the whole", "the whole"],
        measure: largest_message,
    },
    Trait {
        name: "ping",
        title: "A WebSocket ping",
        expected: ["answered", "answered", "answered", "answered"],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            socket.send(Message::Ping(vec![1].into()))?;
            socket.get_ref().set_read_timeout(Some(Duration::from_secs(2)))?;
            Ok(match socket.read() {
                Ok(Message::Pong(_)) => "answered".to_owned(),
                Err(Error::Io(_)) => "no answer".to_owned(),
                other => format!("{other:?}"),
            })
        },
    },
    Trait {
        name: "malformed",
        title: "A malformed packet, at which the broker closes",
        expected: [
            "closed with 1000",
            "closed with 1000: the broker closed the connection",
            "broken off",
            "no answer",
        ],
        measure: |systems, front| {
            let mut socket = established(systems, front)?;
            socket.send(Message::binary(vec![0xf0, 0x00]))?;
            answer_with_reason(socket)
        },
    },
    Trait {
        name: "broker_down",
        title: "The broker is not there",
        expected: [
            "opens, closed with 1000",
            "opens, closed with 1014: cannot connect to the broker at ADDRESS: connection refused",
            NOT_A_GATEWAY,
            NOT_A_GATEWAY,
        ],
        measure: |_, front| {
            let nobody = crate::systems::free_address()?;
            with_front(front, nobody, |url| {
                let ending = first_close_frame(url)?;
                Ok(format!("opens, {}", ending.replace(&nobody.to_string(), "ADDRESS")))
            })
        },
    },
    Trait {
        name: "broker_stopped",
        title: "mosquitto is stopped while a client is connected, and started again",
        expected: [
            "closed with 1000, then connects again",
            "closed with 1000: the broker closed the connection, then connects again",
            NOT_A_GATEWAY,
            NOT_A_GATEWAY,
        ],
        measure: |_, front| broker_stopped(front, mosquitto::start),
    },
    Trait {
        name: "activemq_stopped",
        title: "The same with ActiveMQ",
        expected: [
            "closed with 1000, then connects again",
            "closed with 1000: the broker closed the connection, then connects again",
            NOT_A_GATEWAY,
            NOT_A_GATEWAY,
        ],
        measure: |_, front| broker_stopped(front, activemq::start),
    },
    Trait {
        name: "gateway_killed",
        title: "The gateway is killed while a client is connected, and started again",
        expected: [
            "broken off, then connects again",
            "broken off, then connects again",
            NOT_A_GATEWAY,
            NOT_A_GATEWAY,
        ],
        measure: |systems, front| {
            let Route::Tcp(broker) = systems.direct(Broker::Mosquitto)? else { bail!("TCP is direct") };
            gateway_killed(front, broker)
        },
    },
];

/// Its name in tests is that of its chain.
pub fn test_name(front: Front, tested: &Trait) -> String {
    format!("{}::front::{}", front.chain(), tested.name)
}

fn route(systems: &Systems, front: Front) -> Result<Route> {
    let subprotocol = (!front.is_gateway()).then_some("mqtt");
    let (url, origin) = (systems.url(front.chain())?, Some(PAGE_ORIGIN.to_owned()));
    Ok(Route::WebSocket { url, subprotocol, origin, settle: settle(front.chain()) })
}

fn gateway_route(url: &str) -> Route {
    let origin = Some(PAGE_ORIGIN.to_owned());
    Route::WebSocket { url: url.to_owned(), subprotocol: None, origin, settle: Duration::ZERO }
}

fn offer(systems: &Systems, front: Front, offered: Option<&'static str>) -> Result<String> {
    let mut route = route(systems, front)?;
    if let Route::WebSocket { subprotocol, .. } = &mut route {
        *subprotocol = offered;
    }
    let opening = opening(&route)?;
    if offered.is_none() && opening == "opens" {
        // Whether MQTT is spoken on it is another question.
        let mut client = Client::new(&route, ProtocolVersion::V311)?;
        client.send_raw(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02xy")?;
        return Ok(match client.receive_raw(Duration::from_secs(2)) {
            Ok(Some(_)) => opening,
            _ => format!("{opening}, does not speak MQTT"),
        });
    }
    Ok(opening)
}

/// Opens a WebSocket as a tolerant client would, and says what came of it.
fn opening(route: &Route) -> Result<String> {
    let Route::WebSocket { url, subprotocol, origin, .. } = route else { bail!("no WebSocket") };
    // The library is as strict as a browser about a subprotocol that is not named: asked by hand.
    let (head, _) = upgrade(url, *subprotocol, origin.as_deref())?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "101" {
        return Ok(if status.is_empty() { "closed".to_owned() } else { format!("refused with {status}") });
    }
    let named = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-protocol").then(|| value.trim().to_owned())
    });
    Ok(match (subprotocol, named) {
        (_, Some(named)) => format!("opens with `{named}`"),
        (Some(_), None) => "opens, names none".to_owned(),
        (None, None) => "opens".to_owned(),
    })
}

fn upgrade(url: &str, subprotocol: Option<&str>, origin: Option<&str>) -> Result<(String, TcpStream)> {
    let Some((host, path)) = url.strip_prefix("ws://").and_then(|rest| rest.split_once('/')) else {
        bail!("{url} is no address of a WebSocket");
    };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut head = format!(
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    for (name, value) in [("Sec-WebSocket-Protocol", subprotocol), ("Origin", origin)] {
        if let Some(value) = value {
            head += &format!("{name}: {value}\r\n");
        }
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        answer.push(byte[0]);
    }
    Ok((String::from_utf8_lossy(&answer).into_owned(), stream))
}

/// The code and the reason of the first frame on a WebSocket, which must be a close frame.
///
/// Read by hand, since the library takes codes that were registered lately for violations.
fn first_close_frame(url: &str) -> Result<String> {
    let (_, mut stream) = upgrade(url, None, Some(PAGE_ORIGIN))?;
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut body = vec![0; usize::from(head[1])];
    stream.read_exact(&mut body)?;
    ensure!(head[0] == 0x88 && body.len() >= 2, "{head:02x?} {body:02x?} is no close frame with a code");
    let (code, reason) = (u16::from_be_bytes([body[0], body[1]]), String::from_utf8_lossy(&body[2..]));
    Ok(format!("closed with {code}{}{reason}", if reason.is_empty() { "" } else { ": " }))
}

/// A WebSocket on which a client has been accepted.
fn established(systems: &Systems, front: Front) -> Result<WebSocket<TcpStream>> {
    connected(&route(systems, front)?, ProtocolVersion::V311)
}

fn connected(route: &Route, version: ProtocolVersion) -> Result<WebSocket<TcpStream>> {
    let (mut socket, _) = route.open_web_socket()?;
    let client_id = crate::rules::unique("w");
    let options = crate::client::options(version, &client_id);
    let mut session = mqttscope_proto::session::Session::new();
    session.connect(mqttscope_proto::Timestamp::default(), &options)?;
    if let Some(connect) = session.poll_transmit() {
        socket.send(Message::binary(connect.frame.to_vec()))?;
    }
    socket.get_ref().set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut connack = Vec::new();
    while connack.len() < 4 {
        match socket.read()? {
            Message::Binary(bytes) => connack.extend_from_slice(&bytes),
            other => bail!("{other:?} instead of CONNACK"),
        }
    }
    ensure!(connack == [0x20, 2, 0, 0], "CONNECT was answered with {connack:02x?}");
    Ok(socket)
}

/// What comes next on a socket.
fn answer(socket: WebSocket<TcpStream>) -> Result<String> {
    let answer = answer_with_reason(socket)?;
    Ok(answer.split(": ").next().unwrap_or_default().to_owned())
}

fn answer_with_reason(socket: WebSocket<TcpStream>) -> Result<String> {
    let mut transport = Transport::WebSocket(Box::new(socket));
    Ok(match transport.receive(Duration::from_secs(4))? {
        Input::Bytes(_) => "answered".to_owned(),
        Input::Nothing => "no answer".to_owned(),
        Input::Closed(Some((code, reason))) if reason.is_empty() => format!("closed with {code}"),
        Input::Closed(Some((code, reason))) => format!("closed with {code}: {reason}"),
        Input::Closed(None) => "broken off".to_owned(),
    })
}

fn one_message(systems: &Systems, front: Front, len: usize) -> Result<String> {
    let mut socket = established(systems, front)?;
    let topic = crate::rules::topic();
    let payload = vec![b'x'; len];
    let publish = Publish {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic: topic.as_str().into(),
        packet_id: Some(1),
        properties: Properties::NONE,
        payload: &payload,
    };
    if socket.send(Message::binary(encode(&Packet::Publish(publish), ProtocolVersion::V311))).is_err() {
        // Cut off while it was still sending: why, was said before.
        return answer(socket).or_else(|_| Ok("broken off".to_owned()));
    }
    answer(socket)
}

fn largest_message(systems: &Systems, front: Front) -> Result<String> {
    const LEN: usize = 1_000_000;
    let mut client = Client::new(&route(systems, front)?, ProtocolVersion::V311)?;
    let topic = crate::rules::topic();
    client = client.connect_on(&crate::client::options(ProtocolVersion::V311, &crate::rules::unique("l")))?;
    client.subscribe(&topic, Qos::AtMostOnce)?;
    let mut other = Client::connect(
        &systems.direct(front.chain().broker)?,
        ProtocolVersion::V311,
        &crate::rules::unique("l"),
    )?;
    other.publish(&topic, &vec![7; LEN], Qos::AtLeastOnce, false)?;
    ensure!(client.next_message()?.payload.len() == LEN, "another message came");
    let largest = client.largest_read();
    Ok(match largest {
        0..=2_048 => "2 KiB".to_owned(),
        2_049..=4_096 => "4 KiB".to_owned(),
        4_097..=65_536 => "64 KiB".to_owned(),
        65_537..LEN => format!("{largest} bytes"),
        _ => "the whole".to_owned(),
    })
}

/// Runs something with a gateway of its own before a broker.
fn with_front(front: Front, broker: SocketAddr, run: impl FnOnce(&str) -> Result<String>) -> Result<String> {
    match front {
        Front::Kaazing => run(&Kaazing::start(broker, PAGE_ORIGIN)?.url()),
        Front::Gateway => run(Gateway::start(gateway_options(Some(broker)))?.proxy().as_str()),
        _ => Ok(NOT_A_GATEWAY.to_owned()),
    }
}

/// What a client sees when the broker behind a gateway goes, and that the gateway finds it when it is back.
fn broker_stopped(front: Front, start: fn() -> Result<systems::Broker>) -> Result<String> {
    if !front.is_gateway() {
        return Ok(NOT_A_GATEWAY.to_owned());
    }
    let mut broker = start()?;
    with_front(front, broker.tcp(), |url| {
        let socket = connected(&gateway_route(url), ProtocolVersion::V31)?;
        broker.stop();
        let ending = answer_with_reason(socket)?;
        broker.start_again()?;
        connected(&gateway_route(url), ProtocolVersion::V31)?;
        Ok(format!("{ending}, then connects again"))
    })
}

/// What a client sees when a gateway goes, and that it finds it at the same address when it is back.
fn gateway_killed(front: Front, broker: SocketAddr) -> Result<String> {
    let (url, mut gateway): (String, Box<dyn Part>) = match front {
        Front::Kaazing => {
            let kaazing = Kaazing::start(broker, PAGE_ORIGIN)?;
            (kaazing.url(), Box::new(kaazing))
        }
        Front::Gateway => {
            let gateway = Gateway::start(gateway_options(Some(broker)))?;
            (gateway.proxy().to_string(), Box::new(gateway))
        }
        _ => return Ok(NOT_A_GATEWAY.to_owned()),
    };
    let socket = connected(&gateway_route(&url), ProtocolVersion::V31)?;
    gateway.stop();
    let ending = answer_with_reason(socket)?;
    gateway.start_again()?;
    connected(&gateway_route(&url), ProtocolVersion::V31)?;
    Ok(format!("{ending}, then connects again"))
}
