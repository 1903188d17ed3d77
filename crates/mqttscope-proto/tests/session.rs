//! The session against a scripted server, under a fake clock.

mod common;

use common::client::{Client, id, message, puback, pubcomp, pubrec, pubrel};
use mqttscope_proto::ProtocolVersion::{V31, V311};
use mqttscope_proto::session::{
    AckPolicy, CloseReason, CommandError, Delivery, Event, PeerError, Publication, Published, Session,
    TransmitKind,
};
use mqttscope_proto::{
    ConnAck, DecodeError, DecodeErrorKind, Disconnect, Packet, PacketType, Qos, SubAck, Timestamp,
    TopicFilter, TopicName, UnsubAck,
};

const NONE: [&str; 0] = [];

#[test]
fn a_refusal_asks_to_close() {
    for return_code in [1, 2, 3, 4, 5, 200] {
        let mut client = Client::new(V31);
        client.session.connect(client.now, &client.options).expect("it is not connected");
        client.receive(Packet::ConnAck(ConnAck::new(0, return_code)));
        assert_eq!(client.events(), [Event::Refused { return_code }]);
        assert!(!client.session.is_connected());
        client.advance_millis(1_000);
        assert_eq!(client.close_reason(), Some(CloseReason::Refused(return_code)));
        // It is ready for another try.
        client.lose_connection();
        client.session.poll_transmit();
        client.connect();
    }
}

#[test]
fn a_server_that_refuses_and_does_not_close_is_told_of() {
    let mut client = Client::new(V311);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.sent();
    client.receive(Packet::ConnAck(ConnAck::new(0, 5)));
    assert_eq!(client.events(), [Event::Refused { return_code: 5 }]);
    // What it still sends is not answered, and puts nothing off.
    client.advance_millis(999);
    client.receive(message(Qos::AtLeastOnce, 1));
    assert_eq!((client.sent(), client.events()), (vec![], vec![]));
    client.advance_millis(1);
    let error = PeerError::OpenAfterRefusal;
    let expected = [Event::PeerError(error), Event::Close(CloseReason::Refused(5))];
    assert_eq!(client.events(), expected);
    assert_eq!(error.clause(V311), "[MQTT-3.2.2-5]");

    // One that closes has kept the rule.
    client.lose_connection();
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.receive(Packet::ConnAck(ConnAck::new(0, 5)));
    client.lose_connection();
    client.advance_millis(10_000);
    assert_eq!(client.events(), [Event::Refused { return_code: 5 }]);
}

#[test]
fn connack_is_awaited_for_thirty_seconds() {
    let mut client = Client::new(V31);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    assert_eq!(client.session.poll_timeout(), Some(Timestamp::from_millis(30_000)));
    client.advance_millis(29_999);
    assert_eq!(client.events(), []);
    client.advance_millis(1);
    assert_eq!(client.close_reason(), Some(CloseReason::NoConnAck));
}

#[test]
fn commands_need_a_connection() {
    let mut client = Client::new(V31);
    let now = client.now;
    let filter = TopicFilter::new("#").expect("a filter");
    let publication = Publication::new(TopicName::new("t").expect("a topic"), b"", Qos::AtMostOnce);
    let session = &mut client.session;
    assert_eq!(session.publish(now, &publication), Err(CommandError::NotConnected));
    assert_eq!(session.subscribe(now, &[(filter, Qos::AtMostOnce)]), Err(CommandError::NotConnected));
    assert_eq!(session.unsubscribe(now, &[filter]), Err(CommandError::NotConnected));
    assert_eq!(session.ping(now), Err(CommandError::NotConnected));
    assert_eq!(session.disconnect(), Err(CommandError::NotConnected));
    assert_eq!(session.send_raw(now, &[0]), Err(CommandError::NotConnected));
    assert_eq!(client.sent(), NONE);
    client.connect();
    assert_eq!(client.session.connect(now, &client.options), Err(CommandError::AlreadyConnected));
}

