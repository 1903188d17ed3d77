//! Numbers of messages over time: lines, their legend, and what is looked at of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mqttscope_link::{
    ChartColumn, ChartCommand, ChartLine, ChartView, Command, LogCommand, PanelLook, PanelView,
};
use mqttscope_text::number;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use super::panel::{Happening, Outcome, Panel, Scene};
use super::{number_of, time};
use crate::browser;
use crate::components::element::{classed, element, several, tag, text, words};
use crate::components::observer::Observer;
use crate::store::inspect::plot::{Scale, Span, moved, within, zoomed};
use crate::store::text::concat;

mod picture;

/// The chart, and what of it is looked at.
pub struct Chart {
    /// What has come of it.
    view: Rc<PanelView>,
    /// `None` for all that there is, which goes on.
    span: Option<Span>,
    /// Of the area of the lines, in CSS pixels.
    size: Cell<(u32, u32)>,
    plot: NodeRef,
    observed: RefCell<Option<(Element, Observer)>>,
    on_resize: Callback<()>,
    /// The time that is pointed at.
    pointed: Option<u64>,
    /// Where the pointer was pressed, from the area's left edge, and where it is.
    drag: Option<(f64, f64)>,
}

impl Chart {
    /// `on_resize` is told when the panel is to be measured.
    pub fn new(on_resize: &Callback<()>) -> Self {
        Self {
            view: Rc::new(PanelView::Hidden),
            span: None,
            size: Cell::new((600, 160)),
            plot: NodeRef::default(),
            observed: RefCell::default(),
            on_resize: on_resize.clone(),
            pointed: None,
            drag: None,
        }
    }
}

impl Panel for Chart {
    fn title(&self) -> &'static str {
        "Chart"
    }

    fn look(&self) -> PanelLook {
        PanelLook::Chart { span: self.span, columns: self.size.get().0 }
    }

    fn select(&mut self, _: Option<u32>, _: bool) {}

    fn take(&mut self, view: &Rc<PanelView>) -> bool {
        if !matches!(**view, PanelView::Chart(_)) {
            return false;
        }
        self.view = view.clone();
        true
    }

    fn view(&self, scene: &Scene<'_>) -> Vec<Html> {
        let PanelView::Chart(shown) = &*self.view else { return Vec::new() };
        let body = if shown.lines.is_empty() {
            words("p", "payload-words", EMPTY)
        } else {
            several(vec![self.plot(shown, scene), self.legend(shown), values(shown, scene)])
        };
        let keys = &["class", "aria-label"];
        let parts = vec![self.head(shown, scene), body, add_form()];
        vec![element("section", keys, &[Some("plot-panel"), Some("Chart")], parts)]
    }

    fn hear(&mut self, happening: &Happening<'_>) -> Outcome {
        let target = happening.target;
        if let Some(key) = happening.key {
            return if target.closest("#chart-plot").is_ok_and(|plot| plot.is_some()) {
                self.on_key(key)
            } else {
                add()
            };
        }
        match happening.event.type_().as_str() {
            "click" => self.on_click(target),
            "wheel" => match happening.event.dyn_ref::<WheelEvent>() {
                Some(wheel) => self.on_wheel(wheel),
                None => Outcome::default(),
            },
            "mouseleave" => Outcome::drawn(self.pointed.take().is_some()),
            kind => match happening.event.dyn_ref::<MouseEvent>() {
                Some(mouse) => self.on_pointer(kind, mouse),
                None => Outcome::default(),
            },
        }
    }

    fn place(&self) -> bool {
        let plot = self.plot.cast::<Element>();
        let mut observed = self.observed.borrow_mut();
        if observed.as_ref().map(|(element, _)| element) != plot.as_ref() {
            let on_resize = self.on_resize.clone();
            *observed = plot.map(|plot| {
                let observer = Observer::new(&plot, move || on_resize.emit(()));
                (plot, observer)
            });
        }
        false
    }

    fn measure(&self) -> bool {
        let Some(plot) = self.plot.cast::<Element>() else { return false };
        let (width, height) = (plot.client_width().max(0) as u32, plot.client_height().max(0) as u32);
        // Where it is not shown it has no size.
        let size = (width.saturating_sub(LEFT + RIGHT), height.saturating_sub(TOP + BOTTOM));
        size.0 > 0 && size.1 > 0 && self.size.replace(size) != size
    }
}

