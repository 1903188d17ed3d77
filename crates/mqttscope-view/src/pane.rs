//! How wide the panes are.

table! {
    /// A pane whose size a person can change, by the line between it and the log.
    pub enum Pane: PaneInfo {
        /// The forms; their width.
        Forms = PaneInfo { name: "forms", property: "--forms-width", limits: (280, 640), size: 368 },
        /// The topics beside the log; their width.
        Topics = PaneInfo { name: "topics", property: "--topics-width", limits: (240, 900), size: 320 },
        /// The inspector beside the log; its width.
        Inspector = PaneInfo { name: "inspector", property: "--inspector-width", limits: (320, 1_200), size: 448 },
        /// The inspector below the log; its height.
        InspectorBelow =
            PaneInfo { name: "inspector-below", property: "--inspector-height", limits: (120, 1_000), size: 304 },
    }
}

/// A row of the table of panes; sizes are in CSS pixels.
pub struct PaneInfo {
    name: &'static str,
    property: &'static str,
    limits: (u32, u32),
    size: u32,
}

/// The sizes of the panes, in CSS pixels. A screen that is too small for one shows less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    sizes: [u32; Pane::ALL.len()],
    /// Whether the inspector is not shown at all.
    pub is_inspector_hidden: bool,
    /// Whether the topics are shown.
    pub are_topics_shown: bool,
}

impl Default for Panes {
    fn default() -> Self {
        Self {
            sizes: Pane::ALL.map(|pane| pane.info().size),
            is_inspector_hidden: false,
            are_topics_shown: false,
        }
    }
}

impl Pane {
    /// The value of `data-split` at its line, and its name in what is remembered.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The pane of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pane| pane.name() == name)
    }

    /// The CSS property of its size.
    #[must_use]
    pub fn property(self) -> &'static str {
        self.info().property
    }

    /// The least and the most that it can have.
    #[must_use]
    pub fn limits(self) -> (u32, u32) {
        self.info().limits
    }

    /// The size within these limits that is nearest to one.
    #[must_use]
    pub fn within(self, size: i64) -> u32 {
        let (least, most) = self.limits();
        size.clamp(i64::from(least), i64::from(most)) as u32
    }

    /// The size that it has until a person gives it another.
    #[must_use]
    pub fn own_size(self) -> u32 {
        self.info().size
    }

    /// Whether it grows as the pointer goes right or down.
    #[must_use]
    pub const fn grows_with_pointer(self) -> bool {
        matches!(self, Self::Forms | Self::Topics)
    }
}

impl Panes {
    /// A pane's size.
    #[must_use]
    pub const fn size(&self, pane: Pane) -> u32 {
        self.sizes[pane as usize]
    }

    /// Gives a pane a size, within its limits.
    pub fn set(&mut self, pane: Pane, size: i64) {
        self.sizes[pane as usize] = pane.within(size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_limits() {
        let mut panes = Panes::default();
        panes.set(Pane::Forms, -5);
        panes.set(Pane::Topics, 400);
        panes.set(Pane::Inspector, 1_000_000);
        panes.set(Pane::InspectorBelow, 400);
        assert_eq!(Pane::ALL.map(|pane| panes.size(pane)), [280, 400, 1_200, 400]);
    }

    #[test]
    fn names_lead_to_panes() {
        for pane in Pane::ALL {
            assert_eq!(Pane::of_name(pane.name()), Some(pane));
        }
    }
}
