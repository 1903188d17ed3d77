//! The connections of a log, and what it keeps for each: its version, its exchanges, the bytes that are coming in.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use mqttscope_proto::ProtocolVersion;

use super::alias::Aliases;
use super::ends::Ends;
use super::exchange::Exchanges;
use super::inbound::Inbound;
use super::record::Direction;
#[cfg(feature = "import")]
use super::watch::Watch;

/// The number of a connection in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnectionId(pub u32);

/// Where connections come from: what is live, or a file.
///
/// A client that has not asked for a clean session goes on with its exchanges only within a source, and at one server: a
/// client id in a file of yesterday is not the client of today, and the same one elsewhere is another client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SourceId(pub u32);

impl SourceId {
    /// What this program itself has open.
    pub const LIVE: Self = Self(0);
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Version {
    /// Its CONNECT says so.
    Known(ProtocolVersion),
    /// Its CONNECT names this protocol level, which is not known here: packets are told by their type, and nothing
    /// else of them is read or checked.
    Level(u8),
    /// Its CONNECT was not seen, and its packets are such as 3.1 and 3.1.1 have, and MQTT 5 does not.
    Before5,
    /// Its CONNECT was not seen, and no packet yet that tells MQTT 5 from those before it.
    #[default]
    Unknown,
}

impl Version {
    /// The version by which packets are read. The layouts of 3.1 and 3.1.1 are the same, so that an unknown one can be
    /// read too; which rules count for it is another question, and whether it may be MQTT 5
    /// ([`crate::BrokenRules::decode`]). Nothing is read by it of a level that is not known.
    #[must_use]
    pub const fn layout(self) -> ProtocolVersion {
        match self {
            Self::Known(version) => version,
            Self::Level(_) | Self::Before5 | Self::Unknown => ProtocolVersion::V311,
        }
    }

    /// The version, if it is known.
    #[must_use]
    pub const fn known(self) -> Option<ProtocolVersion> {
        match self {
            Self::Known(version) => Some(version),
            Self::Level(_) | Self::Before5 | Self::Unknown => None,
        }
    }

    /// Whether packets are taken apart.
    #[must_use]
    pub const fn is_decoded(self) -> bool {
        match self {
            Self::Known(_) | Self::Before5 | Self::Unknown => true,
            Self::Level(_) => false,
        }
    }

    /// Whether packets are those of MQTT 5.
    #[inline]
    #[must_use]
    pub const fn is_5(self) -> bool {
        match self {
            Self::Known(ProtocolVersion::V5) => true,
            Self::Known(ProtocolVersion::V31 | ProtocolVersion::V311)
            | Self::Level(_)
            | Self::Before5
            | Self::Unknown => false,
        }
    }

    /// Whether packets may be those of MQTT 5, as far as is known.
    #[must_use]
    pub const fn may_be_5(self) -> bool {
        match self {
            Self::Known(ProtocolVersion::V5) | Self::Unknown => true,
            Self::Known(ProtocolVersion::V31 | ProtocolVersion::V311) | Self::Level(_) | Self::Before5 => {
                false
            }
        }
    }

    /// Two numbers that stand for it.
    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        match self {
            Self::Unknown => [0, 0],
            Self::Known(version) => [1, version.level()],
            Self::Level(level) => [2, level],
            Self::Before5 => [3, 0],
        }
    }

    /// The version of [`Self::to_bytes`].
    pub(crate) fn from_bytes([kind, level]: [u8; 2]) -> Self {
        match (kind, ProtocolVersion::from_level(level)) {
            (1, Some(version)) => Self::Known(version),
            (2, _) => Self::Level(level),
            (3, _) => Self::Before5,
            _ => Self::Unknown,
        }
    }

    /// Reads what it is written as, `unknown` apart. A level that was not known to who wrote it may be known here.
    #[cfg(feature = "import")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let known = ProtocolVersion::ALL.into_iter().find(|version| version.to_string() == text);
        let of_level = |level| ProtocolVersion::from_level(level).map_or(Self::Level(level), Self::Known);
        known.map(Self::Known).or_else(|| text.strip_prefix(LEVEL)?.parse().ok().map(of_level))
    }
}

