//! The test switches, which turn a good client into a misbehaving one.

use mqttscope_proto::ProtocolVersion;
use yew::prelude::*;

use super::card::card;
use super::field::FormView;
use crate::store::Switch;

/// Both switches work on a live connection too.
pub fn switches(view: &FormView) -> Html {
    let v311 = view.forms().protocol_version() == ProtocolVersion::V311;
    let on = view.forms().simulate_down || view.forms().send_duplicates;
    let (class, words) = if v311 {
        (
            "help amber",
            "3.1.1 forbids DUP on PUBREL, SUBSCRIBE, UNSUBSCRIBE. It is sent all the same, and marked.",
        )
    } else {
        ("help", "PUBLISH above QoS 0, PUBREL, SUBSCRIBE, UNSUBSCRIBE: twice, the second with DUP.")
    };
    card(
        "Test switches",
        if on { "on" } else { "" },
        true,
        html! {
            <div class="switches">
                { view.check(Switch::SimulateDown, "Simulate client down (no PINGREQ)", Some("simulate-down-help")) }
                <p id="simulate-down-help" class="help">
                    { "With keep alive above 0: the broker closes after 1.5 × keep alive, and sends the will." }
                </p>
                { view.check(Switch::SendDuplicates, "Send duplicates", Some("send-duplicates-help")) }
                <p id="send-duplicates-help" {class}>{ words }</p>
            </div>
        },
    )
}
