//! What can stand at the cursor in the filter: keys and words of its language, and topics that were seen.

use mqttscope_link::{Offer, Offers, Span};
use mqttscope_log::Log;
use mqttscope_log::filter::complete;

/// What can stand at a place in a filter, in bytes. `subscribed` are topic filters, which are offered before the topics
/// of the newest messages.
pub(crate) fn offers<'a>(
    text: String,
    cursor: u32,
    subscribed: impl Iterator<Item = &'a str>,
    log: &'a Log,
) -> Offers {
    let completion = complete(&text, cursor as usize);
    let typed = &text[completion.range.clone()];
    let mut offers = Vec::new();
    if completion.key == Some("topic") {
        let topics = known_topics(subscribed, log, typed);
        offers.extend(topics.iter().map(|topic| Offer { text: quoted(topic), help: String::new() }));
    }
    let own = completion.suggestions.iter();
    offers.extend(own.map(|own| Offer { text: own.text.into(), help: own.help.into() }));
    let range = Span { start: completion.range.start as u32, end: completion.range.end as u32 };
    Offers { text, range, is_begun: completion.is_begun, offers }
}

/// Topics that begin with a text and go on.
fn known_topics<'a>(subscribed: impl Iterator<Item = &'a str>, log: &'a Log, start: &str) -> Vec<String> {
    let newest = (log.first()..log.end()).rev().take(NEWEST).filter_map(|number| log.record(number));
    let published =
        newest.filter_map(|record| log.topic(record)).filter_map(|topic| str::from_utf8(topic).ok());
    let mut topics: Vec<String> = Vec::new();
    for topic in subscribed.chain(published) {
        let goes_on = topic.len() > start.len() && topic.starts_with(start);
        if goes_on && !topics.iter().any(|known| known == topic) {
            topics.push(topic.to_owned());
            if topics.len() == MOST_TOPICS {
                break;
            }
        }
    }
    topics
}

/// A topic as a value: in quotes where it would be more than one word.
fn quoted(topic: &str) -> String {
    if topic.contains(|char: char| char.is_whitespace() || matches!(char, '(' | ')' | '"' | ',')) {
        ["\"", &topic.replace('"', ""), "\""].concat()
    } else {
        topic.to_owned()
    }
}

/// Topics that are offered, and how many of the newest records are looked through for them.
const MOST_TOPICS: usize = 12;
const NEWEST: usize = 20_000;
