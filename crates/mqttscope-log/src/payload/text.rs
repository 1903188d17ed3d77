//! Lines of text, long ones in pieces.

use super::{Pen, piece_end};

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) at: usize,
}

impl State {
    pub(super) fn step(&mut self, payload: &[u8], pen: &mut Pen) -> bool {
        let start = self.at;
        if start >= payload.len() {
            return false;
        }
        let window = &payload[start..payload.len().min(start + super::MAX_LINE + 1)];
        let feed = window.iter().position(|&byte| byte == b'\n').map(|at| start + at);
        let end =
            feed.unwrap_or_else(|| piece_end(payload, start, payload.len().min(start + super::MAX_LINE + 1)));
        self.at = end + usize::from(feed.is_some());
        let line = &payload[start..end];
        pen.write_text(line.strip_suffix(b"\r").filter(|_| feed.is_some()).unwrap_or(line));
        pen.line.range = start..end;
        true
    }
}
