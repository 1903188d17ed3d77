//! The figures of the whole log, kept up with it.

use mqttscope_link::{Amount, Chart, Glance, LatencyRow, StatisticsView, TopicRow, TypeRow};
use mqttscope_log::filter::Filter;
use mqttscope_log::statistics::{Count, Histogram, Statistics};
use mqttscope_log::{Budget, ConnectionId, Direction, Follower, Log};
use mqttscope_proto::PacketType;

use crate::row::payload_text;
use crate::topics::Topics;

/// The figures, kept up with the log.
#[derive(Default)]
pub(super) struct Figures {
    statistics: Statistics,
    /// What was made last, and when: nobody reads figures that change with each frame.
    made: Option<(u64, Option<StatisticsView>)>,
    /// The same of the figures at a glance.
    glance: Option<(u64, Glance)>,
    /// The connection whose messages in flight are counted; `None` for all.
    connection: Option<ConnectionId>,
    /// The last slice did not come to the end of the log.
    is_behind: bool,
}

impl Figures {
    /// Messages to subscriptions that are muted count no more, or do again: what the log holds is counted anew.
    pub(super) fn set_muted(&mut self, muted: Option<Filter>) {
        self.statistics = Statistics::without(muted);
        self.made = None;
    }

    /// Counts what is in flight on one connection, or on all.
    pub(super) fn set_connection(&mut self, id: Option<ConnectionId>) {
        if self.connection != id {
            self.connection = id;
            (self.made, self.glance) = (None, None);
        }
    }

    fn in_flight(&self, log: &Log) -> [u32; 2] {
        self.connection.map_or_else(|| log.in_flight(), |id| log.in_flight_on(id))
    }

    /// Goes on counting for a slice.
    pub(super) fn advance(&mut self, log: &Log) {
        self.is_behind = !self.statistics.advance(log, SLICE);
    }

    /// Whether so much is not counted, or was left by the last slice, that it is worth a task of its own.
    pub(super) fn has_work(&self, log: &Log) -> bool {
        self.statistics.behind(log) > if self.is_behind { 0 } else { FAR_BEHIND }
    }

    /// The figures, or `None` before there is anything to count.
    pub(super) fn view(&mut self, log: &Log, topics: &Topics, now: u64) -> Option<StatisticsView> {
        self.advance(log);
        match &self.made {
            Some((made, view)) if now.abs_diff(*made) < MIN_MICROS && view.is_some() => view.clone(),
            _ => {
                let view = self.make(log, topics, now);
                self.made = Some((now, view.clone()));
                view
            }
        }
    }

    /// The figures at a glance.
    pub(super) fn glance(&mut self, log: &Log, now: u64) -> Glance {
        self.advance(log);
        match self.glance {
            Some((made, glance)) if now.abs_diff(made) < MIN_MICROS => glance,
            _ => {
                let glance = Glance {
                    rate: self.statistics.seconds().rate(now).packets,
                    in_flight: self.in_flight(log),
                    violations: self.statistics.violations(),
                    bytes: log.size() as u64,
                };
                self.glance = Some((now, glance));
                glance
            }
        }
    }

    fn make(&self, log: &Log, tree: &Topics, now: u64) -> Option<StatisticsView> {
        let statistics = &self.statistics;
        let total = DIRECTIONS.map(|direction| amount(statistics.total(direction)));
        if total.iter().all(|total| total.packets == 0) {
            return None;
        }
        let seconds = statistics.seconds();
        let (rate, peak) = (seconds.rate(now), seconds.peak());
        let types = PacketType::ALL.into_iter().map(|packet_type| TypeRow {
            name: packet_type.name().into(),
            amounts: DIRECTIONS.map(|direction| amount(statistics.count(packet_type, direction))),
        });
        let topics = statistics.topics().loudest(TOPICS, now).into_iter().map(|topic| TopicRow {
            name: payload_text(&topic.name),
            rate: topic.rate(now),
            messages: topic.messages,
            is_at_most: topic.error > 0,
            bytes: topic.bytes,
        });
        Some(StatisticsView {
            rate: Amount { packets: rate.packets.into(), bytes: rate.bytes },
            peak: Amount { packets: peak.packets.into(), bytes: peak.bytes },
            in_flight: self.in_flight(log),
            violations: statistics.violations(),
            is_behind: self.is_behind,
            chart: self.chart(now),
            types: types.filter(|row| row.amounts != [Amount::default(); 2]).collect(),
            broken: DIRECTIONS.map(|direction| amount(statistics.broken(direction))),
            total,
            broker_latencies: self.latencies(Direction::In),
            client_latencies: self.latencies(Direction::Out),
            topics: topics.collect(),
            broker: tree.broker(),
        })
    }

    /// The last two minutes, or the last two minutes of a log that is older.
    fn chart(&self, now: u64) -> Chart {
        let seconds = self.statistics.seconds();
        let newest = seconds.last(1).next().map_or(0, |sample| sample.second);
        let is_live = now / 1_000_000 < newest + CHART_SECONDS;
        let end = if is_live { now / 1_000_000 } else { newest + 1 };
        let samples = (end.saturating_sub(CHART_SECONDS)..end).map(|second| seconds.sample(second).packets);
        let (sent, received) = samples.map(|[sent, received]| (sent, received)).unzip();
        Chart { sent, received, is_live }
    }

    /// The two sides stand apart: a client's own answer goes out in no time, and would hide how long the broker takes.
    fn latencies(&self, direction: Direction) -> Vec<LatencyRow> {
        let statistics = &self.statistics;
        let row = |packet_type: PacketType| {
            let histogram = statistics.latency(packet_type, direction)?;
            (histogram.count() > 0).then(|| LatencyRow {
                name: left_out(packet_type, statistics.left_out(packet_type, direction)),
                count: histogram.count(),
                quantiles: [500, 900, 990].map(|per_mille| histogram.quantile(per_mille)),
                max: Histogram::max(histogram),
            })
        };
        Statistics::ACKNOWLEDGEMENTS.into_iter().filter_map(row).collect()
    }
}

/// A type of packet, and how many of its latencies do not count.
fn left_out(packet_type: PacketType, count: u64) -> String {
    match count {
        0 => packet_type.name().into(),
        _ => format!("{} (without {count}: the clock ran backwards)", packet_type.name()),
    }
}

fn amount(count: Count) -> Amount {
    Amount { packets: count.packets, bytes: count.bytes }
}

const DIRECTIONS: [Direction; 2] = [Direction::Out, Direction::In];
/// Figures are made at most four times a second.
const MIN_MICROS: u64 = 250_000;
const CHART_SECONDS: u64 = 120;
const TOPICS: usize = 10;
/// What a slice counts: well under a millisecond.
const SLICE: Budget = Budget { records: 4_096, bytes: usize::MAX };
/// Records that may wait to be counted where nobody sees the figures.
const FAR_BEHIND: u32 = 4_096;
