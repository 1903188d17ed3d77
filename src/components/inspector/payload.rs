//! The payload of the selected packet in a format of the person's choice, line by line.

use js_sys::{Array, Uint8Array};
use mqttscope_log::Log;
use mqttscope_log::payload::{Line, View, Viewer, guess, image_type};
use mqttscope_log::transfer::{Binary, Lines};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, Element, HtmlSelectElement, Url};
use yew::prelude::*;

use super::list::List;
use super::packet::Packet;
use super::{Hands, Inspector, Message, attribute, button, nothing, number_of};
use crate::clipboard;
use crate::components::element::{classed, element, tag, text, words};
use crate::store::inspect::folds::Folds;
use crate::store::inspect::tree::bytes_words;
use crate::store::row::hex;
use crate::store::text::concat;

/// A payload that the reader has decoded.
pub struct Decoded {
    /// Which request this answers.
    request: u32,
    /// The lines, or why there are none.
    lines: Result<Vec<Line>, String>,
}

/// A format as a person chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Auto,
    Text,
    Json,
    Hex,
    Base64,
    Cbor,
    MessagePack,
    Image,
}

impl Format {
    const ALL: [Self; 8] = [
        Self::Auto,
        Self::Text,
        Self::Json,
        Self::Hex,
        Self::Base64,
        Self::Cbor,
        Self::MessagePack,
        Self::Image,
    ];

    const fn name(self) -> &'static str {
        ["Auto", "Text", "JSON", "Hex", "Base64", "CBOR", "MessagePack", "Image"][self as usize]
    }

    /// The format that shows most of a payload.
    fn of(payload: &[u8]) -> Self {
        if image_type(payload).is_some() {
            return Self::Image;
        }
        match guess(payload) {
            View::Json => Self::Json,
            View::Hex => Self::Hex,
            _ => Self::Text,
        }
    }
}

/// The payload, and what of it is looked at.
pub struct Payload {
    chosen: Format,
    /// `None` as long as the payload is not looked at.
    open: Option<Open>,
    list: List,
    folds: Folds,
    requests: u32,
    /// What was copied last.
    copied: &'static str,
}

/// A payload that is looked at.
struct Open {
    format: Format,
    source: Source,
}

/// Where the lines come from.
enum Source {
    Lines(Viewer),
    /// From the reader; `None` until they come.
    Reader(Option<Result<Vec<Line>, String>>),
    Image(Option<ImageUrl>),
}

impl Payload {
    pub fn new() -> Self {
        Self {
            chosen: Format::Auto,
            open: None,
            list: List::new(LINE),
            folds: Folds::default(),
            requests: 0,
            copied: "",
        }
    }

    /// Another payload is selected, or another format chosen.
    pub fn forget(&mut self) {
        self.open = None;
        self.folds = Folds::default();
        self.requests += 1;
        self.copied = "";
        self.list.reveal(0);
    }

    /// Begins to show the selected packet's payload, if that is not done.
    pub fn open(&mut self, log: &Log, packet: &Packet, ctx: &Context<Inspector>) {
        if self.open.is_some() {
            return;
        }
        let Some(payload) = payload_of(log, packet) else { return };
        let format = if self.chosen == Format::Auto { Format::of(payload) } else { self.chosen };
        let source = match format {
            Format::Image => Source::Image(ImageUrl::of(payload)),
            Format::Cbor => self.ask(Binary::Cbor, payload, ctx),
            Format::MessagePack => self.ask(Binary::MessagePack, payload, ctx),
            Format::Json => Source::Lines(Viewer::new(View::Json)),
            Format::Hex => Source::Lines(Viewer::new(View::Hex)),
            Format::Base64 => Source::Lines(Viewer::new(View::Base64)),
            Format::Text | Format::Auto => Source::Lines(Viewer::new(View::Text)),
        };
        self.open = Some(Open { format, source });
        self.advance(log, packet);
    }

    fn ask(&self, format: Binary, payload: &[u8], ctx: &Context<Inspector>) -> Source {
        let (link, request) = (ctx.link().clone(), self.requests);
        let answer = move |answer: Result<Lines, String>| {
            let lines = answer.map(|Lines { mut lines, is_cut }| {
                if is_cut {
                    let text = "… only the first lines are shown".to_owned();
                    lines.push(Line { text, ..Line::default() });
                }
                lines
            });
            link.send_message(Message::Decoded(Decoded { request, lines }));
        };
        let begun = ctx.props().reader.view(format, payload, answer);
        Source::Reader(begun.err().map(Err))
    }

