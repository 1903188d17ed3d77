//! The packet log as the page shows it.

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use std::fmt;

use crate::page::Page;
use crate::wait::{self, Look};

/// The table `Packet log`.
///
/// Each row that is drawn has role `row` and says in attributes what it shows: `data-index`, the
/// number of the row in the log; `data-kind`, `out`, `in` or `event`; and for a packet `data-packet`,
/// its name, `data-flags`, `data-id` and `data-len`.
pub struct Log<'a> {
    page: &'a Page,
}

/// A row.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Row {
    /// Its number in the log.
    pub index: u64,
    pub kind: Kind,
    /// The packet's name, such as PUBLISH; empty for an event.
    pub packet: String,
    /// Such as "DUP QoS 2 RETAIN".
    pub flags: String,
    /// The packet's id, if it has one.
    pub id: Option<u16>,
    /// The frame's length in bytes.
    pub len: Option<u64>,
    /// All that it says.
    pub text: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Out,
    In,
    Event,
}

impl Row {
    pub fn is_event(&self) -> bool {
        self.kind == Kind::Event
    }

    /// Whether it is a packet of this name.
    pub fn is(&self, kind: Kind, packet: &str) -> bool {
        self.kind == kind && self.packet == packet
    }

    pub fn is_dup(&self) -> bool {
        self.has_flag("DUP")
    }

    pub fn is_retained(&self) -> bool {
        self.has_flag("RETAIN")
    }

    /// The QoS that the row names; 0 if it names none.
    pub fn qos(&self) -> u8 {
        let mut words = self.flags.split_ascii_whitespace().skip_while(|word| *word != "QoS");
        words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    fn has_flag(&self, flag: &str) -> bool {
        self.flags.split_ascii_whitespace().any(|word| word == flag)
    }
}

/// In the form that tests compare: "out PUBLISH QoS 2 DUP RETAIN", "in PUBREC", "event".
///
/// Only a PUBLISH has a QoS worth the name; the others carry a fixed one in their header.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Event => return f.write_str("event"),
            Kind::Out => write!(f, "out {}", self.packet)?,
            Kind::In => write!(f, "in {}", self.packet)?,
        }
        if self.packet == "PUBLISH" {
            write!(f, " QoS {}", self.qos())?;
        }
        for (flag, set) in [("DUP", self.is_dup()), ("RETAIN", self.is_retained())] {
            if set {
                write!(f, " {flag}")?;
            }
        }
        Ok(())
    }
}

impl<'a> Log<'a> {
    pub(crate) fn new(page: &'a Page) -> Self {
        Self { page }
    }

