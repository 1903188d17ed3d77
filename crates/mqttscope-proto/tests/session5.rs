//! The session of MQTT 5 against a scripted server: what is new in it, each rule by its statement.

mod common;

use common::bytes;
use common::client::{Client, id, message, puback, pubcomp, pubrec, pubrel};
use mqttscope_proto::ProtocolVersion::{V5, V31, V311};
use mqttscope_proto::session::{
    AuthenticationData, ClientError, CloseReason, CommandError, ConnectOptions, Delivery, Event, Limit,
    PeerError, Publication, Published, Reason, Session, WillOptions,
};
use mqttscope_proto::{
    Auth, ConnAck, DecodeErrorKind, Disconnect, KeepAlive, Packet, PacketType, Properties, PropertyBuf,
    PropertyId as Id, PropertyValue, ProtocolVersion, PubAck, PubComp, PubRec, PubRel, Publish, Qos,
    ReasonCode, Rule, SubAck, SubscribeOptions, TopicFilter, TopicName, UnsubAck, Violation, decode,
};

const NONE: [&str; 0] = [];

/// A property of a number.
fn number(id: Id, number: u32) -> (Id, PropertyValue<'static>) {
    (id, PropertyValue::Number(number))
}

fn text(id: Id, text: &'static str) -> (Id, PropertyValue<'static>) {
    (id, PropertyValue::Text(text.into()))
}

fn user(name: &'static str, value: &'static str) -> (Id, PropertyValue<'static>) {
    (Id::UserProperty, PropertyValue::Pair(name.into(), value.into()))
}

