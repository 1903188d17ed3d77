//! A capture as another tool writes it: a pcap file of a TCP connection over IPv4 and Ethernet.

/// A TCP connection from a client to port 1883, frame by frame.
pub struct Capture {
    file: Vec<u8>,
    /// How many bytes the client has sent, and the server.
    sent: [u32; 2],
    seconds: u32,
}

impl Default for Capture {
    fn default() -> Self {
        Self::new()
    }
}

impl Capture {
    /// A capture that begins with TCP's handshake.
    pub fn new() -> Self {
        // Magic number, version 2.4, no offset of the time zone, at most 256 kB a frame, Ethernet.
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        file.extend_from_slice(&[0, 0, 4, 0, 1, 0, 0, 0]);
        let mut capture = Self { file, sent: [0; 2], seconds: 1_795_602_601 };
        for (out, flags) in [(true, SYN), (false, SYN | ACK)] {
            capture.frame(out, flags, b"");
            capture.sent[usize::from(!out)] += 1;
        }
        capture.frame(true, ACK, b"");
        capture
    }

    /// Bytes that the client sends (`out`), or the server.
    pub fn push(&mut self, out: bool, bytes: &[u8]) {
        self.frame(out, PSH | ACK, bytes);
        self.sent[usize::from(!out)] += bytes.len() as u32;
    }

    /// The file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.file
    }

    /// The file in the form of gzip (RFC 1952), though no byte shorter.
    pub fn into_gzip(self) -> Vec<u8> {
        let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        // One block that is stored as it is, and the last.
        let len = self.file.len() as u16;
        packed.push(1);
        packed.extend([len.to_le_bytes(), (!len).to_le_bytes()].concat());
        packed.extend(&self.file);
        packed.extend(crc32(&self.file).to_le_bytes());
        packed.extend(u32::from(len).to_le_bytes());
        packed
    }

    fn frame(&mut self, out: bool, flags: u8, payload: &[u8]) {
        let (side, other) = (usize::from(!out), usize::from(out));
        let ports = [50_123_u16, 1883];
        let mut tcp = [ports[side].to_be_bytes(), ports[other].to_be_bytes()].concat();
        tcp.extend_from_slice(&self.sent[side].to_be_bytes());
        tcp.extend_from_slice(&self.sent[other].to_be_bytes());
        // 20 bytes of header, a window, and no checksum, as captures of the sender's own machine have it.
        tcp.extend_from_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend_from_slice(payload);
        let mut ip = vec![0x45, 0];
        ip.extend_from_slice(&(20 + tcp.len() as u16).to_be_bytes());
        ip.extend_from_slice(&[
            0,
            0,
            0x40,
            0,
            64,
            6,
            0,
            0,
            10,
            0,
            0,
            1 + side as u8,
            10,
            0,
            0,
            1 + other as u8,
        ]);
        let frame = [&[2; 12][..], &[8, 0], &ip, &tcp].concat();
        self.seconds += 1;
        for number in [self.seconds, 250_000, frame.len() as u32, frame.len() as u32] {
            self.file.extend_from_slice(&number.to_le_bytes());
        }
        self.file.extend_from_slice(&frame);
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 != 0 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), step))
}

const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
