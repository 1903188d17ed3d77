//! The broker of the load: it takes, sends, echoes or waits, and knows nothing of MQTT.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// What it does with each connection.
#[derive(Clone, Copy)]
pub enum Role {
    /// Takes so many bytes, then sends one.
    Take(u64),
    /// Waits for a byte, then sends so many in writes of so many each.
    Send { len: u64, piece_len: usize },
    /// Sends back what comes.
    Echo,
    /// Takes a message of [`GREETING_LEN`], answers it, and waits.
    Wait,
    /// Waits for a byte, then sends as much as is taken, until nothing was taken for a second, and closes.
    Fill,
}

/// A broker on a port of its own; it ends when it is dropped.
pub struct Broker {
    pub addr: SocketAddr,
    pub sent: Arc<AtomicU64>,
    stopping: Arc<AtomicBool>,
}

impl Broker {
    pub fn start(role: Role) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let addr = listener.local_addr()?;
        let broker = Self { addr, sent: Arc::default(), stopping: Arc::default() };
        let (sent, stopping) = (broker.sent.clone(), broker.stopping.clone());
        thread::spawn(move || {
            let waiting = Mutex::new(Vec::new());
            for stream in listener.incoming() {
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                if matches!(role, Role::Wait) {
                    // Thousands of them: without a thread each.
                    if greet(&mut stream).is_ok()
                        && let Ok(mut waiting) = waiting.lock()
                    {
                        waiting.push(stream);
                    }
                    continue;
                }
                let sent = sent.clone();
                // A connection that ends early is the client's to tell.
                thread::spawn(move || serve(stream, role, &sent));
            }
        });
        Ok(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.addr);
    }
}

fn serve(mut stream: TcpStream, role: Role, sent: &AtomicU64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match role {
        Role::Take(len) => {
            let (mut taken, mut buffer) = (0, vec![0; BUFFER_LEN]);
            while taken < len {
                match stream.read(&mut buffer)? {
                    0 => return Ok(()),
                    more => taken += more as u64,
                }
            }
            stream.write_all(&[1])?;
            wait_for_end(&mut stream)
        }
        Role::Send { len, piece_len } => {
            stream.read_exact(&mut [0])?;
            let piece = vec![0x55; piece_len];
            for _ in 0..len / piece_len as u64 {
                stream.write_all(&piece)?;
            }
            wait_for_end(&mut stream)
        }
        Role::Echo => {
            let mut buffer = vec![0; BUFFER_LEN];
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Ok(()),
                    len => stream.write_all(&buffer[..len])?,
                }
            }
        }
        Role::Wait => greet(&mut stream),
        Role::Fill => {
            stream.read_exact(&mut [0])?;
            stream.set_write_timeout(Some(Duration::from_secs(1)))?;
            let piece = vec![0x55; BUFFER_LEN];
            while let Ok(len) = stream.write(&piece) {
                sent.fetch_add(len as u64, Ordering::Relaxed);
            }
            Ok(())
        }
    }
}

fn greet(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.read_exact(&mut [0; GREETING_LEN])?;
    stream.write_all(&[0; ANSWER_LEN])
}

fn wait_for_end(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// About a CONNECT, and its CONNACK.
pub const GREETING_LEN: usize = 64;
pub const ANSWER_LEN: usize = 4;

const BUFFER_LEN: usize = 256 * 1024;
