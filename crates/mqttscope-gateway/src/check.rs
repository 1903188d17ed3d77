//! Whether a gateway would start as it is told, without starting it.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::auth::Auth;
use crate::cli::Setting;
use crate::error::{Error, io_reason};
use crate::page::Page;
use crate::proxy::Broker;
use crate::tls;
use crate::{AuthConfig, BrokerChoice, Certificate, Config, DEFAULT_BROKER_LISTEN};

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
    let mut findings =
        vec![page(&config.web), port("page and proxy", config.listen).await, broker(config).await];
    if let Some(source) = &config.tls.certificate {
        findings.push(certificate(source));
    }
    if let Some(addr) = config.tls.http_redirect {
        findings.push(port("redirection", addr).await);
    }
    if let AuthConfig::Basic { file } = &config.auth {
        findings.push(match Auth::new(config.auth.clone()) {
            Ok(_) => Finding::good(format!("users: {}", file.display())),
            Err(error) => Finding::bad(format!("users: {error}")),
        });
    }
    if let Some(addr) = config.operator.metrics {
        findings.push(port("figures", addr).await);
    }
    findings
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

async fn port(name: &str, addr: SocketAddr) -> Finding {
    match TcpListener::bind(addr).await {
        Ok(_) if addr.port() == 0 => Finding::good(format!("{name}: any free port of {}", addr.ip())),
        Ok(_) => Finding::good(format!("{name}: {addr} is free")),
        Err(source) => Finding::bad(format!("{name}: {}", Error::Listen { addr, source })),
    }
}

fn certificate(certificate: &Certificate) -> Finding {
    match (tls::check(certificate), certificate) {
        (Err(error), _) => Finding::bad(format!("certificate: {error}")),
        (Ok(()), Certificate::Files { chain, .. }) => {
            Finding::good(format!("certificate: {}", chain.display()))
        }
        (Ok(()), Certificate::SelfSigned { state: Some(folder) }) => {
            Finding::good(format!("certificate: self-signed, kept in {}", folder.display()))
        }
        (Ok(()), Certificate::SelfSigned { state: None }) => {
            Finding::good("certificate: self-signed, another one at each start")
        }
    }
}

async fn broker(config: &Config) -> Finding {
    match &config.broker {
        BrokerChoice::External(url) => match Broker::new(url.clone(), &config.tls.broker) {
            Err(error) => Finding::bad(format!("broker: {error}")),
            Ok(broker) => match broker.connect(None, &config.limits).await {
                Ok(_) => Finding::good(format!("broker: {url} takes connections")),
                Err(unreachable) => Finding::bad(format!("broker: {url}: {}", unreachable.why)),
            },
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
        let findings =
            check(&config("mqtt.html", any_port(), BrokerChoice::External(address.parse().unwrap()))).await;
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
        let findings =
            check(&config("other.html", taken.0, BrokerChoice::External(free.parse().unwrap()))).await;
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

    #[tokio::test]
    async fn figures_need_a_free_port_where_they_are_wanted() {
        let taken = TcpListener::bind(any_port()).await.unwrap();
        let taken = (taken.local_addr().unwrap(), taken);
        let mut config = config("mqtt.html", any_port(), BrokerChoice::Embedded { listen: Some(any_port()) });
        for (addr, expected) in [
            (any_port(), (true, "figures: any free port of 127.0.0.1".to_owned())),
            (taken.0, (false, format!("figures: cannot listen on {}: the port is taken", taken.0))),
        ] {
            config.operator.metrics = Some(addr);
            let findings = check(&config).await;
            let last = findings.last().unwrap();
            assert_eq!((last.is_good, last.text.clone()), expected);
        }
    }

    #[tokio::test]
    async fn a_certificate_must_be_readable_and_a_redirection_needs_its_port() {
        let taken = TcpListener::bind(any_port()).await.unwrap();
        let mut config = config("mqtt.html", any_port(), BrokerChoice::Embedded { listen: Some(any_port()) });
        let missing = std::path::PathBuf::from("/nonexistent/chain.pem");
        config.tls.certificate = Some(Certificate::Files { chain: missing.clone(), key: missing });
        config.tls.http_redirect = Some(taken.local_addr().unwrap());
        let findings = check(&config).await;
        let [.., certificate, redirection] = &findings[..] else { panic!("{findings:?}") };
        assert!(
            !certificate.is_good && certificate.text.contains("/nonexistent/chain.pem"),
            "{certificate:?}"
        );
        assert!(!redirection.is_good && redirection.text.starts_with("redirection: "), "{redirection:?}");
        config.tls.certificate = Some(Certificate::SelfSigned { state: None });
        config.tls.http_redirect = Some(any_port());
        assert!(check(&config).await.iter().all(|finding| finding.is_good));
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
