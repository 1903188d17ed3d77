//! The page beside other clients: the same floods, in one browser, in turn.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mqttscope_bench::Table;
use mqttscope_e2e::driver;
use mqttscope_e2e::page::Page;
use mqttscope_e2e::static_server::{Manner, StaticServer};
use mqttscope_e2e::wait::{self, Look};
use mqttscope_proto::Qos;

use crate::dist::Dist;
use crate::flood::{Broker, Client, Cut, Load};
use crate::machine;
use crate::rows::grouped;

/// How often each client is measured, unless it is said.
pub const ROUNDS: u32 = 3;

/// Measures, and prints a table of messages a second.
pub async fn run(dists: &[Dist], folder: &Path, only: Option<&str>, rounds: u32) -> Result<()> {
    machine::wait_until_quiet().await;
    println!("Load of the machine at the start: {}.", machine::load());
    let mut subjects = Vec::new();
    for dist in dists {
        let files = StaticServer::start(&dist.folder, Manner::StrictPolicy)?;
        subjects.push(Subject { name: dist.name.clone(), files, page: None, sender: None });
    }
    for (name, page, sender) in PEERS {
        let files = StaticServer::start(folder, Manner::StrictPolicy)?;
        subjects.push(Subject { name: name.to_owned(), files, page: Some(page), sender });
    }
    let client = driver::open_browser(1_280, 800).await?;
    let page = Page::new(client);
    let bench = Bench { page: &page, broker: Broker::start()?, subjects, dists: dists.len(), rounds };
    let result = async {
        bench.run(only).await?;
        bench.run_sending(only).await
    };
    let result = result.await;
    page.close().await?;
    result
}

/// All that is measured, and with what.
pub struct Bench<'a> {
    pub page: &'a Page,
    pub broker: Broker,
    /// The pages first, then the others; the bare one is the last.
    pub subjects: Vec<Subject>,
    pub dists: usize,
    pub rounds: u32,
}

/// Who is measured.
pub struct Subject {
    pub name: String,
    files: StaticServer,
    /// Its page; ours is connected by its form.
    page: Option<&'static str>,
    /// Its page that publishes; ours does so by its form.
    pub sender: Option<&'static str>,
}

impl Subject {
    /// Whether it can be told to publish.
    pub fn sends(&self) -> bool {
        self.page.is_none() || self.sender.is_some()
    }
}

