//! A TCP connection: that of a capture, or one that there might have been. Addresses, ports, sequence numbers and checksums.

use crate::store::{ConnectionId, End, Ends};

/// The two ends of a connection, and how far each has sent.
pub(super) struct Flow {
    pub(super) ends: Ends,
    pub(super) open: bool,
    /// What waits to be said with the next segment.
    pub(super) comments: Vec<String>,
    /// The holes in what the client and the server send, up to their next packet: behind how many bytes of it, and how
    /// many bytes are missing.
    pub(super) holes: [Vec<(u64, u64)>; 2],
    /// The next sequence number of the client and of the server.
    next: [u32; 2],
    identification: u16,
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
    pub(super) fn new(ends: Ends) -> Self {
        let (comments, holes) = (Vec::new(), Default::default());
        Self { ends, open: false, comments, holes, next: [0; 2], identification: 0 }
    }

    /// Sets the sequence numbers of a connection that begins: further from those that the ends have used, in the order of
    /// the ends, than any window reaches, so that it is another one also where no SYN says so.
    pub(super) fn begin(&mut self, used: Option<[u32; 2]>) {
        self.open = true;
        let [low, high] = used.unwrap_or_default();
        let used = if self.is_client_low() { [low, high] } else { [high, low] };
        self.next = [0, 1].map(|side| used[side].wrapping_add(APART + side as u32));
    }

    /// The two ends, the lower one first: whoever is the client, a capture tells connections apart by them.
    pub(super) fn ends_in_order(&self) -> (End, End) {
        let Ends { client, server } = self.ends;
        if self.is_client_low() { (client, server) } else { (server, client) }
    }

    /// How far the ends have sent, in their order.
    pub(super) fn sent_in_order(&self) -> [u32; 2] {
        let [client, server] = self.next;
        if self.is_client_low() { [client, server] } else { [server, client] }
    }

    fn is_client_low(&self) -> bool {
        self.ends.client <= self.ends.server
    }

    /// Goes on behind bytes that are missing: at most as many as a window has, since what is further away belongs to no
    /// connection.
    pub(super) fn skip(&mut self, outbound: bool, len: u64) {
        let next = &mut self.next[usize::from(!outbound)];
        *next = next.wrapping_add(len.min(WINDOW) as u32);
    }

    /// Writes a segment with the headers of IP and TCP.
    pub(super) fn segment(&mut self, outbound: bool, flags: Flags, payload: &[u8], out: &mut Vec<u8>) {
        let (from, to) = if outbound { (0, 1) } else { (1, 0) };
        let ends = [self.ends.client, self.ends.server];
        let tcp_len = (TCP_HEADER + payload.len()) as u16;
        self.identification = self.identification.wrapping_add(1);
        out.clear();
        let addresses = match (ends[from].v4(), ends[to].v4()) {
            (Some(from), Some(to)) => {
                out.extend_from_slice(&[0x45, 0]);
                out.extend_from_slice(&(tcp_len + 20).to_be_bytes());
                out.extend_from_slice(&self.identification.to_be_bytes());
                // Do not fragment, 64 hops, TCP, room for the checksum.
                out.extend_from_slice(&[0x40, 0, 64, TCP, 0, 0]);
                out.extend_from_slice(&from);
                out.extend_from_slice(&to);
                let ip_checksum = checksum(0, out);
                out[10..12].copy_from_slice(&ip_checksum.to_be_bytes());
                12
            }
            _ => {
                out.extend_from_slice(&[0x60, 0, 0, 0]);
                out.extend_from_slice(&tcp_len.to_be_bytes());
                out.extend_from_slice(&[TCP, 64]);
                out.extend_from_slice(&ends[from].address);
                out.extend_from_slice(&ends[to].address);
                8
            }
        };
        let tcp = out.len();
        out.extend_from_slice(&ends[from].port.to_be_bytes());
        out.extend_from_slice(&ends[to].port.to_be_bytes());
        out.extend_from_slice(&self.next[from].to_be_bytes());
        let acknowledged = if flags == Flags::SYN { 0 } else { self.next[to] };
        out.extend_from_slice(&acknowledged.to_be_bytes());
        // Header of 20 bytes, a wide window, room for the checksum, nothing urgent.
        out.extend_from_slice(&[0x50, flags.0, 0xff, 0xff, 0, 0, 0, 0]);
        out.extend_from_slice(payload);
        // The checksum counts the addresses, the protocol and the length too.
        let pseudo_header = sum(0, &out[addresses..tcp]) + u32::from(TCP) + u32::from(tcp_len);
        let tcp_checksum = checksum(pseudo_header, &out[tcp..]);
        out[tcp + 16..tcp + 18].copy_from_slice(&tcp_checksum.to_be_bytes());

        let counts = u32::from(flags.0 & 0x03 != 0) + payload.len() as u32;
        self.next[from] = self.next[from].wrapping_add(counts);
    }
}

/// The ends of a connection that no capture tells those of. Each has ports or an address of its own.
pub(super) fn made_up_ends(connection: ConnectionId) -> Ends {
    let (port, round) = ((connection.0 % PORTS) as u16, connection.0 / PORTS);
    let client = match round {
        0 => CLIENT,
        // There are fewer rounds than addresses for benchmarks (RFC 2544).
        _ => (u32::from_be_bytes(BENCHMARKS) + round % BENCHMARK_ADDRESSES).to_be_bytes(),
    };
    Ends { client: End::of_v4(client, FIRST_PORT + port), server: End::of_v4(SERVER, MQTT_PORT) }
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
const BENCHMARKS: [u8; 4] = [198, 18, 0, 0];
const BENCHMARK_ADDRESSES: u32 = 1 << 17;
const SERVER: [u8; 4] = [192, 0, 2, 2];
const MQTT_PORT: u16 = 1883;
const FIRST_PORT: u16 = 49_152;
const PORTS: u32 = 16_384;
const TCP: u8 = 6;
/// The largest window (RFC 7323, 2.3), and more than that.
const WINDOW: u64 = (1 << 30) - (1 << 16);
const APART: u32 = 0x5555_5556;
const TCP_HEADER: usize = 20;
