//! The bar on top: name, state, and the buttons that change it.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use crate::browser;
use crate::store::connection::Light;
use crate::store::settings::Theme;
use crate::store::{Connection, Field, Phase, Problems, number};

#[derive(Properties, PartialEq)]
pub struct BarProps {
    pub connection: Rc<Connection>,
    pub problems: Rc<Problems>,
    pub theme: Theme,
    pub on_disconnect: Callback<()>,
    pub on_drop: Callback<()>,
    pub on_theme: Callback<Theme>,
}

/// Name, connection state, and what changes it.
#[component]
pub fn Bar(props: &BarProps) -> Html {
    let BarProps { connection, problems, theme, on_disconnect, on_drop, on_theme } = props;
    let open = connection.is_open();
    let to_connect = open.then_some(ALREADY_OPEN);
    let to_close = (!open).then_some(NOTHING_OPEN);
    let next = theme.next();
    html! {
        <header class="bar">
            <h1>{ "mqttscope" }</h1>
            { status(connection, problems) }
            <div class="buttons">
                <button id={Field::ConnectButton.id()} class="primary" type="submit" form={CONNECTION_FORM}
                    aria-disabled={to_connect.map(|_| "true")} title={to_connect}>{ "Connect" }</button>
                <button type="button" onclick={on_disconnect.reform(|_: MouseEvent| ())}
                    aria-disabled={to_close.map(|_| "true")} title={to_close}>{ "Disconnect" }</button>
                <button type="button" onclick={on_drop.reform(|_: MouseEvent| ())}
                    aria-disabled={to_close.map(|_| "true")}
                    title={to_close.unwrap_or("Closes the WebSocket without DISCONNECT")}>{ "Drop connection" }</button>
                <button type="button" class="quiet theme" onclick={on_theme.reform(move |_: MouseEvent| next)}
                    title="Colours: as the system, light, dark">{ ["◐ ", theme.name()].concat() }</button>
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
    let detail = note.map_or_else(|| connection.detail(), str::to_owned);
    html! {
        <div class="status" role="status">
            <span class={light} aria-hidden="true" />
            <strong>{ connection.headline() }</strong>
            if connection.phase != Phase::Idle {
                <Elapsed since={connection.since} ended={!connection.is_open()} />
            }
            <span class={if failed { "detail problem" } else { "detail" }} title={detail.clone()}>{ detail }</span>
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
    let words = if props.ended { [&words, " ago"].concat() } else { ["for ", &words].concat() };
    html! { <span class="elapsed" role="timer" aria-live="off">{ words }</span> }
}

/// Why Connect cannot work.
pub const ALREADY_OPEN: &str = "A connection is there: disconnect first.";
/// Why Disconnect and Drop connection cannot work.
pub const NOTHING_OPEN: &str = "There is no connection to close.";
