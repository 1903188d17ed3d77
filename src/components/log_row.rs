//! One row of the packet log.

use yew::prelude::*;
use yew::virtual_dom::{Key, VTag};

use super::element::{classed, element, tag, text};
use crate::store::event::Tone;
use crate::store::row::{Content, Flags, PacketRow, Row, Summary, qos_name};
use crate::store::text::concat;
use crate::store::{Log, number};

/// A row, put into words here and only because it can be seen. In a narrow log its hex preview has half the width
/// and twice the lines.
pub fn log_row(log: &Log, number: u32, utc_offset: i32, verbose: bool, narrow: bool) -> Html {
    let Some(row) = Row::of(log, number, utc_offset, verbose) else { return Html::default() };
    let time = words("time", &row.time);
    let mut tag = match row.content {
        Content::Packet(packet) => packet_row(number, time, packet, narrow),
        Content::Event { name, words, tone } => event_row(number, time, name, &words, tone),
    };
    tag.key = Some(Key::from(number));
    tag.into()
}

fn packet_row(number: u32, time: Html, packet: PacketRow, narrow: bool) -> VTag {
    let PacketRow { out, name, flags, id, len, summary, violation, preview } = packet;
    let (kind, arrow) = if out { ("out", "→") } else { ("in", "←") };
    let class = concat(&[
        "row ",
        kind,
        if name == "PUBLISH" { " loud" } else { "" },
        if violation { " violation" } else { "" },
    ]);
    let id = number::plain(id.into());
    let id = if id == "0" { "" } else { &id };
    let len = number::plain(len.into());
    let mut row =
        row_tag(number, &class, kind, [Some(name), None, Some(&flags.words()), Some(id), Some(&len)]);
    row.add_children([
        time,
        direction(arrow, kind),
        words("packet", name),
        cell("flags", chips(flags)),
        words("id", id),
        words("length", &len),
        cell("summary", summary_parts(&summary)),
    ]);
    if let Some(preview) = preview {
        let preview = if narrow { folded(&preview) } else { preview };
        row.add_child(element("pre", CELL, &[Some("cell"), Some("bytes")], vec![text(&preview)]));
    }
    row
}

fn event_row(number: u32, time: Html, name: &str, said: &str, tone: Tone) -> VTag {
    let (class, sign) = match tone {
        Tone::Quiet => ("row event", "•"),
        Tone::Amber => ("row event amber", "▲"),
        Tone::Red => ("row event red", "✖"),
    };
    let mut row = row_tag(number, class, "event", [None, Some(name), Some(""), None, Some("0")]);
    let keys = &["role", "class", "aria-colspan"];
    let said = element("span", keys, &[Some("cell"), Some("words"), Some("5")], vec![text(said)]);
    row.add_children([time, direction(sign, "event"), said]);
    row
}

/// The row's own element. The last five attributes are for machines: packet, event, flags, id, length.
fn row_tag(number: u32, class: &str, kind: &str, facts: [Option<&str>; 5]) -> VTag {
    let [packet, event, flags, id, len] = facts;
    // The header is the first row.
    let index = number::plain(u64::from(number) + 2);
    let number = number::plain(number.into());
    let keys = &[
        "role",
        "class",
        "tabindex",
        "aria-rowindex",
        "data-index",
        "data-kind",
        "data-packet",
        "data-event",
        "data-flags",
        "data-id",
        "data-len",
    ];
    // A row that has the focus shows what it cuts off: it takes it from a click or a tap, and from the arrow keys.
    let own = [Some("row"), Some(class), Some("-1"), Some(&*index), Some(&*number), Some(kind)];
    let id = id.filter(|id| !id.is_empty());
    let values = [own[0], own[1], own[2], own[3], own[4], own[5], packet, event, flags, id, len];
    tag("div", keys, &values)
}

fn cell(class: &str, children: Vec<Html>) -> Html {
    element("span", CELL, &[Some("cell"), Some(class)], children)
}

fn words(class: &str, words: &str) -> Html {
    cell(class, vec![text(words)])
}

fn direction(sign: &str, words: &str) -> Html {
    let sign = element("span", &["aria-hidden"], &[Some("true")], vec![text(sign)]);
    cell("direction", vec![sign, classed("span", "hidden", vec![text(words)])])
}

/// Chips in fixed places, so that the eye can run down a column.
fn chips(flags: Flags) -> Vec<Html> {
    let qos = flags.qos.unwrap_or_default();
    let qos_class = match qos {
        0 => "flag",
        1 => "flag qos1",
        2 => "flag qos2",
        _ => "flag qos3",
    };
    let chips = [
        (qos_class, flags.qos.is_some(), qos_name(qos)),
        ("flag dup", flags.dup, "DUP"),
        ("flag retain", flags.retain, "RETAIN"),
    ];
    let chip = |(class, on, words): (&str, bool, &str)| {
        let chip = on.then(|| classed("span", "chip", vec![text(words)]));
        classed("span", class, chip.into_iter().collect())
    };
    chips.into_iter().map(chip).collect()
}

fn summary_parts(summary: &Summary) -> Vec<Html> {
    let parts = [("topic", &summary.topic), ("measure", &summary.measure), ("text", &summary.text)];
    let parts = parts.into_iter().filter(|(_, words)| !words.is_empty());
    parts.map(|(class, words)| classed("span", class, vec![text(words)])).collect()
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
