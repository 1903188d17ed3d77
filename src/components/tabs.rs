//! The tabs of a narrow page.

use yew::prelude::*;

use crate::store::page::{Action, Tab};

/// Which region a narrow page shows.
pub fn tabs(tab: Tab, act: &Callback<Action>) -> Html {
    let button = |(to, words): (Tab, &'static str)| {
        let act = act.clone();
        let onclick = Callback::from(move |_: MouseEvent| act.emit(Action::Tab(to)));
        html! { <button type="button" {onclick} aria-current={(tab == to).then_some("true")}>{ words }</button> }
    };
    let regions = [(Tab::Connection, "Connection"), (Tab::Messages, "Messages"), (Tab::Log, "Log")];
    html! { <nav class="tabs" aria-label="Regions">{ for regions.into_iter().map(button) }</nav> }
}
