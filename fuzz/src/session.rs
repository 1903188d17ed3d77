//! Bytes that decide what a user, a server and the time do to a session.

use std::collections::BTreeSet;

use mqttscope_proto::session::{
    AckPolicy, ConnectOptions, Delivery, Event, Publication, Session, TransmitKind, WillOptions,
};
use mqttscope_proto::{
    Deframer, KeepAlive, Packet, PacketId, ProtocolVersion, Qos, Timestamp, TopicFilter, TopicName, decode,
};

/// Runs the target. The input is a version and operations, each a byte and its arguments.
pub fn run(data: &[u8]) {
    let Some((version, operations)) = super::split_version(data) else { return };
    let mut harness = Harness::new(version);
    let mut input = Input(operations);
    while let Some(operation) = input.byte() {
        harness.run(operation, &mut input);
        harness.check();
    }
}

/// The arguments of the operations; behind the end they are 0.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn argument(&mut self) -> u8 {
        self.byte().unwrap_or_default()
    }

    fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.argument());
        let (bytes, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// Few identifiers, so that they meet.
    fn id(&mut self) -> u16 {
        u16::from(self.argument() % 8)
    }

    fn qos(&mut self) -> Qos {
        Qos::ALL[usize::from(self.argument() % 3)]
    }
}

struct Harness {
    session: Session,
    version: ProtocolVersion,
    now: Timestamp,
    /// QoS 2 identifiers that were delivered over this connection, and not released.
    delivered: BTreeSet<u16>,
    /// Messages that the server has taken over with PUBREC.
    released: BTreeSet<u16>,
}

impl Harness {
    fn new(version: ProtocolVersion) -> Self {
        Self {
            session: Session::new(),
            version,
            now: Timestamp::from_millis(0),
            delivered: BTreeSet::new(),
            released: BTreeSet::new(),
        }
    }

    /// Every command may be refused, none may panic.
    fn run(&mut self, operation: u8, input: &mut Input<'_>) {
        let now = self.now;
        match operation % 20 {
            0 => self.connect(input.argument(), input.argument()),
            1 => self.receive(&[0x20, 2, input.argument(), input.argument() & 7]),
            2 => self.receive(&[0x20, 2, 0, 0]),
            3 => self.receive(input.bytes()),
            4 => {
                self.receive_id([0x40, 0x50, 0x62, 0x70, 0xb0][usize::from(input.argument() % 5)], input.id())
            }
            5 => {
                let [high, low] = input.id().to_be_bytes();
                self.receive(&[0x90, 3, high, low, input.argument()]);
            }
            6 => {
                let first_byte = 0x30 | (input.argument() & 0x0f);
                let [high, low] = input.id().to_be_bytes();
                self.receive(&[first_byte, 6, 0, 1, b't', high, low, b'm']);
            }
            7 => drop(self.session.publish(now, &publication(input.qos()))),
            8 => {
                let qos = input.qos();
                if let Some(id) = PacketId::new(input.id()) {
                    let _ = self.session.publish_with_id(now, &publication(qos), id);
                }
            }
            9 => drop(self.session.subscribe(now, &[(all(), input.qos())])),
            10 => drop(self.session.unsubscribe(now, &[all()])),
            11 => drop(self.session.ping(now)),
            12 => drop(self.session.disconnect()),
            13 => self.session.handle_closed(),
            14 | 15 => {
                let millis = u64::from(u16::from_be_bytes([input.argument(), input.argument()]));
                self.now = now.plus_millis(millis);
                match operation / 20 % 5 {
                    1 => self.session.handle_alive(self.now),
                    2 => self.session.handle_left(self.now),
                    3 => self.session.handle_ping(self.now, false),
                    4 => self.session.handle_ping(self.now, true),
                    _ => {}
                }
                self.session.handle_timeout(self.now);
            }
            16 => self.change_policy(input),
            17 => {
                if let Some(id) = PacketId::new(input.id()) {
                    let _ = self.session.acknowledge(now, id);
                }
            }
            18 if input.argument() & 1 == 0 => drop(self.session.release_withheld(now)),
            18 => drop(self.session.send_raw(now, input.bytes())),
            _ => self.reload(),
        }
    }

    fn connect(&mut self, flags: u8, keep_alive: u8) {
        if flags & 0x80 != 0 {
            self.version = match self.version {
                ProtocolVersion::V31 => ProtocolVersion::V311,
                ProtocolVersion::V311 => ProtocolVersion::V31,
            };
        }
        let options = ConnectOptions {
            version: self.version,
            client_id: if flags & 0x40 == 0 { "client" } else { "other" }.into(),
            clean_session: flags & 1 != 0,
            keep_alive: KeepAlive::from_secs((keep_alive % 20).into()),
            will: (flags & 2 != 0).then(|| WillOptions {
                topic: "will".into(),
                message: b"gone".to_vec(),
                qos: Qos::AtLeastOnce,
                retain: true,
            }),
            username: (flags & 4 != 0).then(|| "user".into()),
            password: (flags & 12 == 12).then(|| b"secret".to_vec()),
        };
        if self.session.connect(self.now, &options).is_ok() {
            self.delivered.clear();
        }
    }

    fn receive_id(&mut self, first_byte: u8, id: u16) {
        let [high, low] = id.to_be_bytes();
        self.receive(&[first_byte, 2, high, low]);
    }