#[test]
fn publish_at_each_qos() {
    let mut client = Client::connected(V31);
    assert_eq!(client.publish(Qos::AtMostOnce), Published::Sent);
    assert_eq!(client.sent(), ["PUBLISH q0"]);

    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(1)));
    assert_eq!(client.sent(), ["PUBLISH q1 #1"]);
    client.receive(puback(1));
    assert_eq!(client.events(), [Event::Completed { packet_id: id(1), qos: Qos::AtLeastOnce }]);

    assert_eq!(client.publish(Qos::ExactlyOnce), Published::InFlight(id(2)));
    assert_eq!(client.sent(), ["PUBLISH q2 #2"]);
    client.receive(pubrec(2));
    assert_eq!(client.sent(), ["PUBREL #2"]);
    assert_eq!(client.session.in_flight(), 1);
    client.receive(pubcomp(2));
    assert_eq!(client.events(), [Event::Completed { packet_id: id(2), qos: Qos::ExactlyOnce }]);
    assert_eq!((client.session.in_flight(), client.session.packet_ids_in_use()), (0, 0));
}

#[test]
fn receive_at_each_qos() {
    let mut client = Client::connected(V31);
    let now = client.now;
    assert_eq!(client.session.handle_packet(now, &message(Qos::AtMostOnce, 0)), Delivery::Deliver);
    assert_eq!(client.sent(), NONE);

    assert_eq!(client.session.handle_packet(now, &message(Qos::AtLeastOnce, 7)), Delivery::Deliver);
    assert_eq!(client.sent(), ["PUBACK #7"]);

    assert_eq!(client.session.handle_packet(now, &message(Qos::ExactlyOnce, 8)), Delivery::Deliver);
    assert_eq!(client.sent(), ["PUBREC #8"]);
    assert_eq!(client.session.handle_packet(now, &message(Qos::ExactlyOnce, 8)), Delivery::Repeat);
    assert_eq!(client.sent(), ["PUBREC #8"]);
    assert_eq!(client.events(), [Event::RepeatNotDelivered { packet_id: id(8) }]);
    client.receive(pubrel(8));
    assert_eq!(client.sent(), ["PUBCOMP #8"]);
    // Released, the identifier stands for another message.
    assert_eq!(client.session.handle_packet(now, &message(Qos::ExactlyOnce, 8)), Delivery::Deliver);
}

#[test]
fn pubrel_of_an_unknown_id_is_answered() {
    let mut client = Client::connected(V311);
    client.receive(pubrel(99));
    assert_eq!(client.sent(), ["PUBCOMP #99"]);
    assert_eq!(client.events(), []);
}

#[test]
fn duplicates_are_sent_with_the_same_id() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().send_duplicates = true;
    client.publish(Qos::AtMostOnce);
    client.publish(Qos::AtLeastOnce);
    client.publish(Qos::ExactlyOnce);
    client.subscribe("#", Qos::ExactlyOnce);
    client
        .session
        .unsubscribe(client.now, &[TopicFilter::new("#").expect("a filter")])
        .expect("it is connected");
    let expected = [
        "PUBLISH q0",
        "PUBLISH q1 #1",
        "PUBLISH q1 #1 dup",
        "PUBLISH q2 #2",
        "PUBLISH q2 #2 dup",
        "SUBSCRIBE #3",
        "SUBSCRIBE #3 dup",
        "UNSUBSCRIBE #4",
        "UNSUBSCRIBE #4 dup",
    ];
    assert_eq!(client.sent(), expected);

    // Both copies are answered; the second answer is no surprise.
    client.receive(puback(1));
    client.receive(puback(1));
    client.receive(pubrec(2));
    client.receive(pubrec(2));
    assert_eq!(client.sent(), ["PUBREL #2", "PUBREL #2 dup"]);
    client.receive(pubcomp(2));
    client.receive(pubcomp(2));
    client.receive(Packet::SubAck(SubAck::new(3, &[2])));
    client.receive(Packet::SubAck(SubAck::new(3, &[2])));
    client.receive(Packet::UnsubAck(UnsubAck::new(4)));
    client.receive(Packet::UnsubAck(UnsubAck::new(4)));
    let events = client.events();
    assert_eq!(events.len(), 4, "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::PeerError(_))), "{events:?}");
    // A third is one.
    client.receive(puback(1));
    assert_eq!(client.events(), [unknown(PacketType::PubAck, 1)]);
}

