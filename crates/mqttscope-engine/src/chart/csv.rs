//! All points of a chart as lines of a table (RFC 4180), written piece by piece.

use mqttscope_text::time::push_iso;

use super::Line;

/// A chart that is being written.
pub(crate) struct Csv {
    /// The lines that there were: which, the point to go on with, and the one behind the last.
    todo: Vec<(u32, usize, usize)>,
    has_begun: bool,
    rows: u64,
    /// Points that were dropped before they were written.
    dropped: u64,
}

impl Csv {
    pub(super) fn new(lines: &[Line]) -> Self {
        let range = |line: &Line| {
            let dropped = line.points.dropped();
            (line.id, dropped, dropped + line.points.len())
        };
        Self { todo: lines.iter().rev().map(range).collect(), has_begun: false, rows: 0, dropped: 0 }
    }

    /// How many points were written, and how many were gone before that.
    pub(crate) const fn counts(&self) -> (u64, u64) {
        (self.rows, self.dropped)
    }

    /// Writes about so many bytes more; says whether that was all.
    pub(super) fn write(&mut self, lines: &[Line], most: usize, out: &mut Vec<u8>) -> bool {
        let mut text = String::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            text.push_str("time,topic,path,value\r\n");
        }
        while text.len() < most {
            let Some((id, at, end)) = self.todo.last_mut() else { break };
            let Some(line) = lines.iter().find(|line| line.id == *id).filter(|_| *at < *end) else {
                self.todo.pop();
                continue;
            };
            let first = line.points.dropped().clamp(*at, *end);
            self.dropped += (first - *at) as u64;
            *at = first;
            let mut source = String::from(",");
            push_text(&mut source, &String::from_utf8_lossy(&line.source.topic));
            source.push(',');
            push_text(&mut source, &line.source.path.to_string());
            source.push(',');
            for point in line.points.from(*at).take(*end - *at) {
                if text.len() >= most {
                    break;
                }
                push_iso(&mut text, point.time);
                text.push_str(&source);
                text.push_str(&point.value.to_string());
                text.push_str("\r\n");
                *at += 1;
                self.rows += 1;
            }
        }
        out.extend_from_slice(text.as_bytes());
        self.todo.is_empty()
    }
}

/// A cell, which no program for tables takes for a formula.
fn push_text(out: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let quote = if is_formula || text.contains([',', '"', '\r', '\n']) { "\"" } else { "" };
    out.push_str(quote);
    out.push_str(if is_formula { "'" } else { "" });
    out.push_str(&text.replace('"', "\"\""));
    out.push_str(quote);
}

#[cfg(test)]
mod tests {
    use super::super::points::Point;
    use super::super::{Path, Source};
    use super::*;

    fn line(topic: &str, points: u32) -> Line {
        let path = Path::parse("a").expect("a path");
        let mut line = Line::new(7, Source { topic: topic.into(), path, direction: None });
        for number in 0..points {
            line.points.push(Point { time: u64::from(number), value: 0.5, number }, false);
        }
        line
    }

    #[test]
    fn a_topic_is_a_cell_that_no_program_takes_for_a_formula() {
        for (topic, cell) in [("=1+1", "\"'=1+1\""), ("a,\"b\"", "\"a,\"\"b\"\"\""), ("a b", "a b")] {
            let lines = [line(topic, 1)];
            let mut out = Vec::new();
            assert!(Csv::new(&lines).write(&lines, usize::MAX, &mut out));
            let row = format!("1970-01-01T00:00:00.000000Z,{cell},$.a,0.5\r\n");
            assert_eq!(String::from_utf8_lossy(&out), ["time,topic,path,value\r\n", &row].concat());
        }
    }

    #[test]
    fn what_is_dropped_or_removed_meanwhile_is_left_out() {
        let mut lines = [line("t", 200)];
        let mut csv = Csv::new(&lines);
        let mut out = Vec::new();
        assert!(!csv.write(&lines, 100, &mut out));
        let written = csv.counts().0;
        lines[0].points.drop_oldest();
        // What comes later is no part of it.
        lines[0].points.push(Point { time: 900, value: 1.0, number: 900 }, false);
        assert!(csv.write(&lines, usize::MAX, &mut out));
        assert_eq!(csv.counts(), (written + 136, 64 - written));
        let mut csv = Csv::new(&lines);
        assert!(csv.write(&[], usize::MAX, &mut out));
        assert_eq!(csv.counts(), (0, 0));
    }
}
