//! How many rows the page says there are, and waiting for them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mqttscope_e2e::page::Page;
use mqttscope_e2e::wait::{self, Look};

/// How many rows there are now.
pub async fn rows(page: &Page) -> Result<u32> {
    let rows = page.execute(ROWS, vec![]).await?.as_u64().context("the page says no number")?;
    Ok(u32::try_from(rows)?)
}

/// Waits until there are at least as many.
pub async fn wait_for_more_rows(page: &Page, least: u32) -> Result<()> {
    wait::until_within(LIMIT, &format!("{least} rows"), async || {
        let have = rows(page).await?;
        Ok(if have >= least { Look::Ready(()) } else { Look::NotYet(have.to_string()) })
    })
    .await
}

/// Waits until there are as many; more are an error.
pub async fn wait_for_rows(page: &Page, expected: u32) -> Result<()> {
    wait::until_within(LIMIT, &format!("{expected} rows"), async || {
        let have = rows(page).await?;
        ensure!(have <= expected, "there are {have} rows, more than {expected}");
        Ok(if have == expected { Look::Ready(()) } else { Look::NotYet(have.to_string()) })
    })
    .await
}

/// A number with a comma before each three digits, as the page writes it.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const LIMIT: Duration = Duration::from_secs(300);

const ROWS: &str = r"
return Number(document.querySelector('.log-head .count').textContent.split(' row')[0].replace(/\D/g, ''));
";
