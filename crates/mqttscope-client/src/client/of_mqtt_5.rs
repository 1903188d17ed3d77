//! What a client makes of what only MQTT 5 tells: limits, reason codes, authentication, and versions that are not taken.

use mqttscope_log::{Event, Log};
use mqttscope_proto::session::{AuthenticationData, Reason, ServerLimits, SubscribeResult};
use mqttscope_proto::{PacketId, PacketType, ProtocolVersion, Qos, ReasonCode, Timestamp};
use mqttscope_text::number;

use super::Client;
use crate::close::{Closed, LocalClose};
use crate::connection::{AuthenticationRequest, Phase, ServerEnd};

impl Client {
    /// Tells what the server allows less than the most, and what holds by its word.
    pub(super) fn tell_limits(&mut self, now: Timestamp, log: &mut Log) {
        match self.session.version() {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 => {
                let limits = self.session.limits().clone();
                let words = limit_words(&limits, self.asked_expiry());
                if !words.is_empty() {
                    self.event(now, Event::Note { name: "server-limits", words: &words }, log);
                }
                self.update(|connection| connection.limits = Some(Box::new(limits)));
            }
        }
    }

    /// The Session Expiry Interval of CONNECT.
    fn asked_expiry(&self) -> u32 {
        let asked = self.attempt.as_ref().and_then(|attempt| {
            let properties = attempt.request.options.properties.as_properties();
            properties.number(mqttscope_proto::PropertyId::SessionExpiryInterval)
        });
        asked.unwrap_or(0)
    }

    /// Keeps what a CONNACK that refuses says, and gives its words for people.
    pub(super) fn on_refused(&mut self, code: u8) -> Option<String> {
        if is_unsupported(code, self.session.version()) {
            self.note_refused_version();
        }
        match self.session.version() {
            ProtocolVersion::V31 | ProtocolVersion::V311 => None,
            ProtocolVersion::V5 => {
                let ServerLimits { reason_string, server_reference, user_properties, .. } =
                    self.session.limits().clone();
                let said = said(reason_string.as_deref(), server_reference.as_deref());
                let reason = Reason { code: ReasonCode(code), string: reason_string, user_properties };
                let end = ServerEnd { is_refusal: true, reason, server_reference };
                self.update(|connection| connection.end = Some(Box::new(end)));
                said
            }
        }
    }

    /// Why the server's DISCONNECT ends the connection.
    pub(super) fn server_disconnected(&self, code: ReasonCode) -> LocalClose {
        let end = self.connection.end.as_deref();
        let said = end.and_then(|end| said(end.reason.string.as_deref(), end.server_reference.as_deref()));
        LocalClose::ServerDisconnected(code.0, said)
    }

    pub(super) fn on_authentication(
        &mut self,
        about: Option<u32>,
        now: Timestamp,
        reason: Reason,
        data: Option<AuthenticationData>,
        log: &mut Log,
    ) {
        let is_over = reason.code == ReasonCode::SUCCESS;
        let what =
            if is_over { "The server accepts the authentication" } else { "The server awaits an AUTH" };
        let words = [what, &quoted(reason.string.as_deref())].concat();
        self.event_about(about, now, Event::Note { name: "authentication", words: &words }, log);
        let request = Box::new(AuthenticationRequest { data, reason_string: reason.string });
        self.update(|connection| connection.authentication = (!is_over).then_some(request));
    }

    /// Tells of a message that the server did not take.
    pub(super) fn tell_failed(
        &self,
        about: Option<u32>,
        now: Timestamp,
        packet_id: PacketId,
        packet_type: PacketType,
        reason: &Reason,
        log: &mut Log,
    ) {
        let words = [
            "The message with packet id ",
            &packet_id.to_string(),
            " was not taken: ",
            packet_type.name(),
            " says ",
            &reason_words(packet_type, reason),
        ];
        self.event_about(about, now, Event::Note { name: "publish-failed", words: &words.concat() }, log);
    }

    /// Tells what an answer says besides that all is well.
    pub(super) fn tell_reason(
        &self,
        about: Option<u32>,
        now: Timestamp,
        packet_id: PacketId,
        packet_type: PacketType,
        reason: &Reason,
        log: &mut Log,
    ) {
        if reason.code == ReasonCode::SUCCESS && reason.string.is_none() {
            // User properties are shown with their packet.
            return;
        }
        let words = [
            packet_type.name(),
            " for packet id ",
            &packet_id.to_string(),
            " says ",
            &reason_words(packet_type, reason),
        ];
        self.event_about(about, now, Event::Note { name: "reason", words: &words.concat() }, log);
    }

    /// Tells why filters were refused.
    pub(super) fn tell_refused_filters(
        &self,
        about: Option<u32>,
        now: Timestamp,
        results: &[SubscribeResult],
        log: &mut Log,
    ) {
        let refused = results.iter().filter_map(|result| {
            let code = result.reason_code().filter(|code| code.is_error())?;
            Some((result.filter.as_str(), code))
        });
        self.tell_filters(about, now, PacketType::SubAck, refused, log);
    }

    /// Tells why filters were not given up.
    pub(super) fn tell_kept_filters(
        &self,
        about: Option<u32>,
        now: Timestamp,
        filters: &[String],
        reason_codes: &[ReasonCode],
        log: &mut Log,
    ) {
        let kept = filters.iter().map(String::as_str).zip(reason_codes.iter().copied());
        let kept = kept.filter(|(_, code)| code.is_error());
        self.tell_filters(about, now, PacketType::UnsubAck, kept, log);
    }

