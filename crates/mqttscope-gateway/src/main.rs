//! The program: words in, ready lines out, until a signal ends it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use mqttscope_gateway::cli::{self, HashPassword, Refusal, Setting, Task};
use mqttscope_gateway::page::{self, PageFiles};
use mqttscope_gateway::signals::Signals;
use mqttscope_gateway::{Config, Error, Gateway, check, logging};

fn main() -> ExitCode {
    match cli::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(Task::Serve(config)) => {
            logging::start(config.operator.log_format);
            in_runtime(async {
                serve(*config).await.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
            })
        }
        Ok(Task::Check(config, settings)) => in_runtime(say_what_would_be(*config, settings)),
        Ok(Task::Page(folder)) => write_page(&folder),
        Ok(Task::HashPassword(task)) => hash_password(&task),
        Err(Refusal::Answer(text)) => say(&text),
        Err(Refusal::Mistake(lines)) => {
            for line in lines.lines() {
                eprintln!("mqttscope: {line}");
            }
            ExitCode::from(2)
        }
    }
}

fn in_runtime(task: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let code = runtime.block_on(task);
    // A name lookup that hangs must not hold the process.
    runtime.shutdown_background();
    code
}

fn failed(reason: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("mqttscope: {reason}");
    ExitCode::FAILURE
}

/// Prints a text; one that nobody reads to its end, as through `head`, is no failure.
fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(&error),
        _ => ExitCode::SUCCESS,
    }
}

async fn say_what_would_be(config: Config, settings: Vec<Setting>) -> ExitCode {
    let findings = check::check(&config).await;
    let is_good = findings.iter().all(|finding| finding.is_good);
    let said = say(&check::report(&settings, &findings));
    if is_good { said } else { ExitCode::FAILURE }
}

fn write_page(folder: &Path) -> ExitCode {
    let Some(files) = PageFiles::embedded() else {
        return failed(
            &"there is no page inside this program; `cargo xtask dist --binary` builds one with it",
        );
    };
    let written = match page::write(&files, folder) {
        Ok(written) => written,
        Err(error) => return failed(&error),
    };
    let folder = folder.display();
    let mut text =
        format!("wrote {} files, {:.1} MB, to {folder}\n", written.files, written.bytes as f64 / 1e6);
    if written.kept_defaults {
        text += "kept the mqttscope.json that is there\n";
    }
    text += "next: open mqtt.html from the server of that folder. A Kaazing Gateway also needs the service MqttProxy in its\n\
        conf/gateway-config.xml, which passes ws://HOST:8001/mqttproxy on to the broker; deploy/kaazing/ of mqttscope's\n\
        sources has one. Any other server needs a WebSocket to a broker: type its URL into the page.\n";
    say(&text)
}

fn hash_password(task: &HashPassword) -> ExitCode {
    match task.run() {
        Ok(line) => say(&format!("{line}\n")),
        Err(line) => failed(&line),
    }
}

async fn serve(config: Config) -> Result<(), Error> {
    // Before the ready lines, so that a signal right after them is not lost.
    let (drain, stop) = Signals::listen()?.split();
    let gateway = Gateway::bind(config).await?;
    print_ready(&gateway)?;
    gateway.run_draining(drain, stop).await
}

/// Prints where everything is, for people and for scripts.
fn print_ready(gateway: &Gateway) -> std::io::Result<()> {
    let embedded = if gateway.broker_is_embedded() { " (embedded)" } else { "" };
    let mut out = std::io::stdout().lock();
    writeln!(out, "broker: {}{embedded}", gateway.broker_addr())?;
    writeln!(out, "proxy: {}", gateway.proxy_url())?;
    if let Some(fingerprint) = gateway.fingerprint() {
        writeln!(out, "certificate: self-signed, SHA-256 {fingerprint}")?;
    }
    if let Some(addr) = gateway.redirect_addr() {
        writeln!(out, "redirect: http://{addr}")?;
    }
    writeln!(out, "page: {}", gateway.page_url())?;
    if let Some(url) = gateway.metrics_url() {
        writeln!(out, "metrics: {url}")?;
    }
    out.flush()
}