fn properties(list: &[(Id, PropertyValue<'_>)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for &(id, value) in list {
        properties.push(id, value).expect("the property can be written");
    }
    properties
}

/// A client that was accepted, with the properties of its CONNECT and of the CONNACK, and no event left to see.
fn connected(connect: &[(Id, PropertyValue<'_>)], connack: &[(Id, PropertyValue<'_>)]) -> Client {
    let mut client = Client::new(V5);
    client.options.properties = properties(connect);
    let events = accept(&mut client, false, connack);
    assert_eq!(events, [Event::Connected { session_present: false }]);
    client
}

/// A client whose session lives on, with the properties of its CONNACK.
fn lasting(connack: &[(Id, PropertyValue<'_>)]) -> Client {
    let mut client = Client::new(V5);
    client.options.clean_session = false;
    client.options.properties = properties(&[number(Id::SessionExpiryInterval, 100)]);
    accept(&mut client, false, connack);
    client
}

/// Connects, and says what followed from the CONNACK.
fn accept(client: &mut Client, session_present: bool, connack: &[(Id, PropertyValue<'_>)]) -> Vec<Event> {
    client.session.connect(client.now, &client.options).expect("it is not connected");
    assert_eq!(client.sent(), ["CONNECT"]);
    let properties = properties(connack);
    let properties = properties.as_properties();
    let connack = ConnAck { flags: session_present.into(), return_code: 0, properties };
    client.receive(Packet::ConnAck(connack));
    client.events()
}

/// The bytes of the packets that are to be sent.
fn frames(client: &mut Client) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(transmit) = client.session.poll_transmit() {
        frames.push(transmit.frame.to_vec());
    }
    frames
}

fn topic(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("a topic")
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a filter")
}

fn publish(client: &mut Client, message: Publication<'_>) -> Result<Published, CommandError> {
    client.session.publish(client.now, &message)
}

fn with_alias<'a>(properties: &'a PropertyBuf, text: &'a str, qos: Qos) -> Publication<'a> {
    Publication { properties: properties.as_properties(), ..Publication::new(topic(text), b"m", qos) }
}

fn limit(limit: Limit) -> CommandError {
    CommandError::Limit(limit)
}

fn reason(code: u8) -> Box<Reason> {
    Box::new(Reason { code: ReasonCode(code), ..Default::default() })
}

fn refused(packet_id: u16, code: u8) -> Packet<'static> {
    Packet::PubRec(PubRec { reason_code: Some(ReasonCode(code)), ..PubRec::new(packet_id) })
}

/// A message that comes, with a topic and a topic alias.
fn inbound<'a>(topic: &'a str, properties: &'a PropertyBuf) -> Publish<'a> {
    let properties = properties.as_properties();
    let (qos, packet_id) = (Qos::AtMostOnce, None);
    Publish { dup: false, qos, retain: false, topic: topic.into(), packet_id, properties, payload: b"m" }
}

// CONNECT.

#[test]
fn connect_carries_its_properties_and_those_of_the_will() {
    let mut client = Client::new(V5);
    client.options.client_id = "c".into();
    client.options.keep_alive = KeepAlive::from_secs(10);
    client.options.properties = properties(&[number(Id::ReceiveMaximum, 20)]);
    client.options.will = Some(WillOptions {
        topic: "w".into(),
        message: b"m".to_vec(),
        qos: Qos::AtMostOnce,
        retain: false,
        properties: properties(&[number(Id::WillDelayInterval, 5)]),
    });
    client.session.connect(client.now, &client.options).expect("it is not connected");
    let expected =
        "10 1d 00 04 4d515454 05 06 00 0a 03 21 00 14 00 01 63 05 18 00 00 00 05 00 01 77 00 01 6d";
    assert_eq!(frames(&mut client), [bytes(expected)]);
}

#[test]
fn connect_of_an_earlier_version_has_none() {
    for version in [V31, V311] {
        let mut client = Client::new(version);
        client.session.connect(client.now, &client.options).expect("it is not connected");
        let plain = frames(&mut client);
        client.lose_connection();
        client.options.properties = properties(&[number(Id::ReceiveMaximum, 20)]);
        client.session.connect(client.now, &client.options).expect("it is not connected");
        assert_eq!(frames(&mut client), plain);
    }
}

#[test]
fn authentication_data_is_in_no_debug_form() {
    let data = (Id::AuthenticationData, PropertyValue::Binary(b"\xab\xcd"));
    let options = ConnectOptions {
        properties: properties(&[text(Id::AuthenticationMethod, "by"), data]),
        ..Default::default()
    };
    let debug = format!("{options:?} {:?}", AuthenticationData(vec![0xab]));
    assert!(debug.contains("AuthenticationData") && !debug.contains("171"), "{debug}");
}

#[cfg(feature = "serde")]
#[test]
fn properties_are_stored_and_only_such() {
    let stored = properties(&[number(Id::ReceiveMaximum, 20), user("a", "b")]);
    let json = serde_json::to_string(&stored).expect("it can be written");
    assert_eq!(serde_json::from_str::<PropertyBuf>(&json).ok(), Some(stored));
    assert!(serde_json::from_str::<PropertyBuf>("[33,0]").is_err());
    assert!(serde_json::from_str::<PropertyBuf>("[0]").is_err());
}

// The session, [MQTT-3.1.2-4] to [MQTT-3.1.2-6], 3.1.2.11.2, [MQTT-3.2.2-2] to [MQTT-3.2.2-5].

/// Clean Start alone does not end a session, and without an expiry it ends with its connection.
#[test]
fn a_session_lives_by_its_expiry_interval() {
    for (clean_start, expiry, kept) in [(true, 100, true), (false, 0, false), (false, 100, true)] {
        let mut client = Client::new(V5);
        client.options.clean_session = clean_start;
        client.options.properties = properties(&[number(Id::SessionExpiryInterval, expiry)]);
        accept(&mut client, false, &[]);
        client.publish(Qos::AtLeastOnce);
        client.sent();
        client.lose_connection();
        let left = Event::LeftInFlight { publishes: vec![id(1)], requests: vec![], queued: 0, kept };
        assert_eq!(client.events(), [left]);
        assert_eq!(client.session.in_flight(), usize::from(kept));
    }
}

/// 3.2.2.3.2: the expiry of CONNACK is the one that holds.
#[test]
fn the_servers_session_expiry_holds() {
    let mut client =
        connected(&[number(Id::SessionExpiryInterval, 100)], &[number(Id::SessionExpiryInterval, 0)]);
    assert_eq!(client.session.limits().session_expiry_secs, 0);
    client.publish(Qos::AtLeastOnce);
    client.lose_connection();
    assert_eq!((client.session.is_kept(), client.session.in_flight()), (false, 0));
}

/// An attempt that fails before CONNACK changes nothing of a session.
#[test]
fn an_attempt_without_an_answer_keeps_the_session() {
    let mut client = lasting(&[]);
    client.publish(Qos::AtLeastOnce);
    client.lose_connection();
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.lose_connection();
    accept(&mut client, true, &[]);
    assert_eq!(client.sent(), ["PUBLISH q1 #1 dup"]);
}

/// [MQTT-3.1.2-4]
#[test]
fn clean_start_drops_the_session() {
    let mut client = lasting(&[]);
    client.publish(Qos::AtLeastOnce);
    client.lose_connection();
    client.options.clean_session = true;
    accept(&mut client, false, &[]);
    assert_eq!((client.sent(), client.session.packet_ids_in_use()), (vec![], 0));
}

/// [MQTT-3.2.2-5]
#[test]
fn a_session_that_the_server_has_lost_is_discarded() {
    let mut client = lasting(&[]);
    client.publish(Qos::AtLeastOnce);
    client.publish(Qos::ExactlyOnce);
    client.receive(pubrec(2));
    client.receive(message(Qos::ExactlyOnce, 7));
    client.sent();
    client.lose_connection();
    client.events();
    let lost = Event::SessionLost { released: vec![id(2)], resent: vec![], discarded: vec![id(1)] };
    assert_eq!(accept(&mut client, false, &[]), [Event::Connected { session_present: false }, lost]);
    assert_eq!((client.sent(), client.session.packet_ids_in_use()), (vec![], 0));
    let delivery = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 7));
    assert_eq!(delivery, Delivery::Deliver);
}

/// [MQTT-3.2.2-2]
#[test]
fn session_present_to_a_clean_start_is_reported() {
    let mut client = Client::new(V5);
    let events = accept(&mut client, true, &[]);
    assert_eq!(events[1], Event::PeerError(PeerError::SessionPresent));
    assert_eq!(PeerError::SessionPresent.clause(V5), "[MQTT-3.2.2-2]");
}

/// [MQTT-3.2.2-4]
#[test]
fn a_session_that_is_not_here_is_reported_and_may_close() {
    for closes in [false, true] {
        let mut client = Client::new(V5);
        client.options.clean_session = false;
        client.session.policy_mut().close_on_violation = closes;
        let events = accept(&mut client, true, &[]);
        assert_eq!(events[1], Event::PeerError(PeerError::NoSessionHere));
        assert_eq!(client.session.is_connected(), !closes);
        assert_eq!(frames(&mut client), if closes { vec![bytes("e0 01 82")] } else { vec![] });
    }
    assert_eq!(PeerError::NoSessionHere.clause(V5), "[MQTT-3.2.2-4]");
    // One that has outlived a connection is here.
    let mut client = lasting(&[]);
    client.lose_connection();
    assert_eq!(accept(&mut client, true, &[]), [Event::Connected { session_present: true }]);
}

/// [MQTT-3.2.2-16], [MQTT-3.1.3-6]
#[test]
fn an_assigned_client_id_is_used_from_then_on() {
    let mut client = Client::new(V5);
    client.options.client_id.clear();
    client.options.clean_session = false;
    client.options.properties = properties(&[number(Id::SessionExpiryInterval, 100)]);
    accept(&mut client, false, &[text(Id::AssignedClientIdentifier, "auto-1")]);
    assert_eq!(client.session.client_id(), "auto-1");
    client.publish(Qos::AtLeastOnce);
    client.lose_connection();
    let restored = Session::restore(&client.session.snapshot()).expect("the snapshot is whole");
    for session in [client.session.clone(), restored] {
        client.session = session;
        client.session.connect(client.now, &client.options).expect("it is not connected");
        let sent = frames(&mut client);
        let Ok(Packet::Connect(connect)) = decode(&sent[0], V5, &mut ()) else { panic!("{sent:?}") };
        assert_eq!(connect.client_id, "auto-1");
        client.receive(Packet::ConnAck(ConnAck::new(1, 0)));
        assert_eq!(client.sent(), ["PUBLISH q1 #1 dup"]);
    }
    // A clean start begins another session, and so does another server.
    client.lose_connection();
    client.options.clean_session = true;
    client.session.connect(client.now, &client.options).expect("it is not connected");
    assert_eq!(client.session.client_id(), "");
    // A server that assigns none cannot be found again.
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    assert!(client.events().contains(&Event::PeerError(PeerError::NoAssignedClientId)));
    assert_eq!(PeerError::NoAssignedClientId.clause(V5), "[MQTT-3.2.2-16]");
}

/// What was stored in one version is sent in the other.
#[test]
fn messages_outlive_a_change_of_the_version() {
    let mut client = lasting(&[number(Id::ReceiveMaximum, 1)]);
    let format = properties(&[number(Id::PayloadFormatIndicator, 1)]);
    publish(&mut client, with_alias(&format, "t", Qos::AtLeastOnce)).expect("there is room");
    assert_eq!(publish(&mut client, with_alias(&format, "u", Qos::AtLeastOnce)), Ok(Published::Queued));
    client.lose_connection();
    client.options.version = V311;
    client.sent();
    client.session.connect(client.now, &client.options).expect("it is not connected");
    frames(&mut client);
    client.receive(Packet::ConnAck(ConnAck::new(1, 0)));
    assert_eq!(frames(&mut client), [bytes("3a 06 00 01 74 00 01 6d"), bytes("32 06 00 01 75 00 02 6d")]);
    client.lose_connection();
    client.options.version = V5;
    accept(&mut client, true, &[]);
    assert_eq!(
        frames(&mut client),
        [bytes("3a 07 00 01 74 00 01 00 6d"), bytes("3a 07 00 01 75 00 02 00 6d")]
    );
}

// What the server allows, 3.2.2.3.

#[test]
fn what_the_server_says_is_known() {
    let connack = [
        number(Id::SessionExpiryInterval, 7),
        number(Id::ReceiveMaximum, 20),
        number(Id::MaximumQos, 1),
        number(Id::RetainAvailable, 0),
        number(Id::MaximumPacketSize, 1_000),
        text(Id::AssignedClientIdentifier, "id"),
        number(Id::TopicAliasMaximum, 10),
        text(Id::ReasonString, "welcome"),
        user("a", "1"),
        user("a", "2"),
        number(Id::WildcardSubscriptionAvailable, 0),
        number(Id::SubscriptionIdentifierAvailable, 0),
        number(Id::SharedSubscriptionAvailable, 0),
        number(Id::ServerKeepAlive, 30),
        text(Id::ResponseInformation, "answers"),
        text(Id::ServerReference, "other:1883"),
    ];
    let client = connected(&[number(Id::RequestResponseInformation, 1)], &connack);
    let limits = client.session.limits();
    assert_eq!((limits.session_expiry_secs, limits.receive_maximum, limits.topic_alias_maximum), (7, 20, 10));
    assert_eq!((limits.maximum_qos, limits.maximum_packet_size), (Qos::AtLeastOnce, Some(1_000)));
    let available = [
        limits.retain_available,
        limits.wildcard_subscription_available,
        limits.subscription_identifier_available,
        limits.shared_subscription_available,
    ];
    assert_eq!(available, [false; 4]);
    assert_eq!(limits.server_keep_alive, Some(KeepAlive::from_secs(30)));
    let texts = [
        &limits.assigned_client_id,
        &limits.reason_string,
        &limits.response_information,
        &limits.server_reference,
    ];
    assert_eq!(
        texts.map(|text| text.as_deref()),
        [Some("id"), Some("welcome"), Some("answers"), Some("other:1883")]
    );
    assert_eq!(limits.user_properties, [("a".into(), "1".into()), ("a".into(), "2".into())]);

    // Where it says nothing, and with numbers that no server may say.
    for connack in [&[][..], &[number(Id::ReceiveMaximum, 0), number(Id::MaximumPacketSize, 0)]] {
        let client = connected(&[], connack);
        let limits = client.session.limits();
        assert_eq!((limits.receive_maximum, limits.maximum_packet_size), (65_535, None));
        assert_eq!((limits.maximum_qos, limits.topic_alias_maximum), (Qos::ExactlyOnce, 0));
        assert!(limits.retain_available && limits.shared_subscription_available);
    }
}

/// What the server accepts is no limit of what it sends, and the other way round.
#[test]
fn the_limits_of_the_two_sides_are_kept_apart() {
    let mut client = connected(&[number(Id::MaximumPacketSize, 100)], &[number(Id::MaximumPacketSize, 20)]);
    client.session.handle_packet_size(100);
    assert_eq!(client.events(), []);
    let long = Publication::new(topic("t"), &[0; 20], Qos::AtMostOnce);
    let refused = publish(&mut client, long);
    assert_eq!(refused, Err(limit(Limit::MaximumPacketSize { size: 26, maximum: 20 })));
}

/// [MQTT-3.2.2-11], [MQTT-3.2.2-14], [MQTT-3.2.2-15], [MQTT-3.2.2-17], [MQTT-3.2.2-18], [MQTT-3.3.4-6]
#[test]
fn a_message_beyond_the_servers_limits_is_refused_or_breaks_them() {
    let alias = |alias| properties(&[number(Id::TopicAlias, alias)]);
    let (three, zero) = (alias(3), alias(0));
    let identifier = properties(&[number(Id::SubscriptionIdentifier, 7)]);
    let plain = Publication::new(topic("t"), b"m", Qos::AtMostOnce);
    let identified = Publication { properties: identifier.as_properties(), ..plain };
    let some = [number(Id::TopicAliasMaximum, 2)];
    let cases = [
        (
            &[number(Id::MaximumQos, 0)][..],
            Publication { qos: Qos::AtLeastOnce, ..plain },
            Limit::MaximumQos(0),
            "[MQTT-3.2.2-11]",
        ),
        (
            &[number(Id::RetainAvailable, 0)],
            Publication { retain: true, ..plain },
            Limit::RetainAvailable,
            "[MQTT-3.2.2-14]",
        ),
        (
            &[number(Id::MaximumPacketSize, 8)],
            Publication { payload: b"mmm", ..plain },
            Limit::MaximumPacketSize { size: 9, maximum: 8 },
            "[MQTT-3.2.2-15]",
        ),
        (
            &[number(Id::MaximumPacketSize, 8)],
            Publication { qos: Qos::ExactlyOnce, ..plain },
            Limit::MaximumPacketSize { size: 9, maximum: 8 },
            "[MQTT-3.2.2-15]",
        ),
        (
            &some,
            with_alias(&three, "t", Qos::AtMostOnce),
            Limit::TopicAliasMaximum { alias: 3, maximum: 2 },
            "[MQTT-3.2.2-17]",
        ),
        (
            &[],
            with_alias(&three, "t", Qos::AtMostOnce),
            Limit::TopicAliasMaximum { alias: 3, maximum: 0 },
            "[MQTT-3.2.2-18]",
        ),
        (
            &some,
            with_alias(&zero, "t", Qos::AtMostOnce),
            Limit::TopicAliasMaximum { alias: 0, maximum: 2 },
            "[MQTT-3.3.2-8]",
        ),
        (&[], identified, Limit::SubscriptionIdentifierInPublish, "[MQTT-3.3.4-6]"),
        (
            &[],
            Publication { qos: Qos::ExactlyOnce, ..identified },
            Limit::SubscriptionIdentifierInPublish,
            "[MQTT-3.3.4-6]",
        ),
    ];
    for (connack, message, expected, clause) in cases {
        let mut client = connected(&[], connack);
        let error = publish(&mut client, message).expect_err("it breaks a limit");
        assert_eq!((error, expected.clause()), (limit(expected), clause));
        assert!(error.to_string().ends_with(&format!(" ({clause})")), "{error}");
        assert_eq!((client.sent(), client.session.packet_ids_in_use()), (vec![], 0));
        client.session.policy_mut().break_limits = true;
        assert!(publish(&mut client, message).is_ok());
        assert_eq!(client.sent().len(), 1);
    }
}

/// What only servers send is named where a client sends it.
#[test]
fn a_packet_of_servers_from_a_client_is_named() {
    let of = |version, frame: &str| {
        let bytes = bytes(frame);
        let packet = decode(&bytes, version, &mut ()).expect("a packet");
        ClientError::of(&packet, version).map(|error| (error.to_string(), error.clause(version)))
    };
    let cases = [
        (
            "30 06 00 01 74 02 0b 07",
            "a message to the server has no Subscription Identifier",
            "[MQTT-3.3.4-6]",
        ),
        ("20 03 00 00 00", "a client does not send CONNACK", "MQTT 5, table 2-1"),
        ("d0 00", "a client does not send PINGRESP", "MQTT 5, table 2-1"),
        ("e0 01 8e", "a client does not send DISCONNECT with reason code 0x8e", "[MQTT-3.14.2-1]"),
        ("40 03 00 01 10", "a client does not send PUBACK with reason code 0x10", "[MQTT-3.4.2-1]"),
        ("50 03 00 01 10", "a client does not send PUBREC with reason code 0x10", "[MQTT-3.5.2-1]"),
        ("f0 00", "a client does not send AUTH with reason code 0x00", "[MQTT-3.15.2-1]"),
    ];
    for (frame, words, clause) in cases {
        assert_eq!(of(V5, frame), Some((words.to_owned(), clause)), "{frame}");
    }
    for frame in ["30 05 00 01 74 00 6d", "e0 01 04", "40 02 00 01", "62 02 00 01", "c0 00", "e0 01 81"] {
        assert_eq!(of(V5, frame), None, "{frame}");
    }
    let clauses = [(V31, "MQTT 3.1, Command messages"), (ProtocolVersion::V311, "MQTT 3.1.1, table 2.1")];
    for (version, clause) in clauses {
        let words = "a client does not send CONNACK".to_owned();
        assert_eq!(of(version, "20 02 00 00"), Some((words, clause)));
        assert_eq!(of(version, "e0 00"), None);
    }
}

/// 3.2.2.3.11 to 3.2.2.3.13. SUBSCRIBE at QoS 2 is fine whatever Maximum QoS says [MQTT-3.2.2-10].
#[test]
fn a_subscription_beyond_the_servers_limits_is_refused_or_breaks_them() {
    let identifier = properties(&[number(Id::SubscriptionIdentifier, 1)]);
    let none = PropertyBuf::new();
    let long = "a".repeat(100);
    let cases = [
        (Id::WildcardSubscriptionAvailable, 0, "a/+", &none, Limit::WildcardSubscriptionAvailable),
        (Id::WildcardSubscriptionAvailable, 0, "#", &none, Limit::WildcardSubscriptionAvailable),
        (Id::SubscriptionIdentifierAvailable, 0, "a", &identifier, Limit::SubscriptionIdentifierAvailable),
        (Id::SharedSubscriptionAvailable, 0, "$share/g/a", &none, Limit::SharedSubscriptionAvailable),
        (Id::MaximumPacketSize, 50, &long, &none, Limit::MaximumPacketSize { size: 108, maximum: 50 }),
    ];
    for (property, value, text, properties, expected) in cases {
        let mut client = connected(&[], &[number(property, value), number(Id::MaximumQos, 0)]);
        let plain = [(filter("a"), SubscribeOptions::new(Qos::ExactlyOnce))];
        client.session.subscribe_with(client.now, &plain, Properties::NONE).expect("it is allowed");
        client.sent();
        let filters = [(filter(text), SubscribeOptions::new(Qos::AtMostOnce))];
        let subscribe = |client: &mut Client| {
            client.session.subscribe_with(client.now, &filters, properties.as_properties())
        };
        assert_eq!(subscribe(&mut client), Err(limit(expected)));
        assert!(expected.clause().starts_with("MQTT 5, 3.2.2.3.1") || expected.clause() == "[MQTT-3.2.2-15]");
        assert_eq!((client.sent(), client.session.packet_ids_in_use()), (vec![], 1));
        client.session.policy_mut().break_limits = true;
        assert!(subscribe(&mut client).is_ok());
    }
}

/// [MQTT-3.2.2-21], [MQTT-3.1.2-21]
#[test]
fn the_servers_keep_alive_holds_instead_of_ours() {
    for (own, servers) in [(10, 30), (30, 10), (0, 10)] {
        let mut client = Client::new(V5);
        client.options.keep_alive = KeepAlive::from_secs(own);
        accept(&mut client, false, &[number(Id::ServerKeepAlive, servers)]);
        assert_eq!(client.session.keep_alive().as_secs(), u16::try_from(servers).expect("it is short"));
        client.advance_millis(u64::from(servers) * 1_000 - 1);
        assert_eq!(client.sent(), NONE);
        client.advance_millis(1);
        assert_eq!(client.sent(), ["PINGREQ"]);
    }
    let mut client = Client::new(V5);
    client.options.keep_alive = KeepAlive::from_secs(10);
    accept(&mut client, false, &[number(Id::ServerKeepAlive, 0)]);
    client.advance_millis(1_000_000);
    assert_eq!((client.sent(), client.session.poll_timeout()), (vec![], None));
}

/// [MQTT-3.1.2-28]
#[test]
fn response_information_that_was_not_asked_for_is_reported() {
    let mut client = Client::new(V5);
    let events = accept(&mut client, false, &[text(Id::ResponseInformation, "x")]);
    assert_eq!(events[1], Event::PeerError(PeerError::ResponseInformation));
    assert_eq!(PeerError::ResponseInformation.clause(V5), "[MQTT-3.1.2-28]");
}

/// [MQTT-3.2.2-7]
#[test]
fn a_refusal_tells_what_the_server_said() {
    let mut client = Client::new(V5);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    let said = properties(&[text(Id::ReasonString, "moved"), text(Id::ServerReference, "other")]);
    let connack = ConnAck { flags: 0, return_code: 0x9d, properties: said.as_properties() };
    client.receive(Packet::ConnAck(connack));
    assert_eq!(client.events(), [Event::Refused { return_code: 0x9d }]);
    let limits = client.session.limits();
    assert_eq!(limits.reason_string.as_deref(), Some("moved"));
    assert_eq!(limits.server_reference.as_deref(), Some("other"));
    client.advance_millis(1_000);
    let open = Event::PeerError(PeerError::OpenAfterRefusal);
    assert_eq!(client.events(), [open, Event::Close(CloseReason::Refused(0x9d))]);
}

// Flow control, 4.9.

/// [MQTT-3.3.4-7], [MQTT-4.9.0-1], [MQTT-4.9.0-2], [MQTT-4.9.0-3]
#[test]
fn no_more_messages_are_sent_than_the_server_takes() {
    let mut client = connected(&[], &[number(Id::ReceiveMaximum, 2)]);
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(1)));
    assert_eq!(client.publish(Qos::ExactlyOnce), Published::InFlight(id(2)));
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::Queued);
    assert_eq!(client.publish(Qos::ExactlyOnce), Published::Queued);
    client.sent();
    // Everything else goes on.
    client.publish(Qos::AtMostOnce);
    client.subscribe("a", Qos::AtMostOnce);
    client.session.ping(client.now).expect("it is connected");
    assert_eq!(client.sent(), ["PUBLISH q0", "SUBSCRIBE #3", "PINGREQ"]);
    // PUBREC of success gives nothing back, PUBCOMP and PUBACK do.
    client.receive(pubrec(2));
    assert_eq!(client.sent(), ["PUBREL #2"]);
    client.receive(pubcomp(2));
    assert_eq!(client.sent(), ["PUBLISH q1 #4"]);
    let failed = PubAck { reason_code: Some(ReasonCode(0x97)), ..PubAck::new(1) };
    client.receive(Packet::PubAck(failed));
    assert_eq!(client.sent(), ["PUBLISH q2 #5"]);
    // So does a failed PUBREC.
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::Queued);
    client.receive(refused(5, 0x80));
    assert_eq!(client.sent(), ["PUBLISH q1 #6"]);
}

