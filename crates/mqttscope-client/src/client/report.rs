//! What a session wants sent and what it reports: into the log, and onto the link.

use mqttscope_log::{Direction, Event as LogEvent, Fault, Log, PacketFacts};
use mqttscope_proto::session::{CloseReason, Event, TransmitKind};
use mqttscope_proto::{PacketId, ProtocolVersion, Timestamp};
use mqttscope_text::number;

use super::Client;
use crate::close::LocalClose;
use crate::connection::{Phase, ServerEnd};

impl Client {
    /// Logs and queues what the session wants sent, and takes its events. `about` is the packet that they follow from.
    pub(super) fn gather(&mut self, now: Timestamp, about: Option<u32>, log: &mut Log) {
        if let Some(id) = self.id() {
            while let Some(transmit) = self.session.poll_transmit() {
                let facts = facts_of(transmit.kind);
                let number = log.push_packet(now.as_micros(), id, Direction::Out, transmit.frame, facts);
                self.link.queue(now, transmit.frame, number);
            }
        }
        self.report(now, about, log);
    }

    /// Takes the session's events.
    pub(super) fn report(&mut self, now: Timestamp, about: Option<u32>, log: &mut Log) {
        while let Some(event) = self.session.poll_event() {
            self.on_event(now, about, event, log);
        }
        self.follow_queue(now, log);
    }

