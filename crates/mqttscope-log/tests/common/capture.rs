//! Frames of a TCP connection as captures hold them, built by hand.

/// What is around TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Ethernet4,
    Ethernet6,
    Tagged,
    Cooked,
    Cooked2,
    Raw,
    Loopback,
    /// IPv6 with an extension header.
    Extended,
}

impl Framing {
    pub const ALL: [Self; 8] = [
        Self::Ethernet4,
        Self::Ethernet6,
        Self::Tagged,
        Self::Cooked,
        Self::Cooked2,
        Self::Raw,
        Self::Loopback,
        Self::Extended,
    ];

    const fn link_type(self) -> u32 {
        match self {
            Self::Ethernet4 | Self::Ethernet6 | Self::Tagged | Self::Extended => 1,
            Self::Cooked => 113,
            Self::Cooked2 => 276,
            Self::Raw => 101,
            Self::Loopback => 0,
        }
    }
}

/// A connection whose frames are built; it knows how far each side has sent.
pub struct Frame {
    framing: Framing,
    pub client_port: u16,
    pub server_port: u16,
    start: u32,
    sent: [usize; 2],
}

impl Frame {
    pub fn new(framing: Framing) -> Self {
        Self::starting_at(framing, 1_000)
    }

    pub fn starting_at(framing: Framing, start: u32) -> Self {
        Self { framing, client_port: 50_000, server_port: 1883, start, sent: [0; 2] }
    }

    pub fn handshake(&mut self) -> Vec<Vec<u8>> {
        let start = self.start.wrapping_sub(1);
        vec![
            self.frame(true, start, 0x02, b""),
            self.frame(false, start, 0x12, b""),
            self.frame(true, self.start, 0x10, b""),
        ]
    }

    /// The next bytes of a side.
    pub fn data(&mut self, out: bool, bytes: &[u8]) -> Vec<u8> {
        let at = self.sent[usize::from(out)];
        self.sent[usize::from(out)] += bytes.len();
        self.frame(out, self.start.wrapping_add(at as u32), 0x18, bytes)
    }

    /// Bytes of the client at a place in its stream.
    pub fn segment(&mut self, at: usize, bytes: &[u8]) -> Vec<u8> {
        self.frame(true, self.start.wrapping_add(at as u32), 0x18, bytes)
    }

    pub fn end(&mut self) -> Vec<Vec<u8>> {
        let end = |side: usize| self.start.wrapping_add(self.sent[side] as u32);
        vec![self.frame(true, end(1), 0x11, b""), self.frame(false, end(0), 0x11, b"")]
    }

    fn frame(&self, out: bool, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
        let ports = [self.client_port, self.server_port];
        let (from, to) = if out { (0, 1) } else { (1, 0) };
        let mut tcp = [ports[from].to_be_bytes(), ports[to].to_be_bytes()].concat();
        tcp.extend_from_slice(&sequence.to_be_bytes());
        let heard = self.start.wrapping_add(self.sent[usize::from(!out)] as u32);
        tcp.extend_from_slice(&if flags & 0x10 != 0 { heard.to_be_bytes() } else { [0; 4] });
        // With an option, so that the header's length counts.
        tcp.extend_from_slice(&[0x60, flags, 255, 255, 0, 0, 0, 0, 1, 1, 1, 1]);
        tcp.extend_from_slice(payload);
        let v4 = || {
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
                1 + from as u8,
                10,
                0,
                0,
                1 + to as u8,
            ]);
            [ip, tcp.clone()].concat()
        };
        let v6 = |extended: bool| {
            let extension: &[u8] = if extended { &[6, 0, 1, 4, 0, 0, 0, 0] } else { &[] };
            let mut ip = vec![0x60, 0, 0, 0];
            ip.extend_from_slice(&((tcp.len() + extension.len()) as u16).to_be_bytes());
            ip.extend_from_slice(&[if extended { 0 } else { 6 }, 64]);
            for side in [from, to] {
                ip.extend_from_slice(&[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + side as u8]);
            }
            [&ip, extension, &tcp].concat()
        };
        let ethernet = |tag: &[u8], ether_type: [u8; 2], packet: Vec<u8>| {
            let mut frame = [&[2; 12], tag, &ether_type, &packet].concat();
            // The least length of a frame: filled up with what must not count as payload.
            frame.resize(frame.len().max(60), 0xee);
            frame
        };
        match self.framing {
            Framing::Ethernet4 => ethernet(&[], [8, 0], v4()),
            Framing::Ethernet6 => ethernet(&[], [0x86, 0xdd], v6(false)),
            Framing::Extended => ethernet(&[], [0x86, 0xdd], v6(true)),
            Framing::Tagged => ethernet(&[0x81, 0, 0, 7], [8, 0], v4()),
            Framing::Cooked => [&[0; 14][..], &[8, 0], &v4()].concat(),
            Framing::Cooked2 => [&[8, 0][..], &[0; 18], &v4()].concat(),
            Framing::Raw => v4(),
            Framing::Loopback => [vec![2, 0, 0, 0], v4()].concat(),
        }
    }
}

/// A pcap file of frames, one a microsecond; of big-endian machines where the framing is tagged.
pub fn pcap(framing: Framing, frames: &[Vec<u8>]) -> Vec<u8> {
    let word =
        |number: u32| if framing == Framing::Tagged { number.to_be_bytes() } else { number.to_le_bytes() };
    let version = if framing == Framing::Tagged { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
    let mut file =
        [word(0xa1b2_c3d4), version, word(0), word(0), word(1 << 18), word(framing.link_type())].concat();
    for (micros, frame) in frames.iter().enumerate() {
        let len = frame.len() as u32;
        file.extend_from_slice(&[word(1_795_602_601), word(micros as u32), word(len), word(len)].concat());
        file.extend_from_slice(frame);
    }
    file
}

/// A little-endian pcap file of frames, each with its time in milliseconds.
pub fn pcap_of(link_type: u32, frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let word = |number: usize| (number as u32).to_le_bytes();
    let mut file = [word(0xa1b2_c3d4), [2, 0, 4, 0], word(0), word(0), word(1 << 18)].concat();
    file.extend(link_type.to_le_bytes());
    for (time, frame) in frames {
        let (time, len) = (*time as usize, frame.len());
        file.extend([word(time / 1_000), word(time % 1_000 * 1_000), word(len), word(len)].concat());
        file.extend(frame);
    }
    file
}
