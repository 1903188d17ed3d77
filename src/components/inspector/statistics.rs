//! The figures of the whole log: counts, rates, latencies, topics.

use std::rc::Rc;

use mqttscope_link::{Amount, Chart, LatencyRow, PanelLook, PanelView, StatisticsView, TopicRow};
use mqttscope_text::number;
use yew::prelude::*;

use super::nothing;
use super::panel::{Panel, Scene};
use crate::components::element::{classed, cut_at_start, element, text, words};
use crate::store::Command;
use crate::store::inspect::chart;
use crate::store::text::concat;

/// The figures as they came last.
pub struct Statistics {
    view: Rc<PanelView>,
}

impl Statistics {
    /// Before any have come.
    pub fn new() -> Self {
        Self { view: Rc::new(PanelView::Hidden) }
    }
}

impl Panel for Statistics {
    fn title(&self) -> &'static str {
        "Statistics"
    }

    fn look(&self) -> PanelLook {
        PanelLook::Statistics
    }

    fn select(&mut self, _: Option<u32>, _: bool) {}

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        let is_mine = matches!(**view, PanelView::Statistics(_));
        if is_mine {
            self.view = view.clone();
        }
        is_mine
    }

    fn view(&self, _: &Scene<'_>) -> Vec<Html> {
        match &*self.view {
            PanelView::Statistics(Some(figures)) => draw(figures),
            PanelView::Statistics(None) => nothing(
                "Nothing to count yet",
                "Once packets go and come: how many of each type, how fast, how long acknowledgements take, and \
                 which topics carry the most.",
            ),
            _ => Vec::new(),
        }
    }
}

fn draw(figures: &StatisticsView) -> Vec<Html> {
    let tables = vec![
        rates(figures),
        packets_a_second(&figures.chart),
        topics(&figures.topics),
        types(figures),
        latencies("Time to the broker's acknowledgement", &figures.broker_latencies),
        latencies("Time to the client's acknowledgement", &figures.client_latencies),
        broker(&figures.broker),
    ];
    let keys = &["class", "role", "aria-label", "tabindex"];
    let values = [Some("figures"), Some("group"), Some("Figures of the log"), Some("0")];
    vec![element("div", keys, &values, tables)]
}

fn rates(figures: &StatisticsView) -> Html {
    let StatisticsView { rate, peak, in_flight: [ours, theirs], violations, is_behind, .. } = *figures;
    let per_second_bytes = |bytes: u64| concat(&[&number::size(bytes), "/s"]);
    let in_flight = [(ours, "out"), (theirs, "in")]
        .map(|(count, word)| concat(&[&number::grouped(count.into()), " ", word]))
        .join(", ");
    let facts = [
        ("Now", packet_rate(rate.packets), per_second_bytes(rate.bytes)),
        ("Peak", packet_rate(peak.packets), per_second_bytes(peak.bytes)),
        ("In flight", in_flight, "QoS 1 and 2".to_owned()),
        (
            "Faulty packets",
            if violations > 0 { concat(&["✖ ", &number::grouped(violations)]) } else { "none".to_owned() },
            if is_behind { "counting …".to_owned() } else { "of the whole log".to_owned() },
        ),
    ];
    let fact = |(name, value, detail): (&str, String, String)| {
        let class = if value.starts_with('✖') { "red" } else { "" };
        classed(
            "div",
            "fact",
            vec![
                words("dt", "", name),
                classed("dd", "", vec![value_of(class, &value), words("span", "quiet", &detail)]),
            ],
        )
    };
    classed("dl", "facts-grid", facts.into_iter().map(fact).collect())
}

/// A figure; the faults lead to what a filter finds of them.
fn value_of(class: &str, value: &str) -> Html {
    let value_element = words("strong", class, value);
    if class.is_empty() { value_element } else { link("violation", vec![value_element]) }
}

/// What leads to the rows that a filter finds.
fn link(filter: &str, parts: Vec<Html>) -> Html {
    let keys = &["type", "class", "data-deed", "data-filter", "title"];
    let title = concat(&["Filter the log: ", filter]);
    let values = [Some("button"), Some("link"), Some(FILTER.name()), Some(filter), Some(&*title)];
    element("button", keys, &values, parts)
}

/// The filter that finds the messages of a topic as it is shown; `None` where it is not shown as it is.
fn topic_filter(name: &str) -> Option<String> {
    let is_whole = !name.is_empty() && !name.contains(|char: char| char == '…' || char.is_control());
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    is_whole.then(|| concat(&["topic:\"", &escaped, "\""]))
}

