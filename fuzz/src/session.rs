//! Bytes that decide what a user, a server and the time do to a session.

use std::collections::BTreeSet;

use mqttscope_proto::session::{
    AckPolicy, ConnectOptions, Delivery, Event, Publication, Session, TransmitKind, WillOptions,
};
use mqttscope_proto::{
    Deframer, KeepAlive, Packet, PacketId, PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, Publish,
    Qos, ReasonCode, SubscribeOptions, Timestamp, TopicFilter, TopicName, decode,
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

    /// Properties, if the bytes are any.
    fn properties(&mut self) -> PropertyBuf {
        PropertyBuf::try_from(self.bytes().to_vec()).unwrap_or_default()
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
    /// What the server knows of the aliases of this connection.
    aliases: Aliases,
}

/// Topic aliases that were set.
#[derive(Default)]
struct Aliases(BTreeSet<u32>);

impl Aliases {
    /// A message has a topic, or an alias that was set before.
    fn check(&mut self, publish: &Publish<'_>) {
        match publish.properties.get(PropertyId::TopicAlias) {
            Some(PropertyValue::Number(alias)) if publish.topic.is_empty() => {
                assert!(self.0.contains(&alias), "alias {alias} was never set");
            }
            Some(PropertyValue::Number(alias)) => drop(self.0.insert(alias)),
            _ => assert!(!publish.topic.is_empty(), "a message without topic and alias"),
        }
    }
}

impl Harness {
    fn new(version: ProtocolVersion) -> Self {
        Self {
            session: Session::new(),
            version,
            now: Timestamp::from_millis(0),
            delivered: BTreeSet::new(),
            released: BTreeSet::new(),
            aliases: Aliases::default(),
        }
    }

    /// Every command may be refused, none may panic.
    fn run(&mut self, operation: u8, input: &mut Input<'_>) {
        let now = self.now;
        match operation % 28 {
            0 => self.connect(input.argument(), input.argument(), PropertyBuf::new()),
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
            19 => self.reload(),
            _ => self.run_of_mqtt_5(operation % 28, input),
        }
    }

    /// What only MQTT 5 has; in another version it is refused.
    fn run_of_mqtt_5(&mut self, operation: u8, input: &mut Input<'_>) {
        let now = self.now;
        match operation {
            20 => {
                let (flags, keep_alive) = (input.argument(), input.argument());
                self.connect(flags, keep_alive, input.properties());
            }
            21 => {
                let properties = input.properties();
                let len = u8::try_from(properties.as_properties().as_bytes().len()).unwrap_or(0x7f) & 0x7f;
                let flags = input.argument() & 1;
                let head = [0x20, len.wrapping_add(3), flags, 0, len];
                self.receive(&[&head[..], properties.as_properties().as_bytes()].concat());
            }
            22 => {
                let qos = input.qos();
                let properties = input.properties();
                let properties = properties.as_properties();
                let _ = self.session.publish(now, &Publication { properties, ..publication(qos) });
            }
            23 => {
                let options = SubscribeOptions(input.argument());
                let properties = input.properties();
                let filters = [(all(), options)];
                let _ = self.session.subscribe_with(now, &filters, properties.as_properties());
            }
            24 => {
                let reason_code = ReasonCode(input.argument());
                let properties = input.properties();
                let _ = self.session.disconnect_with(reason_code, properties.as_properties());
            }
            25 => {
                let reason_code = ReasonCode(input.argument());
                if let Some(id) = PacketId::new(input.id()) {
                    let _ = self.session.acknowledge_with(now, id, reason_code);
                }
            }
            26 if input.argument() & 1 == 0 => drop(self.session.re_authenticate(now, Some(input.bytes()))),
            26 => drop(self.session.authenticate(now, None)),
            _ => {
                let first_byte = [0x40, 0x50, 0x62, 0x70][usize::from(input.argument() % 4)];
                let [high, low] = input.id().to_be_bytes();
                self.receive(&[first_byte, 3, high, low, input.argument()]);
            }
        }
    }

    fn connect(&mut self, flags: u8, keep_alive: u8, properties: PropertyBuf) {
        if flags & 0x80 != 0 {
            self.version = match self.version {
                ProtocolVersion::V31 => ProtocolVersion::V311,
                ProtocolVersion::V311 => ProtocolVersion::V5,
                ProtocolVersion::V5 => ProtocolVersion::V31,
            };
        }
        let options = ConnectOptions {
            version: self.version,
            client_id: match flags >> 5 & 3 {
                // Only MQTT 5 has no rule against it.
                1 if self.version.has_properties() => "",
                0 | 1 => "client",
                _ => "other",
            }
            .into(),
            clean_session: flags & 1 != 0,
            keep_alive: KeepAlive::from_secs((keep_alive % 20).into()),
            will: (flags & 2 != 0).then(|| WillOptions {
                topic: "will".into(),
                message: b"gone".to_vec(),
                qos: Qos::AtLeastOnce,
                retain: true,
                properties: PropertyBuf::new(),
            }),
            username: (flags & 4 != 0).then(|| "user".into()),
            password: (flags & 12 == 12).then(|| b"secret".to_vec()),
            properties,
        };
        if self.session.connect(self.now, &options).is_ok() {
            self.aliases = Aliases::default();
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
            let before = bytes;
            let decoded = match deframer.next_frame(&mut bytes, self.version) {
                Ok(None) => return,
                Ok(Some(frame)) => frame.decode(self.version, &mut violations),
                Err(error) => Err(error),
            };
            match decoded {
                Ok(packet) => {
                    for violation in &violations {
                        self.session.handle_violation(violation);
                    }
                    self.session.handle_packet_size(before.len() - bytes.len());
                    let delivery = self.session.handle_packet(self.now, &packet);
                    if let Packet::Publish(publish) = &packet {
                        let _ = self.session.topic_of(publish);
                    }
                    note_delivery(&mut self.delivered, &packet, delivery);
                }
                Err(error) => return self.session.handle_undecodable(before, &error),
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
        match which % 14 {
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
            12 => policy.break_limits ^= true,
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
            // In MQTT 5 a tester chooses properties, options and reason codes.
            assert!(
                violations.is_empty() || dup || version.has_properties(),
                "{packet:?} breaks {violations:?}"
            );
            match packet {
                Packet::Publish(publish) => {
                    published.extend(publish.packet_id);
                    self.aliases.check(&publish);
                }
                // Refused: the identifier stands for another message from now on.
                Packet::PubRec(pubrec) if pubrec.reason_code.is_some_and(ReasonCode::is_error) => {
                    self.delivered.remove(&pubrec.packet_id);
                }
                _ => {}
            }
        }
        let mut completed = BTreeSet::new();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Close(_) => assert!(!self.session.is_connected()),
                Event::Completed { packet_id, .. } | Event::Failed { packet_id, .. } => {
                    completed.insert(packet_id.get());
                }
                // The server has them or nobody, and their identifiers are those of others.
                Event::SessionLost { released, discarded, .. } => {
                    completed.extend(released.iter().chain(&discarded).map(|packet_id| packet_id.get()));
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
    Publication::new(TopicName::new("t").expect("a topic"), b"m", qos)
}

fn all() -> TopicFilter<'static> {
    TopicFilter::new("#").expect("a filter")
}
