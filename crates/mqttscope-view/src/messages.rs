//! Messages that are kept: saved by name, and the last that were sent.
//!
//! Several tabs keep them in one place. What a tab changes is a list of edits, which are made anew on what another has
//! written meanwhile.

use mqttscope_text::json::push_object;
use mqttscope_text::number;

use crate::storage::{read_text, write_text};

mod message;

pub use message::Message;

use message::NAME;

/// Messages that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// By name, in the order of their names; `/` in a name stands behind a folder.
    saved: Vec<(String, Message)>,
    /// The newest first.
    sent: Vec<Message>,
}

/// One of the messages that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The one of that name.
    Saved(String),
    /// The one at that place among those that were sent, the newest first.
    Sent(usize),
}

/// A change of the messages that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageEdit {
    /// A message gets a name, or a name another message.
    Save(String, Message),
    /// A name becomes another one.
    Rename(String, String),
    /// The message of that name goes.
    Delete(String),
    /// A message that was sent goes.
    Forget(Message),
    /// A message was sent.
    Sent(Message),
    /// Messages of a file come in. One whose name is taken by another gets a new one: nothing is lost.
    Add(Vec<(String, Message)>),
}

/// A list that is written down, as postcard has it: names and texts of each message.
type Written = (Vec<Vec<(String, String)>>, Vec<Vec<(String, String)>>);

impl Messages {
    /// Names and messages, in the order of the names.
    #[must_use]
    pub fn saved(&self) -> &[(String, Message)] {
        &self.saved
    }

    /// What was sent, the newest first.
    #[must_use]
    pub fn sent(&self) -> &[Message] {
        &self.sent
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, kept: &Kept) -> Option<&Message> {
        match kept {
            Kept::Saved(name) => self.saved.iter().find(|(own, _)| own == name).map(|(_, message)| message),
            Kept::Sent(at) => self.sent.get(*at),
        }
    }

    /// Makes a change.
    pub fn apply(&mut self, edit: MessageEdit) {
        match edit {
            MessageEdit::Save(name, message) => self.save(name, message),
            MessageEdit::Rename(from, to) => {
                let at = self.saved.iter().position(|(own, _)| *own == from);
                if let Some(at) = at.filter(|_| from != to) {
                    let (_, message) = self.saved.remove(at);
                    // Another tab may have taken the name meanwhile.
                    let to = self.free_name(to, &message);
                    self.save(to, message);
                }
            }
            MessageEdit::Delete(name) => self.saved.retain(|(own, _)| *own != name),
            MessageEdit::Forget(message) => self.sent.retain(|sent| *sent != message),
            MessageEdit::Sent(message) => self.note_sent(message),
            MessageEdit::Add(messages) => {
                for (name, message) in messages {
                    let name = self.free_name(name, &message);
                    self.save(name, message);
                }
            }
        }
    }

    fn save(&mut self, name: String, message: Message) {
        match self.saved.binary_search_by(|(own, _)| own.cmp(&name)) {
            Ok(at) => self.saved[at].1 = message,
            Err(at) => self.saved.insert(at, (name, message)),
        }
    }

    /// The same message is there once, where it was sent last.
    fn note_sent(&mut self, message: Message) {
        self.sent.retain(|sent| *sent != message);
        if message.len() <= MOST_OF_ONE {
            self.sent.insert(0, message);
        }
        self.sent.truncate(MOST_SENT);
        let mut len = 0;
        let fits = |message: &&Message| {
            len += message.len();
            len <= MOST_OF_SENT
        };
        self.sent.truncate(self.sent.iter().take_while(fits).count());
    }

    fn free_name(&self, name: String, message: &Message) -> String {
        let is_free = |name: &str| {
            let own = self.saved.iter().find(|(own, _)| own == name);
            own.is_none_or(|(_, own)| own == message)
        };
        let mut free = name.clone();
        let mut at = 2;
        while !is_free(&free) {
            free = [&name, " (", &number::plain(at), ")"].concat();
            at += 1;
        }
        free
    }
}

