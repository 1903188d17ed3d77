//! A client that goes on where that of another page was.

mod common;

use common::{Bench, persistent, request};
use mqttscope_client::{Answer, ConnectRequest};
use mqttscope_proto::session::ConnectOptions;
use mqttscope_proto::{ProtocolVersion, Qos};

/// CONNACK with session present.
const PRESENT: &[u8] = &[0x20, 0x02, 0x01, 0x00];

fn kept_options() -> ConnectOptions {
    ConnectOptions { version: ProtocolVersion::V311, ..persistent() }
}

/// A client with a message in flight and a subscription, and a page of its own that takes it over.
fn reloaded() -> Bench {
    let mut before = Bench::connected(kept_options());
    before.subscribe("a/#", Qos::AtLeastOnce);
    before.receive(&[0x90, 0x03, 0x00, 0x01, 0x01]);
    before.publish(Qos::AtLeastOnce, b"m");
    let kept = before.client.kept().expect("the server keeps it");
    let mut after = Bench::new();
    after.client.policy_mut().send_duplicates = true;
    after.client.restore(kept).expect("it is one");
    after
}

fn connects(bench: &mut Bench, request: ConnectRequest) -> Vec<String> {
    bench.connect(request);
    bench.opened();
    bench.receive(PRESENT);
    bench.logged()
}

#[test]
fn messages_and_subscriptions_outlive_the_page() {
    let mut bench = reloaded();
    assert!(bench.client.session().policy().send_duplicates, "the page's switches stay");
    bench.client.policy_mut().send_duplicates = false;
    let said = connects(&mut bench, request(kept_options()));
    assert!(said.contains(&"out PUBLISH q1 #2 dup".to_owned()), "{said:?}");
    let held = &bench.client.connection().subscriptions;
    assert_eq!((held[0].filter.as_str(), held[0].answer), ("a/#", Answer::Granted(Qos::AtLeastOnce)));
}

#[test]
fn another_server_or_client_is_not_given_them() {
    let other_server = ConnectRequest { url: "ws://other/".into(), ..request(kept_options()) };
    let other_client = request(ConnectOptions { client_id: "other".into(), ..kept_options() });
    for request in [other_server, other_client] {
        let mut bench = reloaded();
        let said = connects(&mut bench, request);
        assert!(!said.iter().any(|line| line.contains("PUBLISH")), "{said:?}");
        assert_eq!(bench.client.connection().subscriptions, []);
    }
    let mut bench = reloaded();
    bench.client.forget_restored();
    assert_eq!(bench.client.connection().subscriptions, []);
    let said = connects(&mut bench, request(kept_options()));
    assert!(!said.iter().any(|line| line.contains("PUBLISH")), "{said:?}");
}

#[test]
fn what_the_server_does_not_keep_is_not_kept() {
    let bench = Bench::connected(common::v311());
    assert_eq!(bench.client.kept(), None);
    let mut bench = Bench::connected(kept_options());
    let secret = ConnectRequest { url: "ws://me:hush@other/".into(), ..request(kept_options()) };
    connects(&mut bench, secret);
    let kept = bench.client.kept().expect("the server keeps it");
    assert!(!format!("{kept:?}").contains("hush"), "{kept:?}");
}
