//! How the page looks, whatever it is connected to: the same in all tabs.

use crate::arrangement::Arrangement;
use crate::column::Hidden;
use crate::field::Field;
use crate::pane::Panes;
use crate::values::Values;

/// Everything that is the page's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The fields of the log's menus, and its switches.
    pub values: Values,
    /// Its colours.
    pub theme: Theme,
    /// The columns of the log that are hidden.
    pub hidden: Hidden,
    /// The order of the log's columns, and their widths.
    pub arrangement: Arrangement,
    /// The sizes of the panes.
    pub panes: Panes,
    /// Filters of the log that were used, newest first, a line each.
    pub recent_filters: String,
}

table! {
    /// Light or dark.
    #[derive(Default)]
    pub enum Theme: &'static str {
        /// As the system says.
        #[default]
        Auto = "auto",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

impl Looks {
    /// The bytes that the log may keep, if what was typed is a number of megabytes that a browser has room for.
    #[must_use]
    pub fn log_budget_bytes(&self) -> Option<usize> {
        let megabytes: usize = self.values.text(Field::LogBudget).trim().parse().ok()?;
        (1..=2_000).contains(&megabytes).then_some(megabytes << 20)
    }

    /// Filters of the log that were used, newest first.
    #[must_use]
    pub fn recent_filters(&self) -> Vec<String> {
        self.recent_filters.lines().map(str::to_owned).collect()
    }
}

impl Theme {
    /// The next one, for a button that goes round.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The value of the document's `data-theme`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info()
    }

    /// The theme of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Value;

    #[test]
    fn the_logs_budget_is_a_number_of_megabytes() {
        let budget = |text: &str| {
            let mut looks = Looks::default();
            looks.values.set(Field::LogBudget, Some(Value::Text(text.into())));
            looks.log_budget_bytes()
        };
        assert_eq!((budget(" 1 "), budget("256")), (Some(1 << 20), Some(256 << 20)));
        assert_eq!([budget("0"), budget("2001"), budget("much"), budget("")], [None; 4]);
    }

    #[test]
    fn the_themes_go_round() {
        assert_eq!(Theme::ALL.map(Theme::next), [Theme::Light, Theme::Dark, Theme::Auto]);
        assert_eq!(Theme::ALL.map(|theme| Theme::of_name(theme.name())), Theme::ALL.map(Some));
    }
}
