//! The table of the packet log: only the rows that can be seen exist.
//!
//! Where the rows stand is computed from the records (see [`Heights`]) and written to the elements' styles from an
//! effect, since a strict Content-Security-Policy forbids style attributes.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::log_row::LogRow;
use crate::browser;
use crate::driver::SharedLog;
use crate::store::layout::{Anchor, Heights, Window};
use crate::store::number;
use crate::store::text::concat;

#[derive(Properties, PartialEq)]
pub struct LogTableProps {
    pub log: SharedLog,
    /// Changes with the log.
    pub revision: u32,
    pub verbose: bool,
}

/// The rows around what a person looks at.
#[component]
pub fn LogTable(props: &LogTableProps) -> Html {
    let LogTableProps { log, verbose, .. } = props;
    let refs = use_memo((), |()| Refs::default());
    let size = use_state(Size::default);
    let gaze = use_state(Gaze::default);
    let narrow = size.width < NARROW;
    let heights = heights(narrow, *verbose);
    let (window, end, cleared) = {
        let log = log.0.borrow();
        (heights.window(&log, gaze.anchor, size.height), log.end(), log.end() < gaze.end)
    };
    {
        let (gaze, refs) = (gaze.clone(), refs.clone());
        use_effect(move || {
            place(&refs, &window);
            if cleared {
                gaze.set(Gaze::default());
            }
        });
    }
    {
        let (refs, size) = (refs.clone(), size.clone());
        use_effect_with((), move |()| observe(&refs.scroller, move |now| size.set(now)));
    }
    let look = {
        let (log, refs, gaze, view) = (log.clone(), refs.clone(), gaze.clone(), size.height);
        Rc::new(move |anchor_of: fn(Heights, &crate::store::Log, f64, f64) -> Anchor| {
            let Some(scroller) = refs.scroller.cast::<Element>() else { return };
            let log = log.0.borrow();
            let anchor = anchor_of(heights, &log, f64::from(scroller.scroll_top()), view);
            gaze.set(Gaze { anchor, end: log.end() });
        })
    };
    let onscroll = {
        let (look, refs) = (look.clone(), refs.clone());
        Callback::from(move |_: Event| {
            let top = refs.scroller.cast::<Element>().map_or(0, |scroller| scroller.scroll_top());
            // What the effect did to the scroll bar is not the person's doing.
            if (f64::from(top) - refs.placed.replace(f64::from(top))).abs() > 1.5 {
                look(Heights::anchor);
            }
        })
    };
    let following = gaze.anchor == Anchor::Tail;
    // Rows that keep coming would drag a person who leaves the tail back to it, so leaving counts at once.
    let can_leave = following && window.total > size.height;
    let onwheel = {
        let look = look.clone();
        Callback::from(move |event: WheelEvent| {
            if can_leave && event.delta_y() < 0.0 {
                look(Heights::hold);
            }
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if can_leave && matches!(event.key().as_str(), "ArrowUp" | "PageUp" | "Home") {
            look(Heights::hold);
        }
    });
    let to_tail = {
        let gaze = gaze.clone();
        Callback::from(move |_: MouseEvent| gaze.set(Gaze::default()))
    };
    let utc_offset = browser::utc_offset_minutes();
    let class = classes!("table", narrow.then_some("narrow"), verbose.then_some("verbose"));
    html! {
        <div {class} role="table" aria-label="Packet log" aria-colcount="7"
            aria-rowcount={(u64::from(end) + 1).to_string()}>
            { header() }
            <div class="scroller" ref={&refs.scroller} role="rowgroup" aria-label="Packets" tabindex="0"
                data-log-scroll="" {onscroll} {onwheel} {onkeydown}>
                <div class="content" ref={&refs.content} role="presentation">
                    <div class="rows" ref={&refs.rows} role="presentation">
                        { for (window.rows.0..window.rows.1).map(|number| html! {
                            <LogRow key={number} log={log.clone()} {number} {verbose} {utc_offset} {narrow} />
                        }) }
                    </div>
                </div>
            </div>
            if !following {
                <button type="button" class="to-tail" onclick={to_tail}>{ news(end.saturating_sub(gaze.end)) }</button>
            }
        </div>
    }
}

/// What a person looks at, and where the log ended when they began to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Gaze {
    anchor: Anchor,
    end: u32,
}

#[derive(Clone, Copy, PartialEq)]
struct Size {
    width: f64,
    height: f64,
}

impl Default for Size {
    /// Until it is measured.
    fn default() -> Self {
        Self { width: 900.0, height: 600.0 }
    }
}

/// The elements that the effect places.
#[derive(Default)]
struct Refs {
    scroller: NodeRef,
    content: NodeRef,
    rows: NodeRef,
    /// Where the effect put the scroll bar.
    placed: Cell<f64>,
}

fn header() -> Html {
    let cell = |class: &'static str, words: &'static str| {
        html! { <span role="columnheader" {class}>{ words }</span> }
    };
    html! {
        <div role="rowgroup">
            <div role="row" class="row head" aria-rowindex="1">
                { cell("time", "Time") }
                <span role="columnheader" class="direction"><span class="hidden">{ "Direction" }</span></span>
                { cell("packet", "Packet") }
                { cell("flags", "Flags") }
                { cell("id", "Id") }
                { cell("length", "Length") }
                { cell("summary", "Summary") }
            </div>
        </div>
    }
}

fn heights(narrow: bool, verbose: bool) -> Heights {
    let half_line = match (verbose, narrow) {
        (false, _) => 0.0,
        (true, false) => 8.0,
        (true, true) => 16.0,
    };
    Heights { row: if narrow { 44.0 } else { 24.0 }, half_line }
}

fn place(refs: &Refs, window: &Window) {
    let (Some(scroller), Some(content), Some(rows)) = (
        refs.scroller.cast::<Element>(),
        refs.content.cast::<HtmlElement>(),
        refs.rows.cast::<HtmlElement>(),
    ) else {
        return;
    };
    // The names and values are valid, so nothing can fail.
    let _ = content.style().set_property("height", &pixels(window.total));
    let _ = rows.style().set_property("top", &pixels(window.offset));
    // A scroll bar that is elsewhere than it was put was moved by the person, and the event that says so is on its
    // way: it decides.
    let was = scroller.scroll_top();
    if (f64::from(was) - refs.placed.get()).abs() > 1.5 {
        return;
    }
    let top = window.scroll_top as i32;
    if was != top {
        scroller.set_scroll_top(top);
    }
    refs.placed.set(f64::from(scroller.scroll_top()));
}

fn pixels(value: f64) -> String {
    concat(&[&(value as i64).to_string(), "px"])
}

/// Tells an element's size now and whenever it changes, until the returned closure is called.
fn observe<Tell: Fn(Size) + 'static>(node: &NodeRef, tell: Tell) -> impl FnOnce() + use<Tell> {
    let element = node.cast::<Element>();
    let measured = element.clone();
    let on_resize = Closure::<dyn FnMut()>::new(move || {
        if let Some(element) = &measured {
            tell(Size {
                width: f64::from(element.client_width()),
                height: f64::from(element.client_height()),
            });
        }
    });
    let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok();
    if let (Some(observer), Some(element)) = (&observer, &element) {
        observer.observe(element);
    }
    move || {
        if let Some(observer) = observer {
            observer.disconnect();
        }
        drop(on_resize);
    }
}

fn news(count: u32) -> String {
    match count {
        0 => "To the newest ↓".into(),
        _ => concat(&[&number::grouped(u64::from(count)), " new ↓"]),
    }
}

/// Below this width of the log a row takes two lines.
const NARROW: f64 = 620.0;
