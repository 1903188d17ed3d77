//! Runs one scenario: sets the stage, and clears it whatever the outcome.

use anyhow::{Context, Result, ensure};
use fantoccini::Client;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use crate::chain::Chain;
use crate::driver::{self, Driver};
use crate::page::Page;

/// What a scenario plays on: a chain, and the browser windows that it opens.
pub struct Stage {
    name: String,
    browser: Browser,
    pages: Mutex<Vec<Page>>,
    /// Those that only one page has.
    drivers: Mutex<Vec<Driver>>,
}

/// What shows the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    /// Chromium, for which every certificate counts.
    TrustingChromium,
    Firefox,
}

/// Runs a scenario in Chromium to its end.
///
/// Its windows are closed afterwards; before that, pictures of them are taken if it failed.
///
/// # Panics
/// If the scenario fails: this is what a test calls.
pub fn run(name: &str, scenario: impl AsyncFnOnce(&Stage) -> Result<()>) {
    run_in(Browser::Chromium, name, scenario);
}

/// As [`run`], in this browser.
///
/// # Panics
/// As [`run`].
pub fn run_in(browser: Browser, name: &str, scenario: impl AsyncFnOnce(&Stage) -> Result<()>) {
    let runtime = driver::runtime();
    let stage = Stage { name: name.to_owned(), browser, pages: Mutex::default(), drivers: Mutex::default() };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            scenario(&stage).await?;
            stage.check_consoles().await
        })
    }));
    let failed = !matches!(outcome, Ok(Ok(())));
    runtime.block_on(stage.clear(failed));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error:?}"),
        Err(panic) => resume_unwind(panic),
    }
}

impl Stage {
    /// Opens the chain's page in a new browser window, 1280 pixels wide and high enough for most logs.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn open(&self, chain: &Chain) -> Result<Page> {
        let page = self.open_url(&chain.page_url).await?;
        if let Some(url) = &chain.ws_url {
            page.field("URL").fill(url).await?;
        }
        if let Some(subprotocol) = chain.subprotocol {
            page.field("WebSocket subprotocol").fill(subprotocol).await?;
        }
        page.select("MQTT version").choose(chain.version.name()).await?;
        Ok(page)
    }

    /// Opens any address of the page in a new browser window.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn open_url(&self, url: &str) -> Result<Page> {
        let client = self.open_browser(1280, 1400).await?;
        // Kept before it is opened, so that the browser is closed even if the page does not start.
        let page = Page::new(client);
        self.pages().push(page.clone());
        page.goto(url).await.with_context(|| format!("{url} did not start"))
    }

    async fn open_browser(&self, width: u32, height: u32) -> Result<Client> {
        match self.browser {
            Browser::Chromium => driver::open_browser(width, height).await,
            Browser::TrustingChromium => driver::open_trusting_browser(width, height).await,
            Browser::Firefox => {
                let (client, driver) = driver::open_firefox(width, height).await?;
                self.drivers.lock().unwrap_or_else(PoisonError::into_inner).push(driver);
                Ok(client)
            }
        }
    }

    async fn check_consoles(&self) -> Result<()> {
        let pages = self.pages().clone();
        for page in pages {
            let errors = page.console_errors().await?;
            ensure!(errors.is_empty(), "errors on the console: {errors:#?}");
        }
        Ok(())
    }

    async fn clear(&self, failed: bool) {
        let pages = std::mem::take(&mut *self.pages());
        for (index, page) in pages.into_iter().enumerate() {
            if failed
                && let Err(error) =
                    page.screenshot(&format!("failed-{}-{index}", self.name.replace("::", "-"))).await
            {
                eprintln!("no picture: {error:#}");
            }
            let closed = match failed || self.browser != Browser::Chromium {
                true => page.close().await,
                false => driver::keep_or_close(page).await,
            };
            if let Err(error) = closed {
                eprintln!("a browser did not close: {error:#}");
            }
        }
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Vec<Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
