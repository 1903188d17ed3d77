//! Where a rule is written, version by version.

use crate::types::ProtocolVersion;

/// The place of one rule in the text of each version: a section of 3.1, a statement number or a section of 3.1.1 and 5.
///
/// Empty where a version does not have the rule; no rule is missing in all of them, but what is told of packets of a
/// version that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clauses {
    /// In MQTT 3.1.
    pub v31: &'static str,
    /// In MQTT 3.1.1.
    pub v311: &'static str,
    /// In MQTT 5.
    pub v5: &'static str,
}

impl Clauses {
    /// The clause of a version, or that of the nearest other version where that one does not have the rule.
    #[must_use]
    pub const fn of(&self, version: ProtocolVersion) -> &'static str {
        let [own, near, far] = match version {
            ProtocolVersion::V31 => [self.v31, self.v311, self.v5],
            ProtocolVersion::V311 => [self.v311, self.v31, self.v5],
            ProtocolVersion::V5 => [self.v5, self.v311, self.v31],
        };
        match (own.is_empty(), near.is_empty()) {
            (false, _) => own,
            (true, false) => near,
            (true, true) => far,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_the_rule_is_answered_with_another_ones_clause() {
        let of_all = |clauses: Clauses| ProtocolVersion::ALL.map(|version| clauses.of(version));
        let (v31, v311, v5) = ("first", "second", "third");
        assert_eq!(of_all(Clauses { v31, v311, v5 }), [v31, v311, v5]);
        assert_eq!(of_all(Clauses { v31: "", v311, v5 }), [v311, v311, v5]);
        assert_eq!(of_all(Clauses { v31, v311, v5: "" }), [v31, v311, v311]);
        for one in [
            Clauses { v31: "one", v311: "", v5: "" },
            Clauses { v31: "", v311: "one", v5: "" },
            Clauses { v31: "", v311: "", v5: "one" },
        ] {
            assert_eq!(of_all(one), ["one"; 3]);
        }
    }
}