impl Bench<'_> {
    async fn run(&self, only: Option<&str>) -> Result<()> {
        let mut header = vec!["messages a second".to_owned()];
        header.extend(self.subjects.iter().map(|subject| subject.name.clone()));
        for dist in &self.subjects[..self.dists] {
            header.extend([format!("{} / bare", dist.name), "goal".to_owned(), "ahead of both".to_owned()]);
        }
        let mut table = Table::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
        let loads = loads();
        let mut failures: Vec<Vec<String>> = vec![Vec::new(); self.subjects.len()];
        for load in loads.iter().filter(|load| only.is_none_or(|only| load.to_string().contains(only))) {
            let mut rates = vec![Vec::new(); self.subjects.len()];
            for round in 1..=self.rounds {
                for (at, subject) in self.subjects.iter().enumerate() {
                    match self.measure(subject, load).await {
                        Ok(took) => rates[at].push(f64::from(load.count) / took.as_secs_f64()),
                        Err(error) => failures[at].push(format!("{load}, round {round}: {error:#}")),
                    }
                }
            }
            // A client that fails once is not as fast as it is where it does not.
            let is_whole = |rates: &Vec<f64>| rates.len() == self.rounds as usize;
            let rates: Vec<_> =
                rates.into_iter().map(|rates| is_whole(&rates).then(|| median(rates))).collect();
            table.add(self.row(load, &rates));
            println!("Measured: {load}.");
        }
        println!("Load at the end: {}.\n", machine::load());
        if loads.iter().any(|load| only.is_none_or(|only| load.to_string().contains(only))) {
            table.print();
        }
        for (subject, failures) in self.subjects.iter().zip(&failures) {
            if let Some(first) = failures.first() {
                println!("\n{} failed in {} floods, first in {first}", subject.name, failures.len());
            }
        }
        Ok(())
    }

    fn row(&self, load: &Load, rates: &[Option<f64>]) -> Vec<String> {
        let mut cells = vec![load.to_string()];
        cells.extend(
            rates.iter().map(|rate| rate.map_or_else(|| "-".to_owned(), |rate| grouped(rate.round() as u32))),
        );
        let (pages, others) = rates.split_at(self.dists);
        let (bare, clients) = others.split_last().unwrap_or((&None, &[]));
        let best_client = clients.iter().flatten().copied().fold(0.0, f64::max);
        let goal = match load.qos {
            Qos::AtMostOnce => 0.8,
            Qos::AtLeastOnce => 0.5,
            Qos::ExactlyOnce => 0.4,
        };
        for &page in pages {
            let ratio = page.zip(*bare).map(|(page, bare)| page / bare);
            let reached = if ratio.is_some_and(|ratio| ratio >= goal) { "reached" } else { "missed" };
            cells.push(ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
            cells.push(format!("{goal}: {reached}"));
            cells
                .push(if page.is_some_and(|page| page >= best_client) { "yes" } else { "**no**" }.to_owned());
        }
        cells
    }

    /// Opens the subject anew, and floods it, first for a moment so that its code is compiled.
    async fn measure(&self, subject: &Subject, load: &Load) -> Result<Duration> {
        // Whoever was there before goes, with its connection.
        self.page.client().goto("about:blank").await?;
        while self.broker.client().is_some() {}
        let result = self.flood(subject, load).await;
        if result.is_err() && subject.page.is_some() {
            let said = self.page.texts("pre").await?.concat();
            return result.with_context(|| format!("it says '{said}'"));
        }
        result
    }

    async fn flood(&self, subject: &Subject, load: &Load) -> Result<Duration> {
        let mut client = self.connect(subject, subject.page).await?;
        let warm_up = Load { count: (load.count / 10).clamp(4, 2_000), ..*load };
        let load = *load;
        tokio::task::spawn_blocking(move || {
            client.flood(&warm_up, LIMIT)?;
            // What that has left to do is not part of what follows.
            std::thread::sleep(Duration::from_millis(400));
            client.flood(&load, LIMIT)
        })
        .await?
    }

    /// Opens a page of the subject, and waits until it has subscribed.
    pub async fn connect(&self, subject: &Subject, page: Option<&str>) -> Result<Client> {
        match page {
            Some(file) => {
                let url = format!("{}#{}", subject.files.url(file), self.broker.url);
                self.page.client().goto(&url).await?;
            }
            None => {
                let page = Page::open(self.page.client().clone(), &subject.files.url("mqtt.html")).await?;
                page.field("URL").fill(&self.broker.url).await?;
                page.button("Connect").click().await?;
                page.wait_for_status("connected").await?;
                page.field("Topic filter").fill("flood/#").await?;
                page.select("Requested QoS").choose("2").await?;
                page.button("Subscribe").click().await?;
            }
        }
        let started = Instant::now();
        wait::until("the client to subscribe", async || {
            Ok(match self.broker.client() {
                Some(client) => Look::Ready(client),
                None => Look::NotYet(format!("nobody after {:?}", started.elapsed())),
            })
        })
        .await
    }
}

/// Each so long that starting does not count, and that the slowest ends in seconds. Ids are used once: at QoS 1 and 2
/// there are fewer than 65,536 messages.
fn loads() -> Vec<Load> {
    let cuts: [&[Cut]; 3] = [
        &[Cut::Alone, Cut::Pieces(SMALL), Cut::Pieces(LARGE)],
        &[Cut::Alone, Cut::Pieces(SMALL), Cut::Pieces(LARGE)],
        &[Cut::Alone, Cut::Pieces(LARGE)],
    ];
    let mut loads = Vec::new();
    for (payload, cuts) in [64, 1 << 10, 1 << 20].into_iter().zip(cuts) {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            for &cut in cuts {
                let count = match (payload, qos, cut) {
                    (64, _, Cut::Alone) => 20_000,
                    (64, Qos::AtMostOnce, Cut::Pieces(LARGE)) => 300_000,
                    (64, Qos::AtMostOnce, _) => 100_000,
                    (64, ..) => 60_000,
                    (1_024, ..) => 15_000,
                    _ => 60,
                };
                loads.push(Load { payload, qos, cut, count });
            }
        }
    }
    loads
}

/// The one in the middle.
pub fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the page is measured beside.
const PEERS: [(&str, &str, Option<&str>); 3] = [
    ("MQTT.js 5.16.0", "mqttjs.html", Some("mqttjs-send.html")),
    ("Paho 1.1.0", "paho.html", Some("paho-send.html")),
    ("bare WebSocket in a worker", "bare.html", None),
];
/// Bytes of the pieces in which a stream comes.
const SMALL: usize = 2 << 10;
const LARGE: usize = 64 << 10;
/// How long a flood may take.
pub const LIMIT: Duration = Duration::from_secs(60);
