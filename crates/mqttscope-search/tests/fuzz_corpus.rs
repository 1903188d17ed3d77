//! The fuzz target without a fuzzer: over its corpus, and over all that is left of each input when a byte is taken
//! out or made another.

#[path = "../../../fuzz/src/search.rs"]
mod target;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[test]
fn search() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/search");
    let entries = fs::read_dir(&folder).expect("the corpus is there");
    let inputs: Vec<_> = entries
        .map(|entry| fs::read(entry.expect("it is an entry").path()).expect("a seed can be read"))
        .collect();
    assert!(!inputs.is_empty(), "the corpus is empty");
    for input in inputs {
        check(&input);
        for at in 0..input.len() {
            check(&[&input[..at], &input[at + 1..]].concat());
            for byte in *b"a\n(|)[]^-*?{,}\\$.\xc3" {
                check(&[&input[..at], &[byte], &input[at + 1..]].concat());
            }
        }
    }
}

fn check(input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target::run(input))) {
        eprintln!("the input is {:?}", String::from_utf8_lossy(input));
        std::panic::resume_unwind(panic);
    }
}
