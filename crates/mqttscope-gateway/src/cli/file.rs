//! A TOML file of options: each key is an option's long name.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};
use toml::de::{DeInteger, DeTable, DeValue};

use super::given::{Given, Origin, Value};
use super::sources::option;
use crate::error::io_reason;

/// Reads the file, in which options of `serve` may stand.
///
/// # Errors
///
/// Each mistake in a line with the file, the line's number and the key.
pub(super) fn read(path: &Path, serve: &Command) -> Result<Vec<Given>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {}", path.display(), io_reason(&error)))?;
    options(path, &text, serve)
}

fn options(path: &Path, text: &str, serve: &Command) -> Result<Vec<Given>, String> {
    let line = |at: usize| text[..text.floor_char_boundary(at)].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}, line {}: {}", path.display(), line(at), error.message().replace('\n', ", "))
    })?;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let (mut given, mut mistakes) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let place = format!("{}, line {}: {name}", path.display(), line(key.span().start));
        let read = match option(serve, name) {
            Some(arg) => value_of(arg, value.get_ref()),
            None => Err(unknown(serve, name)),
        };
        match read {
            Ok(value) => {
                let origin = Origin::File(path.to_owned());
                given.push(Given { name: name.to_owned(), value, origin, place });
            }
            Err(reason) => mistakes.push(format!("{place}: {reason}")),
        }
    }
    if mistakes.is_empty() { Ok(given) } else { Err(mistakes.join("\n")) }
}

fn value_of(arg: &Arg, value: &DeValue<'_>) -> Result<Value, String> {
    match (arg.get_action(), value) {
        (ArgAction::SetTrue, DeValue::Boolean(on)) => Ok(Value::Switch(*on)),
        (ArgAction::SetTrue, _) => Err("expected true or false".into()),
        (ArgAction::Append, DeValue::Array(items)) => {
            items.iter().map(|item| text_of(item.get_ref())).collect::<Result<_, _>>().map(Value::Texts)
        }
        (_, DeValue::Array(_)) => Err("it takes one value, not a list".into()),
        (_, value) => Ok(Value::Texts(vec![text_of(value)?])),
    }
}

/// A value as it would be typed.
fn text_of(value: &DeValue<'_>) -> Result<OsString, String> {
    match value {
        DeValue::String(text) => Ok(text.as_ref().into()),
        DeValue::Integer(number) => decimal(number).map(Into::into),
        DeValue::Float(number) => Ok(number.as_str().into()),
        DeValue::Boolean(on) => Ok(on.to_string().into()),
        DeValue::Datetime(_) => Err("expected a text or a number, not a date".into()),
        DeValue::Array(_) | DeValue::Table(_) => Err("expected a text or a number".into()),
    }
}

fn decimal(number: &DeInteger<'_>) -> Result<String, String> {
    let value = i128::from_str_radix(number.as_str(), number.radix());
    value.map(|value| value.to_string()).map_err(|_| "the number is too long".into())
}

/// What is said of a key that is no option, with the one that was meant if it is like another.
fn unknown(serve: &Command, name: &str) -> String {
    let words = ["serve".to_owned(), format!("--{}", name.replace('_', "-"))];
    let meant = match serve.clone().try_get_matches_from(words) {
        // It is one of the options that only the command line decides, or was written with the wrong dashes.
        Ok(_) => None,
        Err(error) => match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(option)) => Some(option.trim_start_matches('-').to_owned()),
            _ => None,
        },
    };
    let with_dashes = name.replace('_', "-");
    let meant = option(serve, &with_dashes).and(Some(with_dashes)).or(meant);
    match meant.filter(|meant| option(serve, meant).is_some()) {
        Some(meant) => format!("there is no such option; did you mean {meant}?"),
        None => "there is no such option".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve() -> Command {
        let switch = Arg::new("quiet").long("quiet").action(ArgAction::SetTrue);
        let list = Arg::new("host").long("host").action(ArgAction::Append);
        let config = Arg::new("config").long("config");
        Command::new("serve").args([switch, list, config, Arg::new("max").long("max-connections")])
    }

    fn read(text: &str) -> Result<Vec<String>, String> {
        let given = options(Path::new("a.toml"), text, &serve())?;
        Ok(given.iter().map(|given| format!("{} {:?}", given.name, given.value)).collect())
    }

    #[test]
    fn values_are_what_would_be_typed() {
        for (text, expected) in [
            ("quiet = true", "quiet Switch(true)"),
            ("quiet = false", "quiet Switch(false)"),
            ("host = [\"a\", \"b\"]", r#"host Texts(["a", "b"])"#),
            ("host = \"a,b\"", r#"host Texts(["a,b"])"#),
            ("max-connections = 1_000", r#"max Texts(["1000"])"#),
            ("max-connections = 0x10", r#"max Texts(["16"])"#),
            ("max-connections = 1.5", r#"max Texts(["1.5"])"#),
        ] {
            let expected = expected.replace("max ", "max-connections ");
            assert_eq!(read(text).unwrap(), [expected], "{text}");
        }
        assert_eq!(read("# nothing\n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn each_mistake_has_its_file_its_line_and_its_key() {
        for (text, expected) in [
            ("\nhots = 1", "a.toml, line 2: hots: there is no such option; did you mean host?"),
            (
                "max_connections = 1",
                "a.toml, line 1: max_connections: there is no such option; did you mean max-connections?",
            ),
            ("xyz = 1", "a.toml, line 1: xyz: there is no such option"),
            ("config = \"b.toml\"", "a.toml, line 1: config: there is no such option"),
            ("quiet = 1", "a.toml, line 1: quiet: expected true or false"),
            ("max-connections = [1]", "a.toml, line 1: max-connections: it takes one value, not a list"),
            ("[limits]\nx = 1", "a.toml, line 1: limits: there is no such option"),
            ("host = [[1]]", "a.toml, line 1: host: expected a text or a number"),
            ("host = 2020-01-01", "a.toml, line 1: host: expected a text or a number, not a date"),
        ] {
            assert_eq!(read(text).unwrap_err(), expected);
        }
        let two = read("a-b-c = 1\nquiet = 2").unwrap_err();
        assert_eq!(two.lines().count(), 2, "{two}");
        for text in ["host = ", "host = 1\nhost = 2", "= 1", "max-connections = 1 2"] {
            let mistake = read(text).unwrap_err();
            assert!(mistake.starts_with("a.toml, line ") && mistake.lines().count() == 1, "{mistake}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let mistake = super::read(Path::new("/none/a.toml"), &serve()).unwrap_err();
        assert!(mistake.starts_with("cannot read /none/a.toml: no such file"), "{mistake}");
    }
}
