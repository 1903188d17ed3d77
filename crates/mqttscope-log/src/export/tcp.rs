//! A TCP connection that there might have been: addresses, ports, sequence numbers and checksums.

/// The two ends of a connection, and how far each has sent.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) connection: u32,
    pub(super) open: bool,
    /// What waits to be said with the next segment.
    pub(super) comments: Vec<String>,
    /// The next sequence number of the client and of the server.
    next: [u32; 2],
    identification: u16,
    /// How often the connection was opened, so that each time has its own sequence numbers.
    openings: u32,
}

/// The flags of a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const SYN: Self = Self(0x02);
    pub(super) const SYN_ACK: Self = Self(0x12);
    pub(super) const ACK: Self = Self(0x10);
    pub(super) const PUSH_ACK: Self = Self(0x18);
    pub(super) const FIN_ACK: Self = Self(0x11);
}

impl Flow {
    /// Sets the sequence numbers of a connection that is to be opened.
    pub(super) fn begin(&mut self) {
        self.open = true;
        self.openings += 1;
        self.next = [1, 2].map(|side| (self.openings << 28).wrapping_add(side));
    }

    /// Writes a segment with the headers of IP and TCP.
    pub(super) fn segment(&mut self, outbound: bool, flags: Flags, payload: &[u8], out: &mut Vec<u8>) {
        let (from, to) = if outbound { (0, 1) } else { (1, 0) };
        let ends = [(CLIENT, FIRST_PORT + (self.connection % PORTS) as u16), (SERVER, MQTT_PORT)];
        let len = (40 + payload.len()) as u16;
        self.identification = self.identification.wrapping_add(1);
        out.clear();
        out.extend_from_slice(&[0x45, 0]);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&self.identification.to_be_bytes());
        // Do not fragment, 64 hops, TCP, room for the checksum.
        out.extend_from_slice(&[0x40, 0, 64, 6, 0, 0]);
        out.extend_from_slice(&ends[from].0);
        out.extend_from_slice(&ends[to].0);
        let ip_checksum = checksum(0, &out[..20]);
        out[10..12].copy_from_slice(&ip_checksum.to_be_bytes());

        out.extend_from_slice(&ends[from].1.to_be_bytes());
        out.extend_from_slice(&ends[to].1.to_be_bytes());
        out.extend_from_slice(&self.next[from].to_be_bytes());
        let acknowledged = if flags == Flags::SYN { 0 } else { self.next[to] };
        out.extend_from_slice(&acknowledged.to_be_bytes());
        // Header of 20 bytes, a wide window, room for the checksum, nothing urgent.
        out.extend_from_slice(&[0x50, flags.0, 0xff, 0xff, 0, 0, 0, 0]);
        out.extend_from_slice(payload);
        // The checksum counts the addresses, the protocol and the length too.
        let pseudo_header = sum(0, &out[12..20]) + 6 + u32::from(len - 20);
        let tcp_checksum = checksum(pseudo_header, &out[20..]);
        out[36..38].copy_from_slice(&tcp_checksum.to_be_bytes());

        let counts = u32::from(flags.0 & 0x03 != 0) + payload.len() as u32;
        self.next[from] = self.next[from].wrapping_add(counts);
    }
}

fn checksum(start: u32, bytes: &[u8]) -> u16 {
    let mut sum = sum(start, bytes);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Adds 16-bit words; 64 KiB of them fit.
fn sum(start: u32, bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or_default());
    bytes.chunks(2).map(word).fold(start, u32::wrapping_add)
}

/// Addresses that are kept for documentation (RFC 5737), and ports that are nobody's (RFC 6335).
const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [192, 0, 2, 2];
const MQTT_PORT: u16 = 1883;
const FIRST_PORT: u16 = 49_152;
const PORTS: u32 = 16_384;
