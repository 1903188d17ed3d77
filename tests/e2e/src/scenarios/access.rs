//! Whether everybody can use the scope: axe-core's rules, and pictures for people to look at.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{connect, own_topic, publish, publish_to_itself, select};
use crate::axe;
use crate::chain::Chain;
use crate::keys;
use crate::log::Kind;
use crate::page::Page;
use crate::stage::Stage;
use crate::tcp_client::TcpClient;

pub async fn light(stage: &Stage, chain: &mut Chain) -> Result<()> {
    holds(stage, chain, "light").await
}

pub async fn dark(stage: &Stage, chain: &mut Chain) -> Result<()> {
    holds(stage, chain, "dark").await
}

async fn holds(stage: &Stage, chain: &Chain, colours: &str) -> Result<()> {
    let page = stage.open(chain).await?;
    let mut looks = Looks { page: &page, colours, width: 1280, faults: Vec::new() };
    page.prefer_colours(colours).await?;
    for width in [1280, 400] {
        looks.resize(width).await?;
        looks.take("empty").await?;
    }
    looks.resize(1280).await?;
    fill(&page, chain).await?;
    for width in [1280, 400] {
        looks.resize(width).await?;
        looks.take_log().await?;
        looks.take_inspector().await?;
    }
    looks.resize(1280).await?;
    page.button("Keyboard shortcuts").click().await?;
    looks.take("shortcuts").await?;
    page.button("Close").click().await?;
    ensure!(looks.faults.is_empty(), "{} faults:\n{}", looks.faults.len(), looks.faults.join("\n"));
    Ok(())
}

/// What is looked at, and what was found.
struct Looks<'a> {
    page: &'a Page,
    colours: &'a str,
    width: u32,
    faults: Vec<String>,
}

impl Looks<'_> {
    async fn resize(&mut self, width: u32) -> Result<()> {
        self.width = width;
        self.page.resize(width, 800).await
    }

    /// The log with each of its menus, the suggestions, a mistake, and bytes.
    async fn take_log(&mut self) -> Result<()> {
        let page = self.page;
        self.show_region("Log").await?;
        self.take("log").await?;
        for menu in ["View", "Go to", "Open", "Export"] {
            open_menu(page, menu).await?;
            self.take(&format!("menu-{}", menu.to_lowercase().replace(' ', "-"))).await?;
            page.press(keys::ESCAPE).await?;
            page.wait_for_texts("details.menu[open]", "no open menu", <[String]>::is_empty).await?;
        }
        page.field("Filter the log").fill("type:publish qos").await?;
        page.wait_for_texts("[data-offer]", "suggestions", |it| !it.is_empty()).await?;
        page.press(keys::ARROW_DOWN).await?;
        self.take("offers").await?;
        page.field("Filter the log").paste("size:many").await?;
        page.wait_for_texts(".filter-error", "a mistake", |it| !it.is_empty()).await?;
        self.take("filter-error").await?;
        page.button("Clear filter").click().await?;
        page.checkbox("Verbose").set(true).await?;
        self.take("verbose").await?;
        page.checkbox("Verbose").set(false).await
    }

    async fn take_inspector(&mut self) -> Result<()> {
        self.show_region("Inspector").await?;
        for tab in ["Payload", "Handshake", "Statistics", "Packet"] {
            self.page.button(tab).click().await?;
            self.page.wait_for_texts("[role=tab][aria-selected=true]", tab, |it| it.concat() == tab).await?;
            self.take(&tab.to_lowercase()).await?;
        }
        Ok(())
    }

    /// Shows a region of the page, for which a narrow one has a tab.
    async fn show_region(&self, name: &str) -> Result<()> {
        if self.width < 600 {
            let script = "[...document.querySelectorAll('nav.tabs button')]
                .find(tab => tab.textContent === arguments[0]).click()";
            self.page.execute(script, vec![json!(name)]).await?;
            self.page.wait_for_texts("nav.tabs [aria-current]", name, |it| it.concat() == name).await?;
        }
        Ok(())
    }

    /// Takes a picture, looks whether all fits, and asks axe-core.
    async fn take(&mut self, state: &str) -> Result<()> {
        let state = format!("scope-{state}-{}-{}", self.width, self.colours);
        self.page.screenshot(&state).await?;
        let fits = self.page.execute(FITS, vec![]).await? == json!(true);
        let wide =
            (!fits).then(|| "something sticks out of the window or lies over something else".to_owned());
        let faults = axe::faults(self.page).await?.into_iter().chain(wide);
        self.faults.extend(faults.map(|fault| format!("{state}: {fault}")));
        Ok(())
    }
}

/// A log of each kind of row, more than fit; the first PUBLISH at QoS 2 is selected.
async fn fill(page: &Page, chain: &Chain) -> Result<()> {
    connect(page, "looks").await?;
    let topic = own_topic("looks");
    publish_to_itself(page, &topic).await?;
    page.checkbox("Send duplicates").set(true).await?;
    let from = page.log().next_index().await?;
    publish(page, &topic, 2, "twice").await?;
    page.log().wait_for("is the PUBCOMP", from, |row| row.is(Kind::In, "PUBCOMP")).await?;
    let row = page.log().wait_for("is the PUBLISH", from, |row| row.is(Kind::Out, "PUBLISH")).await?;
    select(page, &row).await?;

    let mut publisher = TcpClient::connect(chain.broker, "fills")?;
    for number in 0..100 {
        let payload = format!(r#"{{"sensor":{number},"celsius":21.5}}"#);
        publisher.publish(&format!("{topic}/many"), payload.as_bytes(), number % 20 == 0)?;
    }
    let has_come = |it: &[String]| it.concat().starts_with("100 new");
    page.wait_for_texts(".to-tail", "all messages", has_come).await?;
    Ok(())
}

async fn open_menu(page: &Page, title: &str) -> Result<()> {
    let script = "const menu = [...document.querySelectorAll('details.menu > summary')]
        .find(summary => summary.textContent === arguments[0]);
        menu.focus();
        menu.click()";
    page.execute(script, vec![json!(title)]).await?;
    page.wait_for_texts("details.menu[open] > summary", title, |it| it.concat() == title).await?;
    Ok(())
}

/// Whether the page, and all that lies over it, is within the window, and words in an empty log lie below the bars.
const FITS: &str = "
const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
const over = [...document.querySelectorAll('details[open] .menu-body, .offers, .filter-error, dialog[open]')];
const [empty, bar] = ['.log > .empty', '.filter-bar'].map(it => document.querySelector(it)?.getBoundingClientRect());
return scrollWidth <= clientWidth && scrollHeight <= clientHeight
  && over.map(it => it.getBoundingClientRect()).every(({ left, right, bottom }) =>
    left >= 0 && right <= clientWidth && bottom <= clientHeight)
  && !(empty?.height > 0 && empty.top < bar.bottom)";
