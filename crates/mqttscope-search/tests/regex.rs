//! The own regular expressions against those of the `regex` crate.

use mqttscope_search::Regex;
use proptest::prelude::*;

fn atom() -> impl Strategy<Value = String> {
    let literals = ["a", "b", "B", "c", "1", "_", " ", "é", "\\.", "\\n", "\\x80", "\\\\"];
    // Longer and shorter than what is looked for before the automaton runs.
    let words = ["abc", "aBca", "b1_a", "1é", "aabbaabbaabbaabbaabb"];
    let sets = [
        "[ab]",
        "[^a]",
        "[a-c1]",
        "[^\\d\\s]",
        "[]a]",
        "[a-]",
        "[\\w-]",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
    ];
    prop_oneof![
        6 => proptest::sample::select(literals.to_vec()).prop_map(str::to_owned),
        3 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        3 => proptest::sample::select(sets.to_vec()).prop_map(str::to_owned),
        2 => Just(".".to_owned()),
        1 => Just("^".to_owned()),
        1 => Just("$".to_owned()),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    atom().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 0..4).prop_map(|parts| parts.concat()),
            1 => proptest::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join("|"))),
            2 => (inner, proptest::sample::select(&["*", "+", "?", "*?", "+?", "??", "{2}?", "{2,3}?", "+??", "+*", "{2}", "{0}", "{0,2}", "{1,}", "{0,}", "{2,3}", "{2}+"][..]))
                .prop_map(|(part, sign)| format!("({part}){sign}")),
        ]
    })
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let bytes = b"aabbBc1_ \n.\\\x80\xc3\xa9";
    let words = ["abc", "aBca", "ABCA", "b1_a", "1é", "aabbaabbaabbaabbaabb", "aabbaabb"];
    let piece = prop_oneof![
        4 => proptest::sample::select(bytes.to_vec()).prop_map(|byte| vec![byte]),
        1 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn matches_as_the_regex_crate_does(
        pattern in pattern(),
        ignore_case: bool,
        texts in proptest::collection::vec(text(), 1..6),
    ) {
        let theirs = regex::bytes::RegexBuilder::new(&pattern)
            .unicode(false)
            .case_insensitive(ignore_case)
            .build()
            .expect("a well-formed pattern");
        let mut ours = Regex::new(&pattern, ignore_case).expect("a well-formed pattern");
        for text in texts {
            prop_assert_eq!(ours.is_match(&text), theirs.is_match(&text), "/{}/ in {:?}", pattern, text);
        }
    }

    #[test]
    fn any_pattern_is_compiled_or_refused_in_its_bounds(pattern in "\\PC{0,30}|[-\\[\\]()*+?{,}^$|.a\\\\x0-9]{0,30}") {
        match Regex::new(&pattern, true) {
            Ok(mut regex) => { regex.is_match(b"some text"); }
            Err(error) => prop_assert!(error.offset <= pattern.len() && pattern.is_char_boundary(error.offset)),
        }
    }
}

/// More sets of states than are remembered, so that they are forgotten and found again.
#[test]
fn many_states_are_forgotten_and_still_right() {
    let pattern = format!("b{}c", "[ab]".repeat(14));
    let theirs = regex::bytes::Regex::new(&pattern).expect("well-formed");
    let mut ours = Regex::new(&pattern, false).expect("well-formed");
    let mut seed = 7_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 16
    };
    for _ in 0..200 {
        let text: Vec<u8> =
            (0..300).map(|_| if random() % 60 == 0 { b'c' } else { b'a' + (random() % 2) as u8 }).collect();
        assert_eq!(ours.is_match(&text), theirs.is_match(&text));
    }
}

#[test]
fn time_grows_with_the_text_alone() {
    let text = vec![b'a'; 200_000];
    for pattern in ["(a*)*b", "(a|a)*b", "a?a?a?a?a?a?a?a?a?a?b", "(a+)+$b", ".*.*.*.*.*x", "(a?){80}a{80}b"]
    {
        let mut regex = Regex::new(pattern, false).expect("well-formed");
        assert!(!regex.is_match(&text), "{pattern}");
    }
}

#[test]
fn braces_that_count_nothing_stand_for_themselves() {
    for (pattern, text) in [
        (r#"{"value":\d{2}\.\d+}"#, r#"{"value":21.50}"#),
        ("a{,3}", "a{,3}"),
        ("a{}", "a{}"),
        ("a{x}", "a{x}"),
        ("a{1", "a{1"),
        ("{2}", "{2}"),
    ] {
        let mut regex = Regex::new(pattern, false).expect("well-formed");
        assert!(regex.is_match(text.as_bytes()), "{pattern}");
        assert!(!regex.is_match(b"aaa"), "{pattern}");
    }
}

#[test]
fn counts_do_not_make_a_pattern_grow_without_end() {
    for pattern in ["((a{15}){15}){15}", "((a{0}){100}){100}", &"a{250}".repeat(9)] {
        assert!(Regex::new(pattern, false).is_err(), "{pattern}");
    }
    for pattern in ["a{250}", "(a{0}){100}", &"a".repeat(1_000), &"(|)".repeat(333)] {
        assert!(Regex::new(pattern, false).is_ok(), "{pattern}");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let cases = [
        ("a(b", 1),
        ("a)", 1),
        ("[a", 0),
        ("*a", 0),
        ("a|+", 2),
        ("[b-a]", 1),
        ("a\\", 1),
        ("\\q", 0),
        ("\\xg1", 0),
        ("[aä]", 2),
        ("x[a-\\d]", 4),
        ("a{3,2}", 1),
        ("ab{251}", 2),
        ("(a{50}){6}", 7),
        ("(a{99999999999999999999}){2}", 2),
    ];
    for (pattern, offset) in cases {
        assert_eq!(
            Regex::new(pattern, false).map(drop).map_err(|error| error.offset),
            Err(offset),
            "{pattern}"
        );
    }
    assert!(Regex::new(&"(".repeat(100_000), false).is_err());
    assert!(Regex::new(&"a".repeat(100_000), false).is_err());
}
