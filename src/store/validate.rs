//! What the forms say, checked: a request that can be carried out, or what is wrong beside each field.

use mqttscope_client::ConnectRequest;
use mqttscope_proto::session::{ConnectOptions, WillOptions};
use mqttscope_proto::{KeepAlive, ProtocolVersion, Qos, TopicFilter, TopicName, Violation};
use mqttscope_text::{capitalised, number};

use super::form::{Field, Forms, Problems};

/// What the page's own address means for a connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Whether the page came over `https:`.
    pub secure: bool,
    /// The URL that an empty field stands for: the page's own host and `/mqttproxy`.
    pub default_url: String,
}

impl Forms {
    /// The protocol version that is chosen.
    #[must_use]
    pub fn protocol_version(&self) -> ProtocolVersion {
        if self.version == "3.1.1" { ProtocolVersion::V311 } else { ProtocolVersion::V31 }
    }

    /// The connection that the forms describe.
    ///
    /// # Errors
    ///
    /// What is wrong with them, field by field.
    pub fn connect_request(&self, place: &Place) -> Result<ConnectRequest, Problems> {
        let mut problems = Problems::default();
        let mut note = |field, fault: Option<String>| {
            if let Some(words) = fault {
                problems.add(field, words);
            }
        };
        note(Field::Url, url_fault(self.url.trim(), place));
        let subprotocols = subprotocol_list(&self.subprotocol);
        note(Field::Subprotocol, subprotocol_fault(&subprotocols));
        note(Field::ClientId, self.client_id_fault());
        note(Field::Username, self.username_fault());
        note(Field::Password, self.password_fault());
        let keep_alive = self.keep_alive.trim().parse();
        if keep_alive.is_err() {
            note(Field::KeepAlive, Some("0 (off) to 65535.".into()));
        }
        if self.will {
            note(Field::WillTopic, TopicName::new(&self.will_topic).err().map(topic_words));
            note(Field::WillMessage, long_text_fault(&self.will_message_text()));
        }
        let url = self.url.trim();
        problems.or(ConnectRequest {
            url: if url.is_empty() { place.default_url.clone() } else { url.into() },
            subprotocols,
            options: ConnectOptions {
                version: self.protocol_version(),
                client_id: self.client_id.clone(),
                clean_session: self.clean_session,
                keep_alive: KeepAlive::from_secs(keep_alive.unwrap_or_default()),
                will: self.will.then(|| self.will_options()),
                username: Some(self.username.clone()).filter(|name| !name.is_empty()),
                password: Some(self.password.clone().into_bytes()).filter(|password| !password.is_empty()),
            },
        })
    }

    /// The topic filter and QoS of the Subscribe form.
    ///
    /// # Errors
    ///
    /// What is wrong with the filter.
    pub fn subscription(&self) -> Result<(TopicFilter<'_>, Qos), Problems> {
        match TopicFilter::new(&self.filter) {
            Ok(filter) => Ok((filter, qos(&self.requested_qos))),
            Err(violation) => Err(refused(Field::Filter, topic_words(violation))),
        }
    }

    /// The topic and QoS of the Publish form.
    ///
    /// # Errors
    ///
    /// What is wrong with the topic.
    pub fn publication(&self) -> Result<(TopicName<'_>, Qos), Problems> {
        match TopicName::new(&self.topic) {
            Ok(topic) => Ok((topic, qos(&self.publish_qos))),
            Err(violation) => Err(refused(Field::Topic, topic_words(violation))),
        }
    }

