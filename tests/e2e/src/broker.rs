//! A broker that plays a script: bytes given in hexadecimal, whatever the client says.

use anyhow::{Context, Result, bail};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What the scripted broker does next.
#[derive(Clone)]
pub enum Act {
    /// Waits for one whole MQTT packet.
    Receive,
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Says nothing more and leaves it to the client to end the connection.
    Stay,
}

impl Act {
    /// Sends bytes given as in "20 02 00 05".
    ///
    /// # Panics
    /// If that is not hexadecimal: the test is wrong.
    pub fn send(hex: &str) -> Self {
        Self::Send(crate::bytes::from_hex(hex))
    }
}

/// A TCP server that plays the same script to each client and then closes the connection.
///
/// It goes on listening until the test program ends.
pub struct ScriptedBroker {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl ScriptedBroker {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// If no port can be opened.
    pub fn start(script: Vec<Act>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        thread::spawn({
            let received = Arc::clone(&received);
            move || {
                for stream in listener.incoming().flatten() {
                    let (script, received) = (script.clone(), Arc::clone(&received));
                    // What goes wrong here is seen by the client, which is what is tested.
                    thread::spawn(move || play(stream, &script, &received).unwrap_or_default());
                }
            }
        });
        Ok(Self { address, received })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The whole packets that it got from all clients so far.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An address at which nothing listens: that of a server that has just been closed.
///
/// # Errors
/// If no port can be opened.
pub fn address_without_broker() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn play(mut stream: TcpStream, script: &[Act], received: &Mutex<Vec<Vec<u8>>>) -> Result<()> {
    for act in script {
        match act {
            Act::Receive => {
                let packet = read_packet(&mut stream)?;
                received.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
            }
            Act::Send(bytes) => stream.write_all(bytes)?,
            Act::Stay => loop {
                let packet = read_packet(&mut stream)?;
                received.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
            },
        }
    }
    Ok(())
}

/// Reads one MQTT packet, whatever is in it.
///
/// # Errors
/// If the connection ends or the Remaining Length has a fifth byte.
pub fn read_packet(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut packet = vec![0; 1];
    stream.read_exact(&mut packet)?;
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        packet.push(byte[0]);
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
            let head = packet.len();
            packet.resize(head + length, 0);
            stream.read_exact(&mut packet[head..])?;
            return Ok(packet);
        }
    }
    bail!("the Remaining Length has more than four bytes");
}

/// Whether nothing more comes on the connection for this time.
///
/// # Errors
/// If the connection fails.
pub fn is_silent(stream: &TcpStream, time: Duration) -> Result<bool> {
    stream.set_read_timeout(Some(time))?;
    let peeked = stream.peek(&mut [0]);
    stream.set_read_timeout(None)?;
    match peeked {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(true),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(false),
    }
}
