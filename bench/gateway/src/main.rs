//! The gateway's proxy beside plain TCP and websocat, each before the same broker, in one run.
//!
//! `mqttscope-bench-gateway GATEWAY WEBSOCAT [--only TEXT] [--rounds N]` takes the programs' paths;
//! `cargo xtask bench gateway` calls it.

mod broker;
mod link;
mod rows;
mod way;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use lexopt::prelude::*;
use mqttscope_bench::Table;

use rows::Row;
use way::Way;

fn main() -> Result<()> {
    let mut args = lexopt::Parser::from_env();
    let (mut programs, mut only, mut rounds) = (Vec::new(), None, ROUNDS);
    while let Some(arg) = args.next()? {
        match arg {
            Value(path) => programs.push(PathBuf::from(path)),
            Long("only") => only = Some(args.value()?.string()?),
            Long("rounds") => rounds = args.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    let [gateway, websocat] = <[PathBuf; 2]>::try_from(programs)
        .ok()
        .context("usage: mqttscope-bench-gateway GATEWAY WEBSOCAT [--only TEXT] [--rounds N]")?;
    ensure!(rounds > 0, "nothing is measured in no round");
    let ways = [Way::tcp(), Way::gateway(gateway), Way::websocat(websocat)];
    let rows: Vec<Row> = rows::all()
        .into_iter()
        .filter(|row| only.as_ref().is_none_or(|text| row.name.contains(text.as_str())))
        .collect();
    if rows.is_empty() {
        bail!("no row has '{}' in its name", only.unwrap_or_default());
    }
    let header: Vec<&str> =
        ["", "unit"].into_iter().chain(ways.iter().map(|way| way.name)).chain(["ratio"]).collect();
    let mut table = Table::new(&header);
    for row in rows {
        eprintln!("{}", row.name);
        let figures = measure(&row, &ways, rounds)?;
        table.add(cells(&row, &figures));
    }
    println!(
        "\n{rounds} rounds in turn, the median of each; the ratio is ours to websocat's, above 1 is ahead.\n"
    );
    table.print();
    Ok(())
}

/// The median of each way, which have their turns one after the other.
fn measure(row: &Row, ways: &[Way], rounds: usize) -> Result<Vec<Option<f64>>> {
    let mut figures = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for (way, figures) in ways.iter().zip(&mut figures) {
            if way.has_process() || !row.is_of_process {
                let figure = (row.measure)(way);
                figures.push(figure.with_context(|| format!("{}, {}", row.name, way.name))?);
            }
        }
    }
    Ok(figures.into_iter().map(median).collect())
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

fn cells(row: &Row, figures: &[Option<f64>]) -> Vec<String> {
    let ratio = match (figures, row.unit.is_better_above()) {
        ([_, Some(ours), Some(theirs)], true) => Some(ours / theirs),
        ([_, Some(ours), Some(theirs)], false) => Some(theirs / ours),
        _ => None,
    };
    let shown = |figure: &Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| row.unit.shown(figure));
    let mut cells = vec![row.name.clone(), row.unit.name().to_owned()];
    cells.extend(figures.iter().map(shown));
    cells.push(ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
    cells
}

const ROUNDS: usize = 3;
