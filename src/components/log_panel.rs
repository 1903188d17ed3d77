//! The packet log with its tools.

use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use super::element::{classed, element, text, words};
use super::log_table::LogTable;
use super::parts::{Look, View};
use crate::driver::SharedLog;
use crate::store::text::concat;
use crate::store::{Deed, Switch, number};

/// The log's head and its table, or what will stand there.
pub fn log_panel(view: &View, log: &SharedLog) -> Html {
    let (first, end, revision) = {
        let log = log.0.borrow();
        (log.first(), log.end(), log.revision())
    };
    let head = vec![
        element("h2", &["id"], &[Some("log-title")], vec![text("Packet log")]),
        words("span", "count", &count(first, end)),
        view.check(Switch::Verbose, "Verbose", None),
        view.button(Deed::ClearLog, Look::default(), vec![text("Clear log")]),
    ];
    let table = html! { <LogTable log={log.clone()} {revision} verbose={view.forms().verbose} /> };
    let below = if end == 0 { empty(view) } else { Html::default() };
    let keys = &["class", "aria-labelledby"];
    let values = [Some("log"), Some("log-title")];
    element("section", keys, &values, vec![classed("div", "log-head", head), table, below])
}

/// What the log will show, and the way there.
fn empty(view: &View) -> Html {
    let mut parts = vec![words("p", "", WILL_SHOW)];
    if view.connection.is_open() {
        parts.push(words("p", "help", "The log was cleared: what comes next will stand here."));
    } else {
        let look = Look { class: Some("primary"), form: Some(CONNECTION_FORM), ..Look::default() };
        parts.push(view.submit(Deed::Connect, look, "Connect now"));
        parts.push(words("p", "help", "Then Subscribe and Publish. A second tab is a second client."));
    }
    classed("div", "empty", parts)
}

fn count(first: u32, end: u32) -> String {
    let rows = number::grouped(u64::from(end - first));
    let noun = if end - first == 1 { " row" } else { " rows" };
    match first {
        0 => concat(&[&rows, noun]),
        _ => concat(&[&rows, noun, ", ", &number::grouped(u64::from(first)), " older ones dropped"]),
    }
}

const WILL_SHOW: &str = "Every packet of both directions will stand here, a row each, with its handshake: PUBLISH, \
                         PUBREC, PUBREL, PUBCOMP. So will what happens to the WebSocket.";
