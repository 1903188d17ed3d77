//! What the tests share that run the targets without a fuzzer, with a stable toolchain.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

/// The folder of a corpus.
pub fn folder(corpus: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(corpus)
}

/// The inputs of some corpora, in the order of their names.
pub fn read(corpora: &[&str]) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for corpus in corpora {
        let folder = folder(corpus);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = entries.map(|entry| entry.expect("it is an entry").path()).collect();
        files.sort();
        paths.append(&mut files);
    }
    assert!(!paths.is_empty(), "the corpus is empty");
    paths.into_iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// Runs a target, and shows the input if it fails on it.
pub fn run(target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("the input is b\"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}

/// Numbers that are the same in every run: xorshift.
pub struct Random(u64);

impl Random {
    pub const fn new() -> Self {
        Self(0x6d71_7474_7363_6f70)
    }

    /// A number below another one.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }

    /// One of the bytes half of the time, any byte else.
    pub fn byte(&mut self, frequent: &[u8]) -> u8 {
        match self.below(2) {
            0 => frequent[self.below(frequent.len())],
            _ => self.below(256).to_le_bytes()[0],
        }
    }
}
