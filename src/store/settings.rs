//! What the page remembers: the forms and the looks, never a password that was not asked to be remembered.

use serde::{Deserialize, Serialize};

use super::column::Hidden;
use super::form::{Field, Forms};
use super::pane::Panes;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    Light,
    Dark,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub forms: Forms,
    pub theme: Theme,
    pub hidden: Hidden,
    pub panes: Panes,
    /// Filters of the log that were used, newest first, a line each.
    pub recent_filters: String,
}

impl Settings {
    /// The part that may be written to the browser's storage.
    #[must_use]
    pub fn to_remember(&self) -> Self {
        let mut settings = self.clone();
        if !settings.forms.remember_password {
            settings.forms.password.clear();
        }
        // A page that withholds or doubles packets from the start would be a trap.
        settings.forms.simulate_down = false;
        settings.forms.send_duplicates = false;
        // So would one that keeps passwords without a warning.
        settings.forms.keep_passwords = false;
        settings
    }

    /// Filters of the log that were used, newest first.
    #[must_use]
    pub fn recent_filters(&self) -> Vec<String> {
        self.recent_filters.lines().map(str::to_owned).collect()
    }

    /// Takes what a link to the page asks for: `?url=..&client_id=..&version=3.1.1&topic=..`, where `asked` gives
    /// the decoded value of a name. `topic` is the one to publish to and, unless there is a `filter`, the one to
    /// subscribe to.
    ///
    /// A password is never taken from a link, and the one that is remembered is not offered to a URL that a link
    /// names: it was given to another broker.
    pub fn prefill(&mut self, asked: impl Fn(&str) -> Option<String>) {
        let forms = &mut self.forms;
        for (name, field) in PREFILLED {
            match asked(name) {
                Some(text) if field == Field::Version && text != "3.1" && text != "3.1.1" => {}
                Some(text) => {
                    if field == Field::Url && text != forms.url {
                        forms.password.clear();
                    }
                    forms.set_text(field, text);
                }
                None => {}
            }
        }
    }
}

/// The names in a link and the fields that they fill; of two for one field the latter counts.
const PREFILLED: [(&str, Field); 7] = [
    ("url", Field::Url),
    ("subprotocol", Field::Subprotocol),
    ("version", Field::Version),
    ("client_id", Field::ClientId),
    ("topic", Field::Topic),
    ("topic", Field::Filter),
    ("filter", Field::Filter),
];

impl Theme {
    /// The next one, for a button that goes round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }

    /// The value of the document's `data-theme`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::column::Column;
    use crate::store::pane::Pane;

    fn round_trip(settings: &Settings) -> Settings {
        let text = serde_json::to_string(&settings.to_remember()).expect("plain data");
        serde_json::from_str(&text).expect("what was just written")
    }

    #[test]
    fn settings_come_back() {
        let mut settings = Settings { theme: Theme::Dark, ..Settings::default() };
        settings.forms.url = "ws://h/".into();
        settings.forms.will_message = Some("gone".into());
        settings.hidden.set(Column::Id, true);
        settings.panes.set(Pane::Forms, 300);
        settings.panes.is_inspector_hidden = true;
        assert_eq!(round_trip(&settings), settings);
    }

    #[test]
    fn the_password_is_remembered_only_when_asked() {
        let mut settings = Settings::default();
        settings.forms.password = "secret".into();
        let text = serde_json::to_string(&settings.to_remember()).expect("plain data");
        assert!(!text.contains("secret"));
        settings.forms.remember_password = true;
        assert_eq!(round_trip(&settings).forms.password, "secret");
    }

    #[test]
    fn client_id_and_test_switches_are_not_remembered() {
        let mut settings = Settings::default();
        settings.forms.client_id = "17".into();
        settings.forms.simulate_down = true;
        settings.forms.keep_passwords = true;
        let back = round_trip(&settings).forms;
        assert_eq!((back.client_id.as_str(), back.simulate_down, back.keep_passwords), ("", false, false));
    }

    #[test]
    fn settings_of_another_version_are_read_as_far_as_they_go() {
        let back: Settings =
            serde_json::from_str(r#"{"forms":{"topic":"x","gone":1}}"#).expect("unknown is ignored");
        assert_eq!((back.forms.topic.as_str(), back.forms.keep_alive.as_str()), ("x", "0"));
    }

    fn prefilled(mut settings: Settings, asked: &[(&str, &str)]) -> Forms {
        settings.prefill(|name| {
            let found = asked.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        settings.forms
    }

    #[test]
    fn a_link_fills_the_forms() {
        let asked = [("url", "ws://h/"), ("client_id", "17"), ("version", "3.1.1"), ("topic", "a/b")];
        let forms = prefilled(Settings::default(), &asked);
        assert_eq!((forms.url.as_str(), forms.client_id.as_str()), ("ws://h/", "17"));
        assert_eq!(
            (forms.version.as_str(), forms.topic.as_str(), forms.filter.as_str()),
            ("3.1.1", "a/b", "a/b")
        );
        let forms = prefilled(Settings::default(), &[("version", "5"), ("topic", "a"), ("filter", "#")]);
        assert_eq!((forms.version.as_str(), forms.topic.as_str(), forms.filter.as_str()), ("3.1", "a", "#"));
    }

    #[test]
    fn a_link_neither_brings_a_password_nor_gets_one() {
        let mut settings = Settings::default();
        settings.forms.url = "ws://mine/".into();
        settings.forms.password = "secret".into();
        let same = prefilled(settings.clone(), &[("url", "ws://mine/"), ("password", "theirs")]);
        assert_eq!(same.password, "secret");
        assert_eq!(prefilled(settings, &[("url", "ws://theirs/")]).password, "");
    }
}