#[test]
fn a_copy_is_marked_as_such() {
    let mut client = Client::connected(V311);
    client.session.policy_mut().send_duplicates = true;
    client.publish(Qos::AtLeastOnce);
    let mut kinds = Vec::new();
    while let Some(transmit) = client.session.poll_transmit() {
        kinds.push(transmit.kind);
    }
    assert_eq!(kinds, [TransmitKind::Regular, TransmitKind::Duplicate]);
}

#[test]
fn acknowledgements_that_fit_nothing_are_events() {
    let mut client = Client::connected(V31);
    for (packet, packet_type) in
        [(puback(5), PacketType::PubAck), (pubcomp(5), PacketType::PubComp), (puback(0), PacketType::PubAck)]
    {
        client.receive(packet);
        assert_eq!(client.events(), [unknown(packet_type, packet.packet_id().unwrap_or_default())]);
    }
    client.receive(Packet::UnsubAck(UnsubAck::new(5)));
    assert_eq!(client.events(), [unknown(PacketType::UnsubAck, 5)]);

    client.publish(Qos::ExactlyOnce);
    client.sent();
    client.receive(puback(1));
    client.receive(pubcomp(1));
    let wrong = |packet_type| {
        let awaited = PacketType::PubRec;
        Event::PeerError(PeerError::WrongAcknowledgement { packet_type, packet_id: id(1), awaited })
    };
    assert_eq!(client.events(), [wrong(PacketType::PubAck), wrong(PacketType::PubComp)]);
    // The message is still in flight.
    client.receive(pubrec(1));
    assert_eq!(client.sent(), ["PUBREL #1"]);
}

#[test]
fn pubrec_of_an_unknown_id_is_released() {
    let mut client = Client::connected(V31);
    client.receive(pubrec(6));
    assert_eq!(client.sent(), ["PUBREL #6"]);
    assert_eq!(client.events(), [unknown(PacketType::PubRec, 6)]);
}

#[test]
fn packets_that_only_clients_send_are_events() {
    let mut client = Client::connected(V311);
    client.receive(Packet::PingReq);
    client.receive(Packet::Disconnect(Disconnect::default()));
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    client.receive(Packet::PingResp);
    let expected = [
        PeerError::NotFromServer(PacketType::PingReq),
        PeerError::NotFromServer(PacketType::Disconnect),
        PeerError::SecondConnAck,
        PeerError::UnexpectedPingResp,
    ];
    assert_eq!(client.events(), expected.map(Event::PeerError));
}

#[test]
fn a_packet_before_connack_is_an_event() {
    let mut client = Client::new(V311);
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.receive(Packet::PingResp);
    let before = Event::PeerError(PeerError::BeforeConnAck(PacketType::PingResp));
    assert_eq!(client.events()[0], before);
}

#[test]
fn subscribe_tells_what_was_granted() {
    let mut client = Client::connected(V311);
    let filters = ["a", "b", "c"].map(|text| (TopicFilter::new(text).expect("a filter"), Qos::ExactlyOnce));
    let packet_id = client.session.subscribe(client.now, &filters).expect("it is connected");
    assert_eq!(client.sent(), ["SUBSCRIBE #1"]);
    client.receive(Packet::SubAck(SubAck::new(1, &[1, 0x80, 2])));
    let [Event::Subscribed { packet_id: answered, results }] = &client.events()[..] else { panic!() };
    assert_eq!(*answered, packet_id);
    let granted: Vec<_> = results.iter().map(|result| (result.filter.as_str(), result.granted())).collect();
    assert_eq!(granted, [("a", Some(Qos::AtLeastOnce)), ("b", None), ("c", Some(Qos::ExactlyOnce))]);
}

