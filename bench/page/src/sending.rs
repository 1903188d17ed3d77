//! The sending side: how fast a client publishes, from when it is told to until the broker has the last message.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use mqttscope_bench::Table;
use mqttscope_proto::{Packet, Properties, ProtocolVersion, Publish, Qos};
use tungstenite::Message;

use crate::endpoint::{DISCONNECT, PUBLISH};
use crate::flood::Client;
use crate::peers::{Bench, LIMIT, Subject, median};
use crate::rows::grouped;

/// What a client is to publish.
#[derive(Clone, Copy)]
struct Order {
    qos: Qos,
    count: u32,
}

impl Order {
    /// At QoS 1 Paho keeps each message in the browser's storage until it is acknowledged, and no more would fit.
    fn of(self, subject: &Subject) -> Self {
        let has_little_room = subject.name.starts_with("Paho") && self.qos == Qos::AtLeastOnce;
        Self { count: if has_little_room { self.count.min(10_000) } else { self.count }, ..self }
    }
}

impl Bench<'_> {
    /// Measures each client that can be told to publish, and prints a table.
    pub async fn run_sending(&self, only: Option<&str>) -> Result<()> {
        let senders: Vec<&Subject> = self.subjects.iter().filter(|it| it.sends()).collect();
        let mut header = vec!["messages published a second".to_owned()];
        header.extend(senders.iter().map(|subject| subject.name.clone()));
        header.extend(["page / best peer".to_owned(), "goal".to_owned()]);
        let mut table = Table::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
        let mut failures = Vec::new();
        let mut is_measured = false;
        for order in ORDERS {
            let name = format!("sending 64 B, QoS {}", order.qos.as_u8());
            if only.is_some_and(|only| !name.contains(only)) {
                continue;
            }
            is_measured = true;
            let mut rates = vec![Vec::new(); senders.len()];
            for round in 1..=self.rounds {
                for (at, subject) in senders.iter().enumerate() {
                    let order = order.of(subject);
                    match self.measure_sending(subject, order).await {
                        Ok(took) => rates[at].push(f64::from(order.count) / took.as_secs_f64()),
                        Err(error) => {
                            failures.push(format!("{}, {name}, round {round}: {error:#}", subject.name))
                        }
                    }
                }
            }
            // A client that fails once is not as fast as it is where it does not.
            let is_whole = |rates: &Vec<f64>| rates.len() == self.rounds as usize;
            let rates: Vec<_> =
                rates.into_iter().map(|rates| is_whole(&rates).then(|| median(rates))).collect();
            table.add(row(&name, &rates, self.dists));
            println!("Measured: {name}.");
        }
        if is_measured {
            println!();
            table.print();
        }
        for failure in failures {
            println!("\nFailed: {failure}");
        }
        Ok(())
    }

    /// Opens the subject anew, and lets it publish, first a few so that its code is compiled.
    async fn measure_sending(&self, subject: &Subject, order: Order) -> Result<Duration> {
        self.page.client().goto("about:blank").await?;
        while self.broker.client().is_some() {}
        let mut client = self.connect(subject, subject.sender).await?;
        if subject.sender.is_none() {
            self.prepare(order.qos).await?;
        }
        let mut took = Duration::ZERO;
        for count in [WARM_UP, order.count] {
            let order = Order { count, ..order };
            let is_told = subject.sender.is_some();
            let mut begun = Instant::now();
            let receiving = tokio::task::spawn_blocking(move || {
                let last = if is_told { client.tell(order) } else { Ok(()) }
                    .and_then(|()| client.receive(order, Instant::now() + LIMIT));
                (client, last)
            });
            if !is_told {
                begun = self.click_repeat(count).await?;
            }
            let result;
            (client, result) = receiving.await?;
            if subject.sender.is_some() && result.is_err() {
                let said = self.page.texts("pre").await?.concat();
                return result.map(|_| took).with_context(|| format!("it says '{said}'"));
            }
            took = result?.saturating_duration_since(begun);
            // What that has left to do is not part of what follows.
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        Ok(took)
    }

    /// Tells our page to publish so many; says when it was told. That is the time of the click as the page sees it: a
    /// driver looks for the button first, scrolls to it and moves the mouse, for which a client has no blame.
    async fn click_repeat(&self, count: u32) -> Result<Instant> {
        self.page.field("Times").fill(&count.to_string()).await?;
        self.page.execute(NOTE_CLICK, vec![]).await?;
        self.page.button("Repeat").click().await?;
        let clicked = self.page.execute("return window.clickedAt", vec![]).await?;
        let clicked = clicked.as_f64().context("the page saw no click")?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let ago = since_epoch.saturating_sub(Duration::from_secs_f64(clicked / 1_000.0));
        Instant::now().checked_sub(ago).context("the page's clock is wrong")
    }

    /// Fills in our form, but for how many messages there are to be.
    async fn prepare(&self, qos: Qos) -> Result<()> {
        let unfold = "document.querySelector('#repeat-form').closest('details').open = true";
        self.page.execute(unfold, vec![]).await?;
        self.page.field("Topic").fill(TOPIC).await?;
        self.page.select("Publish QoS").choose(&qos.as_u8().to_string()).await?;
        self.page.field("Message").fill(&PAYLOAD.repeat(64)).await?;
        self.page.checkbox("As fast as the broker acknowledges").set(true).await
    }
}

