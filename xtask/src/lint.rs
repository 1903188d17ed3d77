//! Rules of this house that clippy does not know: how versions are told apart, and what a pure crate may name.

use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace::Workspace;

/// Looks through the manifests and sources of the page and its crates, tests apart.
///
/// # Errors
/// With a line for each place that breaks a rule, `FILE:LINE: what is wrong`.
pub fn check(workspace: &Workspace) -> Result<()> {
    let findings = findings(workspace.root())?;
    if !findings.is_empty() {
        bail!("{} places break a rule of this project:\n{}", findings.len(), findings.join("\n"));
    }
    Ok(())
}

fn findings(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut look = |file: &Path, found: Vec<Finding>| {
        let file = file.strip_prefix(root).unwrap_or(file).display();
        findings.extend(found.into_iter().map(|Finding { line, words }| format!("{file}:{line}: {words}")));
    };
    let mut crates = folders_in(&root.join("crates"))?;
    crates.push(root.to_owned());
    for package in crates {
        let is_pure = package.file_name().is_some_and(|name| PURE.iter().any(|pure| name == *pure));
        if is_pure {
            let manifest = package.join("Cargo.toml");
            look(&manifest, impure_dependencies(&read(&manifest)?));
        }
        for file in sources_in(&package.join("src"))? {
            let source = parse(&file)?;
            look(&file, half_matched_versions(source.clone()));
            if is_pure {
                look(&file, outside_world(source));
            }
        }
    }
    Ok(findings)
}

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    words: String,
}

fn finding(token: &TokenTree, words: impl Into<String>) -> Finding {
    Finding { line: token.span().start().line, words: words.into() }
}

/// Comparisons with one version, and matches that take the other versions together: a version more would be
/// treated as one of the others without anybody having decided so.
fn half_matched_versions(source: TokenStream) -> Vec<Finding> {
    let mut found = Vec::new();
    let imported = names_imported_from_version(&source);
    Versions { imported }.look(&tokens_of(source), &mut found);
    found
}

struct Versions {
    /// Versions that a `use` has made known by their last name.
    imported: BTreeSet<String>,
}

impl Versions {
    fn look(&self, tokens: &[TokenTree], found: &mut Vec<Finding>) {
        for (at, token) in tokens.iter().enumerate() {
            let rest = &tokens[at + 1..];
            match token {
                TokenTree::Group(group) => self.look(&tokens_of(group.stream()), found),
                TokenTree::Ident(word) if word == "match" => found.extend(self.arms_that_take_the_rest(rest)),
                TokenTree::Ident(word) if word == "let" && self.names_a_version(pattern_of_let(rest)) => {
                    found.push(finding(token, "`let` with one version: match on all of them"));
                }
                TokenTree::Ident(word) if word == "matches" => {
                    if let [bang, TokenTree::Group(asked), ..] = rest
                        && is_punct(bang, '!')
                        && self.names_a_version(&tokens_of(asked.stream()))
                    {
                        found.push(finding(token, "`matches!` with one version: match on all of them"));
                    }
                }
                _ if is_comparison(&tokens[at..]) && self.stands_beside(tokens, at) => {
                    found.push(finding(token, "a comparison with one version: match on all of them"));
                }
                _ => {}
            }
        }
    }

    /// The arms of a match on a version that stand for whatever no other arm has named.
    fn arms_that_take_the_rest(&self, behind_match: &[TokenTree]) -> Vec<Finding> {
        let body = behind_match.iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
            _ => None,
        });
        let tokens = body.map(tokens_of).unwrap_or_default();
        let patterns = patterns(&tokens);
        if !patterns.iter().any(|pattern| self.names_a_version(pattern)) {
            return Vec::new();
        }
        let takes_the_rest = |pattern: &&[TokenTree]| match pattern {
            [TokenTree::Ident(name)] => is_wildcard(name),
            [TokenTree::Ident(name), TokenTree::Ident(guard), ..] => is_wildcard(name) && guard == "if",
            _ => false,
        };
        let arms = patterns.into_iter().filter(takes_the_rest);
        arms.map(|pattern| finding(&pattern[0], "an arm for all other versions: name each of them")).collect()
    }

    fn names_a_version(&self, tokens: &[TokenTree]) -> bool {
        (0..tokens.len()).any(|at| match &tokens[at] {
            TokenTree::Group(group) => self.names_a_version(&tokens_of(group.stream())),
            _ => self.ends_with_version(&tokens[..=at]),
        })
    }

    /// Whether the last of the tokens is a version, alone or in `Some(..)`.
    fn ends_with_version(&self, tokens: &[TokenTree]) -> bool {
        match tokens {
            [.., TokenTree::Ident(kind), first, second, TokenTree::Ident(name)]
                if is_punct(first, ':') && is_punct(second, ':') =>
            {
                (kind == "ProtocolVersion" || kind == "Self") && is_version(name)
            }
            [.., TokenTree::Ident(name)] => self.imported.contains(&name.to_string()),
            [.., TokenTree::Ident(some), TokenTree::Group(inner)] if some == "Some" => {
                self.names_a_version(&tokens_of(inner.stream()))
            }
            _ => false,
        }
    }

    /// Whether the comparison at this place has a version on either side.
    fn stands_beside(&self, tokens: &[TokenTree], at: usize) -> bool {
        self.ends_with_version(&tokens[..at]) || self.begins_with_version(&tokens[at + 2..])
    }

    fn begins_with_version(&self, tokens: &[TokenTree]) -> bool {
        let is_prefix = |token: &&TokenTree| is_punct(token, '&') || is_punct(token, '*');
        let start = tokens.iter().take_while(is_prefix).count();
        let tokens = &tokens[start..];
        let of_path = |token: &&TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(token, ':');
        let end = tokens.iter().take_while(of_path).count();
        self.ends_with_version(&tokens[..end])
            || self.ends_with_version(&tokens[..(end + 1).min(tokens.len())])
    }
}

