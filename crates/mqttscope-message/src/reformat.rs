//! JSON with other blanks: what else stands in it (digits, escapes, placeholders) stays as it is.

use crate::json::{Kind, Reader, Token};
use crate::template::{Part, Template};
use crate::{Mistake, Recipe, Values};

/// JSON with a member or an item a line, indented by two blanks a level. A placeholder is what it stands for now.
///
/// # Errors
///
/// Where it is no JSON.
pub fn pretty(text: &str, values: &mut Values<'_>) -> Result<String, Mistake> {
    reformat(text, values, true)
}

/// JSON without a blank between its tokens. A placeholder is what it stands for now.
///
/// # Errors
///
/// Where it is no JSON.
pub fn minify(text: &str, values: &mut Values<'_>) -> Result<String, Mistake> {
    reformat(text, values, false)
}

fn reformat(text: &str, values: &mut Values<'_>, is_pretty: bool) -> Result<String, Mistake> {
    Recipe::new(crate::Format::Json, text, values)?;
    let template = Template::parse(text);
    // Each placeholder has a digit of its own length in its place, so that it is a part of a number, a string or a value as
    // before, and places stay. What it stands for was JSON, so that this is too, unless it is more than one token.
    let mut stand_in = text.to_owned();
    for (part, range) in template.parts() {
        if !matches!(part, Part::Text) {
            stand_in.replace_range(range.clone(), &"1".repeat(range.len()));
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut reader = Reader::new(&stand_in);
    let mut before = None;
    while let Some(token) = reader.next_token()? {
        let depth = reader.depth() - usize::from(token.kind == Kind::Open);
        separate(&mut out, before, token.kind, depth, is_pretty);
        out.push_str(&text[token.at..token.at + token.raw.len()]);
        before = Some(token);
    }
    Ok(out)
}

/// What stands between two tokens, the second of which lies so deep.
fn separate(out: &mut String, before: Option<Token<'_>>, kind: Kind, depth: usize, is_pretty: bool) {
    let Some(before) = before else { return };
    match (before.kind, kind) {
        (Kind::Name, _) => return out.push_str(if is_pretty { ": " } else { ":" }),
        (Kind::Open, Kind::Close) => return,
        (Kind::Open, _) | (_, Kind::Close) => {}
        _ => out.push(','),
    }
    if is_pretty {
        out.push('\n');
        for _ in 0..depth {
            out.push_str("  ");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chance::Chance;

    fn with<T>(work: impl FnOnce(&mut Values<'_>) -> T) -> T {
        let mut chance = Chance::new(|bytes| bytes.fill(7));
        work(&mut Values { n: 1, micros: 0, client_id: "me", chance: &mut chance })
    }

    #[test]
    fn numbers_and_escapes_stay_as_they_are() {
        let text = r#"{"big":12345678901234567890.10e+2,"e":"\u00e4\/","empty":{},"list":[1,[]]}"#;
        let expected = "{\n  \"big\": 12345678901234567890.10e+2,\n  \"e\": \"\\u00e4\\/\",\n  \"empty\": {},\n  \
                        \"list\": [\n    1,\n    []\n  ]\n}";
        assert_eq!(with(|values| pretty(text, values)).as_deref(), Ok(expected));
        assert_eq!(with(|values| minify(expected, values)).as_deref(), Ok(text));
    }

    #[test]
    fn placeholders_stay_where_they_are() {
        let text = r#"{"n":{{n}},"t":"{{time}}","id":"x{{ uuid }}","r":-{{random 1 9}}.5}"#;
        let made = with(|values| pretty(text, values)).expect("it is JSON once they are filled in");
        assert!(made.contains("\"n\": {{n}},\n") && made.contains("-{{random 1 9}}.5"), "{made}");
        assert_eq!(with(|values| minify(&made, values)).as_deref(), Ok(text));
        // What it stands for is no JSON here.
        assert_eq!(with(|values| pretty("{\"t\":{{time}}}", values)).map_err(|mistake| mistake.at), Err(5));
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        assert_eq!(with(|values| pretty("[1,", values)).map_err(|mistake| mistake.at), Err(3));
    }

    proptest! {
        #[test]
        fn both_say_the_same(value in any_json()) {
            let text = value.to_string();
            let made = with(|values| pretty(&text, values)).expect("JSON");
            let back: serde_json::Value = serde_json::from_str(&made).expect("JSON");
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(with(|values| minify(&made, values)), Ok(text));
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<String>().prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
                prop::collection::hash_map("[^{}]{0,6}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
