//! The bar on top: name, state, and the buttons that change it.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use super::field::{Deed, FormView, button, on_click};
use crate::browser;
use crate::store::connection::Light;
use crate::store::page::Action;
use crate::store::text::concat;
use crate::store::{Connection, Field, Phase, Problems, number};

/// Name, connection state, and what changes it.
pub fn bar(view: &FormView, connection: &Connection, disconnect: &Deed, drop_connection: &Deed) -> Html {
    let open = connection.is_open();
    let to_connect = open.then_some(ALREADY_OPEN);
    let to_close = (!open).then_some(NOTHING_OPEN);
    let theme = view.settings.theme;
    let act = view.act.clone();
    let on_theme = Callback::from(move |_: MouseEvent| act.emit(Action::Theme(theme.next())));
    html! {
        <header class="bar">
            <h1>{ "mqttscope" }</h1>
            { status(connection, &view.problems) }
            <div class="buttons">
                <button id={Field::ConnectButton.id()} class="primary" type="submit" form={CONNECTION_FORM}
                    aria-disabled={to_connect.map(|_| "true")} title={to_connect}>{ "Connect" }</button>
                { button("Disconnect", "", on_click(disconnect), to_close) }
                { button("Drop connection", "", on_click(drop_connection), to_close) }
                <button type="button" class="quiet theme" onclick={on_theme}
                    title="Colours: as the system, light, dark">{ concat(&["◐ ", theme.name()]) }</button>
            </div>
        </header>
    }
}

/// The live region: it speaks when the state changes, not each second.
fn status(connection: &Connection, problems: &Problems) -> Html {
    let light = match connection.light() {
        Light::Off => "dot",
        Light::Pending => "dot pending",
        Light::On => "dot on",
        Light::Failed => "dot failed",
    };
    let note = problems.at(Field::ConnectButton);
    let failed = note.is_some() || connection.light() == Light::Failed;
    let detail: AttrValue = note.map_or_else(|| connection.detail(), str::to_owned).into();
    html! {
        <div class="status" role="status">
            <span class={light} aria-hidden="true" />
            <strong>{ connection.headline() }</strong>
            if connection.phase != Phase::Idle {
                <Elapsed since={connection.since} ended={!connection.is_open()} />
            }
            <span class={if failed { "detail problem" } else { "detail" }} title={&detail}>{ &detail }</span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ElapsedProps {
    /// Milliseconds since the Unix epoch.
    since: u64,
    ended: bool,
}

/// How long the state lasts, counted by the second.
#[component]
fn Elapsed(props: &ElapsedProps) -> Html {
    let tick = use_force_update();
    use_effect_with((), move |()| {
        let interval = Interval::new(1_000, move || tick.force_update());
        move || drop(interval)
    });
    let secs = browser::now().as_millis().saturating_sub(props.since) / 1_000;
    let words = number::elapsed(secs);
    let words = if props.ended { concat(&[&words, " ago"]) } else { concat(&["for ", &words]) };
    html! { <span class="elapsed" role="timer" aria-live="off">{ words }</span> }
}

/// Why Connect cannot work.
pub const ALREADY_OPEN: &str = "A connection is there: disconnect first.";
/// Why Disconnect and Drop connection cannot work.
pub const NOTHING_OPEN: &str = "There is no connection to close.";
