//! What the forms say, checked: a request that can be carried out, or what is wrong beside each field.

use mqttscope_proto::session::{ConnectOptions, WillOptions};
use mqttscope_proto::{
    KeepAlive, PropertyBuf, ProtocolVersion, Qos, ReasonCode, Rule, SubscribeOptions, TopicFilter, TopicName,
    Violation,
};
use mqttscope_text::{capitalised, number};

use crate::field::{Field, Form};
use crate::problems::{Problems, refused};
use crate::url::{Parsed, url_fault};
use crate::values::{Drafts, Profile};

/// A connection that can be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectRequest {
    /// Where to.
    pub url: String,
    /// The subprotocols to offer, in order; often none.
    pub subprotocols: Vec<String>,
    /// How, and as whom.
    pub options: ConnectOptions,
    /// Seconds that the WebSocket may take to open, and then the server to answer CONNECT.
    pub connect_timeout_secs: u16,
    /// Seconds of silence to wait for PINGRESP at least.
    pub pingresp_timeout_secs: u16,
}

/// A SUBSCRIBE that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeRequest<'a> {
    /// The topic filters, each once.
    pub filters: Vec<TopicFilter<'a>>,
    /// The QoS, and in MQTT 5 what else is asked for.
    pub options: SubscribeOptions,
    /// Properties.
    pub properties: PropertyBuf,
}

/// A PUBLISH that can be sent, but for its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishRequest<'a> {
    /// The topic.
    pub topic: TopicName<'a>,
    /// Its QoS.
    pub qos: Qos,
    /// The server is to keep it.
    pub retain: bool,
    /// Above QoS 0 it is sent twice.
    pub has_copy: bool,
    /// Properties.
    pub properties: PropertyBuf,
}

/// How to repeat messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatRequest {
    /// Milliseconds from one to the next; `None` for as fast as the broker acknowledges.
    pub every_millis: Option<u32>,
    /// How often each; `None` until it is stopped.
    pub times: Option<u64>,
}

/// What the page's own address means for a connection.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whether the page came over `https:`.
    pub secure: bool,
    /// The URL that an empty field stands for: the page's own host and `/mqttproxy`.
    pub default_url: String,
    /// The page's origin, as `https://host:port`; empty for one that was opened from a file.
    pub page: String,
    /// The browser's parser of URLs, which gives nothing for what is none.
    pub parse: fn(&str) -> Option<Parsed>,
}

impl Profile {
    /// The connection that the forms describe.
    ///
    /// # Errors
    ///
    /// What is wrong with them, field by field.
    pub fn connect_request(&self, place: &Place) -> Result<ConnectRequest, Problems> {
        let version = self.version();
        let mut problems = Problems::default();
        let mut note = |field, fault: Option<String>| {
            if let Some(words) = fault {
                problems.add(field, words);
            }
        };
        note(Field::Url, url_fault(self.0.text(Field::Url).trim(), place));
        let subprotocols = subprotocol_list(self.0.text(Field::Subprotocol));
        note(Field::Subprotocol, subprotocol_fault(&subprotocols));
        note(Field::ClientId, self.client_id_fault());
        note(Field::Username, self.username_fault());
        note(Field::Password, self.password_fault());
        let keep_alive = self.0.text(Field::KeepAlive).trim().parse();
        if keep_alive.is_err() {
            note(Field::KeepAlive, Some("0 (off) to 65535.".into()));
        }
        let timeouts = [Field::ConnectTimeout, Field::PingRespTimeout].map(|field| {
            let secs = self.0.text(field).trim().parse().ok().filter(|secs| (1..=3_600).contains(secs));
            if secs.is_none() {
                note(field, Some("1 to 3600.".into()));
            }
            secs.unwrap_or_default()
        });
        if self.is_on(Field::Will) {
            note(Field::WillTopic, topic_fault(self.0.text(Field::WillTopic), version));
            note(Field::WillMessage, long_text_fault(&self.text(Field::WillMessage)));
        }
        let properties = self.0.properties(Form::Connection, version, &mut problems);
        let will = self.is_on(Field::Will).then(|| self.will_options(&mut problems));
        let url = self.0.text(Field::Url).trim();
        problems.or(ConnectRequest {
            url: if url.is_empty() { place.default_url.clone() } else { url.into() },
            subprotocols,
            connect_timeout_secs: timeouts[0],
            pingresp_timeout_secs: timeouts[1],
            options: ConnectOptions {
                version,
                client_id: self.client_id().into(),
                clean_session: self.is_on(Field::CleanSession),
                keep_alive: KeepAlive::from_secs(keep_alive.unwrap_or_default()),
                will,
                username: Some(self.text(Field::Username)).filter(|name| !name.is_empty()),
                password: Some(self.text(Field::Password).into_bytes())
                    .filter(|password| !password.is_empty()),
                properties,
            },
        })
    }

