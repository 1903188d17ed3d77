#![allow(missing_docs)]
use mqttscope_log::{Direction as D, EventKind, Log as Old, Marks, Value};
use mqttscope_proto::{DecodeError, Packet, ProtocolVersion, Violation, decode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionId(pub u32);
pub struct SourceId(pub u32);
pub enum Version {
    Known(ProtocolVersion),
    Unknown,
}
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct PacketFacts {
    pub own: bool,
    pub copy: bool,
    pub resend: bool,
    pub raw: bool,
    pub repeat: bool,
    pub held: bool,
}
pub enum Event<'a> {
    Opening { url: &'a str, subprotocols: &'a str },
    NotOpened { words: &'a str },
    Opened { subprotocol: &'a str, after_ms: u64 },
    Closed { words: &'a str, failed: bool },
    Refused { return_code: u8 },
    PingWithheld,
    AcknowledgementHeld { packet_type: mqttscope_proto::PacketType, packet_id: u16 },
    KeepAliveExpired { secs: u16 },
    LeftInFlight { count: u64, words: &'a str, fate: &'a str },
    NotGranted { filter: &'a str },
    Garbage { error: DecodeError },
    PeerError { error: mqttscope_proto::session::PeerError },
    Incomplete { have: u64 },
    TextMessage { chars: u32 },
    ClockFallback,
}
pub struct Ingested<'a> {
    pub number: u32,
    pub packet: Result<Packet<'a>, DecodeError>,
    pub violations: &'a [Violation],
    pub more_violations: usize,
}
pub struct Log {
    pub old: Old,
    v311: bool,
    pub facts: Vec<(u32, PacketFacts)>,
}
impl std::ops::Deref for Log {
    type Target = Old;
    fn deref(&self) -> &Old {
        &self.old
    }
}
impl Log {
    pub const DEFAULT_BUDGET: usize = Old::DEFAULT_BUDGET;
    pub fn new(budget: usize) -> Self {
        Self { old: Old::new(budget), v311: false, facts: vec![] }
    }
    pub fn clear(&mut self) {
        self.old.clear()
    }
    fn marks(&self, c: ConnectionId) -> Marks {
        Marks { connection: c.0 as u16, v311: self.v311, ..Default::default() }
    }
    pub fn add_connection(&mut self, _: SourceId, version: Version) -> ConnectionId {
        self.v311 = matches!(version, Version::Known(ProtocolVersion::V311));
        ConnectionId(self.old.add_connection(0).into())
    }
    pub fn receive(&mut self, _: ConnectionId, _: D, len: usize, fill: impl FnOnce(&mut [u8])) {
        self.old.receive(len, fill)
    }
    pub fn pending(&self, _: ConnectionId, _: D) -> &[u8] {
        self.old.pending()
    }
    pub fn next_packet<R>(
        &mut self,
        time: u64,
        c: ConnectionId,
        _: D,
        hear: impl FnOnce(&Ingested<'_>) -> R,
    ) -> Result<Option<R>, DecodeError> {
        let Some(number) = self.old.next_received(time, self.marks(c))? else { return Ok(None) };
        let mut violations = vec![];
        let record = self.old.record(number).unwrap();
        let packet = decode(self.old.bytes(record), record.version(), &mut violations);
        let r = hear(&Ingested { number, packet, violations: &violations, more_violations: 0 });
        for v in &violations {
            self.old.push_violation(time, number, v);
        }
        Ok(Some(r))
    }
    pub fn push_remains(&mut self, time: u64, c: ConnectionId, _: D) -> Option<u32> {
        self.old.push_remains(time, self.marks(c))
    }
    pub fn push_packet(&mut self, time: u64, c: ConnectionId, d: D, frame: &[u8], facts: PacketFacts) -> u32 {
        let n = self.old.push_whole(time, d, frame, self.marks(c));
        self.facts.push((n, facts));
        n
    }
    pub fn mark(&mut self, number: u32, facts: PacketFacts) {
        self.facts.push((number, facts));
    }
    pub fn push_event(&mut self, time: u64, c: ConnectionId, e: Event<'_>) -> u32 {
        self.ev(None, time, c, e)
    }
    pub fn push_event_about(&mut self, p: u32, time: u64, c: ConnectionId, e: Event<'_>) -> u32 {
        self.ev(Some(p), time, c, e)
    }
    fn ev(&mut self, p: Option<u32>, time: u64, c: ConnectionId, e: Event<'_>) -> u32 {
        use Value::*;
        let version = if self.v311 { ProtocolVersion::V311 } else { ProtocolVersion::V31 };
        let mut go = |k, v: &[Value<'_>]| self.old.push_event_about(p, time, c.0 as u16, k, v);
        match e {
            Event::Opening { url, subprotocols } => go(EventKind::Opening, &[Text(url), Text(subprotocols)]),
            Event::NotOpened { words } => go(EventKind::NotOpened, &[Text(words)]),
            Event::Opened { subprotocol, after_ms } => {
                go(EventKind::Opened, &[Text(subprotocol), Number(after_ms)])
            }
            Event::Closed { words, failed } => go(EventKind::Closed, &[Text(words), Number(failed.into())]),
            Event::Refused { return_code } => go(EventKind::Refused, &[Number(return_code.into())]),
            Event::PingWithheld => go(EventKind::PingWithheld, &[]),
            Event::AcknowledgementHeld { packet_type, packet_id } => {
                go(EventKind::AcknowledgementHeld, &[Text(packet_type.name()), Number(packet_id.into())])
            }
            Event::KeepAliveExpired { secs } => go(EventKind::KeepAliveExpired, &[Number(secs.into())]),
            Event::LeftInFlight { count, words, fate } => {
                go(EventKind::LeftInFlight, &[Number(count), Text(words), Text(fate)])
            }
            Event::NotGranted { filter } => go(EventKind::NotGranted, &[Text(filter)]),
            Event::Garbage { error } => go(
                EventKind::Garbage,
                &[Text(&error.to_string()), Number(error.offset as u64), Text(error.kind.clause(version))],
            ),
            Event::PeerError { error } => {
                go(EventKind::PeerError, &[Text(&error.to_string()), Text(error.clause(version))])
            }
            Event::Incomplete { have } => go(EventKind::Incomplete, &[Number(have)]),
            Event::TextMessage { chars } => go(EventKind::TextMessage, &[Number(chars.into())]),
            Event::ClockFallback => go(EventKind::ClockFallback, &[]),
        }
    }
}
pub mod number {
    pub fn grouped(n: u64) -> String {
        n.to_string()
    }
    pub fn span(millis: u64) -> String {
        match millis {
            0..1_000 => format!("{millis} ms"),
            1_000..10_000 => format!("{}.{} s", millis / 1000, millis / 100 % 10),
            _ => format!("{} s", millis / 1000),
        }
    }
}
