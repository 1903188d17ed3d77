//! The page under load, with packets from a real WebSocket: frames, long tasks, memory, filters.
//!
//! Times of the processor and memory are those that the system counts for the browser's process, so that others on
//! the machine do not count; frames and the time that a filter takes are what a person sees, and suffer from others.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mqttscope_bench::{Table, message};
use mqttscope_e2e::driver;
use mqttscope_e2e::page::Page;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_log::{Direction, Log, SourceId, Version};
use mqttscope_proto::{ProtocolVersion, Qos};
use serde_json::json;

use crate::dist::Dist;
use crate::heaps::Heaps;
use crate::machine;
use crate::probe::{Stretch, watch};
use crate::renderer::Renderer;
use crate::rows::{grouped, rows, wait_for_rows};
use crate::server::{Load, Server};

/// Rows in the log at which it is looked at.
const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// Messages a second that come in.
const RATES: [u32; 2] = [1_000, 10_000];
/// How long each is looked at.
const SECONDS: u32 = 5;
const FAST: Load = Load { count: 0, rate: 0, qos: Qos::AtMostOnce, alone: false };

/// Measures, and prints tables.
pub async fn run(dist: &Dist) -> Result<()> {
    let files = StaticServer::start(&dist.folder, Manner::StrictPolicy)?;
    let client = driver::open_browser(1_280, 800).await?;
    let page = Page::new(client.clone());
    let result = async {
        let page = Page::open(client, &files.url("mqtt.html")).await?;
        let mut server = Server::start()?;
        page.field("URL").fill(&server.url).await?;
        page.button("Connect").click().await?;
        page.wait_for_status("connected").await?;
        let renderer = Renderer::find(async || {
            let work = "for (const end = performance.now() + 300; performance.now() < end;);";
            page.execute(work, vec![]).await.map(|_| ())
        })
        .await?;
        Bench { page: &page, renderer, server: &mut server }.run().await
    };
    let result = result.await;
    page.close().await?;
    result
}

struct Bench<'a> {
    page: &'a Page,
    renderer: Renderer,
    server: &'a mut Server,
}