#[test]
fn suback_with_too_few_codes_is_reported() {
    let mut client = Client::connected(V311);
    let filters = ["a", "b"].map(|text| (TopicFilter::new(text).expect("a filter"), Qos::AtMostOnce));
    client.session.subscribe(client.now, &filters).expect("it is connected");
    client.receive(Packet::SubAck(SubAck::new(1, &[0])));
    let events = client.events();
    let Event::Subscribed { results, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((results[0].return_code, results[1].return_code), (Some(0), None));
    assert_eq!(events[1], Event::PeerError(PeerError::ReturnCodeCount { expected: 2, actual: 1 }));
}

#[test]
fn unsubscribe_and_its_answer() {
    let mut client = Client::connected(V31);
    client
        .session
        .unsubscribe(client.now, &[TopicFilter::new("a").expect("a filter")])
        .expect("it is connected");
    assert_eq!(client.sent(), ["UNSUBSCRIBE #1"]);
    client.receive(Packet::UnsubAck(UnsubAck::new(1)));
    assert_eq!(
        client.events(),
        [Event::Unsubscribed { packet_id: id(1), filters: vec!["a".into()], reason_codes: vec![] }]
    );
    assert_eq!(client.session.unsubscribe(client.now, &[]), Err(CommandError::NoTopicFilter));
}

#[test]
fn ping_when_nothing_was_sent() {
    let mut client = Client::with_keep_alive(10);
    assert_eq!(client.session.poll_timeout(), Some(Timestamp::from_millis(10_000)));
    client.advance_millis(9_999);
    assert_eq!(client.sent(), NONE);
    client.advance_millis(1);
    assert_eq!(client.sent(), ["PINGREQ"]);
    client.receive(Packet::PingResp);
    // What is sent puts the ping off, what is received does not.
    client.advance_millis(6_000);
    client.publish(Qos::AtMostOnce);
    client.sent();
    client.advance_millis(9_999);
    client.receive(message(Qos::AtMostOnce, 0));
    assert_eq!(client.sent(), NONE);
    client.advance_millis(1);
    assert_eq!(client.sent(), ["PINGREQ"]);
}

#[test]
fn no_pingresp_within_an_interval_is_the_end() {
    let mut client = Client::with_keep_alive(20);
    client.advance_millis(20_000);
    assert_eq!(client.sent(), ["PINGREQ"]);
    // What this side sends is no sign of life.
    client.advance_millis(15_000);
    client.publish(Qos::AtMostOnce);
    client.sent();
    client.advance_millis(4_999);
    assert_eq!(client.events(), []);
    client.advance_millis(1);
    assert_eq!(client.close_reason(), Some(CloseReason::NoPingResp));
    assert_eq!(client.session.poll_timeout(), None);
}

#[test]
fn a_peer_that_sends_is_alive() {
    let mut client = Client::with_keep_alive(20);
    client.advance_millis(20_000);
    client.sent();
    // Packets are a sign of life, and so are bytes that are no whole packet yet.
    client.advance_millis(15_000);
    client.receive(message(Qos::AtMostOnce, 0));
    client.advance_millis(15_000);
    client.session.handle_alive(client.now);
    client.advance_millis(19_999);
    assert_eq!(client.events(), []);
    client.advance_millis(1);
    assert_eq!(client.close_reason(), Some(CloseReason::NoPingResp));
}

#[test]
fn a_short_keep_alive_leaves_the_answer_its_time() {
    let mut client = Client::with_keep_alive(2);
    for _ in 0..5 {
        client.advance_millis(2_000);
        assert_eq!(client.sent(), ["PINGREQ"]);
    }
    assert_eq!(client.events(), []);
    // All the answers come at once, and none of them is one too many.
    for _ in 0..5 {
        client.receive(Packet::PingResp);
    }
    assert_eq!(client.events(), []);
    client.receive(Packet::PingResp);
    assert_eq!(client.events(), [Event::PeerError(PeerError::UnexpectedPingResp)]);

    client.session.policy_mut().pingresp_timeout_millis = 3_000;
    assert_eq!(client.session.pingresp_wait_millis(), 3_000);
    client.advance_millis(2_000);
    client.advance_millis(2_999);
    assert_eq!(client.events(), []);
    client.advance_millis(1);
    assert_eq!(client.close_reason(), Some(CloseReason::NoPingResp));
}

#[test]
fn one_answer_to_several_pings_is_enough() {
    let mut client = Client::with_keep_alive(10);
    client.session.policy_mut().pingresp_timeout_millis = 15_000;
    client.advance_millis(10_000);
    client.advance_millis(10_000);
    assert_eq!(client.sent(), ["PINGREQ", "PINGREQ"]);
    client.receive(Packet::PingResp);
    client.advance_millis(10_000);
    assert_eq!((client.sent(), client.events()), (vec!["PINGREQ".into()], vec![]));
}

#[test]
fn the_wait_is_for_the_first_ping_and_begins_when_it_has_left() {
    let mut client = Client::with_keep_alive(10);
    client.session.policy_mut().pingresp_timeout_millis = 25_000;
    client.advance_millis(10_000);
    client.advance_millis(3_000);
    client.session.handle_ping(client.now, false);
    client.advance_millis(3_000);
    client.session.handle_ping(client.now, true);
    // Later ones leave too, which is no sign of the peer.
    client.advance_millis(10_000);
    client.session.handle_ping(client.now, true);
    client.advance_millis(14_999);
    assert_eq!(client.events(), []);
    client.advance_millis(1);
    assert_eq!(client.close_reason(), Some(CloseReason::NoPingResp));
}

#[test]
fn what_leaves_late_puts_the_ping_off() {
    let mut client = Client::with_keep_alive(10);
    client.advance_millis(8_000);
    client.session.handle_left(client.now);
    assert_eq!(client.session.poll_timeout(), Some(Timestamp::from_millis(18_000)));
}

#[test]
fn a_withheld_pingreq_is_told_every_interval() {
    let mut client = Client::with_keep_alive(30);
    client.session.policy_mut().withhold_pingreq = true;
    for _ in 0..3 {
        client.advance_millis(30_000);
        assert_eq!(client.sent(), NONE);
        assert_eq!(client.events(), [Event::PingReqWithheld]);
    }
    client.session.policy_mut().withhold_pingreq = false;
    client.advance_millis(30_000);
    assert_eq!(client.sent(), ["PINGREQ"]);
}

#[test]
fn no_keep_alive_means_no_timer() {
    let mut client = Client::connected(V31);
    assert_eq!(client.session.poll_timeout(), None);
    client.session.ping(client.now).expect("it is connected");
    assert_eq!(client.sent(), ["PINGREQ"]);
    client.advance_millis(1_000_000_000);
    assert_eq!(client.events(), []);
}

#[test]
fn disconnect_is_the_last_packet() {
    let mut client = Client::connected(V311);
    client.session.disconnect().expect("it is connected");
    assert_eq!(client.sent(), ["DISCONNECT"]);
    assert_eq!(client.close_reason(), Some(CloseReason::Disconnected));
    client.receive(message(Qos::AtLeastOnce, 3));
    assert_eq!(client.sent(), NONE);
}

#[test]
fn undecodable_bytes_ask_to_close_once() {
    let mut client = Client::connected(V31);
    let error = DecodeError { offset: 0, kind: DecodeErrorKind::UnknownPacketType(15) };
    client.session.handle_decode_error(&error);
    client.session.handle_decode_error(&error);
    assert_eq!(client.close_reason(), Some(CloseReason::Undecodable(error)));
}

#[test]
fn clean_session_forgets_what_was_in_flight() {
    let mut client = Client::connected(V31);
    client.publish(Qos::ExactlyOnce);
    client.subscribe("a", Qos::AtMostOnce);
    client.receive(message(Qos::ExactlyOnce, 4));
    client.sent();
    client.lose_connection();
    let left = Event::LeftInFlight { publishes: vec![id(1)], requests: vec![id(2)], queued: 0, kept: false };
    assert_eq!(client.events(), [left]);
    client.connect();
    assert_eq!(client.sent(), NONE);
    assert_eq!(client.session.packet_ids_in_use(), 0);
    let repeated = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 4));
    assert_eq!(repeated, Delivery::Deliver);
}

