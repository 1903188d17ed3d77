//! Frames as they are written: a server's without a mask, a client's with one.

use super::{BINARY, Control, FIN, MASK, mask};

/// Writes a binary message's header so that it ends where the payload begins; returns where the frame begins.
///
/// The first [`HEADER_ROOM`] bytes are room for it, the payload is what follows.
pub(in crate::proxy) fn write_header(message: &mut [u8]) -> usize {
    let len = message.len().saturating_sub(HEADER_ROOM);
    let (header, header_len) = header(BINARY, 0, len);
    let start = HEADER_ROOM - header_len;
    message[start..HEADER_ROOM].copy_from_slice(&header[..header_len]);
    start
}

/// Appends a client's frame, in one piece: a binary message or a control frame.
pub(in crate::proxy) fn push_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8], key: [u8; 4]) {
    let (header, header_len) = header(opcode, MASK, payload.len());
    out.extend_from_slice(&header[..header_len]);
    out.extend(key);
    let start = out.len();
    out.extend_from_slice(payload);
    mask(&mut out[start..], key);
}

/// A frame in one piece up to its length, and how long that is; `masked` is 0 or [`MASK`].
fn header(opcode: u8, masked: u8, len: usize) -> ([u8; HEADER_ROOM], usize) {
    let mut header = [0; HEADER_ROOM];
    header[0] = FIN | opcode;
    match len {
        0..=125 => {
            header[1] = masked | len as u8;
            (header, 2)
        }
        126..=0xFFFF => {
            header[1] = masked | 126;
            header[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            (header, 4)
        }
        _ => {
            header[1] = masked | 127;
            header[2..].copy_from_slice(&(len as u64).to_be_bytes());
            (header, HEADER_ROOM)
        }
    }
}

/// Appends a control frame.
pub(in crate::proxy) fn push_control(out: &mut Vec<u8>, opcode: u8, control: &Control) {
    out.extend([FIN | opcode, control.len as u8]);
    out.extend(control.as_slice());
}

/// The longest header of the frames that are written here, but for a client's key.
pub(in crate::proxy) const HEADER_ROOM: usize = 10;

#[cfg(test)]
mod tests {
    use super::super::tests::{KEY, frame};
    use super::*;

    #[test]
    fn headers_stand_right_before_the_payload() {
        for (len, expected) in [
            (0, &b"\x82\x00"[..]),
            (125, b"\x82\x7D"),
            (126, b"\x82\x7E\x00\x7E"),
            (0xFFFF, b"\x82\x7E\xFF\xFF"),
            (0x1_0000, b"\x82\x7F\0\0\0\0\0\x01\0\0"),
        ] {
            let mut message = vec![7; HEADER_ROOM + len];
            let start = write_header(&mut message);
            assert_eq!(&message[start..HEADER_ROOM], expected);
            assert!(message[HEADER_ROOM..].iter().all(|byte| *byte == 7));
        }
    }

    #[test]
    fn what_a_client_writes_is_what_a_server_reads() {
        for len in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            let payload = vec![7; len];
            let mut out = Vec::new();
            push_masked(&mut out, BINARY, &payload, KEY);
            assert_eq!(out, frame(0x82, &payload), "{len}");
        }
    }
}
