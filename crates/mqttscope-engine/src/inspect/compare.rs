//! The selected packet beside another one: the message before on its topic, or one that a person has marked.
//!
//! Fields are compared here, payloads by a module of its own.

use std::collections::HashMap;

use mqttscope_link::{
    CompareAs, CompareBody, CompareRow, CompareSide, CompareSign, CompareView, FieldDifference, Span,
};
use mqttscope_log::payload::{View, guess};
use mqttscope_log::transfer::{Comparison, How};
use mqttscope_log::{Direction, Log, Record, Topic};
use mqttscope_proto::PacketType;

use super::packet::Selected;
use crate::row::name;

/// What is compared. The log is given with each call, and must be the same.
#[derive(Default)]
pub(crate) struct Compare {
    open: Option<Open>,
    /// Counts what was asked to be compared elsewhere.
    requests: u32,
    /// What is still to be asked.
    asks: Option<How>,
}

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    /// The other record; `None` for the message before on the same topic.
    pub(super) with: Option<u32>,
    pub(super) compare_as: CompareAs,
}

/// A comparison that is looked at.
struct Open {
    /// The selected record, and how often the log had been cleared.
    of: (u32, u32),
    wish: Wish,
    other: Other,
    fields: Vec<FieldDifference>,
    compared_as: CompareAs,
    body: Body,
}

/// The other record.
enum Other {
    /// It is being looked for, before that number.
    Sought(u32),
    Found(Selected),
    /// The marked one is the selected one.
    Itself,
    None,
}

/// What there is to say of the payloads.
enum Body {
    Words(&'static str),
    /// What the module has found; `None` until it has.
    Asked(Option<Result<Comparison, String>>),
}

impl Compare {
    /// Begins to compare, if that is not done.
    pub(super) fn open(&mut self, log: &Log, selected: &Selected, wish: Wish) {
        let of = (selected.number(), log.clearings());
        if self.open.as_ref().is_some_and(|open| open.of == of && open.wish == wish) {
            return;
        }
        self.requests += 1;
        self.asks = None;
        let other = match wish.with {
            Some(number) if number == selected.number() => Other::Itself,
            Some(number) => Other::of(log, number),
            None => Other::Sought(selected.number()),
        };
        let (fields, compared_as, body) = (Vec::new(), CompareAs::Bytes, Body::Words(""));
        let open = self.open.insert(Open { of, wish, other, fields, compared_as, body });
        self.asks = open.compare(log, selected);
        self.advance(log);
    }

    /// Whether the other record is still being looked for.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.open, Some(Open { other: Other::Sought(_), .. }))
    }

    /// Looks for it a slice further.
    pub(super) fn advance(&mut self, log: &Log) {
        let Some(open) = &mut self.open else { return };
        let Other::Sought(end) = open.other else { return };
        if open.of.1 != log.clearings() {
            open.other = Other::None;
            return;
        }
        let Some(message) = log.record(open.of.0).and_then(|record| Message::of(log, open.of.0, record))
        else {
            open.other = Other::None;
            return;
        };
        let start = end.saturating_sub(SLICE).max(log.first());
        let is_like = |number: &u32| {
            log.record(*number).and_then(|record| Message::of(log, *number, record)).as_ref()
                == Some(&message)
        };
        open.other = match (start..end).rev().find(is_like) {
            Some(number) => Other::of(log, number),
            None if start <= log.first() => Other::None,
            None => Other::Sought(start),
        };
        let selected = Selected::new(log, open.of.0);
        self.asks = open.compare(log, &selected);
    }

    /// What is to be compared elsewhere, once, and the number of the request.
    pub(crate) fn take_request(&mut self, log: &Log) -> Option<(u32, How, [Vec<u8>; 2])> {
        let how = self.asks.take()?;
        let open = self.open.as_ref()?;
        let Other::Found(other) = &open.other else { return None };
        let selected = Selected::new(log, open.of.0);
        let payloads = sides(&selected, other).map(|side| side.payload(log).unwrap_or_default().to_vec());
        Some((self.requests, how, payloads))
    }

    /// Takes what was found, if it was waited for.
    pub(crate) fn compared(&mut self, request: u32, found: Result<Comparison, String>) {
        if request == self.requests
            && let Some(Open { body: Body::Asked(place), .. }) = &mut self.open
        {
            *place = Some(found);
        }
    }