    /// All rows. The page draws only those that can be seen, so that this scrolls through the log
    /// and back to where it was.
    ///
    /// # Errors
    /// If the page has no log, or rows are missing in what was read.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        let rows = self.read(true).await?;
        for pair in rows.windows(2) {
            ensure!(pair[1].index == pair[0].index + 1, "no row between {} and {}", pair[0], pair[1]);
        }
        Ok(rows)
    }

    /// As [`Log::rows`], of a log that a filter leaves rows out of.
    ///
    /// # Errors
    /// If the page has no log.
    pub async fn found_rows(&self) -> Result<Vec<Row>> {
        self.read(true).await
    }

    /// The rows that are drawn now.
    ///
    /// # Errors
    /// If the page has no log.
    pub async fn visible_rows(&self) -> Result<Vec<Row>> {
        self.read(false).await
    }

    /// The rows of packets only, without events.
    ///
    /// # Errors
    /// As for [`Log::rows`].
    pub async fn packets(&self) -> Result<Vec<Row>> {
        Ok(self.rows().await?.into_iter().filter(|row| !row.is_event()).collect())
    }

    /// The number of the next row: what comes later than now has this or a higher one.
    ///
    /// # Errors
    /// As for [`Log::rows`].
    pub async fn next_index(&self) -> Result<u64> {
        Ok(self.rows().await?.last().map_or(0, |row| row.index + 1))
    }

    /// Waits for the first row from `from` on that the test is looking for.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn wait_for(&self, what: &str, from: u64, is_it: impl Fn(&Row) -> bool) -> Result<Row> {
        wait::until(&format!("a row that {what}"), async || {
            let rows = self.rows().await?;
            let found = rows.iter().find(|row| row.index >= from && is_it(row)).cloned();
            Ok(found.map_or_else(|| Look::NotYet(list(&rows)), Look::Ready))
        })
        .await
    }

    /// Waits for an event that says this.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn wait_for_event(&self, from: u64, text: &str) -> Result<Row> {
        let is_it = |row: &Row| row.is_event() && row.text.to_lowercase().contains(&text.to_lowercase());
        self.wait_for(&format!("is an event and says '{text}'"), from, is_it).await
    }

    /// Waits until the packets from row `from` on are exactly these, each in the form of
    /// [`Row`]'s `Display`, and returns them.
    ///
    /// # Errors
    /// If they are not in time.
    pub async fn wait_for_packets(&self, from: u64, expected: &[&str]) -> Result<Vec<Row>> {
        self.wait_for_rows(from, expected, |row| !row.is_event()).await
    }

    /// As [`Log::wait_for_packets`], of one direction only.
    ///
    /// # Errors
    /// If they are not in time.
    pub async fn wait_for_packets_of(&self, kind: Kind, from: u64, expected: &[&str]) -> Result<Vec<Row>> {
        self.wait_for_rows(from, expected, |row| row.kind == kind).await
    }

    async fn wait_for_rows(
        &self,
        from: u64,
        expected: &[&str],
        counts: impl Fn(&Row) -> bool,
    ) -> Result<Vec<Row>> {
        wait::until(&format!("the packets {expected:?}"), async || {
            let all = self.rows().await?;
            let rows: Vec<Row> = all.iter().filter(|row| row.index >= from && counts(row)).cloned().collect();
            let is_it = rows.iter().map(Row::to_string).eq(expected.iter().copied());
            Ok(if is_it { Look::Ready(rows) } else { Look::NotYet(list(&all)) })
        })
        .await
    }

    async fn read(&self, scroll: bool) -> Result<Vec<Row>> {
        Ok(serde_json::from_value(self.page.execute_async(READ_ROWS, vec![json!(scroll)]).await?)?)
    }
}

fn list(rows: &[Row]) -> String {
    let mut text = format!("{} rows", rows.len());
    for row in rows {
        text += &format!("\n  {} {row}: {}", row.index, row.text);
    }
    text
}

/// Scrolls in steps smaller than what is seen, so that each row is drawn at one of them.
const READ_ROWS: &str = r#"
const [scroll, done] = arguments;
const nameOf = element => element.getAttribute('aria-label')
  ?? document.getElementById(element.getAttribute('aria-labelledby'))?.textContent
  ?? element.querySelector('caption')?.textContent ?? '';
const log = [...document.querySelectorAll('[role=table], table, [role=grid]')]
  .find(element => nameOf(element).trim() === 'Packet log');
if (!log) { done([]); return; }
const rows = new Map();
const number = text => text == null || text === '' ? null : Number(text);
const read = () => {
  for (const row of log.querySelectorAll('[role=row][data-index], tr[data-index]')) {
    const { index, kind, packet, flags, id, len } = row.dataset;
    rows.set(Number(index), {
      index: Number(index), kind, packet: packet ?? '', flags: flags ?? '', id: number(id), len: number(len),
      text: row.innerText.replace(/\s+/g, ' ').trim(),
    });
  }
};
const scrolls = element => element.scrollHeight > element.clientHeight + 1
  && /auto|scroll/.test(getComputedStyle(element).overflowY);
let box = [log, ...log.querySelectorAll('*')].find(scrolls);
for (let outer = log.parentElement; !box && outer && outer !== document.body; outer = outer.parentElement) {
  if (scrolls(outer)) box = outer;
}
const finish = () => done([...rows.values()].sort((a, b) => a.index - b.index));
// Two frames: the page draws what it has at the first and what follows from that at the second.
const drawn = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
(async () => {
  await drawn();
  read();
  if (!scroll || !box) return finish();
  const before = box.scrollTop;
  for (let top = 0; ; top += box.clientHeight / 2) {
    box.scrollTop = top;
    await drawn();
    read();
    if (top + box.clientHeight >= box.scrollHeight) break;
  }
  box.scrollTop = before;
  await drawn();
  finish();
})();
"#;
