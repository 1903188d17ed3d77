//! The test switches, which turn a good client into a misbehaving one.

use mqttscope_proto::ProtocolVersion;
use yew::prelude::*;

use super::card::Card;
use super::field::{Check, FormView};
use crate::store::Switch;

#[derive(Properties, PartialEq)]
pub struct SwitchesProps {
    pub view: FormView,
}

/// Both switches work on a live connection too.
#[component]
pub fn Switches(props: &SwitchesProps) -> Html {
    let view = props.view.clone();
    let v311 = view.forms.protocol_version() == ProtocolVersion::V311;
    let note = match (view.forms.simulate_down, view.forms.send_duplicates) {
        (false, false) => "",
        _ => "on",
    };
    let (class, words) = if v311 {
        (
            "help amber",
            "3.1.1 does not allow DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE. It is sent and marked all the same.",
        )
    } else {
        (
            "help",
            "PUBLISH above QoS 0, PUBREL, SUBSCRIBE and UNSUBSCRIBE are sent twice, the second with DUP.",
        )
    };
    html! {
        <Card title="Test switches" {note}>
            <div class="switches">
                <Check view={view.clone()} switch={Switch::SimulateDown} described="simulate-down-help"
                    label="Simulate client down (no PINGREQ)" />
                <p id="simulate-down-help" class="help">
                    { "With keep alive above 0 the broker closes after 1.5 × keep alive, and sends the will." }
                </p>
                <Check {view} switch={Switch::SendDuplicates} described="send-duplicates-help"
                    label="Send duplicates" />
                <p id="send-duplicates-help" {class}>{ words }</p>
            </div>
        </Card>
    }
}
