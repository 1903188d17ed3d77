//! Kaazing Gateway 5.6.2 as the proxy before a broker, configured by the file in deploy/kaazing.

use anyhow::{Context, Result, ensure};
use roxmltree::{Document, Node};
use std::fs;
use std::net::SocketAddr;
use std::ops::Range;

use super::{Folder, Server, free_address, with_free_ports};
use crate::environment;

/// A running Kaazing Gateway.
pub struct Kaazing {
    address: SocketAddr,
    server: Server,
    /// Removed once the server has ended.
    _folder: Folder,
}

impl Kaazing {
    /// Starts it before a broker, for pages of this origin, and waits until it listens.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(broker: SocketAddr, page_origin: &str) -> Result<Self> {
        with_free_ports(|| Self::try_start(broker, page_origin)).context("Kaazing Gateway does not start")
    }

    fn try_start(broker: SocketAddr, page_origin: &str) -> Result<Self> {
        let address = free_address()?;
        let folder = Folder::new("kaazing")?;
        let deployed = fs::read_to_string(environment::root().join("deploy/kaazing/gateway-config.xml"))?;
        let config = proxy_config(&deployed, address, broker, page_origin)?;
        folder.write("conf/gateway-config.xml", &config)?;
        folder.write("conf/log4j-config.xml", include_str!("kaazing-log4j.xml"))?;
        for name in ["web", "temp", "log"] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        let command = vec![
            environment::java()?.into(),
            format!("-DGATEWAY_HOME={}", folder.path().display()).into(),
            "-cp".into(),
            environment::kaazing_lib()?.join("*").into(),
            "org.kaazing.gateway.server.Main".into(),
        ];
        let server = Server::start(command, "Started server successfully")?;
        Ok(Self { address, server, _folder: folder })
    }

    /// The proxy's WebSocket address.
    pub fn url(&self) -> String {
        format!("ws://{}/mqttproxy", self.address)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again on the same port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.server.start_again()
    }
}

/// The configuration that is shipped, for other addresses and without the services that serve files:
/// these are not among the parts on Maven Central.
fn proxy_config(
    deployed: &str,
    address: SocketAddr,
    broker: SocketAddr,
    page_origin: &str,
) -> Result<String> {
    let document = Document::parse(deployed)?;
    let values = [
        ("gateway.hostname", address.ip().to_string()),
        ("gateway.extras.port", address.port().to_string()),
        ("mqtt.provider.host", broker.ip().to_string()),
        ("mqtt.provider.port", broker.port().to_string()),
        ("mqtt.page.origin", page_origin.to_owned()),
    ];
    let mut edits = Vec::new();
    for (name, value) in values {
        edits.push((property_value(&document, name)?, value));
    }
    let services: Vec<Node> =
        document.descendants().filter(|node| node.tag_name().name() == "service").collect();
    for service in &services {
        if child_text(*service, "type") == Some("directory") {
            edits.push((service.range(), String::new()));
        }
    }
    ensure!(services.len() == 3, "expected the services base, extras and MqttProxy");
    edits.sort_by_key(|(range, _)| range.start);
    let mut config = deployed.to_owned();
    for (range, value) in edits.into_iter().rev() {
        config.replace_range(range, &value);
    }
    Ok(config)
}

fn property_value(document: &Document, name: &str) -> Result<Range<usize>> {
    document
        .descendants()
        .filter(|node| node.tag_name().name() == "property")
        .find(|node| child_text(*node, "name") == Some(name))
        .and_then(|node| child(node, "value"))
        .and_then(|value| value.first_child())
        .map(|text| text.range())
        .with_context(|| format!("gateway-config.xml has no property {name}"))
}

fn child<'a, 'd>(node: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployed_configuration_becomes_one_of_a_proxy_only() {
        let deployed = include_str!("../../../../deploy/kaazing/gateway-config.xml");
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let config = proxy_config(deployed, address(5), address(6), "http://127.0.0.1:7").unwrap();
        let document = Document::parse(&config).unwrap();
        let services: Vec<_> = document.descendants().filter(|n| n.tag_name().name() == "service").collect();
        assert_eq!(services.len(), 1);
        assert_eq!(child_text(services[0], "type"), Some("proxy"));
        let value = |name| &config[property_value(&document, name).unwrap()];
        assert_eq!(value("gateway.hostname"), "127.0.0.1");
        assert_eq!(value("gateway.extras.port"), "5");
        assert_eq!(value("mqtt.provider.port"), "6");
        assert_eq!(value("mqtt.page.origin"), "http://127.0.0.1:7");
        assert!(!config.contains("kaazing.test"), "{config}");
    }
}