    /// What is looked at, or why there is nothing.
    pub(super) fn view(
        &self,
        log: &Log,
        selected: &Selected,
        rows: Span,
    ) -> Result<Box<CompareView>, String> {
        let Some(open) = &self.open else { return Err(SEEKING.into()) };
        let other = match &open.other {
            Other::Sought(_) => return Err(SEEKING.into()),
            Other::Itself => return Err(ITSELF.into()),
            Other::None if open.wish.with.is_some() => return Err(GONE.into()),
            Other::None if Message::is_one(log, selected.number()) => return Err(FIRST.into()),
            Other::None => return Err(NO_MESSAGE.into()),
            Other::Found(other) if !other.is_packet(log) => return Err(GONE.into()),
            Other::Found(other) => other,
        };
        let (body, compared_as) = open.body(rows);
        Ok(Box::new(CompareView {
            selected: selected.number(),
            sides: sides(selected, other).map(|side| side_view(log, side)),
            are_fields_cut: open.fields.len() > MOST_FIELDS,
            fields: open.fields.iter().take(MOST_FIELDS).cloned().collect(),
            compared_as,
            body,
        }))
    }
}

impl Open {
    /// Compares the fields once the other record is found; says as what the payloads are to be compared elsewhere.
    fn compare(&mut self, log: &Log, selected: &Selected) -> Option<How> {
        let Other::Found(other) = &self.other else { return None };
        let both = sides(selected, other);
        self.fields = differences(both.map(|side| side.facts(log)));
        let [Some(old), Some(new)] = both.map(|side| side.payload(log)) else {
            let has_payload = both.iter().any(|side| side.payload(log).is_some());
            self.body = Body::Words(if has_payload { ONE_PAYLOAD } else { NO_PAYLOADS });
            return None;
        };
        self.compared_as = match self.wish.compare_as {
            CompareAs::Auto => best(old, new),
            chosen => chosen,
        };
        if old == new {
            self.body = Body::Words(if old.is_empty() { BOTH_EMPTY } else { SAME });
            return None;
        }
        if old.len().max(new.len()) > MOST_BYTES {
            self.body = Body::Words(TOO_LARGE);
            return None;
        }
        self.body = Body::Asked(None);
        Some(match self.compared_as {
            CompareAs::Json => How::Json,
            CompareAs::Bytes => How::Bytes,
            CompareAs::Text | CompareAs::Auto => How::Text,
        })
    }

    /// The rows that are looked at, and what they were compared as.
    fn body(&self, wanted: Span) -> (CompareBody, CompareAs) {
        let said = |words: &str| (CompareBody::Words(words.into()), self.compared_as);
        let found = match &self.body {
            Body::Words(words) => return said(words),
            Body::Asked(None) => return said(COMPARING),
            Body::Asked(Some(Err(words))) => return said(words),
            Body::Asked(Some(Ok(found))) => found,
        };
        let first = (wanted.start as usize).min(found.rows.len());
        let end = (wanted.end as usize).min(found.rows.len()).min(first + MOST_ROWS).max(first);
        let compared_as = match found.how {
            How::Text => CompareAs::Text,
            How::Json => CompareAs::Json,
            How::Bytes => CompareAs::Bytes,
        };
        let mut words = found.words.clone();
        if self.compared_as != compared_as {
            words.insert_str(0, "Not both are JSON, so as text: ");
        }
        let body = CompareBody::Rows {
            words,
            is_cut: found.is_cut,
            count: found.rows.len() as u32,
            first: first as u32,
            rows: found.rows[first..end].iter().map(row).collect(),
        };
        (body, compared_as)
    }
}

impl Other {
    fn of(log: &Log, number: u32) -> Self {
        match log.record(number) {
            Some(record) if record.direction() != Direction::Event => Self::Found(Selected::new(log, number)),
            _ => Self::None,
        }
    }
}

/// What messages have in common that one is looked for as the one before of another.
#[derive(PartialEq, Eq)]
struct Message<'a> {
    topic: &'a [u8],
    direction: Direction,
    /// So that the same message to two connections is not compared with itself.
    client_id: &'a str,
}

impl<'a> Message<'a> {
    fn of(log: &'a Log, number: u32, record: &'a Record) -> Option<Self> {
        if record.packet_type() != Some(PacketType::Publish) {
            return None;
        }
        let topic = log.topic(number, record).and_then(Topic::name)?;
        let client_id = log.connection(record.connection).map_or("", |connection| &connection.client_id);
        Some(Self { topic, direction: record.direction(), client_id })
    }

    fn is_one(log: &Log, number: u32) -> bool {
        log.record(number).is_some_and(|record| Message::of(log, number, record).is_some())
    }
}

/// The two in the order of their records.
fn sides<'a>(selected: &'a Selected, other: &'a Selected) -> [&'a Selected; 2] {
    if other.number() <= selected.number() { [other, selected] } else { [selected, other] }
}

fn side_view(log: &Log, side: &Selected) -> CompareSide {
    let Some(record) = log.record(side.number()) else { return CompareSide::default() };
    CompareSide {
        number: side.number(),
        time: log.time_of_day(record),
        is_out: record.direction() == Direction::Out,
        name: name(record),
        len: side.payload(log).map(|payload| payload.len() as u32),
    }
}

