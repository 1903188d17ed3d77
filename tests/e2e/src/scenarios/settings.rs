//! What the page remembers: a tab its own forms, all tabs the looks, and a link nothing until it is used.

use anyhow::{Result, ensure};
use fantoccini::wd::WindowHandle;
use serde_json::json;

use super::own_topic;
use crate::chain::Chain;
use crate::page::Page;
use crate::stage::Stage;
use crate::wait::{self, Look};

pub async fn each_tab_has_its_own(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let first = stage.open(chain).await?;
    let first_tab = first.client().window().await?;
    fill(&first, &[("Client ID", "tab-one"), ("Topic", "tab/one"), ("Message", "from the first")]).await?;
    wait_until_stored(&first, "tab/one", true).await?;

    let second = first.client().new_window(true).await?.handle;
    let page = open_in(&first, &second, &chain.page_url).await?;
    expect(&page, &[("Topic", "tab/one"), ("Message", "from the first")]).await?;
    let id = page.field("Client ID").value().await?;
    ensure!(id != "tab-one" && !id.is_empty(), "the client id of a new tab is '{id}'");
    fill(&page, &[("Topic", "tab/two"), ("Message", "from the second")]).await?;
    page.checkbox("Verbose").set(true).await?;
    wait_until_stored(&page, "tab/two", true).await?;

    page.client().switch_to_window(first_tab).await?;
    let page = page.reload().await?;
    expect(&page, &[("Client ID", "tab-one"), ("Topic", "tab/one"), ("Message", "from the first")]).await?;
    ensure!(page.checkbox("Verbose").is_on().await?, "the looks are not those of all tabs");

    page.client().switch_to_window(second).await?;
    let page = page.reload().await?;
    expect(&page, &[("Client ID", &id), ("Topic", "tab/two"), ("Message", "from the second")]).await
}

pub async fn a_duplicated_tab_is_another_client(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fill(&page, &[("Client ID", "the-original"), ("Topic", "tab/original")]).await?;
    wait_until_stored(&page, "tab/original", true).await?;

    // A window that a page opens gets a copy of what its tab has stored, as a tab that is duplicated does.
    let original = page.client().window().await?;
    page.execute("window.open(location.href)", vec![]).await?;
    let windows = page.client().windows().await?;
    let copy = windows.into_iter().find(|window| *window != original);
    let Some(copy) = copy else { anyhow::bail!("no window was opened") };
    page.client().switch_to_window(copy).await?;
    wait::until("another client id", async || {
        let id = match page.field("Client ID").find().await {
            Ok(_) => page.field("Client ID").value().await?,
            Err(_) => String::new(),
        };
        let is_other = !id.is_empty() && id != "the-original";
        Ok(if is_other { Look::Ready(()) } else { Look::NotYet(format!("'{id}'")) })
    })
    .await?;
    expect(&page, &[("Topic", "tab/original")]).await?;

    page.client().switch_to_window(original).await?;
    expect(&page, &[("Client ID", "the-original")]).await
}

pub async fn a_link_is_remembered_once_it_is_used(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fill(&page, &[("Topic", "typed/before")]).await?;
    wait_until_stored(&page, "typed/before", true).await?;

    let topic = own_topic("linked");
    let linked = format!("{}?topic={topic}&version=6", chain.page_url);
    let page = Page::open(page.client().clone(), &linked).await?;
    expect(&page, &[("Topic", &topic), ("Topic filter", &topic)]).await?;
    let said = page.select("MQTT version").wait_for_description().await?;
    ensure!(said.contains("“6” is unknown"), "of a version that is none it says '{said}'");

    fill(&page, &[("Message", "typed behind a link")]).await?;
    wait_until_stored(&page, "typed behind a link", true).await?;
    wait_until_stored(&page, &topic, false).await?;

    page.button("Connect").click().await?;
    page.wait_for_status("connected as").await?;
    wait_until_stored(&page, &topic, true).await?;
    fill(&page, &[("Topic", "typed/after")]).await?;
    wait_until_stored(&page, "typed/after", true).await
}

pub async fn a_password_is_stored_only_on_demand(stage: &Stage, chain: &mut Chain) -> Result<()> {
    let page = stage.open(chain).await?;
    fill(&page, &[("Password", "hunter2"), ("Username", "someone")]).await?;
    wait_until_stored(&page, "someone", true).await?;
    wait_until_stored(&page, "hunter2", false).await?;
    page.checkbox("Remember password").set(true).await?;
    wait_until_stored(&page, "hunter2", true).await?;
    page.checkbox("Remember password").set(false).await?;
    wait_until_stored(&page, "hunter2", false).await
}

async fn open_in(page: &Page, tab: &WindowHandle, url: &str) -> Result<Page> {
    page.client().switch_to_window(tab.clone()).await?;
    Page::open(page.client().clone(), url).await
}

async fn fill(page: &Page, fields: &[(&str, &str)]) -> Result<()> {
    for (name, text) in fields {
        page.field(name).fill(text).await?;
    }
    Ok(())
}

async fn expect(page: &Page, fields: &[(&str, &str)]) -> Result<()> {
    for (name, text) in fields {
        let value = page.field(name).value().await?;
        ensure!(value == *text, "{name} is '{value}', not '{text}'");
    }
    Ok(())
}

/// Waits until a text stands in what the page has stored, for this tab and for new ones, or until it stands in neither.
async fn wait_until_stored(page: &Page, text: &str, is_stored: bool) -> Result<()> {
    let script = "return [sessionStorage, localStorage].map(storage =>
        Object.values(storage).some(text => text.includes(arguments[0])))";
    wait::until(&format!("'{text}' to be stored: {is_stored}"), async || {
        let found = page.execute(script, vec![json!(text)]).await?;
        let is_so = found == json!([is_stored, is_stored]);
        Ok(if is_so { Look::Ready(()) } else { Look::NotYet(found.to_string()) })
    })
    .await
}
