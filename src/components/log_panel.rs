//! The packet log with its tools.

use mqttscope_log::export::Progress;
use mqttscope_text::number;
use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use super::element::{classed, element, tag, text, words};
use super::filter_bar::filter_bar;
use super::log_table::{LogTable, TableAct};
use super::parts::{Control, Look, Part, View, WIDE, message_id};
use crate::store::column::Column;
use crate::store::filter_field::FilterField;
use crate::store::scope::{Scope, SharedScope};
use crate::store::shared::SharedLog;
use crate::store::text::concat;
use crate::store::{Deed, Field, Switch};

/// What the log's region is drawn from.
pub struct LogView<'a> {
    pub log: &'a SharedLog,
    pub scope: &'a SharedScope,
    pub field: &'a FilterField,
    /// How far an export is, if there is one.
    pub exporting: Option<Progress>,
    /// How many bytes of a capture were read, and how many it has, if one is being read.
    pub importing: Option<(u64, u64)>,
    pub on_act: &'a Callback<TableAct>,
}

/// The log's head and its table, or what will stand there.
pub fn log_panel(view: &View, it: &LogView<'_>) -> Html {
    let (log, scope) = (it.log.0.borrow(), it.scope.0.borrow());
    let settings = &view.page.settings;
    let looked_at = scope.matches().map_or(0, |matches| matches.next());
    let revision = (log.revision(), scope.revision(), looked_at);
    let columns = settings.hidden.shown();
    let table = html! {
        <LogTable log={it.log.clone()} scope={it.scope.clone()} {revision} verbose={settings.forms.verbose}
            {columns} on_act={it.on_act.clone()} />
    };
    let below = if log.end() == 0 {
        empty(view)
    } else if scope.rows(&log).is_empty() {
        nothing_shown(view, &scope)
    } else {
        Html::default()
    };
    let count = count(log.end() - log.first(), log.first(), scope.paused().map(|paused| log.end() - paused));
    let head = vec![
        element("h2", &["id"], &[Some("log-title")], vec![text("Packet log")]),
        element("span", &["class", "title"], &[Some("count"), Some(&count)], vec![text(&count)]),
        classed("div", "tools", tools(view, it, scope.paused().is_some())),
    ];
    let keys = &["class", "aria-labelledby"];
    let values = [Some("log"), Some("log-title")];
    let head = classed("div", "log-head", head);
    element("section", keys, &values, vec![head, filter_bar(view, &scope, it.field), table, below])
}

fn tools(view: &View, it: &LogView<'_>, is_paused: bool) -> Vec<Html> {
    let pause = if is_paused { "Go on" } else { "Pause" };
    let is_shown = !view.page.settings.panes.is_inspector_hidden;
    let inspector = if is_shown { "Hide the inspector (i)" } else { "Show the inspector (i)" };
    let paused = Look { class: is_paused.then_some("amber"), ..Look::default() };
    vec![
        view.check(Switch::Verbose, "Verbose", None),
        view.button(Deed::PauseLog, paused, vec![text(pause)]),
        menu("View", view_menu(view)),
        menu("Go to", view.draw(GO_TO)),
        menu("Open", import(view, it.importing)),
        menu("Export", export(view, it.exporting)),
        view.button(Deed::ClearLog, Look::default(), vec![text("Clear log")]),
        view.button(
            Deed::ToggleInspector,
            Look { class: Some("wide-only"), title: Some(inspector), ..Look::default() },
            vec![text(if is_shown { "Inspector ✓" } else { "Inspector" })],
        ),
    ]
}

/// A button that unfolds what is behind it.
fn menu(title: &str, parts: Vec<Html>) -> Html {
    let head = element("summary", &[], &[], vec![text(title)]);
    // One open menu closes another.
    element(
        "details",
        &["class", "name"],
        &[Some("menu"), Some("log-menu")],
        vec![head, classed("div", "menu-body", parts)],
    )
}

/// The columns, and how much the log keeps.
fn view_menu(view: &View) -> Vec<Html> {
    let hidden = &view.page.settings.hidden;
    let check = |column: Column| {
        let id = concat(&["column-", column.name()]);
        let mut input = tag("input", &["id", "type"], &[Some(&id), Some("checkbox")]);
        input.set_checked(!hidden.has(column));
        let label = element("span", &[], &[], vec![text(column.title())]);
        element("label", &["class", "for"], &[Some("check"), Some(&id)], vec![input.into(), label])
    };
    let mut parts = vec![element("h3", &[], &[], vec![text("Columns")])];
    parts.extend(Column::ALL.into_iter().map(check));
    parts.push(words("p", "help", "What has no room in the row is left out."));
    parts.extend(view.draw(BUDGET));
    parts
}

fn export(view: &View, progress: Option<Progress>) -> Vec<Html> {
    let bar = progress.map(|Progress { done, total, .. }| {
        let said =
            concat(&[&number::grouped(done.into()), " of ", &number::counted(total.into(), " row", " rows")]);
        progress_bar(view, "Export", (done.into(), total.into()), &said, Deed::CancelExport)
    });
    let mut parts = view.draw(EXPORT);
    // An empty node keeps its place: yew compares children from the last to the first, and would make the form anew, and
    // its button without the focus.
    parts.push(bar.unwrap_or_default());
    parts
}