#[test]
fn the_own_window_holds_where_it_is_smaller() {
    let mut client = connected(&[], &[number(Id::ReceiveMaximum, 5)]);
    client.session.policy_mut().max_in_flight = 1;
    client.publish(Qos::AtLeastOnce);
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::Queued);
    client.session.policy_mut().ignore_in_flight_limit = true;
    client.receive(puback(1));
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(3)));
}

#[test]
fn the_servers_receive_maximum_can_be_broken() {
    let mut client = connected(&[], &[number(Id::ReceiveMaximum, 1)]);
    client.publish(Qos::AtLeastOnce);
    let message = Publication::new(topic("t"), b"", Qos::AtLeastOnce);
    let refused = client.session.publish_with_id(client.now, &message, id(9));
    assert_eq!(refused, Err(limit(Limit::ReceiveMaximum(1))));
    assert_eq!(Limit::ReceiveMaximum(1).clause(), "[MQTT-3.3.4-7]");
    client.session.policy_mut().break_limits = true;
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(2)));
    client.session.publish_with_id(client.now, &message, id(9)).expect("limits are broken");
}

/// The quota begins anew with each connection, and what is sent again takes its places in order [MQTT-4.6.0-1]. A PUBCOMP for
/// a PUBREL that was sent again gives none back.
#[test]
fn what_is_sent_again_waits_for_the_quota() {
    let mut client = lasting(&[]);
    for qos in [Qos::ExactlyOnce, Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::AtLeastOnce] {
        client.publish(qos);
    }
    client.receive(pubrec(1));
    client.sent();
    client.lose_connection();
    accept(&mut client, true, &[number(Id::ReceiveMaximum, 1)]);
    assert_eq!(client.sent(), ["PUBREL #1", "PUBLISH q1 #2 dup"]);
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::Queued);
    client.receive(pubcomp(1));
    assert_eq!(client.sent(), NONE);
    client.receive(puback(2));
    assert_eq!(client.sent(), ["PUBLISH q2 #3 dup"]);
    client.receive(pubrec(3));
    client.receive(pubcomp(3));
    assert_eq!(client.sent(), ["PUBREL #3", "PUBLISH q1 #4 dup"]);
    client.receive(puback(4));
    assert_eq!(client.sent(), ["PUBLISH q1 #5"]);
}

