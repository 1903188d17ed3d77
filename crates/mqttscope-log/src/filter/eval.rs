//! The tree of a filter, and which records it leaves.

use mqttscope_proto::{Connect, Packet, PacketType, Properties, Property, PropertyId, PropertyValue, decode};
use mqttscope_search::{Needle, Regex};
use mqttscope_text::time::DAY;
use mqttscope_text::zone::Zone;

use crate::store::{BrokenRules, Direction, EventKind, Log, Record, Topic as LogTopic};

/// A filter or a part of it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// What a term asks of a record.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// A bit for each packet type.
    Type(u16),
    Direction(Direction),
    Qos(Numbers),
    Id(Numbers),
    Size(Numbers),
    Connection(Numbers),
    After(When),
    Before(When),
    Dup,
    Retain,
    Violation,
    Event(Option<EventKind>),
    Unanswered,
    /// Of a packet as a whole, or one of those of SUBACK and UNSUBACK.
    Reason(Numbers),
    Client(Pattern),
    Topic(Topic),
    Alias(Numbers),
    /// A bit for each property, by its identifier.
    Property(u64),
    UserProperty(UserProperty),
    Expiry(Numbers),
    Payload(Pattern),
    Word(Pattern),
}

/// Ranges of numbers, ends included.
#[derive(Clone, Debug)]
pub(super) struct Numbers(pub(super) Vec<(u64, u64)>);

/// A text to be found.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Word(Needle),
    Regex(Box<Regex>),
}

/// A user property by its name, and by its value where there is one.
#[derive(Clone, Debug)]
pub(super) struct UserProperty {
    pub(super) name: Pattern,
    pub(super) value: Option<Pattern>,
}

/// Topics.
#[derive(Clone, Debug)]
pub(super) enum Topic {
    Filter(Box<[u8]>),
    Pattern(Pattern),
}

/// A time.
#[derive(Clone, Debug)]
pub(super) enum When {
    /// Microseconds since midnight of a local clock.
    TimeOfDay { micros: u64, zone: Zone },
    /// Microseconds since the Unix epoch.
    Moment(u64),
}

/// What a test looks at, from cheap to dear.
pub(super) const HEADER: u8 = 0;
const TOPIC: u8 = 1;
const PAYLOAD: u8 = 2;

impl Node {
    /// All of these, the cheap ones first.
    pub(super) fn all(nodes: Vec<Self>) -> Self {
        Self::All(cheap_first(nodes))
    }

    /// Any of these, the cheap ones first.
    pub(super) fn any(nodes: Vec<Self>) -> Self {
        Self::Any(cheap_first(nodes))
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::All(nodes) if nodes.is_empty())
    }

    pub(super) fn cost(&self) -> u8 {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::cost).max().unwrap_or(HEADER),
            Self::Not(node) => node.cost(),
            Self::Test(
                Test::Topic(_)
                | Test::Client(_)
                | Test::Reason(_)
                | Test::Alias(_)
                | Test::Property(_)
                | Test::UserProperty(_)
                | Test::Expiry(_),
            ) => TOPIC,
            Self::Test(Test::Payload(_) | Test::Word(_)) => PAYLOAD,
            Self::Test(_) => HEADER,
        }
    }

    pub(super) fn holds(&mut self, log: &Log, number: u32, record: &Record) -> bool {
        match self {
            Self::All(nodes) => nodes.iter_mut().all(|node| node.holds(log, number, record)),
            Self::Any(nodes) => nodes.iter_mut().any(|node| node.holds(log, number, record)),
            Self::Not(node) => !node.holds(log, number, record),
            Self::Test(test) => test.holds(log, number, record),
        }
    }
}

/// Sorts by cost. There are few nodes, and the standard library's sorting is large.
fn cheap_first(nodes: Vec<Node>) -> Vec<Node> {
    let mut sorted: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let cost = node.cost();
        let at = sorted.iter().rposition(|before| before.cost() <= cost).map_or(0, |at| at + 1);
        sorted.insert(at, node);
    }
    sorted
}

impl Test {
    fn holds(&mut self, log: &Log, number: u32, record: &Record) -> bool {
        let is_event = record.direction() == Direction::Event;
        match self {
            Self::Type(types) => record.packet_type().is_some_and(|found| *types >> found as u8 & 1 != 0),
            Self::Direction(direction) => record.direction() == *direction,
            Self::Qos(numbers) => record.qos().is_some_and(|qos| numbers.have(qos.into())),
            Self::Id(numbers) => record.id().is_some_and(|id| numbers.have(id.into())),
            Self::Size(numbers) => !is_event && numbers.have(record.len().into()),
            Self::Connection(numbers) => numbers.have(record.connection.0.into()),
            Self::After(when) => !when.is_after(log.time_of_day(record)),
            Self::Before(when) => when.is_after(log.time_of_day(record)),
            Self::Dup => record.dup(),
            Self::Retain => record.retain(),
            Self::Violation if is_event => record.event_kind().is_some_and(EventKind::is_violation),
            Self::Violation => record.is_violation(),
            Self::Event(None) => is_event,
            Self::Event(kind) => is_event && record.event_kind() == *kind,
            Self::Unanswered => record.awaits_answer(),
            Self::Client(pattern) => {
                let connection = log.connection(record.connection);
                connection.is_some_and(|connection| pattern.is_in(connection.client_id.as_bytes()))
            }
            Self::Topic(topic) => topic.is_in(log, number, record),
            Self::Reason(numbers) => has_reason(numbers, log, record),
            Self::Alias(numbers) => log.alias(record).is_some_and(|alias| numbers.have(alias.into())),
            Self::Property(ids) => {
                has_property(log, record, |property| *ids >> property.id.number() & 1 != 0)
            }
            Self::UserProperty(wanted) => has_property(log, record, |property| match property.value {
                PropertyValue::Pair(name, value) => {
                    wanted.name.is_in(name.as_bytes())
                        && wanted.value.as_mut().is_none_or(|wanted| wanted.is_in(value.as_bytes()))
                }
                _ => false,
            }),
            Self::Expiry(numbers) => {
                has_property(log, record, |property| match (property.id, property.value) {
                    (
                        PropertyId::MessageExpiryInterval | PropertyId::SessionExpiryInterval,
                        PropertyValue::Number(secs),
                    ) => numbers.have(secs.into()),
                    _ => false,
                })
            }
            Self::Payload(pattern) => log.payload(record).is_some_and(|payload| pattern.is_in(payload)),
            Self::Word(pattern) => has_word(pattern, log, number, record),
        }
    }
}