/// What a person does.
impl Chart {
    fn shown(&self) -> Option<&ChartView> {
        match &*self.view {
            PanelView::Chart(shown) if !shown.lines.is_empty() => Some(shown),
            _ => None,
        }
    }

    fn scale(&self, shown: &ChartView) -> Scale {
        let (width, height) = self.size.get();
        Scale::of(shown, width, height)
    }

    fn on_click(&mut self, target: &Element) -> Outcome {
        if let Some(id) = number_of(target, "data-chart-remove") {
            return asked(ChartCommand::Remove(id as u32));
        }
        match super::attribute(target, "data-chart").as_deref() {
            Some("add") => add(),
            Some("csv") => asked(ChartCommand::Export),
            Some("png") => {
                picture::save(&self.plot);
                Outcome::default()
            }
            Some("in") => self.zoom(true),
            Some("out") => self.zoom(false),
            Some("earlier") => self.go(-5),
            Some("later") => self.go(5),
            Some("whole") => self.look_at(None),
            _ => Outcome::default(),
        }
    }

    fn on_key(&mut self, key: &str) -> Outcome {
        let Some(shown) = self.shown() else { return Outcome::default() };
        let pointed = self.pointed;
        let times = times(shown);
        let at = pointed.map(|pointed| times.partition_point(|time| *time < pointed));
        let last = times.len().saturating_sub(1);
        let to = match key {
            "+" | "=" => return self.zoom(true),
            "-" => return self.zoom(false),
            "0" => return self.look_at(None),
            "PageUp" => return self.go(-5),
            "PageDown" => return self.go(5),
            "ArrowLeft" => at.map_or(last, |at| at.saturating_sub(1)),
            "ArrowRight" => at.map_or(0, |at| (at + 1).min(last)),
            "Home" => 0,
            "End" => last,
            "Enter" => return self.select_pointed(),
            _ => return Outcome::default(),
        };
        self.pointed = times.get(to).copied();
        Outcome::drawn(true)
    }

    fn on_wheel(&mut self, wheel: &WheelEvent) -> Outcome {
        if self.shown().is_none() {
            return Outcome::default();
        }
        if wheel.delta_x().abs() > wheel.delta_y().abs() || wheel.shift_key() {
            let by = wheel.delta_x() + wheel.delta_y();
            return self.go(if by < 0.0 { -1 } else { 1 });
        }
        self.point(wheel.client_x());
        self.zoom(wheel.delta_y() < 0.0)
    }

    fn on_pointer(&mut self, kind: &str, mouse: &MouseEvent) -> Outcome {
        let Some(x) = self.x(mouse.client_x()) else { return Outcome::default() };
        match kind {
            "mousedown" if mouse.button() == 0 => {
                self.drag = Some((x, x));
                Outcome::drawn(true)
            }
            "mousemove" => {
                self.point(mouse.client_x());
                // Let go outside of it, it is not told.
                self.drag = self.drag.filter(|_| mouse.buttons() & 1 != 0).map(|(from, _)| (from, x));
                Outcome::drawn(true)
            }
            "mouseup" => {
                let Some((from, _)) = self.drag.take() else { return Outcome::default() };
                if (from - x).abs() < LEAST_DRAG {
                    self.point(mouse.client_x());
                    return self.select_pointed();
                }
                let Some(shown) = self.shown() else { return Outcome::default() };
                let scale = self.scale(shown);
                let (start, end) = (scale.time_at(from.min(x)), scale.time_at(from.max(x)));
                let span = within((start, end.max(start + 1)), shown.whole);
                self.look_at(span)
            }
            _ => Outcome::default(),
        }
    }

    /// From the left edge of the area of the lines.
    fn x(&self, client_x: i32) -> Option<f64> {
        let rect = self.plot.cast::<Element>()?.get_bounding_client_rect();
        Some(f64::from(client_x) - rect.left() - f64::from(LEFT))
    }

    fn point(&mut self, client_x: i32) {
        let time = self.x(client_x).zip(self.shown()).map(|(x, shown)| self.scale(shown).time_at(x));
        self.pointed = time;
    }

    fn zoom(&mut self, closer: bool) -> Outcome {
        let Some(shown) = self.shown() else { return Outcome::default() };
        let (start, end) = shown.span;
        let around = self.pointed.unwrap_or(start + (end - start) / 2);
        let span = zoomed(shown.span, shown.whole, around, closer);
        self.look_at(span)
    }

