//! The field that filters and searches the log, with its suggestions and its mistakes.

use mqttscope_link::{FilterFault, FilterView, Slot};
use mqttscope_text::number;
use yew::prelude::*;

use super::element::{classed, element, option, tag, text, words};
use super::form_dsl::{Look, View};
use crate::store::filter_field::FilterField;
use crate::store::slots::name_of;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// The filter: its text, what is offered for it, and what became of it.
pub struct Filter<'a> {
    /// As it is typed.
    pub text: &'a str,
    pub field: &'a FilterField,
    /// What the engine says to it.
    pub found: &'a FilterView,
    /// The connections of the page that have rows, and the one whose rows alone are shown.
    pub slots: &'a [Slot],
    pub shown_slot: Option<Slot>,
}

/// The bar with the field, what it found, and the way from match to match.
pub fn filter_bar(view: &View, filter: &Filter<'_>) -> Html {
    let quiet =
        |name| Look { class: Some("quiet small"), name: Some(name), title: Some(name), ..Look::default() };
    let mut found = Vec::new();
    if let Some(matches) = filter.found.matches {
        let mut count = number::counted(matches.into(), " match", " matches");
        if let Some(at) = filter.found.selected_match {
            count = concat(&[&number::grouped(u64::from(at) + 1), " of ", &count]);
        }
        // With a mistake the last filter without one is still in force.
        let (class, title) =
            if filter.found.fault.is_some() { ("count quiet", Some(OF_THE_LAST)) } else { ("count", None) };
        found.push(element("span", &["class", "title"], &[Some(class), title], vec![text(&count)]));
        found.push(view.button(&Command::PreviousMatch, quiet("Previous match (Shift+F3)"), vec![text("↑")]));
        found.push(view.button(&Command::NextMatch, quiet("Next match (F3)"), vec![text("↓")]));
    }
    if !filter.text.is_empty() {
        found.push(view.button(&Command::ClearFilter, quiet("Clear filter"), vec![text("✕")]));
    }
    // Always as many parts: yew compares children from the last to the first, and would make the field anew.
    let parts = vec![
        classed("div", "filter-field", vec![input(filter), below(filter)]),
        shown_connection(view, filter),
        classed("div", "filter-found", found),
        view.check(Field::ShowAllRows, "Show all rows", None),
    ];
    // Without a filter there is nothing that the box would change: where there is little room it has none.
    classed("div", if filter.text.is_empty() { "filter-bar idle" } else { "filter-bar" }, parts)
}

/// Whose rows are shown, where there are several connections.
fn shown_connection(view: &View, filter: &Filter<'_>) -> Html {
    if filter.slots.len() < 2 && filter.shown_slot.is_none() {
        return Html::default();
    }
    let mut options = vec![option("", "All connections", filter.shown_slot.is_none())];
    options.extend(filter.slots.iter().map(|slot| {
        let name = name_of(&view.slots, *slot).0;
        option(&number::plain(slot.0.into()), name, filter.shown_slot == Some(*slot))
    }));
    let keys = &["id", "aria-label"];
    element("select", keys, &[Some(SHOWN_CONNECTION), Some("Rows of")], options)
}

fn input(filter: &Filter<'_>) -> Html {
    let is_open = !filter.field.offers().is_empty();
    let chosen = filter.field.chosen().map(offer_id);
    let keys = &[
        "id",
        "type",
        "role",
        "aria-label",
        "aria-autocomplete",
        "aria-expanded",
        "aria-controls",
        "aria-activedescendant",
        "aria-invalid",
        "aria-describedby",
        "placeholder",
        "autocomplete",
        "autocapitalize",
        "spellcheck",
    ];
    let values = [
        Some(FILTER_INPUT),
        Some("text"),
        Some("combobox"),
        Some("Filter the log"),
        Some("list"),
        Some(if is_open { "true" } else { "false" }),
        is_open.then_some(OFFERS),
        chosen.as_deref(),
        fault(filter).map(|_| "true"),
        Some(FILTER_ERROR),
        Some("Filter: words, type:publish qos:2 topic:a/+/# … (Ctrl+F)"),
        Some("off"),
        Some("off"),
        Some("false"),
    ];
    let mut input = tag("input", keys, &values);
    input.set_value(filter.text.to_owned());
    input.into()
}

/// What lies over the log below the field: the mistake, and the suggestions.
fn below(filter: &Filter<'_>) -> Html {
    let Filter { text: typed, field, .. } = filter;
    let fault = fault(filter).map(|fault| {
        let at = |from: usize, to: usize| text(typed.get(from..to).unwrap_or_default());
        let start = fault.range.start as usize;
        let end = start.max(fault.range.end as usize);
        // An end of the filter that lacks something is marked too.
        let wrong = if start == end { text("…") } else { at(start, end) };
        let shown = vec![at(0, start), element("mark", &[], &[], vec![wrong]), at(end, typed.len())];
        classed("p", "filter-error", vec![element("code", &[], &[], shown), text(" ✖ "), text(&fault.words)])
    });
    let offers = field.offers().iter().enumerate().map(|(at, offer)| {
        let selected = if field.chosen() == Some(at) { "true" } else { "false" };
        let index = number::plain(at as u64);
        let id = offer_id(at);
        let values = [Some("option"), Some(&*id), Some(selected), Some(&*index)];
        let children =
            vec![element("code", &[], &[], vec![text(&offer.text)]), words("span", "help", &offer.help)];
        element("li", &["role", "id", "aria-selected", "data-offer"], &values, children)
    });
    let offers: Vec<_> = offers.collect();
    let mut parts = vec![element(
        "div",
        &["id", "role"],
        &[Some(FILTER_ERROR), Some("status")],
        fault.into_iter().collect(),
    )];
    if !offers.is_empty() {
        let keys = &["id", "role", "class", "aria-label"];
        let values = [Some(OFFERS), Some("listbox"), Some("offers"), Some("Suggestions")];
        parts.push(element("ul", keys, &values, offers));
    }
    classed("div", "filter-below", parts)
}

/// The mistake. What goes on to one of the suggestions is none yet.
fn fault<'a>(filter: &Filter<'a>) -> Option<&'a FilterFault> {
    filter.found.fault.as_ref().filter(|_| filter.field.offers().is_empty())
}

fn offer_id(at: usize) -> String {
    concat(&["offer-", &number::plain(at as u64)])
}

/// The id of the list that says whose rows are shown.
pub const SHOWN_CONNECTION: &str = "shown-connection";
/// The id of the field.
pub const FILTER_INPUT: &str = "log-filter";
const OF_THE_LAST: &str = "Of the last filter without a mistake";
const FILTER_ERROR: &str = "log-filter-error";
const OFFERS: &str = "log-filter-offers";