fn has_word(pattern: &mut Pattern, log: &Log, number: u32, record: &Record) -> bool {
    if let Some(event) = log.event(record) {
        return pattern.is_in(event.words().as_bytes());
    }
    match (log.topic(number, record), log.payload(record)) {
        (Some(topic), payload) => {
            topic.name().is_some_and(|name| pattern.is_in(name))
                || payload.is_some_and(|payload| pattern.is_in(payload))
        }
        _ => pattern.is_in(log.bytes(record).get(record.header_len()..).unwrap_or_default()),
    }
}

/// Whether a packet has one of some reason codes.
fn has_reason(numbers: &Numbers, log: &Log, record: &Record) -> bool {
    if let Some(code) = record.reason_code() {
        return numbers.have(code.0.into());
    }
    if !matches!(record.packet_type(), Some(PacketType::SubAck | PacketType::UnsubAck)) {
        return false;
    }
    let codes = match packet_of_5(log, record) {
        Some(Packet::SubAck(suback)) => suback.return_codes,
        Some(Packet::UnsubAck(unsuback)) => unsuback.reason_codes,
        _ => &[],
    };
    codes.iter().any(|&code| numbers.have(code.into()))
}

/// Whether a packet, or the will in it, has a property.
fn has_property(log: &Log, record: &Record, is_it: impl FnMut(Property<'_>) -> bool) -> bool {
    let Some(packet) = packet_of_5(log, record) else { return false };
    let will = match &packet {
        Packet::Connect(Connect { will: Some(will), .. }) => will.properties,
        _ => Properties::NONE,
    };
    packet.properties().iter().chain(will).any(is_it)
}

/// A packet of MQTT 5; those that cannot have properties are not looked into.
fn packet_of_5<'l>(log: &'l Log, record: &Record) -> Option<Packet<'l>> {
    let packet_type = record.packet_type().filter(|_| !record.is_undecoded())?;
    let is_bare = matches!(packet_type, PacketType::PingReq | PacketType::PingResp);
    let version = log.version_of(record);
    if is_bare || !version.is_5() {
        return None;
    }
    BrokenRules::default().decode(log.bytes(record), version).ok()
}

impl Numbers {
    fn have(&self, number: u64) -> bool {
        self.0.iter().any(|&(from, to)| from <= number && number <= to)
    }
}

impl Pattern {
    fn is_in(&mut self, text: &[u8]) -> bool {
        match self {
            Self::Word(needle) => needle.is_in(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Topic {
    fn is_in(&mut self, log: &Log, number: u32, record: &Record) -> bool {
        match log.topic(number, record) {
            Some(LogTopic::Name(name)) => return self.is_topic(name),
            // Nobody knows it, but it is one.
            Some(LogTopic::Alias(_)) => return matches!(self, Self::Filter(filter) if **filter == *b"#"),
            None => {}
        }
        if record.is_undecoded()
            || !matches!(record.packet_type(), Some(PacketType::Subscribe | PacketType::Unsubscribe))
        {
            return false;
        }
        match decode(log.bytes(record), log.version_of(record).layout(), &mut BrokenRules::default()) {
            Ok(Packet::Subscribe(subscribe)) => {
                subscribe.filters.iter().any(|entry| self.is_topic(entry.filter.as_bytes()))
            }
            Ok(Packet::Unsubscribe(unsubscribe)) => {
                unsubscribe.filters.iter().any(|filter| self.is_topic(filter.as_bytes()))
            }
            _ => false,
        }
    }

    fn is_topic(&mut self, topic: &[u8]) -> bool {
        match self {
            Self::Filter(filter) => **filter == *topic || topic_matches(filter, topic),
            Self::Pattern(pattern) => pattern.is_in(topic),
        }
    }
}

impl When {
    /// Whether it is later than a time.
    fn is_after(&self, time: u64) -> bool {
        match self {
            Self::Moment(moment) => time < *moment,
            Self::TimeOfDay { micros, zone } => zone.local(time) % DAY < *micros,
        }
    }
}

/// Whether a topic filter matches a topic name, both as bytes (MQTT 3.1, Appendix A; [MQTT-4.7.2-1]).
#[must_use]
pub fn topic_matches(filter: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
        return false;
    }
    let mut levels = name.split(|&byte| byte == b'/');
    for pattern in filter.split(|&byte| byte == b'/') {
        if pattern == b"#" {
            return true;
        }
        match levels.next() {
            Some(level) if pattern == b"+" || pattern == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}
