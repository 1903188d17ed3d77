//! Clears retained messages: lists them, publishes an empty one to each, as fast as they are acknowledged, and counts
//! what came back.
//!
//! What was sent and what answers it is found in the log, as everything else that is shown is.

use mqttscope_client::Client;
use mqttscope_link::{ClearingStage, ClearingView};
use mqttscope_log::topics::{TopicId, TopicNode, TopicTree};
use mqttscope_log::{ConnectionId, Direction, Log};
use mqttscope_proto::session::Publication;
use mqttscope_proto::{PacketType, Properties, Qos, Timestamp, TopicName};

use super::words::{behind, name_of, shown};
use crate::row::reason_words;

/// Retained messages that are listed, being cleared, or were.
pub(crate) struct Clearing {
    /// The level, and the next one to look at.
    root: TopicId,
    next: Option<TopicId>,
    topic: String,
    stage: ClearingStage,
    names: Vec<String>,
    left_out: u32,
    /// Over which connection, and how often the log was cleared when it began.
    connection: Option<ConnectionId>,
    clearings: u32,
    /// How many were sent, or wait in the session to be.
    begun: usize,
    /// Numbers of the records whose answer is awaited, with the place of the topic.
    awaited: Vec<(u32, usize)>,
    /// One that waits in the session for its turn, and the next record that may be it.
    queued: Option<(usize, u32)>,
    is_stopped: bool,
    acknowledged: u32,
    refused: Vec<(String, String)>,
    refusals: u32,
}

impl Clearing {
    /// Begins to list what is retained at a level and below it.
    pub(crate) fn new(node: TopicNode<'_>) -> Self {
        Self {
            root: node.id(),
            next: Some(node.id()),
            topic: shown(&name_of(node)),
            stage: ClearingStage::Listing,
            names: Vec::new(),
            left_out: 0,
            connection: None,
            clearings: 0,
            begun: 0,
            awaited: Vec::new(),
            queued: None,
            is_stopped: false,
            acknowledged: 0,
            refused: Vec::new(),
            refusals: 0,
        }
    }

    pub(crate) const fn stage(&self) -> &ClearingStage {
        &self.stage
    }

    pub(crate) fn is_listing(&self) -> bool {
        self.stage == ClearingStage::Listing
    }

    /// Lists more, in so many steps.
    pub(super) fn list(&mut self, tree: &TopicTree, steps: u32) {
        if !self.is_listing() {
            return;
        }
        let Some(root) = tree.node(self.root) else {
            self.stage = ClearingStage::Over(Some("This topic is not in the tree any more.".into()));
            return;
        };
        for _ in 0..steps {
            let Some(node) = self.next.and_then(|next| tree.node(next)) else {
                if self.next.is_none() {
                    self.stage = ClearingStage::Asking;
                    return;
                }
                // With the level its way to the next is gone.
                *self = Self::new(root);
                continue;
            };
            if node.topic().is_some_and(|topic| topic.retained.is_there()) {
                match String::from_utf8(name_of(node)) {
                    Ok(name) if TopicName::new(&name).is_ok() => self.names.push(name),
                    _ => self.left_out += 1,
                }
            }
            self.next = node.first_below().or_else(|| behind(node, root)).map(|next| next.id());
        }
    }

    /// The person has agreed: begins to clear what was listed.
    ///
    /// # Errors
    ///
    /// In words, if there is nothing to clear or no connection.
    pub(crate) fn begin(&mut self, now: Timestamp, client: &mut Client, log: &mut Log) -> Result<(), String> {
        if self.stage != ClearingStage::Asking || self.names.is_empty() {
            return Err("There is nothing to clear.".into());
        }
        if !client.connection().is_connected() {
            return Err("Not connected: press Connect first.".into());
        }
        self.stage = ClearingStage::Running;
        self.connection = client.id();
        self.clearings = log.clearings();
        self.go_on(now, client, log);
        Ok(())
    }

    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Takes the answers that have come, and sends as many more.
    pub(crate) fn go_on(&mut self, now: Timestamp, client: &mut Client, log: &mut Log) {
        if self.stage != ClearingStage::Running {
            return;
        }
        self.find_queued(log);
        self.take_answers(log);
        if client.id() != self.connection || !client.connection().is_connected() {
            self.end("The connection has ended.");
            return;
        }
        while !self.is_stopped
            && self.begun < self.names.len()
            && self.awaited.len() < IN_FLIGHT
            && self.queued.is_none()
            && client.session().queued() == 0
        {
            if let Err(words) = self.send(now, client, log) {
                self.end(&words);
                return;
            }
        }
        if self.awaited.is_empty() && self.queued.is_none() {
            if self.begun == self.names.len() {
                self.stage = ClearingStage::Over(self.lost());
            } else if self.is_stopped {
                self.end("Stopped.");
            }
        }
    }

