//! Holds `docs/conformance.md` to the statements of 3.1.1 and 5, to the crate's items and to its tests.

mod page;
mod sources;
mod statements;

use std::collections::BTreeSet;

use mqttscope_proto::ProtocolVersion::{self, V5, V31, V311};
use page::{COLUMNS, Page, code_spans};
use sources::{Sources, clauses_in, defines, has_test, read, source_files};

#[test]
fn every_statement_that_concerns_a_client_has_a_row() {
    let page = Page::read();
    for (version, count) in [(V311, 141), (V5, 251)] {
        let known = statements::all(version);
        assert_eq!(known.len(), count);
        let mut in_table = BTreeSet::new();
        for row in page.of(version) {
            for statement in statements::named_in(&row.clause) {
                assert!(known.contains(&statement), "{statement} is no statement of {version}");
                assert!(in_table.insert(statement.clone()), "{statement} of {version} has two rows");
            }
        }
        for statement in statements::of_client(version) {
            assert!(known.contains(&statement), "{statement} is no statement of {version}");
            assert!(in_table.contains(&statement), "{statement} of {version} has no row");
        }
    }
}

#[test]
fn every_section_of_3_1_has_a_row_and_every_row_its_section() {
    let page = Page::read();
    let mut numbers = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for row in page.of(V31) {
        let (number, clause) = row.clause.split_once(' ').expect("a number stands before the clause");
        assert!(numbers.insert(number), "{number} has two rows");
        let heading = clause.split(',').next().unwrap_or_default();
        let (section, _) = number.split_once('-').expect("a section and a running number");
        let expected = statements::SECTIONS_OF_31.iter().find(|(number, _)| *number == section);
        match expected {
            Some((_, expected)) => assert_eq!(heading, *expected, "{number}"),
            None => assert_eq!((section, heading), ("A", "Appendix A"), "{number}"),
        }
        seen.insert(section);
    }
    for (section, heading) in statements::SECTIONS_OF_31 {
        assert!(seen.contains(section), "{section} {heading} has no row");
    }
}

#[test]
fn no_section_of_3_1_1_or_5_has_two_rows() {
    let page = Page::read();
    for version in [V311, V5] {
        let mut seen = BTreeSet::new();
        for section in page.of(version).iter().flat_map(page::Row::sections) {
            let is_number = section.strip_prefix("table ").unwrap_or(section);
            let is_number = is_number.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
            assert!(is_number && !section.is_empty(), "{section:?} is no section");
            assert!(seen.insert(section), "{section} of {version} has two rows");
        }
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
    let page = Page::read();
    let tables = ProtocolVersion::ALL.map(|version| Table::of(version, &page));
    let known: BTreeSet<_> = ProtocolVersion::ALL.into_iter().flat_map(statements::all).collect();
    let mut named = [0; 3];
    for path in source_files() {
        let (source, path) = (read(&path), path.display());
        // What the documentation names is of 3.1.1 or of 5.
        for statement in statements::named_in(&source) {
            assert!(known.contains(&statement), "{path}: {statement} is no statement");
        }
        for (version, clause) in clauses_in(&source) {
            let at = usize::from(version.level() - V31.level());
            named[at] += 1;
            if version != V5
                && let Err(missing) = tables[at].look_up(clause)
            {
                panic!("{path}: {missing} of {version} has no row");
            }
        }
    }
    assert!(named.iter().all(|&count| count > 50), "clauses were looked for: {named:?}");
}

/// What has a row in the table of a version.
struct Table<'p> {
    version: ProtocolVersion,
    statements: BTreeSet<String>,
    /// Sections, or the headings of 3.1.
    sections: BTreeSet<&'p str>,
}

impl<'p> Table<'p> {
    fn of(version: ProtocolVersion, page: &'p Page) -> Self {
        let rows = page.of(version);
        let statements = rows.iter().flat_map(|row| statements::named_in(&row.clause)).collect();
        let sections = match version {
            V31 => rows.iter().filter_map(|row| Some(row.clause.split_once(' ')?.1)).collect(),
            V311 | V5 => rows.iter().flat_map(page::Row::sections).collect(),
        };
        Self { version, statements, sections }
    }

    /// Whether all that a clause names has its row; if not, what has none.
    fn look_up<'c>(&self, clause: &'c str) -> Result<(), &'c str> {
        if let Some(sections) = clause.strip_prefix("MQTT ").and_then(|rest| Some(rest.split_once(", ")?.1)) {
            let mut sections: Vec<_> = match self.version {
                V31 => vec![sections],
                V311 | V5 => sections.split(", ").flat_map(|section| section.split(" and ")).collect(),
            };
            sections.retain(|section| !self.sections.contains(section));
            return sections.first().map_or(Ok(()), |section| Err(section));
        }
        // A field's rule may be a range: of it, what concerns the client is in the table already.
        let has_rows = |statement| self.statements.contains(statement);
        if clause.contains(" to ") || statements::named_in(clause).iter().all(has_rows) {
            Ok(())
        } else {
            Err(clause)
        }
    }
}
