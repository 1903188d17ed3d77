//! The layout of the page.

use yew::prelude::*;

#[component]
pub fn App() -> Html {
    html! { <h1>{ "mqttscope" }</h1> }
}
