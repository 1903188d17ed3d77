//! The payload of the selected packet in a format of the person's choice, line by line.

use std::ops::Range;

use mqttscope_link::{PayloadBody, PayloadFormat, PayloadLine, PayloadView, Span};
use mqttscope_log::payload::{Line, View, Viewer, guess, image_type};
use mqttscope_log::transfer::{Binary, Lines};
use mqttscope_text::bytes::hex;

use super::folds::Folds;

/// The payload, and what of it is looked at. Its bytes are given with each call, and must be the same until it is
/// forgotten.
#[derive(Default)]
pub(super) struct Payload {
    /// `None` as long as the payload is not looked at.
    open: Option<Open>,
    folds: Folds,
    /// Counts what was asked to be decoded elsewhere.
    requests: u32,
    /// What is still to be asked.
    asks: Option<Binary>,
}

/// A payload that is looked at.
struct Open {
    /// What was chosen.
    chosen: PayloadFormat,
    /// What that means for this payload.
    format: PayloadFormat,
    source: Source,
}

/// Where the lines come from.
enum Source {
    Viewer(Viewer),
    /// From the module that decodes; `None` until they come.
    Decoded(Option<Result<Vec<Line>, String>>),
    Image,
}

impl Payload {
    /// Another packet is selected.
    pub(super) fn forget(&mut self) {
        self.open = None;
        self.folds = Folds::default();
        self.asks = None;
        self.requests += 1;
    }

    /// Begins to show a payload, if that is not done.
    pub(super) fn open(&mut self, chosen: PayloadFormat, payload: &[u8]) {
        if self.open.as_ref().is_some_and(|open| open.chosen == chosen) {
            return;
        }
        self.forget();
        use PayloadFormat as F;
        let format = if chosen == F::Auto { best(payload) } else { chosen };
        let mut decode = |binary| {
            self.asks = Some(binary);
            Source::Decoded(None)
        };
        let source = match format {
            F::Image => Source::Image,
            F::Cbor => decode(Binary::Cbor),
            F::MessagePack => decode(Binary::MessagePack),
            F::Json => Source::Viewer(Viewer::new(View::Json)),
            F::Hex => Source::Viewer(Viewer::new(View::Hex)),
            F::Base64 => Source::Viewer(Viewer::new(View::Base64)),
            F::Text | F::Auto => Source::Viewer(Viewer::new(View::Text)),
        };
        self.open = Some(Open { chosen, format, source });
        self.advance(payload);
    }

    /// What is to be decoded elsewhere, once, and the number of the request.
    pub(super) fn take_request(&mut self) -> Option<(u32, Binary)> {
        self.asks.take().map(|binary| (self.requests, binary))
    }

    /// Takes what was decoded, if it was waited for.
    pub(super) fn decoded(&mut self, request: u32, answer: Result<Lines, String>) {
        if request != self.requests {
            return;
        }
        if let Some(Open { source: Source::Decoded(place), .. }) = &mut self.open {
            *place = Some(answer.map(|Lines { mut lines, is_cut }| {
                if is_cut {
                    let text = "… only the first lines are shown".to_owned();
                    lines.push(Line { text, ..Line::default() });
                }
                lines
            }));
        }
    }

    /// Whether lines are still to be found.
    pub(super) fn is_busy(&self) -> bool {
        match &self.open {
            Some(Open { source: Source::Viewer(viewer), .. }) => {
                !viewer.is_complete() || self.folds.is_busy()
            }
            Some(_) => self.folds.is_busy(),
            None => false,
        }
    }

