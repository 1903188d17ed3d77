//! The tables of the report, from the files that criterion and the page have left.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use mqttscope_bench::{MIXED_PACKETS, PIECE_LENGTHS, Table, mixed_stream, samples, samples_of_mqtt_5};
use serde_json::Value;

/// The names under which the benchmark runs them; ours is the first.
const CODECS: [&str; 4] = ["mqttscope", "rumqttc", "mqtt-protocol-core", "rmqtt-codec"];

pub fn print() -> Result<()> {
    let [_, criterion, browser] = &env::args_os().map(PathBuf::from).collect::<Vec<_>>()[..] else {
        bail!("usage: mqttscope-bench CRITERION_FOLDER BROWSER_RESULTS");
    };
    let stream_len = mixed_stream().len();
    println!("Native, median time per packet; the last column is the best peer's time divided by ours.\n");
    let mut header = vec!["packet"];
    header.extend(CODECS);
    header.push("ratio");
    let mut table = Table::new(&header);
    for sample in samples().into_iter().chain(samples_of_mqtt_5()) {
        for operation in ["decode", "encode"] {
            let name = format!("{operation} {}", sample.name);
            let nanos = |codec| median_nanos(&criterion.join(&name).join(codec), sample.count);
            table.add_nanos(&name, &CODECS.map(nanos).into_iter().collect::<Result<Vec<_>>>()?);
        }
    }
    for piece_len in PIECE_LENGTHS {
        let pieces = format!("pieces of {piece_len} B");
        let folder = criterion.join("mixed stream");
        let nanos = |codec| median_nanos(&folder.join(codec).join(&pieces), MIXED_PACKETS);
        let name = format!("mixed stream, {pieces}");
        table.add_nanos(&name, &CODECS.map(nanos).into_iter().collect::<Result<Vec<_>>>()?);
    }
    table.print();

    let results = read_json(browser)?;
    if let Some(error) = results["error"].as_str() {
        bail!("the page failed: {error}");
    }
    let user_agent = results["browser"].as_str().unwrap_or("unknown");
    println!("\nIn the browser ({user_agent}), median time per packet.\n");
    let mut table = Table::new(&["packet", "mqttscope (wasm)", "mqtt-packet", "ratio"]);
    for measured in results["milliseconds"].as_array().context("no results of the page")? {
        let nanos = |name: &str| {
            let millis = measured[name].as_f64().context("a result without a time")?;
            anyhow::Ok(millis * 1e6 / MIXED_PACKETS as f64)
        };
        let name = format!("mixed stream, pieces of {} B", measured["pieceLength"]);
        table.add_nanos(&name, &[nanos("mqttscope")?, nanos("mqttPacket")?]);
    }
    table.print();
    println!("\nThe mixed stream has {MIXED_PACKETS} packets and {stream_len} bytes.");
    Ok(())
}

fn median_nanos(benchmark: &Path, packets: usize) -> Result<f64> {
    let estimates = read_json(&benchmark.join("new/estimates.json"))?;
    let nanos = estimates["median"]["point_estimate"].as_f64();
    Ok(nanos.with_context(|| format!("no median in {}", benchmark.display()))? / packets as f64)
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}