    /// What is worth knowing about a field as it stands, though it is not wrong.
    #[must_use]
    pub fn hint(&self, field: Field) -> &'static str {
        match field {
            Field::ClientId => match self.protocol_version() {
                ProtocolVersion::V31 if self.client_id.is_empty() => {
                    "Empty: brokers may refuse it in MQTT 3.1."
                }
                ProtocolVersion::V31 if self.client_id.chars().count() > 23 => {
                    "Over 23 characters: brokers may refuse it in MQTT 3.1."
                }
                ProtocolVersion::V31 | ProtocolVersion::V311 => "",
            },
            Field::LogBudget if self.log_budget_bytes().is_none() => {
                "Type a number from 1 to 2,000: until then the last one counts."
            }
            Field::LogBudget => "Bytes and records together. The oldest rows go first.",
            Field::KeepAlive if self.keep_alive.trim() == "0" => "0 switches it off.",
            _ => "",
        }
    }

    /// The bytes that the log may keep, if what was typed is a number of megabytes that a browser has room for.
    #[must_use]
    pub fn log_budget_bytes(&self) -> Option<usize> {
        let megabytes: usize = self.log_budget.trim().parse().ok()?;
        (1..=2_000).contains(&megabytes).then_some(megabytes << 20)
    }

    fn will_options(&self) -> WillOptions {
        WillOptions {
            topic: self.will_topic.clone(),
            message: self.will_message_text().into_bytes(),
            qos: qos(&self.will_qos),
            retain: self.will_retain,
        }
    }

    fn client_id_fault(&self) -> Option<String> {
        if self.client_id.is_empty() && !self.clean_session {
            return Some("Needed while clean session is off.".into());
        }
        text_fault(&self.client_id)
    }

    fn username_fault(&self) -> Option<String> {
        if self.username.is_empty() && !self.password.is_empty() {
            return Some("A password needs a username.".into());
        }
        text_fault(&self.username)
    }

    fn password_fault(&self) -> Option<String> {
        if !self.username.is_empty() && self.password.is_empty() && !self.send_without_password {
            return Some("Enter one, or tick “Send without password”.".into());
        }
        long_text_fault(&self.password)
    }
}

/// A single problem, as a refusal.
#[must_use]
pub fn refused(field: Field, words: impl Into<String>) -> Problems {
    let mut problems = Problems::default();
    problems.add(field, words);
    problems
}

/// A broken rule as a sentence, with its place and its clause.
fn topic_words(violation: Violation) -> String {
    let rule = violation.rule.to_string();
    let clause = violation.rule.clause(ProtocolVersion::V311);
    let mut words = capitalised(&rule);
    words.push_str(" (");
    if violation.offset > 0 {
        words.push_str("byte ");
        words.push_str(&number::plain(violation.offset as u64 + 1));
        words.push_str(", ");
    }
    // Without the square brackets, one pair for each of its clauses.
    words.extend(clause.chars().filter(|char| !matches!(char, '[' | ']')));
    words.push_str(").");
    words
}

fn qos(text: &str) -> Qos {
    text.parse().ok().and_then(Qos::from_u8).unwrap_or_default()
}

fn text_fault(text: &str) -> Option<String> {
    if text.contains('\0') {
        return Some("The null character U+0000 is not allowed.".into());
    }
    long_text_fault(text)
}

fn long_text_fault(text: &str) -> Option<String> {
    (text.len() > 65_535).then(|| "At most 65,535 bytes fit.".into())
}

fn url_fault(url: &str, place: &Place) -> Option<String> {
    let url = if url.is_empty() { place.default_url.as_str() } else { url };
    let parts = url.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)));
    let (scheme, rest) = parts.unwrap_or(("", url));
    let secure = scheme.eq_ignore_ascii_case("wss");
    if !secure && !scheme.eq_ignore_ascii_case("ws") {
        return Some("A WebSocket URL begins with ws:// or wss://.".into());
    }
    if !secure && place.secure {
        return Some("From an https: page only wss:// is allowed.".into());
    }
    if url.contains('#') {
        return Some("A WebSocket URL has no part behind a #.".into());
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority_fault(authority).map(str::to_owned)
}

fn authority_fault(authority: &str) -> Option<&'static str> {
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    // The colons of an IPv6 address stand in square brackets.
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Some("The URL needs a host: ws://host:port/path.");
    }
    let two_ports = host.contains(':') && !host.starts_with('[');
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    (two_ports || !port.is_none_or(is_port)).then_some("A port is 1 to 65535.")
}

fn subprotocol_list(text: &str) -> Vec<String> {
    let names = text.split([',', ' ']).filter(|name| !name.is_empty() && *name != "none");
    names.map(str::to_owned).collect()
}

