//! A stream in pieces: the same packets, and the same end, however it is cut.

use mqttscope_proto::{DecodeError, Deframer, Frame, FrameScanner, ProtocolVersion};

/// Runs the target. The input is a version, a number of piece lengths, these lengths, and a stream.
pub fn run(data: &[u8]) {
    let Some((version, rest)) = super::split_version(data) else { return };
    let Some((&count, rest)) = rest.split_first() else { return };
    let (lengths, stream) = rest.split_at(usize::from(count % 16).min(rest.len()));
    let whole = in_one_piece(stream, version);
    for frame in &whole.frames {
        // An error in a body does not move the boundaries.
        let split = Frame::split(frame, version).expect("it was split off before").expect("it is whole");
        let _ = split.0.decode(version, &mut ());
    }
    for lengths in [lengths, &[1], &[3, 0, 2]] {
        assert_eq!(deframed(stream, lengths, version), whole, "deframed in pieces of {lengths:?}");
        assert_eq!(scanned(stream, lengths, version), whole, "scanned in pieces of {lengths:?}");
    }
}

/// What is found in a stream.
#[derive(Debug, PartialEq, Eq, Default)]
struct Found {
    frames: Vec<Vec<u8>>,
    error: Option<DecodeError>,
    /// Bytes of an unfinished packet at the end.
    incomplete: usize,
}

fn in_one_piece(stream: &[u8], version: ProtocolVersion) -> Found {
    let mut found = Found::default();
    let mut rest = stream;
    loop {
        match Frame::split(rest, version) {
            Ok(Some((frame, behind))) => {
                found.frames.push(frame.bytes().to_vec());
                rest = behind;
            }
            Ok(None) => {
                found.incomplete = rest.len();
                return found;
            }
            Err(error) => {
                found.error = Some(error);
                return found;
            }
        }
    }
}

fn deframed(stream: &[u8], lengths: &[u8], version: ProtocolVersion) -> Found {
    let mut found = Found::default();
    let mut deframer = Deframer::new();
    for mut piece in pieces(stream, lengths) {
        loop {
            match deframer.next_frame(&mut piece, version) {
                Ok(Some(frame)) => found.frames.push(frame.bytes().to_vec()),
                Ok(None) => break,
                Err(error) => {
                    found.error = Some(error);
                    return found;
                }
            }
        }
        assert!(piece.is_empty());
    }
    found.incomplete = deframer.buffered();
    found
}

fn scanned(stream: &[u8], lengths: &[u8], version: ProtocolVersion) -> Found {
    let mut found = Found::default();
    let mut scanner = FrameScanner::new();
    let mut current = Vec::new();
    for mut piece in pieces(stream, lengths) {
        while !piece.is_empty() {
            let scan = match scanner.scan(piece, version) {
                Ok(scan) => scan,
                Err(error) => {
                    found.error = Some(error);
                    return found;
                }
            };
            assert!(scan.consumed > 0, "the scanner stands still");
            current.extend_from_slice(&piece[..scan.consumed]);
            piece = &piece[scan.consumed..];
            if scan.complete {
                found.frames.push(std::mem::take(&mut current));
            } else if let Some(len) = scanner.frame_len() {
                assert!(len > current.len(), "a packet of {len} bytes is not whole with {}", current.len());
            }
            assert_eq!(scanner.is_at_boundary(), scan.complete);
        }
    }
    found.incomplete = current.len();
    found
}

/// The stream in pieces of the given lengths, over and over; the last may be shorter.
fn pieces<'a>(stream: &'a [u8], lengths: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let endless = lengths.iter().any(|&length| length > 0);
    let mut rest = stream;
    let mut lengths = lengths.iter().cycle();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length =
            if endless { lengths.next().map_or(0, |&length| usize::from(length)) } else { rest.len() };
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        Some(piece)
    })
}
