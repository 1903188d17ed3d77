//! Payloads as lines: by value, against serde_json, and any window of any bytes.

use mqttscope_log::payload::{Line, View, Viewer, guess, image_type};
use proptest::prelude::*;

const VIEWS: [View; 6] = [View::Text, View::Json, View::Hex, View::Base64, View::Cbor, View::MessagePack];

fn all(view: View, payload: &[u8]) -> Vec<Line> {
    let mut viewer = Viewer::new(view);
    assert!(viewer.advance(payload, usize::MAX));
    let lines = viewer.window(payload, 0, usize::MAX);
    assert_eq!(lines.len(), viewer.lines());
    lines
}

fn texts(view: View, payload: &[u8]) -> Vec<String> {
    all(view, payload).into_iter().map(|line| line.text).collect()
}

/// The lines as one, without their indentation.
fn joined(view: View, payload: &[u8]) -> String {
    texts(view, payload).iter().map(|line| line.trim_start()).collect::<Vec<_>>().join(" ")
}

fn faults(view: View, payload: &[u8]) -> Vec<(usize, &'static str)> {
    all(view, payload)
        .into_iter()
        .filter_map(|line| line.fault.map(|words| (line.range.end, words)))
        .collect()
}

fn json() -> impl Strategy<Value = String> {
    let blank = proptest::sample::select(vec!["", " ", "\n\t"]);
    let leaf = proptest::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "-1.5e+3",
        "12",
        "\"\"",
        "\"a\\n\\\"b\"",
        "\"é\\u00e9\"",
        "\"x, y: [1]\"",
    ]);
    (leaf, blank.clone()).prop_map(|(leaf, blank)| format!("{blank}{leaf}{blank}")).prop_recursive(
        4,
        30,
        5,
        move |inner| {
            let key = proptest::sample::select(vec!["\"a\"", " \"b c\" ", "\"\""]);
            prop_oneof![
                (proptest::collection::vec(inner.clone(), 0..5), blank.clone())
                    .prop_map(|(items, blank)| format!("[{blank}{}{blank}]", items.join(","))),
                (proptest::collection::vec((key, inner), 0..5), blank.clone()).prop_map(
                    |(members, blank)| {
                        let members: Vec<_> =
                            members.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                        format!("{{{blank}{}{blank}}}", members.join(","))
                    }
                ),
            ]
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn json_keeps_its_meaning(text in json()) {
        let lines = texts(View::Json, text.as_bytes());
        let is: serde_json::Value = serde_json::from_str(&lines.join("\n")).expect("JSON");
        prop_assert_eq!(is, serde_json::from_str::<serde_json::Value>(&text).expect("JSON"));
    }

    #[test]
    fn json_has_a_fault_where_serde_json_has_one(text in json(), changes in proptest::collection::vec((any::<proptest::sample::Index>(), "[]\\[{}\":,0-9ae. \\\\-]"), 1..3)) {
        let mut bytes = text.into_bytes();
        for (at, sign) in changes {
            let at = at.index(bytes.len());
            if bytes[at].is_ascii() {
                bytes[at] = sign.as_bytes()[0];
            }
        }
        let theirs = serde_json::from_slice::<serde_json::Value>(&bytes);
        let is_blank = bytes.trim_ascii().is_empty();
        let is_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert_eq!(faults(View::Json, &bytes).is_empty() && !is_blank, theirs.is_ok() || is_range, "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn every_window_is_a_part_of_the_whole(
        payload in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3_000),
            proptest::collection::vec(prop_oneof![Just(0x81_u8), Just(0x91), Just(0xa1), Just(b'['), Just(b'"'), Just(0xc3), Just(0x61), Just(0x9f), Just(0xff), Just(0)], 0..2_000),
            json().prop_map(String::into_bytes),
            "[a-zé\n\r]{0,1500}".prop_map(String::into_bytes),
        ],
        first in 0..700_usize,
        count in 0..40_usize,
        slice in 1..400_usize,
    ) {
        for view in VIEWS {
            let whole = all(view, &payload);
            let mut viewer = Viewer::new(view);
            while !viewer.advance(&payload, slice) {}
            prop_assert_eq!(viewer.lines(), whole.len());
            let expected: Vec<_> = whole.iter().skip(first).take(count).cloned().collect();
            prop_assert_eq!(viewer.window(&payload, first, count), expected);
            let mut end = 0;
            for line in &whole {
                prop_assert!(line.range.start >= end && line.range.end >= line.range.start && line.range.end <= payload.len());
                prop_assert!(line.text.len() < 4_000);
                end = line.range.end;
            }
        }
    }
}

