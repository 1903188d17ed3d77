//! Numbers of messages over time: lines that follow the log, and what of them is looked at.

use mqttscope_link::{ChartLine, ChartView};
use mqttscope_log::{Budget, ConnectionId, Direction, Follower, Log, Place, Record};
use mqttscope_proto::PacketType;

pub(crate) use csv::Csv;
pub(crate) use path::Path;
use points::{Point, Points};

mod csv;
mod path;
mod points;

/// The lines of the chart. The log is given with each call, and must be the same.
pub(crate) struct Charts {
    lines: Vec<Line>,
    /// What the next line is told from others by.
    next: u32,
    /// Why the last that was asked for was not done.
    pub(crate) note: String,
    /// Points of all lines that are kept at most, and how many were dropped for that.
    most_points: usize,
    dropped: u64,
    pub(crate) exporting: Option<Csv>,
}

/// What a line is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) topic: Vec<u8>,
    pub(crate) path: Path,
    /// Only messages of that direction count; `None` for both.
    pub(crate) direction: Option<Direction>,
}

/// A line, and how far in the log it is.
struct Line {
    id: u32,
    source: Source,
    place: Place,
    points: Points,
    unfit: u32,
    last: Option<f64>,
    /// A message had no number since the last point.
    is_gap: bool,
    /// The newest connection that a point came over.
    connection: Option<ConnectionId>,
}

impl Default for Charts {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            next: 0,
            note: String::new(),
            most_points: MOST_POINTS,
            dropped: 0,
            exporting: None,
        }
    }
}

impl Charts {
    /// Adds a line.
    pub(crate) fn add(&mut self, source: Source) {
        self.note.clear();
        if self.lines.iter().any(|line| line.source == source) {
            self.note = "That line is in the chart already.".into();
        } else if self.lines.len() == MOST_LINES {
            self.note = "The chart has eight lines: remove one first.".into();
        } else {
            self.lines.push(Line::new(self.next, source));
            self.next += 1;
        }
    }

    pub(crate) fn remove(&mut self, id: u32) {
        self.note.clear();
        self.lines.retain(|line| line.id != id);
        if self.lines.is_empty() {
            self.dropped = 0;
        }
    }

    /// Whether so much was not looked at that it is worth a task of its own.
    pub(crate) fn has_work(&self, log: &Log, is_shown: bool) -> bool {
        let most = if is_shown { 0 } else { FAR_BEHIND };
        self.lines.iter().any(|line| line.place.behind(log) > most)
    }

    /// Looks a slice further for the line that is the farthest behind.
    pub(crate) fn advance(&mut self, log: &Log) {
        let Some(line) = self.lines.iter_mut().max_by_key(|line| line.place.behind(log)) else { return };
        line.advance(log, SLICE);
        while self.lines.iter().map(|line| line.points.len()).sum::<usize>() > self.most_points {
            let Some(longest) = self.lines.iter_mut().max_by_key(|line| line.points.len()) else { return };
            self.dropped += longest.points.drop_oldest() as u64;
        }
    }

    /// What is looked at: a span of time, or all of it, in so many columns.
    pub(crate) fn view(&mut self, log: &Log, span: Option<(u64, u64)>, columns: u32) -> ChartView {
        self.advance(log);
        let columns = columns.clamp(1, MOST_COLUMNS);
        let bounds = self.lines.iter().filter_map(|line| line.points.bounds());
        let whole = bounds.reduce(|(start, end), other| (start.min(other.0), end.max(other.1)));
        let whole = whole.unwrap_or_default();
        let (start, end) = span.unwrap_or(whole);
        // One moment has a width too.
        let span = (start, end.max(start.saturating_add(1)));
        let line = |line: &Line| ChartLine {
            id: line.id,
            topic: String::from_utf8_lossy(&line.source.topic).into_owned(),
            path: line.source.path.to_string(),
            is_out: line.source.direction.map(|direction| direction == Direction::Out),
            points: line.points.len() as u32,
            unfit: line.unfit,
            last: line.last,
            columns: line.points.columns(span, columns),
            beside: line.points.beside(span),
        };
        ChartView {
            lines: self.lines.iter().map(line).collect(),
            span,
            whole,
            columns,
            is_behind: self.has_work(log, true),
            dropped: self.dropped,
            note: self.note.clone(),
        }
    }

    /// Begins to write all points.
    pub(crate) fn begin_export(&mut self) {
        self.note.clear();
        self.exporting = Some(Csv::new(&self.lines));
    }

    /// Writes the next piece, if anything is written; says whether that was the last.
    pub(crate) fn write(&mut self, most: usize) -> Option<(Vec<u8>, bool)> {
        let exporting = self.exporting.as_mut()?;
        let mut piece = Vec::new();
        let is_last = exporting.write(&self.lines, most, &mut piece);
        Some((piece, is_last))
    }
}

impl Line {
    fn new(id: u32, source: Source) -> Self {
        Self {
            id,
            source,
            place: Place::default(),
            points: Points::default(),
            unfit: 0,
            last: None,
            is_gap: false,
            connection: None,
        }
    }

    fn note(&mut self, log: &Log, number: u32, record: &Record) -> usize {
        if record.packet_type() != Some(PacketType::Publish)
            || self.source.direction.is_some_and(|direction| direction != record.direction())
            || log.topic(number, record).and_then(|topic| topic.name()) != Some(&*self.source.topic)
        {
            return 0;
        }
        let payload = log.payload(record).unwrap_or_default();
        let Some(value) = self.source.path.number(payload) else {
            self.unfit += 1;
            self.is_gap = true;
            return payload.len();
        };
        // What came before a connection began does not lead to what came over it; two at once take turns.
        let is_newer = self.connection.is_some_and(|before| before < record.connection);
        self.connection = self.connection.max(Some(record.connection));
        let is_after_gap = std::mem::take(&mut self.is_gap) || is_newer;
        self.points.push(Point { time: log.time_of_day(record), value, number }, is_after_gap);
        self.last = Some(value);
        payload.len()
    }
}

