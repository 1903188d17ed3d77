//! CONNECT: with and without a user, and what a client id means.

use anyhow::{Result, ensure};

use super::connect;
use crate::chain::Chain;
use crate::stage::Stage;

pub async fn without_user(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    let client_id = page.field("Client ID").value().await?;
    ensure!(!client_id.is_empty(), "no random client id is proposed");

    page.button("Connect").click().await?;
    page.wait_for_status(&format!("connected as {client_id}")).await?;

    page.log().wait_for_event(0, "opening").await?;
    page.log().wait_for_event(0, "subprotocol").await?;
    let rows = page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    ensure!(rows[0].text.contains(&client_id), "CONNECT does not say the client id: {}", rows[0].text);
    Ok(())
}

pub async fn with_user(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Username").fill("amelia").await?;
    page.field("Password").fill("earhart1937").await?;

    connect(&page, "with-user").await?;

    let rows = page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK"]).await?;
    ensure!(rows[0].text.contains("amelia"), "CONNECT does not say the user: {}", rows[0].text);
    for row in page.log().rows().await? {
        ensure!(!row.text.contains("earhart1937"), "the password is in the log: {}", row.text);
    }
    Ok(())
}

pub async fn user_without_password(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    page.field("Username").fill("amelia").await?;
    page.button("Connect").click().await?;
    page.field("Password").wait_for_error().await?;
    ensure!(page.field("Password").has_focus().await?, "the wrong field has not got the focus");
    ensure!(page.field("Username").value().await? == "amelia", "what was typed is lost");
    ensure!(page.log().rows().await?.is_empty(), "something was sent all the same");

    page.checkbox("Send without password").set(true).await?;
    connect(&page, "without-password").await
}

pub async fn disconnects_and_connects_again(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    connect(&page, "again").await?;

    page.button("Disconnect").click().await?;
    page.wait_for_status("disconnected").await?;
    page.log().wait_for_packets(0, &["out CONNECT", "in CONNACK", "out DISCONNECT"]).await?;
    let closed = page.log().wait_for_event(0, "closed").await?;
    let is_expected = |code: &u16| closed.text.contains(&format!("code {code}"));
    ensure!(chain.quirks.disconnected_codes.iter().any(is_expected), "not closed as usual: {}", closed.text);

    let from = page.log().next_index().await?;
    connect(&page, "again").await?;
    page.log().wait_for_packets(from, &["out CONNECT", "in CONNACK"]).await?;
    Ok(())
}

pub async fn takes_over_a_client_id(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let first = stage.open(chain).await?;
    let second = stage.open(chain).await?;
    connect(&first, "twin").await?;

    second.field("Client ID").fill("twin").await?;
    second.button("Connect").click().await?;
    if chain.quirks.takes_over_client_id {
        second.wait_for_status("connected as twin").await?;
        first.wait_for_status("disconnected").await?;
        let code = format!("code {}", chain.quirks.broker_closed_code);
        first.log().wait_for_event(0, &code).await?;
    } else {
        second.wait_for_status("refused").await?;
        first.wait_for_status("connected as twin").await?;
    }
    Ok(())
}
