//! What is said where there is no packet to show.

use mqttscope_link::Absence;
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use super::{nothing, record_button, time};
use crate::components::element::{classed, words};
use crate::store::text::concat;

/// Why there is no packet, and what to do about it.
pub fn absence(absence: &Absence, zone: &Zone) -> Vec<Html> {
    match absence {
        Absence::NothingSelected => nothing(
            "No packet is selected",
            "Click a row of the log, or move to it with the arrow keys. Here you see its fields, its bytes and the \
             rule behind each, its payload, and the exchange that it belongs to.",
        ),
        Absence::Dropped => nothing(
            "This record is not in the log any more",
            "The log drops its oldest records to stay within its byte budget, and all of them when it is cleared.",
        ),
        Absence::Event { number, time: at, words: said, is_violation, about } => {
            let title = vec![
                words("span", "way", "•"),
                words("strong", "", "Event"),
                words("span", "quiet", &concat(&["#", &number::grouped((*number).into())])),
            ];
            let subject = vec![classed("p", "subject-name", title), words("p", "quiet", &time(*at, zone))];
            let class = if *is_violation { "event-words red" } else { "event-words" };
            let mut parts = vec![classed("div", "subject", subject), words("p", class, said)];
            if let Some((about, name)) = about {
                let number = number::grouped((*about).into());
                let label = concat(&["Show ", name, " #", &number, ", which it is about"]);
                parts.push(record_button(*about, &label));
            }
            parts
        }
    }
}