#[test]
fn a_kept_session_is_resumed_in_order() {
    for (version, released) in [(V31, "PUBREL #2 dup"), (V311, "PUBREL #2")] {
        let mut client = Client::persistent(version);
        client.publish(Qos::AtLeastOnce);
        client.publish(Qos::ExactlyOnce);
        client.publish(Qos::ExactlyOnce);
        client.publish(Qos::AtLeastOnce);
        client.receive(pubrec(2));
        client.receive(puback(4));
        client.receive(message(Qos::ExactlyOnce, 77));
        client.sent();
        client.events();
        client.lose_connection();
        let left = Event::LeftInFlight {
            publishes: vec![id(2), id(1), id(3)],
            requests: vec![],
            queued: 0,
            kept: true,
        };
        assert_eq!(client.events(), [left]);

        client.session.connect(client.now, &client.options).expect("it is not connected");
        client.sent();
        let flags = (version == V311).into();
        client.receive(Packet::ConnAck(ConnAck::new(flags, 0)));
        assert_eq!(client.sent(), [released, "PUBLISH q1 #1 dup", "PUBLISH q2 #3 dup"]);
        // The message that was received before is not delivered again.
        let repeated = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 77));
        assert_eq!(repeated, Delivery::Repeat);
        // The identifiers in flight are not given to others.
        assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(5)));
    }
}