    /// Takes what the reader has decoded; says whether it was waited for.
    pub fn take(&mut self, Decoded { request, lines }: Decoded) -> bool {
        let Some(Open { source: Source::Reader(place), .. }) = &mut self.open else { return false };
        if request == self.requests {
            *place = Some(lines);
        }
        request == self.requests
    }

    /// Whether lines are still to be found.
    pub fn is_busy(&self) -> bool {
        match &self.open {
            Some(Open { source: Source::Lines(viewer), .. }) => !viewer.is_complete() || self.folds.is_busy(),
            Some(_) => self.folds.is_busy(),
            None => false,
        }
    }

    /// Finds more lines.
    pub fn advance(&mut self, log: &Log, packet: &Packet) {
        let (Some(open), Some(payload)) = (&mut self.open, payload_of(log, packet)) else { return };
        if let Source::Lines(viewer) = &mut open.source
            && !viewer.is_complete()
        {
            viewer.advance(payload, SLICE_BYTES);
            return;
        }
        let source = &open.source;
        let depths =
            |first, count| source.window(payload, first, count).iter().map(|line| line.depth).collect();
        self.folds.advance(SLICE_LINES, depths);
    }

    pub fn view(&self, log: &Log, packet: &Packet, hands: &Hands) -> Vec<Html> {
        if packet.packet(log).is_none() {
            return packet.absence(log);
        }
        let (Some(payload), Some(open)) = (payload_of(log, packet), &self.open) else {
            return nothing(
                "This packet carries no message",
                "PUBLISH has a payload, and CONNECT has one for its will. Select one of them in the log.",
            );
        };
        let body = match &open.source {
            Source::Image(Some(url)) => image(url),
            Source::Image(None) => said("This is no image of a kind that browsers show."),
            Source::Reader(Some(Err(error))) => said(error),
            Source::Reader(None) => said("Decoding …"),
            _ if payload.is_empty() => {
                said("The payload is empty: 0 bytes. With RETAIN that deletes the retained message.")
            }
            source => self.lines(source, payload, hands),
        };
        vec![self.head(open, payload), body]
    }

    /// Puts the lines into their place; says whether more is to be seen than was drawn.
    pub fn place(&self) -> bool {
        self.open.as_ref().is_some_and(|open| self.list.place(self.shown(&open.source)))
    }

    /// Says whether what is shown has changed.
    pub fn hear(&mut self, event: &Event, target: &Element, log: &Log, packet: &Packet) -> bool {
        match event.type_().as_str() {
            "scroll" => {
                self.list.look();
                true
            }
            "change" => {
                let select: &HtmlSelectElement = target.unchecked_ref();
                let chosen = Format::ALL.into_iter().find(|format| format.name() == select.value());
                self.chosen = chosen.unwrap_or(Format::Auto);
                self.forget();
                true
            }
            "click" => {
                if attribute(target, "data-copy").is_some() {
                    self.copy(log, packet);
                    return true;
                }
                let (Some(line), Some(open)) = (number_of(target, "data-line"), &self.open) else {
                    return false;
                };
                let Some(payload) = payload_of(log, packet) else { return false };
                let depth = open.source.window(payload, line, 1).first().map_or(0, |line| line.depth);
                self.folds.toggle(line, depth);
                self.advance(log, packet);
                true
            }
            _ => false,
        }
    }

