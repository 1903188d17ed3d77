//! The tabs of a narrow page.

use yew::prelude::*;

use crate::store::page::{Action, Tab};

#[derive(Properties, PartialEq)]
pub struct TabsProps {
    pub tab: Tab,
    pub act: Callback<Action>,
}

/// Which region a narrow page shows.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let button = |tab: Tab, words: &'static str| {
        let onclick = props.act.reform(move |_: MouseEvent| Action::Tab(tab));
        let current = (props.tab == tab).then_some("true");
        html! { <button type="button" {onclick} aria-current={current}>{ words }</button> }
    };
    html! {
        <nav class="tabs" aria-label="Regions">
            { button(Tab::Connection, "Connection") }
            { button(Tab::Messages, "Messages") }
            { button(Tab::Log, "Log") }
        </nav>
    }
}
