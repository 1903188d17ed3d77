//! Pictures of the page, wide and narrow, light and dark, for people to look at; and that nothing
//! sticks out at the side.

use anyhow::{Result, ensure};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::page::Page;
use mqttscope_e2e::stage;
use serde_json::json;

#[test]
fn fits_wide_and_narrow_windows() {
    stage::run("looks", async |stage| {
        let chain = Chain::own(Version::V31)?;
        let page = stage.open(&chain).await?;
        take_pictures(&page, "disconnected").await?;

        page.resize(1280, 800).await?;
        page.button("Connect").click().await?;
        page.wait_for_status("connected as").await?;
        page.button("Subscribe").click().await?;
        page.select("Publish QoS").choose("2").await?;
        page.button("Publish").click().await?;
        page.log().wait_for("is a PUBCOMP", 0, |row| row.packet == "PUBCOMP").await?;
        take_pictures(&page, "connected").await
    });
}

async fn take_pictures(page: &Page, state: &str) -> Result<()> {
    for colours in ["light", "dark"] {
        page.prefer_colours(colours).await?;
        for width in [1280, 400] {
            page.resize(width, 800).await?;
            page.screenshot(&format!("{state}-{width}-{colours}")).await?;
            let script =
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
            let fits = page.execute(script, vec![]).await? == json!(true);
            ensure!(fits, "something sticks out at the side of a window of {width} pixels, {state}");
        }
    }
    Ok(())
}