fn import(view: &View, progress: Option<(u64, u64)>) -> Vec<Html> {
    let mut parts = view.draw(IMPORT);
    let keys = &["id", "type", "accept", "aria-describedby"];
    let message = message_id(Field::ImportFile);
    let values = [Some(Field::ImportFile.id()), Some("file"), Some(CAPTURES), Some(&*message)];
    let label = element("label", &["for"], &[Some(Field::ImportFile.id())], vec![text("Capture")]);
    let input = element("input", keys, &values, vec![]);
    parts.push(classed("div", "field", vec![label, input]));
    parts.push(classed("div", "actions", vec![view.message(Field::ImportFile)]));
    let bar = progress.map(|(done, total)| {
        let said = concat(&[&number::size(done), " of ", &number::size(total)]);
        progress_bar(view, "Reading", (done, total), &said, Deed::CancelImport)
    });
    parts.push(bar.unwrap_or_default());
    parts
}

fn progress_bar(view: &View, name: &str, (done, total): (u64, u64), said: &str, cancel: Deed) -> Html {
    let (done, total) = (number::plain(done), number::plain(total.max(1)));
    let keys = &["max", "value", "aria-label"];
    let bar = element("progress", keys, &[Some(&total), Some(&done), Some(name)], vec![]);
    let look = Look { class: Some("small"), ..Look::default() };
    let cancel = view.button(cancel, look, vec![text("Cancel")]);
    classed("div", "progress", vec![bar, words("span", "help", said), cancel])
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

/// Why no row is shown though there are some, and the way to them.
fn nothing_shown(view: &View, scope: &Scope) -> Html {
    let (said, deed, name) = match scope.matches() {
        None => ("Paused: what came since then is not shown yet.", Deed::PauseLog, "Go on"),
        Some(_) => ("No row matches.", Deed::ClearFilter, "Clear the filter"),
    };
    let button = view.button(deed, Look::default(), vec![text(name)]);
    classed("div", "empty", vec![words("p", "", said), button])
}

/// How many rows there are, how many older ones the log has dropped, and how many have come in a pause.
fn count(rows: u32, dropped: u32, new: Option<u32>) -> String {
    let mut said = number::counted(rows.into(), " row", " rows");
    if dropped > 0 {
        said.push_str(&concat(&[", ", &number::grouped(u64::from(dropped)), " older dropped"]));
    }
    if let Some(new) = new {
        said.push_str(&concat(&[", paused, ", &number::grouped(u64::from(new)), " new"]));
    }
    said
}

const GO_TO: &[Part] = &[Part::Form {
    id: "go-to-form",
    deed: Deed::GoToRow,
    parts: &[Part::Field {
        field: Field::GoTo,
        label: "Row number, or time",
        class: WIDE,
        control: Control::Line,
        beside: &[Part::Button { deed: Deed::GoToRow, words: "Go", hidden: " to row" }],
    }],
}];

const BUDGET: &[Part] = &[Part::Field {
    field: Field::LogBudget,
    label: "The log keeps (MB)",
    class: "field wide two-lines",
    control: Control::Number,
    beside: &[],
}];

const IMPORT: &[Part] = &[
    Part::Words("help", "pcapng or pcap with MQTT over TCP, or JSON Lines as this page exports them."),
    Part::Field {
        field: Field::ImportHow,
        label: "What it does to the log",
        class: WIDE,
        control: Control::Choice(&[("replace", "Take its place"), ("add", "Add to it")]),
        beside: &[],
    },
];

/// Names that captures mostly have.
const CAPTURES: &str = ".pcapng,.pcap,.cap,.jsonl,.ndjson,.json";

const EXPORT: &[Part] = &[Part::Form {
    id: "export-form",
    deed: Deed::Export,
    parts: &[
        Part::Field {
            field: Field::ExportFormat,
            label: "Format",
            class: WIDE,
            control: Control::Choice(&[
                ("pcapng", "pcapng, for Wireshark"),
                ("jsonl", "JSON Lines"),
                ("csv", "CSV"),
                ("bin", "Raw bytes of the packets"),
            ]),
            beside: &[],
        },
        Part::Field {
            field: Field::ExportWhat,
            label: "Rows",
            class: WIDE,
            control: Control::Choice(&[("all", "The whole log"), ("found", "What the filter finds")]),
            beside: &[],
        },
        Part::Group(
            "wide switches",
            &[
                Part::Check {
                    switch: Switch::KeepPasswords,
                    label: "Log passwords from now on",
                    described: Some("keep-passwords-help"),
                },
                Part::Draw(keep_passwords_help),
            ],
        ),
        Part::Group(
            "wide actions",
            &[
                Part::Submit { deed: Deed::Export, field: Field::ExportButton, words: "Export", hint: None },
                Part::Message(Field::ExportButton),
            ],
        ),
    ],
}];

fn keep_passwords_help(view: &View) -> Html {
    let (class, said) = if view.forms().is_on(Switch::KeepPasswords) {
        (
            "help amber",
            "Warning: passwords of connections from now on stand in the log as they are, and leave with exports.",
        )
    } else {
        ("help", "Passwords are replaced by * as they are logged. They leave in no export.")
    };
    element("p", &["id", "class"], &[Some("keep-passwords-help"), Some(class)], vec![text(said)])
}

const WILL_SHOW: &str = "Every packet of both directions will stand here, a row each, with its handshake: PUBLISH, \
                         PUBREC, PUBREL, PUBCOMP. So will what happens to the WebSocket.";