#[test]
fn received_ids_are_void_when_the_server_kept_no_session() {
    let mut client = Client::persistent(V311);
    client.receive(message(Qos::ExactlyOnce, 77));
    client.sent();
    client.lose_connection();
    client.connect();
    let delivery = client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 77));
    assert_eq!(delivery, Delivery::Deliver);
}

#[test]
fn exchanges_follow_from_what_the_server_kept() {
    let mut client = Client::persistent(V311);
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::ExactlyOnce] {
        client.publish(qos);
    }
    client.receive(pubrec(2));
    client.sent();
    client.lose_connection();
    client.events();
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.sent();
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    // The server has the message of id 2; nobody has the others.
    let lost = Event::SessionLost { released: vec![id(2)], resent: vec![id(1), id(3)], discarded: vec![] };
    assert_eq!(client.events(), [Event::Connected { session_present: false }, lost]);
    assert_eq!(client.sent(), ["PUBLISH q1 #1 dup", "PUBLISH q2 #3 dup"]);
    assert_eq!((client.session.in_flight(), client.session.packet_ids_in_use()), (2, 2));
}

#[test]
fn what_another_session_gives_up_is_told() {
    let mut client = Client::persistent(V31);
    client.publish(Qos::AtLeastOnce);
    client.sent();
    client.lose_connection();
    client.events();
    client.session.abandon();
    let publishes = vec![id(1)];
    let left = Event::LeftInFlight { publishes, requests: vec![], queued: 0, kept: false };
    assert_eq!(client.events(), [left]);
    assert_eq!(client.session.packet_ids_in_use(), 0);
    client.session.abandon();
    assert_eq!(client.events(), []);
}

#[test]
fn another_client_id_is_another_session() {
    let mut client = Client::persistent(V31);
    client.publish(Qos::AtLeastOnce);
    client.sent();
    client.lose_connection();
    client.events();
    client.options.client_id = "another".into();
    client.session.connect(client.now, &client.options).expect("it is not connected");
    let publishes = vec![id(1)];
    let left = Event::LeftInFlight { publishes, requests: vec![], queued: 0, kept: false };
    assert_eq!((client.sent(), client.events()), (vec!["CONNECT".into()], vec![left]));
    client.receive(Packet::ConnAck(ConnAck::new(0, 0)));
    assert_eq!(client.sent(), NONE);
    assert_eq!(client.session.packet_ids_in_use(), 0);
}

#[test]
fn a_snapshot_continues_in_another_session() {
    let mut client = Client::persistent(V311);
    client.session.policy_mut().max_in_flight = 2;
    client.publish(Qos::ExactlyOnce);
    client.publish(Qos::AtLeastOnce);
    assert_eq!(client.publish(Qos::ExactlyOnce), Published::Queued);
    client.receive(pubrec(1));
    client.receive(message(Qos::ExactlyOnce, 9));
    let snapshot = client.session.snapshot();

    client.session = Session::restore(&snapshot).expect("the snapshot is whole");
    client.session.connect(client.now, &client.options).expect("it is not connected");
    client.sent();
    client.receive(Packet::ConnAck(ConnAck::new(1, 0)));
    assert_eq!(client.sent(), ["PUBREL #1", "PUBLISH q1 #2 dup", "PUBLISH q2 #3"]);
    assert_eq!(client.session.handle_packet(client.now, &message(Qos::ExactlyOnce, 9)), Delivery::Repeat);
}

