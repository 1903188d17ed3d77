//! The figures of the whole log: counts, rates, latencies, topics.

use mqttscope_log::statistics::{Count, Histogram, Statistics};
use mqttscope_log::{Budget, Direction, Follower, Log};
use mqttscope_proto::PacketType;
use mqttscope_text::number;
use yew::prelude::*;

use super::nothing;
use crate::components::element::{classed, cut_at_start, element, text, words};
use crate::store::inspect::chart;
use crate::store::row::payload_text;
use crate::store::text::concat;

/// The figures, kept up with the log.
#[derive(Default)]
pub struct Figures {
    statistics: Statistics,
    /// When they were drawn last, in microseconds since the Unix epoch.
    drawn: u64,
    is_behind: bool,
}

impl Figures {
    /// Goes on counting; says whether the figures are up to date.
    pub fn update(&mut self, log: &Log) -> bool {
        self.is_behind = !self.statistics.advance(log, Budget::SLICE);
        !self.is_behind
    }

    /// Whether they are to be drawn anew: nobody reads figures that change with each frame.
    pub fn is_due(&mut self, now: u64) -> bool {
        let is_due = now.abs_diff(self.drawn) >= MIN_MICROS;
        if is_due {
            self.drawn = now;
        }
        is_due
    }

    pub fn view(&self, log: &Log, now: u64) -> Vec<Html> {
        let statistics = &self.statistics;
        let [out, in_] = [Direction::Out, Direction::In].map(|direction| statistics.total(direction));
        if out.packets + in_.packets == 0 {
            return nothing(
                "Nothing to count yet",
                "Once packets go and come: how many of each type, how fast, how long acknowledgements take, and \
                 which topics carry the most.",
            );
        }
        let tables = vec![
            self.rates(log, now),
            self.chart(now),
            self.types(out, in_),
            self.latencies("Time to the broker's acknowledgement", Direction::In),
            self.latencies("Time to the client's acknowledgement", Direction::Out),
            self.topics(now),
        ];
        let keys = &["class", "role", "aria-label", "tabindex"];
        let values = [Some("figures"), Some("group"), Some("Figures of the log"), Some("0")];
        vec![element("div", keys, &values, tables)]
    }

    fn rates(&self, log: &Log, now: u64) -> Html {
        let (rate, peak) = (self.statistics.seconds().rate(now), self.statistics.seconds().peak());
        let [ours, theirs] = log.in_flight();
        let violations = self.statistics.violations();
        let per_second_bytes = |bytes: u64| concat(&[&number::size(bytes), "/s"]);
        let in_flight = [(ours, "out"), (theirs, "in")]
            .map(|(count, word)| concat(&[&number::grouped(count.into()), " ", word]))
            .join(", ");
        let facts = [
            ("Now", packets_a_second(rate.packets), per_second_bytes(rate.bytes)),
            ("Peak", packets_a_second(peak.packets), per_second_bytes(peak.bytes)),
            ("In flight", in_flight, "QoS 1 and 2".to_owned()),
            (
                "Faulty packets",
                if violations > 0 {
                    concat(&["✖ ", &number::grouped(violations)])
                } else {
                    "none".to_owned()
                },
                if self.is_behind { "counting …".to_owned() } else { "of the whole log".to_owned() },
            ),
        ];
        let fact = |(name, value, detail): (&str, String, String)| {
            let class = if value.starts_with('✖') { "red" } else { "" };
            classed(
                "div",
                "fact",
                vec![
                    words("dt", "", name),
                    classed("dd", "", vec![words("strong", class, &value), words("span", "quiet", &detail)]),
                ],
            )
        };
        classed("dl", "facts-grid", facts.into_iter().map(fact).collect())
    }

    /// Packets per second in the last two minutes, or in the last two minutes of a log that is older.
    fn chart(&self, now: u64) -> Html {
        let seconds = self.statistics.seconds();
        let newest = seconds.last(1).next().map_or(0, |sample| sample.second);
        let is_live = now / 1_000_000 < newest + CHART_SECONDS;
        let end = if is_live { now / 1_000_000 } else { newest + 1 };
        let (mut out, mut in_, mut most) = (Vec::new(), Vec::new(), 0);
        for second in end.saturating_sub(CHART_SECONDS)..end {
            let [sent, received] = seconds.sample(second).packets;
            out.push(sent);
            in_.push(received);
            most = most.max(sent).max(received);
        }
        let top = chart::top(most);
        let path = |class: &str, d: &str| {
            let keys = &["class", "d", "vector-effect"];
            element("path", keys, &[Some(class), Some(d), Some("non-scaling-stroke")], Vec::new())
        };
        let svg = element(
            "svg",
            &["class", "viewBox", "preserveAspectRatio", "aria-hidden"],
            &[Some("chart"), Some(VIEW_BOX), Some("none"), Some("true")],
            vec![
                path("chart-in-back", &chart::path(&in_, top, true)),
                path("chart-in", &chart::path(&in_, top, false)),
                path("chart-out", &chart::path(&out, top, false)),
            ],
        );
        let top = packets_a_second(top);
        let (from, to) =
            if is_live { ("2 min ago", "now") } else { ("", "the last 2 min with packets in the log") };
        classed(
            "figure",
            "chart-box",
            vec![
                classed(
                    "div",
                    "chart-line quiet",
                    vec![
                        words("span", "", &top),
                        classed(
                            "span",
                            "",
                            vec![
                                words("span", "chart-key-out", "→ sent"),
                                text("  "),
                                words("span", "chart-key-in", "← received"),
                            ],
                        ),
                    ],
                ),
                svg,
                classed(
                    "figcaption",
                    "chart-line quiet",
                    vec![words("span", "", from), words("span", "", to)],
                ),
            ],
        )
    }

