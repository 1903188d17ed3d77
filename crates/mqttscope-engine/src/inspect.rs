//! What the inspector shows: the selected packet, its payload, its exchange, and the figures of the whole log.
//!
//! Each part makes only what is looked at, and says whether it has more to find out: that is done in slices.

use std::ops::Range;

use mqttscope_link::{Absence, Glance, HandshakeView, PanelLook, PanelView};
use mqttscope_log::filter::Filter;
use mqttscope_log::ladder::Ladder;
use mqttscope_log::transfer::{Binary, Lines};
use mqttscope_log::{ConnectionId, Direction, Event, Log, Record};
use mqttscope_proto::PacketType;

use crate::topics::Topics;

use compare::{Compare, Wish};
pub(crate) use packet::Selected;
use payload::Payload;
use statistics::Figures;

mod compare;
mod folds;
mod packet;
mod payload;
mod rungs;
mod statistics;
mod tree;

/// What is inspected. The log is given with each call, and must be the same.
#[derive(Default)]
pub(crate) struct Inspector {
    selected: Option<Selected>,
    payload: Payload,
    pub(crate) compare: Compare,
    figures: Figures,
}

/// A payload that a module of its own is to decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decode {
    /// Comes back with the answer.
    pub(crate) request: u32,
    pub(crate) format: Binary,
    pub(crate) payload: Vec<u8>,
}

impl Inspector {
    /// Follows the selection. Another packet begins anew.
    pub(crate) fn select(&mut self, log: &Log, number: Option<u32>) {
        let is_same = match (&self.selected, number) {
            (Some(selected), Some(number)) => selected.is_of(log, number),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.selected = number.map(|number| Selected::new(log, number));
            self.payload.forget();
        }
    }

    /// The panel that is looked at.
    pub(crate) fn view(
        &mut self,
        log: &Log,
        topics: &Topics,
        look: Option<&PanelLook>,
        now: u64,
    ) -> PanelView {
        match look.copied() {
            None | Some(PanelLook::Chart { .. }) => PanelView::Hidden,
            Some(PanelLook::Statistics) => PanelView::Statistics(self.figures.view(log, topics, now)),
            Some(PanelLook::Handshake) => PanelView::Handshake(self.handshake(log, now)),
            Some(PanelLook::Compare { number, with, compare_as, rows }) => {
                let Some(selected) = &self.selected else {
                    return PanelView::Absent(Absence::NothingSelected);
                };
                if !selected.is_packet(log) {
                    return PanelView::Absent(absence(log, selected.number()));
                }
                let rows = if number == Some(selected.number()) { rows } else { rows.from_start() };
                self.compare.open(log, selected, Wish { with, compare_as });
                PanelView::Compare(self.compare.view(log, selected, rows))
            }
            Some(PanelLook::Packet { number, chosen, hovered, tree, bytes }) => {
                let Some(selected) = &self.selected else {
                    return PanelView::Absent(Absence::NothingSelected);
                };
                // What is pointed at in another packet, and how far that was scrolled, is forgotten.
                let view = if number == Some(selected.number()) {
                    selected.view(log, chosen, hovered, tree, bytes)
                } else {
                    selected.view(log, None, None, tree.from_start(), bytes.from_start())
                };
                match view {
                    Some(view) => PanelView::Packet(view),
                    None => PanelView::Absent(absence(log, selected.number())),
                }
            }
            Some(PanelLook::Payload { number, format, lines }) => {
                let Some(selected) = &self.selected else {
                    return PanelView::Absent(Absence::NothingSelected);
                };
                if !selected.is_packet(log) {
                    return PanelView::Absent(absence(log, selected.number()));
                }
                let Some(payload) = selected.payload(log) else { return PanelView::NoMessage };
                self.payload.open(format, payload);
                let lines = if number == Some(selected.number()) { lines } else { lines.from_start() };
                PanelView::Payload(self.payload.view(selected.number(), payload, lines))
            }
        }
    }

    /// Folds a line of the payload, or unfolds it.
    pub(crate) fn fold(&mut self, log: &Log, line: u32) {
        if let Some(payload) = self.selected.as_ref().and_then(|selected| selected.payload(log)) {
            self.payload.fold(payload, line as usize);
        }
    }

    /// A payload that is to be decoded elsewhere, once.
    pub(crate) fn take_decode(&mut self, log: &Log) -> Option<Decode> {
        let (request, format) = self.payload.take_request()?;
        let payload = self.selected.as_ref()?.payload(log)?.to_vec();
        Some(Decode { request, format, payload })
    }

