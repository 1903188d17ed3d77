//! Holds `docs/conformance.md` to the statements of 3.1.1, to the crate's items and to its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// All statements of 3.1.1, appendix B: a section, and how many it has.
///
/// The specification misspells two of them, as 3.1.2.7 and 3-8.3-4.
const STATEMENTS: [(&str, u32); 39] = [
    ("1.5.3", 3),
    ("2.2.2", 2),
    ("2.3.1", 7),
    ("3.1.0", 2),
    ("3.1.2", 24),
    ("3.1.3", 11),
    ("3.1.4", 5),
    ("3.2.0", 1),
    ("3.2.2", 6),
    ("3.3.1", 12),
    ("3.3.2", 3),
    ("3.3.4", 1),
    ("3.3.5", 2),
    ("3.6.1", 1),
    ("3.8.1", 1),
    ("3.8.3", 4),
    ("3.8.4", 6),
    ("3.9.3", 2),
    ("3.10.1", 1),
    ("3.10.3", 2),
    ("3.10.4", 6),
    ("3.12.4", 1),
    ("3.14.1", 1),
    ("3.14.4", 3),
    ("4.1.0", 2),
    ("4.3.1", 1),
    ("4.3.2", 2),
    ("4.3.3", 2),
    ("4.4.0", 1),
    ("4.5.0", 2),
    ("4.6.0", 6),
    ("4.7.1", 3),
    ("4.7.2", 1),
    ("4.7.3", 4),
    ("4.8.0", 2),
    ("6.0.0", 4),
    ("7.0.0", 2),
    ("7.1.1", 1),
    ("7.1.2", 1),
];

/// The statements that bind a client, alone or as one of two sides, or the packets that it sends and receives.
const CLIENT: [(&str, &[u32]); 34] = [
    ("1.5.3", &[1, 2, 3]),
    ("2.2.2", &[1, 2]),
    ("2.3.1", &[1, 2, 3, 5, 6, 7]),
    ("3.1.0", &[1, 2]),
    ("3.1.2", &[1, 2, 3, 4, 6, 9, 11, 13, 14, 15, 18, 19, 20, 21, 22, 23]),
    ("3.1.3", &[1, 2, 3, 4, 7, 10, 11]),
    ("3.2.0", &[1]),
    ("3.2.2", &[1, 4, 5]),
    ("3.3.1", &[1, 2, 4]),
    ("3.3.2", &[1, 2]),
    ("3.3.4", &[1]),
    ("3.6.1", &[1]),
    ("3.8.1", &[1]),
    ("3.8.3", &[1, 3, 4]),
    ("3.8.4", &[2, 5]),
    ("3.9.3", &[1, 2]),
    ("3.10.1", &[1]),
    ("3.10.3", &[1, 2]),
    ("3.10.4", &[4]),
    ("3.12.4", &[1]),
    ("3.14.1", &[1]),
    ("3.14.4", &[1, 2]),
    ("4.1.0", &[1, 2]),
    ("4.3.1", &[1]),
    ("4.3.2", &[1, 2]),
    ("4.3.3", &[1, 2]),
    ("4.4.0", &[1]),
    ("4.5.0", &[2]),
    ("4.6.0", &[1, 2, 3, 4]),
    ("4.7.1", &[1, 2, 3]),
    ("4.7.3", &[1, 2, 3]),
    ("4.8.0", &[1, 2]),
    ("6.0.0", &[1, 2, 3]),
    ("7.1.2", &[1]),
];

/// The headings of 3.1 under which its rules stand, with their numbers where they are sections.
const SECTIONS_OF_3_1: [(&str, &str); 23] = [
    ("2.1", "Fixed header"),
    ("2.2", "Variable header"),
    ("2.3", "Payload"),
    ("2.4", "Message identifiers"),
    ("2.5", "MQTT and UTF-8"),
    ("3.0", "Command messages"),
    ("3.1", "CONNECT"),
    ("3.2", "CONNACK"),
    ("3.3", "PUBLISH"),
    ("3.4", "PUBACK"),
    ("3.5", "PUBREC"),
    ("3.6", "PUBREL"),
    ("3.7", "PUBCOMP"),
    ("3.8", "SUBSCRIBE"),
    ("3.9", "SUBACK"),
    ("3.10", "UNSUBSCRIBE"),
    ("3.11", "UNSUBACK"),
    ("3.12", "PINGREQ"),
    ("3.13", "PINGRESP"),
    ("3.14", "DISCONNECT"),
    ("4.1", "Quality of Service levels and flows"),
    ("4.2", "Message delivery retry"),
    ("4.3", "Message ordering"),
];

