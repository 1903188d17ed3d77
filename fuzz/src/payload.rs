//! Any payload in any view: the same lines whatever the slices and the window, and JSON is what serde_json takes for it.

use mqttscope_log::payload::{Line, View, Viewer, guess, image_type};

/// Runs the target. The input is a view, the bytes of a slice, the first line and the number of lines of a window, and
/// a payload.
pub fn run(data: &[u8]) {
    let Some((&[view, slice, first, count], payload)) = data.split_first_chunk() else { return };
    let view = VIEWS[usize::from(view) % VIEWS.len()];
    let _ = (guess(payload), image_type(payload));

    let mut viewer = Viewer::new(view);
    assert!(viewer.advance(payload, usize::MAX));
    let whole = viewer.window(payload, 0, usize::MAX);
    assert_eq!(whole.len(), viewer.lines());
    check_lines(&whole, payload);

    let mut sliced = Viewer::new(view);
    while !sliced.advance(payload, usize::from(slice) + 1) {}
    assert_eq!(sliced.lines(), whole.len());
    // Windows begin behind the places that are remembered too.
    let (first, count) = (usize::from(first) * 4, usize::from(count));
    let window: Vec<_> = whole.iter().skip(first).take(count).cloned().collect();
    assert_eq!(sliced.window(payload, first, count), window);

    if view == View::Json {
        check_json(&whole, payload);
    }
}

/// Lines show bytes in their order, each once.
fn check_lines(lines: &[Line], payload: &[u8]) {
    let mut end = 0;
    for line in lines {
        assert!(line.range.start >= end && line.range.start <= line.range.end);
        assert!(line.range.end <= payload.len());
        assert!(line.text.len() < LONGEST, "{line:?}");
        end = line.range.end;
    }
    assert!(lines.iter().filter(|line| line.fault.is_some()).count() <= 1);
}

/// What serde_json reads has no fault, and means the same in lines; what it does not read has one.
fn check_json(lines: &[Line], payload: &[u8]) {
    let depth = lines.iter().map(|line| line.depth).max().unwrap_or_default();
    let Ok(text) = std::str::from_utf8(payload) else { return };
    if text.trim_ascii().is_empty() || depth > MOST_LEVELS {
        return;
    }
    let is_faultless = lines.iter().all(|line| line.fault.is_none());
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => {
            assert!(is_faultless, "{text:?} is JSON: {lines:?}");
            // Longer strings come in pieces, and DEL as its picture.
            if text.len() <= SHORT && !text.contains('\x7f') {
                let shown: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
                assert_eq!(
                    serde_json::from_str(&shown.join("\n")).ok(),
                    Some(value),
                    "{text:?} as {shown:?}"
                );
            }
        }
        Err(error) => {
            let words = error.to_string();
            // It is JSON, and of no use to a program: a number too great, half of a pair of surrogates.
            let is_of_no_use =
                ["out of range", "surrogate", "hex escape"].iter().any(|end| words.contains(end));
            assert!(is_of_no_use || !is_faultless, "{text:?} is no JSON: {words}");
        }
    }
}

const VIEWS: [View; 6] = [View::Cbor, View::MessagePack, View::Json, View::Hex, View::Base64, View::Text];
/// Bytes of the longest line: indentation of the deepest level, and escapes for what a line shows of a text.
const LONGEST: usize = 4_000;
/// As deep as serde_json follows.
const MOST_LEVELS: u16 = 120;
/// Bytes of a text that a line shows in one piece.
const SHORT: usize = 512;
