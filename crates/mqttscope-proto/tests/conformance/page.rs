//! The tables of `docs/conformance.md`.

use mqttscope_proto::ProtocolVersion;

use crate::sources::{read, root};

pub const COLUMNS: [&str; 5] = ["Clause", "Rule", "Where", "Test", "Broken on purpose by"];

/// A row of a table.
pub struct Row {
    pub clause: String,
    pub rule: String,
    pub places: String,
    pub tests: String,
    pub broken_by: String,
}

/// The tables of the page, of one version after the other.
pub struct Page {
    v311: Vec<Row>,
    v31: Vec<Row>,
    v5: Vec<Row>,
}

impl Page {
    pub fn read() -> Self {
        let text = read(&root().join("docs/conformance.md"));
        let (before, v5) = text.split_once("\n## MQTT 5\n").expect("the page has a part for 5");
        let (before, v31) = before.split_once("\n## MQTT 3.1\n").expect("the page has a part for 3.1");
        let (_, v311) = before.split_once("\n## MQTT 3.1.1\n").expect("the page has a part for 3.1.1");
        let page = Self { v311: rows_of(v311), v31: rows_of(v31), v5: rows_of(v5) };
        assert!(page.v311.len() > 80 && page.v31.len() > 60, "the tables are cut short");
        page
    }

    /// The rows of a version.
    pub fn of(&self, version: ProtocolVersion) -> &[Row] {
        match version {
            ProtocolVersion::V31 => &self.v31,
            ProtocolVersion::V311 => &self.v311,
            ProtocolVersion::V5 => &self.v5,
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.v311.iter().chain(&self.v31).chain(&self.v5)
    }
}

impl Row {
    /// The sections that it is about; a row about numbered statements is about none.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.clause.split(", ").filter(|clause| !clause.starts_with('['))
    }
}

/// What stands between backticks.
pub fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn rows_of(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|--")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [clause, rule, places, tests, broken_by] = cells[..] else { panic!("five columns: {line}") };
        if cells != COLUMNS {
            let [clause, rule, places, tests, broken_by] =
                [clause, rule, places, tests, broken_by].map(str::to_owned);
            rows.push(Row { clause, rule, places, tests, broken_by });
        }
    }
    rows
}
