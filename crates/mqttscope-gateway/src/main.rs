//! The program: options in, ready lines out, until a signal ends it.

use std::io::Write;
use std::process::ExitCode;

use mqttscope_gateway::cli::{self, Refusal};
use mqttscope_gateway::signals::Signals;
use mqttscope_gateway::{Config, Error, Gateway, logging};

fn main() -> ExitCode {
    let config = match cli::parse(std::env::args_os()) {
        Ok(config) => config,
        Err(Refusal::Answer(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Mistake(line)) => {
            eprintln!("mqttscope-gateway: {line}");
            return ExitCode::from(2);
        }
    };
    logging::start(config.operator.log_format);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("mqttscope-gateway: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(serve(config));
    // A name lookup that hangs must not hold the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mqttscope-gateway: {error}");
            ExitCode::FAILURE
        }
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
    writeln!(out, "page: {}", gateway.page_url())?;
    if let Some(url) = gateway.metrics_url() {
        writeln!(out, "metrics: {url}")?;
    }
    out.flush()
}