/// 4.4: nothing is sent again while the connection stands, whatever the policy for 3.1 says.
#[test]
fn nothing_is_retried_while_connected() {
    let mut client = connected(&[], &[]);
    client.session.policy_mut().retry_after_millis = Some(10);
    client.publish(Qos::AtLeastOnce);
    client.sent();
    client.advance_millis(100_000);
    assert_eq!((client.sent(), client.session.poll_timeout()), (vec![], None));
}

/// [MQTT-3.3.4-9]: a message counts until PUBACK or PUBCOMP, so one that is held counts too.
#[test]
fn more_messages_than_this_side_takes_are_reported() {
    let mut client = connected(&[number(Id::ReceiveMaximum, 2)], &[]);
    let exceeded = PeerError::ReceiveMaximum { maximum: 2 };
    assert_eq!((exceeded.clause(V5), exceeded.reason_code().0), ("[MQTT-3.3.4-9]", 0x93));
    for packet_id in 1..=10 {
        client.receive(message(Qos::AtLeastOnce, packet_id));
    }
    client.receive(message(Qos::ExactlyOnce, 1));
    client.receive(message(Qos::AtMostOnce, 0));
    client.receive(message(Qos::ExactlyOnce, 2));
    // The same again is not one more.
    client.receive(message(Qos::ExactlyOnce, 2));
    assert_eq!(client.events(), [Event::RepeatNotDelivered { packet_id: id(2) }]);
    client.receive(message(Qos::ExactlyOnce, 3));
    assert_eq!(client.events(), [Event::PeerError(exceeded)]);
    client.receive(pubrel(3));
    client.receive(pubrel(2));
    client.receive(message(Qos::AtLeastOnce, 4));
    assert_eq!(client.events(), []);
    client.sent();

    client.session.policy_mut().manual_acknowledgement = true;
    client.session.policy_mut().close_on_violation = true;
    client.receive(message(Qos::AtLeastOnce, 5));
    assert!(client.session.is_connected());
    client.receive(message(Qos::AtLeastOnce, 6));
    assert_eq!(frames(&mut client), [bytes("e0 01 93")]);
    assert!(client.events().contains(&Event::Close(CloseReason::PeerError(exceeded))));
}

/// [MQTT-3.1.2-24]
#[test]
fn a_packet_that_is_too_large_is_reported() {
    let mut client = connected(&[number(Id::MaximumPacketSize, 100)], &[]);
    let error = PeerError::PacketTooLarge { size: 101, maximum: 100 };
    client.session.handle_packet_size(101);
    assert_eq!(client.events(), [Event::PeerError(error)]);
    assert_eq!(error.clause(V5), "[MQTT-3.1.2-24]");
    client.session.policy_mut().close_on_violation = true;
    client.session.handle_packet_size(101);
    assert_eq!(frames(&mut client), [bytes("e0 01 95")]);
}

