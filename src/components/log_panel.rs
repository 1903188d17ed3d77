//! The packet log with its tools.

use yew::prelude::*;

use super::field::{Deed, FormView, button, on_click};
use super::log_table::LogTable;
use crate::driver::SharedLog;
use crate::store::text::concat;
use crate::store::{Switch, number};

/// The log's head and its table, or what will stand there.
pub fn log_panel(view: &FormView, log: &SharedLog, clear: &Deed) -> Html {
    let (first, end, revision) = {
        let log = log.0.borrow();
        (log.first(), log.end(), log.revision())
    };
    html! {
        <section class="log" aria-labelledby="log-title">
            <div class="log-head">
                <h2 id="log-title">{ "Packet log" }</h2>
                <span class="count">{ count(first, end) }</span>
                <span class="gap" />
                { view.check(Switch::Verbose, "Verbose", None) }
                { button("Clear log", "", on_click(clear), None) }
            </div>
            <LogTable log={log.clone()} {revision} verbose={view.forms().verbose} />
            if end == 0 {
                <div class="empty">
                    <p>{ "Every packet of both directions will stand here, a row each, with its handshake: PUBLISH, \
                        PUBREC, PUBREL, PUBCOMP. So will what happens to the WebSocket." }</p>
                    <p class="help">{ "Press Connect, then Subscribe and Publish. A second tab is a second client." }</p>
                </div>
            }
        </section>
    }
}

fn count(first: u32, end: u32) -> String {
    let rows = number::grouped(u64::from(end - first));
    let noun = if end - first == 1 { " row" } else { " rows" };
    match first {
        0 => concat(&[&rows, noun]),
        _ => concat(&[&rows, noun, ", ", &number::grouped(u64::from(first)), " older ones dropped"]),
    }
}