const COLUMNS: [&str; 5] = ["Clause", "Rule", "Where", "Test", "Broken on purpose by"];

#[test]
fn every_statement_that_concerns_a_client_has_a_row() {
    let known = statements();
    assert_eq!(known.len(), 141);
    let rows = Page::read().v311;
    let mut in_table = BTreeSet::new();
    for row in &rows {
        for statement in statements_in(&row.clause) {
            assert!(known.contains(&statement), "{statement} is no statement of 3.1.1");
            assert!(in_table.insert(statement.clone()), "{statement} has two rows");
        }
    }
    let client = numbered(CLIENT.iter().map(|&(section, numbers)| (section, numbers.iter().copied())));
    for statement in client {
        assert!(known.contains(&statement), "{statement} is no statement of 3.1.1");
        assert!(in_table.contains(&statement), "{statement} has no row");
    }
}

#[test]
fn every_section_of_3_1_has_a_row_and_every_row_its_section() {
    let rows = Page::read().v31;
    let mut numbers = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for row in &rows {
        let (number, clause) = row.clause.split_once(' ').expect("a number stands before the clause");
        assert!(numbers.insert(number), "{number} has two rows");
        let heading = clause.split(',').next().unwrap_or_default();
        let (section, _) = number.split_once('-').expect("a section and a running number");
        let expected = SECTIONS_OF_3_1.iter().find(|(number, _)| *number == section);
        match expected {
            Some((_, expected)) => assert_eq!(heading, *expected, "{number}"),
            None => assert_eq!((section, heading), ("A", "Appendix A"), "{number}"),
        }
        seen.insert(section);
    }
    for (section, heading) in SECTIONS_OF_3_1 {
        assert!(seen.contains(section), "{section} {heading} has no row");
    }
}

#[test]
fn no_cell_is_empty() {
    let page = Page::read();
    for row in page.rows() {
        let cells = [&row.clause, &row.rule, &row.places, &row.tests, &row.broken_by];
        for (cell, column) in cells.into_iter().zip(COLUMNS) {
            assert!(!cell.is_empty(), "{}: {column} is empty", row.clause);
        }
        assert!(row.broken_by == "-" || row.broken_by.len() > 3, "{}: {}", row.clause, row.broken_by);
    }
}

#[test]
fn every_item_exists() {
    let page = Page::read();
    let mut sources = Sources::default();
    for row in page.rows() {
        let places = code_spans(&row.places);
        assert!(!places.is_empty(), "{} is implemented nowhere", row.clause);
        for place in places {
            let (file, item) = place.split_once("::").expect("a file and an item");
            assert!(defines(sources.get(file), item), "{}: {file} has no {item}", row.clause);
        }
    }
}

#[test]
fn every_test_exists() {
    let page = Page::read();
    let mut sources = Sources::default();
    for row in page.rows() {
        let tests = code_spans(&row.tests);
        assert!(!tests.is_empty(), "{} is not tested", row.clause);
        for test in tests {
            let (file, function) = test.split_once("::").expect("a file and a function");
            assert!(has_test(file, sources.get(file), function), "{}: {test} is no test", row.clause);
        }
    }
}

#[test]
fn every_way_to_break_a_rule_exists() {
    let page = Page::read();
    let sources: Vec<_> = source_files().iter().map(|path| read(path)).collect();
    for row in page.rows() {
        for name in code_spans(&row.broken_by) {
            let item = name.rsplit("::").next().unwrap_or_default();
            assert!(sources.iter().any(|source| defines(source, item)), "{}: there is no {name}", row.clause);
        }
    }
}