// Topic aliases, 3.3.2.3.4.

/// [MQTT-3.3.2-10]: all from 1 to the maximum are taken.
#[test]
fn aliases_of_the_server_are_resolved() {
    let mut client = connected(&[number(Id::TopicAliasMaximum, 2)], &[]);
    let alias = |alias| properties(&[number(Id::TopicAlias, alias)]);
    let (one, two) = (alias(1), alias(2));
    let resolved = |client: &mut Client, topic, properties| {
        let publish = inbound(topic, properties);
        assert_eq!(client.session.handle_packet(client.now, &Packet::Publish(publish)), Delivery::Deliver);
        client.session.topic_of(&publish).map(|topic| topic.to_string_lossy().into_owned())
    };
    for (topic, properties, expected) in [
        ("a", &one, "a"),
        ("", &one, "a"),
        ("b", &two, "b"),
        ("c", &one, "c"),
        ("", &one, "c"),
        ("", &two, "b"),
    ] {
        assert_eq!(resolved(&mut client, topic, properties).as_deref(), Some(expected));
    }
    assert_eq!(client.events(), []);
    // They die with the connection [MQTT-3.3.2-7].
    client.lose_connection();
    accept(&mut client, false, &[]);
    assert_eq!(resolved(&mut client, "", &one), None);
    assert_eq!(client.events(), [Event::PeerError(PeerError::TopicAliasUnknown(1))]);
}

/// [MQTT-3.1.2-26], [MQTT-3.1.2-27], [MQTT-3.3.2-8], 3.3.4
#[test]
fn aliases_that_are_not_valid_are_reported() {
    let invalid = |alias, maximum| PeerError::TopicAliasInvalid { alias, maximum };
    let cases = [
        (2, "a", 3, invalid(3, 2), "[MQTT-3.1.2-26]", "e0 01 94"),
        (0, "a", 1, invalid(1, 0), "[MQTT-3.1.2-27]", "e0 01 94"),
        (2, "a", 0, invalid(0, 2), "[MQTT-3.3.2-8]", "e0 01 94"),
        (2, "", 1, PeerError::TopicAliasUnknown(1), "MQTT 5, 3.3.4", "e0 01 82"),
    ];
    for (maximum, topic, alias, expected, clause, disconnect) in cases {
        for closes in [false, true] {
            let mut client = connected(&[number(Id::TopicAliasMaximum, maximum)], &[]);
            client.session.policy_mut().close_on_violation = closes;
            let alias = properties(&[number(Id::TopicAlias, alias)]);
            client.receive(Packet::Publish(inbound(topic, &alias)));
            let mut events = vec![Event::PeerError(expected)];
            events.extend(closes.then_some(Event::Close(CloseReason::PeerError(expected))));
            assert_eq!((client.events(), expected.clause(V5)), (events, clause));
            assert_eq!(frames(&mut client), if closes { vec![bytes(disconnect)] } else { vec![] });
        }
    }
}

/// The topic is left out once the server knows it, at any QoS; what is kept has the topic and not the alias
/// [MQTT-3.3.2-7].
#[test]
fn an_alias_stands_for_its_topic_from_the_second_message_on() {
    let mut client = lasting(&[number(Id::TopicAliasMaximum, 5)]);
    let (alias, other) = (properties(&[number(Id::TopicAlias, 1)]), properties(&[number(Id::TopicAlias, 2)]));
    for (properties, topic, qos) in [
        (&alias, "t", Qos::AtMostOnce),
        (&alias, "t", Qos::AtMostOnce),
        (&alias, "t", Qos::AtLeastOnce),
        (&alias, "u", Qos::AtLeastOnce),
        (&alias, "u", Qos::AtMostOnce),
        (&other, "u", Qos::AtMostOnce),
    ] {
        publish(&mut client, with_alias(properties, topic, qos)).expect("there is room");
    }
    let expected = [
        "30 08 00 01 74 03 23 00 01 6d",
        "30 07 00 00 03 23 00 01 6d",
        "32 09 00 00 00 01 03 23 00 01 6d",
        "32 0a 00 01 75 00 02 03 23 00 01 6d",
        "30 07 00 00 03 23 00 01 6d",
        "30 08 00 01 75 03 23 00 02 6d",
    ];
    assert_eq!(frames(&mut client), expected.map(bytes));
    // What is sent again names its topic, whatever the next server knows.
    client.lose_connection();
    accept(&mut client, true, &[]);
    assert_eq!(
        frames(&mut client),
        [bytes("3a 07 00 01 74 00 01 00 6d"), bytes("3a 07 00 01 75 00 02 00 6d")]
    );
}

/// The map changes where packets leave, not where they are queued.
#[test]
fn a_queued_message_takes_its_alias_when_it_leaves() {
    let mut client = lasting(&[number(Id::TopicAliasMaximum, 1), number(Id::ReceiveMaximum, 1)]);
    let alias = properties(&[number(Id::TopicAlias, 1)]);
    client.publish(Qos::AtLeastOnce);
    for _ in 0..3 {
        assert_eq!(publish(&mut client, with_alias(&alias, "a", Qos::AtLeastOnce)), Ok(Published::Queued));
    }
    publish(&mut client, with_alias(&alias, "b", Qos::AtMostOnce)).expect("QoS 0 passes");
    frames(&mut client);
    client.receive(puback(1));
    client.receive(puback(2));
    let expected = ["32 0a 00 01 61 00 02 03 23 00 01 6d", "32 09 00 00 00 03 03 23 00 01 6d"];
    assert_eq!(frames(&mut client), expected.map(bytes));
    // Where the next server has no aliases, the last goes without.
    client.lose_connection();
    accept(&mut client, true, &[]);
    assert_eq!(
        frames(&mut client),
        [bytes("3a 07 00 01 61 00 03 00 6d"), bytes("32 07 00 01 61 00 04 00 6d")]
    );
}

#[test]
fn a_copy_of_a_message_with_an_alias_is_the_same_packet() {
    let mut client = connected(&[], &[number(Id::TopicAliasMaximum, 1)]);
    client.session.policy_mut().send_duplicates = true;
    let alias = properties(&[number(Id::TopicAlias, 1)]);
    publish(&mut client, with_alias(&alias, "a", Qos::AtLeastOnce)).expect("there is room");
    let expected = ["32 0a 00 01 61 00 01 03 23 00 01 6d", "3a 0a 00 01 61 00 01 03 23 00 01 6d"];
    assert_eq!(frames(&mut client), expected.map(bytes));
}

// Subscriptions, 3.8 to 3.11.

#[test]
fn subscribe_carries_options_and_properties() {
    let mut client = connected(&[], &[]);
    let options = SubscribeOptions::new(Qos::AtLeastOnce)
        .with_no_local(true)
        .with_retain_as_published(true)
        .with_retain_handling(2);
    let identifier = properties(&[number(Id::SubscriptionIdentifier, 7), user("a", "b")]);
    let filters = [(filter("t"), options)];
    client.session.subscribe_with(client.now, &filters, identifier.as_properties()).expect("it is connected");
    client
        .session
        .unsubscribe_with(client.now, &[filter("t")], properties(&[user("a", "b")]).as_properties())
        .expect("it is connected");
    let expected = [
        "82 10 00 01 09 0b 07 26 00 01 61 00 01 62 00 01 74 2d",
        "a2 0d 00 02 07 26 00 01 61 00 01 62 00 01 74",
    ];
    assert_eq!(frames(&mut client), expected.map(bytes));
}

