//! One connection of the load's: TCP as it is, or a WebSocket made by hand, so that it costs the machine little.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// A connection that counts the bytes that come.
pub struct Link {
    stream: TcpStream,
    frames: Option<Frames>,
    buffer: Vec<u8>,
}

/// Follows a server's frames, cut anywhere, without looking at payloads.
#[derive(Default)]
struct Frames {
    header: Vec<u8>,
    left: u64,
    is_closed: bool,
}

impl Link {
    pub fn open(addr: SocketAddr, is_websocket: bool) -> Result<Self> {
        let mut stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        if is_websocket {
            shake_hands(&mut stream, addr)?;
        }
        let frames = is_websocket.then(Frames::default);
        Ok(Self { stream, frames, buffer: Vec::new() })
    }

    /// Messages of so many bytes each, as many as fit into this length but at least one, ready to be sent.
    pub fn messages(&self, message_len: usize, len: usize) -> Vec<u8> {
        let one = self.message(&vec![0x55; message_len]);
        one.repeat((len / message_len).max(1))
    }

    pub fn send(&mut self, payload: &[u8]) -> Result<()> {
        let message = self.message(payload);
        self.write(&message)
    }

    /// Writes what [`Link::messages`] made.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Waits until so many bytes of payload have come.
    pub fn receive(&mut self, len: u64) -> Result<()> {
        let mut received = 0;
        while received < len {
            match self.read()? {
                Some(more) => received += more,
                None => bail!("the connection ended after {received} of {len} bytes"),
            }
        }
        ensure!(received == len, "{received} bytes came instead of {len}");
        Ok(())
    }

    /// How many bytes of payload come until the end, whatever it is.
    pub fn receive_to_end(&mut self) -> u64 {
        let mut bytes = 0;
        while let Ok(Some(more)) = self.read() {
            bytes += more;
        }
        bytes
    }

    /// Ends it as a client does that is done.
    pub fn close(mut self) -> Result<()> {
        if self.frames.is_some() {
            self.stream.write_all(&masked(0x88, &1000_u16.to_be_bytes()))?;
        } else {
            self.stream.shutdown(Shutdown::Write)?;
        }
        self.receive_to_end();
        Ok(())
    }

    fn message(&self, payload: &[u8]) -> Vec<u8> {
        match self.frames {
            Some(_) => masked(0x82, payload),
            None => payload.to_vec(),
        }
    }

    /// How many bytes of payload one read brought; `None` at the end.
    fn read(&mut self) -> Result<Option<u64>> {
        self.buffer.resize(BUFFER_LEN, 0);
        let len = self.stream.read(&mut self.buffer)?;
        if len == 0 {
            return Ok(None);
        }
        match &mut self.frames {
            Some(frames) => frames.take(&self.buffer[..len]),
            None => Ok(Some(len as u64)),
        }
    }
}

impl Frames {
    /// How many bytes of payload these bring; `None` behind a close frame.
    fn take(&mut self, mut bytes: &[u8]) -> Result<Option<u64>> {
        let mut payload = 0;
        while !bytes.is_empty() && !self.is_closed {
            if self.left > 0 {
                let taken = self.left.min(bytes.len() as u64);
                bytes = &bytes[taken as usize..];
                self.left -= taken;
                payload += taken;
                continue;
            }
            self.header.push(bytes[0]);
            bytes = &bytes[1..];
            let Some(len) = payload_len(&self.header) else { continue };
            match self.header[0] & 0x0F {
                0 | 2 => self.left = len,
                8 => self.is_closed = true,
                _ => ensure!(len == 0, "a control frame with a payload, which is not expected"),
            }
            self.header.clear();
        }
        Ok((payload > 0 || !self.is_closed).then_some(payload))
    }
}

/// The length that a whole header of a server's frame tells.
fn payload_len(header: &[u8]) -> Option<u64> {
    match header {
        [_, len @ 0..=125] => Some(u64::from(*len)),
        [_, 126, high, low] => Some(u64::from(u16::from_be_bytes([*high, *low]))),
        [_, 127, len @ ..] => Some(u64::from_be_bytes(len.try_into().ok()?)),
        _ => None,
    }
}

/// A client's frame. The key is zero, so that masking costs the load nothing; unmasking costs the same with any.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..=125 => frame.push(0x80 | len as u8),
        len @ 126..=0xFFFF => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(payload);
    frame
}

fn shake_hands(stream: &mut TcpStream, addr: SocketAddr) -> Result<()> {
    let request = format!(
        "GET /mqttproxy HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    // The broker says nothing by itself, so what comes is the answer and no more.
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).context("the handshake is not answered")? {
            0 => bail!("closed instead of an answer to the handshake"),
            len => answer.extend_from_slice(&buffer[..len]),
        }
    }
    ensure!(answer.starts_with(b"HTTP/1.1 101"), "refused: {}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// Whatever takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(60);

const BUFFER_LEN: usize = 256 * 1024;
