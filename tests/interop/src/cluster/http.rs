//! As much of HTTP as asking a server how it is takes.

use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The body of the answer to one GET.
///
/// # Errors
/// If nobody answers in time, or with another status than 200.
pub fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "{address}{path} answers with {status}");
    // HAProxy's table comes in pieces, though this version of HTTP knows none; else the body goes to the end.
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        return joined(body).context("the pieces of a body");
    }
    Ok(body.to_owned())
}

/// The pieces of a body, each with its length in front in hex; the last one is empty.
fn joined(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let piece = rest.get(..usize::from_str_radix(length.trim(), 16).ok()?)?;
        if piece.is_empty() {
            return Some(whole);
        }
        whole += piece;
        body = rest[piece.len()..].strip_prefix("\r\n")?;
    }
}

const TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_body_are_joined() {
        assert_eq!(joined("a\r\n# pxname\n\n\r\n1\r\nx\r\n0\r\n\r\n").as_deref(), Some("# pxname\n\nx"));
        assert_eq!(joined("0\r\n\r\n").as_deref(), Some(""));
        assert_eq!(joined("5\r\nshort"), None);
    }
}