    /// How to end a connection of MQTT 5.
    ///
    /// # Errors
    ///
    /// What is wrong with the form.
    pub fn disconnect_request(&self) -> Result<(ReasonCode, PropertyBuf), Problems> {
        let mut problems = Problems::default();
        let properties = self.0.properties(Form::Disconnect, ProtocolVersion::V5, &mut problems);
        problems.or((self.disconnect_reason(), properties))
    }

    /// The Authentication Data of an AUTH, if there is any.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn authentication_data(&self) -> Result<Option<Vec<u8>>, Problems> {
        self.bytes(Field::AuthAnswer).map_err(|words| refused(Field::AuthAnswer, words))
    }

    fn will_options(&self, problems: &mut Problems) -> WillOptions {
        WillOptions {
            topic: self.text(Field::WillTopic),
            message: self.text(Field::WillMessage).into_bytes(),
            qos: self.will_qos(),
            retain: self.is_on(Field::WillRetain),
            properties: self.0.properties(Form::Will, self.version(), problems),
        }
    }

    fn client_id_fault(&self) -> Option<String> {
        let is_needed = match self.version() {
            ProtocolVersion::V31 | ProtocolVersion::V311 => !self.is_on(Field::CleanSession),
            // The server assigns one [MQTT-3.1.3-6].
            ProtocolVersion::V5 => false,
        };
        if self.client_id().is_empty() && is_needed {
            return Some("Needed while clean session is off.".into());
        }
        text_fault(self.client_id())
    }

    fn username_fault(&self) -> Option<String> {
        let name = self.0.text(Field::Username);
        let needs_name = match self.version() {
            ProtocolVersion::V31 | ProtocolVersion::V311 => true,
            // "This version of the protocol allows the sending of a Password with no User Name" (MQTT 5, 3.1.2.9).
            ProtocolVersion::V5 => false,
        };
        if name.is_empty() && needs_name && !self.0.text(Field::Password).is_empty() {
            return Some("A password needs a username (MQTT-3.1.2-22); in MQTT 5 it needs none.".into());
        }
        text_fault(name)
    }

    fn password_fault(&self) -> Option<String> {
        let password = self.0.text(Field::Password);
        let is_due = !self.0.text(Field::Username).is_empty() && !self.is_on(Field::SendWithoutPassword);
        if is_due && password.is_empty() {
            return Some("Enter one, or tick “Send without password”.".into());
        }
        long_text_fault(password)
    }
}

