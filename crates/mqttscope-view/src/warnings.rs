//! What a server will not like, as its CONNACK says or the specification does: said at the field, and not refused, since a
//! tester may mean it.

use mqttscope_proto::session::{Limit, ServerLimits};
use mqttscope_proto::{ProtocolVersion, is_shared};
use mqttscope_text::capitalised;

use crate::field::Field;
use crate::page::Page;

impl Page {
    /// What is to be warned of at a field, in a version and, on a connection, with what the server allows.
    #[must_use]
    pub fn warning(
        &self,
        field: Field,
        version: ProtocolVersion,
        limits: Option<&ServerLimits>,
    ) -> Option<String> {
        if field == Field::Message {
            return self.checked.wrong.clone().or_else(|| self.checked.warning.clone());
        }
        match version {
            ProtocolVersion::V31 | ProtocolVersion::V311 => return None,
            ProtocolVersion::V5 => {}
        }
        let own = match field {
            Field::DisconnectExpiry if self.lengthens_no_session() => Some(NO_SESSION),
            Field::Filter
                if self.drafts.is_on(Field::NoLocal) && self.drafts.text(field).lines().any(is_shared) =>
            {
                Some(NO_LOCAL)
            }
            _ => None,
        };
        own.map(str::to_owned).or_else(|| limit_words(&self.limit(field, limits?)?))
    }

    /// The limit that a field goes beyond as it stands.
    fn limit(&self, field: Field, limits: &ServerLimits) -> Option<Limit> {
        let drafts = &self.drafts;
        let text = drafts.text(field);
        let limit = match field {
            Field::Filter if !limits.shared_subscription_available && text.lines().any(is_shared) => {
                Limit::SharedSubscriptionAvailable
            }
            Field::Filter if !limits.wildcard_subscription_available && text.contains(['+', '#']) => {
                Limit::WildcardSubscriptionAvailable
            }
            Field::SubscriptionIdentifier
                if !limits.subscription_identifier_available && !text.is_empty() =>
            {
                Limit::SubscriptionIdentifierAvailable
            }
            Field::PublishQos if drafts.publish_qos() > limits.maximum_qos => {
                Limit::MaximumQos(limits.maximum_qos.as_u8())
            }
            // A box has no line of its own.
            Field::PublishButton if !limits.retain_available && drafts.is_on(Field::Retain) => {
                Limit::RetainAvailable
            }
            Field::TopicAlias => {
                let (alias, maximum) = (text.trim().parse().ok()?, limits.topic_alias_maximum);
                if alias == 0 || alias <= maximum {
                    return None;
                }
                Limit::TopicAliasMaximum { alias, maximum }
            }
            _ => return None,
        };
        Some(limit)
    }

    /// A session that was to end with its connection cannot be given a longer life by DISCONNECT.
    fn lengthens_no_session(&self) -> bool {
        let [connect, disconnect] =
            [Field::SessionExpiry, Field::DisconnectExpiry].map(|field| self.profile.0.text(field).trim());
        matches!(connect, "" | "0") && !matches!(disconnect, "" | "0")
    }
}

/// A limit as a sentence, with its clause.
fn limit_words(limit: &Limit) -> Option<String> {
    let clause = limit.clause().trim_matches(['[', ']']);
    Some([&capitalised(&limit.to_string()), " (", clause, ")."].concat())
}

const NO_SESSION: &str = "CONNECT asks for 0: anything else here is a Protocol Error (MQTT 5, 3.14.2.2.2).";
const NO_LOCAL: &str = "No local on a shared subscription is a Protocol Error (MQTT-3.8.3-4).";

#[cfg(test)]
mod tests {
    use mqttscope_proto::Qos;

    use super::*;
    use crate::page::Edit;

    const V5: ProtocolVersion = ProtocolVersion::V5;

    fn page(edits: &[(Field, &str)]) -> Page {
        let mut page = Page::default();
        for &(field, text) in edits {
            match text {
                "on" => page.apply(Edit::Switch(field, true)),
                text => page.apply(Edit::Text(field, text.into())),
            };
        }
        page
    }

    /// A server that has hardly anything.
    fn poor() -> ServerLimits {
        ServerLimits {
            maximum_qos: Qos::AtMostOnce,
            retain_available: false,
            topic_alias_maximum: 5,
            wildcard_subscription_available: false,
            subscription_identifier_available: false,
            shared_subscription_available: false,
            ..ServerLimits::default()
        }
    }

    #[test]
    fn what_the_server_does_not_have_is_warned_of_at_its_field() {
        for (field, text, words) in [
            (
                Field::Filter,
                "a/#",
                "no subscriptions with wildcards (Wildcard Subscription Available 0) (MQTT 5, 3.",
            ),
            (Field::Filter, "$share/g/a", "no shared subscriptions"),
            (Field::SubscriptionIdentifier, "1", "no subscription identifiers"),
            (Field::PublishQos, "1", "QoS 0 at most (Maximum QoS) (MQTT-3.2.2-11)."),
            (Field::TopicAlias, "6", "topic alias 6 is not one"),
        ] {
            let page = page(&[(field, text)]);
            let said = page.warning(field, V5, Some(&poor())).unwrap_or_default().to_lowercase();
            assert!(said.contains(&words.to_lowercase()), "{field:?}: {said:?} does not say {words:?}");
            assert_eq!(page.warning(field, ProtocolVersion::V311, Some(&poor())), None);
            assert_eq!(page.warning(field, V5, None), None);
        }
        let retained = page(&[(Field::Retain, "on")]);
        assert!(retained.warning(Field::PublishButton, V5, Some(&poor())).is_some());
        assert_eq!(page(&[(Field::TopicAlias, "5")]).warning(Field::TopicAlias, V5, Some(&poor())), None);
        let rich = ServerLimits::default();
        assert_eq!(page(&[(Field::Filter, "$share/g/#")]).warning(Field::Filter, V5, Some(&rich)), None);
    }

    #[test]
    fn protocol_errors_that_a_tester_may_mean_are_warned_of() {
        let shared = page(&[(Field::Filter, "$share/g/a"), (Field::NoLocal, "on")]);
        assert!(shared.warning(Field::Filter, V5, None).is_some_and(|words| words.contains("MQTT-3.8.3-4")));
        let longer = page(&[(Field::DisconnectExpiry, "60")]);
        assert!(longer.warning(Field::DisconnectExpiry, V5, None).is_some());
        let kept = page(&[(Field::SessionExpiry, "never"), (Field::DisconnectExpiry, "60")]);
        assert_eq!(kept.warning(Field::DisconnectExpiry, V5, None), None);
    }
}
