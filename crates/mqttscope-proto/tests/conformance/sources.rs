//! The sources of the crate and of its tests: what they define, and which clauses they name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mqttscope_proto::ProtocolVersion;

/// Files that were read, by the name that the page gives them.
#[derive(Default)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    pub fn get(&mut self, file: &str) -> &str {
        self.0.entry(file.to_owned()).or_insert_with(|| match file.strip_prefix('/') {
            Some(file) => read(&root().join(file)),
            None => read(&package().join(file)),
        })
    }
}

/// The files of the crate's own sources.
pub fn source_files() -> Vec<PathBuf> {
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

/// The strings of a source that are clauses, each with the version whose clause it is.
///
/// A section names its version itself. Of a numbered statement it is the version of the field or function that stands
/// before it: the numbers of 3.1.1 and 5 are the same for other rules.
pub fn clauses_in(source: &str) -> Vec<(ProtocolVersion, &str)> {
    let mut clauses = Vec::new();
    let mut start = 0;
    for quoted in source.split('"') {
        let before = &source[..start];
        start += quoted.len() + 1;
        // An example in the documentation answers what a call says.
        if before.lines().next_back().is_some_and(|line| line.trim_start().starts_with("//")) {
            continue;
        }
        let named = SECTIONS.iter().find(|(_, words)| quoted.starts_with(words)).map(|&(version, _)| version);
        if let Some(version) = named {
            clauses.push((version, quoted));
        } else if quoted.starts_with("[MQTT-") {
            let marked = MARKS.iter().filter_map(|&(version, mark)| Some((before.rfind(mark)?, version)));
            let (_, version) = marked.max_by_key(|&(at, _)| at).expect("a version is named before a clause");
            clauses.push((version, quoted));
        }
    }
    clauses
}

/// How a clause that is a section begins.
const SECTIONS: [(ProtocolVersion, &str); 3] = [
    (ProtocolVersion::V31, "MQTT 3.1, "),
    (ProtocolVersion::V311, "MQTT 3.1.1, "),
    (ProtocolVersion::V5, "MQTT 5, "),
];

/// What stands before the clauses of a version: fields of `Clauses`, and functions that fill only one of them.
const MARKS: [(ProtocolVersion, &str); 7] = [
    (ProtocolVersion::V31, "v31:"),
    (ProtocolVersion::V311, "v311:"),
    (ProtocolVersion::V5, "v5:"),
    (ProtocolVersion::V5, "in_v5("),
    (ProtocolVersion::V5, "fn clause(&self) ->"),
    (ProtocolVersion::V5, " def("),
    (ProtocolVersion::V5, " bits("),
];

/// Whether a line of the source defines a function, a type, a constant, a field or a variant of this name.
pub fn defines(source: &str, item: &str) -> bool {
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
pub fn has_test(file: &str, source: &str, function: &str) -> bool {
    let Some(at) = source.find(&format!("fn {function}(")) else { return false };
    if file.starts_with("/tests/e2e/src/scenarios/") {
        return read(&root().join("tests/e2e/src/scenarios/mod.rs")).contains(function);
    }
    let before = &source[..at];
    before.rfind("#[test]").is_some_and(|test| !before[test..].contains("fn "))
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The root of the project.
pub fn root() -> PathBuf {
    package().join("../..")
}

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