/// The fields that are not alike, or are in one of both only. Of fields with one name the first goes with the first.
fn differences([old, new]: [Vec<(&'static str, String)>; 2]) -> Vec<FieldDifference> {
    let mut counts = HashMap::new();
    let mut numbered = |(name, value): (&'static str, String), side: usize| {
        let count = counts.entry((name, side)).or_insert(0u32);
        *count += 1;
        ((name, *count), value)
    };
    let old: Vec<_> = old.into_iter().map(|fact| numbered(fact, 0)).collect();
    let mut new: Vec<_> = new.into_iter().map(|fact| numbered(fact, 1)).map(Some).collect();
    let places: HashMap<_, _> = new.iter().flatten().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let mut found = Vec::new();
    for (name, value) in old {
        let other = places.get(&name).and_then(|&at| new[at].take()).map(|(_, value)| value);
        if other.as_ref() != Some(&value) {
            found.push(FieldDifference { name: name.0.into(), values: [Some(value), other] });
        }
    }
    let added = new.into_iter().flatten();
    found.extend(
        added.map(|(name, value)| FieldDifference { name: name.0.into(), values: [None, Some(value)] }),
    );
    found
}

/// What tells most of the difference between two payloads.
fn best(old: &[u8], new: &[u8]) -> CompareAs {
    match (guess(old), guess(new)) {
        (View::Json, View::Json) => CompareAs::Json,
        (View::Hex, _) | (_, View::Hex) => CompareAs::Bytes,
        _ => CompareAs::Text,
    }
}

fn row(row: &mqttscope_compare::Row) -> CompareRow {
    use mqttscope_compare::Sign;

    let pieces = |pieces: &[mqttscope_compare::Piece]| {
        pieces.iter().map(|piece| (piece.differs, piece.text.clone())).collect()
    };
    CompareRow {
        sign: match row.sign {
            Sign::Same => CompareSign::Same,
            Sign::Removed => CompareSign::Removed,
            Sign::Added => CompareSign::Added,
            Sign::Changed => CompareSign::Changed,
            Sign::Skipped => CompareSign::Skipped,
        },
        place: row.place.clone(),
        old: pieces(&row.old),
        new: pieces(&row.new),
    }
}

const SEEKING: &str = "Looking for the message before on this topic …";
const FIRST: &str = "The log holds no message before this one on its topic.";
const NO_MESSAGE: &str =
    "This packet is no message, so there is none before it on its topic. Mark a row to compare it with.";
const ITSELF: &str = "This is the marked row: select the one to compare it with.";
const GONE: &str = "The marked row is no packet, or is not in the log any more.";
const COMPARING: &str = "Comparing …";
const SAME: &str = "The payloads are the same.";
const BOTH_EMPTY: &str = "Both payloads are empty.";
const NO_PAYLOADS: &str = "Neither packet carries a message: their fields are compared.";
const ONE_PAYLOAD: &str = "Only one of the packets carries a message: their fields are compared.";
const TOO_LARGE: &str = "Payloads of more than 4 MiB are not compared.";
/// Records that a slice looks at.
const SLICE: u32 = 4_096;
/// Bytes of a payload that are compared.
const MOST_BYTES: usize = 4 << 20;
/// Fields that are shown at most.
const MOST_FIELDS: usize = 100;
/// Rows that are made at most at once: several screens full.
const MOST_ROWS: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{came, log_of_version, sent};
    use mqttscope_proto::ProtocolVersion;

    const ALL: Span = Span { start: 0, end: 99 };

    /// A PUBLISH at QoS 0 with those properties.
    fn publish(topic: &str, properties: &[u8], payload: &[u8]) -> Vec<u8> {
        let len = 3 + topic.len() + properties.len() + payload.len();
        let head = [0x30, len as u8, 0, topic.len() as u8];
        [&head[..], topic.as_bytes(), &[properties.len() as u8], properties, payload].concat()
    }

    fn log() -> Log {
        log_of_version(ProtocolVersion::V5, 1 << 20)
    }

    fn compared(
        compare: &mut Compare,
        log: &Log,
        number: u32,
        with: Option<u32>,
    ) -> Result<CompareView, String> {
        let selected = Selected::new(log, number);
        compare.open(log, &selected, Wish { with, compare_as: CompareAs::Auto });
        while compare.is_busy() {
            compare.advance(log);
        }
        compare.view(log, &selected, ALL).map(|view| *view)
    }

    #[test]
    fn the_message_before_is_that_of_its_topic_and_direction() {
        let mut log = log();
        came(&mut log, 0, &publish("t", b"", b"20"));
        sent(&mut log, 1, &publish("t", b"", b"5"));
        for at in 0..3 * SLICE {
            came(&mut log, 2, &publish("other", b"", &at.to_be_bytes()));
        }
        let last = came(&mut log, 3, &publish("t", b"", b"21"));
        let selected = Selected::new(&log, last);
        let mut compare = Compare::default();
        compare.open(&log, &selected, Wish { with: None, compare_as: CompareAs::Auto });
        // It goes in slices.
        assert!(compare.is_busy() && compare.view(&log, &selected, ALL).is_err());
        let view = compared(&mut compare, &log, last, None).expect("it is found");
        assert_eq!(view.sides.map(|side| side.number), [0, last]);
        assert_eq!(view.compared_as, CompareAs::Text);
        let asked = compare.take_request(&log);
        assert_eq!(asked, Some((1, How::Text, [b"20".to_vec(), b"21".to_vec()])));
        assert_eq!(compare.take_request(&log), None);

        assert_eq!(compared(&mut compare, &log, 0, None), Err(FIRST.into()));
        log.drop_before(1);
        assert_eq!(compared(&mut compare, &log, last, Some(0)), Err(GONE.into()));
    }

    #[test]
    fn what_is_found_is_taken_only_by_who_waits_for_it() {
        let mut log = log();
        came(&mut log, 0, &publish("t", b"", b"{\"a\":1}"));
        came(&mut log, 1, &publish("t", b"", b"{\"a\":2}"));
        let mut compare = Compare::default();
        let view = compared(&mut compare, &log, 1, None).expect("two messages");
        assert_eq!(view.body, CompareBody::Words(COMPARING.into()));
        let (request, how, _) = compare.take_request(&log).expect("it is asked");
        assert_eq!(how, How::Json);
        let row = mqttscope_compare::Row { place: "$.a".into(), ..Default::default() };
        let found = Comparison { how: How::Text, words: "1.".into(), rows: vec![row; 5], is_cut: false };
        compare.compared(request + 1, Err("late".into()));
        compare.compared(request, Ok(found));
        let selected = Selected::new(&log, 1);
        let view = compare.view(&log, &selected, Span { start: 3, end: 9 }).expect("two messages");
        let CompareBody::Rows { words, count: 5, first: 3, rows, .. } = &view.body else {
            panic!("{view:?}")
        };
        // What came says that it was no JSON.
        assert_eq!((words.as_str(), rows.len()), ("Not both are JSON, so as text: 1.", 2));
        assert_eq!(view.compared_as, CompareAs::Text);
    }

    #[test]
    fn fields_that_differ_are_told_by_name() {
        let mut log = log();
        came(&mut log, 0, &publish("t", b"\x02\x00\x00\x00\x09\x26\x00\x01a\x00\x01b", b"x"));
        let retained = publish("t", b"\x26\x00\x01a\x00\x01c\x26\x00\x01a\x00\x01d", b"x");
        came(&mut log, 1, &[&[0x31], &retained[1..]].concat());
        let view = compared(&mut Compare::default(), &log, 1, None).expect("two messages");
        let told: Vec<_> = view.fields.iter().map(|field| (field.name.as_str(), &field.values)).collect();
        let values = |old: &str, new: &str| [old, new].map(|it| (!it.is_empty()).then(|| it.to_owned()));
        let expected = [
            ("RETAIN", values("0", "1")),
            ("Remaining Length", values("17 bytes", "19 bytes")),
            ("Property Length", values("12 bytes", "14 bytes")),
            ("Message Expiry Interval", values("9 s", "")),
            ("User Property", values("\"a\" = \"b\"", "\"a\" = \"c\"")),
            ("User Property", values("", "\"a\" = \"d\"")),
        ];
        assert_eq!(told, expected.each_ref().map(|(name, values)| (*name, values)));
        assert_eq!(view.body, CompareBody::Words(SAME.into()));
    }

    #[test]
    fn packets_of_any_kind_are_compared() {
        let mut log = log();
        sent(&mut log, 0, b"\xc0\x00");
        came(&mut log, 1, b"\xd0\x00");
        came(&mut log, 2, &publish("t", b"", b"x"));
        let mut compare = Compare::default();
        let view = compared(&mut compare, &log, 0, Some(1)).expect("two packets");
        assert_eq!(view.body, CompareBody::Words(NO_PAYLOADS.into()));
        assert_eq!(view.fields[0].name, "Packet type");
        let view = compared(&mut compare, &log, 2, Some(0)).expect("two packets");
        assert_eq!(view.body, CompareBody::Words(ONE_PAYLOAD.into()));
        assert_eq!(compared(&mut compare, &log, 0, None), Err(NO_MESSAGE.into()));
        assert_eq!(compared(&mut compare, &log, 0, Some(0)), Err(ITSELF.into()));
        assert_eq!(compared(&mut compare, &log, 0, Some(77)), Err(GONE.into()));
    }
}
