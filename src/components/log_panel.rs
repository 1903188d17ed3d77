//! The packet log with its tools.

use yew::prelude::*;

use super::field::{Check, FormView};
use super::log_table::LogTable;
use crate::driver::SharedLog;
use crate::store::{Switch, number};

#[derive(Properties, PartialEq)]
pub struct LogPanelProps {
    pub view: FormView,
    pub log: SharedLog,
    pub revision: u32,
    pub connected: bool,
    pub on_clear: Callback<()>,
}

/// The log's head and its table, or what will stand there.
#[component]
pub fn LogPanel(props: &LogPanelProps) -> Html {
    let LogPanelProps { view, log, revision, on_clear, .. } = props;
    let (first, end) = {
        let log = log.0.borrow();
        (log.first(), log.end())
    };
    let verbose = view.forms.is_on(Switch::Verbose);
    html! {
        <section class="log" aria-labelledby="log-title">
            <div class="log-head">
                <h2 id="log-title">{ "Packet log" }</h2>
                <span class="count">{ count(first, end) }</span>
                <span class="gap" />
                <Check view={view.clone()} switch={Switch::Verbose} label="Verbose" />
                <button type="button" onclick={on_clear.reform(|_: MouseEvent| ())}>{ "Clear log" }</button>
            </div>
            <LogTable log={log.clone()} revision={*revision} {verbose} />
            if end == 0 {
                <div class="empty">
                    <p>{ "Every packet of both directions will stand here, one a row, with its handshake: " }
                        <code>{ "PUBLISH, PUBREC, PUBREL, PUBCOMP" }</code>
                        { "; between them what happens to the WebSocket." }</p>
                    <p class="help">{ "Press Connect, then Subscribe and Publish. A second tab makes a second client." }</p>
                </div>
            }
        </section>
    }
}

fn count(first: u32, end: u32) -> String {
    let rows = number::grouped(u64::from(end - first));
    let noun = if end - first == 1 { " row" } else { " rows" };
    match first {
        0 => [&rows, noun].concat(),
        _ => [&rows, noun, ", ", &number::grouped(u64::from(first)), " older ones dropped"].concat(),
    }
}