/// Written down.
impl Messages {
    /// The messages in a text; none if it is not what [`Self::to_text`] makes.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let (saved, sent): Written = read_text(text).unwrap_or_default();
        let mut messages = Self::default();
        for mut record in saved {
            if !record.is_empty() {
                let (_, name) = record.remove(0);
                messages.save(name, Message(record));
            }
        }
        messages.sent = sent.into_iter().map(Message).collect();
        messages
    }

    /// The messages as a text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let named = |(name, message): &(String, Message)| {
            let mut record = vec![(NAME.to_owned(), name.clone())];
            record.extend_from_slice(&message.0);
            record
        };
        let saved: Vec<_> = self.saved.iter().map(named).collect();
        let sent: Vec<_> = self.sent.iter().map(|message| message.0.clone()).collect();
        write_text(&(saved, sent))
    }

    /// The saved messages as a file, in JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"messages\":[");
        for (at, (name, message)) in self.saved.iter().enumerate() {
            out.push_str(if at > 0 { ",\n" } else { "\n" });
            push_object(&mut out, |object| {
                object.text(NAME, name);
                for (id, text) in &message.0 {
                    object.text(id, text);
                }
            });
        }
        out.push_str("\n]}\n");
        out
    }

    /// The messages of a file, from names and texts of what each has.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that is none, in a sentence.
    pub fn of_records(records: Vec<Vec<(String, String)>>) -> Result<Vec<(String, Message)>, String> {
        let read = |(at, record)| {
            Message::of_record(record)
                .map_err(|words: String| ["Message ", &number::plain(at as u64 + 1), ": ", &words].concat())
        };
        records.into_iter().enumerate().map(read).collect()
    }
}

impl Kept {
    /// The message that a control is about, by what stands beside it in the document.
    #[must_use]
    pub fn read(words: &str) -> Option<Self> {
        match words.split_once(' ')? {
            ("saved", name) => Some(Self::Saved(name.into())),
            ("sent", at) => at.parse().ok().map(Self::Sent),
            _ => None,
        }
    }

    /// What stands beside a control.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Saved(name) => ["saved ", name].concat(),
            Self::Sent(at) => ["sent ", &number::plain(*at as u64)].concat(),
        }
    }
}

