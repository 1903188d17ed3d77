//! The selected packet beside another one: the message before on its topic, or one that a person has marked.

use std::rc::Rc;

use mqttscope_link::{
    CompareAs, CompareBody, CompareRow, CompareSide, CompareSign, CompareView, FieldDifference, PanelLook,
    PanelView,
};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::absence::absence;
use super::panel::{Happening, Outcome, Panel, Scene};
use super::{Comparing, nothing, record_button, span, time};
use crate::components::element::{classed, element, tag, text, words};
use crate::components::list::List;
use crate::store::text::concat;

/// What is compared, and what of it is looked at.
pub struct Compare {
    comparing: Comparing,
    chosen: CompareAs,
    /// What has come of it, or still is that of the record before.
    view: Rc<PanelView>,
    /// Something else was chosen, and nothing of it has come: its beginning is looked at.
    is_awaited: bool,
    list: List,
}

impl Compare {
    /// Nothing is selected; `on_resize` is told when the panel is to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            comparing: Comparing::default(),
            chosen: CompareAs::Auto,
            view: Rc::new(PanelView::Hidden),
            is_awaited: true,
            list: List::new("compare", ROW, on_resize.clone()),
        }
    }
}

impl Panel for Compare {
    fn title(&self) -> &'static str {
        "Compare"
    }

    fn look(&self) -> PanelLook {
        let (number, count) = match self.shown() {
            Some(shown) if !self.is_awaited => (Some(shown.selected), count(shown)),
            _ => (None, 0),
        };
        PanelLook::Compare {
            number,
            with: self.comparing.marked.filter(|_| self.comparing.uses_marked),
            compare_as: self.chosen,
            rows: span(self.list.wanted(count)),
        }
    }

    fn select(&mut self, _: Option<u32>, is_shown: bool) {
        self.is_awaited = true;
        if !is_shown {
            self.view = Rc::new(PanelView::Hidden);
        }
    }

    fn compares(&mut self, comparing: &Comparing) {
        self.comparing = comparing.clone();
        self.is_awaited = true;
    }

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        match &**view {
            PanelView::Compare(_) | PanelView::Absent(_) => self.view = view.clone(),
            _ => return false,
        }
        if std::mem::take(&mut self.is_awaited) {
            self.list.reveal(0);
        }
        true
    }

    fn view(&self, scene: &Scene<'_>) -> Vec<Html> {
        match &*self.view {
            PanelView::Absent(why) => absence(why, scene.zone),
            PanelView::Compare(Err(words)) => {
                let mut parts = vec![self.head(None)];
                parts.extend(nothing(words, ADVICE));
                parts
            }
            PanelView::Compare(Ok(shown)) => vec![
                self.head(Some(shown)),
                sides(shown, scene),
                fields(&shown.fields, shown.are_fields_cut),
                self.body(shown, scene),
            ],
            _ => Vec::new(),
        }
    }

    fn hear(&mut self, happening: &Happening<'_>) -> Outcome {
        let target = happening.target;
        match happening.event.type_().as_str() {
            "scroll" => Outcome::drawn(self.list.scrolled(target)),
            "change" => {
                let value = target.unchecked_ref::<HtmlSelectElement>().value();
                match target.id().as_str() {
                    WITH => self.comparing.uses_marked = value == MARKED,
                    _ => {
                        let chosen = FORMATS.into_iter().find(|(_, name)| *name == value);
                        self.chosen = chosen.map_or(CompareAs::Auto, |(chosen, _)| chosen);
                    }
                }
                self.is_awaited = true;
                Outcome::drawn(true)
            }
            _ => Outcome::default(),
        }
    }

    fn place(&self) -> bool {
        self.list.place(self.shown().map_or(0, count))
    }

    fn measure(&self) -> bool {
        self.list.measure()
    }
}

impl Compare {
    fn shown(&self) -> Option<&CompareView> {
        match &*self.view {
            PanelView::Compare(Ok(shown)) => Some(shown),
            _ => None,
        }
    }

    /// What the packet is compared with, as what, and what differs in a sentence.
    fn head(&self, shown: Option<&CompareView>) -> Html {
        let marked = self.comparing.marked;
        let with =
            marked.map(|number| (MARKED, concat(&["Row ", &number::plain(number.into()), ", marked"])));
        let with = [(BEFORE, "The message before on this topic".to_owned())].into_iter().chain(with);
        let uses_marked = marked.is_some() && self.comparing.uses_marked;
        let with = with.map(|(value, said)| option(value, &said, (value == MARKED) == uses_marked)).collect();
        let chosen = FORMATS.map(|(it, name)| {
            let is_chosen = it == self.chosen;
            let said = match (it, shown) {
                (CompareAs::Auto, Some(shown)) if is_chosen => {
                    concat(&["Auto: ", name_of(shown.compared_as)])
                }
                _ => name.to_owned(),
            };
            option(name, &said, is_chosen)
        });
        let select = |id: &'static str, label: &'static str, options: Vec<Html>| {
            element(
                "select",
                &["id", "class", "aria-label"],
                &[Some(id), Some("format"), Some(label)],
                options,
            )
        };
        let said = match shown.map(|shown| &shown.body) {
            Some(CompareBody::Rows { words, is_cut: false, .. }) => words.clone(),
            Some(CompareBody::Rows { words, is_cut: true, .. }) => {
                concat(&[words, " Only the first of that is shown."])
            }
            _ => String::new(),
        };
        let said = element("span", &["class", "role"], &[Some("quiet"), Some("status")], vec![text(&said)]);
        let parts = vec![
            select(WITH, "Compare with", with),
            select("compare-as", "Compare the payloads as", chosen.into()),
            said,
        ];
        classed("div", "payload-head compare-head", parts)
    }

