//! What a form has in MQTT 5 alone, folded away: properties and options, drawn from the table of fields.

use mqttscope_proto::ProtocolVersion;
use mqttscope_text::number;
use mqttscope_view::{Form, Kind, pairs};
use yew::prelude::*;

use super::element::{classed, element, tag, text, words};
use super::form_dsl::{HALF, RIGHT_HALF, View, WIDE, message_id};
use crate::store::text::concat;
use crate::store::{Command, Field};

impl View {
    /// The properties of a form, if the version has any. Whether they are folded is the browser's to keep.
    pub fn properties(&self, form: Form) -> Html {
        match self.version(form) {
            ProtocolVersion::V31 | ProtocolVersion::V311 => return Html::default(),
            ProtocolVersion::V5 => {}
        }
        let mut is_right = false;
        let fields = form.folded().map(|(field, folded)| match field.info().kind {
            Kind::Switch(_) => self.check(field, folded.label, None),
            Kind::Pairs => {
                is_right = false;
                self.pairs(field, folded.label)
            }
            kind => {
                // A switch beside it takes what is left of half a row.
                let is_wide = matches!(kind, Kind::Bytes { .. }) || folded.empty.is_some();
                let class = match is_wide {
                    true => WIDE,
                    false if is_right => RIGHT_HALF,
                    false => HALF,
                };
                is_right = !is_right && !is_wide;
                self.field(field, folded.label, class, &[])
            }
        });
        let fields = classed("div", "grid", fields.collect());
        let count = match form.info().part {
            mqttscope_view::Part::Drafts => self.page.drafts.folded_count(form),
            _ => self.page.profile.folded_count(form),
        };
        let count = if count > 0 { concat(&[&number::plain(count as u64), " set"]) } else { String::new() };
        let summary = element("summary", &[], &[], vec![text("Properties"), words("span", "note", &count)]);
        let keys = &["class", "id"];
        let id = concat(&[form.info().tab.name(), "-", PROPERTIES, "-", &number::plain(form as u64)]);
        element("details", keys, &[Some("properties wide"), Some(&*id)], vec![summary, fields])
    }

    /// A table of names and values.
    fn pairs(&self, field: Field, label: &str) -> Html {
        let pairs = pairs::read(&self.page.text(field));
        let last = pairs.len().saturating_sub(1);
        let mut rows = vec![words("legend", "", label)];
        rows.extend(pairs.iter().enumerate().map(|(at, (name, value))| {
            let place = number::plain(at as u64);
            let row = number::plain(at as u64 + 1);
            let input = |part: &str, held: &str| {
                let words = concat(&[field.id(), " ", &place, " ", part]);
                let name = concat(&[part, " of row ", &row]);
                let keys = &["type", "data-pair", "aria-label", "placeholder", "autocomplete", "spellcheck"];
                let values =
                    [Some("text"), Some(&*words), Some(&*name), Some(part), Some("off"), Some("false")];
                let mut input = tag("input", keys, &values);
                input.set_value(held.to_owned());
                input.into()
            };
            let button = |edit: &str, sign: &str, is_possible: bool| {
                let name = concat(&[edit, " row ", &row]);
                let words = concat(&[field.id(), " ", &place, " ", edit]);
                let keys = &["type", "class", "data-deed", "data-filter", "aria-label", "disabled"];
                let disabled = (!is_possible).then_some("");
                let values =
                    [Some("button"), Some("small"), Some(EDIT.name()), Some(&*words), Some(&*name), disabled];
                element("button", keys, &values, vec![text(sign)])
            };
            let cells = vec![
                input("name", name),
                input("value", value),
                button("up", "▴", at > 0),
                button("down", "▾", at < last),
                button("remove", "✕", true),
            ];
            classed("div", "pair", cells)
        }));
        let words = concat(&[field.id(), " 0 add"]);
        let keys = &["type", "class", "id", "data-deed", "data-filter", "aria-label", "aria-describedby"];
        let message = message_id(field);
        let name = concat(&["Add to ", label]);
        let values = [
            Some("button"),
            Some("small"),
            Some(field.id()),
            Some(EDIT.name()),
            Some(&*words),
            Some(&*name),
            Some(&*message),
        ];
        let add = element("button", keys, &values, vec![text("Add")]);
        rows.push(classed("div", "actions", vec![add, self.message(field)]));
        classed("fieldset", "pairs wide", rows)
    }
}

/// Which of the pairs, and what becomes of it, stands beside it in the document.
const EDIT: Command = Command::EditPairs(String::new());
const PROPERTIES: &str = "properties";