#[test]
fn messages_beyond_the_window_wait_in_a_queue() {
    let mut client = Client::connected(V311);
    client.session.policy_mut().max_in_flight = 1;
    client.session.policy_mut().max_queued = 2;
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(1)));
    assert_eq!(client.publish(Qos::ExactlyOnce), Published::Queued);
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::Queued);
    assert_eq!(client.sent(), ["PUBLISH q1 #1"]);
    let publication = Publication::new(TopicName::new("t").expect("a topic"), b"", Qos::AtLeastOnce);
    let full = CommandError::QueueFull { in_flight: 1, queued: 2 };
    assert_eq!(client.session.publish(client.now, &publication), Err(full));

    client.receive(puback(1));
    assert_eq!(client.sent(), ["PUBLISH q2 #2"]);
    client.receive(pubrec(2));
    client.receive(pubcomp(2));
    assert_eq!(client.sent(), ["PUBREL #2", "PUBLISH q1 #3"]);
    assert_eq!(client.session.queued(), 0);
}

#[test]
fn the_window_can_be_ignored() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().max_in_flight = 1;
    client.session.policy_mut().ignore_in_flight_limit = true;
    client.publish(Qos::AtLeastOnce);
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(2)));
}

#[test]
fn all_ids_in_flight_is_said_clearly() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().ignore_in_flight_limit = true;
    for expected in 1..=u16::MAX {
        assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(expected)));
    }
    let publication = Publication::new(TopicName::new("t").expect("a topic"), b"", Qos::AtLeastOnce);
    assert_eq!(client.session.publish(client.now, &publication), Err(CommandError::NoPacketIdFree));
    let filter = TopicFilter::new("#").expect("a filter");
    let refused = client.session.subscribe(client.now, &[(filter, Qos::AtMostOnce)]);
    assert_eq!(refused, Err(CommandError::NoPacketIdFree));
    client.receive(puback(300));
    assert_eq!(client.publish(Qos::AtLeastOnce), Published::InFlight(id(300)));
}

#[test]
fn a_packet_id_can_be_chosen() {
    let mut client = Client::connected(V31);
    let publication = Publication::new(TopicName::new("t").expect("a topic"), b"", Qos::AtLeastOnce);
    client.session.publish_with_id(client.now, &publication, id(40_000)).expect("the id is free");
    assert_eq!(client.sent(), ["PUBLISH q1 #40000"]);
    let again = client.session.publish_with_id(client.now, &publication, id(40_000));
    assert_eq!(again, Err(CommandError::PacketIdInUse(id(40_000))));
    client.receive(puback(40_000));
    assert_eq!(client.session.packet_ids_in_use(), 0);
}

#[test]
fn raw_bytes_are_sent_as_they_are() {
    let mut client = Client::connected(V31);
    client.session.send_raw(client.now, &[0xf0, 0x00, 0xaa]).expect("it is connected");
    let transmit = client.session.poll_transmit().expect("bytes are to be sent");
    assert_eq!((transmit.frame, transmit.kind), (&[0xf0, 0x00, 0xaa][..], TransmitKind::Raw));
}

#[test]
fn acknowledgements_can_be_withheld_and_released() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().puback = AckPolicy::Withhold;
    client.receive(message(Qos::AtLeastOnce, 1));
    client.receive(message(Qos::AtLeastOnce, 2));
    assert_eq!(client.sent(), NONE);
    let held =
        |packet_id| Event::AcknowledgementHeld { packet_type: PacketType::PubAck, packet_id: id(packet_id) };
    assert_eq!(client.events(), [held(1), held(2)]);
    client.session.release_withheld(client.now).expect("it is connected");
    assert_eq!(client.sent(), ["PUBACK #1", "PUBACK #2"]);
}

