//! How true the page's times are: what its Answer column says beside how long the broker took by its own clock.
//!
//! The difference holds the way there and back, through the browser's own processes, which no page can see; a page that
//! notes times late adds to it. How long that way is on this machine, a worker tells that does nothing but answer the same
//! questions.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mqttscope_bench::Table;
use mqttscope_e2e::downloads::Downloads;
use mqttscope_e2e::driver;
use mqttscope_e2e::page::Page;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_e2e::wait::{self, Look};
use serde_json::{Value, json};

use crate::dist::Dist;
use crate::machine;
use crate::rows::{grouped, rows, wait_for_more_rows};
use crate::timed_broker::{TimedBroker, Took};

/// What else happens while answers are awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Situation {
    Idle,
    TypingAndScrolling,
    Flooded,
}

impl Situation {
    const ALL: [Self; 3] = [Self::Idle, Self::TypingAndScrolling, Self::Flooded];

    fn name(self) -> String {
        match self {
            Self::Idle => "idle".to_owned(),
            Self::TypingAndScrolling => "typing and scrolling".to_owned(),
            Self::Flooded => format!("{} messages/s come in", grouped(FLOOD_RATE)),
        }
    }
}

/// Measures each page in each situation, and prints a table.
pub async fn run(dists: &[Dist], folder: &Path) -> Result<()> {
    println!("# Times\n");
    println!("Load of the machine at the start: {}.", machine::load());
    let mut table = Table::new(&[
        "while",
        "page",
        "answers",
        "the broker took, p50",
        "the page says, p50",
        "too long by, p50",
        "p95",
        "p99",
        "max",
        "goal",
    ]);
    for situation in Situation::ALL {
        for dist in dists {
            let answers = measure(dist, situation)
                .await
                .with_context(|| format!("{}, {}", dist.name, situation.name()))?;
            table.add(row(&dist.name, situation, &answers));
        }
        if situation != Situation::TypingAndScrolling {
            let answers = measure_bare(folder, situation).await.context("the bare WebSocket")?;
            table.add(row("bare WebSocket in a worker", situation, &answers));
        }
    }
    println!("Load at the end: {}.\n", machine::load());
    table.print();
    Ok(())
}

/// One answer, in microseconds.
struct Answer {
    broker: f64,
    page: f64,
}