    pub(crate) fn view(&self) -> ClearingView {
        ClearingView {
            topic: self.topic.clone(),
            stage: self.stage.clone(),
            total: self.names.len() as u32,
            topics: self.names.iter().take(MOST_NAMES).map(|name| shown(name.as_bytes())).collect(),
            left_out: self.left_out,
            sent: (self.begun - usize::from(self.queued.is_some())) as u32,
            acknowledged: self.acknowledged,
            refused: self.refused.clone(),
            refusals: self.refusals,
        }
    }

    /// Sends the next one.
    fn send(&mut self, now: Timestamp, client: &mut Client, log: &mut Log) -> Result<(), String> {
        let name = &self.names[self.begun];
        let topic = TopicName::new(name).map_err(|fault| fault.to_string())?;
        let (qos, properties) = (Qos::AtLeastOnce, Properties::NONE);
        let message = Publication { topic, payload: b"", qos, retain: true, properties };
        let from = log.end();
        client.publish(now, &message, log).map_err(|error| format!("It cannot go on: {error}."))?;
        self.queued = Some((self.begun, from));
        self.begun += 1;
        self.find_queued(log);
        Ok(())
    }

    /// Finds the record of a message that was published, once the session has sent it.
    fn find_queued(&mut self, log: &Log) {
        let Some((at, from)) = self.queued else { return };
        if log.clearings() != self.clearings {
            self.queued = None;
            return;
        }
        let from = from.max(log.first());
        for (number, record) in (from..).zip(log.records_from(from)) {
            let is_it = Some(record.connection) == self.connection
                && record.direction() == Direction::Out
                && record.packet_type() == Some(PacketType::Publish)
                && record.retain()
                && log.topic(number, record).and_then(|topic| topic.name())
                    == Some(self.names[at].as_bytes())
                && log.payload(record).is_some_and(<[u8]>::is_empty);
            if is_it {
                self.awaited.push((number, at));
                self.queued = None;
                return;
            }
        }
        self.queued = Some((at, log.end()));
    }

    fn take_answers(&mut self, log: &Log) {
        if log.clearings() != self.clearings {
            // Whatever has these numbers now is something else. What comes is not known.
            self.awaited.clear();
            self.clearings = log.clearings();
            return;
        }
        let mut awaited = std::mem::take(&mut self.awaited);
        awaited.retain(|&(number, at)| {
            let Some(answer) = answer(log, number) else { return log.record(number).is_some() };
            match answer {
                Some(code) if code.is_error() => {
                    self.refusals += 1;
                    if self.refused.len() < MOST_REFUSED {
                        let words = reason_words(code, PacketType::PubAck);
                        self.refused.push((shown(self.names[at].as_bytes()), words));
                    }
                }
                _ => self.acknowledged += 1,
            }
            false
        });
        self.awaited = awaited;
    }

    fn end(&mut self, words: &str) {
        let lost = self.lost().map(|lost| format!("{words} {lost}"));
        self.stage = ClearingStage::Over(Some(lost.unwrap_or_else(|| words.to_owned())));
    }

    /// What the log does not tell any more.
    fn lost(&self) -> Option<String> {
        let known = self.acknowledged + self.refusals + self.awaited.len() as u32;
        let sent = self.begun as u32 - u32::from(self.queued.is_some());
        let lost = sent.saturating_sub(known);
        (lost > 0).then(|| {
            let words = mqttscope_text::number::counted(lost.into(), " answer is", " answers are");
            format!("{words} not known: the log was cleared, or dropped what was sent.")
        })
    }
}

/// The reason code of the PUBACK of a message, if one has come.
fn answer(log: &Log, number: u32) -> Option<Option<mqttscope_proto::ReasonCode>> {
    let mut at = number;
    // Copies of it may stand in between.
    for _ in 0..MOST_COPIES {
        at = log.after(at)?;
        let record = log.record(at)?;
        if record.packet_type() == Some(PacketType::PubAck) && record.direction() == Direction::In {
            return Some(record.reason_code());
        }
    }
    None
}

/// Empty messages that are sent before the first must be acknowledged.
const IN_FLIGHT: usize = 20;
/// Topics that are shown before the person agrees.
const MOST_NAMES: usize = 200;
/// Refusals of which the topic is told.
const MOST_REFUSED: usize = 50;
const MOST_COPIES: u32 = 16;
