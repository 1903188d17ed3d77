//! What goes wrong behind the page, said in words, and that it goes on afterwards.

use anyhow::{Result, ensure};

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::page::Page;
use crate::stage::Stage;

/// The broker answers CONNECT with this return code and closes.
pub async fn refused(stage: &Stage, chain: &mut Chain, code: u8, words: &str) -> Result<()> {
    let page = stage.open(chain).await?;
    page.button("Connect").click().await?;
    let status = page.wait_for_status("refused").await?;
    ensure!(status.to_lowercase().contains(words), "return code {code} is not '{words}': {status}");
    page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    page.log().wait_for_event(0, "closed").await?;
    is_ready_for_another_try(&page).await
}

/// The broker answers CONNECT with what is no MQTT.
pub async fn garbage(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.button("Connect").click().await?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_event(0, "not an MQTT packet").await?;
    page.log().wait_for_event(0, "closed by this page").await?;
    is_ready_for_another_try(&page).await
}

/// The broker closes after CONNECT without a word.
pub async fn closes_without_connack(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.button("Connect").click().await?;
    page.wait_for_status("did not answer").await?;
    let code = format!("code {}", chain.quirks.broker_closed_code);
    page.log().wait_for_event(0, &code).await?;
    is_ready_for_another_try(&page).await
}

/// The gateway is there, the broker is not.
pub async fn broker_down(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.button("Connect").click().await?;
    page.wait_for_status("broker").await?;
    let status = page.wait_for_status("disconnected").await?;
    let codes = chain.quirks.broker_down_codes;
    ensure!(codes.iter().any(|code| status.contains(&format!("code {code}"))), "none of {codes:?}: {status}");
    is_ready_for_another_try(&page).await
}

/// The broker goes and comes back while the page is connected.
pub async fn broker_restarted(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "patient").await?;

    chain.stop_broker()?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_event(0, &format!("code {}", chain.quirks.broker_closed_code)).await?;

    let from = page.log().next_index().await?;
    page.button("Connect").click().await?;
    page.log().wait_for_event(from, "closed").await?;

    chain.start_broker()?;
    works_again(&page).await
}

/// The gateway goes and comes back while the page is connected.
pub async fn gateway_restarted(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "patient").await?;

    chain.stop_gateway()?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_event(0, "code 1006").await?;

    let from = page.log().next_index().await?;
    page.button("Connect").click().await?;
    page.log().wait_for_event(from, "not opened").await?;
    expect_websocket_errors(&page).await?;

    chain.start_gateway()?;
    works_again(&page).await
}

async fn works_again(page: &Page) -> Result<()> {
    let from = page.log().next_index().await?;
    connect(page, "patient").await?;
    page.log().wait_for_packets(from, &["out CONNECT", "in CONNACK"]).await?;
    let topic = own_topic("again");
    subscribe(page, &topic, 2).await?;
    let from = page.log().next_index().await?;
    publish(page, &topic, 0, "still here").await?;
    page.log().wait_for_packets(from, &["out PUBLISH QoS 0", "in PUBLISH QoS 0"]).await?;
    Ok(())
}

async fn is_ready_for_another_try(page: &Page) -> Result<()> {
    page.wait_for_status("disconnected").await?;
    ensure!(page.button("Connect").is_enabled().await?, "there is no other try");
    Ok(())
}

/// Takes from the console what the browser itself writes there when a WebSocket does not open.
async fn expect_websocket_errors(page: &Page) -> Result<()> {
    for error in page.console_errors().await? {
        ensure!(error.contains("WebSocket"), "on the console: {error}");
    }
    Ok(())
}
