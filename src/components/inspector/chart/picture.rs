//! The chart as a picture: what the page has drawn is drawn once more, in the colours that it has.

use js_sys::Function;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, CanvasRenderingContext2d, Element, HtmlCanvasElement, Path2d};
use yew::NodeRef;

use crate::browser;
use crate::store::text::concat;

/// Lets the browser save what a plot shows.
pub(super) fn save(plot: &NodeRef) {
    if let Some(plot) = plot.cast::<Element>() {
        // It fails for want of memory only; then nothing is saved.
        let _ = draw(&plot);
    }
}

fn draw(plot: &Element) -> Result<(), JsValue> {
    let document = browser::document().ok_or(JsValue::NULL)?;
    let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
    let (width, height) = (plot.client_width().max(1) as u32, plot.client_height().max(1) as u32);
    canvas.set_width(width * SCALE);
    canvas.set_height((height + LINE) * SCALE);
    let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or(JsValue::NULL)?.unchecked_into();
    let scale = f64::from(SCALE);
    context.scale(scale, scale)?;
    context.set_fill_style_str(&style(plot, "background-color"));
    context.fill_rect(0.0, 0.0, width.into(), (height + LINE).into());
    for element in all(plot, "line, text") {
        // The pointer is no part of the picture.
        if element.class_list().contains("plot-pointer") {
            continue;
        }
        if element.tag_name() == "text" {
            write(&context, &element)?;
        } else {
            let at = |name| number(&element, name);
            context.set_stroke_style_str(&style(&element, "stroke"));
            context.set_line_width(1.0);
            context.begin_path();
            context.move_to(at("x1"), at("y1"));
            context.line_to(at("x2"), at("y2"));
            context.stroke();
        }
    }
    if let Some(area) = plot.query_selector(".plot-area")? {
        let at = |name| number(&area, name);
        context.save();
        context.begin_path();
        context.rect(at("x"), at("y"), at("width"), at("height"));
        context.clip();
        context.translate(at("x"), at("y"))?;
        context.set_line_join("round");
        context.set_line_cap("round");
        for path in all(&area, "path") {
            context.set_stroke_style_str(&style(&path, "stroke"));
            context.set_line_width(if path.class_list().contains("plot-dots") { 5.0 } else { 1.5 });
            let d = path.get_attribute("d").unwrap_or_default();
            context.stroke_with_path(&Path2d::new_with_path_string(&d)?);
        }
        context.restore();
    }
    legend(&context, plot, f64::from(height + LINE) - 8.0)?;
    let save = Closure::once_into_js(move |blob: JsValue| {
        let name = concat(&["mqttscope-chart-", &browser::stamp(), ".png"]);
        // A picture that is not saved is seen not to be.
        let _ = blob.dyn_into::<Blob>().map(|blob| browser::save(&blob, &name));
    });
    canvas.to_blob(save.unchecked_ref::<Function>())
}

/// A line with the names of all lines, each in its colour.
fn legend(context: &CanvasRenderingContext2d, plot: &Element, y: f64) -> Result<(), JsValue> {
    let Some(chart) = plot.parent_element() else { return Ok(()) };
    context.set_text_align("left");
    context.set_text_baseline("alphabetic");
    context.set_font(&style(plot, "font"));
    let mut x = 16.0;
    for item in all(&chart, ".plot-legend li") {
        if let Some(sign) = item.query_selector(".plot-sign")? {
            context.set_fill_style_str(&style(&sign, "background-color"));
            context.fill_rect(x, y - 7.0, 12.0, 4.0);
        }
        let name =
            item.query_selector(".plot-name")?.and_then(|name| name.text_content()).unwrap_or_default();
        context.set_fill_style_str(&style(plot, "color"));
        context.fill_text(&name, x + 18.0, y)?;
        x += 18.0 + context.measure_text(&name)?.width() + 20.0;
    }
    Ok(())
}

fn write(context: &CanvasRenderingContext2d, element: &Element) -> Result<(), JsValue> {
    context.set_fill_style_str(&style(element, "fill"));
    context.set_font(&style(element, "font"));
    context.set_text_align(if style(element, "text-anchor") == "end" { "right" } else { "center" });
    let is_middle = style(element, "dominant-baseline") != "auto";
    context.set_text_baseline(if is_middle { "middle" } else { "alphabetic" });
    context.fill_text(&element.text_content().unwrap_or_default(), number(element, "x"), number(element, "y"))
}

fn all(within: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = within.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

/// What the style sheet makes of it.
fn style(element: &Element, property: &str) -> String {
    let style = browser::window().get_computed_style(element).ok().flatten();
    style.and_then(|style| style.get_property_value(property).ok()).unwrap_or_default()
}

fn number(element: &Element, name: &str) -> f64 {
    element.get_attribute(name).map_or(0.0, |value| js_sys::Number::parse_float(&value))
}

/// Pixels of the picture for each of CSS.
const SCALE: u32 = 2;
/// Height of the line below that has the names.
const LINE: u32 = 24;
