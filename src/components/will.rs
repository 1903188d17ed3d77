//! The Last Will form.

use yew::prelude::*;

use super::card::card;
use super::field::{Control, Deed, FormView, HALF, QOS_CHOICES, RIGHT_HALF, WIDE, on_submit};
use crate::store::{Field, Switch};

/// The message that the broker publishes when this client is lost. It goes with CONNECT.
pub fn will_form(view: &FormView, connect: &Deed) -> Html {
    let note = if view.forms().will { "on" } else { "off" };
    let none = Html::default;
    // Its only one-line field is what makes Enter work without a button of its own.
    card(
        "Last Will",
        note,
        false,
        html! {
            <form class="grid" onsubmit={on_submit(connect)} novalidate=true>
                <div class="checks wide">
                    { view.check(Switch::Will, "Last Will", None) }
                    { view.check(Switch::WillRetain, "Retain will", None) }
                </div>
                { view.field(Field::WillTopic, "Will topic", HALF, Control::Line(""), none()) }
                { view.field(Field::WillQos, "Will QoS", RIGHT_HALF, QOS_CHOICES, none()) }
                { view.field(Field::WillMessage, "Will message", WIDE, Control::Lines("2"), none()) }
                <p class="help wide">{ "Published by the broker when the connection is lost. Takes effect with the next Connect." }</p>
            </form>
        },
    )
}