impl Drafts {
    /// What the Subscribe form asks for, in a version.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn subscription(&self, version: ProtocolVersion) -> Result<SubscribeRequest<'_>, Problems> {
        self.subscription_to(self.text(Field::Filter), version)
    }

    /// What the Subscribe form describes, in a version, for other topic filters than its own: a line each. Empty lines are
    /// none.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn subscription_to<'a>(
        &self,
        text: &'a str,
        version: ProtocolVersion,
    ) -> Result<SubscribeRequest<'a>, Problems> {
        let mut problems = Problems::default();
        let mut filters = Vec::new();
        let is_list = text.lines().filter(|line| !line.is_empty()).count() > 1;
        let lines = text.split('\n').enumerate().filter(|(_, line)| !line.is_empty());
        // What has no line at all is at fault as a whole.
        let lines = lines.chain(text.split('\n').all(str::is_empty).then_some((0, "")));
        for (at, line) in lines {
            match TopicFilter::new(line) {
                Ok(filter) if filters.contains(&filter) => {}
                Ok(filter) => filters.push(filter),
                Err(violation) => {
                    let words = topic_words(violation, topic_clause(violation.rule, version));
                    let line = number::plain(at as u64 + 1);
                    let words = if is_list { ["Line ", &line, ": ", &words].concat() } else { words };
                    problems.add(Field::Filter, words);
                }
            }
        }
        let options = SubscribeOptions::new(self.requested_qos());
        let options = match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => options,
            ProtocolVersion::V5 => options
                .with_no_local(self.is_on(Field::NoLocal))
                .with_retain_as_published(self.is_on(Field::RetainAsPublished))
                .with_retain_handling(self.retain_handling()),
        };
        let properties = self.properties(Form::Subscribe, version, &mut problems);
        problems.or(SubscribeRequest { filters, options, properties })
    }

    /// The properties of an UNSUBSCRIBE, in a version.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn unsubscription(&self, version: ProtocolVersion) -> Result<PropertyBuf, Problems> {
        let mut problems = Problems::default();
        let properties = self.properties(Form::Unsubscribe, version, &mut problems);
        problems.or(properties)
    }

    /// What the Publish form describes, in a version.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn publication(&self, version: ProtocolVersion) -> Result<PublishRequest<'_>, Problems> {
        let mut problems = Problems::default();
        let topic = TopicName::new(self.text(Field::Topic)).map_err(|violation| {
            problems.add(Field::Topic, topic_words(violation, topic_clause(violation.rule, version)));
        });
        let (qos, retain) = (self.publish_qos(), self.is_on(Field::Retain));
        let has_copy = self.is_on(Field::Copy);
        let properties = self.properties(Form::Publish, version, &mut problems);
        match topic {
            Ok(topic) => problems.or(PublishRequest { topic, qos, retain, has_copy, properties }),
            Err(()) => Err(problems),
        }
    }
}

impl Drafts {
    /// How the messages are to be repeated.
    ///
    /// # Errors
    ///
    /// What is wrong with the form.
    pub fn repetition(&self) -> Result<RepeatRequest, Problems> {
        let mut problems = Problems::default();
        let number = |field| self.text(field).trim().parse::<u64>().ok().filter(|number| *number > 0);
        let every_millis = if self.is_on(Field::RepeatFast) {
            None
        } else {
            let millis = number(Field::RepeatEvery).filter(|millis| *millis <= MOST_MILLIS);
            if millis.is_none() {
                problems.add(Field::RepeatEvery, "1 to 86,400,000.");
            }
            // It is at most a day.
            millis.map(|millis| millis as u32)
        };
        let times = number(Field::RepeatTimes);
        if times.is_none() && !self.text(Field::RepeatTimes).trim().is_empty() {
            problems.add(Field::RepeatTimes, "A number from 1; empty: until stopped.");
        }
        problems.or(RepeatRequest { every_millis, times })
    }
}

fn topic_fault(topic: &str, version: ProtocolVersion) -> Option<String> {
    let violation = TopicName::new(topic).err()?;
    Some(topic_words(violation, topic_clause(violation.rule, version)))
}