    /// Where the number on a line of the selected payload lies, as that is shown: from one byte to another.
    pub(crate) fn line_range(&self, log: &Log, line: u32) -> Option<Range<usize>> {
        self.payload.range(self.selected.as_ref()?.payload(log)?, line as usize)
    }

    /// Takes what was decoded.
    pub(crate) fn decoded(&mut self, request: u32, lines: Result<Lines, String>) {
        self.payload.decoded(request, lines);
    }

    /// What is copied of the payload, in the format that is shown.
    pub(crate) fn payload_text(&self, log: &Log) -> Option<String> {
        self.payload.text(self.selected.as_ref()?.payload(log)?)
    }

    /// The figures at a glance.
    pub(crate) fn glance(&mut self, log: &Log, now: u64) -> Glance {
        self.figures.glance(log, now)
    }

    /// The messages in flight are those of one connection of the log, or of all.
    pub(crate) fn set_connection(&mut self, id: Option<ConnectionId>) {
        self.figures.set_connection(id);
    }

    /// The selected record.
    pub(crate) const fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// Takes which messages do not count in the figures, if any do not.
    pub(crate) fn set_muted(&mut self, muted: Option<Filter>) {
        self.figures.set_muted(muted);
    }

    /// Whether something takes longer than a slice.
    pub(crate) fn is_busy(&self, log: &Log, look: Option<&PanelLook>) -> bool {
        match look {
            Some(PanelLook::Payload { .. }) => self.payload.is_busy(),
            Some(PanelLook::Compare { .. }) if self.compare.is_busy() => true,
            // Figures are kept up with the log even where nobody sees them: what it drops could not be counted later.
            _ => self.figures.has_work(log),
        }
    }

    /// Does a slice of what takes long.
    pub(crate) fn advance(&mut self, log: &Log, look: Option<&PanelLook>) {
        if let Some(PanelLook::Payload { .. }) = look
            && self.payload.is_busy()
            && let Some(payload) = self.selected.as_ref().and_then(|selected| selected.payload(log))
        {
            self.payload.advance(payload);
            return;
        }
        if let Some(PanelLook::Compare { .. }) = look
            && self.compare.is_busy()
        {
            self.compare.advance(log);
            return;
        }
        self.figures.advance(log);
    }

    fn handshake(&self, log: &Log, now: u64) -> HandshakeView {
        let number = self.selected.as_ref().map(Selected::number);
        let Some((number, ladder)) = number.and_then(|number| Some((number, Ladder::of(log, number)?)))
        else {
            let has_record = number.and_then(|number| log.record(number)).is_some();
            return HandshakeView::Absent { has_record };
        };
        let arrows = (0..ladder.arrows.len()).map(|at| rungs::rung(&ladder, at));
        HandshakeView::Ladder {
            kind: ladder.kind.name().into(),
            qos: ladder.qos,
            out: ladder.arrows.first().is_some_and(|first| first.direction == Direction::Out),
            summary: rungs::summary(&ladder),
            is_cut: ladder.is_cut,
            will: ladder.will.as_ref().map(rungs::will_words),
            rungs: arrows.chain(rungs::awaited_rung(&ladder, now)).collect(),
            selected: number,
        }
    }
}

/// Why there is no packet to show.
fn absence(log: &Log, number: u32) -> Absence {
    let Some(record) = log.record(number) else { return Absence::Dropped };
    let Some(event) = log.event(record) else { return Absence::Dropped };
    let name = |about: u32| log.record(about).and_then(Record::packet_type).map_or("bytes", PacketType::name);
    Absence::Event {
        number,
        time: log.time_of_day(record),
        words: event.words(),
        is_violation: event.kind().is_violation(),
        about: log.before(number).map(|about| (about, name(about).to_owned())),
    }
}

/// What an event says against a packet whose bytes are in order: it was not to come.
fn misbehaviour(log: &Log, number: u32) -> Option<String> {
    let behind = (number + 1..log.end()).take(EVENTS_BEHIND as usize);
    behind
        .filter_map(|at| Some((at, log.event(log.record(at)?)?)))
        .find(|(at, event)| {
            matches!(event, Event::PeerError { .. } | Event::ClientError { .. })
                && log.before(*at) == Some(number)
        })
        .map(|(_, event)| event.words())
}

/// Records behind a packet among which an event about it is searched.
const EVENTS_BEHIND: u32 = 16;
