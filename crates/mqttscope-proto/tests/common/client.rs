//! A session under a fake clock, with its packets in words: `PUBLISH q2 #1 dup`.

use mqttscope_proto::session::{CloseReason, ConnectOptions, Event, Publication, Published, Session};
use mqttscope_proto::{
    ConnAck, KeepAlive, Packet, PacketId, Properties, ProtocolVersion, PubAck, PubComp, PubRec, PubRel,
    Publish, Qos, Timestamp, TopicFilter, TopicName, decode,
};

/// A client whose peer is the test.
pub struct Client {
    pub session: Session,
    pub now: Timestamp,
    pub options: ConnectOptions,
}

impl Client {
    /// A client that is not connected.
    pub fn new(version: ProtocolVersion) -> Self {
        let options =
            ConnectOptions { version, client_id: "client".into(), clean_session: true, ..Default::default() };
        Self { session: Session::new(), now: Timestamp::from_millis(0), options }
    }

    /// A client that the server has accepted, with nothing left to send and no event left to see.
    pub fn connected(version: ProtocolVersion) -> Self {
        let mut client = Self::new(version);
        client.connect();
        client
    }

    /// A connected client that keeps its session.
    pub fn persistent(version: ProtocolVersion) -> Self {
        let mut client = Self::new(version);
        client.options.clean_session = false;
        client.connect();
        client
    }

    /// A connected client with a keep alive.
    pub fn with_keep_alive(secs: u16) -> Self {
        let mut client = Self::new(ProtocolVersion::V31);
        client.options.keep_alive = KeepAlive::from_secs(secs);
        client.connect();
        client
    }

    pub fn connect(&mut self) {
        self.connect_to(false);
    }

    /// Connects to a server that has kept the session, which one of 3.1 does not say.
    pub fn reconnect(&mut self) {
        self.connect_to(self.options.version == ProtocolVersion::V311);
    }

    fn connect_to(&mut self, session_present: bool) {
        self.session.connect(self.now, &self.options).expect("the session is not connected");
        assert_eq!(self.sent(), ["CONNECT"]);
        self.receive(Packet::ConnAck(ConnAck::new(session_present.into(), 0)));
        assert_eq!(self.session.poll_event(), Some(Event::Connected { session_present }));
    }

    pub fn lose_connection(&mut self) {
        self.session.handle_closed();
    }

    pub fn publish(&mut self, qos: Qos) -> Published {
        let message = Publication::new(TopicName::new("t").expect("a topic"), b"m", qos);
        self.session.publish(self.now, &message).expect("it can be published")
    }

    pub fn subscribe(&mut self, filter: &str, qos: Qos) -> PacketId {
        let filter = TopicFilter::new(filter).expect("a filter");
        self.session.subscribe(self.now, &[(filter, qos)]).expect("the session is connected")
    }

    pub fn receive(&mut self, packet: Packet<'_>) {
        self.session.handle_packet(self.now, &packet);
    }

    pub fn advance_millis(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
        self.session.handle_timeout(self.now);
    }

    /// All packets that are to be sent.
    pub fn sent(&mut self) -> Vec<String> {
        let version = self.session.version();
        let mut sent = Vec::new();
        while let Some(transmit) = self.session.poll_transmit() {
            let packet = decode(transmit.frame, version, &mut ()).expect("the session writes packets");
            sent.push(describe(&packet));
        }
        sent
    }

    /// All events.
    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// The reason of the only event, a request to close.
    pub fn close_reason(&mut self) -> Option<CloseReason> {
        match self.events()[..] {
            [Event::Close(reason)] => Some(reason),
            _ => None,
        }
    }
}

pub fn id(id: u16) -> PacketId {
    PacketId::new(id).expect("0 is no packet id")
}

pub fn puback(packet_id: u16) -> Packet<'static> {
    Packet::PubAck(PubAck::new(packet_id))
}

pub fn pubrec(packet_id: u16) -> Packet<'static> {
    Packet::PubRec(PubRec::new(packet_id))
}

pub fn pubrel(packet_id: u16) -> Packet<'static> {
    Packet::PubRel(PubRel::new(packet_id))
}

pub fn pubcomp(packet_id: u16) -> Packet<'static> {
    Packet::PubComp(PubComp::new(packet_id))
}

pub fn message(qos: Qos, packet_id: u16) -> Packet<'static> {
    let packet_id = Some(packet_id).filter(|_| qos != Qos::AtMostOnce);
    let topic = "t".into();
    Packet::Publish(Publish {
        dup: false,
        qos,
        retain: false,
        topic,
        packet_id,
        properties: Properties::NONE,
        payload: b"m",
    })
}

/// A packet in words: type, QoS of a PUBLISH, packet identifier, DUP.
pub fn describe(packet: &Packet<'_>) -> String {
    let mut words = packet.packet_type().name().to_owned();
    if let Packet::Publish(publish) = packet {
        words += &format!(" q{}", publish.qos.as_u8());
    }
    if let Some(id) = packet.packet_id() {
        words += &format!(" #{id}");
    }
    let dup = match packet {
        Packet::Publish(publish) => publish.dup,
        Packet::PubRel(pubrel) => pubrel.dup,
        Packet::Subscribe(subscribe) => subscribe.dup,
        Packet::Unsubscribe(unsubscribe) => unsubscribe.dup,
        _ => false,
    };
    if dup {
        words += " dup";
    }
    words
}
