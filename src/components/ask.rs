//! The question whether the page is to connect, where a link wants that.

use mqttscope_text::visible;
use yew::prelude::*;

use super::element::{classed, element, text, words};
use super::form_dsl::{Look, View};
use crate::browser;
use crate::store::{Command, Field};

/// The question, as a dialog that is closed until a link asks for it. It names what the link has chosen for the person.
pub fn ask(view: &View) -> Html {
    let url = view.page.text(Field::Url);
    let url = if url.trim().is_empty() { browser::place().default_url } else { url };
    let client_id = view.page.profile.client_id();
    let client_id =
        if client_id.is_empty() { "none: the server assigns one".to_owned() } else { visible(client_id) };
    let fact = |name: &str, said: &str| {
        let parts =
            vec![element("dt", &[], &[], vec![text(name)]), element("dd", &[], &[], vec![text(said)])];
        classed("div", "ask-fact", parts)
    };
    let mut facts = vec![fact("URL", &visible(&url)), fact("Client ID", &client_id)];
    if !view.page.subscriptions.is_empty() {
        let filters: Vec<_> = view.page.subscriptions.iter().map(|held| visible(&held.filter)).collect();
        facts.push(fact("Subscriptions", &filters.join(", ")));
    }
    let primary = Look { class: Some("primary"), ..Look::default() };
    let buttons = vec![
        view.button(&Command::DeclineToConnect, Look::default(), vec![text("Do not connect")]),
        view.button(&Command::AgreeToConnect, primary, vec![text("Connect to it")]),
    ];
    let keys = &["id", "class", "aria-labelledby", "aria-describedby"];
    let values = [Some(ASK_DIALOG), Some("ask"), Some("ask-title"), Some("ask-words")];
    let parts = vec![
        element("h2", &["id"], &[Some("ask-title")], vec![text("Connect, as the link asks?")]),
        element("p", &["id"], &[Some("ask-words")], vec![text(WARNING)]),
        element("dl", &[], &[], facts),
        words("p", "help", "The forms are filled in either way."),
        classed("div", "actions", buttons),
    ];
    element("dialog", keys, &values, parts)
}

/// The id of the dialog.
pub const ASK_DIALOG: &str = "ask-to-connect";
const WARNING: &str = "A link has filled in the forms. Connect only if you trust where it leads.";
