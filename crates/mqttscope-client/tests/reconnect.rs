//! A connection that was lost comes back by itself: when, with what, and when it does not.

mod common;

use common::{Bench, CONNACK, options, persistent, request, v311};
use mqttscope_client::{Answer, Phase};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{
    PropertyBuf, PropertyId, PropertyValue, ProtocolVersion, Qos, SubscribeOptions, TopicFilter,
};

/// CONNACK with session present.
const PRESENT: &[u8] = &[0x20, 0x02, 0x01, 0x00];
/// CONNACK of MQTT 5, accepted.
const CONNACK_5: &[u8] = &[0x20, 0x03, 0x00, 0x00, 0x00];

/// A client that stands, with that switch on.
fn standing(options: ConnectOptions) -> Bench {
    let mut bench = match options.version {
        ProtocolVersion::V31 | ProtocolVersion::V311 => Bench::connected(options),
        ProtocolVersion::V5 => {
            let mut bench = Bench::awaiting_connack(options);
            bench.receive(CONNACK_5);
            bench.logged();
            bench.sent();
            bench
        }
    };
    bench.client.reconnect_automatically(bench.now, Some(7), &mut bench.log);
    bench.drain();
    bench
}

fn v5(expiry_secs: u32) -> ConnectOptions {
    let mut properties = PropertyBuf::new();
    let expiry = PropertyValue::Number(expiry_secs);
    properties.push(PropertyId::SessionExpiryInterval, expiry).expect("it has bytes");
    ConnectOptions { version: ProtocolVersion::V5, properties, ..options() }
}

fn generation(bench: &Bench) -> u32 {
    bench.link.as_ref().expect("a link was opened").generation
}

/// Lets the next try begin, and opens its WebSocket.
fn returns(bench: &mut Bench) {
    let before = generation(bench);
    bench.advance_millis(1_000);
    assert_eq!(bench.phase(), Phase::Opening);
    assert_eq!(generation(bench), before + 1);
    bench.opened();
}

fn answers(bench: &Bench) -> Vec<(&str, Answer)> {
    let held = &bench.client.connection().subscriptions;
    held.iter().map(|held| (held.filter.as_str(), held.answer)).collect()
}

#[test]
fn a_loss_is_followed_by_a_try_and_the_state_says_when() {
    let mut bench = standing(options());
    bench.closed(1006, "");
    let retry = bench.client.connection().retry.expect("it comes back");
    let wait = retry.at - bench.now.as_millis();
    assert!((500..=1_000).contains(&wait), "{wait} ms");
    assert_eq!(retry.number, 1);
    assert!(bench.client.connection().is_wanted() && !bench.client.connection().is_open());
    let said = bench.logged();
    assert!(said.last().is_some_and(|words| words.starts_with("Connecting again in ")), "{said:?}");

    bench.advance_millis(wait - 1);
    assert_eq!(generation(&bench), 1);
    bench.advance_millis(1);
    assert_eq!((generation(&bench), bench.client.connection().retry), (2, None));
    assert_eq!(bench.logged(), [common::OPENING, "Try 1 to connect again"]);
    bench.opened();
    bench.receive(CONNACK);
    assert_eq!(bench.phase(), Phase::Connected);
}

#[test]
fn tries_go_on_with_longer_waits() {
    let mut bench = standing(options());
    bench.closed(1006, "");
    let mut waits = Vec::new();
    for number in 1..=5 {
        let retry = bench.client.connection().retry.expect("it comes back");
        assert_eq!(retry.number, number);
        waits.push(retry.at - bench.now.as_millis());
        bench.advance_millis(retry.at - bench.now.as_millis());
        bench.closed(1006, "");
    }
    for (wait, longest) in waits.iter().zip([1_000, 2_000, 4_000, 8_000, 16_000]) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
}

#[test]
fn without_the_wish_nothing_comes_back() {
    let mut bench = Bench::connected(options());
    bench.closed(1006, "");
    bench.advance_millis(600_000);
    assert_eq!((generation(&bench), bench.client.connection().retry), (1, None));
}

#[test]
fn what_never_stood_is_no_loss() {
    let mut bench = Bench::new();
    bench.client.reconnect_automatically(bench.now, Some(7), &mut bench.log);
    bench.connect(request(options()));
    bench.closed(1006, "");
    bench.advance_millis(600_000);
    assert_eq!((generation(&bench), bench.client.connection().retry), (1, None));
}

