//! The link to the page that fills its forms with those of a connection: how it is written.

use mqttscope_proto::{Qos, SubscribeOptions};
use mqttscope_text::number;

use crate::connections::SavedSubscription;
use crate::field::Field;
use crate::given::{REST, REST_IS_DEFAULT, SUBSCRIBE, linked};
use crate::page::Page;
use crate::url::without_userinfo;

impl Page {
    /// What stands behind the `?` of a link that fills the forms with what they hold about how to connect, and asks for these
    /// subscriptions. It holds no secret: neither password nor authentication data, nor what a URL says of a user.
    #[must_use]
    pub fn to_link(&self, subscriptions: &[SavedSubscription]) -> String {
        let mut query = String::new();
        let mut named: Vec<Field> = Vec::new();
        for (name, field) in linked().filter(|(_, field)| is_of_connection(*field)) {
            let set = self.profile.get(field).is_some();
            if !set || named.contains(&field) {
                continue;
            }
            named.push(field);
            let text = self.profile.written().find(|(own, _)| *own == field).map_or("", |(_, text)| text);
            match field {
                Field::Url => push(&mut query, &name, &without_userinfo(text)),
                _ => push(&mut query, &name, text),
            }
        }
        for subscription in subscriptions {
            push(&mut query, SUBSCRIBE, &to_text(subscription));
        }
        push(&mut query, REST, REST_IS_DEFAULT);
        query
    }
}

/// Whether a field that a link may fill says how to connect.
pub(crate) fn is_of_connection(field: Field) -> bool {
    field.part() == crate::field::Part::Profile
}

/// A subscription as a link has it: `a/#:1`, or `a/#:1,7` with its identifier. The number is that of SUBSCRIBE: the QoS, and
/// in MQTT 5 the other options.
fn to_text(subscription: &SavedSubscription) -> String {
    let mut text = [&subscription.filter, ":", &number::plain(subscription.options.into())].concat();
    if let Some(identifier) = subscription.identifier {
        text.push(',');
        text.push_str(&number::plain(identifier.into()));
    }
    text
}

/// The subscription that a link asks for. Where no options stand behind a filter it is one of QoS 0.
pub(crate) fn of_text(text: &str) -> SavedSubscription {
    let read = |options: &str| {
        let (options, identifier) = match options.split_once(',') {
            Some((options, identifier)) => (options, Some(identifier.parse().ok()?)),
            None => (options, None),
        };
        let options = options.parse().ok().filter(|options| is_allowed(*options))?;
        Some((options, identifier))
    };
    let ended = text.rsplit_once(':').and_then(|(filter, options)| Some((filter, read(options)?)));
    let (filter, (options, identifier)) = ended.unwrap_or((text, (0, None)));
    SavedSubscription { filter: filter.to_owned(), options, identifier, ..SavedSubscription::default() }
}

/// Whether SUBSCRIBE of MQTT 5 may have these options (3.8.3.1).
fn is_allowed(options: u8) -> bool {
    let is_qos = Qos::from_u8(options & 3).is_some();
    is_qos && options >> 4 & 3 < 3 && options & 0xc0 == 0
}

/// The options in words, as far as they are the QoS: `QoS 1`.
pub(crate) fn qos_words(subscription: &SavedSubscription) -> String {
    let qos = SubscribeOptions(subscription.options).0 & 3;
    ["QoS ", &number::plain(qos.into())].concat()
}

