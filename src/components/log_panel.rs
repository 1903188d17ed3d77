//! The packet log with its tools.

use mqttscope_link::Progress;
use mqttscope_text::number;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use super::connection::CONNECTION_FORM;
use super::element::{classed, element, tag, text, words};
use super::filter_bar::{Filter, filter_bar};
use super::form_dsl::{Look, View, WIDE, Widget, message_id};
use super::log_table::{LogTable, LookMark, TableAct};
use crate::store::column::Column;
use crate::store::filter_field::FilterField;
use crate::store::shown::Shown;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// What the log's region is drawn from.
pub struct LogParts<'a> {
    /// What the engine shows of the log.
    pub shown: &'a Shown,
    /// The filter as it is typed, and what is offered for it.
    pub filter: &'a str,
    pub field: &'a FilterField,
    pub scrolled: &'a LookMark,
    /// What times count from, in microseconds since the Unix epoch.
    pub reference: Option<u64>,
    /// The row that others are compared with.
    pub marked: Option<u32>,
    pub zone: &'a Zone,
    pub on_act: &'a Callback<TableAct>,
}

/// The log's head and its table, or what will stand there.
pub fn log_panel(view: &View, it: &LogParts<'_>) -> Html {
    let log = &it.shown.log;
    let columns = view.page.looks.hidden.shown(log.slots.len());
    let (scrolled, zone) = (it.scrolled.clone(), it.zone.clone());
    let table = html! {
        <LogTable shown={it.shown.clone()} {scrolled} verbose={view.page.is_on(Field::Verbose)} {columns}
            arrangement={view.page.looks.arrangement} slots={view.slots.clone()} reference={it.reference}
            marked={it.marked} {zone}
            on_act={it.on_act.clone()} />
    };
    let below = if log.end == 0 {
        empty(view)
    } else if it.shown.rows.count == 0 {
        nothing_shown(view, log.filter.matches.is_some(), log.shown_slot.is_some())
    } else {
        Html::default()
    };
    let filter = Filter {
        text: it.filter,
        field: it.field,
        found: &log.filter,
        slots: &log.slots,
        shown_slot: log.shown_slot,
    };
    let count = count(log.end.saturating_sub(log.first), log.first, log.paused);
    let head = vec![
        element("h2", &["id"], &[Some("log-title")], vec![text("Packet log")]),
        element("span", &["class", "title"], &[Some("count"), Some(&count)], vec![text(&count)]),
        classed("div", "tools", tools(view, it)),
    ];
    let keys = &["class", "aria-labelledby"];
    let values = [Some("log"), Some("log-title")];
    let head = classed("div", "log-head", head);
    element("section", keys, &values, vec![head, filter_bar(view, &filter), table, below])
}

