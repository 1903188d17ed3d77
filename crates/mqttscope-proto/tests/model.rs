//! A session and a model broker over a connection that is cut anywhere: nothing is lost, nothing is left behind.

mod common;

use std::collections::{BTreeMap, VecDeque};

use common::broker::{Broker, number, properties, topic};
use mqttscope_proto::session::{ConnectOptions, Delivery, Event, PeerError, Publication, Session};
use mqttscope_proto::{Deframer, Packet, PropertyId, ProtocolVersion, Qos, Timestamp, TopicName};

const RUNS: u64 = 10_000;

/// Messages in each direction, in one run.
const MESSAGES: u32 = 12;

#[test]
fn qos_holds_over_connections_that_are_cut_at_any_byte() {
    let mut cuts = 0;
    for seed in 1..=RUNS {
        let mut run = Run::new(seed);
        run.play();
        run.check();
        cuts += run.cuts;
    }
    assert!(cuts > RUNS, "the connection was hardly ever cut: {cuts} times");
}

struct Run {
    seed: u64,
    random: Random,
    now: Timestamp,
    options: ConnectOptions,
    session: Session,
    deframer: Deframer,
    open: bool,
    to_broker: VecDeque<u8>,
    to_client: VecDeque<u8>,
    broker: Broker,
    published: Vec<Qos>,
    broker_published: Vec<Qos>,
    delivered: Vec<u32>,
    cuts: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let version = ProtocolVersion::ALL[random.below(3)];
        let broker = Broker::new(random.number(1, 4));
        let mut session = Session::new();
        let policy = session.policy_mut();
        policy.max_in_flight = 1 + random.below(5);
        policy.send_duplicates = random.below(4) == 0;
        policy.retry_after_millis = (random.below(4) == 0).then_some(50);
        Self {
            seed,
            now: Timestamp::from_millis(0),
            options: ConnectOptions {
                version,
                client_id: "model".into(),
                properties: properties(&[
                    (PropertyId::SessionExpiryInterval, u32::MAX),
                    (PropertyId::ReceiveMaximum, random.number(1, 4).into()),
                    (PropertyId::TopicAliasMaximum, 1),
                ]),
                ..Default::default()
            },
            random,
            session,
            deframer: Deframer::new(),
            open: false,
            to_broker: VecDeque::new(),
            to_client: VecDeque::new(),
            broker,
            published: Vec::new(),
            broker_published: Vec::new(),
            delivered: Vec::new(),
            cuts: 0,
        }
    }

    /// Publishes all messages over a connection that is cut now and then, and waits for the last acknowledgement.
    fn play(&mut self) {
        while self.published.len() < MESSAGES as usize || self.broker_published.len() < MESSAGES as usize {
            self.now = self.now.plus_millis(self.random.below(20) as u64);
            match self.random.below(40) {
                _ if !self.open => self.connect(),
                0..=4 => self.publish(),
                5..=9 => self.broker_publish(),
                10..=23 => self.carry_to_broker(),
                24..=37 => self.carry_to_client(),
                38 => self.session.handle_timeout(self.now),
                _ => self.cut(),
            }
            self.drain();
        }
        self.finish();
    }

    fn finish(&mut self) {
        for _ in 0..10_000 {
            if !self.open {
                self.connect();
            }
            self.drain();
            if self.to_broker.is_empty() && self.to_client.is_empty() {
                return;
            }
            self.carry_to_broker();
            self.carry_to_client();
        }
        panic!("seed {}: the exchange does not end", self.seed);
    }

    fn connect(&mut self) {
        self.open = true;
        self.session.connect(self.now, &self.options).expect("the session is not connected");
    }

    fn publish(&mut self) {
        let message = u32::try_from(self.published.len()).expect("there are few");
        let qos = self.random.qos();
        let payload = &message.to_be_bytes();
        let topic = TopicName::new(topic(message)).expect("a topic");
        // An alias changes its meaning now and then.
        let alias = properties(&[(PropertyId::TopicAlias, message % 2 + 1)]);
        let publication =
            Publication { properties: alias.as_properties(), ..Publication::new(topic, payload, qos) };
        if message < MESSAGES && self.session.publish(self.now, &publication).is_ok() {
            self.published.push(qos);
        }
    }

    fn broker_publish(&mut self) {
        let message = u32::try_from(self.broker_published.len()).expect("there are few");
        if message < MESSAGES {
            let qos = self.random.qos();
            self.broker.publish(qos, message, &mut self.to_client);
            self.broker_published.push(qos);
        }
    }

    fn carry_to_broker(&mut self) {
        let bytes = self.random.take_some(&mut self.to_broker);
        self.broker.receive(&bytes, &mut self.to_client);
    }

    fn carry_to_client(&mut self) {
        let bytes = self.random.take_some(&mut self.to_client);
        let mut piece = &bytes[..];
        while let Some(frame) =
            self.deframer.next_frame(&mut piece, self.options.version).expect("the broker sends packets")
        {
            let packet = frame.decode(self.options.version, &mut ()).expect("the broker sends packets");
            let delivery = self.session.handle_packet(self.now, &packet);
            if let Packet::Publish(publish) = &packet {
                assert_eq!(self.session.topic_of(publish), Some("t".into()), "seed {}", self.seed);
            }
            if let (Packet::Publish(publish), Delivery::Deliver) = (packet, delivery) {
                self.delivered.push(number(publish.payload));
            }
        }
    }

    /// Cuts the connection: what is on the way is lost on both sides, a packet in the middle too. Sometimes the page is
    /// loaded again before the next one.
    fn cut(&mut self) {
        self.cuts += 1;
        self.open = false;
        self.to_broker.clear();
        self.to_client.clear();
        self.broker.cut();
        self.deframer = Deframer::new();
        self.session.handle_closed();
        if self.random.below(3) == 0 {
            let policy = self.session.policy().clone();
            self.session =
                Session::restore(&self.session.snapshot()).expect("a session's own snapshot is whole");
            *self.session.policy_mut() = policy;
        }
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.session.poll_transmit() {
            self.to_broker.extend(transmit.frame);
        }
        while let Some(event) = self.session.poll_event() {
            let expected = !matches!(
                event,
                Event::Close(_)
                    | Event::Refused { .. }
                    | Event::PeerError(PeerError::ReceiveMaximum { .. } | PeerError::TopicAliasUnknown(_))
            );
            assert!(expected, "seed {}: {event:?}", self.seed);
        }
    }

    fn check(&self) {
        self.check_direction("to the broker", &self.published, &self.broker.received);
        self.check_direction("to the client", &self.broker_published, &self.delivered);
        let seed = self.seed;
        let session = &self.session;
        assert_eq!((session.in_flight(), session.queued()), (0, 0), "seed {seed}");
        assert_eq!(session.packet_ids_in_use(), 0, "seed {seed}");
        assert_eq!(session.snapshot().received, [], "seed {seed}");
        assert!(self.broker.outbound.is_empty(), "seed {seed}: the broker has messages in flight");
        assert!(self.broker.unreleased.is_empty(), "seed {seed}: the broker waits for PUBREL");
    }

    /// QoS 2 came exactly once, QoS 1 at least once, and the first arrivals are in order.
    fn check_direction(&self, direction: &str, sent: &[Qos], arrived: &[u32]) {
        let mut counts = BTreeMap::new();
        let mut first_arrivals = Vec::new();
        for &message in arrived {
            let count = counts.entry(message).or_insert(0_u32);
            *count += 1;
            if *count == 1 {
                first_arrivals.push(message);
            }
        }
        assert_eq!(first_arrivals, Vec::from_iter(0..MESSAGES), "seed {}: {direction}", self.seed);
        for (message, qos) in (0..).zip(sent) {
            let twice = counts[&message] > 1;
            assert!(!twice || *qos == Qos::AtLeastOnce, "seed {}: {message} twice {direction}", self.seed);
        }
    }
}

/// Numbers that a seed decides (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).expect("31 bits fit") % limit
    }

    fn number(&mut self, least: usize, most: usize) -> u16 {
        u16::try_from(least + self.below(most + 1 - least)).expect("it is small")
    }

    fn qos(&mut self) -> Qos {
        [Qos::AtLeastOnce, Qos::ExactlyOnce][self.below(2)]
    }

    /// Some of the bytes that wait, often not all, at any boundary.
    fn take_some(&mut self, bytes: &mut VecDeque<u8>) -> Vec<u8> {
        let count = self.below(bytes.len().min(40) + 1);
        bytes.drain(..count).collect()
    }
}