    fn receive(&mut self, mut bytes: &[u8]) {
        let mut deframer = Deframer::new();
        loop {
            let mut violations = Vec::new();
            let decoded = match deframer.next_frame(&mut bytes) {
                Ok(None) => return,
                Ok(Some(frame)) => frame.decode(self.version, &mut violations),
                Err(error) => Err(error),
            };
            match decoded {
                Ok(packet) => {
                    for violation in &violations {
                        self.session.handle_violation(violation);
                    }
                    let delivery = self.session.handle_packet(self.now, &packet);
                    note_delivery(&mut self.delivered, &packet, delivery);
                }
                Err(error) => return self.session.handle_decode_error(&error),
            }
        }
    }

    fn change_policy(&mut self, input: &mut Input<'_>) {
        let (which, value) = (input.argument(), input.argument());
        let ack_policy = match value % 5 {
            0 => AckPolicy::Send,
            1 => AckPolicy::Withhold,
            2 => AckPolicy::DelayMillis(u64::from(value) * 20),
            3 => AckPolicy::Duplicate,
            _ => AckPolicy::Reorder,
        };
        let policy = self.session.policy_mut();
        match which % 13 {
            0 => policy.send_duplicates ^= true,
            1 => policy.withhold_pingreq ^= true,
            2 => policy.manual_acknowledgement ^= true,
            3 => policy.puback = ack_policy,
            4 => policy.pubrec = ack_policy,
            5 => policy.pubrel = ack_policy,
            6 => policy.pubcomp = ack_policy,
            7 => policy.max_in_flight = usize::from(value) / 32,
            8 => policy.max_queued = usize::from(value) / 32,
            9 => policy.retry_after_millis = (value > 0).then(|| u64::from(value) * 10),
            10 => policy.connack_timeout_millis = (value > 0).then(|| u64::from(value) * 100),
            11 => policy.ignore_in_flight_limit ^= true,
            _ => policy.close_on_violation ^= true,
        }
    }

    /// Goes through the stored form, as a page does that is loaded again.
    fn reload(&mut self) {
        self.session.handle_closed();
        let snapshot = self.session.snapshot();
        let policy = self.session.policy().clone();
        self.session = Session::restore(&snapshot).expect("a session's own snapshot is whole");
        assert_eq!(self.session.snapshot(), snapshot);
        *self.session.policy_mut() = policy;
    }

    /// What holds after every operation.
    fn check(&mut self) {
        let mut published = BTreeSet::new();
        let version = self.session.version();
        while let Some(transmit) = self.session.poll_transmit() {
            if transmit.kind == TransmitKind::Raw {
                continue;
            }
            let mut violations = Vec::new();
            let packet =
                decode(transmit.frame, version, &mut violations).expect("the session writes packets");
            // A copy with DUP is against 3.1.1 on purpose.
            let dup = transmit.frame[0] & 0x08 != 0;
            assert!(violations.is_empty() || dup, "{packet:?} breaks {violations:?}");
            if let Packet::Publish(publish) = packet {
                published.extend(publish.packet_id);
            }
        }
        let mut completed = BTreeSet::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Close(_) => assert!(!self.session.is_connected()),
                Event::Completed { packet_id, .. } => drop(completed.insert(packet_id.get())),
                // The server has them, and their identifiers are those of others.
                Event::SessionLost { released, .. } => {
                    completed.extend(released.iter().map(|packet_id| packet_id.get()));
                }
                _ => {}
            }
        }
        for id in published.intersection(&self.released) {
            assert!(completed.contains(id), "PUBLISH {id} was sent after its PUBREC");
        }
        self.note_released();
        assert!(self.session.packet_ids_in_use() >= self.session.in_flight());
        if let Some(due) = self.session.poll_timeout().filter(|due| *due <= self.now) {
            // What is due is done by the next call, and asks for a later time.
            self.session.handle_timeout(self.now);
            let next = self.session.poll_timeout();
            assert!(next.is_none_or(|next| next > self.now), "due at {due:?}, then at {next:?}");
            self.check();
        }
    }

    fn note_released(&mut self) {
        self.released.clear();
        if self.session.in_flight() > 0 {
            let in_flight = self.session.snapshot().in_flight;
            let released = in_flight.iter().filter(|message| message.publish.is_none());
            self.released.extend(released.map(|message| message.packet_id.get()));
        }
    }
}

/// A QoS 2 message is delivered once, until it is released.
fn note_delivery(delivered: &mut BTreeSet<u16>, packet: &Packet<'_>, delivery: Delivery) {
    match packet {
        Packet::Publish(publish) if publish.qos == Qos::ExactlyOnce => {
            let Some(id) = publish.packet_id.filter(|&id| id != 0) else { return };
            if delivery == Delivery::Deliver {
                assert!(delivered.insert(id), "message {id} was delivered twice");
            }
        }
        Packet::PubRel(pubrel) => drop(delivered.remove(&pubrel.packet_id)),
        // A server without a session begins anew.
        Packet::ConnAck(_) => delivered.clear(),
        _ => {}
    }
}

fn publication(qos: Qos) -> Publication<'static> {
    Publication { topic: TopicName::new("t").expect("a topic"), payload: b"m", qos, retain: false }
}

fn all() -> TopicFilter<'static> {
    TopicFilter::new("#").expect("a filter")
}