fn subprotocol_fault(names: &[String]) -> Option<String> {
    let is_token = |name: &String| name.bytes().all(|byte| byte.is_ascii_graphic() && !is_separator(byte));
    if !names.iter().all(is_token) {
        return Some("Letters, digits, . - _ only; commas between names.".into());
    }
    let repeated = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    repeated.then(|| "Each name once.".into())
}

/// The separators of RFC 2616, which a subprotocol's name must not hold (RFC 6455, 4.1).
fn is_separator(byte: u8) -> bool {
    b"()<>@,;:\\\"/[]?={}".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { secure: false, default_url: "ws://localhost:8001/mqttproxy".into() }
    }

    fn forms() -> Forms {
        Forms { client_id: "714909".into(), ..Forms::default() }
    }

    /// Fills in the forms with `edit` and expects the connection to be refused at `field` with these words.
    fn refuses(field: Field, words: &str, edit: impl FnOnce(&mut Forms)) {
        let mut forms = forms();
        edit(&mut forms);
        let problems = forms.connect_request(&place()).expect_err(words);
        assert_eq!(problems.first(), Some(field));
        let said = problems.at(field).unwrap_or_default();
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }

    #[test]
    fn the_defaults_can_be_connected() {
        let request = forms().connect_request(&place()).expect("nothing is wrong");
        assert_eq!(request.subprotocols, [""; 0]);
        assert_eq!(request.options.version, ProtocolVersion::V31);
        let options = request.options;
        assert_eq!((options.username, options.password, options.will), (None, None, None));
    }

    #[test]
    fn urls_that_are_no_websocket_urls_are_refused() {
        for url in ["http://localhost/", "localhost:8001", "ws:/x", "://x", "mqtt://h:1883"] {
            refuses(Field::Url, "begins with ws:// or wss://", |forms| forms.url = url.into());
        }
        for url in ["ws://", "ws:///path", "ws://:80/", "ws://a b/"] {
            refuses(Field::Url, "needs a host", |forms| forms.url = url.into());
        }
        for url in ["ws://h:0/", "ws://h:65536/", "ws://h:x/", "ws://[::1]:/", "ws://h:80:90/"] {
            refuses(Field::Url, "1 to 65535", |forms| forms.url = url.into());
        }
        refuses(Field::Url, "behind a #", |forms| forms.url = "ws://h/#x".into());
    }

    #[test]
    fn websocket_urls_are_accepted() {
        for url in ["ws://h", "WSS://h:443/x?y", "ws://[::1]:9001/", "ws://u:p@h:80/", " ws://h/ "] {
            let forms = Forms { url: url.into(), ..forms() };
            assert!(forms.connect_request(&place()).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_https_page_needs_wss() {
        let secure = Place { secure: true, ..place() };
        let problems = forms().connect_request(&secure).expect_err("ws from https");
        assert!(problems.at(Field::Url).is_some_and(|words| words.contains("wss://")));
        let wss = Forms { url: "wss://h/".into(), ..forms() };
        assert!(wss.connect_request(&secure).is_ok());
    }

    #[test]
    fn subprotocols_are_a_list_of_tokens() {
        refuses(Field::Subprotocol, "Letters", |forms| forms.subprotocol = "mqtt;x".into());
        refuses(Field::Subprotocol, "once", |forms| forms.subprotocol = "mqtt,mqtt".into());
        let listed = Forms { subprotocol: "mqtt, mqttv3.1".into(), ..forms() };
        let request = listed.connect_request(&place()).expect("two tokens");
        assert_eq!(request.subprotocols, ["mqtt", "mqttv3.1"]);
        let none = Forms { subprotocol: "none".into(), ..forms() };
        assert_eq!(none.connect_request(&place()).expect("none").subprotocols, [""; 0]);
    }

    #[test]
    fn an_empty_client_id_needs_clean_session() {
        refuses(Field::ClientId, "clean session is off", |forms| {
            forms.client_id.clear();
            forms.clean_session = false;
        });
        let empty = Forms::default();
        assert!(empty.connect_request(&place()).is_ok());
        assert!(empty.hint(Field::ClientId).contains("brokers may refuse it"));
        let v311 = Forms { version: "3.1.1".into(), ..Forms::default() };
        assert_eq!(v311.hint(Field::ClientId), "");
        refuses(Field::ClientId, "U+0000", |forms| forms.client_id = "a\0b".into());
    }

    #[test]
    fn keep_alive_is_a_number_of_sixteen_bits() {
        for text in ["", "-1", "65536", "1.5", "ten", "99999999999"] {
            refuses(Field::KeepAlive, "0 (off) to 65535", |forms| forms.keep_alive = text.into());
        }
        for (text, secs) in [("0", 0), (" 30 ", 30), ("65535", 65_535)] {
            let forms = Forms { keep_alive: text.into(), ..forms() };
            let request = forms.connect_request(&place()).expect(text);
            assert_eq!(request.options.keep_alive, KeepAlive::from_secs(secs));
        }
    }

    #[test]
    fn username_and_password_go_together() {
        refuses(Field::Username, "needs a username", |forms| forms.password = "secret".into());
        refuses(Field::Password, "Send without password", |forms| forms.username = "user".into());
        let alone = Forms { username: "user".into(), send_without_password: true, ..forms() };
        let request = alone.connect_request(&place()).expect("allowed by the box");
        let options = request.options;
        assert_eq!((options.username.as_deref(), options.password), (Some("user"), None));
        refuses(Field::Password, "65,535", |forms| {
            forms.username = "user".into();
            forms.password = "x".repeat(65_536);
        });
    }

    #[test]
    fn a_will_is_checked_only_when_it_is_on() {
        let off = Forms { will_topic: "a/#".into(), ..forms() };
        assert!(off.connect_request(&place()).is_ok());
        refuses(Field::WillTopic, "wildcards", |forms| {
            forms.will = true;
            forms.will_topic = "a/#".into();
        });
        let on = Forms { will: true, ..forms() };
        let will = on.connect_request(&place()).expect("the default will").options.will.expect("it is on");
        assert_eq!(will.topic, "topic/lastwill");
        assert_eq!(will.message, b"Client 714909 seems to be down.");
    }

    #[test]
    fn topics_that_cannot_be_published_to_are_refused() {
        let long = "x".repeat(65_536);
        let two_clauses = "wildcards + and # (byte 3, MQTT-3.3.2-2, MQTT-4.7.1-1).";
        let cases =
            [("", "at least one character (MQTT-4.7.3-1)."), ("a/+", two_clauses), ("#", "wildcards")];
        for (topic, words) in cases.into_iter().chain([("a\0", "U+0000"), (long.as_str(), "65,535")]) {
            let forms = Forms { topic: topic.into(), ..forms() };
            let problems = forms.publication().expect_err(words);
            let said = problems.at(Field::Topic).unwrap_or_default();
            assert!(said.contains(words), "{said:?} does not say {words:?}");
        }
    }

    #[test]
    fn filters_with_misplaced_wildcards_are_refused() {
        let cases =
            [("", "at least one character"), ("a/#/b", "# stands only at the end"), ("a#", "# stands")];
        for (filter, words) in cases.into_iter().chain([("a+/b", "whole level"), ("\0", "U+0000")]) {
            let forms = Forms { filter: filter.into(), ..forms() };
            let problems = forms.subscription().expect_err(words);
            let said = problems.at(Field::Filter).unwrap_or_default();
            assert!(said.contains(words), "{said:?} does not say {words:?}");
        }
        let forms = Forms { filter: "+/a/#".into(), requested_qos: "2".into(), ..forms() };
        assert_eq!(forms.subscription().map(|(_, qos)| qos), Ok(Qos::ExactlyOnce));
    }

    #[test]
    fn the_logs_budget_is_a_number_of_megabytes() {
        let budget = |text: &str| Forms { log_budget: text.into(), ..Forms::default() }.log_budget_bytes();
        assert_eq!((budget(" 1 "), budget("256")), (Some(1 << 20), Some(256 << 20)));
        assert_eq!([budget("0"), budget("2001"), budget("much"), budget("")], [None; 4]);
    }
}
