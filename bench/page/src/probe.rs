//! What a stretch of time was like in the page.

use std::time::Instant;

use anyhow::{Context, Result};
use mqttscope_e2e::page::Page;
use serde::Deserialize;
use serde_json::json;

use crate::renderer::Renderer;

/// A stretch of time in the page.
pub struct Stretch {
    seen: Seen,
    wall: f64,
    /// Seconds in which the main thread ran, and in which it waited for a processor.
    ran: f64,
    waited: f64,
    /// Seconds in which its workers ran.
    workers: f64,
    /// Seconds of scripts, and of styles and layout, in that time.
    script: f64,
    layout: f64,
}

/// What the page itself has noted.
#[derive(Deserialize)]
struct Seen {
    /// Milliseconds between two frames.
    frames: Vec<f64>,
    /// Milliseconds that tasks took which took more than 50.
    long: Vec<f64>,
    /// Redraws of the log's head in each frame.
    draws: Vec<u32>,
    #[serde(rename = "hiddenDraws")]
    hidden_draws: u32,
}

/// Does something, and says what the page was like meanwhile.
pub async fn watch(
    page: &Page,
    renderer: &Renderer,
    what: impl AsyncFnOnce() -> Result<()>,
) -> Result<Stretch> {
    page.execute(START, vec![]).await?;
    let durations = durations(page).await?;
    let (before, workers_before, started) = (renderer.times()?, renderer.workers()?, Instant::now());
    what().await?;
    let (after, workers, wall) = (renderer.times()?, renderer.workers()?, started.elapsed().as_secs_f64());
    let [script, style, layout] = self::durations(page).await?;
    let seen = page.execute("return window.benchProbe.stop()", vec![]).await?;
    Ok(Stretch {
        seen: serde_json::from_str(seen.as_str().context("the page was loaded anew")?)?,
        wall,
        ran: (after.ran - before.ran) as f64 / 1e9,
        waited: (after.waited - before.waited) as f64 / 1e9,
        workers: workers.ran_since(&workers_before) as f64 / 1e9,
        script: script - durations[0],
        layout: style + layout - durations[1] - durations[2],
    })
}

/// Seconds that the main thread has spent on scripts, styles and layout so far.
async fn durations(page: &Page) -> Result<[f64; 3]> {
    // Of the processor, so that others on the machine do not count.
    page.dev_tools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
    let answer = page.dev_tools("Performance.getMetrics", json!({})).await?;
    let metrics = answer["metrics"].as_array().context("no metrics")?;
    let value = |name: &str| {
        let metric = metrics.iter().find(|metric| metric["name"] == name);
        metric.and_then(|metric| metric["value"].as_f64()).with_context(|| format!("no metric {name}"))
    };
    Ok([value("ScriptDuration")?, value("RecalcStyleDuration")?, value("LayoutDuration")?])
}

impl Stretch {
    /// The columns of [`Self::cells`].
    pub const HEADER: [&str; 12] = [
        "frames/s",
        "frame p50",
        "p99",
        "max",
        "long tasks",
        "blocking",
        "redraws a frame",
        "main thread busy",
        "a frame",
        "script, layout",
        "waited",
        "workers busy",
    ];

    /// Cells of a table.
    pub fn cells(&self) -> Vec<String> {
        let mut frames = self.seen.frames.clone();
        frames.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let frame = frames.get((share * (frames.len().saturating_sub(1)) as f64).round() as usize);
            frame.map_or_else(|| "none".to_owned(), |frame| format!("{frame:.1} ms"))
        };
        let blocking = self.seen.long.iter().fold(0.0, |sum, task| sum + (task - 50.0).max(0.0));
        let draws: u32 = self.seen.draws.iter().sum();
        let a_frame = |seconds: f64| seconds * 1e3 / frames.len().max(1) as f64;
        let share = |seconds: f64| format!("{:.0} %", seconds / self.wall * 100.0);
        vec![
            format!("{:.1}", frames.len() as f64 / self.wall),
            at(0.5),
            at(0.99),
            at(1.0),
            self.seen.long.len().to_string(),
            format!("{blocking:.0} ms"),
            format!("{:.2}", f64::from(draws) / frames.len().max(1) as f64),
            share(self.ran),
            format!("{:.1} ms", a_frame(self.ran)),
            format!("{:.1}, {:.1} ms", a_frame(self.script), a_frame(self.layout)),
            share(self.waited),
            share(self.workers),
        ]
    }

    /// Redraws while nobody could see the page.
    pub fn hidden_draws(&self) -> u32 {
        self.seen.hidden_draws
    }
}

const START: &str = include_str!("probe.js");
