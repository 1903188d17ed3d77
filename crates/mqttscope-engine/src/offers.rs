//! What can stand at the cursor in the filter: keys and words of its language, and topics that were seen.

use mqttscope_link::{Offer, Offers, Span};
use mqttscope_log::Log;
use mqttscope_log::filter::{Completion, complete, quoted};

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
    let mut is_known = false;
    if completion.key == Some("topic") {
        let topics;
        (topics, is_known) = known_topics(subscribed, log, typed);
        offers.extend(topics.iter().map(|topic| Offer { text: quoted(topic), help: String::new() }));
    }
    let own = completion.suggestions.iter();
    offers.extend(own.map(|own| Offer { text: own.text.into(), help: own.help.into() }));
    let range = Span { start: completion.range.start as u32, end: completion.range.end as u32 };
    // A value that can still become one of these is not yet what is looked for.
    let is_begun =
        completion.is_begun || !is_known && !offers.is_empty() && is_value_begun(&text, &completion);
    Offers { text, range, is_begun, offers }
}

/// Whether a person is still at a value: the filter would say that nothing matches before it is whole.
fn is_value_begun(text: &str, completion: &Completion) -> bool {
    let is_end =
        text[completion.range.end..].chars().next().is_none_or(|char| char.is_whitespace() || char == ')');
    completion.key.is_some() && is_end && !completion.range.is_empty()
}

/// Topics that begin with a text and go on, and whether one is that text.
fn known_topics<'a>(
    subscribed: impl Iterator<Item = &'a str>,
    log: &'a Log,
    start: &str,
) -> (Vec<String>, bool) {
    let newest = (log.first()..log.end()).rev().take(NEWEST);
    let named = newest.filter_map(|number| log.topic(number, log.record(number)?)?.name());
    let published = named.filter_map(|topic| str::from_utf8(topic).ok());
    let mut topics: Vec<String> = Vec::new();
    let mut is_known = false;
    for topic in subscribed.chain(published) {
        is_known |= topic == start;
        let goes_on = topic.len() > start.len() && topic.starts_with(start);
        if goes_on && !topics.iter().any(|known| known == topic) {
            topics.push(topic.to_owned());
            if topics.len() == MOST_TOPICS {
                break;
            }
        }
    }
    (topics, is_known)
}

/// Topics that are offered, and how many of the newest records are looked through for them.
const MOST_TOPICS: usize = 12;
const NEWEST: usize = 20_000;