impl Follower for Line {
    /// Points of records that the log has dropped stay; a cleared log begins anew.
    fn advance(&mut self, log: &Log, budget: Budget) -> bool {
        let mut place = self.place;
        if place.find(log) {
            *self = Self::new(self.id, self.source.clone());
        }
        let is_done = place.advance(log, budget, |number, record| self.note(log, number, record));
        self.place = place;
        is_done
    }
}

/// What a slice looks at: well under a millisecond.
const SLICE: Budget = Budget { records: 4_096, bytes: 128 << 10 };
/// Records that may wait to be looked at where nobody sees the chart.
const FAR_BEHIND: u32 = 4_096;
/// Lines that there are at most: as many as have a colour.
const MOST_LINES: usize = 8;
/// Points of all lines that are kept: 24 MiB.
const MOST_POINTS: usize = 1 << 20;
/// Columns that are made at most.
const MOST_COLUMNS: u32 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{CONNECTION, came, log_of, sent};
    use mqttscope_log::{PacketFacts, SourceId, Version};
    use mqttscope_proto::ProtocolVersion;

    fn publish(topic: &str, payload: &str) -> Vec<u8> {
        let len = (2 + topic.len() + payload.len()) as u8;
        [&[0x30, len, 0, topic.len() as u8], topic.as_bytes(), payload.as_bytes()].concat()
    }

    fn source(topic: &str, path: &str) -> Source {
        let path = Path::parse(path).expect("a path");
        Source { topic: topic.into(), path, direction: Some(Direction::In) }
    }

    fn view(charts: &mut Charts, log: &Log) -> ChartView {
        while charts.has_work(log, true) {
            charts.advance(log);
        }
        charts.view(log, None, 100)
    }

    #[test]
    fn a_line_has_the_numbers_of_its_topic() {
        let mut log = log_of(1 << 20);
        for (time, payload) in [(10, "1"), (20, "{\"t\":-2.5e1}"), (30, " 3\n"), (40, "NaN")] {
            came(&mut log, time, &publish("t", payload));
            came(&mut log, time, &publish("other", "9"));
            sent(&mut log, time, &publish("t", "8"));
        }
        let mut charts = Charts::default();
        charts.add(source("t", ""));
        charts.add(source("t", "$.t"));
        charts.add(source("t", "t"));
        assert_eq!(charts.note, "That line is in the chart already.");
        let shown = view(&mut charts, &log);
        let lines: Vec<_> =
            shown.lines.iter().map(|it| (it.path.as_str(), it.points, it.unfit, it.last)).collect();
        assert_eq!(lines, [("$", 2, 2, Some(3.0)), ("$.t", 1, 3, Some(-25.0))]);
        assert_eq!((shown.whole, shown.is_behind), ((10, 30), false));
        let columns: Vec<_> =
            shown.lines[0].columns.iter().map(|it| (it.first, it.number, it.is_after_gap)).collect();
        // Between them was a message that is no number.
        assert_eq!(columns, [(1.0, 0, false), (3.0, 6, true)]);
        charts.remove(shown.lines[0].id);
        charts.add(source("t", ""));
        assert_ne!(view(&mut charts, &log).lines[1].id, shown.lines[0].id);

        log.clear();
        came(&mut log, 50, &publish("t", "7"));
        let shown = view(&mut charts, &log);
        assert_eq!(shown.lines.iter().map(|line| line.points).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_new_connection_does_not_go_on_where_the_last_one_ended() {
        let mut log = log_of(1 << 20);
        came(&mut log, 1, &publish("t", "1"));
        let next = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V31));
        let facts = PacketFacts::default;
        log.push_packet(2, next, Direction::In, &publish("t", "2"), facts());
        log.push_packet(3, CONNECTION, Direction::In, &publish("t", "3"), facts());
        log.push_packet(4, next, Direction::In, &publish("t", "4"), facts());
        let mut charts = Charts::default();
        charts.add(source("t", ""));
        let shown = view(&mut charts, &log);
        let gaps: Vec<_> = shown.lines[0].columns.iter().map(|column| column.is_after_gap).collect();
        assert_eq!(gaps, [false, true, false, false]);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_points_go() {
        let mut log = log_of(1 << 20);
        for time in 0..3_000 {
            came(&mut log, time, &publish(if time % 3 == 0 { "u" } else { "t" }, "1"));
        }
        let mut charts = Charts { most_points: 1_500, ..Charts::default() };
        charts.add(source("t", ""));
        charts.add(source("u", ""));
        let shown = view(&mut charts, &log);
        let [long, short] = [&shown.lines[0], &shown.lines[1]];
        // Those of the longest line go first.
        assert!(
            long.points + short.points <= 1_500 && short.points >= 700,
            "{} {}",
            long.points,
            short.points
        );
        assert_eq!(u64::from(long.points + short.points) + shown.dropped, 3_000);
        assert_eq!(shown.whole.1, 2_999);
        let points: u32 = long.columns.iter().map(|column| column.points).sum();
        assert_eq!((points, long.columns[0].points > 0), (long.points, true));
    }

    #[test]
    fn there_are_as_many_lines_as_have_a_colour() {
        let mut charts = Charts::default();
        (0..9).for_each(|at| charts.add(source("t", &format!("a[{at}]"))));
        assert_eq!((charts.lines.len(), charts.note.is_empty()), (MOST_LINES, false));
    }
}
