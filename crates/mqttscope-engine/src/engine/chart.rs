//! What the page asks of the chart.

use mqttscope_link::{ChartCommand, PanelLook, Saved, Ticket, TopicRef, Update};
use mqttscope_log::{Direction, Log};

use super::{Engine, Output};
use crate::chart::{Path, Source};

impl Engine {
    pub(super) fn on_chart(&mut self, ticket: Ticket, command: ChartCommand) {
        match command {
            ChartCommand::Remove(id) => self.charts.remove(id),
            ChartCommand::Export if self.exporting.is_some() || self.charts.exporting.is_some() => {
                self.charts.note = "An export is under way.".into();
            }
            ChartCommand::Export => self.charts.begin_export(),
            ChartCommand::Line(line) => self.add_line(self.source_of_line(line).ok_or(NO_NUMBER)),
            ChartCommand::Topic(id) => self.add_line(self.source_of_topic(id).ok_or(NO_NUMBER_OF_TOPIC)),
            ChartCommand::Add { topic, path } => {
                let source = match Path::parse(&path) {
                    _ if topic.is_empty() => Err(NO_TOPIC),
                    Some(path) => Ok(Source { topic: topic.into_bytes(), path, direction: None }),
                    None => Err(NO_PATH),
                };
                self.add_line(source);
            }
        }
        self.update(Update::Done(ticket, Ok(())));
    }

    /// Writes the next piece of the chart, if that is exported.
    pub(super) fn export_chart(&mut self) -> bool {
        let Some((piece, is_last)) = self.charts.write(PIECE) else { return false };
        self.outputs.push_back(Output::Piece(piece));
        if is_last && let Some(written) = self.charts.exporting.take() {
            let (rows, dropped) = written.counts();
            self.update(Update::Exported(Ok(Saved {
                extension: "csv".into(),
                media_type: "text/csv".into(),
                rows,
                dropped,
                passwords_hidden: 0,
            })));
        }
        true
    }

    pub(super) fn is_chart_shown(&self) -> bool {
        matches!(self.page.look.panel, Some(PanelLook::Chart { .. }))
    }

    fn add_line(&mut self, source: Result<Source, &str>) {
        match source {
            Ok(source) => self.charts.add(source),
            Err(words) => self.charts.note = words.into(),
        }
    }

    /// The number on a line of the selected payload.
    fn source_of_line(&self, line: u32) -> Option<Source> {
        let number = self.view.selected()?;
        let record = self.log.record(number)?;
        let payload = self.log.payload(record)?;
        let range = self.inspector.line_range(&self.log, line)?;
        let path = match Path::default().number(payload) {
            Some(_) => Path::default(),
            None => Path::of_number(payload, range.start, range.end)?,
        };
        Some(Source {
            topic: self.log.topic(number, record)?.name()?.to_vec(),
            path,
            direction: Some(record.direction()),
        })
    }

    /// The number, or the first one, of the last message to a topic.
    fn source_of_topic(&self, id: TopicRef) -> Option<Source> {
        let node = self.topics.node(id)?;
        let last = node.topic()?;
        let payload = whole(&self.log, last.number).unwrap_or(last.value());
        let path = match Path::default().number(payload) {
            Some(_) => Path::default(),
            None => Path::of_number(payload, 0, usize::MAX)?,
        };
        let mut topic = Vec::new();
        node.push_name(&mut topic);
        let direction = if last.is_out { Direction::Out } else { Direction::In };
        Some(Source { topic, path, direction: Some(direction) })
    }
}

fn whole(log: &Log, number: u32) -> Option<&[u8]> {
    log.payload(log.record(number)?)
}

const NO_NUMBER: &str = "There is no number on that line.";
const NO_NUMBER_OF_TOPIC: &str = "There is no number in the last message of that topic.";
const NO_TOPIC: &str = "A line needs a topic.";
const NO_PATH: &str = "That is no path: write it as room.sensors[0].t";
/// Bytes of a piece: what takes well under a millisecond to write.
const PIECE: usize = 64 << 10;
