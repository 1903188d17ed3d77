//! https, wss and passwords, in a real browser before the real gateway.

use anyhow::{Context, Result, ensure};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::environment;
use mqttscope_e2e::gateway::{Gateway, Options};
use mqttscope_e2e::scenarios::{failures, secure};
use mqttscope_e2e::stage::{self, Browser};
use mqttscope_e2e::temporary::TemporaryFolder;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};

/// Options of a certificate that nobody has signed, kept in this folder.
fn self_signed(state: &TemporaryFolder) -> [&OsStr; 3] {
    ["--tls-self-signed".as_ref(), "--tls-state".as_ref(), state.path().as_os_str()]
}

#[test]
fn a_certificate_that_was_accepted() {
    stage::run_in(Browser::TrustingChromium, "accepted", async |stage| {
        let state = TemporaryFolder::new()?;
        let mut chain = Chain::own_with(&self_signed(&state), Version::V311)?;
        ensure!(chain.page_url.starts_with("https://"), "the page is at {}", chain.page_url);
        secure::with_an_accepted_certificate(stage, &mut chain).await
    });
}

#[test]
fn a_certificate_that_was_not_accepted() {
    stage::run("not-accepted", async |stage| {
        let state = TemporaryFolder::new()?;
        let others = self_signed(&state).map(OsString::from).into();
        let secure = Gateway::start(Options { others, ..Options::default() })?;
        let chain = Chain::own(Version::V311)?;
        let page = stage.open(&chain).await?;
        page.field("URL").fill(secure.proxy().as_str()).await?;
        let root = secure.proxy().as_str().replace("wss:", "https:").replace("mqttproxy", "");
        failures::lacks_trust(&page, &root).await
    });
}

#[test]
fn a_password_lets_in_the_page_and_its_worker() {
    stage::run("password", async |stage| {
        let folder = TemporaryFolder::new()?;
        let users = folder.write("users", line_of("ann", "a secret")?.as_bytes())?;
        let options = ["--basic-auth".as_ref(), users.as_os_str()];
        let mut chain = Chain::own_with(&options, Version::V311)?;
        secure::with_a_password(stage, &mut chain, "ann", "a secret").await
    });
}

#[test]
fn a_password_in_the_address_of_the_page() {
    stage::run("password-in-address", async |stage| {
        let folder = TemporaryFolder::new()?;
        let users = folder.write("users", line_of("ann", "a secret")?.as_bytes())?;
        let options = ["--basic-auth".as_ref(), users.as_os_str()];
        let mut chain = Chain::own_with(&options, Version::V311)?;
        secure::with_a_password_in_the_address(stage, &mut chain, "ann", "a secret").await
    });
}

/// A line of the file of users, made by the gateway's own command.
fn line_of(name: &str, password: &str) -> Result<String> {
    let mut command = Command::new(environment::gateway()?);
    command.args(["hash-password", name]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("the gateway does not start")?;
    writeln!(child.stdin.take().context("it has a standard input")?, "{password}")?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "no line was made");
    Ok(String::from_utf8(output.stdout)?)
}
