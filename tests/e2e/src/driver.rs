//! chromedriver: one process for all tests of a program, and a browser of its own for each page.

use anyhow::{Context, Result, bail};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use crate::environment;
use crate::process::Process;

/// Opens a browser window of this size and returns its session; the caller has to close it.
///
/// # Errors
/// If chromedriver or the browser does not start.
pub async fn open_browser(width: u32, height: u32) -> Result<Client> {
    let address = match DRIVER.get_or_init(|| Driver::start().map_err(|error| format!("{error:#}"))) {
        Ok(driver) => driver.address.as_str(),
        Err(error) => bail!("{error}"),
    };
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities(width, height)?)
        .connect(address)
        .await
        .context("chromedriver cannot start the browser")
}

static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();

struct Driver {
    address: String,
    /// A static is never dropped, but the process ends with the test program all the same.
    _process: Process,
}

impl Driver {
    /// chromedriver takes a free port of IPv6, and ends where the same port of IPv4 is not free.
    fn start() -> Result<Self> {
        Self::try_to_start().or_else(|_| Self::try_to_start()).or_else(|_| Self::try_to_start())
    }

    fn try_to_start() -> Result<Self> {
        let program = environment::chromedriver()?;
        let (process, stdout) = Process::start(program.as_os_str(), ["--port=0"])?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()))
            .with_context(|| format!("{} did not start", program.display()))?;
        // Goes on reading, so that it can always write.
        thread::spawn(move || lines.for_each(drop));
        Ok(Self { address: format!("http://127.0.0.1:{}", port.trim_end_matches('.')), _process: process })
    }
}

/// The root's webdriver.json, which the browser tests use too, with this machine's browser.
fn capabilities(width: u32, height: u32) -> Result<Map<String, Value>> {
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
