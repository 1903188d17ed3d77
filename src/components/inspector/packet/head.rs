//! What is to be known of a packet as a whole, and what can be done with it.

use mqttscope_link::PacketHead;
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use super::bytes_words;
use crate::components::element::{classed, element, text, words};
use crate::components::inspector::{button, record_button, time};
use crate::store::text::concat;
use mqttscope_link::qos_name;

/// The packet's name, its facts, and buttons that lead to its neighbours or copy it.
pub fn head(packet: &PacketHead, is_copied: bool, zone: &Zone) -> Html {
    let facts =
        concat(&[&time(packet.time, zone), " · ", &bytes_words(packet.len), " · MQTT ", &packet.version]);
    let misbehaviour = packet.misbehaviour.as_ref();
    let misbehaviour = misbehaviour.map(|sentence| words("p", "red", &concat(&["✖ ", sentence])));
    let [before, after] = packet.neighbours;
    let copied = if is_copied { "Copied" } else { "Copy" };
    let reply =
        packet.is_request.then(|| button("data-reply", &number::plain(packet.number.into()), "Reply"));
    let buttons = vec![
        reply.unwrap_or_default(),
        step(before, "◂ Previous"),
        step(after, "Next ▸"),
        element("span", &["class", "role"], &[Some("copied quiet"), Some("status")], vec![text(copied)]),
        button("data-copy", "text", "Text"),
        button("data-copy", "hex", "Hex"),
        button("data-copy", "JSON", "JSON"),
    ];
    classed(
        "div",
        "subject",
        vec![
            classed("p", "subject-name", title(packet)),
            words("p", "quiet", &facts),
            misbehaviour.unwrap_or_default(),
            classed("div", "subject-buttons", buttons),
        ],
    )
}

fn title(packet: &PacketHead) -> Vec<Html> {
    let mut title = vec![
        words("span", if packet.out { "way out" } else { "way in" }, if packet.out { "→" } else { "←" }),
        words("span", "hidden", if packet.out { "Sent: " } else { "Received: " }),
        words("strong", "", packet.name.as_deref().unwrap_or("Not a packet")),
        words("span", "quiet", &concat(&["#", &number::grouped(packet.number.into())])),
    ];
    if let Some(qos) = packet.qos {
        title.push(words("span", "chip", qos_name(qos)));
    }
    for (is_set, label, class) in [(packet.dup, "DUP", "chip amber"), (packet.retain, "RETAIN", "chip good")]
    {
        if is_set {
            title.push(words("span", class, label));
        }
    }
    if packet.is_password_hidden {
        title.push(words("span", "chip", "password hidden"));
    }
    if let Some(next) = packet.next_fault {
        let label = concat(&["✖ ", &number::counted(packet.faults.into(), " fault", " faults")]);
        title.push(button("data-line", &number::plain(next.into()), &label));
    }
    title
}

/// A button that leads to a packet before or behind, if there is one.
fn step(to: Option<u32>, label: &str) -> Html {
    match to {
        Some(number) => record_button(number, label),
        None => element(
            "button",
            &["type", "class", "aria-disabled", "title"],
            &[Some("button"), Some("small"), Some("true"), Some("There is no such packet in this exchange")],
            vec![text(label)],
        ),
    }
}