    /// Finds more lines.
    pub(super) fn advance(&mut self, payload: &[u8]) {
        let Some(open) = &mut self.open else { return };
        if let Source::Viewer(viewer) = &mut open.source
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

    /// Folds what lies below a line, or unfolds it.
    pub(super) fn fold(&mut self, payload: &[u8], line: usize) {
        let Some(open) = &self.open else { return };
        let Some(depth) = open.source.window(payload, line, 1).first().map(|line| line.depth) else { return };
        self.folds.toggle(line, depth);
        self.advance(payload);
    }

    /// The bytes that a line shows.
    pub(super) fn range(&self, payload: &[u8], line: usize) -> Option<Range<usize>> {
        Some(self.open.as_ref()?.source.window(payload, line, 1).first()?.range.clone())
    }

    /// What is looked at.
    pub(super) fn view(&self, number: u32, payload: &[u8], lines: Span) -> PayloadView {
        let format = self.open.as_ref().map_or(PayloadFormat::Text, |open| open.format);
        let body = match self.open.as_ref().map(|open| &open.source) {
            Some(Source::Image) => match image_type(payload) {
                Some(media_type) => {
                    PayloadBody::Image { media_type: media_type.into(), bytes: payload.into() }
                }
                None => PayloadBody::Words("This is no image of a kind that browsers show.".into()),
            },
            Some(Source::Decoded(Some(Err(words)))) => PayloadBody::Words(words.clone()),
            Some(Source::Decoded(None)) | None => PayloadBody::Words("Decoding …".into()),
            Some(_) if payload.is_empty() => PayloadBody::Words(EMPTY.into()),
            Some(source) => self.lines(source, payload, lines),
        };
        PayloadView { number, format, len: payload.len() as u32, body }
    }

    /// The payload in the format that is shown, for the clipboard.
    pub(super) fn text(&self, payload: &[u8]) -> Option<String> {
        let open = self.open.as_ref()?;
        let joined = |separator: &str| {
            let lines = open.source.window(payload, 0, usize::MAX);
            lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(separator)
        };
        Some(match open.format {
            PayloadFormat::Hex | PayloadFormat::Image => hex(payload),
            PayloadFormat::Base64 => joined(""),
            PayloadFormat::Cbor | PayloadFormat::MessagePack => joined("\n"),
            PayloadFormat::Auto | PayloadFormat::Text | PayloadFormat::Json => {
                String::from_utf8_lossy(payload).into_owned()
            }
        })
    }

    fn lines(&self, source: &Source, payload: &[u8], wanted: Span) -> PayloadBody {
        let total = source.len();
        let count = total.saturating_sub(self.folds.hidden());
        let first = (wanted.start as usize).min(count);
        let end = (wanted.end as usize).min(count).min(first + MOST_LINES).max(first);
        let numbers: Vec<usize> = (first..end).map(|place| self.folds.line_at(place)).collect();
        let mut lines = Vec::with_capacity(numbers.len());
        for run in numbers.chunk_by(|before, next| before + 1 == *next) {
            // The line behind says whether anything lies deeper than the last.
            let found = source.window(payload, run[0], run.len() + 1);
            for (at, &number) in run.iter().enumerate() {
                let Some(line) = found.get(at) else { break };
                lines.push(PayloadLine {
                    number: number as u32,
                    text: line.text.clone(),
                    opens: found.get(at + 1).is_some_and(|next| next.depth > line.depth),
                    is_folded: self.folds.is_folded(number),
                    fault: line.fault.map(str::to_owned),
                });
            }
        }
        let is_complete = match source {
            Source::Viewer(viewer) => viewer.is_complete(),
            _ => true,
        };
        PayloadBody::Lines {
            total: total as u32,
            is_complete,
            count: count as u32,
            first: first as u32,
            lines,
        }
    }
}

impl Source {
    fn len(&self) -> usize {
        match self {
            Self::Viewer(viewer) => viewer.lines(),
            Self::Decoded(Some(Ok(lines))) => lines.len(),
            _ => 0,
        }
    }

    fn window(&self, payload: &[u8], first: usize, count: usize) -> Vec<Line> {
        match self {
            Self::Viewer(viewer) => viewer.window(payload, first, count),
            Self::Decoded(Some(Ok(lines))) => lines.iter().skip(first).take(count).cloned().collect(),
            _ => Vec::new(),
        }
    }
}

/// The format that shows most of a payload.
fn best(payload: &[u8]) -> PayloadFormat {
    if image_type(payload).is_some() {
        return PayloadFormat::Image;
    }
    match guess(payload) {
        View::Json => PayloadFormat::Json,
        View::Hex => PayloadFormat::Hex,
        _ => PayloadFormat::Text,
    }
}

const EMPTY: &str = "The payload is empty: 0 bytes. With RETAIN that deletes the retained message.";
/// What a slice looks at: well under a millisecond.
const SLICE_BYTES: usize = 48 << 10;
const SLICE_LINES: usize = 2_048;
/// Lines that are made at most at once: several screens full.
const MOST_LINES: usize = 1_024;
