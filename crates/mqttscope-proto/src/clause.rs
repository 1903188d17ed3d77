//! Where a rule is written, version by version.

use crate::types::ProtocolVersion;

/// The place of one rule in the text of each version: a section of 3.1, a statement number or a section of 3.1.1.
///
/// Empty where a version does not have the rule; no rule is missing in all of them, but what is told of packets of a
/// version that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clauses {
    /// In MQTT 3.1.
    pub v31: &'static str,
    /// In MQTT 3.1.1.
    pub v311: &'static str,
}

impl Clauses {
    /// The clause of a version, or the other version's where that one does not have the rule.
    #[must_use]
    pub const fn of(&self, version: ProtocolVersion) -> &'static str {
        match version {
            ProtocolVersion::V31 if self.v31.is_empty() => self.v311,
            ProtocolVersion::V31 => self.v31,
            ProtocolVersion::V311 if self.v311.is_empty() => self.v31,
            ProtocolVersion::V311 => self.v311,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_the_rule_is_answered_with_the_other_ones_clause() {
        let both = Clauses { v31: "old", v311: "new" };
        assert_eq!((both.of(ProtocolVersion::V31), both.of(ProtocolVersion::V311)), ("old", "new"));
        for one in [Clauses { v31: "", v311: "one" }, Clauses { v31: "one", v311: "" }] {
            assert_eq!((one.of(ProtocolVersion::V31), one.of(ProtocolVersion::V311)), ("one", "one"));
        }
    }
}
