//! A client of MQTT 5: what the server allows, why it ends a connection, authentication, and versions that are not taken.

mod common;

use common::{Bench, CONNACK, options, request};
use mqttscope_client::{Answer, AuthenticationRequest, Phase};
use mqttscope_proto::session::{AuthenticationData, CommandError, ConnectOptions, Limit, Publication};
use mqttscope_proto::{
    Auth, ConnAck, Disconnect, KeepAlive, Packet, Properties, PropertyBuf, PropertyId as Id, PropertyValue,
    ProtocolVersion, PubAck, Qos, ReasonCode, SubAck, SubscribeOptions, TopicFilter, TopicName, UnsubAck,
};

fn v5(list: &[(Id, PropertyValue<'_>)]) -> ConnectOptions {
    ConnectOptions { version: ProtocolVersion::V5, properties: properties(list), ..options() }
}

fn properties(list: &[(Id, PropertyValue<'_>)]) -> PropertyBuf {
    let mut properties = PropertyBuf::new();
    for &(id, value) in list {
        properties.push(id, value).expect("the property can be written");
    }
    properties
}

fn number(id: Id, number: u32) -> (Id, PropertyValue<'static>) {
    (id, PropertyValue::Number(number))
}

fn text(id: Id, text: &'static str) -> (Id, PropertyValue<'static>) {
    (id, PropertyValue::Text(text.into()))
}

/// CONNACK of MQTT 5.
fn connack(return_code: u8, list: &[(Id, PropertyValue<'_>)]) -> Vec<u8> {
    let properties = properties(list);
    let properties = properties.as_properties();
    of_v5(&Packet::ConnAck(ConnAck { properties, ..ConnAck::new(0, return_code) }))
}

fn of_v5(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes, ProtocolVersion::V5).expect("it can be written");
    bytes
}

/// A client that was accepted with these properties.
fn accepted(connect: ConnectOptions, list: &[(Id, PropertyValue<'_>)]) -> Bench {
    let mut bench = Bench::awaiting_connack(connect);
    bench.logged();
    bench.sent();
    bench.receive(&connack(0, list));
    assert_eq!(bench.phase(), Phase::Connected);
    bench
}

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("a filter")
}

#[test]
fn what_the_server_allows_is_told_once_and_kept() {
    let mut bench = accepted(
        v5(&[]),
        &[
            number(Id::ReceiveMaximum, 20),
            number(Id::SharedSubscriptionAvailable, 0),
            number(Id::ServerKeepAlive, 30),
        ],
    );
    let note = "Receive maximum 20, no shared subscriptions, keep alive 30 s by the server";
    assert_eq!(bench.logged(), ["in CONNACK", note]);
    let limits = bench.client.connection().limits.as_deref().expect("the server has answered");
    assert_eq!((limits.receive_maximum, limits.server_keep_alive), (20, Some(KeepAlive::from_secs(30))));
    // It is the keep alive that holds.
    bench.advance_millis(30_000);
    assert_eq!(bench.logged(), ["out PINGREQ"]);
    let shared = bench.client.subscribe(bench.now, filter("$share/g/t"), Qos::AtMostOnce, &mut bench.log);
    assert_eq!(shared, Err(CommandError::Limit(Limit::SharedSubscriptionAvailable)));

    // One that allows all is not told of.
    let mut bench = accepted(v5(&[]), &[]);
    assert_eq!(bench.logged(), ["in CONNACK"]);
    // An earlier version says nothing.
    bench = Bench::connected(options());
    assert_eq!(bench.client.connection().limits, None);
}

#[test]
fn other_limits_are_told_in_words_too() {
    let mut bench = accepted(
        v5(&[number(Id::SessionExpiryInterval, 100), number(Id::RequestResponseInformation, 1)]),
        &[
            number(Id::MaximumQos, 1),
            number(Id::MaximumPacketSize, 100_000),
            number(Id::TopicAliasMaximum, 10),
            number(Id::RetainAvailable, 0),
            number(Id::WildcardSubscriptionAvailable, 0),
            number(Id::SubscriptionIdentifierAvailable, 0),
            number(Id::ServerKeepAlive, 0),
            number(Id::SessionExpiryInterval, 0),
            text(Id::AssignedClientIdentifier, "auto-1"),
            text(Id::ResponseInformation, "r/"),
            text(Id::ReasonString, "hello"),
        ],
    );
    let note = "QoS 1 at most, packets of 100,000 B at most, topic aliases 1 to 10, no retained messages, no \
                wildcards in subscriptions, no subscription identifiers, no keep alive by the server, the session \
                ends with the connection, client id auto-1 by the server, response information “r/”, “hello”";
    assert_eq!(bench.logged()[1], note);
    assert_eq!(bench.client.connection().client_id, "auto-1");
}

/// Clean Start says nothing of how long a session lives.
#[test]
fn subscriptions_outlive_the_connection_by_the_expiry() {
    for (expiry, kept) in [(0, 0), (100, 1)] {
        let mut bench = accepted(v5(&[number(Id::SessionExpiryInterval, expiry)]), &[]);
        bench.subscribe("t", Qos::AtMostOnce);
        bench.receive(&of_v5(&Packet::SubAck(SubAck::new(1, &[0]))));
        assert_eq!(bench.client.connection().is_kept, expiry > 0);
        bench.closed(1006, "");
        assert_eq!(bench.client.connection().subscriptions.len(), kept);
    }
}

#[test]
fn subscriptions_carry_options_and_hear_reasons() {
    let mut bench = accepted(v5(&[]), &[]);
    bench.logged();
    let asked = SubscribeOptions::new(Qos::AtLeastOnce).with_no_local(true);
    let identifier = properties(&[number(Id::SubscriptionIdentifier, 7)]);
    bench
        .client
        .subscribe_with(bench.now, filter("t"), asked, identifier.as_properties(), &mut bench.log)
        .expect("it is connected");
    bench.drain();
    assert_eq!(bench.sent(), [[0x82, 9, 0, 1, 2, 0x0b, 7, 0, 1, b't', 5]]);
    let held = bench.client.connection().subscriptions[0].clone();
    assert_eq!((held.requested, held.options, held.identifier), (Qos::AtLeastOnce, 5, Some(7)));
    bench.receive(&of_v5(&Packet::SubAck(SubAck::new(1, &[0x87]))));
    let held = bench.client.connection().subscriptions[0].clone();
    assert_eq!((held.answer, held.code), (Answer::Refused, Some(0x87)));
    let logged = bench.logged();
    assert_eq!(logged.last().map(String::as_str), Some("SUBACK for t says 0x87, Not authorized"));

    bench.subscribe("u", Qos::AtLeastOnce);
    bench.receive(&of_v5(&Packet::SubAck(SubAck::new(2, &[1]))));
    bench.logged();
    bench.unsubscribe("u");
    bench.receive(&of_v5(&Packet::UnsubAck(UnsubAck { reason_codes: &[0x83], ..UnsubAck::new(3) })));
    assert_eq!(bench.client.connection().subscriptions[1].answer, Answer::Granted(Qos::AtLeastOnce));
    let logged = bench.logged();
    assert_eq!(
        logged.last().map(String::as_str),
        Some("UNSUBACK for u says 0x83, Implementation specific error")
    );
}

#[test]
fn a_message_that_was_not_taken_is_told_of() {
    let mut bench = accepted(v5(&[]), &[]);
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.logged();
    let said = properties(&[text(Id::ReasonString, "full")]);
    let (reason_code, said) = (Some(ReasonCode(0x97)), Some(said.as_properties()));
    bench.receive(&of_v5(&Packet::PubAck(PubAck { packet_id: 1, reason_code, properties: said })));
    let failed = "The message with packet id 1 was not taken: PUBACK says 0x97, Quota exceeded: “full”";
    assert_eq!(bench.logged(), ["in PUBACK #1", failed]);
    bench.receive(&of_v5(&Packet::PubAck(PubAck { reason_code: Some(ReasonCode(0x10)), ..PubAck::new(2) })));
    assert_eq!(bench.logged(), ["in PUBACK #2", "PUBACK for packet id 2 says 0x10, No matching subscribers"]);
}

#[test]
fn a_reason_code_that_the_packet_does_not_have_is_not_given_the_name_of_another() {
    let mut bench = accepted(v5(&[]), &[]);
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.logged();
    // The granted QoS of SUBACK, which mochi 2.7.9 has in PUBACK too.
    bench.receive(&of_v5(&Packet::PubAck(PubAck { reason_code: Some(ReasonCode(0x01)), ..PubAck::new(1) })));
    let logged = bench.logged();
    let words = "PUBACK for packet id 1 says 0x01, which is no reason code of PUBACK";
    assert_eq!(logged.last().map(String::as_str), Some(words));
}

#[test]
fn properties_of_a_message_leave_with_it() {
    let mut bench = accepted(v5(&[]), &[]);
    let kind = properties(&[text(Id::ContentType, "a/b")]);
    let topic = TopicName::new("t").expect("a topic");
    let message =
        Publication { properties: kind.as_properties(), ..Publication::new(topic, b"m", Qos::AtMostOnce) };
    bench.client.publish(bench.now, &message, &mut bench.log).expect("it is connected");
    bench.drain();
    assert_eq!(bench.sent(), [b"\x30\x0b\x00\x01t\x06\x03\x00\x03a/bm"]);
}

#[test]
fn a_server_that_ends_the_connection_says_why() {
    let mut bench = accepted(v5(&[]), &[]);
    let said = properties(&[text(Id::ReasonString, "other tab"), text(Id::ServerReference, "b:1883")]);
    let reason_code = Some(ReasonCode::SESSION_TAKEN_OVER);
    bench.receive(&of_v5(&Packet::Disconnect(Disconnect {
        reason_code,
        properties: Some(said.as_properties()),
    })));
    bench.closed(1000, "");
    let (why, failed) = bench.ended();
    let expected = "The broker ended the connection: Session taken over (reason code 0x8e). It says “other tab”, and \
                    refers to b:1883. Another client has this client id: connect again with another one, or the two \
                    take turns.";
    assert_eq!((why.as_str(), failed), (expected, true));
    let end = bench.client.connection().end.clone().expect("the server has said why");
    assert_eq!((end.is_refusal, end.reason.code), (false, ReasonCode(0x8e)));
    assert_eq!(end.server_reference.as_deref(), Some("b:1883"));
    // It does not connect by itself: the two would throw each other out for ever.
    let link = bench.link.clone();
    bench.advance_millis(3_600_000);
    assert_eq!((bench.link, bench.client.poll_timeout()), (link, None));
}

#[test]
fn a_refusal_says_why() {
    let mut bench = Bench::awaiting_connack(v5(&[]));
    bench.receive(&connack(0x86, &[text(Id::ReasonString, "who?")]));
    bench.closed(1000, "");
    let expected = "The broker refused: Bad User Name or Password (reason code 0x86). It says “who?”. Check username \
                    and password.";
    assert_eq!(bench.ended(), (expected.into(), true));
    let connection = bench.client.connection();
    assert!(connection.end.as_ref().is_some_and(|end| end.is_refusal && end.reason.code == ReasonCode(0x86)));
    assert_eq!(connection.offered_version, None);
}

#[test]
fn disconnect_takes_a_reason() {
    let mut bench = accepted(v5(&[]), &[]);
    bench
        .client
        .disconnect_with(bench.now, ReasonCode::DISCONNECT_WITH_WILL, Properties::NONE, &mut bench.log)
        .expect("it is connected");
    bench.drain();
    assert_eq!(bench.sent(), [[0xe0, 1, 4]]);
    bench.closed(1000, "");
    assert_eq!(bench.ended(), ("DISCONNECT was sent and the WebSocket closed.".into(), false));
}

#[test]
fn an_authentication_asks_and_is_answered_and_its_data_is_nowhere_in_words() {
    let method = text(Id::AuthenticationMethod, "x");
    let mut bench = Bench::awaiting_connack(v5(&[method]));
    bench.logged();
    bench.sent();
    let challenge = properties(&[method, (Id::AuthenticationData, PropertyValue::Binary(b"who?"))]);
    let reason_code = Some(ReasonCode::CONTINUE_AUTHENTICATION);
    bench.receive(&of_v5(&Packet::Auth(Auth { reason_code, properties: Some(challenge.as_properties()) })));
    let data = Some(AuthenticationData(b"who?".to_vec()));
    let asked = Some(Box::new(AuthenticationRequest { data, reason_string: None }));
    assert_eq!(bench.client.connection().authentication, asked);
    assert!(!format!("{asked:?}").contains("119"), "{asked:?}");
    assert_eq!(bench.logged(), ["in AUTH", "The server awaits an AUTH"]);
    bench.client.authenticate(bench.now, Some(b"me"), &mut bench.log).expect("it is awaited");
    bench.drain();
    assert_eq!(bench.sent(), [b"\xf0\x0b\x18\x09\x15\x00\x01x\x16\x00\x02me"]);
    assert_eq!(bench.client.connection().authentication, None);
    bench.receive(&connack(0, &[method]));
    bench.logged();
    bench.client.re_authenticate(bench.now, None, &mut bench.log).expect("nothing is under way");
    bench.drain();
    assert_eq!(bench.logged(), ["out AUTH"]);
    let method = properties(&[method]);
    let success = Auth { reason_code: Some(ReasonCode(0)), properties: Some(method.as_properties()) };
    bench.receive(&of_v5(&Packet::Auth(success)));
    assert_eq!(bench.logged(), ["in AUTH", "The server accepts the authentication"]);
    assert_eq!(bench.client.connection().authentication, None);
}

/// A CONNACK of 3.1.1, 0x84, and a close without an answer: each time the next version is offered.
#[test]
fn a_version_that_is_not_taken_leads_to_the_next_one() {
    let mut bench = Bench::awaiting_connack(v5(&[]));
    bench.receive(&[0x20, 2, 0, 1]);
    bench.closed(1000, "");
    let expected = "This broker does not speak MQTT 5: it answered in an earlier version, with “unacceptable protocol \
                    version (return code 1)”. Try MQTT 3.1.1.";
    assert_eq!(bench.ended(), (expected.into(), true));
    assert_eq!(bench.client.connection().offered_version, Some(ProtocolVersion::V311));
    // The next attempt offers nothing yet, and a version that was refused is not offered again.
    bench.connect(request(ConnectOptions { version: ProtocolVersion::V311, ..options() }));
    assert_eq!(bench.client.connection().offered_version, None);
    bench.opened();
    bench.closed(1000, "");
    assert_eq!(bench.client.connection().offered_version, Some(ProtocolVersion::V31));
    bench.connect(request(options()));
    bench.opened();
    bench.receive(CONNACK);
    assert_eq!(bench.client.connection().offered_version, None);
    bench.closed(1006, "");
    // What is lost later says nothing of the version.
    assert_eq!(bench.client.connection().offered_version, None);

    let mut bench = Bench::awaiting_connack(v5(&[]));
    bench.receive(&connack(0x84, &[]));
    assert_eq!(bench.client.connection().offered_version, Some(ProtocolVersion::V311));
    let mut bench = Bench::awaiting_connack(options());
    bench.receive(&[0x20, 2, 0, 1]);
    assert_eq!(bench.client.connection().offered_version, Some(ProtocolVersion::V311));
    // Another refusal is none of the version, and a gateway that has not reached the broker is none either.
    let mut bench = Bench::awaiting_connack(options());
    bench.receive(&[0x20, 2, 0, 5]);
    bench.closed(1000, "");
    assert_eq!(bench.client.connection().offered_version, None);
    let mut bench = Bench::awaiting_connack(options());
    bench.closed(1014, "no broker");
    assert_eq!(bench.client.connection().offered_version, None);
}

#[test]
fn messages_that_are_given_up_are_told_of() {
    let mut bench = accepted(v5(&[number(Id::SessionExpiryInterval, 100)]), &[]);
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.closed(1006, "");
    let kept = ConnectOptions { clean_session: false, ..v5(&[number(Id::SessionExpiryInterval, 100)]) };
    bench.connect(request(kept));
    bench.opened();
    bench.logged();
    bench.receive(&connack(0, &[]));
    let lost = "Session present 0: the server kept no session; given up, as MQTT 5 asks, though no answer had come: \
                packet id 1";
    assert!(bench.logged().contains(&lost.to_owned()));
}

#[test]
fn a_packet_that_is_too_large_is_a_fault_of_the_server() {
    let mut bench = accepted(v5(&[number(Id::MaximumPacketSize, 8)]), &[]);
    bench.logged();
    bench.receive(b"\x30\x06\x00\x01t\x00mm");
    assert!(!bench.client.connection().has_broken_rule);
    bench.receive(b"\x30\x07\x00\x01t\x00mmm");
    assert!(bench.client.connection().has_broken_rule);
}
