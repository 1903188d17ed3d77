//! One row of the packet log.

use yew::prelude::*;

use crate::driver::SharedLog;
use crate::store::event::Tone;
use crate::store::row::{Content, Flags, PacketRow, Row, Summary, qos_name};

#[derive(Properties, PartialEq)]
pub struct LogRowProps {
    pub log: SharedLog,
    pub number: u32,
    pub verbose: bool,
    /// Minutes that local time is ahead of UTC.
    pub utc_offset: i32,
    /// Hex previews have half the width and twice the lines.
    pub narrow: bool,
}

/// A row is put into words here, and only because it can be seen.
#[component]
pub fn LogRow(props: &LogRowProps) -> Html {
    let row = Row::of(&props.log.0.borrow(), props.number, props.utc_offset, props.verbose);
    match row {
        Some(Row { number, time, content: Content::Packet(packet) }) => {
            packet_row(number, time, packet, props.narrow)
        }
        Some(Row { number, time, content: Content::Event { name, words, tone } }) => {
            event_row(number, time, name, words, tone)
        }
        None => Html::default(),
    }
}

fn packet_row(number: u32, time: String, packet: PacketRow, narrow: bool) -> Html {
    let PacketRow { out, name, flags, id, len, summary, violation, preview } = packet;
    let (kind, arrow) = if out { ("out", "→") } else { ("in", "←") };
    let class =
        classes!("row", kind, (name == "PUBLISH").then_some("loud"), violation.then_some("violation"));
    let id = (id > 0).then(|| id.to_string());
    html! {
        <div role="row" {class} aria-rowindex={row_index(number)} data-index={number.to_string()} data-kind={kind}
            data-packet={name} data-flags={flags.words()} data-id={id.clone()} data-len={len.to_string()}>
            <span role="cell" class="time">{ time }</span>
            <span role="cell" class="direction">
                <span aria-hidden="true">{ arrow }</span><span class="hidden">{ kind }</span>
            </span>
            <span role="cell" class="packet">{ name }</span>
            <span role="cell" class="flags">{ chips(flags) }</span>
            <span role="cell" class="id">{ id }</span>
            <span role="cell" class="length">{ len }</span>
            <span role="cell" class="summary">{ summary_parts(summary) }</span>
            if let Some(preview) = preview {
                <pre role="cell" class="bytes">{ if narrow { folded(&preview) } else { preview } }</pre>
            }
        </div>
    }
}

fn event_row(number: u32, time: String, name: &'static str, words: String, tone: Tone) -> Html {
    let (class, sign) = match tone {
        Tone::Quiet => ("row event", "•"),
        Tone::Amber => ("row event amber", "▲"),
        Tone::Red => ("row event red", "✖"),
    };
    html! {
        <div role="row" {class} aria-rowindex={row_index(number)} data-index={number.to_string()} data-kind="event"
            data-event={name} data-flags="" data-len="0">
            <span role="cell" class="time">{ time }</span>
            <span role="cell" class="direction">
                <span aria-hidden="true">{ sign }</span><span class="hidden">{ "event" }</span>
            </span>
            <span role="cell" class="words" aria-colspan="5" title={words.clone()}>{ words }</span>
        </div>
    }
}

/// Chips in fixed places, so that the eye can run down a column.
fn chips(flags: Flags) -> Html {
    let chip = |class: &'static str, on: bool, words: &'static str| {
        html! { <span class={classes!("flag", class)}>if on { <span class="chip">{ words }</span> }</span> }
    };
    let qos = flags.qos.unwrap_or_default();
    let qos_class = ["qos0", "qos1", "qos2", "qos3"][usize::from(qos & 3)];
    html! { <>
        { chip(qos_class, flags.qos.is_some(), qos_name(qos)) }
        { chip("dup", flags.dup, "DUP") }
        { chip("retain", flags.retain, "RETAIN") }
    </> }
}

fn summary_parts(summary: Summary) -> Html {
    let Summary { topic, measure, text } = summary;
    let part = |class: &'static str, words: String| {
        if words.is_empty() {
            Html::default()
        } else {
            html! { <span {class}>{ words }</span> }
        }
    };
    html! { <>{ part("topic", topic) }{ part("measure", measure) }{ part("text", text) }</> }
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

/// The header is the first row.
fn row_index(number: u32) -> String {
    (u64::from(number) + 2).to_string()
}

/// Columns of a preview's line: `0000  16 bytes in two groups  text`.
const HALF_AT: usize = 29;
const TEXT_AT: usize = 56;
