//! An option as a source gives it, and as it is told.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// One setting of a gateway, for a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// The option's long name.
    pub name: String,
    /// Its values as they were given, with commas between them; empty if it has none.
    pub value: String,
    /// Who says so.
    pub origin: Origin,
}

/// Who says what a setting is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// The environment, by the variable of this name.
    Environment(String),
    /// This file.
    File(PathBuf),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("command line"),
            Self::Environment(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// An option that a source gives.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The option's long name.
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) origin: Origin,
    /// What is said before a mistake in it.
    pub(super) place: String,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// One, or several of an option that takes several.
    Texts(Vec<OsString>),
    /// Of an option without a value.
    Switch(bool),
}

impl Given {
    /// As it would be typed.
    pub(super) fn words(&self) -> Vec<OsString> {
        let name = OsString::from(format!("--{}", self.name));
        let with_value = |value: &OsString| [&*name, OsStr::new("="), value].into_iter().collect();
        match &self.value {
            Value::Texts(values) => values.iter().map(with_value).collect(),
            Value::Switch(true) => vec![name],
            Value::Switch(false) => Vec::new(),
        }
    }
}
