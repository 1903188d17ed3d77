//! The project's own commands, run as `cargo xtask COMMAND`.
//!
//! `serve`, `test` and `dist` set up what they need, build it and say what they are doing; each is
//! one module, and `tools`, `page` and `progress` are what they share.

mod ahead;
mod axe;
mod bench;
mod browser;
mod compress;
mod deny;
mod dist;
mod fingerprint;
mod fuzz;
mod html;
mod interop;
mod lint;
mod npm;
mod packages;
mod page;
mod prebuilt;
mod progress;
mod release;
mod rust_version;
mod serve;
mod systems;
mod test;
mod tools;
mod workspace;

use anyhow::{Result, bail};
use lexopt::prelude::*;
use std::process::ExitCode;

use page::Profile;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--listen ADDR[:PORT]] [--host NAME].. [--broker HOST:PORT] [--release|--debug]
      Build the page and the gateway, start the gateway and print the page's URL.
      --listen   where the gateway listens; default 127.0.0.1:8001, without a port 8001
      --host     a name under which it is asked, besides localhost and addresses
      --broker   the MQTT broker behind the gateway; default: one inside the gateway
      --debug    build faster, without optimisation; --release is the default

  test [STEP..]
      Run the checks: lint, native, browser, e2e; by default all of them, in this order.
      CHROME and CHROMEDRIVER name the browser and its driver where they are not on the PATH.

  interop [--all] [--only TEXT] [SYSTEM..]
      Run the page, the gateway and the codec against Kaazing, ActiveMQ, mosquitto, HiveMQ, Artemis and mochi, and
      write docs/brokers.md and docs/qos-glitch.md from what they do. SYSTEM is kaazing, activemq, mosquitto,
      gateway, hivemq, artemis or mochi: only chains with one of these.
      --all      every chain in every version; by default HiveMQ, Artemis and mochi take part over one chain each
      --only     only the tests whose names contain the text

  interop cluster [--only TEXT]
      Start deploy/cluster on this machine (HAProxy, two gateways, three NATS servers; a pair of Artemis instead of
      these), kill its parts while messages go through it, and check the manifests of deploy/kubernetes.

  deny
      Ask cargo-deny what is known against the dependencies, for which a database is fetched from github.com. What
      else deny.toml says is held by `test lint`.

  fuzz [SECONDS]
      Run the fuzz targets of codec, session, search and log, each for so many seconds, by default 600.
      It needs a nightly Rust.

  bench codec|log|page|peers|gateway [--dist DIR].. [--only TEXT] [--rounds N]
      Measure and print tables: the codec beside other implementations, native and in the browser; the packet log
      beside another way to keep one, over a million packets; the built page in a browser, with up to a million
      packets in its log and 10,000 a second coming in, and how true its times are; the page beside other clients
      under the same floods; the gateway beside plain TCP and websocat.
      --dist     page, peers: measure the page in this folder, as `dist` has written it, instead of building it;
                 several are measured in one run
      --only     page: only `load` or `times`; peers, gateway: only the rows whose name contains the text
      --rounds   peers, gateway: how often each is measured; default 3

  dist [--debug] [--binary]
      Write the page to dist/, ready to copy to any folder of any web server, and print its sizes.
      --binary   build the program `mqttscope` with that page inside too

  release [ARCHITECTURE..]
      Build what a release holds, for amd64 and arm64 unless told otherwise, into target/release-artefacts/: static
      programs with the page inside as archives and Debian packages, an image's Dockerfile, SBOMs, the notices of all
      that is in them, and checksums; then unpack each into an empty folder, start it there and connect to it.
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut args = lexopt::Parser::from_env();
    let command = match args.next()? {
        Some(Value(command)) => command.string()?,
        None | Some(Short('h') | Long("help")) => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    let workspace = Workspace::locate()?;
    match command.as_str() {
        "serve" => serve::run(&workspace, &serve_options(args)?),
        "test" => test::run(&workspace, &test_kinds(args)?),
        "interop" => interop::run(&workspace, &interop_options(args)?),
        "deny" => deny::run_advisories(&workspace),
        "fuzz" => fuzz::run(&workspace, fuzz_seconds(args)?),
        "bench" => {
            let (subject, options) = bench_options(args)?;
            bench::run(&workspace, &subject, &options).map(|()| ExitCode::SUCCESS)
        }
        "dist" => {
            let (profile, binary) = dist_options(args)?;
            dist::run(&workspace, profile, binary).map(|()| ExitCode::SUCCESS)
        }
        "release" => release::run(&workspace, &architectures(args)?).map(|()| ExitCode::SUCCESS),
        "help" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => bail!("unknown command '{unknown}'\n\n{HELP}"),
    }
}

fn serve_options(mut args: lexopt::Parser) -> Result<serve::Options> {
    let mut options = serve::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("listen") => options.listen = Some(args.value()?.string()?),
            Long("host") => options.hosts.push(args.value()?.string()?),
            Long("broker") => options.broker = Some(args.value()?.string()?),
            Long("release") => options.profile = Profile::Release,
            Long("debug") => options.profile = Profile::Debug,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn test_kinds(mut args: lexopt::Parser) -> Result<Vec<test::Kind>> {
    let mut kinds = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Value(name) => kinds.push(name.string()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(kinds)
}

fn interop_options(mut args: lexopt::Parser) -> Result<interop::Options> {
    let mut options = interop::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("all") => options.all = true,
            Long("only") => options.only = Some(args.value()?.string()?),
            Value(name) if name == "cluster" => options.cluster = true,
            Value(name) => options.systems.push(name.string()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

fn fuzz_seconds(mut args: lexopt::Parser) -> Result<u64> {
    let mut seconds = fuzz::DEFAULT_SECONDS;
    while let Some(arg) = args.next()? {
        match arg {
            Value(value) => seconds = value.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    // libFuzzer takes 0 for endless.
    if seconds == 0 {
        bail!("a target needs at least a second");
    }
    Ok(seconds)
}

fn bench_options(mut args: lexopt::Parser) -> Result<(bench::Subject, bench::Options)> {
    let Some(Value(subject)) = args.next()? else {
        bail!("say what to measure: codec, log, page, peers or gateway")
    };
    let (subject, mut options) = (subject.string()?.parse()?, bench::Options::default());
    while let Some(arg) = args.next()? {
        match arg {
            Long("dist") => options.dists.push(args.value()?.into()),
            Long("only") => options.only = Some(args.value()?.string()?),
            Long("rounds") => options.rounds = Some(args.value()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok((subject, options))
}

fn architectures(mut args: lexopt::Parser) -> Result<Vec<release::Architecture>> {
    let mut architectures = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Value(name) => architectures.push(name.string()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(architectures)
}

fn dist_options(mut args: lexopt::Parser) -> Result<(Profile, bool)> {
    let (mut profile, mut binary) = (Profile::Release, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("release") => profile = Profile::Release,
            Long("debug") => profile = Profile::Debug,
            Long("binary") => binary = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok((profile, binary))
}
