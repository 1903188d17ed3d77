//! What is wrong with a packet because of who sent it, and when: the rules of behaviour.
//!
//! What a server sends on a live connection is held against them by its session, and what a client sends there was asked
//! for by a person; so of a live connection only that is told which no client sends at all.

use mqttscope_proto::Packet;
use mqttscope_proto::session::{ClientError, PeerError};

use super::connection::State;
use super::record::Direction;
#[cfg(feature = "import")]
use super::watch::{Watch, client_only};

/// The first rules of behaviour that one packet breaks.
#[derive(Clone, Copy, Default)]
pub(super) struct Misbehaviour([Option<OfSide>; MOST]);

/// A rule that one side broke.
#[derive(Clone, Copy)]
pub(super) enum OfSide {
    #[cfg_attr(
        not(feature = "import"),
        expect(dead_code, reason = "of a live connection its session tells it")
    )]
    Server(PeerError),
    Client(ClientError),
}

impl Misbehaviour {
    /// Holds a packet of `len` bytes against the rules, as far as enough of its connection was seen.
    #[inline]
    pub(super) fn of(
        state: Option<&mut State>,
        direction: Direction,
        len: usize,
        packet: Option<&Packet<'_>>,
    ) -> Self {
        let mut found = Self::default();
        let (Some(state), Some(packet)) = (state, packet) else { return found };
        if direction == Direction::Out
            && let Some(error) = ClientError::of(packet, state.about.version.layout())
        {
            found.push(OfSide::Client(error));
        }
        watch(state, direction, len, packet, &mut |fault| found.push(fault));
        found
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    fn push(&mut self, fault: OfSide) {
        if let Some(place) = self.0.iter_mut().find(|place| place.is_none()) {
            *place = Some(fault);
        }
    }
}

impl IntoIterator for Misbehaviour {
    type Item = OfSide;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<OfSide>, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

/// Holds a packet of a connection that is not live against the rules that look over packets.
#[cfg(feature = "import")]
fn watch(
    state: &mut State,
    direction: Direction,
    len: usize,
    packet: &Packet<'_>,
    tell: &mut impl FnMut(OfSide),
) {
    if state.about.source == super::SourceId::LIVE {
        return;
    }
    match (packet, direction, &mut state.watch) {
        (Packet::Connect(connect), Direction::Out, watch) => *watch = Some(Box::new(Watch::new(connect))),
        (_, _, Some(watch)) => watch.note(direction, len, packet, tell),
        (_, Direction::In, None) => {
            let error = client_only(packet.packet_type(), state.about.version);
            _ = error.map(OfSide::Server).map(tell);
        }
        _ => {}
    }
}

#[cfg(not(feature = "import"))]
fn watch(_: &mut State, _: Direction, _: usize, _: &Packet<'_>, _: &mut impl FnMut(OfSide)) {}

/// The most that are told of one packet.
const MOST: usize = 4;