    fn tell_filters<'a>(
        &self,
        about: Option<u32>,
        now: Timestamp,
        packet_type: PacketType,
        refused: impl Iterator<Item = (&'a str, ReasonCode)>,
        log: &mut Log,
    ) {
        match self.session.version() {
            ProtocolVersion::V31 | ProtocolVersion::V311 => {}
            ProtocolVersion::V5 => {
                for (filter, code) in refused {
                    let words =
                        [packet_type.name(), " for ", filter, " says ", &code_words(packet_type, code)];
                    let name = "filter-refused";
                    self.event_about(about, now, Event::Note { name, words: &words.concat() }, log);
                }
            }
        }
    }

    /// The server does not take the version of this attempt: another one is offered.
    pub(super) fn note_refused_version(&mut self) {
        let version = self.session.version();
        if !self.refused_versions.contains(&version) {
            self.refused_versions.push(version);
        }
        let others = [ProtocolVersion::V311, ProtocolVersion::V5, ProtocolVersion::V31];
        let offered = others.into_iter().find(|version| !self.refused_versions.contains(version));
        self.update(|connection| connection.offered_version = offered);
    }

    /// A server that hangs up on CONNECT may not take its version, unless a gateway says that it has not even reached it.
    pub(super) fn note_unanswered_version(&mut self, closed: &Closed) {
        let is_unanswered = closed.local.is_none() && closed.phase == Phase::AwaitingConnAck;
        if is_unanswered && !matches!(closed.code, 1011 | 1014) {
            self.note_refused_version();
        }
    }
}

/// Whether a CONNACK says that the server does not speak the version.
fn is_unsupported(code: u8, version: ProtocolVersion) -> bool {
    match version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => {
            // Servers of MQTT 5 answer so to who speaks another version.
            code == 1 || ReasonCode(code) == ReasonCode::UNSUPPORTED_PROTOCOL_VERSION
        }
        ProtocolVersion::V5 => ReasonCode(code) == ReasonCode::UNSUPPORTED_PROTOCOL_VERSION,
    }
}

/// What the server allows less than the most: `Receive maximum 20, no shared subscriptions, keep alive 30 s by the server`.
pub(crate) fn limit_words(limits: &ServerLimits, asked_expiry_secs: u32) -> String {
    let mut words = Vec::new();
    if limits.receive_maximum < u16::MAX {
        words.push(format!("Receive maximum {}", limits.receive_maximum));
    }
    match limits.maximum_qos {
        Qos::AtMostOnce => words.push("QoS 0 only".into()),
        Qos::AtLeastOnce => words.push("QoS 1 at most".into()),
        Qos::ExactlyOnce => {}
    }
    if let Some(size) = limits.maximum_packet_size {
        words.push(format!("packets of {} B at most", number::grouped(size.into())));
    }
    if limits.topic_alias_maximum > 0 {
        words.push(format!("topic aliases 1 to {}", limits.topic_alias_maximum));
    }
    for (is_available, what) in [
        (limits.retain_available, "no retained messages"),
        (limits.wildcard_subscription_available, "no wildcards in subscriptions"),
        (limits.subscription_identifier_available, "no subscription identifiers"),
        (limits.shared_subscription_available, "no shared subscriptions"),
    ] {
        if !is_available {
            words.push(what.into());
        }
    }
    if let Some(keep_alive) = limits.server_keep_alive {
        words.push(match keep_alive.as_secs() {
            0 => "no keep alive by the server".into(),
            secs => format!("keep alive {secs} s by the server"),
        });
    }
    if limits.session_expiry_secs != asked_expiry_secs {
        words.push(match limits.session_expiry_secs {
            0 => "the session ends with the connection".into(),
            u32::MAX => "the session never expires".into(),
            secs => format!("session expiry {} s by the server", number::grouped(secs.into())),
        });
    }
    if let Some(client_id) = &limits.assigned_client_id {
        words.push(format!("client id {client_id} by the server"));
    }
    if let Some(information) = &limits.response_information {
        words.push(format!("response information “{information}”"));
    }
    if let Some(reason) = &limits.reason_string {
        words.push(format!("“{reason}”"));
    }
    let mut words = words.join(", ");
    // A sentence begins with a capital letter.
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn reason_words(packet_type: PacketType, reason: &Reason) -> String {
    [&code_words(packet_type, reason.code), quoted(reason.string.as_deref()).as_str()].concat()
}

/// `0x87, Not authorized`; what other packets mean by a code is no help where this one does not have it.
fn code_words(packet_type: PacketType, code: ReasonCode) -> String {
    match code.name(packet_type) {
        Some(name) => format!("{code}, {name}"),
        None => format!("{code}, which is no reason code of {packet_type}"),
    }
}

/// `: “for people”`, empty where nothing was said.
fn quoted(string: Option<&str>) -> String {
    string.map(|string| [": “", string, "”"].concat()).unwrap_or_default()
}

/// What a server says for people, and whom it refers to.
fn said(string: Option<&str>, reference: Option<&str>) -> Option<String> {
    match (string, reference) {
        (None, None) => None,
        (Some(string), None) => Some(["It says “", string, "”."].concat()),
        (None, Some(reference)) => Some(["It refers to ", reference, "."].concat()),
        (Some(string), Some(reference)) => {
            Some(["It says “", string, "”, and refers to ", reference, "."].concat())
        }
    }
}