    fn types(&self, out: Count, in_: Count) -> Html {
        let mut rows = Vec::new();
        for packet_type in PacketType::ALL {
            let counts = [Direction::Out, Direction::In]
                .map(|direction| self.statistics.count(packet_type, direction));
            if counts != [Count::default(); 2] {
                rows.push(count_row(packet_type.name(), counts));
            }
        }
        let broken = [Direction::Out, Direction::In].map(|direction| self.statistics.broken(direction));
        if broken != [Count::default(); 2] {
            rows.push(count_row("✖ no packet", broken));
        }
        rows.push(count_row("All", [out, in_]));
        table("", "Packets by type", &["Type", "Sent", "Bytes", "Received", "Bytes"], rows)
    }

    /// The two sides stand apart: a client's own answer goes out in no time, and would hide how long the broker takes.
    fn latencies(&self, caption: &str, direction: Direction) -> Html {
        let row = |packet_type: PacketType| {
            let histogram = self.statistics.latency(packet_type, direction)?;
            if histogram.count() == 0 {
                return None;
            }
            let quantile = |per_mille| histogram.quantile(per_mille).map_or(String::new(), number::latency);
            Some(figure_row(
                packet_type.name(),
                &[
                    number::grouped(histogram.count()),
                    quantile(500),
                    quantile(900),
                    quantile(990),
                    number::latency(Histogram::max(histogram)),
                ],
            ))
        };
        let rows: Vec<Html> = Statistics::ACKNOWLEDGEMENTS.into_iter().filter_map(row).collect();
        if rows.is_empty() {
            return Html::default();
        }
        table("", caption, &["Type", "Count", "p50", "p90", "p99", "Max"], rows)
    }

    fn topics(&self, now: u64) -> Html {
        let topics = self.statistics.topics().loudest(TOPICS, now);
        let row = |topic: &mqttscope_log::statistics::Topic| {
            // What a topic had whose place this one took may be counted with it.
            let most = if topic.error > 0 { "≤ " } else { "" };
            figure_row(
                &payload_text(&topic.name),
                &[
                    number::grouped(topic.rate(now).into()),
                    concat(&[most, &number::grouped(topic.messages)]),
                    number::size(topic.bytes),
                ],
            )
        };
        let rows: Vec<Html> = topics.into_iter().map(row).collect();
        if rows.is_empty() {
            return Html::default();
        }
        table("topics", "Topics with the most messages", &["Topic", "Per s", "Messages", "Size"], rows)
    }
}

fn packets_a_second(packets: u32) -> String {
    number::counted(packets.into(), " packet/s", " packets/s")
}

fn count_row(name: &str, counts: [Count; 2]) -> Html {
    let cells = counts.map(|count| match count.packets {
        0 => ["–".to_owned(), String::new()],
        packets => [number::grouped(packets), number::size(count.bytes)],
    });
    figure_row(name, cells.as_flattened())
}

fn figure_row(name: &str, cells: &[String]) -> Html {
    let mut row =
        vec![element("th", &["scope", "title"], &[Some("row"), Some(name)], vec![cut_at_start(name)])];
    row.extend(cells.iter().map(|cell| words("td", "", cell)));
    classed("tr", "", row)
}

fn table(class: &str, caption: &str, heads: &[&str], rows: Vec<Html>) -> Html {
    let head = |name: &&str| element("th", &["scope"], &[Some("col")], vec![text(name)]);
    let head = classed("tr", "", heads.iter().map(head).collect());
    classed(
        "table",
        &concat(&["figures-table ", class]),
        vec![words("caption", "", caption), classed("thead", "", vec![head]), classed("tbody", "", rows)],
    )
}

/// Figures are drawn at most four times a second.
const MIN_MICROS: u64 = 250_000;
const CHART_SECONDS: u64 = 120;
/// A unit a second, and [`chart::HEIGHT`].
const VIEW_BOX: &str = "0 0 119 100";
const TOPICS: usize = 10;
