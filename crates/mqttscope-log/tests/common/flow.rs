//! Captures of TCP connections, segment by segment: what was lost, what came twice, and what came too late.

use super::capture::pcap_of;

/// A segment's flags.
pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;

/// An IPv4 address and a port.
pub type End = ([u8; 4], u16);

pub const CLIENT: End = ([10, 0, 0, 2], 40_000);
pub const SERVER: End = ([10, 0, 0, 1], 1883);

/// IP packets of one connection, each with its time in milliseconds. Every segment comes a second after the one before.
#[derive(Clone)]
pub struct Flow {
    pub ends: [End; 2],
    pub now: u64,
    pub packets: Vec<(u64, Vec<u8>)>,
    /// The next sequence number of the client and of the server.
    pub next: [u32; 2],
}

/// Who sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum From {
    Client,
    Server,
}

impl Flow {
    /// A connection whose beginning was not captured.
    pub fn middle(client: End, server: End) -> Self {
        Self { ends: [client, server], now: 1_000_000, packets: Vec::new(), next: [1_000, 5_000] }
    }

    /// A connection with its handshake.
    pub fn new() -> Self {
        Self::between(CLIENT, SERVER)
    }

    pub fn between(client: End, server: End) -> Self {
        let mut flow = Self::middle(client, server);
        flow.handshake();
        flow
    }

    pub fn handshake(&mut self) {
        let [client, server] = self.next;
        self.raw(From::Client, client, 0, SYN, b"");
        self.raw(From::Server, server, client + 1, SYN | ACK, b"");
        self.raw(From::Client, client + 1, server + 1, ACK, b"");
        self.next = [client + 1, server + 1];
    }

    /// The next bytes of a side.
    pub fn send(&mut self, from: From, bytes: &[u8]) -> &mut Self {
        let at = self.next[from as usize];
        self.send_at(from, at, bytes);
        self.lose(from, bytes.len())
    }

    pub fn client(&mut self, bytes: &[u8]) -> &mut Self {
        self.send(From::Client, bytes)
    }

    pub fn server(&mut self, bytes: &[u8]) -> &mut Self {
        self.send(From::Server, bytes)
    }

    /// So many bytes were sent, and not captured.
    pub fn lose(&mut self, from: From, len: usize) -> &mut Self {
        let next = &mut self.next[from as usize];
        *next = next.wrapping_add(len as u32);
        self
    }

    /// Bytes at a place in the stream, which the next ones do not follow.
    pub fn send_at(&mut self, from: From, sequence: u32, bytes: &[u8]) -> &mut Self {
        self.now += 1_000;
        let heard = self.next[1 - from as usize];
        self.raw(from, sequence, heard, ACK | PSH, bytes);
        self
    }

    /// A side has heard all of the other.
    pub fn acknowledge(&mut self, from: From) -> &mut Self {
        let at = self.next[from as usize];
        self.send_at(from, at, b"")
    }

    /// A side has sent all.
    pub fn finish(&mut self, from: From) -> &mut Self {
        self.now += 1_000;
        let [at, heard] = [self.next[from as usize], self.next[1 - from as usize]];
        self.raw(from, at, heard, FIN | ACK, b"");
        self.lose(from, 1)
    }

    pub fn raw(&mut self, from: From, sequence: u32, heard: u32, flags: u8, bytes: &[u8]) {
        let (from, to) = (self.ends[from as usize], self.ends[1 - from as usize]);
        self.packets.push((self.now, ip(from, to, 6, &tcp(from, to, sequence, heard, flags, bytes))));
    }

    /// A pcap file of it, as raw IP.
    pub fn pcap(&self) -> Vec<u8> {
        pcap_of(101, &self.packets)
    }

    /// A pcap file of frames that hold its packets.
    pub fn pcap_in(&self, link_type: u32, frame: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let frames: Vec<_> = self.packets.iter().map(|(time, packet)| (*time, frame(packet))).collect();
        pcap_of(link_type, &frames)
    }
}

pub fn tcp(from: End, to: End, sequence: u32, heard: u32, flags: u8, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = [from.1.to_be_bytes(), to.1.to_be_bytes()].concat();
    tcp.extend([sequence.to_be_bytes(), heard.to_be_bytes()].concat());
    tcp.extend([0x50, flags, 255, 255, 0, 0, 0, 0]);
    tcp.extend(bytes);
    tcp
}

/// An IPv4 packet.
pub fn ip(from: End, to: End, protocol: u8, bytes: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x45, 0];
    ip.extend((20 + bytes.len() as u16).to_be_bytes());
    ip.extend([0, 1, 0x40, 0, 64, protocol, 0, 0]);
    ip.extend([from.0, to.0].concat());
    ip.extend(bytes);
    ip
}
