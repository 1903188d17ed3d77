//! Whether a gateway would start as it is told, without starting it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::cli::Setting;
use crate::error::{Error, io_reason};
use crate::page::Page;
use crate::{BrokerChoice, Config, DEFAULT_BROKER_LISTEN};

/// What was found of one thing that a gateway needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Whether the gateway would work with it.
    pub is_good: bool,
    /// What was found, in a line.
    pub text: String,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { is_good: true, text: text.into() }
    }

    fn bad(text: impl Into<String>) -> Self {
        Self { is_good: false, text: text.into() }
    }
}

/// Looks whether the page is there, the ports are free and the broker takes connections.
///
/// A port is taken for a moment, a connection to the broker is opened and closed; nothing is sent.
pub async fn check(config: &Config) -> Vec<Finding> {
    vec![page(&config.web), listen(config.listen).await, broker(&config.broker).await]
}

/// Settings and findings as a text for a person.
pub fn report(settings: &[Setting], findings: &[Finding]) -> String {
    let width = |words: fn(&Setting) -> usize| settings.iter().map(words).max().unwrap_or(0);
    let (name, value) =
        (width(|setting| setting.name.len()), width(|setting| shown(setting).chars().count()));
    let mut text = String::new();
    for setting in settings {
        let Setting { name: option, origin, .. } = setting;
        text += &format!("{option:name$}  {:value$}  {origin}\n", shown(setting));
    }
    text.push('\n');
    for Finding { is_good, text: found } in findings {
        text += &format!("{}  {found}\n", if *is_good { "ok    " } else { "FAILED" });
    }
    text
}

fn shown(setting: &Setting) -> &str {
    if setting.value.is_empty() { "-" } else { &setting.value }
}

fn page(web: &Page) -> Finding {
    match (web.check(), web) {
        (Err(error), _) => Finding::bad(format!("page: {error}")),
        (Ok(()), Page::Folder(folder)) => Finding::good(format!("page: {}", folder.display())),
        (Ok(()), Page::Inside(files)) => {
            let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
            let files = files.iter().count();
            Finding::good(format!("page: inside this program, {files} files, {:.1} MB", bytes as f64 / 1e6))
        }
    }
}

async fn listen(addr: SocketAddr) -> Finding {
    match TcpListener::bind(addr).await {
        Ok(_) if addr.port() == 0 => Finding::good(format!("page and proxy: any free port of {}", addr.ip())),
        Ok(_) => Finding::good(format!("page and proxy: {addr} is free")),
        Err(source) => Finding::bad(format!("page and proxy: {}", Error::Listen { addr, source })),
    }
}

async fn broker(broker: &BrokerChoice) -> Finding {
    match broker {
        BrokerChoice::External(address) => match tokio::time::timeout(TIMEOUT, TcpStream::connect(address))
            .await
        {
            Ok(Ok(_)) => Finding::good(format!("broker: {address} takes connections")),
            Ok(Err(error)) => Finding::bad(format!("broker: {address}: {}", io_reason(&error))),
            Err(_) => Finding::bad(format!("broker: {address} does not answer in {} s", TIMEOUT.as_secs())),
        },
        BrokerChoice::Embedded { listen } => {
            let addr = listen.unwrap_or(DEFAULT_BROKER_LISTEN);
            match TcpListener::bind(addr).await {
                Ok(_) if addr.port() == 0 => {
                    Finding::good(format!("broker: inside, any free port of {}", addr.ip()))
                }
                Ok(_) => Finding::good(format!("broker: inside, {addr} is free")),
                Err(error) if listen.is_none() => {
                    let reason = io_reason(&error);
                    Finding::good(format!("broker: inside, on any free port instead of {addr}: {reason}"))
                }
                Err(error) => {
                    let reason = io_reason(&error);
                    Finding::bad(format!("broker: {}", Error::BrokerListen { addr, reason }))
                }
            }
        }
    }
}

/// How long the broker may take; a person is waiting.
const TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Origin;
    use crate::page::PageFiles;

    fn any_port() -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    fn config(html: &str, listen: SocketAddr, broker: BrokerChoice) -> Config {
        let files = PageFiles::new([(html, "page".into())]);
        Config { web: Page::Inside(files), listen, broker, ..Config::default() }
    }

    #[tokio::test]
    async fn what_is_there_and_free_is_good() {
        let broker = TcpListener::bind(any_port()).await.unwrap();
        let address = broker.local_addr().unwrap().to_string();
        let findings = check(&config("mqtt.html", any_port(), BrokerChoice::External(address.clone()))).await;
        let texts: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "page: inside this program, 1 files, 0.0 MB",
                "page and proxy: any free port of 127.0.0.1",
                &format!("broker: {address} takes connections")
            ]
        );
        assert!(findings.iter().all(|finding| finding.is_good));
        let inside = BrokerChoice::Embedded { listen: Some(any_port()) };
        assert!(check(&config("mqtt.html", any_port(), inside)).await[2].is_good);
    }

    #[tokio::test]
    async fn what_is_missing_or_taken_is_not() {
        let taken = TcpListener::bind(any_port()).await.unwrap();
        let taken = (taken.local_addr().unwrap(), taken);
        let free = TcpListener::bind(any_port()).await.unwrap().local_addr().unwrap().to_string();
        let findings = check(&config("other.html", taken.0, BrokerChoice::External(free.clone()))).await;
        let texts: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "page: the page's files hold no mqtt.html",
                &format!("page and proxy: cannot listen on {}: the port is taken", taken.0),
                &format!("broker: {free}: connection refused")
            ]
        );
        assert!(findings.iter().all(|finding| !finding.is_good));
        let inside = BrokerChoice::Embedded { listen: Some(taken.0) };
        assert!(!check(&config("mqtt.html", any_port(), inside)).await[2].is_good);
    }

    #[test]
    fn a_report_is_a_table_and_what_was_found() {
        let setting =
            |name: &str, value: &str, origin| Setting { name: name.into(), value: value.into(), origin };
        let settings = [
            setting("listen", "127.0.0.1:8001", Origin::Default),
            setting("broker", "", Origin::File("a.toml".into())),
        ];
        let findings = [Finding::good("page: here"), Finding::bad("broker: gone")];
        assert_eq!(
            report(&settings, &findings),
            "listen  127.0.0.1:8001  default\nbroker  -               a.toml\n\nok      page: here\nFAILED  broker: gone\n"
        );
    }
}
