//! One row of the packet log: its cells, and the words of its times.
//!
//! It owns how a row looks. It never sees a packet's bytes but for the preview in hex: what it draws, the engine has put
//! into words. It asks for nothing and keeps nothing.

use mqttscope_link::{Content, Flags, PacketRow, Row, Tone};
use mqttscope_text::number;
use mqttscope_text::time::date_text;
use mqttscope_text::zone::Zone;
use mqttscope_view::marks::COLOURS;
use yew::prelude::*;
use yew::virtual_dom::VTag;

use super::element::{classed, cut_at_start, element, tag, text};
use crate::store::column::Column;
use crate::store::slots::{Named, name_of};
use crate::store::text::concat;
use mqttscope_link::qos_name;

/// How rows are drawn.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    pub zone: &'a Zone,
    /// When the log began, in microseconds since the Unix epoch.
    pub start: u64,
    /// The columns that are shown, from left to right.
    pub columns: &'a [Column],
    /// The connections of the page.
    pub slots: &'a [Named],
    /// What times count from: the record of that number, in microseconds since the Unix epoch.
    pub reference: Option<u64>,
    /// The row that others are compared with.
    pub marked: Option<u32>,
    /// A row takes two lines, and its hex preview has half the width and twice the lines.
    pub narrow: bool,
}

/// A row. `place` is its place among the rows that are shown.
pub fn log_row(row: &Row, place: u32, style: Style<'_>, selected: bool) -> VTag {
    match &row.content {
        Content::Packet(packet) => packet_row(row, packet, place, style, selected),
        Content::Event { name, words, tone } => event_row(row, (name, words, *tone), place, style, selected),
    }
}

/// The id of a row's element.
#[must_use]
pub fn row_id(number: u32) -> String {
    concat(&["row-", &number::plain(number.into())])
}

fn packet_row(row: &Row, packet: &PacketRow, place: u32, style: Style<'_>, selected: bool) -> VTag {
    let (kind, arrow) = if packet.out { ("out", "→") } else { ("in", "←") };
    let is_marked = style.marked == Some(row.number);
    let class = concat(&[
        "row ",
        kind,
        if packet.is_publish { " loud" } else { "" },
        if packet.is_violation { " violation" } else { "" },
        if row.is_found { " found" } else { "" },
        if packet.preview.is_some() { " tall" } else { "" },
        if is_marked { " to-compare" } else { "" },
        hue(packet.mark),
    ]);
    let id = packet.id.map(|id| number::plain(id.into())).unwrap_or_default();
    let id = &*id;
    let len = number::plain(packet.len.into());
    let size = concat(&[&number::grouped(packet.len.into()), " B"]);
    let answer = packet.answer.map(|micros| number::signed(micros, number::latency)).unwrap_or_default();
    let facts = [Some(&*packet.name), None, Some(&*packet.flags.words()), Some(id), Some(&*len)];
    let mut row_element = row_tag(row.number, place, &class, kind, selected, facts);
    let mut cells = Vec::with_capacity(Column::ALL.len());
    let topic = packet.topic.as_deref().filter(|topic| !topic.is_empty());
    // What has no topic has the place of the topic too, where that is beside it.
    let is_beside = style.narrow || style.columns.windows(2).any(|it| it == [Column::Topic, Column::Payload]);
    for column in style.columns.iter().copied() {
        cells.push(match column {
            Column::Number | Column::Time | Column::Start | Column::Gap => place_of(row, column, style),
            Column::Connection => connection(row, style),
            Column::Direction if is_marked => direction(arrow, &concat(&[kind, ", marked to compare"])),
            Column::Direction => direction(arrow, kind),
            Column::Packet => words("packet", &packet.name),
            Column::Flags => cell("flags", chips(packet.flags)),
            Column::Id => words(exchange_class(packet.colour), id),
            Column::Length => words("length", &size),
            Column::Answer => words("answer", &answer),
            Column::Topic => match topic {
                Some(topic) => topic_cell(topic),
                None if is_beside => continue,
                None => words("topic", ""),
            },
            Column::Payload if style.narrow && topic.is_none() && packet.text.is_empty() => {
                words("payload whole quiet", &in_words(&packet.name, &answer))
            }
            Column::Payload => words(if topic.is_some() { "payload" } else { "payload whole" }, &packet.text),
        });
    }
    match &packet.preview {
        None => row_element.add_children(cells),
        Some(preview) => {
            let folded = style.narrow.then(|| folded(preview));
            let preview = vec![text(folded.as_deref().unwrap_or(preview))];
            // The cells stand in a line of their own, above the preview.
            row_element.add_child(element("span", CELL, &[Some("presentation"), Some("cells")], cells));
            row_element.add_child(element("pre", CELL, &[Some("gridcell"), Some("bytes")], preview));
        }
    }
    row_element
}