/// The names in `use ..ProtocolVersion::{self, V31, V311}` and in `use ..ProtocolVersion::V31`.
fn names_imported_from_version(source: &TokenStream) -> BTreeSet<String> {
    let tokens = tokens_of(source.clone());
    let mut names = BTreeSet::new();
    for at in 0..tokens.len() {
        let TokenTree::Ident(word) = &tokens[at] else { continue };
        if word != "use" {
            continue;
        }
        let path: Vec<_> = tokens[at..].iter().take_while(|token| !is_punct(token, ';')).cloned().collect();
        let Some(version) = path.iter().position(|token| is_ident(token, "ProtocolVersion")) else {
            continue;
        };
        for token in &path[version..] {
            match token {
                TokenTree::Ident(name) if is_version(name) => _ = names.insert(name.to_string()),
                TokenTree::Group(group) => {
                    let inner = tokens_of(group.stream());
                    names.extend(inner.iter().filter_map(|token| match token {
                        TokenTree::Ident(name) if is_version(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
    }
    names
}

/// The patterns of a match's arms, with their guards.
fn patterns(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut patterns = Vec::new();
    let mut rest = tokens;
    while let Some(arrow) = (0..rest.len()).find(|at| is_arrow(&rest[*at..])) {
        patterns.push(&rest[..arrow]);
        rest = &rest[arrow + 2..];
        let is_block = matches!(rest, [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace);
        let end = if is_block { 0 } else { rest.iter().take_while(|token| !is_punct(token, ',')).count() };
        rest = &rest[(end + 1).min(rest.len())..];
        if let [comma, ..] = rest
            && is_block
            && is_punct(comma, ',')
        {
            rest = &rest[1..];
        }
    }
    patterns
}

/// What stands between `let` and `=`.
fn pattern_of_let(behind_let: &[TokenTree]) -> &[TokenTree] {
    let end = behind_let.iter().take_while(|token| !is_punct(token, '=') && !is_punct(token, ';')).count();
    &behind_let[..end]
}

/// What a pure crate names of the world outside, in its code.
fn outside_world(source: TokenStream) -> Vec<Finding> {
    let mut found = Vec::new();
    look_for_std(&tokens_of(source), &mut found);
    found
}

fn look_for_std(tokens: &[TokenTree], found: &mut Vec<Finding>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => look_for_std(&tokens_of(group.stream()), found),
            TokenTree::Ident(word) if word == "std" => {
                for name in names_below(&tokens[at + 1..]) {
                    if OUTSIDE.iter().any(|outside| name == *outside) {
                        found
                            .push(finding(token, format!("std's `{name}` in a crate without I/O and clock")));
                    }
                }
            }
            _ => {}
        }
    }
}

/// All names of the path that goes on with these tokens: of `::time::{Duration, Instant}` all three.
fn names_below(tokens: &[TokenTree]) -> Vec<Ident> {
    match tokens {
        [first, second, TokenTree::Ident(name), rest @ ..]
            if is_punct(first, ':') && is_punct(second, ':') =>
        {
            [vec![name.clone()], names_below(rest)].concat()
        }
        [first, second, TokenTree::Group(group), ..] if is_punct(first, ':') && is_punct(second, ':') => {
            names_within(group.stream())
        }
        _ => Vec::new(),
    }
}

fn names_within(stream: TokenStream) -> Vec<Ident> {
    let names = stream.into_iter().map(|token| match token {
        TokenTree::Ident(name) => vec![name],
        TokenTree::Group(group) => names_within(group.stream()),
        _ => Vec::new(),
    });
    names.collect::<Vec<_>>().concat()
}

/// Dependencies of a manifest that a pure crate must not have; what only its tests need is free.
fn impure_dependencies(manifest: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut in_dependencies = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        let mut names = Vec::new();
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default();
            // `[target.'cfg(..)'.dependencies.tokio]`: what stands behind the last `dependencies.` is a name.
            let is_free = section.contains("dev-dependencies");
            in_dependencies = !is_free && section.ends_with("dependencies");
            names.extend(section.split_once("dependencies.").filter(|_| !is_free).map(|(_, name)| name));
        } else if in_dependencies {
            names.push(line.split(['.', '=', ' ']).next().unwrap_or_default());
        }
        // A dependency may go by another name than its own: `clock = { package = "gloo-timers" }`.
        if let Some((_, package)) = line.split_once("package = \"") {
            names.extend(package.split('"').next());
        }
        for name in names.iter().map(|name| name.trim_matches('"')) {
            if IMPURE.iter().any(|impure| name == *impure || name.starts_with(&format!("{impure}-"))) {
                found.push(Finding { line: index + 1, words: format!("{name} in a crate without I/O") });
            }
        }
    }
    found
}

/// The tokens without those of items that are there for tests only.
fn tokens_of(stream: TokenStream) -> Vec<TokenTree> {
    let mut tokens: Vec<TokenTree> = Vec::new();
    let mut stream = stream.into_iter();
    while let Some(token) = stream.next() {
        let is_test = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket
            && group.stream().to_string().replace(' ', "") == "cfg(test)")
            && tokens.last().is_some_and(|token| is_punct(token, '#'));
        if !is_test {
            tokens.push(token);
            continue;
        }
        tokens.pop();
        let is_end = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => is_punct(token, ';'),
        };
        stream.find(is_end);
    }
    tokens
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// `==` or `!=` at the start of the tokens.
fn is_comparison(tokens: &[TokenTree]) -> bool {
    match tokens {
        [first, second, ..] => (is_punct(first, '=') || is_punct(first, '!')) && is_punct(second, '='),
        _ => false,
    }
}

fn is_arrow(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [first, second, ..] if is_punct(first, '=') && is_punct(second, '>'))
}

/// `_`, or a name that takes whatever comes.
fn is_wildcard(name: &Ident) -> bool {
    name.to_string().starts_with(|first: char| first == '_' || first.is_lowercase())
}

/// A variant of `ProtocolVersion`: `V31`, `V311`, and whatever comes.
fn is_version(name: &Ident) -> bool {
    let name = name.to_string();
    name.strip_prefix('V')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn parse(file: &Path) -> Result<TokenStream> {
    let source: Result<TokenStream, _> = read(file)?.parse();
    source.map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The Rust files in a folder and all below it, but those that hold a module's tests.
fn sources_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries_of(folder)? {
        if path.is_dir() {
            files.extend(sources_in(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries_of(folder)?.into_iter().filter(|path| path.join("Cargo.toml").is_file()).collect())
}

fn entries_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Crates without I/O, clock and DOM, so that all of them is tested natively.
const PURE: [&str; 10] = [
    "mqttscope-proto",
    "mqttscope-text",
    "mqttscope-message",
    "mqttscope-search",
    "mqttscope-compare",
    "mqttscope-log",
    "mqttscope-client",
    "mqttscope-engine",
    "mqttscope-link",
    "mqttscope-view",
];

/// Crates that do I/O, ask for the time or know a DOM, with all whose names begin like theirs.
const IMPURE: [&str; 6] = ["web-sys", "js-sys", "wasm-bindgen", "tokio", "yew", "gloo"];

/// What the standard library has of the world outside. In a browser, asking for the time panics.
const OUTSIDE: [&str; 4] = ["Instant", "SystemTime", "net", "fs"];

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(found: Vec<Finding>) -> Vec<usize> {
        found.into_iter().map(|finding| finding.line).collect()
    }

    fn versions(source: &str) -> Vec<usize> {
        lines(half_matched_versions(source.parse().expect("it is Rust")))
    }

    fn outside(source: &str) -> Vec<usize> {
        lines(outside_world(source.parse().expect("it is Rust")))
    }

    #[test]
    fn a_comparison_with_a_version_is_found() {
        for bad in [
            "fn f() { if version == ProtocolVersion::V31 { g() } }",
            "fn f() -> bool { self.version != crate::ProtocolVersion::V311 }",
            "fn f() -> bool { ProtocolVersion::V5 == version }",
            "fn f() -> bool { connect.version() != Some(ProtocolVersion::V31) }",
            "fn f() -> bool { *version == &ProtocolVersion::V31 }",
            "fn f() -> bool { matches!(version, ProtocolVersion::V31) }",
            "fn f() { if let Some(ProtocolVersion::V31) = version { g() } }",
            "impl ProtocolVersion { fn f(self) -> bool { self == Self::V31 } }",
            "use mqttscope_proto::ProtocolVersion::{self, V31}; fn f() -> bool { version == V31 }",
        ] {
            assert_eq!(versions(bad), [1], "{bad}");
        }
    }

    #[test]
    fn an_arm_for_all_other_versions_is_found() {
        let matched = |last: &str| {
            versions(&format!(
                "fn f() {{\nmatch version {{\nProtocolVersion::V31 if a => 1,\nProtocolVersion::V31 => {{ 2 }}\n{last} => 3,\n}}\n}}"
            ))
        };
        assert_eq!(matched("_"), [5]);
        assert_eq!(matched("_ if late"), [5]);
        assert_eq!(matched("other"), [5]);
        assert_eq!(matched("ProtocolVersion::V311"), NONE);
        assert_eq!(matched("ProtocolVersion::V311 | ProtocolVersion::V5"), NONE);
        assert_eq!(versions("fn f() { match level {\n3 => Some(Self::V31),\n_ => None\n} }"), NONE);
        assert_eq!(
            versions("fn f() { match v {\nSelf::V31 => match n { 0 => 1, _ => 2 },\nSelf::V311 => 3\n} }"),
            NONE
        );
    }

    #[test]
    fn what_is_no_version_may_be_compared() {
        for good in [
            "const V311: u8 = 4; fn f() -> bool { bits & V311 != 0 }",
            "fn f() { let version = ProtocolVersion::V31; }",
            "fn f() -> bool { kind == Kind::V31 }",
            "fn f() -> bool { text == \"ProtocolVersion::V31\" } // version == ProtocolVersion::V31",
            "#[cfg(test)] mod tests { fn f() -> bool { version == ProtocolVersion::V31 } } fn g() {}",
        ] {
            assert_eq!(versions(good), NONE, "{good}");
        }
    }

    #[test]
    fn the_world_outside_is_found_in_a_pure_crate() {
        let source = "use std::fs;\nuse std::time::{Duration, Instant};\nuse std::{fmt, net::TcpStream};\n\
            fn f() { std::time::SystemTime::now(); }\nuse std::time::Duration;\nuse std::fmt;\n\
            fn g() { log.net(fs) }\n#[cfg(test)]\nuse std::fs;\n";
        assert_eq!(outside(source), [1, 2, 3, 4]);
    }

    #[test]
    fn what_needs_a_browser_or_a_runtime_is_found_in_a_manifest() {
        let manifest = "[package]\nname = \"tokio-free\"\n[dependencies]\nserde = \"1\"\ngloo-timers = \"0.3\"\n\
            clock = { package = \"js-sys\", version = \"0.3\" }\n[dependencies.web-sys]\nversion = \"0.3\"\n\
            [target.'cfg(unix)'.dependencies]\ntokio.workspace = true\n[dev-dependencies]\ntokio = \"1\"\n\
            [dev-dependencies.yew]\nversion = \"1\"\n";
        assert_eq!(lines(impure_dependencies(manifest)), [5, 6, 7, 10]);
    }

    #[test]
    fn a_finding_names_its_file_and_line() {
        let root = std::env::temp_dir().join(format!("xtask-lint-{}", std::process::id()));
        let package = root.join("crates/mqttscope-log");
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder is made");
            fs::write(path, text).expect("a file is written");
        };
        write(package.join("Cargo.toml"), "[dependencies]\ntokio = \"1\"\n");
        write(package.join("src/lib.rs"), "\nuse std::fs;\n");
        write(package.join("src/tests.rs"), "use std::fs;\n");
        write(root.join("src/main.rs"), "use std::fs;\nfn f() { v == ProtocolVersion::V31; }\n");
        let found = findings(&root).expect("all can be read");
        fs::remove_dir_all(&root).expect("it was made here");
        let found: Vec<_> = found.iter().filter_map(|line| line.rsplit_once(": ")).collect();
        let places: Vec<_> =
            found.iter().map(|(place, _)| place.split(": ").next().unwrap_or(place)).collect();
        assert_eq!(
            places,
            ["crates/mqttscope-log/Cargo.toml:2", "crates/mqttscope-log/src/lib.rs:2", "src/main.rs:2"]
        );
    }
}