#[test]
fn every_clause_in_the_sources_is_in_the_specifications() {
    let (known, page) = (statements(), Page::read());
    let in_table: BTreeSet<_> = page.v311.iter().flat_map(|row| statements_in(&row.clause)).collect();
    let sections: BTreeSet<_> = page.v311.iter().map(|row| row.clause.as_str()).collect();
    let clauses: BTreeSet<_> = page.v31.iter().filter_map(|row| row.clause.split_once(' ')).collect();
    let clauses: BTreeSet<_> = clauses.into_iter().map(|(_, clause)| clause).collect();
    for path in source_files() {
        let (source, path) = (read(&path), path.display());
        for statement in statements_in(&source) {
            assert!(known.contains(&statement), "{path}: {statement} is no statement of 3.1.1");
        }
        for quoted in source.split('"').filter(|quoted| is_clause(quoted)) {
            // A field's rule may be a range: of it, what concerns the client is in the table already.
            for statement in statements_in(quoted).iter().filter(|_| !quoted.contains(" to ")) {
                assert!(in_table.contains(statement), "{path}: {statement} has no row");
            }
            if let Some(section) = quoted.strip_prefix("MQTT 3.1.1, ") {
                assert!(sections.contains(section), "{path}: {section} of 3.1.1 has no row");
            } else if let Some(clause) = quoted.strip_prefix("MQTT 3.1, ") {
                assert!(clauses.contains(clause), "{path}: {clause} of 3.1 has no row");
            }
        }
    }
}

/// A row of a table.
struct Row {
    clause: String,
    rule: String,
    places: String,
    tests: String,
    broken_by: String,
}

/// The tables of the page, those of 3.1.1 and those of 3.1.
struct Page {
    v311: Vec<Row>,
    v31: Vec<Row>,
}

impl Page {
    fn read() -> Self {
        let text = read(&root().join("docs/conformance.md"));
        let (before, v31) = text.split_once("\n## MQTT 3.1\n").expect("the page has a part for 3.1");
        let (_, v311) = before.split_once("\n## MQTT 3.1.1\n").expect("the page has a part for 3.1.1");
        let page = Self { v311: rows_of(v311), v31: rows_of(v31) };
        assert!(page.v311.len() > 80 && page.v31.len() > 60, "the tables are cut short");
        page
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.v311.iter().chain(&self.v31)
    }
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

/// What stands between backticks.
fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn statements() -> BTreeSet<String> {
    numbered(STATEMENTS.iter().map(|&(section, count)| (section, 1..=count)))
}

fn numbered<N: IntoIterator<Item = u32>>(
    sections: impl Iterator<Item = (&'static str, N)>,
) -> BTreeSet<String> {
    sections
        .flat_map(|(section, numbers)| {
            numbers.into_iter().map(move |number| format!("[MQTT-{section}-{number}]"))
        })
        .collect()
}

/// All `[MQTT-..]` of a text.
fn statements_in(text: &str) -> Vec<String> {
    let starts = text.match_indices("[MQTT-").map(|(at, _)| &text[at..]);
    starts.filter_map(|rest| rest.split_inclusive(']').next()).map(str::to_owned).collect()
}

fn is_clause(quoted: &str) -> bool {
    ["[MQTT-", "MQTT 3.1, ", "MQTT 3.1.1, "].iter().any(|start| quoted.starts_with(start))
}

/// Whether a line of the source defines a function, a type, a constant, a field or a variant of this name.
fn defines(source: &str, item: &str) -> bool {
    source.lines().any(|line| {
        let mut line = line.trim_start();
        for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "static ", "async "] {
            line = line.strip_prefix(word).unwrap_or(line);
        }
        for word in ["fn ", "struct ", "enum ", "trait ", "mod "] {
            line = line.strip_prefix(word).unwrap_or(line);
        }
        let after = line.strip_prefix(item).and_then(|rest| rest.chars().next());
        // A variant that ends its line has a comma: what ends otherwise is a use.
        after.is_some_and(|after| matches!(after, '(' | '<' | ':' | ',' | ' '))
    })
}

/// Whether the file has the function, as a test; the page's scenarios become tests by a macro of their module.
fn has_test(file: &str, source: &str, function: &str) -> bool {
    let Some(at) = source.find(&format!("fn {function}(")) else { return false };
    if file.starts_with("/tests/e2e/src/scenarios/") {
        return read(&root().join("tests/e2e/src/scenarios/mod.rs")).contains(function);
    }
    let before = &source[..at];
    before.rfind("#[test]").is_some_and(|test| !before[test..].contains("fn "))
}

/// Files that were read, by the name that the page gives them.
#[derive(Default)]
struct Sources(BTreeMap<String, String>);

impl Sources {
    fn get(&mut self, file: &str) -> &str {
        self.0.entry(file.to_owned()).or_insert_with(|| match file.strip_prefix('/') {
            Some(file) => read(&root().join(file)),
            None => read(&package().join(file)),
        })
    }
}

fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![package().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources can be listed") {
            let path = entry.expect("the sources can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> PathBuf {
    package().join("../..")
}