impl Bench<'_> {
    async fn run(&mut self) -> Result<()> {
        let load = machine::load();
        let mut frames = table(&["what", "rows at the start"]);
        let mut memory =
            Table::new(&["rows", "bytes of packets", "the log", "wasm memory", "JavaScript heap", "process"]);
        let (nothing, _) = self.watch(async |_| sleep(SECONDS).await).await?;
        frames.add(row("nothing", 0, &nothing));
        for size in SIZES {
            self.fill(size).await?;
            memory.add(self.memory().await?);
            if size == SIZES[2] {
                self.look_around(&mut frames).await?;
            }
            for rate in RATES {
                let load = Load { count: rate * SECONDS, rate, ..FAST };
                self.receive(&mut frames, &format!("{} messages/s", grouped(rate)), load).await?;
            }
        }
        let load_10k = Load { count: RATES[1] * SECONDS, rate: RATES[1], ..FAST };
        self.receive(&mut frames, "the same, each alone", Load { alone: true, ..load_10k }).await?;
        self.receive(&mut frames, "the same at QoS 1", Load { qos: Qos::AtLeastOnce, ..load_10k }).await?;
        self.filter("payload:needle", "").await?;
        self.receive(&mut frames, "the same, filtered", load_10k).await?;
        self.filter("", "").await?;
        self.hidden(&mut frames, load_10k).await?;

        println!("Load of the machine at the start {load}, at the end {}.\n", machine::load());
        println!("Frames\n");
        frames.print();
        println!("\nMemory\n");
        memory.print();
        Ok(())
    }

    /// Brings the log to so many rows as fast as the page takes them.
    async fn fill(&mut self, size: u32) -> Result<()> {
        let have = rows(self.page).await?;
        let (started, count) = (Instant::now(), size.saturating_sub(have));
        self.server.publish(Load { count, ..FAST })?;
        wait_for_rows(self.page, have + count).await?;
        let rate = f64::from(count) / started.elapsed().as_secs_f64();
        println!("Filled with {} rows: {} messages/s.", grouped(count), grouped(rate as u32));
        // What the browser puts off until it has time is over then.
        sleep(2).await
    }

    async fn receive(&mut self, frames: &mut Table, what: &str, load: Load) -> Result<()> {
        let have = rows(self.page).await?;
        let (stretch, _) = self
            .watch(async |bench| {
                bench.server.publish(load)?;
                bench.server.wait().await
            })
            .await?;
        let acknowledgements = if load.qos == Qos::AtMostOnce { 0 } else { load.count };
        wait_for_rows(self.page, have + load.count + acknowledgements).await?;
        frames.add(row(what, have, &stretch));
        Ok(())
    }

    /// Receives while another tab is in front: nothing is drawn, nothing is lost.
    async fn hidden(&mut self, frames: &mut Table, load: Load) -> Result<()> {
        let have = rows(self.page).await?;
        let (stretch, ()) = self
            .watch(async |bench| {
                let page = bench.page.clone();
                page.while_hidden(async || {
                    bench.server.publish(load)?;
                    bench.server.wait().await
                })
                .await
            })
            .await?;
        wait_for_rows(self.page, have + load.count).await?;
        println!("Redraws while the page was hidden: {}.", stretch.hidden_draws());
        frames.add(row("the same, hidden", have, &stretch));
        Ok(())
    }

    /// Scrolls, filters and jumps in a full log to which nothing comes.
    async fn look_around(&mut self, frames: &mut Table) -> Result<()> {
        let have = rows(self.page).await?;
        let (stretch, ()) = self.watch(async |bench| bench.wheel().await).await?;
        frames.add(row("wheel, 3,000 pixels/s", have, &stretch));
        let (stretch, ()) = self
            .watch(async |bench| bench.page.execute_async(DRAG, vec![json!(240)]).await.map(drop))
            .await?;
        frames.add(row("the scroll bar through the whole log in 4 s", have, &stretch));
        for (what, key, code) in [("↓ held", "ArrowDown", 40), ("Page ↑ held", "PageUp", 33)] {
            let (stretch, ()) = self.watch(async |bench| bench.hold(key, code).await).await?;
            frames.add(row(what, have, &stretch));
        }

        let numbers = 0..self.server.published();
        let retained = numbers.clone().filter(|number| number % 10 == 9).count();
        let needles = numbers.filter(|number| number % 1_000 == 999).count();
        println!("\nOver {} rows, until the page shows the last match:\n", grouped(have));
        let mut table = Table::new(&["filter", "matches", "time", "main thread", "workers"]);
        let filters = [
            ("retain size:>100", retained),
            ("type:publish dir:in qos:0 retain", retained),
            ("topic:site/+/temp/99", retained / 10),
            ("payload:needle", needles),
            ("needle", needles),
            ("payload:/need.e/", needles),
        ];
        for (text, expected) in filters {
            let said = format!("{} matches", grouped(expected as u32));
            let mut best: Option<[f64; 3]> = None;
            for _ in 0..3 {
                let (before, workers_before) = (self.renderer.times()?, self.renderer.workers()?);
                let millis = self.filter(text, &said).await?;
                let ran = (self.renderer.times()?.ran - before.ran) as f64 / 1e6;
                let workers = self.renderer.workers()?.ran_since(&workers_before) as f64 / 1e6;
                self.filter("", "").await?;
                let run = [millis, ran, workers];
                best = Some(best.filter(|best| best[0] < millis).unwrap_or(run));
            }
            let best = best.context("no run")?;
            let mut cells = vec![format!("`{text}`"), said];
            cells.extend(best.map(|millis| format!("{millis:.0} ms")));
            table.add(cells);
        }
        table.print();

        println!("\nUntil the row is there:\n");
        let mut table = Table::new(&["jump", "time"]);
        for number in [have / 2, 17, have - 1] {
            let args = vec![json!(number.to_string()), json!(number.to_string())];
            let millis = self.page.execute_async(JUMP, args).await?;
            let millis = millis.as_f64().context("no time")?;
            table.add(vec![format!("to row {}", grouped(number)), format!("{millis:.0} ms")]);
        }
        let time = self.page.execute(TIME_OF_ROW, vec![]).await?;
        self.page.execute_async(JUMP, vec![json!("17"), json!("17")]).await?;
        let millis = self.page.execute_async(JUMP, vec![time, json!("")]).await?;
        table.add(vec!["to a time".to_owned(), format!("{:.0} ms", millis.as_f64().context("no time")?)]);
        table.print();
        println!();
        self.page.execute(TO_TAIL, vec![]).await?;
        sleep(1).await
    }

    /// Turns the wheel for four seconds, up from the newest row.
    async fn wheel(&self) -> Result<()> {
        let (middle, top) = (self.page.execute(MIDDLE, vec![]).await?, self.scroll_top().await?);
        let gesture = json!({ "x": middle[0], "y": middle[1], "yDistance": 12_000, "speed": 3_000,
            "gestureSourceType": "mouse" });
        self.page.dev_tools("Input.synthesizeScrollGesture", gesture).await?;
        let way = top - self.scroll_top().await?;
        ensure!(way > 6_000.0, "the wheel has moved the log by {way} pixels");
        Ok(())
    }

    /// Holds a key for four seconds, as a keyboard repeats it: 30 times a second.
    async fn hold(&self, key: &str, code: u32) -> Result<()> {
        self.page.execute("document.getElementById('log-table').focus()", vec![]).await?;
        let started = Instant::now();
        for repeat in 1..=120 {
            let event =
                json!({ "type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.page.dev_tools("Input.dispatchKeyEvent", event).await?;
            let next = Duration::from_millis(repeat * 1_000 / 30);
            tokio::time::sleep(next.saturating_sub(started.elapsed())).await;
        }
        let event = json!({ "type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code });
        self.page.dev_tools("Input.dispatchKeyEvent", event).await.map(drop)
    }

    /// Types a filter, and waits until the page says that it has found as much; returns milliseconds.
    async fn filter(&self, text: &str, said: &str) -> Result<f64> {
        let millis = self.page.execute_async(FILTER, vec![json!(text), json!(said)]).await?;
        millis.as_f64().with_context(|| format!("the filter {text} ends with {millis}"))
    }

    async fn memory(&self) -> Result<Vec<String>> {
        let heaps = Heaps::of(self.page).await?;
        let mut log = Log::new(Log::DEFAULT_BUDGET);
        let connection = log.add_connection(SourceId::LIVE, Version::Known(ProtocolVersion::V31));
        let mut bytes = 0;
        for number in 0..self.server.published() {
            let packet = message(number, Qos::AtMostOnce);
            bytes += packet.len();
            log.receive(connection, Direction::In, packet.len(), |room| room.copy_from_slice(&packet));
            log.next_packet(0, connection, Direction::In, |_| ())?;
        }
        let megabytes = |bytes: usize| format!("{:.1} MB", bytes as f64 / 1e6);
        Ok(vec![
            grouped(rows(self.page).await?),
            megabytes(bytes),
            megabytes(log.size()),
            megabytes(heaps.wasm as usize),
            megabytes(heaps.script as usize),
            megabytes(self.renderer.memory()? as usize),
        ])
    }

    async fn watch<T>(&mut self, what: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<(Stretch, T)> {
        let (page, renderer) = (self.page, self.renderer);
        let mut result = None;
        let stretch = watch(page, &renderer, async || {
            result = Some(what(self).await?);
            Ok(())
        })
        .await?;
        Ok((stretch, result.context("it was not done")?))
    }

    async fn scroll_top(&self) -> Result<f64> {
        let top = self.page.execute("return document.getElementById('log-table').scrollTop", vec![]).await?;
        top.as_f64().context("the log does not scroll")
    }
}

fn table(first: &[&str]) -> Table {
    Table::new(&[first, &Stretch::HEADER].concat())
}

fn row(what: &str, rows: u32, stretch: &Stretch) -> Vec<String> {
    let mut cells = vec![what.to_owned(), grouped(rows)];
    cells.append(&mut stretch.cells());
    cells
}

async fn sleep(seconds: u32) -> Result<()> {
    tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    Ok(())
}

/// The middle of the table.
const MIDDLE: &str = r"
const { left, right, top, bottom } = document.getElementById('log-table').getBoundingClientRect();
return [(left + right) / 2, (top + bottom) / 2];
";

/// Moves the scroll bar evenly from the end of the log to its beginning, once a frame.
const DRAG: &str = r"
const [frames, done] = arguments;
const table = document.getElementById('log-table');
const end = table.scrollHeight - table.clientHeight;
let at = frames;
const step = () => {
  table.scrollTop = end * at / frames;
  at -= 1;
  if (at < 0) done(); else requestAnimationFrame(step);
};
requestAnimationFrame(step);
";

/// Types a filter, and waits until it has found all.
const FILTER: &str = r"
const [text, said, done] = arguments;
const input = document.getElementById('log-filter');
const began = performance.now();
input.value = text;
input.dispatchEvent(new InputEvent('input', { bubbles: true }));
const look = () => {
  const found = document.querySelector('.filter-found .count')?.textContent ?? '';
  if (said === '' || found === said) done(performance.now() - began);
  else if (performance.now() - began > 20000) done(found);
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
";

/// Goes to a row or a time, and waits for a row to be selected: the one of that number, if one is given.
const JUMP: &str = r"
const [where, number, done] = arguments;
const field = document.getElementById('go-to');
const selected = () => document.querySelector('#log-table [aria-selected=true]')?.dataset.index;
const before = selected();
const began = performance.now();
field.value = where;
field.dispatchEvent(new InputEvent('input', { bubbles: true }));
field.form.requestSubmit();
const look = () => {
  const now = selected();
  if (number === '' ? now !== undefined && now !== before : now === number) done(performance.now() - began);
  else if (performance.now() - began > 20000) done(`row ${now}`);
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
";

/// The time of day of a row in view.
const TIME_OF_ROW: &str =
    "return document.querySelector('#log-table [aria-selected=true] .time').textContent";

const TO_TAIL: &str = "document.querySelector('.to-tail')?.click()";