    fn go(&mut self, tenths: i64) -> Outcome {
        let span = self.shown().and_then(|shown| moved(shown.span, shown.whole, tenths));
        self.look_at(span)
    }

    fn look_at(&mut self, span: Option<Span>) -> Outcome {
        self.span = span;
        Outcome::drawn(true)
    }

    /// Selects the record of the point that is pointed at.
    fn select_pointed(&self) -> Outcome {
        let found = self.shown().and_then(|shown| {
            let pointed = self.pointed?;
            let columns = shown.lines.iter().filter_map(|line| nearest(line, pointed));
            columns.min_by_key(|column| column.time.abs_diff(pointed))
        });
        let command = found.map(|column| Command::Log(LogCommand::Select(column.number)));
        Outcome { is_changed: true, command }
    }
}

/// Drawing.
impl Chart {
    fn head(&self, shown: &ChartView, scene: &Scene<'_>) -> Html {
        let button = |name: &str, label: &str, sign: &str| {
            let keys = &["type", "class", "data-chart", "aria-label", "title"];
            let values = [Some("button"), Some("small"), Some(name), Some(label), Some(label)];
            element("button", keys, &values, vec![text(sign)])
        };
        let said = if shown.note.is_empty() { self.said(shown, scene) } else { shown.note.clone() };
        let class = if shown.note.is_empty() { "quiet" } else { "amber" };
        let mut parts =
            vec![element("span", &["class", "role"], &[Some(class), Some("status")], vec![text(&said)])];
        if !shown.lines.is_empty() {
            parts.extend([
                button("in", "Zoom in", "+"),
                button("out", "Zoom out", "−"),
                button("earlier", "Earlier", "◀"),
                button("later", "Later", "▶"),
                button("whole", "Whole time", "⟷"),
                button("png", "Save as PNG", "PNG"),
                button("csv", "Save all points as CSV", "CSV"),
            ]);
        }
        classed("div", "plot-head", parts)
    }

    /// The values that are pointed at, or how many points there are.
    fn said(&self, shown: &ChartView, scene: &Scene<'_>) -> String {
        if let Some(pointed) = self.pointed {
            let columns = shown.lines.iter().filter_map(|line| Some((line, nearest(line, pointed)?)));
            let columns: Vec<_> = columns.collect();
            if let Some((_, at)) = columns.iter().min_by_key(|(_, column)| column.time.abs_diff(pointed)) {
                let mut said = time(at.time, scene.zone);
                for (line, column) in &columns {
                    said.push_str(&concat(&[" · ", &short(line), " ", &column_words(column)]));
                }
                return said;
            }
        }
        let points: u64 = shown.lines.iter().map(|line| u64::from(line.points)).sum();
        let mut said = number::counted(points, " point", " points");
        if shown.dropped > 0 {
            said.push_str(&concat(&[", ", &number::grouped(shown.dropped), " oldest dropped"]));
        }
        if shown.is_behind {
            said.push_str(" so far");
        }
        said
    }

