//! The bar on top: name, state, the buttons that change it, and what is the whole page's: colours and shortcuts.

use mqttscope_client::Phase;
use mqttscope_text::number;
use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use super::element::{classed, element, several, text, words};
use super::form_dsl::{Look, View};
use crate::store::connection::{self, Light};
use crate::store::text::concat;
use crate::store::{Command, Field};

/// Name, connection state, and what changes it.
pub fn bar(view: &View) -> Html {
    let connect = Look {
        id: Some(Field::ConnectButton.id()),
        class: Some("primary"),
        form: Some(CONNECTION_FORM),
        ..Look::default()
    };
    let theme = view.page.looks.theme.name();
    let theme_name = concat(&["Colours: ", theme]);
    let look = Look {
        class: Some("quiet theme"),
        name: Some(&theme_name),
        title: Some("Colours: as the system, light, dark"),
        ..Look::default()
    };
    let shortcuts = Look {
        class: Some("quiet wide-only"),
        name: Some("Keyboard shortcuts"),
        title: Some("Keyboard shortcuts (?)"),
        ..Look::default()
    };
    let buttons = vec![
        view.submit(&Command::Connect, connect, "Connect"),
        view.button(&Command::Disconnect, Look::default(), vec![text("Disconnect")]),
        view.button(&Command::DropConnection, Look::default(), vec![text("Drop connection")]),
        view.button(
            &Command::NextTheme,
            look,
            vec![text("◐"), words("span", "more", &concat(&[" ", theme]))],
        ),
        view.button(&Command::ShowShortcuts, shortcuts, vec![text("?")]),
    ];
    let name = element("h1", &[], &[], vec![text("mqttscope")]);
    classed("header", "bar", vec![name, status(view), classed("div", "buttons", buttons)])
}

/// The live region: it speaks when the state changes, not each second.
fn status(view: &View) -> Html {
    let connection = &view.connection;
    let light = connection::light(connection).class();
    let note = view.page.problems.at(Field::ConnectButton);
    let failed = note.is_some() || connection::light(connection) == Light::Failed;
    let class = if failed { "detail problem" } else { "detail" };
    let detail = note.map_or_else(|| connection::detail(connection), str::to_owned);
    let certificate = certificate(&connection.certificate_url);
    element(
        "div",
        &["class", "role"],
        &[Some("status"), Some("status")],
        vec![
            element("span", &["class", "aria-hidden"], &[Some(light), Some("true")], vec![]),
            element("strong", &[], &[], vec![text(&connection::headline(connection))]),
            elapsed(view),
            other_version(view),
            element(
                "span",
                &["class", "title"],
                &[Some(class), Some(&detail)],
                vec![text(&detail), certificate],
            ),
        ],
    )
}

/// A server that does not speak the version may speak another one.
fn other_version(view: &View) -> Html {
    let Some(version) = connection::version_to_try(&view.connection) else { return Html::default() };
    let keys = &["type", "class", "data-deed", "data-filter"];
    let values = [Some("button"), Some("small"), Some(TRY_VERSION.name()), Some(version)];
    element("button", keys, &values, vec![text(&concat(&["Try MQTT ", version]))])
}

/// Where the browser shows a certificate that it may not trust, and lets a person do so.
fn certificate(url: &str) -> Html {
    if url.is_empty() {
        return Html::default();
    }
    let keys = &["href", "target", "rel"];
    let link = element("a", keys, &[Some(url), Some("_blank"), Some("noopener")], vec![text(CERTIFICATE)]);
    several(vec![text(" "), link])
}

/// How long the state lasts.
fn elapsed(view: &View) -> Html {
    let connection = &view.connection;
    if connection.phase == Phase::Idle {
        return several(vec![]);
    }
    let span = number::elapsed(view.now.saturating_sub(connection.since) / 1_000);
    let said = match connection::wait_words(connection, view.now) {
        Some(wait) => wait,
        None if connection.is_open() => concat(&["for ", &span]),
        None => concat(&[&span, " ago"]),
    };
    let keys = &["class", "role", "aria-live"];
    element("span", keys, &[Some("elapsed"), Some("timer"), Some("off")], vec![text(&said)])
}

/// The version stands beside it in the document.
const TRY_VERSION: Command = Command::TryVersion(String::new());
const CERTIFICATE: &str = "Show its certificate";
