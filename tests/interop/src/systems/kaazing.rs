//! Kaazing Gateway 5.6.2 as the proxy before a broker, configured by the file in deploy/kaazing.

use anyhow::{Context, Result, ensure};
use roxmltree::{Document, Node};
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use super::{Folder, Ready, Server, free_address, with_free_ports};
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

    /// Starts it before a broker with all services of the configuration that is shipped, and the page in its
    /// place among the demos.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_whole(broker: SocketAddr, page: &Path) -> Result<Self> {
        with_free_ports(|| {
            let addresses = Addresses::free(broker)?;
            let folder = Folder::new("kaazing")?;
            let classes = folder.path().join("classes");
            compile_directory_service(&classes)?;
            fs::create_dir_all(folder.path().join("web/base"))?;
            let demos = folder.path().join("web/extras/demo/gateway/javascript");
            fs::create_dir_all(&demos)?;
            for file in fs::read_dir(page)? {
                let file = file?;
                fs::copy(file.path(), demos.join(file.file_name()))?;
            }
            let config = addresses.put_into(&deployed_config()?)?;
            Self::run(addresses.extras, folder, &config, Some(&classes))
        })
        .context("Kaazing Gateway does not start with all services")
    }

    fn try_start(broker: SocketAddr, page_origin: &str) -> Result<Self> {
        let addresses = Addresses { page_origin: page_origin.to_owned(), ..Addresses::free(broker)? };
        let config = proxy_only(&addresses.put_into(&deployed_config()?)?)?;
        Self::run(addresses.extras, Folder::new("kaazing")?, &config, None)
    }

    fn run(address: SocketAddr, folder: Folder, config: &str, classes: Option<&Path>) -> Result<Self> {
        folder.write("conf/gateway-config.xml", config)?;
        let log4j = include_str!("../../../../deploy/kaazing/log4j-config.xml");
        folder.write("conf/log4j-config.xml", log4j)?;
        for name in ["web", "temp", "log"] {
            fs::create_dir_all(folder.path().join(name))?;
        }
        let mut command = vec![environment::java()?.into()];
        command.extend(
            arguments(folder.path(), &environment::kaazing_lib()?, classes).into_iter().map(OsString::from),
        );
        let server = Server::start(command, Ready::Says("Started server successfully"))?;
        Ok(Self { address, server, _folder: folder })
    }

    /// The page's address, if it was started whole.
    pub fn page(&self) -> String {
        format!("http://{}/demo/gateway/javascript/mqtt.html", self.address)
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

/// What Java is told to start Kaazing: its folder, its jars, and classes beside them.
pub fn arguments(home: &Path, lib: &Path, classes: Option<&Path>) -> Vec<String> {
    let mut path = format!("{}/*", lib.display());
    if let Some(classes) = classes {
        path += &format!(":{}", classes.display());
    }
    vec![
        "-Xmx512m".to_owned(),
        format!("-DGATEWAY_HOME={}", home.display()),
        "-cp".to_owned(),
        path,
        "org.kaazing.gateway.server.Main".to_owned(),
    ]
}

/// What javac is told to compile the service for files, beside which its META-INF is to be.
pub fn compiler_arguments(source: &Path, lib: &Path, classes: &Path) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let source = path(&source.join("mqttscope/DirectoryService.java"));
    vec!["-cp".to_owned(), format!("{}/*", lib.display()), "-d".to_owned(), path(classes), source]
}

/// The service for files is not among the parts on Maven Central: ours stands in for it.
fn compile_directory_service(classes: &Path) -> Result<()> {
    let source = environment::root().join("deploy/kaazing/directory");
    let services = classes.join("META-INF/services");
    fs::create_dir_all(&services)?;
    for file in fs::read_dir(source.join("META-INF/services"))? {
        let file = file?;
        fs::copy(file.path(), services.join(file.file_name()))?;
    }
    let arguments = compiler_arguments(&source, &environment::kaazing_lib()?, classes);
    let status = Command::new("javac").args(["-Xlint:all", "-Werror", "-proc:none"]).args(arguments).status();
    ensure!(status.context("there is no javac")?.success(), "the service for files does not compile");
    Ok(())
}

fn deployed_config() -> Result<String> {
    Ok(fs::read_to_string(environment::root().join("deploy/kaazing/gateway-config.xml"))?)
}

/// What is put into the configuration that is shipped.
struct Addresses {
    base: SocketAddr,
    extras: SocketAddr,
    broker: SocketAddr,
    page_origin: String,
}

impl Addresses {
    /// Free ones, for the page that the gateway itself serves.
    fn free(broker: SocketAddr) -> Result<Self> {
        let (base, extras) = (free_address()?, free_address()?);
        Ok(Self { base, extras, broker, page_origin: format!("http://{extras}") })
    }

    fn put_into(&self, deployed: &str) -> Result<String> {
        let document = Document::parse(deployed)?;
        let mut edits = Vec::new();
        for (name, value) in [
            ("gateway.hostname", self.extras.ip().to_string()),
            ("gateway.base.port", self.base.port().to_string()),
            ("gateway.extras.port", self.extras.port().to_string()),
            ("mqtt.provider.host", self.broker.ip().to_string()),
            ("mqtt.provider.port", self.broker.port().to_string()),
            ("mqtt.page.origin", self.page_origin.clone()),
        ] {
            edits.push((property_value(&document, name)?, value));
        }
        Ok(edited(deployed, edits))
    }
}

/// The configuration without the services that serve files.
fn proxy_only(config: &str) -> Result<String> {
    let document = Document::parse(config)?;
    let services: Vec<Node> =
        document.descendants().filter(|node| node.tag_name().name() == "service").collect();
    ensure!(services.len() == 3, "expected the services base, extras and MqttProxy");
    let files = services.into_iter().filter(|service| child_text(*service, "type") == Some("directory"));
    Ok(edited(config, files.map(|service| (service.range(), String::new())).collect()))
}

fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, value) in edits.into_iter().rev() {
        text.replace_range(range, &value);
    }
    text
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
        let addresses = Addresses {
            base: address(4),
            extras: address(5),
            broker: address(6),
            page_origin: "http://127.0.0.1:7".to_owned(),
        };
        let config = proxy_only(&addresses.put_into(deployed).unwrap()).unwrap();
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
