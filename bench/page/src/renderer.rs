//! The browser's process that runs the page, as the system sees it: what others on the machine do shows apart.

use std::fs;
use std::process;

use anyhow::{Context, Result};

/// The process of the page.
#[derive(Clone, Copy)]
pub struct Renderer {
    id: u32,
}

/// What its main thread has had so far.
#[derive(Clone, Copy)]
pub struct Times {
    /// Nanoseconds on a processor.
    pub ran: u64,
    /// Nanoseconds in which it could have run, but others did.
    pub waited: u64,
}

impl Renderer {
    /// Finds it among the processes that this one has started: of those that could show a page (the browser has some
    /// for its own), the one that works most while `work` keeps the page at work.
    pub async fn find(work: impl AsyncFnOnce() -> Result<()>) -> Result<Self> {
        let processes = fs::read_dir("/proc").context("the system has no /proc, which tells the times")?;
        let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let renderers = numbers.filter(|&id| is_renderer(id) && is_ours(id)).map(|id| Self { id });
        let ran = |it: &Self| it.times().map_or(0, |times| times.ran);
        let before: Vec<_> = renderers.map(|it| (ran(&it), it)).collect();
        work().await?;
        let worked = |(before, it): &(u64, Self)| ran(it).saturating_sub(*before);
        let found = before.into_iter().max_by_key(worked).context("no page is open")?;
        Ok(found.1)
    }

    /// The times of its main thread, which has the number of the process.
    pub fn times(&self) -> Result<Times> {
        let text = fs::read_to_string(format!("/proc/{0}/task/{0}/schedstat", self.id))?;
        let mut fields = text.split_ascii_whitespace();
        let mut field = || anyhow::Ok(fields.next().context("a field is missing")?.parse()?);
        Ok(Times { ran: field()?, waited: field()? })
    }

    /// Bytes of memory that are its own.
    pub fn memory(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib: u64 =
            line.and_then(|it| it.split_ascii_whitespace().next()).context("no RssAnon")?.parse()?;
        Ok(kib << 10)
    }
}

fn is_renderer(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains("--type=renderer"))
}

fn is_ours(id: u32) -> bool {
    let mut at = id;
    while at > 1 {
        if at == process::id() {
            return true;
        }
        let Some(parent) = parent(at) else { return false };
        at = parent;
    }
    false
}

fn parent(id: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// How many others there are on the machine: the average of the last minute, as the system counts it.
pub fn machine_load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