fn row(name: &str, situation: Situation, answers: &[Answer]) -> Vec<String> {
    let mut excess: Vec<f64> = answers.iter().map(|answer| answer.page - answer.broker).collect();
    let mut broker: Vec<f64> = answers.iter().map(|answer| answer.broker).collect();
    let mut page: Vec<f64> = answers.iter().map(|answer| answer.page).collect();
    let (p50, p95) = (quantile(&mut excess, 0.5), quantile(&mut excess, 0.95));
    let is_reached = p50.abs() <= GOAL_P50_MICROS && p95.abs() <= GOAL_P95_MICROS;
    let millis = |micros: f64| format!("{:.2} ms", micros / 1e3);
    vec![
        situation.name(),
        name.to_owned(),
        answers.len().to_string(),
        millis(quantile(&mut broker, 0.5)),
        millis(quantile(&mut page, 0.5)),
        millis(p50),
        millis(p95),
        millis(quantile(&mut excess, 0.99)),
        millis(quantile(&mut excess, 1.0)),
        if is_reached { "reached" } else { "missed" }.to_owned(),
    ]
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((share * (values.len().saturating_sub(1)) as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

async fn measure(dist: &Dist, situation: Situation) -> Result<Vec<Answer>> {
    let files = StaticServer::start(&dist.folder, Manner::StrictPolicy)?;
    let client = driver::open_browser(1_280, 800).await?;
    let page = Page::new(client.clone());
    let result = async {
        let page = Page::open(client, &files.url("mqtt.html")).await?;
        let broker = TimedBroker::start()?;
        connect(&page, &broker).await?;
        let have = rows(&page).await?;
        broker.fill(ROWS)?;
        wait_for_more_rows(&page, have + ROWS).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;

        if situation == Situation::Flooded {
            broker.flood(FLOOD_RATE)?;
        }
        page.execute(PUBLISH, vec![json!(PUBLISHED)]).await?;
        publish_all(&page, situation).await?;
        broker.flood(0)?;
        let status = page.status().await?;
        ensure!(status.contains("Connected as"), "the connection has ended: {status}");
        page.button("Disconnect").click().await?;
        page.wait_for_status("disconnected").await?;

        let shown = answers_shown(&page).await?;
        pair(&broker.answers(), &shown)
    };
    let result = result.await;
    page.close().await?;
    result
}

/// A worker that sends, and notes when an answer came: nothing that a page can do is nearer to the truth.
async fn measure_bare(folder: &Path, situation: Situation) -> Result<Vec<Answer>> {
    let files = StaticServer::start(folder, Manner::StrictPolicy)?;
    let client = driver::open_browser(1_280, 800).await?;
    let page = Page::new(client.clone());
    let result = async {
        let broker = TimedBroker::start()?;
        client.goto(&format!("{}#{}", files.url("bare-times.html"), broker.url)).await?;
        if situation == Situation::Flooded {
            tokio::time::sleep(Duration::from_secs(1)).await;
            broker.flood(FLOOD_RATE)?;
        }
        let shown = wait::until_within(LONGEST, "the worker to have all answers", async || {
            let answers = page.execute("return window.benchAnswers", vec![]).await?;
            Ok(match answers {
                Value::Null => Look::NotYet("it waits".to_owned()),
                answers => Look::Ready(serde_json::from_value::<Vec<(u16, f64)>>(answers)?),
            })
        })
        .await?;
        let shown: Vec<Shown> =
            shown.into_iter().map(|(id, micros)| ("PUBACK".to_owned(), id, micros)).collect();
        pair(&broker.answers(), &shown)
    };
    let result = result.await;
    page.close().await?;
    result
}

/// Connects by the form, and fills in what is to be published.
async fn connect(page: &Page, broker: &TimedBroker) -> Result<()> {
    page.field("URL").fill(&broker.url).await?;
    page.field("Keep alive (seconds)").fill("4").await?;
    page.button("Connect").click().await?;
    page.wait_for_status("connected").await?;
    page.field("Topic").fill("times/press-12").await?;
    page.select("Publish QoS").choose("1").await?;
    page.field("Message").fill("21.5 C").await
}

/// Waits until all is published, and does meanwhile what a person does.
async fn publish_all(page: &Page, situation: Situation) -> Result<()> {
    let middle = page.execute(MIDDLE_OF_LOG, vec![]).await?;
    page.execute("document.getElementById('message').focus()", vec![]).await?;
    let started = Instant::now();
    for step in 0_u32.. {
        if situation == Situation::TypingAndScrolling {
            // 25 notches of the wheel a second, some seconds up and then down again.
            let notch = if (step / 75).is_multiple_of(2) { -120 } else { 120 };
            let wheel =
                json!({ "type": "mouseWheel", "x": middle[0], "y": middle[1], "deltaX": 0, "deltaY": notch });
            page.dev_tools("Input.dispatchMouseEvent", wheel).await?;
            // 8 keys a second; a word is taken back before the message grows long.
            if step.is_multiple_of(3) {
                type_key(page, step / 3).await?;
            }
        }
        tokio::time::sleep((STEP * (step + 1)).saturating_sub(started.elapsed())).await;
        if step.is_multiple_of(25) && page.execute("return window.benchLeft", vec![]).await? == json!(0) {
            break;
        }
        ensure!(started.elapsed() < LONGEST, "the page has not published all within {LONGEST:?}");
    }
    // The last answer is on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}

async fn type_key(page: &Page, count: u32) -> Result<()> {
    if (count / 20).is_multiple_of(2) {
        let letter = char::from(b'a' + (count % 26) as u8).to_string();
        page.dev_tools("Input.dispatchKeyEvent", json!({ "type": "char", "text": letter })).await?;
    } else {
        for kind in ["rawKeyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8 });
            page.dev_tools("Input.dispatchKeyEvent", event).await?;
        }
    }
    Ok(())
}

/// An answer as the page exports it: type, packet id, and the Answer column in microseconds.
type Shown = (String, u16, f64);

/// What the Answer column says of each answer, in full: an export has the microseconds that the column rounds.
async fn answers_shown(page: &Page) -> Result<Vec<Shown>> {
    let downloads = Downloads::of(page).await?;
    page.field("Filter the log").fill("type:puback,pingresp dir:in").await?;
    let mut before = String::new();
    wait::until_within(Duration::from_secs(30), "the filter to find all answers", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let found = page.texts(".filter-found .count").await?.concat();
        let is_all = !found.is_empty() && found == before;
        before.clone_from(&found);
        Ok(if is_all { Look::Ready(()) } else { Look::NotYet(found) })
    })
    .await?;
    page.select("Format").choose("CSV").await?;
    page.select("Rows").choose("What the filter finds").await?;
    page.button("Export").click().await?;
    let file = String::from_utf8(downloads.next("csv").await?)?;
    let mut lines = file.lines();
    // Nothing in these packets needs quotation marks.
    let names: Vec<&str> = lines.next().context("the file is empty")?.split(',').collect();
    let column = |name| {
        let place = names.iter().position(|column| *column == name);
        place.with_context(|| format!("the CSV has no column {name}"))
    };
    let (packet, id, latency) = (column("type")?, column("packet_id")?, column("latency_us")?);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let cell = |place: usize| {
                cells.get(place).copied().with_context(|| format!("a cell is missing: {line}"))
            };
            let latency =
                cell(latency)?.parse().with_context(|| format!("the answer has no time: {line}"))?;
            Ok((cell(packet)?.to_owned(), cell(id)?.parse().unwrap_or(0), latency))
        })
        .collect()
}

/// Each answer of the broker with the same one in the page.
fn pair(answers: &[Took], shown: &[Shown]) -> Result<Vec<Answer>> {
    ensure!(shown.len() >= PUBLISHED as usize, "the page shows only {} answers", shown.len());
    ensure!(answers.len() >= shown.len(), "the page shows {} answers of {}", shown.len(), answers.len());
    let pairs = answers.iter().zip(shown).map(|(took, (packet, id, latency))| {
        let is_same = took.packet == packet && took.id == *id;
        ensure!(is_same, "{} {} stands in the page as {packet} {id}", took.packet, took.id);
        Ok(Answer { broker: took.micros, page: *latency })
    });
    pairs.collect()
}

const GOAL_P50_MICROS: f64 = 1_000.0;
const GOAL_P95_MICROS: f64 = 3_000.0;
/// Messages that the page publishes; each is answered, and so are the PINGREQs of its pauses.
const PUBLISHED: u32 = 600;
/// Rows in the log beforehand, so that there is something to scroll.
const ROWS: u32 = 10_000;
const FLOOD_RATE: u32 = 5_000;
const STEP: Duration = Duration::from_millis(40);
const LONGEST: Duration = Duration::from_secs(180);

/// Publishes, at times that keep no step with the frames; each hundredth is followed by a pause that is longer than the
/// keep alive.
const PUBLISH: &str = r"
const [count] = arguments;
window.benchLeft = count;
const publish = () => {
  document.getElementById('publish').click();
  window.benchLeft -= 1;
  const left = window.benchLeft;
  if (left > 0) setTimeout(publish, left % 100 === 0 ? 4300 : 20 + left * 7 % 23);
};
publish();
";

const MIDDLE_OF_LOG: &str = r"
const { left, right, top, bottom } = document.getElementById('log-table').getBoundingClientRect();
return [(left + right) / 2, (top + bottom) / 2];
";