    fn plot(&self, shown: &ChartView, scene: &Scene<'_>) -> Html {
        let scale = self.scale(shown);
        let (width, height) = (scale.width, scale.height);
        let mut parts = Vec::new();
        for value in scale.value_ticks() {
            let y = tenths(scale.y(value) + f64::from(TOP));
            parts.push(line("plot-grid", [&whole(LEFT), &y, &whole(LEFT + width), &y]));
            parts.push(label("plot-value", [&whole(LEFT - 6), &y], &number_words(value)));
        }
        let bottom = TOP + height;
        for (at, said) in scale.time_ticks(scene.zone) {
            let x = tenths(scale.x(at) + f64::from(LEFT));
            parts.push(line("plot-grid", [&x, &whole(TOP), &x, &whole(bottom)]));
            parts.push(label("plot-time", [&x, &whole(bottom + 16)], &said));
        }
        parts.push(line("plot-axis", [&whole(LEFT), &whole(bottom), &whole(LEFT + width), &whole(bottom)]));
        let mut lines = Vec::new();
        for (at, it) in shown.lines.iter().enumerate() {
            let colour = number::plain(at as u64);
            let [path, dots] = scale.paths(it, shown.columns);
            for (class, d) in [("plot-line plot-", path), ("plot-dots plot-", dots)] {
                let class = concat(&[class, &colour]);
                lines.push(element("path", &["class", "d"], &[Some(&class), Some(&d)], Vec::new()));
            }
        }
        if let Some(pointed) = self.pointed {
            let x = tenths(scale.x(pointed));
            lines.push(line("plot-pointer", [&x, "0", &x, &whole(height)]));
        }
        if let Some((from, to)) = self.drag {
            let keys = &["class", "x", "y", "width", "height"];
            let (x, wide) = (tenths(from.min(to)), tenths((from - to).abs()));
            let values = [Some("plot-drag"), Some(&*x), Some("0"), Some(&*wide), Some(&*whole(height))];
            lines.push(element("rect", keys, &values, Vec::new()));
        }
        // What lies beside it is cut off.
        let keys = &["class", "x", "y", "width", "height"];
        let values = [
            Some("plot-area"),
            Some(&*whole(LEFT)),
            Some(&*whole(TOP)),
            Some(&*whole(width)),
            Some(&*whole(height)),
        ];
        parts.push(element("svg", keys, &values, lines));
        let keys = &["width", "height", "aria-hidden"];
        let (wide, high) = (whole(LEFT + width + RIGHT), whole(TOP + height + BOTTOM));
        let svg = element("svg", keys, &[Some(&*wide), Some(&*high), Some("true")], parts);
        let keys = &["id", "class", "role", "aria-label", "tabindex", "data-keys"];
        let values = [Some("chart-plot"), Some("plot"), Some("group"), Some(HELP), Some("0"), Some("chart")];
        let mut plot = tag("div", keys, &values);
        plot.node_ref = self.plot.clone();
        plot.set_listeners(scene.listeners.on_chart());
        plot.add_child(svg);
        plot.into()
    }

    fn legend(&self, shown: &ChartView) -> Html {
        let item = |(at, it): (usize, &ChartLine)| {
            let class = concat(&["plot-sign plot-", &number::plain(at as u64)]);
            let sign = element("span", &["class", "aria-hidden"], &[Some(&class), Some("true")], Vec::new());
            let name = name(it);
            let mut facts = number::counted(it.points.into(), " point", " points");
            if let Some(last) = it.last {
                facts = concat(&[&number_words(last), " · ", &facts]);
            }
            if it.unfit > 0 {
                facts.push_str(&concat(&[" · ", &number::grouped(it.unfit.into()), " without a number"]));
            }
            let remove = concat(&["Remove the line ", &name]);
            let keys = &["type", "class", "data-chart-remove", "aria-label", "title"];
            let id = number::plain(it.id.into());
            let values = [Some("button"), Some("small"), Some(&*id), Some(&*remove), Some("Remove")];
            let remove = element("button", keys, &values, vec![text("✕")]);
            let title =
                element("span", &["class", "title"], &[Some("plot-name"), Some(&name)], vec![text(&name)]);
            classed("li", "", vec![sign, title, words("span", "quiet", &facts), remove])
        };
        classed("ul", "plot-legend", shown.lines.iter().enumerate().map(item).collect())
    }
}

/// What is drawn as a table, for whoever does not see it: of many points some.
fn values(shown: &ChartView, scene: &Scene<'_>) -> Html {
    let cell = |said: &str| words("td", "", said);
    let mut rows = Vec::new();
    for it in &shown.lines {
        let step = it.columns.len().div_ceil(MOST_ROWS).max(1);
        let name = name(it);
        rows.extend(it.columns.iter().step_by(step).map(|column| {
            let head = element("th", &["scope"], &[Some("row")], vec![text(&name)]);
            classed("tr", "", vec![head, cell(&time(column.time, scene.zone)), cell(&column_words(column))])
        }));
    }
    let head = |said: &str| element("th", &["scope"], &[Some("col")], vec![text(said)]);
    let heads = classed("tr", "", vec![head("Line"), head("Time"), head("Value")]);
    let caption = words("caption", "", "Values of the chart");
    let parts = vec![caption, classed("thead", "", vec![heads]), classed("tbody", "", rows)];
    classed("div", "hidden", vec![classed("table", "plot-values", parts)])
}