#[test]
fn text_in_lines() {
    assert_eq!(texts(View::Text, b"one\r\ntwo\n\nfour\x01\xff"), ["one", "two", "", "four␁\u{fffd}"]);
    assert_eq!(texts(View::Text, b"end\n"), ["end"]);
    let long = "ä".repeat(600);
    let lines = texts(View::Text, long.as_bytes());
    assert_eq!((lines.len(), lines.concat()), (3, long));
}

#[test]
fn hex_and_base64() {
    let lines = texts(View::Hex, b"\x30\x10\x00\x0etopic/lastwill!!!");
    assert_eq!(lines[0], "00000000  30 10 00 0e 74 6f 70 69  63 2f 6c 61 73 74 77 69  0···topic/lastwi");
    assert_eq!(lines[1], "00000010  6c 6c 21 21 21                                    ll!!!");
    let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
    for (text, expected) in cases {
        assert_eq!(texts(View::Base64, text.as_bytes()).concat(), expected);
    }
    assert_eq!(texts(View::Base64, &[0xfb; 58]).iter().map(String::len).collect::<Vec<_>>(), [76, 4]);
}

#[test]
fn json_in_lines() {
    let lines = texts(View::Json, br#" {"a":[1,{"b":[]}, "x"],"c":{}} "#);
    let expected = [
        "{",
        "  \"a\": [",
        "    1,",
        "    {",
        "      \"b\": []",
        "    },",
        "    \"x\"",
        "  ],",
        "  \"c\": {}",
        "}",
    ];
    assert_eq!(lines, expected);
    let depths: Vec<_> = all(View::Json, b"[[1]]").iter().map(|line| line.depth).collect();
    assert_eq!(depths, [0, 1, 2, 1, 0]);
    let long = format!("[\"{}\"]", "x".repeat(1_200));
    assert_eq!(texts(View::Json, long.as_bytes()).len(), 5);
}

#[test]
fn json_says_where_it_is_broken_and_shows_the_rest() {
    let cases = [
        ("{\"a\":1,}", 7, "behind a comma"),
        ("{\"a\" 1}", 5, "a colon"),
        ("[1 2]", 3, "a comma"),
        ("[01]", 1, "begins with a digit"),
        ("{\"a\":tru}", 5, "a value"),
        ("[\"a\nb\"]", 3, "control characters"),
        ("[\"\\q\"]", 2, "no such escape"),
        ("{} x", 3, "over here"),
        ("[1", 2, "ends before"),
        ("{1}", 1, "a name in quotes"),
    ];
    for (text, at, words) in cases {
        let faults = faults(View::Json, text.as_bytes());
        assert_eq!(faults.len(), 1, "{text}");
        assert_eq!((faults[0].0, faults[0].1.contains(words)), (at, true), "{text}: {}", faults[0].1);
    }
    let lines = texts(View::Json, b"[1 two\nthree");
    assert_eq!(lines, ["[", "  1", "two", "three"]);
    assert_eq!(faults(View::Json, &b"[".repeat(100_000)).len(), 1);
}

/// The examples of RFC 8949, Appendix A.
#[test]
fn cbor_examples() {
    let cases: [(&[u8], &str); 34] = [
        (b"\x00", "0"),
        (b"\x18\x64", "100"),
        (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "-18446744073709551616"),
        (b"\x20", "-1"),
        (b"\x39\x03\xe7", "-1000"),
        (b"\xf9\x00\x00", "0.0"),
        (b"\xf9\x80\x00", "-0.0"),
        (b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", "1.1"),
        (b"\xf9\x7b\xff", "65504.0"),
        (b"\xfa\x47\xc3\x50\x00", "100000.0"),
        (b"\xf9\x00\x01", "5.960464477539063e-8"),
        (b"\xf9\xc4\x00", "-4.0"),
        (b"\xf9\x7c\x00", "Infinity"),
        (b"\xf9\x7e\x00", "NaN"),
        (b"\xf4", "false"),
        (b"\xf6", "null"),
        (b"\xf7", "undefined"),
        (b"\xf0", "simple(16)"),
        (b"\xf8\xff", "simple(255)"),
        (b"\xc1\x1a\x51\x4b\x67\xb0", "1(1363896240)"),
        (b"\xd8\x18\x45\x64IETF", "24(h'6449455446')"),
        (b"\x44\x01\x02\x03\x04", "h'01020304'"),
        (b"\x62\x22\x5c", "\"\\\"\\\\\""),
        (b"\x80", "[]"),
        (b"\x83\x01\x02\x03", "[ 1, 2, 3 ]"),
        (b"\x83\x01\x82\x02\x03\x82\x04\x05", "[ 1, [ 2, 3 ], [ 4, 5 ] ]"),
        (b"\xa0", "{}"),
        (b"\xa2\x01\x02\x03\x04", "{ 1: 2, 3: 4 }"),
        (b"\xa2\x61a\x01\x61b\x82\x02\x03", "{ \"a\": 1, \"b\": [ 2, 3 ] }"),
        (b"\x5f\x42\x01\x02\x43\x03\x04\x05\xff", "(_ h'0102', h'030405' )"),
        (b"\x9f\x01\x82\x02\x03\x9f\x04\x05\xff\xff", "[_ 1, [ 2, 3 ], [_ 4, 5 ] ]"),
        (b"\xbf\x61a\x01\x61b\x9f\x02\x03\xff\xff", "{_ \"a\": 1, \"b\": [_ 2, 3 ] }"),
        (b"\xa1\x82\x01\x02\xc1\x82\x03\x04", "{ [ 1, 2 ]: 1([ 3, 4 ]) }"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(joined(View::Cbor, bytes), expected);
        assert_eq!(faults(View::Cbor, bytes), []);
    }
    assert_eq!(texts(View::Cbor, b"\xa1\x01\x81\x02"), ["{", "  1: [", "    2", "  ]", "}"]);
}

#[test]
fn message_pack_examples() {
    let cases: [(&[u8], &str); 20] = [
        (b"\x7f", "127"),
        (b"\xe0", "-32"),
        (b"\xff", "-1"),
        (b"\xcd\x01\x00", "256"),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (b"\xd0\x80", "-128"),
        (b"\xd1\x7f\xff", "32767"),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808"),
        (b"\xca\x3f\x80\x00\x00", "1.0"),
        (b"\xcb\x3f\xf1\x99\x99\x99\x99\x99\x9a", "1.1"),
        (b"\xc0", "null"),
        (b"\xc2", "false"),
        (b"\xc3", "true"),
        (b"\xa2hi", "\"hi\""),
        (b"\xd9\x02hi", "\"hi\""),
        (b"\xc4\x02\x01\x02", "h'0102'"),
        (b"\x92\x01\xa1a", "[ 1, \"a\" ]"),
        (b"\xdc\x00\x01\xc0", "[ null ]"),
        (b"\x81\xa7compact\xc3", "{ \"compact\": true }"),
        (b"\xd6\xff\x00\x00\x00\x01", "ext(-1, h'00000001')"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(joined(View::MessagePack, bytes), expected);
        assert_eq!(faults(View::MessagePack, bytes), []);
    }
}

#[test]
fn binary_formats_say_where_they_are_broken() {
    assert_eq!(faults(View::Cbor, b"\x82\x01"), [(2, "the payload ends within a value")]);
    assert_eq!(faults(View::Cbor, b"\x1c"), [(0, "this byte begins no data item")]);
    assert_eq!(faults(View::Cbor, b"\xff"), [(0, "an end of what has not begun")]);
    assert_eq!(faults(View::Cbor, b"\x5a\xff\xff\xff\xffx"), [(0, "the payload ends within a value")]);
    assert_eq!(faults(View::MessagePack, b"\x92\x01\xc1"), [(2, "this byte is never used")]);
    assert_eq!(
        faults(View::MessagePack, &b"\x91".repeat(10_000)),
        [(200, "this is nested too deep to be shown")]
    );
}

#[test]
fn images_and_guesses() {
    let cases: [(&[u8], Option<&str>, View); 10] = [
        (b"\x89PNG\r\n\x1a\n....", Some("image/png"), View::Hex),
        (b"\xff\xd8\xff\xe0", Some("image/jpeg"), View::Hex),
        (b"GIF89a...", Some("image/gif"), View::Text),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp"), View::Hex),
        (b"<svg xmlns=''/>", Some("image/svg+xml"), View::Text),
        (b"<?xml version='1.0'?>\n<svg/>", Some("image/svg+xml"), View::Text),
        (b" {\"a\":1}", None, View::Json),
        (b"plain", None, View::Text),
        (b"\x00\x01", None, View::Hex),
        (b"", None, View::Text),
    ];
    for (payload, image, view) in cases {
        assert_eq!((image_type(payload), guess(payload)), (image, view), "{payload:?}");
    }
}
