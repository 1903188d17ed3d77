//! The field that filters and searches the log, with its suggestions and its mistakes.

use mqttscope_log::filter::FilterError;
use mqttscope_text::number;
use yew::prelude::*;

use super::element::{classed, element, tag, text, words};
use super::parts::{Look, View};
use crate::store::filter_field::FilterField;
use crate::store::scope::Scope;
use crate::store::text::concat;
use crate::store::{Deed, Switch};

/// The bar with the field, what it found, and the way from match to match.
pub fn filter_bar(view: &View, scope: &Scope, field: &FilterField) -> Html {
    let quiet =
        |name| Look { class: Some("quiet small"), name: Some(name), title: Some(name), ..Look::default() };
    let mut found = Vec::new();
    if let Some(matches) = scope.matches() {
        let mut count = number::counted(matches.len() as u64, " match", " matches");
        if let Some(at) = scope.selected_match() {
            count = concat(&[&number::grouped(at as u64 + 1), " of ", &count]);
        }
        // With a mistake the last filter without one is still in force.
        let (class, title) =
            if scope.error().is_some() { ("count quiet", Some(OF_THE_LAST)) } else { ("count", None) };
        found.push(element("span", &["class", "title"], &[Some(class), title], vec![text(&count)]));
        found.push(view.button(Deed::PreviousMatch, quiet("Previous match (Shift+F3)"), vec![text("↑")]));
        found.push(view.button(Deed::NextMatch, quiet("Next match (F3)"), vec![text("↓")]));
    }
    if !scope.text().is_empty() {
        found.push(view.button(Deed::ClearFilter, quiet("Clear filter"), vec![text("✕")]));
    }
    // Always three parts: yew compares children from the last to the first, and would make the field anew.
    let parts = vec![
        classed("div", "filter-field", vec![input(scope, field), below(scope, field)]),
        classed("div", "filter-found", found),
        view.check(Switch::ShowAllRows, "Show all rows", None),
    ];
    classed("div", "filter-bar", parts)
}

fn input(scope: &Scope, field: &FilterField) -> Html {
    let is_open = !field.offers().is_empty();
    let chosen = field.chosen().map(offer_id);
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
        error(scope, field).map(|_| "true"),
        Some(FILTER_ERROR),
        Some("Filter: words, type:publish qos:2 topic:a/+/# … (Ctrl+F)"),
        Some("off"),
        Some("off"),
        Some("false"),
    ];
    let mut input = tag("input", keys, &values);
    input.set_value(scope.text().to_owned());
    input.into()
}

/// What lies over the log below the field: the mistake, and the suggestions.
fn below(scope: &Scope, field: &FilterField) -> Html {
    let error = error(scope, field).map(|error| {
        let at = |from: usize, to: usize| text(scope.text().get(from..to).unwrap_or_default());
        let (start, end) = (error.range.start, error.range.end.max(error.range.start));
        // An end of the filter that lacks something is marked too.
        let wrong = if start == end { text("…") } else { at(start, end) };
        let shown = vec![at(0, start), element("mark", &[], &[], vec![wrong]), at(end, scope.text().len())];
        classed("p", "filter-error", vec![element("code", &[], &[], shown), text(" ✖ "), text(&error.words)])
    });
    let offers = field.offers().iter().enumerate().map(|(at, offer)| {
        let selected = if field.chosen() == Some(at) { "true" } else { "false" };
        let index = number::plain(at as u64);
        let id = offer_id(at);
        let values = [Some("option"), Some(&*id), Some(selected), Some(&*index)];
        let children =
            vec![element("code", &[], &[], vec![text(&offer.text)]), words("span", "help", offer.help)];
        element("li", &["role", "id", "aria-selected", "data-offer"], &values, children)
    });
    let offers: Vec<_> = offers.collect();
    let mut parts = vec![element(
        "div",
        &["id", "role"],
        &[Some(FILTER_ERROR), Some("status")],
        error.into_iter().collect(),
    )];
    if !offers.is_empty() {
        let keys = &["id", "role", "class", "aria-label"];
        let values = [Some(OFFERS), Some("listbox"), Some("offers"), Some("Suggestions")];
        parts.push(element("ul", keys, &values, offers));
    }
    classed("div", "filter-below", parts)
}

/// The mistake. What goes on to one of the suggestions is none yet.
fn error<'a>(scope: &'a Scope, field: &FilterField) -> Option<&'a FilterError> {
    scope.error().filter(|_| field.offers().is_empty())
}

fn offer_id(at: usize) -> String {
    concat(&["offer-", &number::plain(at as u64)])
}

/// The id of the field.
pub const FILTER_INPUT: &str = "log-filter";
const OF_THE_LAST: &str = "Of the last filter without a mistake";
const FILTER_ERROR: &str = "log-filter-error";
const OFFERS: &str = "log-filter-offers";