/// [MQTT-3.9.3-1], [MQTT-3.8.4-6]: a code of 0x80 or above refuses its filter alone.
#[test]
fn suback_tells_each_reason_code() {
    let mut client = connected(&[], &[]);
    let filters = ["a", "b", "c"].map(|text| (filter(text), Qos::ExactlyOnce));
    client.session.subscribe(client.now, &filters).expect("it is connected");
    let said = properties(&[text(Id::ReasonString, "not b")]);
    let suback = SubAck { properties: said.as_properties(), ..SubAck::new(1, &[1, 0x87]) };
    client.receive(Packet::SubAck(suback));
    let events = client.events();
    let [Event::ReasonGiven { packet_type, packet_id, reason }, Event::Subscribed { results, .. }, error] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((*packet_type, *packet_id), (PacketType::SubAck, id(1)));
    assert_eq!(reason.string.as_deref(), Some("not b"));
    let codes: Vec<_> = results.iter().map(|result| (result.reason_code(), result.granted())).collect();
    let expected =
        [(Some(ReasonCode(1)), Some(Qos::AtLeastOnce)), (Some(ReasonCode(0x87)), None), (None, None)];
    assert_eq!(codes, expected);
    let count = PeerError::ReturnCodeCount { expected: 3, actual: 2 };
    assert_eq!((error, count.clause(V5)), (&Event::PeerError(count), "[MQTT-3.8.4-6]"));
}

/// [MQTT-3.11.3-1]
#[test]
fn unsuback_tells_each_reason_code() {
    let mut client = connected(&[], &[]);
    let unsubscribe = |client: &mut Client| {
        client.session.unsubscribe(client.now, &[filter("a"), filter("b")]).expect("it is connected");
    };
    unsubscribe(&mut client);
    client.receive(Packet::UnsubAck(UnsubAck { reason_codes: &[0, 0x11], ..UnsubAck::new(1) }));
    let (filters, reason_codes) = (vec!["a".into(), "b".into()], vec![ReasonCode(0), ReasonCode(0x11)]);
    assert_eq!(client.events(), [Event::Unsubscribed { packet_id: id(1), filters, reason_codes }]);
    unsubscribe(&mut client);
    client.receive(Packet::UnsubAck(UnsubAck { reason_codes: &[0], ..UnsubAck::new(2) }));
    let error = PeerError::UnsubscribeCodeCount { expected: 2, actual: 1 };
    assert_eq!(client.events()[1..], [Event::PeerError(error)]);
    assert_eq!(error.clause(V5), "[MQTT-3.11.3-1]");
}

// Exchanges, 4.3.

/// [MQTT-4.3.3-4], 4.3.3: no PUBREL follows a failed PUBREC, and the message is never sent again [MQTT-4.4.0-2].
#[test]
fn a_failed_pubrec_ends_the_exchange() {
    for is_released in [false, true] {
        let mut client = lasting(&[]);
        client.publish(Qos::ExactlyOnce);
        if is_released {
            client.receive(pubrec(1));
        }
        client.sent();
        client.receive(refused(1, 0x87));
        let (packet_id, qos, packet_type) = (id(1), Qos::ExactlyOnce, PacketType::PubRec);
        let failed = Event::Failed { packet_id, qos, packet_type, reason: reason(0x87) };
        assert_eq!((client.sent(), client.events()), (vec![], vec![failed]));
        assert_eq!(client.session.packet_ids_in_use(), 0);
        client.lose_connection();
        accept(&mut client, true, &[]);
        assert_eq!(client.sent(), NONE);
    }
}

#[test]
fn failures_and_their_words_are_told() {
    let mut client = connected(&[], &[]);
    let said = properties(&[text(Id::ReasonString, "full"), user("a", "1")]);
    client.publish(Qos::AtLeastOnce);
    client.publish(Qos::ExactlyOnce);
    let reason_code = Some(ReasonCode(0x97));
    client.receive(Packet::PubAck(PubAck {
        packet_id: 1,
        reason_code,
        properties: Some(said.as_properties()),
    }));
    let full = Reason {
        code: ReasonCode(0x97),
        string: Some("full".into()),
        user_properties: vec![("a".into(), "1".into())],
    };
    let (qos, packet_type) = (Qos::AtLeastOnce, PacketType::PubAck);
    let failed = Event::Failed { packet_id: id(1), qos, packet_type, reason: Box::new(full) };
    assert_eq!(client.events(), [failed]);
    client.receive(pubrec(2));
    let reason_code = Some(ReasonCode::PACKET_ID_NOT_FOUND);
    client.receive(Packet::PubComp(PubComp { reason_code, ..PubComp::new(2) }));
    let (qos, packet_type) = (Qos::ExactlyOnce, PacketType::PubComp);
    assert_eq!(client.events(), [Event::Failed { packet_id: id(2), qos, packet_type, reason: reason(0x92) }]);
}

/// 0x10 is no failure, and worth showing.
#[test]
fn no_matching_subscribers_is_told_and_no_failure() {
    let mut client = connected(&[], &[]);
    client.publish(Qos::AtLeastOnce);
    client.receive(Packet::PubAck(PubAck { reason_code: Some(ReasonCode(0x10)), ..PubAck::new(1) }));
    let told = Event::ReasonGiven { packet_type: PacketType::PubAck, packet_id: id(1), reason: reason(0x10) };
    assert_eq!(client.events(), [told, Event::Completed { packet_id: id(1), qos: Qos::AtLeastOnce }]);
    client.publish(Qos::ExactlyOnce);
    client.receive(refused(2, 0x10));
    let told = Event::ReasonGiven { packet_type: PacketType::PubRec, packet_id: id(2), reason: reason(0x10) };
    assert_eq!(client.events(), [told]);
}

/// 4.3.3, [MQTT-3.6.2-1], [MQTT-3.7.2-1]
#[test]
fn identifiers_that_are_not_found_are_answered_so() {
    let mut client = connected(&[], &[]);
    client.receive(pubrel(5));
    assert_eq!((frames(&mut client), client.events()), (vec![bytes("70 03 00 05 92")], vec![]));
    client.receive(pubrec(6));
    let unknown = PeerError::UnknownPacketId { packet_type: PacketType::PubRec, packet_id: 6 };
    assert_eq!(frames(&mut client), [bytes("62 03 00 06 92")]);
    assert_eq!(client.events(), [Event::PeerError(unknown)]);
    // A failure is not answered at all.
    client.receive(refused(6, 0x80));
    assert_eq!(frames(&mut client), [[0_u8; 0]; 0]);
    // One that is known is answered in the shortest form.
    client.receive(message(Qos::ExactlyOnce, 7));
    client.receive(pubrel(7));
    assert_eq!(frames(&mut client), [bytes("50 02 00 07"), bytes("70 02 00 07")]);
}

/// [MQTT-4.3.3-9]
#[test]
fn a_message_can_be_refused_by_hand() {
    let mut client = connected(&[number(Id::ReceiveMaximum, 1)], &[]);
    client.session.policy_mut().manual_acknowledgement = true;
    client.receive(message(Qos::AtLeastOnce, 1));
    client.session.acknowledge_with(client.now, id(1), ReasonCode(0x83)).expect("it waits");
    client.receive(message(Qos::ExactlyOnce, 2));
    client.session.acknowledge_with(client.now, id(2), ReasonCode(0x99)).expect("it waits");
    assert_eq!(frames(&mut client), [bytes("40 03 00 01 83"), bytes("50 03 00 02 99")]);
    client.events();
    // The identifier stands for another message, and its place is free.
    let delivery = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 2));
    assert_eq!(delivery, Delivery::Deliver);
    let held = Event::AcknowledgementHeld { packet_type: PacketType::PubRec, packet_id: id(2) };
    assert_eq!(client.events(), [held]);

    let mut client = Client::connected(V311);
    let refused = client.session.acknowledge_with(client.now, id(1), ReasonCode(0x83));
    assert_eq!(refused, Err(CommandError::NotInVersion(V311)));
}

/// [MQTT-3.1.2-29]
#[test]
fn words_that_were_not_wanted_are_reported() {
    let mut client = connected(&[number(Id::RequestProblemInformation, 0)], &[]);
    let words = properties(&[text(Id::ReasonString, "why")]);
    let pairs = properties(&[user("a", "b")]);
    for properties in [&words, &pairs] {
        let pubrel = PubRel {
            reason_code: Some(ReasonCode(0)),
            properties: Some(properties.as_properties()),
            ..PubRel::new(1)
        };
        client.receive(Packet::PubRel(pubrel));
        let error = PeerError::ProblemInformation(PacketType::PubRel);
        assert_eq!(client.events()[0], Event::PeerError(error));
        assert_eq!(error.clause(V5), "[MQTT-3.1.2-29]");
    }
    client.receive(Packet::Publish(inbound("t", &pairs)));
    assert_eq!(client.events(), []);
    // Who has not forbidden them may get them.
    let mut client = connected(&[], &[]);
    let properties = Some(words.as_properties());
    client.receive(Packet::PubRel(PubRel { reason_code: Some(ReasonCode(0)), properties, ..PubRel::new(1) }));
    assert!(!client.events().iter().any(|event| matches!(event, Event::PeerError(_))));
}

