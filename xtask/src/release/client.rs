//! A program as a person meets it: started, asked for its page, connected to, ended.

use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A started program; it is killed if a check ends early.
pub struct Program {
    child: Child,
    /// Host and port of the page and the proxy.
    authority: String,
    /// How long it took to be ready.
    pub took: Duration,
}

impl Program {
    /// Starts a gateway with a broker inside, both on free ports; `command` is the program with its first words.
    pub fn start(mut command: Command) -> Result<Self> {
        let started = Instant::now();
        command.args(["--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"]);
        // What is set here would decide what is tried.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MQTTSCOPE_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command.spawn().with_context(|| format!("{name} does not start"))?;
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let (lines, received) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                lines.send(line).unwrap_or_default();
            }
        });
        let mut program = Self { child, authority: String::new(), took: Duration::ZERO };
        while program.authority.is_empty() {
            let line = received.recv_timeout(TIMEOUT).with_context(|| format!("{name} was not ready"))?;
            if let Some(url) = line.strip_prefix("page: http://") {
                program.authority = url.split('/').next().unwrap_or_default().to_owned();
            }
        }
        program.took = started.elapsed();
        Ok(program)
    }

    /// Asks for the page: it has to come compressed, and to be one of ours in full.
    pub fn fetch_page(&self) -> Result<()> {
        let (head, _) = self.get("accept-encoding: br\r\n")?;
        ensure!(head.contains("\r\ncontent-encoding: br\r\n"), "the page came uncompressed: {head}");
        let (head, body) = self.get("")?;
        ensure!(head.starts_with("HTTP/1.1 200 "), "the page was refused: {head}");
        ensure!(String::from_utf8_lossy(&body).contains("<title>mqttscope</title>"), "it is another page");
        Ok(())
    }

    fn get(&self, headers: &str) -> Result<(String, Vec<u8>)> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET /demo/gateway/javascript/mqtt.html HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n",
            self.authority
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .context("the answer has no end of its head")?;
        let body = answer.split_off(end + 4);
        Ok((String::from_utf8(answer)?, body))
    }

    /// Sends CONNECT through the proxy, and waits until the broker has accepted it.
    pub fn speak_mqtt(&self) -> Result<()> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET /mqttproxy HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.authority
        );
        stream.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8(head)?;
        ensure!(head.starts_with("HTTP/1.1 101 "), "the WebSocket was refused: {head}");
        stream.write_all(&masked(CONNECT))?;
        let mut frame = [0; 6];
        stream.read_exact(&mut frame)?;
        if frame != CONNACK {
            bail!("instead of CONNACK came {frame:02x?}");
        }
        Ok(())
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(stream)
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> Result<()> {
        terminate(&self.child)?;
        let asked = Instant::now();
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(asked.elapsed() < TIMEOUT, "it does not end on SIGTERM");
            thread::sleep(Duration::from_millis(10));
        };
        ensure!(status.success(), "it ended with {status} on SIGTERM");
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Of one that has ended, neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn terminate(child: &Child) -> Result<()> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    Ok(kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGTERM)?)
}

#[cfg(not(unix))]
fn terminate(_child: &Child) -> Result<()> {
    bail!("there is no SIGTERM here")
}

/// A binary message of a client; with a mask of zeros its bytes stay as they are (RFC 6455, 5.3).
fn masked(payload: &[u8]) -> Vec<u8> {
    let length = 0x80 | payload.len() as u8;
    [&[0x82, length, 0, 0, 0, 0], payload].concat()
}

/// CONNECT of MQTT 3.1.1 with a clean session and the client identifier `a`.
const CONNECT: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";

/// A binary message with CONNACK: no session present, accepted.
const CONNACK: [u8; 6] = [0x82, 4, 0x20, 2, 0, 0];

/// An emulated program takes its time; the deadline only ends what hangs.
const TIMEOUT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_length_and_its_mask() {
        assert_eq!(masked(b"ab"), [0x82, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(CONNECT.len(), 15);
    }
}
