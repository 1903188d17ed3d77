//! How wide the panes are.

use serde::{Deserialize, Serialize};

/// A pane whose size a person can change, by the line between it and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The forms; their width.
    Forms,
    /// The inspector beside the log; its width.
    Inspector,
    /// The inspector below the log; its height.
    InspectorBelow,
}

/// The sizes of the panes, in CSS pixels. A screen that is too small for one shows less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panes {
    forms: u32,
    inspector: u32,
    inspector_below: u32,
    pub is_inspector_hidden: bool,
}

impl Default for Panes {
    fn default() -> Self {
        Self { forms: 368, inspector: 448, inspector_below: 304, is_inspector_hidden: false }
    }
}

impl Pane {
    /// Every pane.
    pub const ALL: [Self; 3] = [Self::Forms, Self::Inspector, Self::InspectorBelow];

    /// The value of `data-split` at its line, and the name of the property that has its size.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forms => "forms",
            Self::Inspector => "inspector",
            Self::InspectorBelow => "inspector-below",
        }
    }

    /// The pane of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }

    /// The CSS property of its size.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::Forms => "--forms-width",
            Self::Inspector => "--inspector-width",
            Self::InspectorBelow => "--inspector-height",
        }
    }

    /// The least and the most that it can have.
    #[must_use]
    pub const fn limits(self) -> (u32, u32) {
        match self {
            Self::Forms => (280, 640),
            Self::Inspector => (320, 1_200),
            Self::InspectorBelow => (120, 1_000),
        }
    }

    /// The size within these limits that is nearest to one.
    #[must_use]
    pub fn within(self, size: i64) -> u32 {
        let (least, most) = self.limits();
        size.clamp(i64::from(least), i64::from(most)) as u32
    }

    /// Whether it grows as the pointer goes right or down.
    #[must_use]
    pub const fn grows_with_pointer(self) -> bool {
        matches!(self, Self::Forms)
    }
}

impl Panes {
    /// A pane's size.
    #[must_use]
    pub const fn size(&self, pane: Pane) -> u32 {
        match pane {
            Pane::Forms => self.forms,
            Pane::Inspector => self.inspector,
            Pane::InspectorBelow => self.inspector_below,
        }
    }

    /// Gives a pane a size, within its limits.
    pub fn set(&mut self, pane: Pane, size: i64) {
        let size = pane.within(size);
        match pane {
            Pane::Forms => self.forms = size,
            Pane::Inspector => self.inspector = size,
            Pane::InspectorBelow => self.inspector_below = size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_limits() {
        let mut panes = Panes::default();
        panes.set(Pane::Forms, -5);
        panes.set(Pane::Inspector, 1_000_000);
        panes.set(Pane::InspectorBelow, 400);
        assert_eq!(Pane::ALL.map(|pane| panes.size(pane)), [280, 1_200, 400]);
    }

    #[test]
    fn names_lead_to_panes() {
        for pane in Pane::ALL {
            assert_eq!(Pane::of_name(pane.name()), Some(pane));
        }
    }
}
