//! The payload of the selected packet in a format of the person's choice, line by line.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use mqttscope_link::{
    Command, Copy, PageCommand, PanelLook, PanelView, PayloadBody, PayloadFormat, PayloadLine, PayloadView,
};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlSelectElement, Url};
use yew::prelude::*;

use super::absence::absence;
use super::panel::{Happening, Outcome, Panel, Scene};
use super::{button, nothing, number_of, span};
use crate::components::element::{classed, element, option, tag, text, words};
use crate::components::list::List;
use crate::store::inspect::json_line::{self, Part};
use crate::store::text::concat;

/// The payload, and what of it is looked at.
pub struct Payload {
    chosen: PayloadFormat,
    /// What has come of it, or still is that of the one before.
    view: Rc<PanelView>,
    /// Another packet or format was chosen, and nothing of it has come: its beginning is looked at.
    is_awaited: bool,
    image: Option<ImageUrl>,
    list: List,
    /// What was copied last.
    copied: &'static str,
}

impl Payload {
    /// Nothing is selected; `on_resize` is told when the panel is to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            chosen: PayloadFormat::Auto,
            view: Rc::new(PanelView::Hidden),
            is_awaited: true,
            image: None,
            list: List::new("payload", LINE, on_resize.clone()),
            copied: "",
        }
    }
}

impl Panel for Payload {
    fn title(&self) -> &'static str {
        "Payload"
    }

    fn look(&self) -> PanelLook {
        let count = if self.is_awaited { 0 } else { self.count() };
        let number = match &*self.view {
            PanelView::Payload(payload) if !self.is_awaited => Some(payload.number),
            _ => None,
        };
        PanelLook::Payload { number, format: self.chosen, lines: span(self.list.wanted(count)) }
    }

    fn select(&mut self, _: Option<u32>, is_shown: bool) {
        self.await_another();
        if !is_shown {
            self.show(&Rc::new(PanelView::Hidden));
        }
    }

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        match &**view {
            PanelView::Payload(_) | PanelView::NoMessage | PanelView::Absent(_) => self.show(view),
            _ => return false,
        }
        if std::mem::take(&mut self.is_awaited) {
            self.list.reveal(0);
        }
        true
    }

    fn copied(&mut self, what: Copy) -> bool {
        let (Copy::Payload, PanelView::Payload(payload)) = (what, &*self.view) else { return false };
        self.copied = match payload.format {
            PayloadFormat::Hex | PayloadFormat::Image => "Copied as hex",
            PayloadFormat::Base64 => "Copied as Base64",
            PayloadFormat::Cbor | PayloadFormat::MessagePack => "Copied as shown",
            PayloadFormat::Auto | PayloadFormat::Text | PayloadFormat::Json => "Copied as text",
        };
        true
    }

    fn view(&self, scene: &Scene<'_>) -> Vec<Html> {
        match &*self.view {
            PanelView::Absent(why) => absence(why, scene.zone),
            PanelView::NoMessage => nothing(
                "This packet carries no message",
                "PUBLISH has a payload, and CONNECT has one for its will. Select one of them in the log.",
            ),
            PanelView::Payload(payload) => {
                vec![self.head(payload), self.body(&payload.body, payload.format, scene)]
            }
            _ => Vec::new(),
        }
    }

    fn hear(&mut self, happening: &Happening<'_>) -> Outcome {
        let target = happening.target;
        match happening.event.type_().as_str() {
            "scroll" => Outcome::drawn(self.list.scrolled(target)),
            "change" => {
                let value = target.unchecked_ref::<HtmlSelectElement>().value();
                let chosen = FORMATS.into_iter().find(|(_, name)| *name == value);
                self.chosen = chosen.map_or(PayloadFormat::Auto, |(format, _)| format);
                self.await_another();
                Outcome::drawn(true)
            }
            "click" => {
                let line = number_of(target, "data-line");
                let command = line.map(|line| Command::Page(PageCommand::Fold(line as u32)));
                Outcome { is_changed: false, command }
            }
            _ => Outcome::default(),
        }
    }

    fn place(&self) -> bool {
        self.list.place(self.count())
    }

    fn measure(&self) -> bool {
        self.list.measure()
    }
}

/// What is looked at.
impl Payload {
    fn await_another(&mut self) {
        self.is_awaited = true;
        self.copied = "";
    }

    fn show(&mut self, view: &Rc<PanelView>) {
        // An image that comes again has its address already.
        if image_of(view) != image_of(&self.view) {
            self.image = image_of(view).and_then(|(media_type, bytes)| ImageUrl::of(media_type, bytes));
        }
        self.view = view.clone();
    }

    /// How many lines are shown.
    fn count(&self) -> usize {
        match &*self.view {
            PanelView::Payload(PayloadView { body: PayloadBody::Lines { count, .. }, .. }) => *count as usize,
            _ => 0,
        }
    }
}

/// Drawing.
impl Payload {
    fn head(&self, payload: &PayloadView) -> Html {
        let option = |(format, name): (PayloadFormat, &'static str)| {
            let is_chosen = format == self.chosen;
            let label = match format {
                PayloadFormat::Auto if is_chosen => &*concat(&["Auto: ", name_of(payload.format)]),
                _ => name,
            };
            option(name, label, is_chosen)
        };
        let select = element(
            "select",
            &["class", "aria-label"],
            &[Some("format"), Some("Format of the payload")],
            FORMATS.map(option).into(),
        );
        let mut facts = number::counted(payload.len.into(), " byte", " bytes");
        if let PayloadBody::Lines { total: total @ 1.., is_complete, .. } = payload.body {
            let so_far = if is_complete { "" } else { " so far" };
            let lines = number::counted(total.into(), " line", " lines");
            facts = concat(&[&facts, " · ", &lines, so_far]);
        }
        classed(
            "div",
            "payload-head",
            vec![
                select,
                words("span", "quiet", &facts),
                element(
                    "span",
                    &["class", "role"],
                    &[Some("hidden"), Some("status")],
                    vec![text(self.copied)],
                ),
                button("data-copy", "payload", if self.copied.is_empty() { "Copy" } else { "Copied" }),
            ],
        )
    }

