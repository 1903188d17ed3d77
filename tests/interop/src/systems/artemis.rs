//! ActiveMQ Artemis 2.37.0, of whose instance only the files are made that it does not start without.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::net::SocketAddr;

use super::{Broker, Folder, JAVA_FLAGS, Ready, Server, free_address, with_free_ports};
use crate::environment;

/// Starts it and waits until it answers.
///
/// # Errors
/// If it does not start.
pub(super) fn start() -> Result<Broker> {
    with_free_ports(try_start).context("Artemis does not start")
}

fn try_start() -> Result<Broker> {
    // The one acceptor takes both.
    let address = free_address()?;
    let folder = Folder::new("artemis")?;
    let command = command(&folder, &acceptor(address, "MQTT"), "")?;
    let server = Server::start(command, Ready::broker(address, address, WS_PATH))?;
    Ok(Broker { tcp: address, ws: address, ws_path: WS_PATH, server, _folder: folder })
}

/// Where an instance listens, and for what.
pub(super) fn acceptor(address: SocketAddr, protocol: &str) -> String {
    format!("<acceptor name=\"{protocol}\">tcp://{address}?protocols={protocol}</acceptor>")
}

/// Makes an instance in a folder, and the command that runs it; `more` stands in its configuration besides.
pub(super) fn command(folder: &Folder, acceptors: &str, more: &str) -> Result<Vec<OsString>> {
    let (home, instance) = (environment::artemis_home()?, folder.path());
    let placed = |text: &str| {
        text.replace("INSTANCE", &instance.display().to_string())
            .replace("ACCEPTORS", acceptors)
            .replace("MORE", more)
    };
    for (name, text) in
        [("management.xml", MANAGEMENT), ("bootstrap.xml", BOOTSTRAP), ("broker.xml", BROKER), (LOG, LOGGING)]
    {
        folder.write(&format!("etc/{name}"), &placed(text))?;
    }
    let mut command: Vec<OsString> = vec![environment::java()?.into()];
    command.extend(JAVA_FLAGS.map(OsString::from));
    for definition in [
        "-Dlog4j2.configurationFile=file:INSTANCE/etc/log4j2.properties",
        "-Dartemis.instance=INSTANCE",
        "-Dartemis.instance.etc=INSTANCE/etc",
        "-Ddata.dir=INSTANCE/data",
        // It maps its journal through a class of Java's own.
        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
    ] {
        command.push(placed(definition).into());
    }
    command.push(format!("-Dartemis.home={}", home.display()).into());
    command.extend(["-cp".into(), home.join("lib/artemis-boot.jar").into()]);
    command.extend(["org.apache.activemq.artemis.boot.Artemis".into(), "run".into()]);
    Ok(command)
}

/// It takes any.
const WS_PATH: &str = "/mqtt";

const LOG: &str = "log4j2.properties";

const MANAGEMENT: &str = "<management-context xmlns=\"http://activemq.apache.org/schema\"/>\n";

const BOOTSTRAP: &str = "\
<broker xmlns=\"http://activemq.apache.org/schema\">
  <jaas-security domain=\"activemq\"/>
  <server configuration=\"file:INSTANCE/etc/broker.xml\"/>
</broker>
";

const BROKER: &str = "\
<configuration xmlns=\"urn:activemq\">
  <core xmlns=\"urn:activemq:core\">
    <name>one</name>
    <security-enabled>false</security-enabled>
    <journal-type>NIO</journal-type>
    <journal-file-size>1M</journal-file-size>
    <journal-pool-files>2</journal-pool-files>
    <paging-directory>INSTANCE/data/paging</paging-directory>
    <bindings-directory>INSTANCE/data/bindings</bindings-directory>
    <journal-directory>INSTANCE/data/journal</journal-directory>
    <large-messages-directory>INSTANCE/data/large</large-messages-directory>
    <critical-analyzer>false</critical-analyzer>
    <max-disk-usage>100</max-disk-usage>
    <acceptors>ACCEPTORS</acceptors>
    MORE
  </core>
</configuration>
";

/// What it audits is every packet.
const LOGGING: &str = "\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c: %m%n
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
logger.audit.name = org.apache.activemq.audit
logger.audit.level = OFF
";