/// Adds a name and a text to a query, with all that could end either in their percent form.
fn push(query: &mut String, name: &str, text: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b',' => {
                query.push(char::from(byte));
            }
            _ => {
                query.push('%');
                for digit in [byte >> 4, byte & 15] {
                    query.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Kept, Kind};
    use crate::page::Edit;

    fn subscription(filter: &str, options: u8, identifier: Option<u32>) -> SavedSubscription {
        SavedSubscription { filter: filter.into(), options, identifier, ..SavedSubscription::default() }
    }

    /// What a browser makes of the link: a page that had something else in its forms.
    fn followed(query: &str) -> Page {
        let mut page = Page::default();
        for edit in [
            Edit::Switch(Field::Will, true),
            Edit::Text(Field::Username, "of before".into()),
            Edit::Text(Field::Password, "of before".into()),
            Edit::Text(Field::WillTopic, "of before".into()),
            Edit::Text(Field::Topic, "of the message".into()),
        ] {
            page.apply(edit);
        }
        let url = url::Url::parse(&["http://page/?", query].concat()).expect("a URL");
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        page.follow_link(query, |name| {
            pairs.iter().filter(|(own, _)| own == name).map(|(_, text)| text.clone()).collect()
        });
        page
    }

    fn is_linkable(field: Field) -> bool {
        linked().any(|(_, own)| own == field) && is_of_connection(field)
    }

    fn same_connection(page: &Page, back: &Page) {
        for field in Field::ALL.into_iter().filter(|field| is_linkable(*field)) {
            let said = |page: &Page| (page.text(field), page.is_on(field));
            assert_eq!(said(back), said(page), "{field:?}");
        }
    }

    #[test]
    fn a_form_comes_back_from_its_link_whatever_was_there() {
        // A generator of Marsaglia's, so that a failure can be repeated.
        let mut state = 0x2545_f491_u32;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as usize % below
        };
        let texts = ["", "a", "größe/日本", "a&b=c#d?e", "100 % + 1", "\t1\n2", "x:1,2", "\"'<>\\|", "%41"];
        for _ in 0..500 {
            let mut page = Page::default();
            for field in Field::ALL.into_iter().filter(|field| is_of_connection(*field)) {
                if random(3) == 0 {
                    continue;
                }
                page.apply(match field.info().kind {
                    Kind::Switch(_) => Edit::Switch(field, random(2) == 0),
                    Kind::Choice(options) => {
                        let names: Vec<_> = (0..).map_while(|at| options.at(at)).collect();
                        Edit::Text(field, names[random(names.len())].0.to_owned())
                    }
                    Kind::File | Kind::Button => continue,
                    _ => Edit::Text(field, [texts[random(texts.len())], texts[random(texts.len())]].concat()),
                });
            }
            page.apply(Edit::Text(Field::Url, ["ws://h:9001/", texts[random(texts.len())]].concat()));
            let count = random(4);
            let subscriptions: Vec<_> = (0..count)
                .map(|at| {
                    let options = [0, 1, 2, 5, 0x1a, 0x2c][random(6)];
                    let filter = [texts[random(texts.len())], "/", &at.to_string(), "/#"].concat();
                    subscription(&filter, options, (at > 1).then_some(268_435_455))
                })
                .collect();
            let back = followed(&page.to_link(&subscriptions));
            same_connection(&page, &back);
            assert_eq!(*back.subscriptions, subscriptions);
            assert_eq!(back.problems.first(), None);
            assert_eq!(back.text(Field::Topic), "of the message");
        }
    }

    #[test]
    fn a_link_has_no_secret_and_no_trap() {
        let mut page = Page::default();
        for field in Field::ALL.into_iter().filter(|field| is_of_connection(*field)) {
            let text = ["hush-", field.id()].concat();
            page.apply(match field.info().kind {
                Kind::Switch(_) => Edit::Switch(field, true),
                Kind::File | Kind::Button | Kind::Choice(_) => continue,
                _ => Edit::Text(field, text),
            });
        }
        page.apply(Edit::Text(Field::Url, "wss://me:hush@h/mqtt".into()));
        let link = page.to_link(&[]);
        assert!(link.contains("url=wss://h/mqtt") && link.contains("username=hush-username"), "{link}");
        for field in Field::ALL {
            let is_kept = matches!(field.info().kept, Kept::Always | Kept::InTab);
            let is_left_out = !is_kept || field == Field::RememberPassword;
            if is_of_connection(field) && is_left_out {
                let name = ["&", &field.id().replace('-', "_"), "="].concat();
                assert!(!link.contains(&name), "{name} in {link}");
            }
        }
        for secret in ["hush@", "hush-password", "hush-authentication-data", "hush-auth-answer"] {
            assert!(!link.contains(secret), "{secret} in {link}");
        }
        // What was there before is not offered to another's broker.
        assert_eq!(followed(&link).text(Field::Password), "");
    }

    #[test]
    fn a_subscription_of_a_link_is_what_a_person_would_write() {
        let cases = [
            ("a/#:1", subscription("a/#", 1, None)),
            ("b", subscription("b", 0, None)),
            ("a:b", subscription("a:b", 0, None)),
            ("a:3", subscription("a:3", 0, None)),
            ("a:64", subscription("a:64", 0, None)),
            ("a:1:2", subscription("a:1", 2, None)),
            ("a:5,7", subscription("a", 5, Some(7))),
            ("a:1,x", subscription("a:1,x", 0, None)),
            ("", subscription("", 0, None)),
        ];
        for (text, expected) in cases {
            assert_eq!(of_text(text), expected, "{text}");
        }
        assert_eq!(qos_words(&of_text("a:0x")), "QoS 0");
        assert_eq!(qos_words(&of_text("a:6")), "QoS 2");
    }
}