/// What a packet without anything but its header says, and after how long, for the second line of a narrow row.
fn in_words(name: &str, answer: &str) -> String {
    let words = match name {
        "PUBACK" => "publish acknowledgement",
        "PUBREC" => "publish received",
        "PUBREL" => "publish release",
        "PUBCOMP" => "publish complete",
        "UNSUBACK" => "unsubscribe acknowledgement",
        "PINGREQ" => "ping request",
        "PINGRESP" => "ping response",
        _ => "",
    };
    concat(&[words, if words.is_empty() || answer.is_empty() { "" } else { ", " }, answer])
}

/// The class of what has a subscription's colour.
#[must_use]
pub fn hue(colour: u8) -> &'static str {
    const CLASSES: [&str; COLOURS.len()] =
        ["", " hue hue-1", " hue hue-2", " hue hue-3", " hue hue-4", " hue hue-5", " hue hue-6"];
    CLASSES.get(usize::from(colour)).copied().unwrap_or_default()
}

fn event_row(
    row: &Row,
    (name, said, tone): (&str, &str, Tone),
    place: u32,
    style: Style<'_>,
    selected: bool,
) -> VTag {
    let (class, sign) = match tone {
        Tone::Quiet => ("row event", "•"),
        Tone::Amber => ("row event amber", "▲"),
        Tone::Red => ("row event red", "✖"),
    };
    let class = if row.is_found { concat(&[class, " found"]) } else { class.to_owned() };
    let facts = [None, Some(name), Some(""), None, Some("0")];
    let mut element = row_tag(row.number, place, &class, "event", selected, facts);
    for column in style.columns.iter().copied() {
        match column {
            Column::Number | Column::Time | Column::Start | Column::Gap => {
                element.add_child(place_of(row, column, style));
            }
            Column::Connection => element.add_child(connection(row, style)),
            Column::Direction => element.add_child(direction(sign, "event")),
            _ => {}
        }
    }
    element.add_child(words("words", said));
    element
}

/// The row's own element. The last five attributes are for machines: packet, event, flags, id, length.
fn row_tag(
    number: u32,
    place: u32,
    class: &str,
    kind: &str,
    selected: bool,
    facts: [Option<&str>; 5],
) -> VTag {
    let [packet, event, flags, id, len] = facts;
    // The header is the first row.
    let index = number::plain(u64::from(place) + 2);
    let own_id = row_id(number);
    let keys = &[
        "role",
        "class",
        "id",
        "aria-rowindex",
        "aria-selected",
        "data-index",
        "data-kind",
        "data-packet",
        "data-event",
        "data-flags",
        "data-id",
        "data-len",
    ];
    let selected = if selected { "true" } else { "false" };
    let id = id.filter(|id| !id.is_empty());
    let number = &own_id[4..];
    let own =
        [Some("row"), Some(class), Some(&*own_id), Some(&*index), Some(selected), Some(number), Some(kind)];
    let [a, b, c, d, e, f, g] = own;
    tag("div", keys, &[a, b, c, d, e, f, g, packet, event, flags, id, len])
}

fn cell(class: &str, children: Vec<Html>) -> Html {
    element("span", CELL, &[Some("gridcell"), Some(class)], children)
}

fn words(class: &str, words: &str) -> Html {
    cell(class, vec![text(words)])
}

/// A topic. Of one that is too long the end is shown: it tells more apart than the beginning.
fn topic_cell(topic: &str) -> Html {
    cell("topic long", vec![cut_at_start(topic)])
}

