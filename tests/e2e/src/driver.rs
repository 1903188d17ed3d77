//! chromedriver: one process for all tests of a program, and a browser of its own for each page. And geckodriver, which
//! has one browser at a time: a process for each page.

use anyhow::{Context, Result, bail};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use tokio::runtime::Runtime;

use crate::environment;
use crate::page::Page;
use crate::process::Process;

/// Opens a window of Chromium of this size and returns its session; the caller has to close it.
///
/// # Errors
/// If chromedriver or the browser does not start.
pub async fn open_browser(width: u32, height: u32) -> Result<Client> {
    if let Some(client) = kept().as_mut().and_then(Vec::pop) {
        return Ok(client);
    }
    chromedriver()?.open(chromium(width, height)?).await.context("chromedriver cannot start the browser")
}

/// As [`open_browser`], one for which every certificate counts, as if a person had accepted it.
///
/// # Errors
/// As for [`open_browser`].
pub async fn open_trusting_browser(width: u32, height: u32) -> Result<Client> {
    let mut capabilities = chromium(width, height)?;
    capabilities.insert("acceptInsecureCerts".to_owned(), json!(true));
    chromedriver()?.open(capabilities).await.context("chromedriver cannot start the browser")
}

fn chromedriver() -> Result<&'static Driver> {
    match DRIVER.get_or_init(|| Driver::chromedriver().map_err(|error| format!("{error:#}"))) {
        Ok(driver) => Ok(driver),
        Err(error) => bail!("{error}"),
    }
}

/// Keeps Chromium's browsers open from now on, each for the next page that is opened: to start one takes longer than
/// to load the page. What a page has stored does not stay, but what the browser itself has learnt of its files does.
pub fn keep_browsers() {
    kept().get_or_insert_default();
}

/// Keeps the browser of a page, if browsers are kept, or closes it.
///
/// # Errors
/// If the session fails.
pub async fn keep_or_close(page: Page) -> Result<()> {
    if kept().is_none() {
        return page.close().await;
    }
    if let Some(client) = page.leave().await?
        && let Some(clients) = kept().as_mut()
    {
        clients.push(client);
    }
    Ok(())
}

/// Closes the browsers that are kept.
pub fn close_kept() {
    let clients = kept().take().unwrap_or_default();
    runtime().block_on(async {
        for client in clients {
            if let Err(error) = client.close().await {
                eprintln!("a browser did not close: {error:#}");
            }
        }
    });
}

/// What runs the sessions, which may outlast the test that has begun them.
///
/// # Panics
/// If there is no runtime: no test can go on.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.unwrap_or_else(|error| panic!("no runtime: {error}"))
    })
}

/// The browsers that wait for a page, if any are kept. All have the size of [`Stage::open_url`].
///
/// [`Stage::open_url`]: crate::stage::Stage::open_url
fn kept() -> MutexGuard<'static, Option<Vec<Client>>> {
    static KEPT: Mutex<Option<Vec<Client>>> = Mutex::new(None);
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As [`open_browser`], of Firefox; the driver has to be there until the session is closed.
///
/// # Errors
/// If geckodriver or Firefox does not start.
pub async fn open_firefox(width: u32, height: u32) -> Result<(Client, Driver)> {
    let driver = Driver::geckodriver()?;
    let client = driver.open(firefox(width, height)?).await.context("geckodriver cannot start Firefox")?;
    Ok((client, driver))
}

/// Chromium's, for all tests. A static is never dropped, but the process ends with the test program all the same.
static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();

/// A running program that drives a browser. It ends when dropped.
pub struct Driver {
    address: String,
    _process: Process,
}

impl Driver {
    /// It takes a free port of IPv6, and ends where the same port of IPv4 is not free.
    fn chromedriver() -> Result<Self> {
        let start = || Self::start(&environment::chromedriver()?, &["--port=0"], "successfully on port ");
        start().or_else(|_| start()).or_else(|_| start())
    }

    /// With access to the browser's own code, which alone knows what the page's console says.
    fn geckodriver() -> Result<Self> {
        Self::start(
            &environment::geckodriver()?,
            &["--port", "0", "--allow-system-access"],
            "Listening on 127.0.0.1:",
        )
    }

    /// Starts it and waits until it prints its port behind these words.
    fn start(program: &Path, args: &[&str], before_port: &str) -> Result<Self> {
        let (process, stdout) = Process::start(program.as_os_str(), args)?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split_once(before_port).map(|(_, port)| port.to_owned()))
            .with_context(|| format!("{} did not start", program.display()))?;
        // Goes on reading, so that it can always write.
        thread::spawn(move || lines.for_each(drop));
        Ok(Self { address: format!("http://127.0.0.1:{}", port.trim_end_matches('.')), _process: process })
    }

    async fn open(&self, capabilities: Map<String, Value>) -> Result<Client> {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        Ok(builder.capabilities(capabilities).connect(&self.address).await?)
    }
}

/// The root's webdriver.json, which the browser tests use too, with this machine's browser.
fn chromium(width: u32, height: u32) -> Result<Map<String, Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../webdriver.json");
    let mut capabilities: Map<String, Value> = serde_json::from_str(&fs::read_to_string(path)?)?;
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    let options = &mut capabilities["goog:chromeOptions"];
    options["binary"] = json!(environment::chrome()?);
    let args = options["args"].as_array_mut().context("webdriver.json has arguments")?;
    args.push(json!(format!("--window-size={width},{height}")));
    // Each page counts as looked at, although two of them cannot both be in front.
    args.push(json!("--disable-renderer-backgrounding"));
    args.push(json!("--disable-backgrounding-occluded-windows"));
    Ok(capabilities)
}

fn firefox(width: u32, height: u32) -> Result<Map<String, Value>> {
    let options = json!({
        "binary": environment::firefox()?,
        "args": ["-headless", format!("--width={width}"), format!("--height={height}")],
        // It would report to its makers when the test ends it.
        "env": { "MOZ_CRASHREPORTER_DISABLE": "1" },
    });
    Ok(Map::from_iter([("moz:firefoxOptions".to_owned(), options)]))
}