// DISCONNECT, 3.14.

#[test]
fn disconnect_carries_a_reason_and_properties() {
    let mut client = connected(&[number(Id::SessionExpiryInterval, 100)], &[]);
    client.publish(Qos::AtLeastOnce);
    frames(&mut client);
    let properties = properties(&[number(Id::SessionExpiryInterval, 0)]);
    client
        .session
        .disconnect_with(ReasonCode::DISCONNECT_WITH_WILL, properties.as_properties())
        .expect("it is connected");
    assert_eq!(frames(&mut client), [bytes("e0 07 04 05 11 00 00 00 00")]);
    assert_eq!(client.close_reason(), Some(CloseReason::Disconnected));
    // The session was given up.
    client.lose_connection();
    assert_eq!(client.session.in_flight(), 0);
}

/// 3.14.2.2.2
#[test]
fn an_expiry_cannot_be_given_at_the_end() {
    let mut client = connected(&[], &[]);
    let expiry = properties(&[number(Id::SessionExpiryInterval, 1)]);
    let refused = client.session.disconnect_with(ReasonCode(0), expiry.as_properties());
    assert_eq!(refused, Err(limit(Limit::SessionExpiryInterval)));
    assert_eq!(Limit::SessionExpiryInterval.clause(), "MQTT 5, 3.14.2.2.2");
    assert_eq!(client.sent(), NONE);
    client.session.policy_mut().break_limits = true;
    client.session.disconnect_with(ReasonCode(0), expiry.as_properties()).expect("limits are broken");
    assert_eq!(client.sent(), ["DISCONNECT"]);
    let mut client = Client::connected(V31);
    let refused = client.session.disconnect_with(ReasonCode(4), Properties::NONE);
    assert_eq!(refused, Err(CommandError::NotInVersion(V31)));
}

/// [MQTT-3.14.4-1], [MQTT-3.14.4-2]; a DISCONNECT of one byte says why, too.
#[test]
fn a_server_that_disconnects_says_why() {
    let mut client = connected(&[], &[]);
    let said = properties(&[text(Id::ReasonString, "other tab"), text(Id::ServerReference, "other:1883")]);
    let reason_code = Some(ReasonCode::SESSION_TAKEN_OVER);
    let disconnect = Disconnect { reason_code, properties: Some(said.as_properties()) };
    client.receive(Packet::Disconnect(disconnect));
    let said = Reason { string: Some("other tab".into()), ..*reason(0x8e) };
    let server_reference = Some("other:1883".into());
    let told = Event::ServerDisconnected { reason: Box::new(said), server_reference };
    let close = Event::Close(CloseReason::ServerDisconnected(ReasonCode::SESSION_TAKEN_OVER));
    assert_eq!(client.events(), [told, close]);
    assert_eq!(
        publish(&mut client, Publication::new(topic("t"), b"", Qos::AtMostOnce)),
        Err(CommandError::NotConnected)
    );

    let mut client = connected(&[], &[]);
    client.receive(decode(&bytes("e0 01 94"), V5, &mut ()).expect("it can be decoded"));
    let close = Event::Close(CloseReason::ServerDisconnected(ReasonCode::TOPIC_ALIAS_INVALID));
    assert_eq!(client.events()[1..], [close]);
}

/// Who was taken over does not come back by itself: the two would throw each other out for ever.
#[test]
fn some_ends_forbid_to_connect_again_by_oneself() {
    let disconnected = |code| CloseReason::ServerDisconnected(ReasonCode(code));
    for code in [0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8e, 0x95, 0x9c, 0x9d] {
        assert!(
            !disconnected(code).may_reconnect() && !CloseReason::Refused(code).may_reconnect(),
            "{code:#x}"
        );
    }
    for code in [0x88, 0x89, 0x8b, 0x8d, 0x96, 0x97, 0x9f, 0xa0] {
        assert!(
            disconnected(code).may_reconnect() && CloseReason::Refused(code).may_reconnect(),
            "{code:#x}"
        );
    }
    assert!(CloseReason::Refused(3).may_reconnect() && !CloseReason::Refused(5).may_reconnect());
    assert!(CloseReason::NoPingResp.may_reconnect() && !CloseReason::Disconnected.may_reconnect());
}

/// [MQTT-3.14.0-1], [MQTT-3.14.2-1], [MQTT-3.14.2-2]
#[test]
fn a_disconnect_that_no_server_sends_is_reported() {
    let mut client = Client::new(V5);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.receive(Packet::Disconnect(Disconnect::default()));
    let before = PeerError::BeforeConnAck(PacketType::Disconnect);
    let events = client.events();
    assert_eq!((&events[0], before.clause(V5)), (&Event::PeerError(before), "[MQTT-3.14.0-1]"));
    assert_eq!(events.last(), Some(&Event::Close(CloseReason::ServerDisconnected(ReasonCode(0)))));

    let mut client = connected(&[], &[]);
    let expiry = properties(&[number(Id::SessionExpiryInterval, 1)]);
    let reason_code = ReasonCode::DISCONNECT_WITH_WILL;
    let properties = Some(expiry.as_properties());
    client.receive(Packet::Disconnect(Disconnect { reason_code: Some(reason_code), properties }));
    let packet_type = PacketType::Disconnect;
    let errors =
        [PeerError::ReasonCodeOfClients { packet_type, reason_code }, PeerError::SessionExpiryFromServer];
    assert_eq!(client.events()[..2], errors.map(Event::PeerError));
    assert_eq!(errors.map(|error| error.clause(V5)), ["[MQTT-3.14.2-1]", "[MQTT-3.14.2-2]"]);
}

/// 4.13.1: who closes for a fault says for which.
#[test]
fn a_fault_is_answered_with_its_code_if_the_policy_is_to_close() {
    let malformed = Rule::NotTheFewestBytes("Remaining Length");
    let protocol_error = Rule::TopicEmptyWithoutAlias;
    let alias = Rule::PropertyNumber {
        property: Id::TopicAlias,
        number: 0,
        holder: mqttscope_proto::PropertyHolder::Packet(PacketType::Publish),
    };
    for (rule, code) in [(malformed, 0x81), (protocol_error, 0x82), (alias, 0x94)] {
        let mut client = connected(&[], &[]);
        client.session.handle_violation(&Violation { offset: 1, rule });
        assert_eq!(client.sent(), NONE);
        client.session.policy_mut().close_on_violation = true;
        client.session.handle_violation(&Violation { offset: 1, rule });
        assert_eq!(frames(&mut client), [vec![0xe0, 1, code]]);
        assert!(!client.session.is_connected());
    }
    let undecodable = bytes("30 01 00");
    let error = decode(&undecodable, V5, &mut ()).expect_err("it is cut off");
    for closes in [false, true] {
        let mut client = connected(&[], &[]);
        client.session.policy_mut().close_on_violation = closes;
        client.session.handle_undecodable(&undecodable, &error);
        assert_eq!(client.close_reason(), Some(CloseReason::Undecodable(error)));
        assert_eq!(frames(&mut client), if closes { vec![bytes("e0 01 81")] } else { vec![] });
    }
    // An earlier version has no such packet.
    let mut client = Client::connected(V311);
    client.session.policy_mut().close_on_violation = true;
    client.receive(Packet::PingReq);
    assert_eq!(client.sent(), NONE);
}

// AUTH, 4.12.

/// An AUTH of the server.
fn auth<'a>(code: u8, properties: &'a PropertyBuf) -> Packet<'a> {
    Packet::Auth(Auth { reason_code: Some(ReasonCode(code)), properties: Some(properties.as_properties()) })
}

fn by(method: &'static str) -> PropertyBuf {
    properties(&[text(Id::AuthenticationMethod, method)])
}

/// A client that has sent CONNECT with the method `x`.
fn authenticating() -> Client {
    let mut client = Client::new(V5);
    client.options.properties = by("x");
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.sent();
    client
}

