//! An MQTT 3.1.1 client over TCP that shares no code with the page: it says what really arrives at
//! the broker, byte for byte.

use anyhow::{Context, Result, bail, ensure};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::broker::{is_silent, read_packet};
use crate::wait::TIMEOUT;

/// A connection to a broker; dropping it loses the socket without a DISCONNECT.
pub struct TcpClient {
    stream: TcpStream,
}

/// A PUBLISH as it came.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
}

impl TcpClient {
    /// Connects with a clean session and without a keep alive.
    ///
    /// # Errors
    /// If the broker is not reached or refuses.
    pub fn connect(broker: SocketAddr, client_id: &str) -> Result<Self> {
        let stream = TcpStream::connect(broker).context("no broker")?;
        let mut client = Self { stream };
        let mut body = b"\x00\x04MQTT\x04\x02\x00\x00".to_vec();
        push_string(&mut body, client_id);
        client.send(0x10, &body)?;
        let connack = client.receive()?;
        ensure!(connack == [0x20, 2, 0, 0], "the broker answered CONNECT with {connack:02x?}");
        Ok(client)
    }

    /// Subscribes and returns the granted QoS.
    ///
    /// # Errors
    /// If something else than a SUBACK comes.
    pub fn subscribe(&mut self, filter: &str, qos: u8) -> Result<u8> {
        let mut body = vec![0, 1];
        push_string(&mut body, filter);
        body.push(qos);
        self.send(0x82, &body)?;
        match self.receive()?[..] {
            [0x90, 3, 0, 1, granted] => Ok(granted),
            ref other => bail!("the broker answered SUBSCRIBE with {other:02x?}"),
        }
    }

    /// Publishes at QoS 0.
    ///
    /// # Errors
    /// If the connection has ended.
    pub fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> Result<()> {
        let mut body = Vec::new();
        push_string(&mut body, topic);
        body.extend_from_slice(payload);
        self.send(0x30 | u8::from(retain), &body)
    }

    /// Waits for the next message and acknowledges it, at QoS 2 to the end.
    ///
    /// # Errors
    /// If none comes in time.
    pub fn next_message(&mut self) -> Result<Message> {
        let packet = self.receive()?;
        ensure!(packet[0] >> 4 == 3, "expected PUBLISH, got {packet:02x?}");
        let (qos, retain) = (packet[0] >> 1 & 3, packet[0] & 1 == 1);
        let head = 2 + packet[1..].iter().take_while(|byte| **byte >= 0x80).count();
        let body = &packet[head..];
        let topic_end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let topic = String::from_utf8(body[2..topic_end].to_vec())?;
        let id_end = if qos == 0 { topic_end } else { topic_end + 2 };
        let id = &body[topic_end..id_end];
        match qos {
            0 => {}
            1 => self.send(0x40, id)?,
            _ => {
                self.send(0x50, id)?;
                let pubrel = self.receive()?;
                ensure!(pubrel[0] == 0x62, "expected PUBREL, got {pubrel:02x?}");
                self.send(0x70, id)?;
            }
        }
        Ok(Message { topic, payload: body[id_end..].to_vec(), qos, retain })
    }

    /// Checks that nothing more is on its way: the answer to a ping is the next that comes.
    ///
    /// # Errors
    /// If something else comes first.
    pub fn expect_nothing(&mut self) -> Result<()> {
        self.send(0xc0, &[])?;
        let packet = self.receive()?;
        ensure!(packet == [0xd0, 0], "expected nothing but PINGRESP, got {packet:02x?}");
        ensure!(is_silent(&self.stream, Duration::from_millis(300))?, "something came after PINGRESP");
        Ok(())
    }

    fn send(&mut self, first_byte: u8, body: &[u8]) -> Result<()> {
        let mut packet = vec![first_byte];
        let mut length = body.len();
        while length >= 0x80 {
            packet.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        packet.push(length as u8);
        packet.extend_from_slice(body);
        self.stream.write_all(&packet)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        self.receive_within(TIMEOUT)
    }

    fn receive_within(&mut self, limit: Duration) -> Result<Vec<u8>> {
        self.stream.set_read_timeout(Some(limit))?;
        read_packet(&mut self.stream).with_context(|| format!("no packet came in {limit:?}"))
    }
}

fn push_string(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}