/// Packets per second in the last two minutes, or in the last two minutes of a log that is older.
fn packets_a_second(Chart { sent, received, is_live }: &Chart) -> Html {
    let count = sent.len();
    let most = sent.iter().chain(received).copied().max().unwrap_or_default();
    let top = chart::top(most);
    let path = |class: &str, d: &str| {
        let keys = &["class", "d", "vector-effect"];
        element("path", keys, &[Some(class), Some(d), Some("non-scaling-stroke")], Vec::new())
    };
    let mut parts = vec![
        path("chart-in-back", &chart::path(received, top, true)),
        path("chart-in", &chart::path(received, top, false)),
        path("chart-out", &chart::path(sent, top, false)),
    ];
    let seconds = sent.iter().zip(received).enumerate().map(|(x, (&sent, &received))| {
        let ago = is_live.then(|| number::plain((count - 1 - x) as u64));
        second(x, ago.as_deref(), [sent, received])
    });
    parts.push(element("g", &["transform"], &[Some("translate(-.5)")], seconds.collect()));
    let svg = element(
        "svg",
        &["class", "viewBox", "preserveAspectRatio", "aria-hidden"],
        &[Some("chart"), Some(VIEW_BOX), Some("none"), Some("true")],
        parts,
    );
    let top = packet_rate(top.into());
    let (from, to) =
        if *is_live { ("2 min ago", "now") } else { ("", "the last 2 min with packets in the log") };
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
            classed("figcaption", "chart-line quiet", vec![words("span", "", from), words("span", "", to)]),
        ],
    )
}

/// A second of the chart, which says its figures beside the pointer.
fn second(x: usize, ago: Option<&str>, [sent, received]: [u32; 2]) -> Html {
    let when = ago.map(|ago| concat(&[ago, " s ago: "])).unwrap_or_default();
    let (sent, received) = (number::grouped(sent.into()), number::grouped(received.into()));
    let said = concat(&[&when, &sent, " sent, ", &received, " received"]);
    let keys = &["x", "width", "height"];
    let values = [Some(&*number::plain(x as u64)), Some("1"), Some("100")];
    element("rect", keys, &values, vec![element("title", &[], &[], vec![text(&said)])])
}

fn types(figures: &StatisticsView) -> Html {
    let mut rows: Vec<Html> = figures
        .types
        .iter()
        .map(|row| {
            amount_row(&row.name, Some(&concat(&["type:", &row.name.to_ascii_lowercase()])), row.amounts)
        })
        .collect();
    if figures.broken != [Amount::default(); 2] {
        rows.push(amount_row("✖ no packet", None, figures.broken));
    }
    rows.push(amount_row("All", None, figures.total));
    table("", "Packets by type", &["Type", "Sent", "Bytes", "Received", "Bytes"], rows)
}

/// The two sides stand apart: a client's own answer goes out in no time, and would hide how long the broker takes.
fn latencies(caption: &str, rows: &[LatencyRow]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let row = |row: &LatencyRow| {
        let [p50, p90, p99] = row.quantiles.map(|quantile| quantile.map_or(String::new(), number::latency));
        figure_row(&row.name, None, &[number::grouped(row.count), p50, p90, p99, number::latency(row.max)])
    };
    table("", caption, &["Type", "Count", "p50", "p90", "p99", "Max"], rows.iter().map(row).collect())
}

fn topics(rows: &[TopicRow]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let row = |topic: &TopicRow| {
        let most = if topic.is_at_most { "≤ " } else { "" };
        let messages = concat(&[most, &number::grouped(topic.messages)]);
        let cells = [number::grouped(topic.rate.into()), messages, number::size(topic.bytes)];
        figure_row(&topic.name, topic_filter(&topic.name).as_deref(), &cells)
    };
    let heads = ["Topic", "Per s", "Messages", "Size"];
    table("topics", "Topics with the most messages", &heads, rows.iter().map(row).collect())
}

/// What the broker tells of itself.
fn broker(rows: &[(String, String)]) -> Html {
    if rows.is_empty() {
        return Html::default();
    }
    let row = |(name, value): &(String, String)| figure_row(name, None, std::slice::from_ref(value));
    table("topics", "The broker, by its own $SYS topics", &["Name", "Value"], rows.iter().map(row).collect())
}

fn packet_rate(packets: u64) -> String {
    number::counted(packets, " packet/s", " packets/s")
}

fn amount_row(name: &str, filter: Option<&str>, amounts: [Amount; 2]) -> Html {
    let cells = amounts.map(|amount| match amount.packets {
        0 => ["–".to_owned(), String::new()],
        packets => [number::grouped(packets), number::size(amount.bytes)],
    });
    figure_row(name, filter, cells.as_flattened())
}

/// A row of figures, whose name leads to what a filter finds of it.
fn figure_row(name: &str, filter: Option<&str>, cells: &[String]) -> Html {
    let shown = vec![cut_at_start(name)];
    let shown = match filter {
        Some(filter) => vec![link(filter, shown)],
        None => shown,
    };
    let mut row = vec![element("th", &["scope", "title"], &[Some("row"), Some(name)], shown)];
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

/// Its filter stands beside it in the document.
const FILTER: Command = Command::FilterBy(String::new());
/// A unit a second, and [`chart::HEIGHT`].
const VIEW_BOX: &str = "0 0 119 100";