#[test]
fn disconnect_ends_it() {
    let mut bench = standing(options());
    bench.disconnect();
    bench.closed(1000, "");
    assert_eq!(bench.client.connection().retry, None);

    let mut bench = standing(options());
    bench.subscribe("a", Qos::AtMostOnce);
    bench.closed(1006, "");
    bench.logged();
    bench.disconnect();
    assert_eq!(bench.logged(), ["Not connecting again by itself any more, as asked"]);
    assert_eq!((bench.client.connection().retry, answers(&bench)), (None, vec![]));
    bench.advance_millis(600_000);
    assert_eq!(generation(&bench), 1);

    // So does the switch.
    let mut bench = standing(options());
    bench.closed(1006, "");
    bench.client.reconnect_automatically(bench.now, None, &mut bench.log);
    bench.advance_millis(600_000);
    assert_eq!((generation(&bench), bench.client.connection().retry), (1, None));
}

#[test]
fn a_connection_that_was_dropped_on_purpose_does_not_come_back() {
    let mut bench = standing(options());
    bench.drop_connection();
    bench.closed(1006, "");
    assert_eq!(bench.client.connection().retry, None);
}

#[test]
fn subscriptions_of_a_clean_session_are_asked_for_again() {
    let mut bench = standing(v311());
    for (filter, qos) in [("a", Qos::AtLeastOnce), ("b", Qos::AtMostOnce), ("c", Qos::AtMostOnce)] {
        bench.subscribe(filter, qos);
    }
    // `b` was refused, and the answer for `c` is never heard.
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x01, 0x90, 0x03, 0x00, 0x02, 0x80]);
    bench.subscribe("d", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x04, 0x00]);
    bench.unsubscribe("d");
    bench.sent();
    bench.closed(1006, "");
    assert_eq!(answers(&bench), [("a", Answer::Again), ("b", Answer::Refused), ("c", Answer::Again)]);
    // A try that fails keeps what is to be asked for.
    bench.advance_millis(1_000);
    bench.closed(1006, "");
    bench.advance_millis(1_000);
    returns(&mut bench);
    bench.sent();
    bench.logged();
    bench.receive(CONNACK);
    assert_eq!(answers(&bench), [("a", Answer::Awaited), ("b", Answer::Refused), ("c", Answer::Awaited)]);
    let sent = bench.sent().concat();
    assert_eq!(sent.iter().filter(|byte| **byte == 0x82).count(), 2, "{sent:02x?}");
    let said = bench.logged();
    assert!(said.contains(&"2 subscriptions are asked for again".to_owned()), "{said:?}");
}

#[test]
fn a_subscription_is_asked_for_again_with_all_that_it_was_asked_for_with() {
    let mut bench = standing(v5(0));
    let mut properties = PropertyBuf::new();
    for (id, value) in [
        (PropertyId::SubscriptionIdentifier, PropertyValue::Number(7)),
        (PropertyId::UserProperty, PropertyValue::Pair("n".into(), "1".into())),
        (PropertyId::UserProperty, PropertyValue::Pair("n".into(), "2".into())),
    ] {
        properties.push(id, value).expect("it has bytes");
    }
    let filter = TopicFilter::new("t").expect("a topic filter");
    let options = SubscribeOptions::new(Qos::AtLeastOnce).with_no_local(true);
    let (now, log) = (bench.now, &mut bench.log);
    bench
        .client
        .subscribe_to(now, &[filter], options, properties.as_properties(), log)
        .expect("it is connected");
    bench.drain();
    let asked = bench.sent().concat();
    bench.receive(&[0x90, 0x04, 0x00, 0x01, 0x00, 0x01]);
    bench.closed(1006, "");
    returns(&mut bench);
    bench.sent();
    bench.receive(CONNACK_5);
    let again = bench.sent().concat();
    // All but the packet identifier.
    assert_eq!((&again[..2], &again[4..]), (&asked[..2], &asked[4..]));
    assert!(asked.len() > 20, "{asked:02x?}");
}

