//! What the servers of the benchmarks have in common: a WebSocket as a gateway agrees to it, and the answers that need
//! no thought.

use std::net::TcpStream;

use anyhow::{Result, anyhow};
use tungstenite::WebSocket;
use tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};

/// Takes a connection's request for a WebSocket, with the first subprotocol that it offers.
pub fn accept(stream: TcpStream) -> Result<WebSocket<TcpStream>> {
    stream.set_nodelay(true)?;
    tungstenite::accept_hdr(stream, Subprotocol).map_err(|error| anyhow!("no WebSocket: {error}"))
}

/// The answer to a packet that is answered at once, if it is one.
pub fn reply(packet: &[u8]) -> Option<Vec<u8>> {
    Some(match packet[0] >> 4 {
        CONNECT => vec![0x20, 2, 0, 0],
        // What is subscribed to is not asked for by anybody: any filter gets QoS 2.
        SUBSCRIBE => vec![0x90, 3, packet[2], packet[3], 2],
        _ => return None,
    })
}

/// Agrees to the first subprotocol that the page offers.
struct Subprotocol;

impl Callback for Subprotocol {
    fn on_request(self, request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        const NAME: &str = "Sec-WebSocket-Protocol";
        let offered = request.headers().get(NAME).and_then(|names| names.to_str().ok());
        if let Some(name) = offered.and_then(|names| names.split(',').next()?.trim().parse().ok()) {
            response.headers_mut().insert(NAME, name);
        }
        Ok(response)
    }
}

pub const CONNECT: u8 = 1;
pub const PUBLISH: u8 = 3;
pub const PUBACK: u8 = 4;
pub const PUBREC: u8 = 5;
pub const PUBCOMP: u8 = 7;
pub const SUBSCRIBE: u8 = 8;
pub const PINGREQ: u8 = 12;
pub const DISCONNECT: u8 = 14;
