//! The rules that one packet breaks: the first few with all that is known of them, the others as a number.

use mqttscope_proto::{Violation, ViolationSink};

/// What decoding one packet found. Bounded, since a SUBACK may break a rule with each of its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BrokenRules {
    pub kept: Vec<Violation>,
    /// How many came after those that are kept.
    pub others: usize,
}

impl ViolationSink for BrokenRules {
    fn violation(&mut self, violation: Violation) {
        if self.kept.len() < MAX_KEPT {
            self.kept.push(violation);
        } else {
            self.others += 1;
        }
    }
}

const MAX_KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use mqttscope_proto::{ProtocolVersion, decode};

    #[test]
    fn each_rule_of_a_packet_is_kept() {
        let mut broken = BrokenRules::default();
        // CONNACK in 3.1.1: reserved flags, a reserved bit, and session present together with a refusal.
        assert!(decode(b"\x21\x02\x03\x05", ProtocolVersion::V311, &mut broken).is_ok());
        assert!(broken.kept.len() > 1, "{broken:?}");
        assert_eq!(broken.others, 0);
    }

    #[test]
    fn a_packet_full_of_faults_is_counted() {
        let mut broken = BrokenRules::default();
        let suback = [b"\x90\x16\x00\x01".as_slice(), &[7; 20]].concat();
        assert!(decode(&suback, ProtocolVersion::V311, &mut broken).is_ok());
        assert_eq!((broken.kept.len(), broken.others), (MAX_KEPT, 20 - MAX_KEPT));
    }
}