/// Where a rule for topics is written. Each is looked up while this is compiled: the page needs none of the other rules.
fn topic_clause(rule: Rule, version: ProtocolVersion) -> &'static str {
    const fn clauses(rule: Rule) -> [&'static str; 3] {
        let [v31, v311, v5] = ProtocolVersion::ALL;
        [rule.clause(v31), rule.clause(v311), rule.clause(v5)]
    }
    const EMPTY: [&str; 3] = clauses(Rule::TopicEmpty);
    const TOO_LONG: [&str; 3] = clauses(Rule::StringTooLong(0));
    const NULL: [&str; 3] = clauses(Rule::Nul);
    const WILDCARD: [&str; 3] = clauses(Rule::WildcardInTopicName);
    const MULTI_LEVEL: [&str; 3] = clauses(Rule::MultiLevelWildcard);
    const SINGLE_LEVEL: [&str; 3] = clauses(Rule::SingleLevelWildcard);
    let [v31, v311, v5] = match rule {
        Rule::TopicEmpty => EMPTY,
        Rule::StringTooLong(_) => TOO_LONG,
        Rule::Nul => NULL,
        Rule::WildcardInTopicName => WILDCARD,
        Rule::MultiLevelWildcard => MULTI_LEVEL,
        Rule::SingleLevelWildcard => SINGLE_LEVEL,
        _ => [""; 3],
    };
    match version {
        ProtocolVersion::V31 => v31,
        ProtocolVersion::V311 => v311,
        ProtocolVersion::V5 => v5,
    }
}