#[test]
fn acknowledgements_can_be_delayed() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().pubrec = AckPolicy::DelayMillis(500);
    client.receive(message(Qos::ExactlyOnce, 1));
    assert_eq!(client.session.poll_timeout(), Some(Timestamp::from_millis(500)));
    client.advance_millis(499);
    assert_eq!(client.sent(), NONE);
    client.advance_millis(1);
    assert_eq!(client.sent(), ["PUBREC #1"]);
}

#[test]
fn acknowledgements_can_be_duplicated_and_reordered() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().pubcomp = AckPolicy::Duplicate;
    client.receive(pubrel(1));
    assert_eq!(client.sent(), ["PUBCOMP #1", "PUBCOMP #1"]);
    client.session.policy_mut().puback = AckPolicy::Reorder;
    for packet_id in 1..=4 {
        client.receive(message(Qos::AtLeastOnce, packet_id));
    }
    assert_eq!(client.sent(), ["PUBACK #2", "PUBACK #1", "PUBACK #4", "PUBACK #3"]);
    client.receive(message(Qos::AtLeastOnce, 5));
    client.session.release_withheld(client.now).expect("it is connected");
    assert_eq!(client.sent(), ["PUBACK #5"]);
}

#[test]
fn pubrel_can_be_withheld() {
    let mut client = Client::connected(V31);
    client.session.policy_mut().pubrel = AckPolicy::Withhold;
    client.publish(Qos::ExactlyOnce);
    client.sent();
    client.receive(pubrec(1));
    assert_eq!(client.sent(), NONE);
    client.session.release_withheld(client.now).expect("it is connected");
    assert_eq!(client.sent(), ["PUBREL #1"]);
}

#[test]
fn messages_can_be_acknowledged_by_hand() {
    let mut client = Client::connected(V311);
    client.session.policy_mut().manual_acknowledgement = true;
    client.receive(message(Qos::AtLeastOnce, 1));
    client.receive(message(Qos::ExactlyOnce, 2));
    assert_eq!(client.sent(), NONE);
    client.session.acknowledge(client.now, id(2)).expect("it waits");
    client.session.acknowledge(client.now, id(1)).expect("it waits");
    assert_eq!(client.sent(), ["PUBREC #2", "PUBACK #1"]);
    let nothing = client.session.acknowledge(client.now, id(1));
    assert_eq!(nothing, Err(CommandError::NothingToAcknowledge(id(1))));
}

#[test]
fn version_3_1_retries_after_a_time_and_3_1_1_does_not() {
    for (version, again) in [(V31, &["PUBLISH q2 #1 dup", "SUBSCRIBE #2 dup"][..]), (V311, &[])] {
        let mut client = Client::connected(version);
        client.session.policy_mut().retry_after_millis = Some(5_000);
        client.publish(Qos::ExactlyOnce);
        client.subscribe("a", Qos::AtMostOnce);
        client.sent();
        let due = Some(Timestamp::from_millis(5_000)).filter(|_| version == V31);
        assert_eq!(client.session.poll_timeout(), due);
        client.advance_millis(4_999);
        assert_eq!(client.sent(), NONE);
        client.advance_millis(1);
        assert_eq!(client.sent(), again);
        // After PUBREC it is PUBREL's turn.
        client.receive(pubrec(1));
        client.sent();
        client.advance_millis(4_999);
        assert_eq!(client.sent(), NONE);
        client.advance_millis(1);
        let retried: Vec<_> = ["PUBREL #1 dup"].into_iter().filter(|_| version == V31).collect();
        assert_eq!(client.sent(), retried);
    }
}

#[test]
fn a_password_is_not_in_the_debug_form() {
    let mut client = Client::new(V31);
    client.options.username = Some("user".into());
    client.options.password = Some(b"secret".to_vec());
    let debug = format!("{:?}", client.options);
    assert!(debug.contains("user") && debug.contains("***") && !debug.contains("115"), "{debug}");
}

fn unknown(packet_type: PacketType, packet_id: u16) -> Event {
    Event::PeerError(PeerError::UnknownPacketId { packet_type, packet_id })
}