    fn body(&self, shown: &CompareView, scene: &Scene<'_>) -> Html {
        let CompareBody::Rows { count, first, rows, .. } = &shown.body else {
            let CompareBody::Words(said) = &shown.body else { return Html::default() };
            return words("p", "payload-words", said);
        };
        let come = *first as usize;
        let drawn = self.list.drawn(*count as usize, come..come + rows.len());
        let start = drawn.start;
        let is_bytes = shown.compared_as == CompareAs::Bytes;
        let rows = drawn.filter_map(|place| rows.get(place - come)).map(|it| row(it, is_bytes)).collect();
        let scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex"],
            &[Some("list compare-rows"), Some("group"), Some("Differences of the payloads"), Some("0")],
        );
        self.list.draw(scroller, scene.listeners.on_list(), start, rows)
    }
}

/// The two packets, the one that was first before the other.
fn sides(shown: &CompareView, scene: &Scene<'_>) -> Html {
    let side = |it: &CompareSide| {
        let arrow = if it.is_out { ("way out", "→") } else { ("way in", "←") };
        let name = it.name.as_deref().unwrap_or("Not a packet");
        let mut facts = concat(&[name, ", ", &time(it.time, scene.zone)]);
        if let Some(len) = it.len {
            facts.push_str(&concat(&[", payload of ", &number::counted(len.into(), " byte", " bytes")]));
        }
        let number = concat(&["#", &number::plain(it.number.into())]);
        let number = if it.number == shown.selected {
            words("strong", "", &number)
        } else {
            record_button(it.number, &number)
        };
        let arrow =
            element("span", &["class", "aria-hidden"], &[Some(arrow.0), Some("true")], vec![text(arrow.1)]);
        classed("p", "compare-side", vec![arrow, number, words("span", "quiet", &facts)])
    };
    classed("div", "compare-sides", shown.sides.iter().map(side).collect())
}

/// What differs of headers and properties.
fn fields(fields: &[FieldDifference], are_cut: bool) -> Html {
    if fields.is_empty() {
        return words("p", "compare-fields quiet", "Headers and properties are the same.");
    }
    let cell = |name: &'static str, value: Option<&str>| match value {
        Some(value) => classed("td", "", vec![words(name, "", value)]),
        None => words("td", "quiet", "missing"),
    };
    let row = |it: &FieldDifference| {
        let [old, new] = &it.values;
        let head = element("th", &["scope"], &[Some("row")], vec![text(&it.name)]);
        classed("tr", "", vec![head, cell("del", old.as_deref()), cell("ins", new.as_deref())])
    };
    let mut rows: Vec<_> = fields.iter().map(row).collect();
    if are_cut {
        rows.push(classed("tr", "", vec![words("td", "quiet", "More of them differ.")]));
    }
    let caption = words("caption", "hidden", "Fields that differ: of the first packet, of the other");
    let table = classed("table", "", vec![caption, classed("tbody", "", rows)]);
    let keys = &["class", "role", "aria-label", "tabindex"];
    let values = [Some("compare-fields"), Some("group"), Some("Fields that differ"), Some("0")];
    element("div", keys, &values, vec![table])
}

fn row(it: &CompareRow, is_bytes: bool) -> Html {
    let (class, sign, said) = match it.sign {
        CompareSign::Same => ("compare-row", "", ""),
        CompareSign::Removed => ("compare-row removed", "−", "removed: "),
        CompareSign::Added => ("compare-row added", "+", "added: "),
        CompareSign::Changed => ("compare-row changed", "≠", "changed: "),
        CompareSign::Skipped => {
            return words("div", "compare-row skipped quiet", &concat(&["… ", &it.place]));
        }
    };
    let sign = element("span", &["class", "aria-hidden"], &[Some("sign"), Some("true")], vec![text(sign)]);
    let mut parts = vec![words("span", "place", &it.place), sign];
    if !said.is_empty() {
        parts.push(words("span", "hidden", said));
    }
    let side = |name: &'static str, pieces: &[(bool, String)]| {
        let piece = |(differs, said): &(bool, String)| {
            if *differs { words(name, "", said) } else { text(said) }
        };
        let class = if is_bytes { "side bytes" } else { "side" };
        classed("span", class, pieces.iter().map(piece).collect())
    };
    if is_bytes || !it.old.is_empty() {
        parts.push(side("del", &it.old));
    }
    if !is_bytes && !it.old.is_empty() && !it.new.is_empty() {
        parts.push(words("span", "quiet", " → "));
    }
    if is_bytes || !it.new.is_empty() {
        parts.push(side("ins", &it.new));
    }
    classed("div", class, parts)
}

fn option(value: &str, said: &str, is_chosen: bool) -> Html {
    element("option", &["value", "selected"], &[Some(value), is_chosen.then_some("")], vec![text(said)])
}

fn count(shown: &CompareView) -> usize {
    match shown.body {
        CompareBody::Rows { count, .. } => count as usize,
        CompareBody::Words(_) => 0,
    }
}

fn name_of(compared_as: CompareAs) -> &'static str {
    FORMATS.into_iter().find(|(known, _)| *known == compared_as).map_or("", |(_, name)| name)
}

/// As what payloads can be compared, with the names in the list.
const FORMATS: [(CompareAs, &str); 4] = [
    (CompareAs::Auto, "Auto"),
    (CompareAs::Text, "Text"),
    (CompareAs::Json, "JSON"),
    (CompareAs::Bytes, "Bytes"),
];
const WITH: &str = "compare-with";
const BEFORE: &str = "before";
const MARKED: &str = "marked";
const ADVICE: &str =
    "Any two rows can be compared: mark one by Ctrl+click or in its menu, then select the other.";
/// Height of a row in CSS pixels, as in the style sheet.
const ROW: u32 = 20;
