//! The fuzz target without a fuzzer: over its corpus, and over all that is left of each input when a byte is taken
//! out or made another.

#[path = "../../../fuzz/src/native.rs"]
#[allow(dead_code, reason = "it makes its own inputs from the corpus")]
mod native;
#[path = "../../../fuzz/src/search.rs"]
mod target;

#[test]
fn search() {
    for input in native::read(&["search"]) {
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
    native::run(target::run, input);
}