/// A broken rule as a sentence, with its place and where it is written.
pub(crate) fn topic_words(violation: Violation, clause: &str) -> String {
    let mut words = capitalised(&violation.rule.to_string());
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

fn text_fault(text: &str) -> Option<String> {
    if text.contains('\0') {
        return Some("The null character U+0000 is not allowed.".into());
    }
    long_text_fault(text)
}

fn long_text_fault(text: &str) -> Option<String> {
    (text.len() > 65_535).then(|| "At most 65,535 bytes fit.".into())
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

/// A day, in milliseconds.
const MOST_MILLIS: u64 = 86_400_000;

/// The separators of RFC 2616, which a subprotocol's name must not hold (RFC 6455, 4.1).
fn is_separator(byte: u8) -> bool {
    b"()<>@,;:\\\"/[]?={}".contains(&byte)
}

#[cfg(test)]
mod tests {
    use mqttscope_proto::PropertyId;

    use super::*;
    use crate::values::Value;

    fn place() -> Place {
        let parse = |_: &str| Some(Parsed::default());
        Place {
            secure: false,
            default_url: "ws://localhost:8001/mqttproxy".into(),
            page: String::new(),
            parse,
        }
    }

    /// A profile with these texts, choices and switches.
    fn with(edits: &[(Field, &str)]) -> Profile {
        let mut profile = Profile::default();
        for (field, text) in [(Field::ClientId, "714909")].iter().chain(edits) {
            profile.set(*field, Some(Value::read(*field, text).expect("it is in the list")));
        }
        profile
    }

    fn drafts(edits: &[(Field, &str)]) -> Drafts {
        Drafts(with(edits).0)
    }

    /// Expects the connection to be refused at `field` with these words when the forms are filled in so.
    fn refuses(field: Field, words: &str, edits: &[(Field, &str)]) {
        let problems = with(edits).connect_request(&place()).expect_err(words);
        assert_eq!(problems.first(), Some(field));
        let said = problems.at(field).unwrap_or_default();
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }

    #[test]
    fn the_defaults_can_be_connected() {
        let request = with(&[]).connect_request(&place()).expect("nothing is wrong");
        assert_eq!(request.subprotocols, [""; 0]);
        assert_eq!(request.options.version, ProtocolVersion::V31);
        let options = request.options;
        assert_eq!((options.username, options.password, options.will), (None, None, None));
    }

    #[test]
    fn urls_that_are_no_websocket_urls_are_refused() {
        for url in ["http://localhost/", "localhost:8001", "ws:/x", "://x", "mqtt://h:1883"] {
            refuses(Field::Url, "begins with ws:// or wss://", &[(Field::Url, url)]);
        }
        for url in ["ws://", "ws:///path", "ws://:80/", "ws://a b/"] {
            refuses(Field::Url, "needs a host", &[(Field::Url, url)]);
        }
        for url in ["ws://h:0/", "ws://h:65536/", "ws://h:x/", "ws://h:80:90/"] {
            refuses(Field::Url, "1 to 65535", &[(Field::Url, url)]);
        }
        refuses(Field::Url, "behind a #", &[(Field::Url, "ws://h/#x")]);
        refuses(Field::Url, "no user name", &[(Field::Url, "ws://u:p@h:80/")]);
    }

    #[test]
    fn websocket_urls_are_accepted() {
        for url in ["ws://h", "WSS://h:443/x?y", "ws://[::1]:9001/", " ws://h/ "] {
            let forms = with(&[(Field::Url, url)]);
            assert!(forms.connect_request(&place()).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_https_page_needs_wss() {
        let secure = Place { secure: true, ..place() };
        let problems = with(&[(Field::Url, "ws://h/")]).connect_request(&secure).expect_err("ws from https");
        assert!(problems.at(Field::Url).is_some_and(|words| words.contains("wss://")));
        let wss = with(&[(Field::Url, "wss://h/")]);
        assert!(wss.connect_request(&secure).is_ok());
    }

    #[test]
    fn waits_have_limits() {
        for field in [Field::ConnectTimeout, Field::PingRespTimeout] {
            for text in ["", "0", "-1", "3601", "1.5", "ten"] {
                refuses(field, "1 to 3600", &[(field, text)]);
            }
        }
        let request = with(&[]).connect_request(&place()).expect("the defaults");
        assert_eq!((request.connect_timeout_secs, request.pingresp_timeout_secs), (10, 10));
        let set = with(&[(Field::ConnectTimeout, " 3 "), (Field::PingRespTimeout, "3600")]);
        let request = set.connect_request(&place()).expect("both are right");
        assert_eq!((request.connect_timeout_secs, request.pingresp_timeout_secs), (3, 3_600));
    }

    #[test]
    fn repeating_needs_a_time_unless_it_is_as_fast_as_can_be() {
        let request = |edits: &[(Field, &str)]| drafts(edits).repetition();
        assert_eq!(request(&[]), Ok(RepeatRequest { every_millis: Some(1_000), times: None }));
        let fast = [(Field::RepeatEvery, ""), (Field::RepeatFast, "on"), (Field::RepeatTimes, " 7 ")];
        assert_eq!(request(&fast), Ok(RepeatRequest { every_millis: None, times: Some(7) }));
        for (field, text) in [
            (Field::RepeatEvery, "0"),
            (Field::RepeatEvery, "86400001"),
            (Field::RepeatEvery, "1.5"),
            (Field::RepeatTimes, "0"),
            (Field::RepeatTimes, "many"),
        ] {
            assert_eq!(
                request(&[(field, text)]).map_err(|problems| problems.first()),
                Err(Some(field)),
                "{text}"
            );
        }
    }

    #[test]
    fn subprotocols_are_a_list_of_tokens() {
        refuses(Field::Subprotocol, "Letters", &[(Field::Subprotocol, "mqtt;x")]);
        refuses(Field::Subprotocol, "once", &[(Field::Subprotocol, "mqtt,mqtt")]);
        let listed = with(&[(Field::Subprotocol, "mqtt, mqttv3.1")]);
        let request = listed.connect_request(&place()).expect("two tokens");
        assert_eq!(request.subprotocols, ["mqtt", "mqttv3.1"]);
        let none = with(&[(Field::Subprotocol, "none")]);
        assert_eq!(none.connect_request(&place()).expect("none").subprotocols, [""; 0]);
    }

    #[test]
    fn an_empty_client_id_needs_clean_session() {
        refuses(
            Field::ClientId,
            "clean session is off",
            &[(Field::ClientId, ""), (Field::CleanSession, "off")],
        );
        assert!(with(&[(Field::ClientId, "")]).connect_request(&place()).is_ok());
        refuses(Field::ClientId, "U+0000", &[(Field::ClientId, "a\0b")]);
    }

    #[test]
    fn keep_alive_is_a_number_of_sixteen_bits() {
        for text in ["", "-1", "65536", "1.5", "ten", "99999999999"] {
            refuses(Field::KeepAlive, "0 (off) to 65535", &[(Field::KeepAlive, text)]);
        }
        for (text, secs) in [("0", 0), (" 30 ", 30), ("65535", 65_535)] {
            let forms = with(&[(Field::KeepAlive, text)]);
            let request = forms.connect_request(&place()).expect(text);
            assert_eq!(request.options.keep_alive, KeepAlive::from_secs(secs));
        }
    }

    #[test]
    fn username_and_password_go_together() {
        refuses(Field::Username, "needs a username", &[(Field::Password, "secret")]);
        refuses(Field::Password, "Send without password", &[(Field::Username, "user")]);
        let alone = with(&[(Field::Username, "user"), (Field::SendWithoutPassword, "on")]);
        let request = alone.connect_request(&place()).expect("allowed by the box");
        let options = request.options;
        assert_eq!((options.username.as_deref(), options.password), (Some("user"), None));
        refuses(
            Field::Password,
            "65,535",
            &[(Field::Username, "user"), (Field::Password, &"x".repeat(65_536))],
        );
    }

    #[test]
    fn a_will_is_checked_only_when_it_is_on() {
        let off = with(&[(Field::WillTopic, "a/#")]);
        assert!(off.connect_request(&place()).is_ok());
        refuses(Field::WillTopic, "wildcards", &[(Field::Will, "on"), (Field::WillTopic, "a/#")]);
        let on = with(&[(Field::Will, "on")]);
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
            let forms = drafts(&[(Field::Topic, topic)]);
            let problems = forms.publication(ProtocolVersion::V311).expect_err(words);
            let said = problems.at(Field::Topic).unwrap_or_default();
            assert!(said.contains(words), "{said:?} does not say {words:?}");
        }
    }

    #[test]
    fn filters_with_misplaced_wildcards_are_refused() {
        let cases =
            [("", "at least one character"), ("a/#/b", "# stands only at the end"), ("a#", "# stands")];
        for (filter, words) in cases.into_iter().chain([("a+/b", "whole level"), ("\0", "U+0000")]) {
            let forms = drafts(&[(Field::Filter, filter)]);
            let problems = forms.subscription(ProtocolVersion::V311).expect_err(words);
            let said = problems.at(Field::Filter).unwrap_or_default();
            assert!(said.contains(words), "{said:?} does not say {words:?}");
        }
        let forms = drafts(&[(Field::Filter, "+/a/#"), (Field::RequestedQos, "2")]);
        let subscription = forms.subscription(ProtocolVersion::V311);
        assert_eq!(subscription.map(|it| it.options), Ok(SubscribeOptions::new(Qos::ExactlyOnce)));
    }

    #[test]
    fn each_line_is_a_topic_filter() {
        let forms = drafts(&[(Field::Filter, "a/#\n\nb\na/#\n")]);
        let subscription = forms.subscription(ProtocolVersion::V311).expect("it is right");
        let filters: Vec<_> = subscription.filters.iter().map(|filter| filter.as_str()).collect();
        assert_eq!(filters, ["a/#", "b"]);
        let forms = drafts(&[(Field::Filter, "a\nb#")]);
        let problems = forms.subscription(ProtocolVersion::V311).expect_err("the second is wrong");
        let said = problems.at(Field::Filter).unwrap_or_default();
        assert!(said.starts_with("Line 2: # stands"), "{said}");
        let other = forms.subscription_to("$SYS/#", ProtocolVersion::V311).expect("it is right");
        assert_eq!(other.filters.len(), 1);
    }

    #[test]
    fn a_refusal_names_the_clause_of_the_version() {
        let forms = drafts(&[(Field::Topic, "a/#")]);
        for (version, clause) in [
            (ProtocolVersion::V31, "MQTT 3.1, PUBLISH"),
            (ProtocolVersion::V311, "MQTT-3.3.2-2"),
            (ProtocolVersion::V5, "MQTT-3.3.2-2"),
        ] {
            let problems = forms.publication(version).expect_err("a wildcard");
            let said = problems.at(Field::Topic).unwrap_or_default();
            assert!(said.contains(clause), "{said}");
        }
    }

    #[test]
    fn a_password_may_stand_alone_and_a_client_id_be_missing_in_mqtt_5() {
        let edits = [
            (Field::Version, "5"),
            (Field::ClientId, ""),
            (Field::CleanSession, "off"),
            (Field::Password, "secret"),
        ];
        let options = with(&edits).connect_request(&place()).expect("all of it is allowed").options;
        assert_eq!((options.username, options.password), (None, Some(b"secret".to_vec())));
        for version in ["3.1", "3.1.1"] {
            let edits = [(Field::Version, version), (Field::Password, "secret")];
            refuses(Field::Username, "needs a username (MQTT-3.1.2-22)", &edits);
        }
    }

    #[test]
    fn a_connection_takes_its_properties_and_those_of_its_will() {
        let edits = [(Field::ReceiveMaximum, "20"), (Field::Will, "on"), (Field::WillDelay, "5")];
        let five = [&edits[..], &[(Field::Version, "5")]].concat();
        let options = with(&five).connect_request(&place()).expect("nothing is wrong").options;
        let number = |properties: &PropertyBuf, id| properties.as_properties().number(id);
        assert_eq!(number(&options.properties, PropertyId::ReceiveMaximum), Some(20));
        let will = options.will.expect("it is on");
        assert_eq!(number(&will.properties, PropertyId::WillDelayInterval), Some(5));
        let options = with(&edits).connect_request(&place()).expect("nothing is wrong").options;
        assert!(options.properties.is_empty() && options.will.is_some_and(|will| will.properties.is_empty()));
        refuses(Field::ReceiveMaximum, "1 to 65,535", &[(Field::Version, "5"), (Field::ReceiveMaximum, "0")]);
        let will = [(Field::Version, "5"), (Field::Will, "on"), (Field::WillResponseTopic, "#")];
        refuses(Field::WillResponseTopic, "wildcards", &will);
        // A will that is off is not sent, whatever stands in its form.
        assert!(with(&[will[0], will[2]]).connect_request(&place()).is_ok());
    }

    #[test]
    fn subscription_options_are_those_of_the_version() {
        let forms = drafts(&[
            (Field::RequestedQos, "1"),
            (Field::NoLocal, "on"),
            (Field::RetainAsPublished, "on"),
            (Field::RetainHandling, "2"),
            (Field::SubscriptionIdentifier, "268435455"),
        ]);
        let five = forms.subscription(ProtocolVersion::V5).expect("nothing is wrong");
        assert_eq!(five.options.0, 0b10_1101);
        assert_eq!(
            five.properties.as_properties().subscription_identifiers().collect::<Vec<_>>(),
            [268_435_455]
        );
        let older = forms.subscription(ProtocolVersion::V311).expect("nothing is wrong");
        assert_eq!((older.options.0, older.properties.is_empty()), (1, true));
    }

    #[test]
    fn all_that_is_wrong_with_a_form_is_said_at_once() {
        let forms = drafts(&[(Field::Topic, "#"), (Field::TopicAlias, "0"), (Field::ResponseTopic, "+")]);
        let problems = forms.publication(ProtocolVersion::V5).expect_err("three fields are wrong");
        for field in [Field::Topic, Field::TopicAlias, Field::ResponseTopic] {
            assert!(problems.at(field).is_some(), "{field:?}");
        }
        assert_eq!(problems.first(), Some(Field::Topic));
    }

    #[test]
    fn a_disconnect_has_its_reason_and_properties() {
        let forms = with(&[(Field::DisconnectReason, "0x04"), (Field::DisconnectExpiry, "never")]);
        let (reason, properties) = forms.disconnect_request().expect("nothing is wrong");
        assert_eq!(reason, ReasonCode::DISCONNECT_WITH_WILL);
        assert_eq!(properties.as_properties().number(PropertyId::SessionExpiryInterval), Some(u32::MAX));
        let long = "x".repeat(65_536);
        let forms = with(&[(Field::DisconnectReasonString, &long)]);
        let problems = forms.disconnect_request().expect_err("a text too long");
        assert_eq!(problems.first(), Some(Field::DisconnectReasonString));
    }
}