impl Client {
    /// Tells a peer's page what to publish: it has subscribed to the topic.
    fn tell(&mut self, order: Order) -> Result<()> {
        let payload = format!("{} {}", order.qos.as_u8(), order.count);
        let mut bytes = Vec::new();
        let publish = Publish {
            dup: false,
            qos: Qos::AtMostOnce,
            retain: false,
            topic: "flood/send".into(),
            packet_id: None,
            properties: Properties::NONE,
            payload: payload.as_bytes(),
        };
        Packet::Publish(publish).encode(&mut bytes, ProtocolVersion::V311)?;
        Ok(self.socket.send(Message::binary(bytes))?)
    }

    /// Takes so many messages, and acknowledges all that one WebSocket message brings in one. Says when the last one
    /// was there: many may come in one piece, so that the time between first and last says nothing.
    fn receive(&mut self, order: Order, until: Instant) -> Result<Instant> {
        self.socket.get_ref().set_read_timeout(Some(Duration::from_millis(200)))?;
        let mut count = 0;
        while count < order.count {
            let read = self.read(until).with_context(|| format!("{count} of {} came", order.count))?;
            let Some(Message::Binary(bytes)) = read else { continue };
            let (mut piece, mut answers) = (&bytes[..], Vec::new());
            while let Some(frame) = self.deframer.next_frame(&mut piece, ProtocolVersion::V311)? {
                match frame.bytes()[0] >> 4 {
                    PUBLISH => count += 1,
                    DISCONNECT => bail!("the client has disconnected"),
                    _ => continue,
                }
                let decoded = frame.decode(ProtocolVersion::V311, &mut ())?;
                if let Packet::Publish(Publish { packet_id: Some(id), .. }) = decoded {
                    answers.extend_from_slice(&[0x40, 2]);
                    answers.extend_from_slice(&id.to_be_bytes());
                }
            }
            if !answers.is_empty() {
                self.socket.send(Message::binary(answers))?;
            }
        }
        Ok(Instant::now())
    }
}

fn row(name: &str, rates: &[Option<f64>], dists: usize) -> Vec<String> {
    let (pages, peers) = rates.split_at(dists);
    let best_peer = peers.iter().flatten().copied().fold(0.0, f64::max);
    let rate = |rate: &Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| grouped(rate.round() as u32));
    let mut cells = vec![name.to_owned()];
    cells.extend(rates.iter().map(rate));
    let ratios: Vec<f64> = pages.iter().flatten().map(|page| page / best_peer).collect();
    cells.push(ratios.iter().map(|ratio| format!("{ratio:.1}")).collect::<Vec<_>>().join(", "));
    let is_reached = ratios.len() == dists && ratios.iter().all(|ratio| *ratio >= GOAL);
    cells.push(format!("{GOAL}: {}", if is_reached { "reached" } else { "missed" }));
    cells
}

/// MQTT.js waits for no acknowledgement, and there are no more packet ids than that.
const ORDERS: [Order; 2] =
    [Order { qos: Qos::AtMostOnce, count: 200_000 }, Order { qos: Qos::AtLeastOnce, count: 50_000 }];
/// Its unit is a millisecond since 1970.
const NOTE_CLICK: &str = "addEventListener('click', (event) => {
  window.clickedAt = performance.timeOrigin + event.timeStamp;
}, { capture: true, once: true });";
const WARM_UP: u32 = 5_000;
const TOPIC: &str = "sent/press-12";
const PAYLOAD: &str = "m";
/// How much faster the page is to be than the best of the others.
const GOAL: f64 = 2.0;