fn add_form() -> Html {
    let field = |id: &'static str, label: &'static str, hint: &'static str| {
        let keys = &["id", "type", "aria-label", "placeholder", "autocomplete", "spellcheck"];
        let values = [Some(id), Some("text"), Some(label), Some(hint), Some("off"), Some("false")];
        element("input", keys, &values, Vec::new())
    };
    let button = element(
        "button",
        &["type", "class", "data-chart"],
        &[Some("button"), Some("small"), Some("add")],
        vec![text("Add line")],
    );
    let parts = vec![
        field(TOPIC, "Topic of the line", "Topic"),
        field(PATH, "Path of the number", "Path in its JSON, as room.t"),
        button,
    ];
    element("div", &["class", "data-keys"], &[Some("plot-add"), Some("chart-add")], parts)
}

/// Adds the line that is typed.
fn add() -> Outcome {
    let field = |id| browser::by_id(id).map(|field| field.unchecked_into::<HtmlInputElement>());
    let value = |id| field(id).map(|field| field.value()).unwrap_or_default();
    let (topic, path) = (value(TOPIC), value(PATH));
    asked(ChartCommand::Add { topic, path })
}

fn asked(command: ChartCommand) -> Outcome {
    Outcome { is_changed: false, command: Some(Command::Chart(command)) }
}

/// The times of the columns, in order.
fn times(shown: &ChartView) -> Vec<u64> {
    let mut times: Vec<u64> = shown.lines.iter().flat_map(|line| &line.columns).map(|it| it.time).collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// The column of a line that is nearest to a time.
fn nearest(line: &ChartLine, time: u64) -> Option<&ChartColumn> {
    line.columns.iter().min_by_key(|column| column.time.abs_diff(time))
}

fn name(line: &ChartLine) -> String {
    let path = if line.path == "$" { "" } else { &*line.path };
    let way = if line.is_out == Some(true) { " (sent)" } else { "" };
    concat(&[&line.topic, if path.is_empty() { "" } else { " " }, path, way])
}

/// What tells a line from the others in little room: its path, or the last level of its topic.
fn short(line: &ChartLine) -> String {
    if line.path == "$" {
        return line.topic.rsplit('/').next().unwrap_or_default().to_owned();
    }
    line.path.trim_start_matches(['$', '.']).to_owned()
}

fn column_words(column: &ChartColumn) -> String {
    if column.points == 1 {
        return number_words(column.last);
    }
    let count = number::grouped(column.points.into());
    concat(&[&number_words(column.min), " to ", &number_words(column.max), " (", &count, ")"])
}

/// A number as JavaScript writes it, but for what the last digits of a float add to it.
fn number_words(value: f64) -> String {
    let exact = js_sys::Number::from(value).to_precision(12);
    let rounded = exact.map_or(value, |digits| js_sys::Number::parse_float(&String::from(digits)));
    js_sys::Number::from(rounded).to_string_with_radix(10).map_or_else(|_| String::new(), String::from)
}

fn line(class: &str, [x1, y1, x2, y2]: [&str; 4]) -> Html {
    let values = [Some(class), Some(x1), Some(y1), Some(x2), Some(y2)];
    element("line", &["class", "x1", "y1", "x2", "y2"], &values, Vec::new())
}

fn label(class: &str, [x, y]: [&str; 2], said: &str) -> Html {
    element("text", &["class", "x", "y"], &[Some(class), Some(x), Some(y)], vec![text(said)])
}

fn whole(pixels: u32) -> String {
    number::plain(pixels.into())
}

fn tenths(pixels: f64) -> String {
    let mut out = String::new();
    crate::store::inspect::plot::push_tenths(&mut out, pixels);
    out
}

const EMPTY: &str = "Numbers of messages over time: press Chart beside a number of a payload, or in the menu of a topic, \
                     or say below where one is.";
const HELP: &str = "Chart: + and − zoom, Page Up and Page Down go, 0 shows all, the arrow keys point at values, Enter selects \
                    the row of one";
const TOPIC: &str = "chart-topic";
const PATH: &str = "chart-path";
/// CSS pixels around the area of the lines.
const LEFT: u32 = 64;
const RIGHT: u32 = 16;
const TOP: u32 = 8;
const BOTTOM: u32 = 22;
/// CSS pixels that make a drag of a press.
const LEAST_DRAG: f64 = 5.0;
/// Rows of the table for each line.
const MOST_ROWS: usize = 40;