/// Messages that were sent.
const MOST_SENT: usize = 100;
/// Bytes of one of them, and of all: a browser keeps about 5 MB for a page.
const MOST_OF_ONE: usize = 128 << 10;
const MOST_OF_SENT: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::values::{Drafts, Value};

    fn message(text: &str) -> Message {
        let mut drafts = Drafts::default();
        for (field, text) in [(Field::Topic, "t"), (Field::Message, text)] {
            drafts.set(field, Some(Value::Text(text.into())));
        }
        Message::of_drafts(&drafts)
    }

    fn names(messages: &Messages) -> Vec<&str> {
        messages.saved().iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn messages_are_saved_renamed_and_deleted() {
        let mut messages = Messages::default();
        for (name, text) in [("b/2", "1"), ("a", "2"), ("b/1", "3"), ("a", "4")] {
            messages.apply(MessageEdit::Save(name.into(), message(text)));
        }
        assert_eq!(names(&messages), ["a", "b/1", "b/2"]);
        assert_eq!(messages.get(&Kept::Saved("a".into())), Some(&message("4")));
        messages.apply(MessageEdit::Rename("a".into(), "c".into()));
        messages.apply(MessageEdit::Rename("c".into(), "c".into()));
        messages.apply(MessageEdit::Delete("b/1".into()));
        assert_eq!(names(&messages), ["b/2", "c"]);
    }

    #[test]
    fn two_tabs_keep_what_the_other_has_changed() {
        let mut before = Messages::default();
        for name in ["a", "b"] {
            before.apply(MessageEdit::Save(name.into(), message(name)));
        }
        let one = [MessageEdit::Rename("a".into(), "c".into()), MessageEdit::Sent(message("1"))];
        let two = [
            MessageEdit::Rename("b".into(), "c".into()),
            MessageEdit::Save("d".into(), message("d")),
            MessageEdit::Sent(message("2")),
        ];
        // Each is made on what the other has written.
        let mut stored = before.to_text();
        for edits in [&one[..], &two[..]] {
            let mut messages = Messages::of_text(&stored);
            edits.iter().cloned().for_each(|edit| messages.apply(edit));
            stored = messages.to_text();
        }
        let stored = Messages::of_text(&stored);
        assert_eq!(names(&stored), ["c", "c (2)", "d"]);
        assert_eq!(stored.sent(), [message("2"), message("1")]);
    }

    #[test]
    fn the_last_that_were_sent_are_kept() {
        let mut messages = Messages::default();
        for number in 0..150 {
            messages.apply(MessageEdit::Sent(message(&number.to_string())));
        }
        assert_eq!((messages.sent().len(), &messages.sent()[0]), (100, &message("149")));
        messages.apply(MessageEdit::Sent(message("148")));
        assert_eq!(messages.sent()[..2], [message("148"), message("149")]);
        messages.apply(MessageEdit::Forget(message("148")));
        assert_eq!((messages.sent().len(), &messages.sent()[0]), (99, &message("149")));
        // Large ones take the room of many, and one that is too large is not kept.
        for number in 0..20 {
            messages.apply(MessageEdit::Sent(message(&format!("{number}{}", "x".repeat(100 << 10)))));
        }
        assert_eq!(messages.sent().len(), 10);
        messages.apply(MessageEdit::Sent(message(&"y".repeat(200 << 10))));
        assert_eq!(messages.sent().len(), 10);
    }

    #[test]
    fn messages_come_back() {
        let mut messages = Messages::default();
        messages.apply(MessageEdit::Save("größe".into(), message("1")));
        messages.apply(MessageEdit::Sent(message("2")));
        assert_eq!(Messages::of_text(&messages.to_text()), messages);
        for text in ["", "日本", "\u{3}x"] {
            assert_eq!(Messages::of_text(text), Messages::default());
        }
    }

    #[test]
    fn a_file_of_messages_has_what_was_saved() {
        let mut messages = Messages::default();
        messages.apply(MessageEdit::Save("a".into(), message("\"1\"\n")));
        messages.apply(MessageEdit::Save("b/c".into(), message("2")));
        let expected = "{\"messages\":[\n{\"name\":\"a\",\"topic\":\"t\",\"publish-qos\":\"0\",\
            \"message-format\":\"text\",\"message\":\"\\\"1\\\"\\n\"},\n\
            {\"name\":\"b/c\",\"topic\":\"t\",\"publish-qos\":\"0\",\"message-format\":\"text\",\"message\":\"2\"}\n]}\n";
        assert_eq!(messages.to_json(), expected);
    }

    #[test]
    fn messages_of_a_file_take_nothing_away() {
        let record = |members: &[(&str, &str)]| -> Vec<(String, String)> {
            members.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
        };
        let read = Messages::of_records(vec![
            record(&[("name", "a"), ("topic", "t"), ("message", "new"), ("retain", "true")]),
            record(&[("topic", "x/y")]),
        ]);
        let read = read.expect("both are messages");
        let mut messages = Messages::default();
        messages.apply(MessageEdit::Save("a".into(), message("mine")));
        messages.apply(MessageEdit::Add(read.clone()));
        assert_eq!(names(&messages), ["a", "a (2)", "x/y"]);
        assert_eq!(messages.get(&Kept::Saved("a".into())), Some(&message("mine")));
        let added = messages.get(&Kept::Saved("a (2)".into())).expect("it was added");
        assert!(added.drafts().is_on(Field::Retain));
        // The same once more changes nothing.
        messages.apply(MessageEdit::Add(read[1..].to_vec()));
        assert_eq!(names(&messages), ["a", "a (2)", "x/y"]);
        for (members, words) in [
            (&[("message", "x")][..], "Message 1: it has no topic."),
            (&[("topic", "t"), ("publish-qos", "3")], "Message 1: “3” is no publish-qos."),
            (&[("topic", "t"), ("url", "ws://h")], "Message 1: “url” is nothing that a message has."),
        ] {
            assert_eq!(Messages::of_records(vec![record(members)]), Err(words.into()));
        }
    }

    #[test]
    fn a_control_says_which_message_it_is_about() {
        for kept in [Kept::Saved("a b/c".into()), Kept::Sent(12)] {
            assert_eq!(Kept::read(&kept.words()), Some(kept));
        }
        assert_eq!([Kept::read("sent x"), Kept::read("other 1"), Kept::read("")], [None, None, None]);
    }
}
