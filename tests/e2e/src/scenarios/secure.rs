//! The page over https and wss, and behind a password.

use anyhow::{Result, ensure};
use url::Url;

use super::{connect, own_topic, publish, subscribe};
use crate::chain::Chain;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;

/// Connects, publishes and receives where nobody has signed the gateway's certificate and somebody has accepted it.
pub async fn with_an_accepted_certificate(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    sends_itself_a_message(&page, "secure").await?;
    page.log().wait_for_event(0, "wss://").await?;
    Ok(())
}

/// A browser that knows a password opens the worker's WebSocket with it too.
pub async fn with_a_password(stage: &Stage, chain: &mut Chain, name: &str, password: &str) -> Result<()> {
    // As if a person had typed it: the browser keeps it for the host.
    let page = stage.open_url(&with_password(&chain.page_url, name, password)?).await?;
    let page = page.goto(&chain.page_url).await?;
    sends_itself_a_message(&page, "named").await
}

/// The same where the page itself was opened so.
pub async fn with_a_password_in_the_address(
    stage: &Stage,
    chain: &mut Chain,
    name: &str,
    password: &str,
) -> Result<()> {
    let page = stage.open_url(&with_password(&chain.page_url, name, password)?).await?;
    sends_itself_a_message(&page, "addressed").await
}

fn with_password(page_url: &str, name: &str, password: &str) -> Result<String> {
    let mut url = Url::parse(page_url)?;
    let failed = |()| anyhow::anyhow!("{page_url} takes no password");
    url.set_username(name).map_err(failed)?;
    url.set_password(Some(password)).map_err(failed)?;
    Ok(url.into())
}

async fn sends_itself_a_message(page: &Page, client_id: &str) -> Result<()> {
    connect(page, client_id).await?;
    let topic = own_topic(client_id);
    subscribe(page, &topic, 1).await?;
    let from = page.log().next_index().await?;
    publish(page, &topic, 1, "round trip").await?;
    // The acknowledgement and the message cross each other.
    page.log().wait_for("PUBACK", from, |row| row.is(Kind::In, "PUBACK")).await?;
    let row = page.log().wait_for("the message", from, |row| row.is(Kind::In, "PUBLISH")).await?;
    ensure!(row.text.contains("round trip"), "{}", row.text);
    Ok(())
}