#[test]
fn what_the_server_has_kept_is_not_asked_for_again() {
    let kept = ConnectOptions { version: ProtocolVersion::V311, ..persistent() };
    let mut bench = standing(kept.clone());
    bench.subscribe("a", Qos::AtMostOnce);
    bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00]);
    bench.closed(1006, "");
    returns(&mut bench);
    bench.receive(PRESENT);
    assert_eq!(answers(&bench), [("a", Answer::Granted(Qos::AtMostOnce))]);

    // A server that has lost the session is asked, and one of 3.1, which does not say.
    for options in [kept, persistent()] {
        let mut bench = standing(options);
        bench.subscribe("a", Qos::AtMostOnce);
        bench.receive(&[0x90, 0x03, 0x00, 0x01, 0x00]);
        bench.closed(1006, "");
        returns(&mut bench);
        bench.receive(CONNACK);
        assert_eq!(answers(&bench), [("a", Answer::Awaited)]);
    }
}

#[test]
fn a_session_that_outlives_its_connection_is_gone_back_to() {
    let mut bench = standing(v5(60));
    bench.publish(Qos::AtLeastOnce, b"m");
    bench.closed(1006, "");
    bench.sent();
    returns(&mut bench);
    let connect = bench.sent().concat();
    // Connect Flags: not a clean start, though the first one was.
    assert_eq!(connect[9] & 0x02, 0, "{connect:02x?}");
    bench.receive(&[0x20, 0x03, 0x01, 0x00, 0x00]);
    let said = bench.logged();
    assert!(said.contains(&"out PUBLISH q1 #1 dup".to_owned()), "{said:?}");

    let mut bench = standing(v5(0));
    bench.closed(1006, "");
    returns(&mut bench);
    let connect = bench.sent().concat();
    assert_eq!(connect[9] & 0x02, 0x02, "{connect:02x?}");
}

#[test]
fn nothing_comes_back_against_a_server_that_has_said_why_not() {
    // DISCONNECT: the session was taken over, not authorized, another server.
    for code in [0x8e, 0x87, 0x9d] {
        let mut bench = standing(v5(0));
        bench.receive(&[0xe0, 0x01, code]);
        bench.closed(1000, "");
        assert_eq!(bench.client.connection().retry, None, "{code:#x}");
        let said = bench.logged();
        assert!(said.iter().any(|words| words.starts_with("Not connecting again by itself: ")), "{said:?}");
        bench.advance_millis(600_000);
        assert_eq!(generation(&bench), 1);
    }
    // One that restarts is another matter.
    let mut bench = standing(v5(0));
    bench.receive(&[0xe0, 0x01, 0x8b]);
    bench.closed(1000, "");
    assert!(bench.client.connection().retry.is_some());

    // CONNACK: the version, the client id, the credentials; and, for a while, no server.
    for (code, comes_back) in [(1, false), (2, false), (3, true), (4, false), (5, false)] {
        let mut bench = standing(options());
        bench.closed(1006, "");
        returns(&mut bench);
        bench.receive(&[0x20, 0x02, 0x00, code]);
        bench.closed(1000, "");
        assert_eq!(bench.client.connection().retry.is_some(), comes_back, "{code}");
    }
    for (code, comes_back) in [(0x84, false), (0x86, false), (0x87, false), (0x88, true), (0x89, true)] {
        let mut bench = standing(v5(0));
        bench.closed(1006, "");
        returns(&mut bench);
        bench.receive(&[0x20, 0x03, 0x00, code, 0x00]);
        bench.closed(1000, "");
        assert_eq!(bench.client.connection().retry.is_some(), comes_back, "{code:#x}");
    }
    // A peer of an earlier version.
    let mut bench = standing(v5(0));
    bench.closed(1006, "");
    returns(&mut bench);
    bench.receive(&[0x20, 0x02, 0x00, 0x01]);
    bench.closed(1000, "");
    assert_eq!(bench.client.connection().retry, None);
}

#[test]
fn a_person_who_connects_does_not_wait() {
    let mut bench = standing(options());
    bench.closed(1006, "");
    bench.connect(request(options()));
    assert_eq!((generation(&bench), bench.client.connection().retry), (2, None));
    bench.advance_millis(5_000);
    assert_eq!(generation(&bench), 2);
    // And what a person has asked for anew has not stood yet.
    bench.closed(1006, "");
    assert_eq!(bench.client.connection().retry, None);
}