    fn body(&self, body: &PayloadBody, format: PayloadFormat, scene: &Scene<'_>) -> Html {
        match (body, &self.image) {
            (PayloadBody::Image { .. }, Some(url)) => image(url),
            (PayloadBody::Image { .. }, None) => said("This is no image of a kind that browsers show."),
            (PayloadBody::Words(words), _) => said(words),
            (PayloadBody::Lines { count, first, lines, .. }, _) => {
                self.lines(*count as usize, *first as usize, lines, format, scene)
            }
        }
    }

    /// The lines that can be seen and have come.
    fn lines(
        &self,
        count: usize,
        come: usize,
        lines: &[PayloadLine],
        format: PayloadFormat,
        scene: &Scene<'_>,
    ) -> Html {
        let drawn = self.list.drawn(count, come..come + lines.len());
        let first = drawn.start;
        let rows = drawn.filter_map(|place| lines.get(place - come)).map(|it| line(it, format)).collect();
        let scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex"],
            &[Some("list payload-lines"), Some("group"), Some("Payload"), Some("0")],
        );
        self.list.draw(scroller, scene.listeners.on_list(), first, rows)
    }
}

fn line(line: &PayloadLine, format: PayloadFormat) -> Html {
    let fold = if line.opens {
        let (sign, expanded, label) =
            if line.is_folded { ("▸", "false", "Unfold") } else { ("▾", "true", "Fold") };
        element(
            "button",
            &["type", "class", "data-line", "aria-expanded", "aria-label"],
            &[
                Some("button"),
                Some("fold"),
                Some(&number::plain(line.number.into())),
                Some(expanded),
                Some(label),
            ],
            vec![text(sign)],
        )
    } else {
        Html::default()
    };
    let mut parts = vec![fold];
    if format == PayloadFormat::Json {
        parts.extend(json_line::parts(&line.text).into_iter().map(coloured));
    } else {
        parts.push(text(&line.text));
    }
    if line.is_folded {
        parts.push(words("span", "quiet", " …"));
    }
    if has_number(&line.text, format) {
        let keys = &["type", "class", "data-chart-line", "aria-label"];
        let number = number::plain(line.number.into());
        let label = concat(&["Chart ", line.text.trim().trim_end_matches(',')]);
        let values = [Some("button"), Some("small to-chart"), Some(&*number), Some(&*label)];
        parts.push(element("button", keys, &values, vec![text("Chart")]));
    }
    if let Some(fault) = &line.fault {
        parts.push(words("span", "red", &concat(&["  ✖ ", fault])));
    }
    classed("div", "payload-line", parts)
}

/// Whether a line shows a number, which a chart can follow.
fn has_number(line: &str, format: PayloadFormat) -> bool {
    if format == PayloadFormat::Json {
        return json_line::parts(line).iter().any(|(part, _)| *part == Part::Number);
    }
    if format != PayloadFormat::Text {
        return false;
    }
    let digits = line.trim().trim_start_matches(['+', '-']);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// A part of a line of JSON in its colour.
fn coloured((part, piece): (Part, &str)) -> Html {
    let class = match part {
        Part::Plain => return text(piece),
        Part::Name => "json-name",
        Part::Text => "json-text",
        Part::Number => "json-number",
        Part::Word => "json-word",
    };
    words("span", class, piece)
}

fn said(sentence: &str) -> Html {
    words("p", "payload-words", sentence)
}

fn image(url: &ImageUrl) -> Html {
    let image = element("img", &["src", "alt"], &[Some(&url.0), Some("The payload as an image")], Vec::new());
    classed("div", "payload-image", vec![image])
}

fn image_of(view: &PanelView) -> Option<(&str, &[u8])> {
    match view {
        PanelView::Payload(PayloadView { body: PayloadBody::Image { media_type, bytes }, .. }) => {
            Some((media_type, bytes))
        }
        _ => None,
    }
}

fn name_of(format: PayloadFormat) -> &'static str {
    FORMATS.into_iter().find(|(known, _)| *known == format).map_or("", |(_, name)| name)
}

/// An address for the bytes of an image, for as long as it is shown.
struct ImageUrl(String);

impl ImageUrl {
    fn of(media_type: &str, bytes: &[u8]) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let parts = Array::of1(&Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }
}

impl Drop for ImageUrl {
    fn drop(&mut self) {
        // Whatever is no such address is ignored.
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// The formats in the order of the list, with their names.
const FORMATS: [(PayloadFormat, &str); 8] = [
    (PayloadFormat::Auto, "Auto"),
    (PayloadFormat::Text, "Text"),
    (PayloadFormat::Json, "JSON"),
    (PayloadFormat::Hex, "Hex"),
    (PayloadFormat::Base64, "Base64"),
    (PayloadFormat::Cbor, "CBOR"),
    (PayloadFormat::MessagePack, "MessagePack"),
    (PayloadFormat::Image, "Image"),
];
/// Height of a line in CSS pixels, as in the style sheet.
const LINE: u32 = 24;
