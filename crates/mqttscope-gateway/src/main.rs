//! The program: options in, ready lines out, until a signal ends it.

use std::io::Write;
use std::process::ExitCode;

use mqttscope_gateway::cli::{self, HashPassword, Refusal, Task};
use mqttscope_gateway::{Config, Error, Gateway};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let config = match cli::parse(std::env::args_os()) {
        Ok(Task::Serve(config)) => config,
        Ok(Task::HashPassword(task)) => return hash_password(&task),
        Err(Refusal::Answer(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Mistake(line)) => {
            eprintln!("mqttscope-gateway: {line}");
            return ExitCode::from(2);
        }
    };
    start_logging();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("mqttscope-gateway: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(serve(*config));
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

fn hash_password(task: &HashPassword) -> ExitCode {
    match task.run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(line) => {
            eprintln!("mqttscope-gateway: {line}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), Error> {
    // Before the ready lines, so that a signal right after them is not lost.
    let stop = stop_signal()?;
    let gateway = Gateway::bind(config).await?;
    print_ready(&gateway)?;
    gateway.run(stop).await
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
    out.flush()
}

fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
}

/// Ctrl-C, and SIGTERM where there is one.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            tracing::info!("stopping");
        })
    }
}

/// rmqtt warns once for each message that was taken out of a queue, which the gateway tells in one line.
const DEFAULT_FILTER: &str = "warn,rmqtt::queue=error,rmqtt::session=error,mqttscope_gateway=info";