fn tools(view: &View, it: &LogParts<'_>) -> Vec<Html> {
    let log = &it.shown.log;
    let is_paused = log.paused.is_some();
    let pause = if is_paused { "Go on" } else { "Pause" };
    let is_shown = !view.page.looks.panes.is_inspector_hidden;
    let are_topics_shown = view.page.looks.panes.are_topics_shown;
    let topics = if are_topics_shown { "Hide the topics (t)" } else { "Show the topics (t)" };
    let inspector = if is_shown { "Hide the inspector (i)" } else { "Show the inspector (i)" };
    let paused = Look { class: is_paused.then_some("amber"), ..Look::default() };
    vec![
        view.check(Field::Verbose, "Verbose", None),
        view.button(&Command::PauseLog, paused, vec![text(pause)]),
        menu("View", view_menu(view)),
        menu("Go to", view.draw(GO_TO)),
        menu("Open", import(view, log.importing)),
        menu("Export", export(view, log.exporting)),
        view.button(&Command::ClearLog, Look::default(), vec![text("Clear log")]),
        view.button(
            &Command::ToggleTopics,
            Look { class: Some("wide-only"), title: Some(topics), ..Look::default() },
            vec![text(if are_topics_shown { "Topics ✓" } else { "Topics" })],
        ),
        view.button(
            &Command::ToggleInspector,
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
    let hidden = &view.page.looks.hidden;
    let check = |column: Column| {
        let id = concat(&["column-", column.name()]);
        let mut input = tag("input", &["id", "type"], &[Some(&id), Some("checkbox")]);
        input.set_checked(!hidden.has(column));
        let label = element("span", &[], &[], vec![text(column.title())]);
        let check =
            element("label", &["class", "for"], &[Some("check"), Some(&id)], vec![input.into(), label]);
        let step = |side: &str, sign: &str| {
            let name = concat(&["Move ", column.title(), " ", side]);
            let data = concat(&[column.name(), " ", side]);
            let keys = &["type", "class", "data-deed", "data-filter", "aria-label", "title"];
            let values = [
                Some("button"),
                Some("quiet step"),
                Some(MOVE.name()),
                Some(&*data),
                Some(&*name),
                Some(&*name),
            ];
            element("button", keys, &values, vec![text(sign)])
        };
        classed("div", "column-choice", vec![check, step("left", "←"), step("right", "→")])
    };
    let mut parts = vec![element("h3", &[], &[], vec![text("Columns")])];
    parts.extend(Column::ALL.into_iter().map(check));
    let reset = Look { class: Some("small"), ..Look::default() };
    parts.push(view.button(&Command::ResetColumns, reset, vec![text("First order and widths")]));
    parts.extend(view.draw(BUDGET));
    parts
}

fn export(view: &View, progress: Option<Progress>) -> Vec<Html> {
    let bar = progress.map(|progress| {
        let Progress { done, total } = progress;
        let said = concat(&[&number::grouped(done), " of ", &number::counted(total, " row", " rows")]);
        progress_bar(view, "Export", progress, &said, &Command::CancelExport)
    });
    let mut parts = view.draw(EXPORT);
    // An empty node keeps its place: yew compares children from the last to the first, and would make the form anew, and
    // its button without the focus.
    parts.push(bar.unwrap_or_default());
    parts
}

fn import(view: &View, progress: Option<Progress>) -> Vec<Html> {
    let mut parts = view.draw(IMPORT);
    let keys = &["id", "type", "accept", "aria-describedby"];
    let message = message_id(Field::ImportFile);
    let values = [Some(Field::ImportFile.id()), Some("file"), Some(CAPTURES), Some(&*message)];
    let label = element("label", &["for"], &[Some(Field::ImportFile.id())], vec![text("Capture")]);
    let input = element("input", keys, &values, vec![]);
    parts.push(classed("div", "field", vec![label, input]));
    parts.push(classed("div", "actions", vec![view.message(Field::ImportFile)]));
    let bar = progress.map(|progress| {
        let said = concat(&[&number::size(progress.done), " of ", &number::size(progress.total)]);
        progress_bar(view, "Reading", progress, &said, &Command::CancelImport)
    });
    parts.push(bar.unwrap_or_default());
    parts
}

fn progress_bar(view: &View, name: &str, progress: Progress, said: &str, cancel: &Command) -> Html {
    let Progress { done, total } = progress;
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
        parts.push(view.submit(&Command::Connect, look, "Connect now"));
        parts.push(words("p", "help", "Then Subscribe and Publish. A second tab is a second client."));
    }
    classed("div", "empty", parts)
}

/// Why no row is shown though there are some, and the way to them.
fn nothing_shown(view: &View, is_filtered: bool, is_of_one: bool) -> Html {
    let (said, command, name) = if is_filtered {
        ("No row matches.", Command::ClearFilter, "Clear the filter")
    } else if is_of_one {
        ("No row is of this connection.", Command::ShowRowsOf(String::new()), "Show all connections")
    } else {
        ("Paused: what came since then is not shown yet.", Command::PauseLog, "Go on")
    };
    let button = view.button(&command, Look::default(), vec![text(name)]);
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

/// The column and the side stand beside it in the document.
const MOVE: Command = Command::MoveColumn(String::new());

const GO_TO: &[Widget] = &[Widget::Form {
    id: "go-to-form",
    command: Command::GoToRow,
    widgets: &[Widget::Field {
        field: Field::GoTo,
        label: "Row number, or time",
        class: WIDE,
        beside: &[Widget::Button { command: Command::GoToRow, words: "Go", hidden: " to row" }],
    }],
}];

const BUDGET: &[Widget] =
    &[Widget::Field { field: Field::LogBudget, label: "The log keeps (MB)", class: WIDE, beside: &[] }];

const IMPORT: &[Widget] = &[
    Widget::Words(
        "help",
        "pcapng or pcap with MQTT, packed by gzip or not, or JSON Lines as this page exports them.",
    ),
    Widget::Field { field: Field::ImportHow, label: "What it does to the log", class: WIDE, beside: &[] },
];

/// Names that captures mostly have.
const CAPTURES: &str = ".pcapng,.pcap,.cap,.gz,.jsonl,.ndjson,.json";

const EXPORT: &[Widget] = &[Widget::Form {
    id: "export-form",
    command: Command::Export,
    widgets: &[
        Widget::Field { field: Field::ExportFormat, label: "Format", class: WIDE, beside: &[] },
        Widget::Field { field: Field::ExportWhat, label: "Rows", class: WIDE, beside: &[] },
        Widget::Group(
            "wide switches",
            &[
                Widget::Check {
                    field: Field::KeepPasswords,
                    label: "Log passwords from now on",
                    described: Some("keep-passwords-help"),
                },
                Widget::Draw(keep_passwords_help),
            ],
        ),
        Widget::Group(
            "wide actions",
            &[
                Widget::Submit {
                    command: Command::Export,
                    field: Field::ExportButton,
                    words: "Export",
                    hint: None,
                },
                Widget::Message(Field::ExportButton),
            ],
        ),
    ],
}];

fn keep_passwords_help(view: &View) -> Html {
    let (class, said) = if view.page.is_on(Field::KeepPasswords) {
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