    fn head(&self, open: &Open, payload: &[u8]) -> Html {
        let option = |format: Format| {
            let label = match format {
                Format::Auto if self.chosen == Format::Auto => concat(&["Auto: ", open.format.name()]),
                _ => format.name().to_owned(),
            };
            let selected = (format == self.chosen).then_some("");
            element("option", &["value", "selected"], &[Some(format.name()), selected], vec![text(&label)])
        };
        let select = element(
            "select",
            &["class", "aria-label"],
            &[Some("format"), Some("Format of the payload")],
            Format::ALL.map(option).into(),
        );
        let mut facts = bytes_words(payload.len());
        let count = open.source.len();
        if count > 0 {
            let so_far = match &open.source {
                Source::Lines(viewer) if !viewer.is_complete() => " so far",
                _ => "",
            };
            let lines = number::grouped(count as u64);
            facts = concat(&[&facts, " · ", &lines, if count == 1 { " line" } else { " lines" }, so_far]);
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

    fn lines(&self, source: &Source, payload: &[u8], hands: &Hands) -> Html {
        let window = self.list.window(self.shown(source));
        let numbers: Vec<usize> = window.lines.map(|place| self.folds.line_at(place)).collect();
        let mut rows = Vec::with_capacity(numbers.len());
        for run in numbers.chunk_by(|before, next| before + 1 == *next) {
            // The line behind says whether anything lies deeper than the last.
            let lines = source.window(payload, run[0], run.len() + 1);
            for (at, &number) in run.iter().enumerate() {
                let Some(line) = lines.get(at) else { break };
                let opens = lines.get(at + 1).is_some_and(|next| next.depth > line.depth);
                rows.push(self.line(number, line, opens));
            }
        }
        let scroller = tag(
            "div",
            &["class", "role", "aria-label", "tabindex"],
            &[Some("list payload-lines"), Some("group"), Some("Payload"), Some("0")],
        );
        self.list.draw(scroller, hands, rows)
    }

    fn line(&self, number: usize, line: &Line, opens: bool) -> Html {
        let is_folded = self.folds.is_folded(number);
        let fold = if opens {
            let (sign, expanded, label) =
                if is_folded { ("▸", "false", "Unfold") } else { ("▾", "true", "Fold") };
            element(
                "button",
                &["type", "class", "data-line", "aria-expanded", "aria-label"],
                &[
                    Some("button"),
                    Some("fold"),
                    Some(&number::plain(number as u64)),
                    Some(expanded),
                    Some(label),
                ],
                vec![text(sign)],
            )
        } else {
            Html::default()
        };
        let mut parts = vec![fold, text(&line.text)];
        if is_folded {
            parts.push(words("span", "quiet", " …"));
        }
        if let Some(fault) = line.fault {
            parts.push(words("span", "red", &concat(&["  ✖ ", fault])));
        }
        classed("div", "payload-line", parts)
    }

    fn shown(&self, source: &Source) -> usize {
        source.len().saturating_sub(self.folds.hidden())
    }

    fn copy(&mut self, log: &Log, packet: &Packet) {
        let (Some(open), Some(payload)) = (&self.open, payload_of(log, packet)) else { return };
        let joined = |separator: &str| {
            let lines = open.source.window(payload, 0, usize::MAX);
            lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(separator)
        };
        let (copied, copy) = match open.format {
            Format::Hex | Format::Image => ("Copied as hex", hex(payload)),
            Format::Base64 => ("Copied as Base64", joined("")),
            Format::Cbor | Format::MessagePack => ("Copied as shown", joined("\n")),
            _ => ("Copied as text", String::from_utf8_lossy(payload).into_owned()),
        };
        clipboard::copy(copy);
        self.copied = copied;
    }
}

impl Source {
    fn len(&self) -> usize {
        match self {
            Self::Lines(viewer) => viewer.lines(),
            Self::Reader(Some(Ok(lines))) => lines.len(),
            _ => 0,
        }
    }

    fn window(&self, payload: &[u8], first: usize, count: usize) -> Vec<Line> {
        match self {
            Self::Lines(viewer) => viewer.window(payload, first, count),
            Self::Reader(Some(Ok(lines))) => lines.iter().skip(first).take(count).cloned().collect(),
            _ => Vec::new(),
        }
    }
}

/// The message that the selected packet carries.
fn payload_of<'a>(log: &'a Log, packet: &'a Packet) -> Option<&'a [u8]> {
    let (_, record, tree, bytes) = packet.packet(log)?;
    match tree.message() {
        Some(range) => bytes.get(range),
        // A payload without bytes is no field.
        None => log.payload(record),
    }
}

fn said(sentence: &str) -> Html {
    words("p", "payload-words", sentence)
}

fn image(url: &ImageUrl) -> Html {
    let image = element("img", &["src", "alt"], &[Some(&url.0), Some("The payload as an image")], Vec::new());
    classed("div", "payload-image", vec![image])
}

/// An address for the bytes of an image, for as long as it is shown.
struct ImageUrl(String);

impl ImageUrl {
    fn of(payload: &[u8]) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type(image_type(payload)?);
        let parts = Array::of1(&Uint8Array::from(payload));
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

/// Height of a line in CSS pixels, as in the style sheet.
const LINE: u32 = 18;
/// What a slice looks at.
const SLICE_BYTES: usize = 192 << 10;
const SLICE_LINES: usize = 8_192;