    fn on_event(&mut self, now: Timestamp, about: Option<u32>, event: Event, log: &mut Log) {
        match event {
            Event::Connected { session_present } => self.on_connected(now, session_present, log),
            Event::SessionLost { released, resent, discarded } => {
                self.on_session_lost(now, &released, &resent, &discarded, log);
            }
            Event::Dequeued { packet_id } => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.dequeued = (attempt.dequeued.0 + 1, packet_id.get());
                }
            }
            Event::Refused { return_code } => {
                self.event(now, LogEvent::Refused { return_code }, log);
                let said = self.on_refused(return_code);
                self.await_close(now, LocalClose::Refused(return_code, said));
            }
            Event::Subscribed { results, .. } => {
                for result in results.iter().filter(|result| result.granted().is_none()) {
                    self.event(now, LogEvent::NotGranted { filter: &result.filter }, log);
                }
                self.tell_refused_filters(about, now, &results, log);
                self.update(|connection| connection.subscribed(&results));
            }
            Event::Unsubscribed { filters, reason_codes, .. } => {
                self.tell_kept_filters(about, now, &filters, &reason_codes, log);
                self.update(|connection| connection.unsubscribed(&filters, &reason_codes));
            }
            Event::Failed { packet_id, packet_type, reason, .. } => {
                self.tell_failed(about, now, packet_id, packet_type, &reason, log);
            }
            Event::ReasonGiven { packet_type, packet_id, reason } => {
                self.tell_reason(about, now, packet_id, packet_type, &reason, log);
            }
            Event::Authentication { reason, data } => self.on_authentication(about, now, *reason, data, log),
            Event::ServerDisconnected { reason, server_reference } => {
                let end = ServerEnd { is_refusal: false, reason: *reason, server_reference };
                self.update(|connection| connection.end = Some(Box::new(end)));
            }
            Event::PingReqWithheld => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.withheld = true;
                }
                self.event(now, LogEvent::PingWithheld, log);
            }
            Event::AcknowledgementHeld { packet_type, packet_id } => {
                if let Some(number) = about {
                    log.mark(number, PacketFacts { held: true, ..PacketFacts::default() });
                }
                let held = LogEvent::AcknowledgementHeld { packet_type, packet_id: packet_id.get() };
                self.event_about(about, now, held, log);
            }
            Event::RepeatNotDelivered { packet_id } => {
                if let Some(number) = about {
                    log.mark(number, PacketFacts { repeat: true, ..PacketFacts::default() });
                }
                let repeat = LogEvent::RepeatNotDelivered { packet_id: packet_id.get() };
                self.event_about(about, now, repeat, log);
            }
            Event::PeerError(error) => {
                if !error.is_no_fault() {
                    self.note_broken_rule();
                }
                let error = Fault::Found(error, self.session.version());
                self.event(now, LogEvent::PeerError { error }, log);
            }
            Event::LeftInFlight { publishes, requests, queued, kept } => {
                let ids: Vec<_> = publishes.into_iter().chain(requests).collect();
                self.on_left_in_flight(now, &ids, queued, kept, log);
            }
            Event::Close(reason) => self.on_close_asked(now, reason, log),
            // The others stand in the log as the packets that they are.
            _ => {}
        }
    }

    fn on_connected(&mut self, now: Timestamp, session_present: bool, log: &mut Log) {
        let is_kept = match self.session.version() {
            // It does not say.
            ProtocolVersion::V31 => None,
            ProtocolVersion::V311 | ProtocolVersion::V5 => Some(session_present),
        };
        self.knows_session |= self.connection.clean_session || is_kept == Some(false);
        let may_hold_others = !self.knows_session;
        let (outlives, client_id) = (self.session.is_kept(), self.session.client_id().to_owned());
        self.update(|connection| {
            connection.may_hold_others = may_hold_others;
            connection.is_kept = outlives;
            connection.client_id = client_id;
        });
        let is_automatic = self.attempt.as_ref().is_some_and(|attempt| attempt.is_automatic);
        // What 3.1 does not say is no reason to hope.
        if is_automatic && is_kept != Some(true) || is_kept == Some(false) && !self.connection.clean_session {
            let gone = self.connection.lose_subscriptions(is_automatic);
            if gone > 0 && is_kept == Some(false) && !self.connection.clean_session {
                let gone = number::counted(gone as u64, " subscription is", " subscriptions are");
                let words = ["Session present 0: the server kept no session, and ", &gone, " gone"];
                self.event(now, LogEvent::Note { name: "session-lost", words: &words.concat() }, log);
            }
        }
        self.refused_versions.clear();
        self.tell_limits(now, log);
        self.enter(now, Phase::Connected);
        self.stands(now, log);
    }

    fn on_session_lost(
        &self,
        now: Timestamp,
        released: &[PacketId],
        resent: &[PacketId],
        discarded: &[PacketId],
        log: &mut Log,
    ) {
        let mut words = "Session present 0: the server kept no session".to_owned();
        if !released.is_empty() {
            let ids = id_words(released);
            words.extend(["; over, since PUBREC had come: packet id ", &ids]);
        }
        if !resent.is_empty() {
            let ids = id_words(resent);
            words.extend(["; sent again, since no answer had come: packet id ", &ids]);
        }
        if !discarded.is_empty() {
            let ids = id_words(discarded);
            words.extend(["; given up, as MQTT 5 asks, though no answer had come: packet id ", &ids]);
        }
        self.event(now, LogEvent::Note { name: "exchanges-lost", words: &words }, log);
    }

    /// The peer broke a rule, and the page stays connected: that is to be seen.
    pub(super) fn note_broken_rule(&mut self) {
        if !self.connection.has_broken_rule {
            self.update(|connection| connection.has_broken_rule = true);
        }
    }

    fn on_left_in_flight(
        &mut self,
        now: Timestamp,
        ids: &[PacketId],
        queued: usize,
        kept: bool,
        log: &mut Log,
    ) {
        let mut words = id_words(ids);
        if queued > 0 {
            let separator = if words.is_empty() { "" } else { "; " };
            words.push_str(&format!("{separator}{} queued", number::grouped(queued as u64)));
        }
        let fate = match (ids.len() + queued, kept) {
            (1, true) => "it is sent again on reconnect",
            (1, false) => "it is given up",
            (_, true) => "they are sent again on reconnect",
            (_, false) => "they are given up",
        };
        self.event(now, LogEvent::LeftInFlight { count: ids.len() as u64, ids: &words, fate }, log);
    }

    fn on_close_asked(&mut self, now: Timestamp, reason: CloseReason, log: &mut Log) {
        let Some(attempt) = &self.attempt else { return };
        let local = match reason {
            CloseReason::Refused(code) => LocalClose::Refused(code, None),
            CloseReason::ServerDisconnected(code) => self.server_disconnected(code),
            CloseReason::EarlierVersion { return_code } => {
                self.note_refused_version();
                LocalClose::EarlierVersion(return_code)
            }
            CloseReason::NoConnAck => LocalClose::NoConnAck(now.micros_since(attempt.began) / 1_000_000),
            CloseReason::NoPingResp if self.link.backlog.has_ping() => {
                let secs = now.micros_since(self.link.backlog.moved()) / 1_000_000;
                let words =
                    ["PINGREQ could not leave for ", &number::plain(secs), " s: the connection is dead"];
                self.event(now, LogEvent::Note { name: "stuck", words: &words.concat() }, log);
                LocalClose::Stuck(secs)
            }
            CloseReason::NoPingResp => {
                let secs = self.session.pingresp_wait_millis() / 1_000;
                let secs = u16::try_from(secs).unwrap_or(u16::MAX);
                self.event(now, LogEvent::KeepAliveExpired { secs }, log);
                LocalClose::KeepAliveExpired(secs)
            }
            CloseReason::Undecodable(error) => LocalClose::PeerError(error.to_string()),
            CloseReason::Violation(violation) => LocalClose::PeerError(violation.to_string()),
            CloseReason::PeerError(error) => LocalClose::PeerError(error.to_string()),
            _ => LocalClose::Disconnected,
        };
        self.close(now, local);
    }
}

/// What the log is told of a packet that the session sends.
fn facts_of(kind: TransmitKind) -> PacketFacts {
    PacketFacts {
        own: true,
        copy: kind == TransmitKind::Duplicate,
        resend: kind == TransmitKind::Resend,
        raw: kind == TransmitKind::Raw,
        ..PacketFacts::default()
    }
}

/// Packet ids in words, of many the first.
fn id_words(ids: &[PacketId]) -> String {
    let shown = ids.iter().take(MAX_IDS).map(PacketId::to_string);
    let mut words = shown.collect::<Vec<_>>().join(", ");
    if ids.len() > MAX_IDS {
        words.push_str(", …");
    }
    words
}

/// As many packet ids are named when exchanges are left unfinished.
const MAX_IDS: usize = 20;