/// [MQTT-3.1.2-30], [MQTT-4.12.0-2], [MQTT-4.12.0-3], [MQTT-4.12.0-5]
#[test]
fn an_enhanced_authentication_goes_back_and_forth() {
    let mut client = authenticating();
    let nothing = client.session.authenticate(client.now, None);
    assert_eq!(nothing, Err(CommandError::NoAuthenticationAwaited));
    assert_eq!(
        publish(&mut client, Publication::new(topic("t"), b"", Qos::AtMostOnce)),
        Err(CommandError::NotConnected)
    );
    let challenge = properties(&[
        text(Id::AuthenticationMethod, "x"),
        (Id::AuthenticationData, PropertyValue::Binary(b"who?")),
    ]);
    client.receive(auth(0x18, &challenge));
    let asked =
        Event::Authentication { reason: reason(0x18), data: Some(AuthenticationData(b"who?".to_vec())) };
    assert_eq!(client.events(), [asked]);
    // The answer may take its time.
    client.advance_millis(1_000_000);
    assert_eq!((client.session.poll_timeout(), client.events()), (None, vec![]));
    client.session.authenticate(client.now, Some(b"me")).expect("it is awaited");
    assert_eq!(frames(&mut client), [bytes("f0 0b 18 09 15 00 01 78 16 00 02 6d 65")]);
    assert!(client.session.poll_timeout().is_some());
    let method = by("x");
    client.receive(Packet::ConnAck(ConnAck { properties: method.as_properties(), ..ConnAck::new(0, 0) }));
    assert_eq!(client.events(), [Event::Connected { session_present: false }]);
}

/// [MQTT-4.12.1-1]
#[test]
fn a_client_can_authenticate_again() {
    let mut client = authenticating();
    let again = client.session.re_authenticate(client.now, None);
    assert_eq!(again, Err(CommandError::NotConnected));
    let method = by("x");
    client.receive(Packet::ConnAck(ConnAck { properties: method.as_properties(), ..ConnAck::new(0, 0) }));
    client.events();
    client.session.re_authenticate(client.now, None).expect("nothing is under way");
    assert_eq!(frames(&mut client), [bytes("f0 06 19 04 15 00 01 78")]);
    let again = client.session.re_authenticate(client.now, None);
    assert_eq!(again, Err(CommandError::AuthenticationUnderWay));
    // Traffic goes on meanwhile.
    client.publish(Qos::AtMostOnce);
    client.receive(auth(0x18, &method));
    client.session.authenticate(client.now, None).expect("it is awaited");
    assert_eq!(client.sent(), ["PUBLISH q0", "AUTH"]);
    client.receive(auth(0x00, &method));
    let told = [0x18, 0x00].map(|code| Event::Authentication { reason: reason(code), data: None });
    assert_eq!(client.events(), told);
    client.session.re_authenticate(client.now, None).expect("it is over");
}

/// [MQTT-4.12.0-2], [MQTT-4.12.0-5], [MQTT-4.12.0-6], [MQTT-3.15.2-1], 4.12.1
#[test]
fn what_a_server_does_wrong_with_auth_is_reported() {
    let (x, y) = (by("x"), by("y"));
    let packet_type = PacketType::Auth;
    let of_clients = PeerError::ReasonCodeOfClients { packet_type, reason_code: ReasonCode::RE_AUTHENTICATE };
    let success = PeerError::AuthNotContinued(ReasonCode(0));
    let other = PeerError::AuthenticationMethod(packet_type);
    for (packet, error, clause) in [
        (auth(0x19, &x), of_clients, "[MQTT-3.15.2-1]"),
        (auth(0x00, &x), success, "[MQTT-4.12.0-2]"),
        (auth(0x18, &y), other, "[MQTT-4.12.0-5]"),
    ] {
        let mut client = authenticating();
        client.receive(packet);
        assert_eq!((client.events()[0].clone(), error.clause(V5)), (Event::PeerError(error), clause));
    }
    // A CONNACK without the method.
    let mut client = authenticating();
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    let error = PeerError::AuthenticationMethod(PacketType::ConnAck);
    assert_eq!(client.events()[1], Event::PeerError(error));
    // AUTH that nobody awaits.
    client.receive(auth(0x18, &x));
    assert_eq!(client.events()[0], Event::PeerError(PeerError::UnexpectedAuth));
    assert_eq!(PeerError::UnexpectedAuth.clause(V5), "MQTT 5, 4.12.1");
    // Without a method of the client's.
    let mut client = Client::new(V5);
    let events = accept(&mut client, false, &[text(Id::AuthenticationMethod, "x")]);
    let unasked = PeerError::AuthenticationUnasked(PacketType::ConnAck);
    assert_eq!(events[1], Event::PeerError(unasked));
    client.receive(auth(0x18, &x));
    let error = PeerError::AuthenticationUnasked(packet_type);
    assert_eq!((client.events(), error.clause(V5)), (vec![Event::PeerError(error)], "[MQTT-4.12.0-6]"));
}

/// [MQTT-4.12.0-7]
#[test]
fn no_auth_is_sent_without_a_method() {
    let mut client = connected(&[], &[]);
    let refused = client.session.re_authenticate(client.now, None);
    assert_eq!(refused, Err(CommandError::NoAuthenticationMethod));
    let mut client = Client::connected(V311);
    assert_eq!(client.session.authenticate(client.now, None), Err(CommandError::NotInVersion(V311)));
}

/// [MQTT-3.1.2-30]: DISCONNECT may end an authentication, and nothing else may be sent.
#[test]
fn an_authentication_can_be_ended() {
    let mut client = authenticating();
    client.session.disconnect().expect("an authentication is under way");
    assert_eq!(client.sent(), ["DISCONNECT"]);
    assert_eq!(client.close_reason(), Some(CloseReason::Disconnected));
}

// Other versions.

/// A CONNACK of 3.1.1 is how an older server answers.
#[test]
fn a_server_that_answers_in_an_earlier_version_is_recognised() {
    for return_code in [0, 1, 5] {
        let mut client = Client::new(V5);
        client.session.connect(client.now, &client.options).expect("it is not connected");
        let connack = [0x20, 2, 0, return_code];
        let error = decode(&connack, V5, &mut ()).expect_err("it has no properties");
        client.session.handle_undecodable(&connack, &error);
        assert_eq!(client.close_reason(), Some(CloseReason::EarlierVersion { return_code }));
    }
    // Behind CONNACK it is a fault as any other, and so it is in an earlier version.
    let mut client = connected(&[], &[]);
    let error = decode(&[0x20, 2, 0, 1], V5, &mut ()).expect_err("it has no properties");
    assert!(matches!(error.kind, DecodeErrorKind::FieldTooLong { .. }), "{error}");
    client.session.handle_undecodable(&[0x20, 2, 0, 1], &error);
    assert_eq!(client.close_reason(), Some(CloseReason::Undecodable(error)));
}

// What outlives a connection.

#[test]
fn a_snapshot_keeps_topics_and_the_expiry() {
    let mut client = lasting(&[number(Id::TopicAliasMaximum, 1), number(Id::ReceiveMaximum, 2)]);
    let alias = properties(&[number(Id::TopicAlias, 1), user("a", "b")]);
    for _ in 0..3 {
        publish(&mut client, with_alias(&alias, "t", Qos::AtLeastOnce)).expect("there is room");
    }
    let snapshot = client.session.snapshot();
    assert_eq!(snapshot.session_expiry_secs, 100);
    client.session = Session::restore(&snapshot).expect("the snapshot is whole");
    assert_eq!(client.session.snapshot(), snapshot);
    assert_eq!(
        accept(&mut client, true, &[]),
        [Event::Connected { session_present: true }, Event::Dequeued { packet_id: id(3) },]
    );
    let [first, second, third] = &frames(&mut client)[..] else { panic!("three messages were kept") };
    assert_eq!(first, &bytes("3a 0e 00 01 74 00 01 07 26 00 01 61 00 01 62 6d"));
    assert_eq!(second, &bytes("3a 0e 00 01 74 00 02 07 26 00 01 61 00 01 62 6d"));
    assert_eq!(third, &bytes("32 0e 00 01 74 00 03 07 26 00 01 61 00 01 62 6d"));

    // A message that is known by its alias only is none that a session keeps.
    let mut altered = snapshot;
    altered.in_flight[0].publish = Some(bytes("32 09 00 00 00 01 03 23 00 01 6d"));
    assert!(Session::restore(&altered).is_err());
}