/// Where in the log a row stands, and when.
fn place_of(row: &Row, column: Column, style: Style<'_>) -> Html {
    let since = |time: u64| number::signed(number::difference(time, row.time), number::since);
    let said = match column {
        Column::Number => number::plain(row.number.into()),
        Column::Start => since(style.start),
        Column::Gap => row.above.map(since).unwrap_or_default(),
        Column::Time if style.reference.is_some() => style.reference.map(since).unwrap_or_default(),
        _ => return time_of_day(row, style.zone.local(row.time_of_day)),
    };
    words(column.name(), &said)
}

/// The time of day, below the date where that is another one than in the row above.
fn time_of_day(row: &Row, local: u64) -> Html {
    let time = number::time_of_day(local);
    if !row.is_new_day {
        return words(Column::Time.name(), &time);
    }
    let date = classed("span", "date", vec![text(&date_text(local))]);
    cell("time new-day", vec![date, text(&time)])
}

/// The name of the connection that a row is of, with its colour.
fn connection(row: &Row, style: Style<'_>) -> Html {
    let (name, colour) = row.slot.map_or(("", 0), |slot| name_of(style.slots, slot));
    words(&concat(&["connection", hue(colour)]), name)
}

fn direction(sign: &str, words: &str) -> Html {
    let sign = element("span", &["aria-hidden"], &[Some("true")], vec![text(sign)]);
    cell("direction", vec![sign, classed("span", "hidden", vec![text(words)])])
}

/// The class of an id's cell: packets of one exchange have one colour.
const fn exchange_class(colour: Option<u8>) -> &'static str {
    const CLASSES: [&str; 6] = ["id x0", "id x1", "id x2", "id x3", "id x4", "id x5"];
    match colour {
        Some(colour) => CLASSES[colour as usize % CLASSES.len()],
        None => "id",
    }
}

/// Signs in fixed places, so that the eye can run down a column. What a sign leaves out of its name is there for screen
/// readers, and beside the pointer.
fn chips(flags: Flags) -> Vec<Html> {
    let qos = flags.qos.unwrap_or_default();
    let qos_class = match qos {
        0 => "flag",
        1 => "flag qos1",
        2 => "flag qos2",
        _ => "flag qos3",
    };
    let chips = [
        (
            qos_class,
            flags.qos.is_some(),
            qos_name(qos),
            ["QoS ", qos_name(qos).trim_start_matches("QoS "), ""],
        ),
        ("flag dup", flags.dup, "DUP", ["", "D", "UP"]),
        ("flag retain", flags.retain, "RETAIN", ["", "R", "ETAIN"]),
    ];
    let chip = |(class, on, name, [before, sign, after]): (&str, bool, &str, [&str; 3])| {
        let chip = on.then(|| {
            let hidden =
                |part: &str| (!part.is_empty()).then(|| super::element::words("span", "hidden", part));
            let parts = [hidden(before), Some(text(sign)), hidden(after)].into_iter().flatten().collect();
            element("span", &["class", "title"], &[Some("chip"), Some(name)], parts)
        });
        classed("span", class, chip.into_iter().collect())
    };
    chips.into_iter().map(chip).collect()
}

/// A preview for half the width: each line of 16 bytes as two of 8, so that the height stays twice the lines.
fn folded(preview: &str) -> String {
    let mut text = String::with_capacity(preview.len() + 64);
    for line in preview.lines() {
        let chars: Vec<char> = line.chars().collect();
        let part = |from: usize, to: usize| chars[from.min(chars.len())..to.min(chars.len())].iter();
        if chars.len() < TEXT_AT || line.starts_with('…') {
            text.push_str(line);
            text.push_str("\n\n");
            continue;
        }
        text.extend(part(0, HALF_AT).chain(part(TEXT_AT - 2, TEXT_AT + 8)));
        text.push_str("\n    ");
        text.extend(part(HALF_AT, TEXT_AT).chain(part(TEXT_AT + 8, TEXT_AT + 16)));
        text.push('\n');
    }
    text
}

const CELL: &[&str] = &["role", "class"];
/// Columns of a preview's line: `0000  16 bytes in two groups  text`.
const HALF_AT: usize = 29;
const TEXT_AT: usize = 56;