impl From<ProtocolVersion> for Version {
    fn from(version: ProtocolVersion) -> Self {
        Self::Known(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(version) => version.fmt(f),
            Self::Level(level) => write!(f, "{LEVEL}{level}"),
            Self::Before5 | Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// What the log knows of a connection beside its packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Where it comes from.
    pub source: SourceId,
    /// What it speaks.
    pub version: Version,
    /// Its ends, where a capture tells them.
    pub ends: Option<Ends>,
    /// Which server it leads to: the address and port of a capture, or a URL without its query.
    pub server: String,
    /// The client id of its CONNECT.
    pub client_id: String,
    /// The number of its CONNECT.
    pub connect: Option<u32>,
    /// The number of the client's DISCONNECT. One of MQTT 5 with another reason code than 0 leaves the will to be published.
    pub disconnect: Option<u32>,
    /// When the transport was opened, in microseconds since the Unix epoch.
    pub opened: Option<u64>,
    /// When the transport was closed, in microseconds since the Unix epoch.
    pub closed: Option<u64>,
}

/// The server behind a URL: all before its query, which may hold a token that is another one each time.
#[must_use]
pub fn server_of(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

impl Connection {
    fn session(&self) -> Session {
        (self.source, self.server.clone(), self.client_id.clone())
    }
}

/// A connection, as the log keeps it.
#[derive(Default)]
pub(super) struct State {
    pub(super) about: Connection,
    pub(super) exchanges: Exchanges,
    /// What the client and what the server sends, besides the bytes that are coming in.
    pub(super) sides: [Side; 2],
    /// What the server does is held against the rules of behaviour. Of a live connection its session does that.
    #[cfg(feature = "import")]
    pub(super) watch: Option<Box<Watch>>,
    /// What the client and what the server sends.
    inbound: [Option<Box<Inbound>>; 2],
    /// Which records have set the topic aliases of the client, and of the server.
    pub(super) aliases: [Aliases; 2],
    /// Its session ends with it: its messages are given up.
    pub(super) is_clean: bool,
    /// Its version was learnt from packets: what its CONNECT says is surer.
    pub(super) is_version_guessed: bool,
    /// Its CONNECT has named an Authentication Method.
    pub(super) has_method: bool,
    /// How many records are its.
    records: u32,
    /// More is to come, so that it stays without records too.
    is_open: bool,
}

impl State {
    /// What is known of what goes a way.
    pub(super) const fn side_mut(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::In => &mut self.sides[1],
            Direction::Out | Direction::Event => &mut self.sides[0],
        }
    }

    /// The topic aliases of what goes a way.
    pub(super) const fn aliases_mut(&mut self, direction: Direction) -> &mut Aliases {
        match direction {
            Direction::In => &mut self.aliases[1],
            Direction::Out | Direction::Event => &mut self.aliases[0],
        }
    }

    /// The topic aliases of what goes a way.
    pub(super) const fn aliases(&self, direction: Direction) -> &Aliases {
        match direction {
            Direction::In => &self.aliases[1],
            Direction::Out | Direction::Event => &self.aliases[0],
        }
    }

    /// What comes in from one side, if anything ever has.
    pub(super) fn inbound(&self, direction: Direction) -> Option<&Inbound> {
        self.inbound[usize::from(direction == Direction::In)].as_deref()
    }

    /// What comes in from one side.
    pub(super) fn inbound_mut(&mut self, direction: Direction) -> &mut Inbound {
        self.inbound[usize::from(direction == Direction::In)].get_or_insert_default()
    }

    /// Both sides, for what is to be given back.
    pub(super) fn take_inbound(&mut self) -> [Option<Box<Inbound>>; 2] {
        std::mem::take(&mut self.inbound)
    }
}

/// What is known of what one side sends.
#[derive(Clone, Copy, Default)]
pub(super) struct Side {
    /// A packet of it is in the log that is one for certain: what follows is not the rest of a CONNECT.
    pub(super) has_begun: bool,
    /// Bytes are missing since its last whole packet, so many behind the beginning of one that is not.
    pub(super) hole: Option<u64>,
}

/// Whose exchanges go on with a later connection: a client's at a server, within a source.
type Session = (SourceId, String, String);

/// All connections of a log.
///
/// One that is over goes with its last record. Its place stays as long as an older one is there, which costs a pointer.
#[derive(Default)]
pub(super) struct Connections {
    places: VecDeque<Option<Box<State>>>,
    /// The number of the first place.
    first: u32,
    /// The newest connection of each client that has a name.
    by_client: BTreeMap<Session, ConnectionId>,
    /// Messages in flight on all of them.
    in_flight: [u32; 2],
}

impl Connections {
    pub(super) fn add(&mut self, source: SourceId, version: Version, is_open: bool) -> ConnectionId {
        let id = ConnectionId(self.first + self.places.len() as u32);
        let about = Connection { source, version, ..Connection::default() };
        self.places.push_back(Some(Box::new(State { about, is_open, ..State::default() })));
        id
    }

    #[inline]
    pub(super) fn get(&self, id: ConnectionId) -> Option<&State> {
        self.places.get(id.0.checked_sub(self.first)? as usize)?.as_deref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut State> {
        self.places.get_mut(id.0.checked_sub(self.first)? as usize)?.as_deref_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &State)> {
        let places = (self.first..).zip(&self.places);
        places.filter_map(|(number, state)| Some((ConnectionId(number), state.as_deref()?)))
    }

    pub(super) const fn in_flight(&self) -> [u32; 2] {
        self.in_flight
    }

    pub(super) fn in_flight_on(&self, id: ConnectionId) -> [u32; 2] {
        self.get(id).map_or([0; 2], |state| state.exchanges.in_flight())
    }

    /// Does something with the exchanges of a connection, and keeps count of what is in flight.
    #[inline]
    pub(super) fn with_exchanges<R>(
        &mut self,
        id: ConnectionId,
        work: impl FnOnce(&mut Exchanges) -> R,
    ) -> Option<R> {
        let exchanges = &mut self.get_mut(id)?.exchanges;
        let before = exchanges.in_flight();
        let done = work(exchanges);
        let after = exchanges.in_flight();
        self.recount(before, after);
        Some(done)
    }

    /// Gives a connection the name of its client, and says which connection of that client at that server was the newest
    /// before: the one that has its exchanges.
    pub(super) fn name(&mut self, id: ConnectionId, client_id: String) -> Option<ConnectionId> {
        if self.get(id)?.about.client_id != client_id {
            self.forget_name(id);
        }
        let about = &mut self.get_mut(id)?.about;
        about.client_id = client_id;
        let session = about.session();
        // Clients without a name are all different.
        if session.2.is_empty() { None } else { self.by_client.insert(session, id) }
    }

    /// Makes a connection the newest of its client again.
    pub(super) fn rename(&mut self, id: ConnectionId) {
        if let Some(session) = self.get(id).map(|state| state.about.session()) {
            self.by_client.insert(session, id);
        }
    }

    /// Counts a record.
    #[inline]
    pub(super) fn hold(&mut self, id: ConnectionId) {
        if let Some(state) = self.get_mut(id) {
            state.records += 1;
        }
    }

    /// Counts a record that is gone, and lets the connection go with its last one.
    pub(super) fn release(&mut self, id: ConnectionId) {
        let Some(state) = self.get_mut(id) else { return };
        state.records = state.records.saturating_sub(1);
        if state.records == 0 && !state.is_open {
            self.remove(id);
        }
    }

    /// More is to come.
    #[cfg(feature = "import")]
    pub(super) fn open(&mut self, id: ConnectionId) {
        if let Some(state) = self.get_mut(id) {
            state.is_open = true;
        }
    }

    /// Nothing more is to come.
    pub(super) fn close(&mut self, id: ConnectionId) {
        let Some(state) = self.get_mut(id) else { return };
        state.is_open = false;
        if state.records == 0 {
            self.remove(id);
        }
    }

    /// Forgets all that records have told, and counts anew where no connection is left.
    pub(super) fn clear(&mut self) {
        if self.places.is_empty() {
            self.first = 0;
        }
        self.by_client.clear();
        self.in_flight = [0; 2];
        for state in self.places.iter_mut().flatten() {
            state.exchanges = Exchanges::default();
            state.aliases = <[Aliases; 2]>::default();
            state.about.connect = None;
            state.about.disconnect = None;
        }
    }

    fn remove(&mut self, id: ConnectionId) {
        self.forget_name(id);
        let place = id.0.checked_sub(self.first).and_then(|at| self.places.get_mut(at as usize));
        if let Some(state) = place.and_then(Option::take) {
            self.recount(state.exchanges.in_flight(), [0; 2]);
        }
        while matches!(self.places.front(), Some(None)) {
            self.places.pop_front();
            self.first += 1;
        }
    }

    fn forget_name(&mut self, id: ConnectionId) {
        let Some(session) = self.get(id).map(|state| state.about.session()) else { return };
        if self.by_client.get(&session) == Some(&id) {
            self.by_client.remove(&session);
        }
    }

    fn recount(&mut self, before: [u32; 2], after: [u32; 2]) {
        for (sum, (before, after)) in self.in_flight.iter_mut().zip(before.into_iter().zip(after)) {
            *sum = *sum + after - before;
        }
    }
}

/// What a protocol level is written behind.
const LEVEL: &str = "level ";
