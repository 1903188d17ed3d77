//! The browser's process that runs the page, as the system sees it: what others on the machine do shows apart.

use std::collections::HashMap;
use std::fs;
use std::process;

use anyhow::{Context, Result};

/// The process of the page.
#[derive(Clone, Copy)]
pub struct Renderer {
    id: u32,
}

/// What a thread has had so far.
#[derive(Clone, Copy, Default)]
pub struct Times {
    /// Nanoseconds on a processor.
    pub ran: u64,
    /// Nanoseconds in which it could have run, but others did.
    pub waited: u64,
}

/// The threads of its workers, by their numbers: one may start or end at any time.
pub struct Workers(HashMap<u32, Times>);

impl Workers {
    /// Nanoseconds on a processor since then, of all that are there now.
    pub fn ran_since(&self, before: &Self) -> u64 {
        let ran = |(thread, times): (&u32, &Times)| {
            times.ran.saturating_sub(before.0.get(thread).map_or(0, |before| before.ran))
        };
        self.0.iter().map(ran).sum()
    }
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
        self.times_of(self.id)
    }

    /// The times of its workers.
    pub fn workers(&self) -> Result<Workers> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id))?;
        let numbers = threads.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_worker = |thread: &u32| {
            let name = fs::read_to_string(format!("/proc/{}/task/{thread}/comm", self.id));
            name.is_ok_and(|name| name.starts_with(WORKER))
        };
        // One that has ended in between is none any more.
        let times = |thread| Some((thread, self.times_of(thread).ok()?));
        Ok(Workers(numbers.filter(is_worker).filter_map(times).collect()))
    }

    fn times_of(&self, thread: u32) -> Result<Times> {
        let text = fs::read_to_string(format!("/proc/{}/task/{thread}/schedstat", self.id))?;
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

/// How Chromium calls the thread of a dedicated worker, as far as the system keeps it.
const WORKER: &str = "DedicatedWorker";
