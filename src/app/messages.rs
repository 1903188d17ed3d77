//! Messages: published as they are typed, repeated, kept, and in files.

use std::rc::Rc;

use mqttscope_link::{
    Body, ConnectionCommand, Format, Outgoing, Pace, PageCommand, Repeat, RepeatState, Wrong,
};
use mqttscope_link::{Checked as EngineChecked, Command as EngineCommand, Draft};
use mqttscope_text::number;
use mqttscope_view::messages::{Kept, Message as KeptMessage, MessageEdit, Messages};
use mqttscope_view::validate::{PublishRequest, RepeatRequest};
use mqttscope_view::{Checked, Drafts};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;
use yew::html::Scope;

use super::files::NO_ROOM;
use super::link::Awaited;
use super::{App, Message};
use crate::browser;
use crate::store::page::Edit;
use crate::store::text::concat;
use crate::store::{Command, Field, Problems, refused, repeat};

/// What is published.
impl App {
    /// Publishes the message of the form, in its format or as text.
    pub(super) fn publish_typed(&mut self, command: Command, format: Format) -> Result<(), Problems> {
        let drafts = self.page.drafts.clone();
        let kept = KeptMessage::of_drafts(&drafts);
        let outgoing = self.outgoing(&drafts, Body::Typed { format, text: text_of(&drafts) })?;
        self.send_message(command, outgoing, Some(kept))
    }

    /// Publishes the files that were picked, one after the other.
    pub(super) fn publish_files(&mut self, command: &Command) -> Result<(), Problems> {
        let (drafts, files) = (self.page.drafts.clone(), self.page.files.clone());
        for file in files.iter() {
            let outgoing = self.outgoing(&drafts, Body::Bytes(file.bytes.clone()))?;
            let is_kept = file.bytes.len() <= MOST_KEPT_OF_A_FILE;
            let kept = is_kept.then(|| KeptMessage::of_drafts(&drafts).with_bytes(&file.bytes));
            self.send_message(command.clone(), outgoing, kept)?;
        }
        Ok(())
    }

    /// Publishes a message that is kept.
    pub(super) fn publish_kept(&mut self, command: Command, words: &str) -> Result<(), Problems> {
        let kept = self.kept(words)?.clone();
        let outgoing = self.outgoing_of(&kept).map_err(|said| refused(Field::SaveButton, said))?;
        self.send_message(command, outgoing, Some(kept))
    }

    fn send_message(
        &mut self,
        command: Command,
        outgoing: Outgoing,
        kept: Option<KeptMessage>,
    ) -> Result<(), Problems> {
        let asked = ConnectionCommand::Publish(Box::new(outgoing));
        let asked = EngineCommand::Connection(self.slots.chosen(), asked);
        self.ask_with(Awaited::Message(command, kept.map(Rc::new)), asked, None)
    }

    /// A message was published, or was not. What is wrong with its text is said there.
    pub(super) fn on_message_done(
        &mut self,
        command: &Command,
        kept: Option<Rc<KeptMessage>>,
        done: Result<(), String>,
    ) {
        let speaks_at = command.info().speaks_at;
        match done {
            Ok(()) => {
                self.edit(Edit::Accepted(speaks_at));
                if !matches!(command, Command::Repeat | Command::RepeatChosen) {
                    self.say_sent(speaks_at);
                }
                if let Some(kept) = kept {
                    self.edit(Edit::Messages(MessageEdit::Sent(Rc::unwrap_or_clone(kept))));
                }
            }
            Err(words) => {
                let is_typed = matches!(command, Command::Publish | Command::Repeat);
                let at =
                    if is_typed && self.page.checked.wrong.is_some() { Field::Message } else { speaks_at };
                self.edit(Edit::Refused(refused(at, words)));
            }
        }
    }

    /// On a phone the log, which tells the rest, is behind another tab.
    fn say_sent(&mut self, speaks_at: Field) {
        let time = number::time_of_day(self.zone.local(self.now_micros()));
        let said = concat(&["Sent at ", time.get(..8).unwrap_or(&time), "."]);
        self.edit(Edit::Note(speaks_at, said));
    }

    fn outgoing(&self, drafts: &Drafts, body: Body) -> Result<Outgoing, Problems> {
        let PublishRequest { topic, qos, retain, has_copy, properties } =
            drafts.publication(self.version())?;
        Ok(Outgoing { topic: topic.as_str().to_owned(), body, qos, retain, has_copy, properties })
    }

    /// A message that is kept, or what is wrong with it: it stands in no form that could say it.
    fn outgoing_of(&self, kept: &KeptMessage) -> Result<Outgoing, String> {
        let drafts = kept.drafts();
        let body = Body::Typed { format: drafts.message_format(), text: text_of(&drafts) };
        self.outgoing(&drafts, body).map_err(|problems| {
            let field = problems.first();
            let words = field.and_then(|field| problems.at(field)).unwrap_or_default();
            concat(&[field.map_or("", Field::id), ": ", words])
        })
    }
}

/// What is repeated.
impl App {
    /// Repeats the message of the form.
    pub(super) fn repeat_typed(&mut self, command: Command) -> Result<(), Problems> {
        let drafts = self.page.drafts.clone();
        let body = Body::Typed { format: drafts.message_format(), text: text_of(&drafts) };
        let outgoing = self.outgoing(&drafts, body)?;
        self.begin_repeat(command, vec![outgoing])
    }

    /// Repeats the saved messages that were chosen, in turn.
    pub(super) fn repeat_chosen(&mut self, command: Command) -> Result<(), Problems> {
        browser::open_around(Field::RepeatButton.id());
        let mut messages = Vec::new();
        for name in self.page.chosen.iter() {
            let Some(kept) = self.page.messages.get(&Kept::Saved(name.clone())) else { continue };
            let outgoing = self.outgoing_of(kept);
            let outgoing =
                outgoing.map_err(|said| refused(Field::RepeatButton, concat(&[name, ": ", &said])))?;
            messages.push(outgoing);
        }
        if messages.is_empty() {
            return Err(refused(Field::RepeatButton, "Choose saved messages first."));
        }
        self.begin_repeat(command, messages)
    }

    fn begin_repeat(&mut self, command: Command, messages: Vec<Outgoing>) -> Result<(), Problems> {
        let RepeatRequest { every_millis, times } = self.page.drafts.repetition()?;
        let pace = every_millis.map_or(Pace::AsAcknowledged, Pace::EveryMillis);
        let count = times.map(|times| times.saturating_mul(messages.len() as u64));
        let asked = ConnectionCommand::Repeat(Repeat { messages, pace, count });
        let asked = EngineCommand::Connection(self.slots.chosen(), asked);
        self.ask_with(Awaited::Message(command, None), asked, None)
    }

    pub(super) fn on_repeat(&mut self, state: RepeatState) {
        if let Some(Err(_)) = state.end {
            self.edit(Edit::Refused(refused(Field::RepeatButton, repeat::words(&state))));
        }
        self.repeat = Some(Rc::new(state));
    }
}

/// What is typed.
impl App {
    /// Lets the message be checked as it stands.
    pub(super) fn check_message(&mut self) {
        let drafts = &self.page.drafts;
        let (topic, format) = (drafts.text(Field::Topic).to_owned(), drafts.message_format());
        let draft = Draft { topic, format, text: text_of(drafts) };
        self.tell(EngineCommand::Page(PageCommand::Check(draft)));
    }

    pub(super) fn on_checked(&mut self, checked: EngineChecked) {
        let EngineChecked { len, wrong, warning } = checked;
        let (wrong, at) = wrong.map_or((None, 0), |Wrong { words, at }| (Some(words), at));
        self.edit(Edit::Checked(Checked { len: Some(len), wrong, at, warning }));
    }

    /// Lets the JSON of the form have other blanks.
    pub(super) fn reformat(&mut self, is_pretty: bool) -> Result<(), Problems> {
        self.is_there(Field::Message)?;
        let text = text_of(&self.page.drafts);
        self.reformatting = Some(text.clone());
        self.send(EngineCommand::Page(PageCommand::Reformat { text, is_pretty }));
        Ok(())
    }

    /// Takes JSON with other blanks, unless a person has typed meanwhile.
    pub(super) fn on_reformatted(&mut self, made: Result<String, Wrong>) {
        let is_current = self.reformatting.take().is_some_and(|text| text == text_of(&self.page.drafts));
        match made {
            Ok(text) if is_current => self.edit(Edit::Text(Field::Message, text)),
            Err(Wrong { words, .. }) if is_current => {
                self.edit(Edit::Refused(refused(Field::Message, words)));
            }
            _ => {}
        }
    }
}

/// What is kept.
impl App {
    /// Saves the message of the form, or gives a saved one another name.
    pub(super) fn save_message(&mut self) -> Result<(), Problems> {
        let name = self.page.drafts.text(Field::MessageName).trim().to_owned();
        if name.is_empty() {
            return Err(refused(Field::MessageName, "A message is saved by a name."));
        }
        let is_taken = self.page.messages.get(&Kept::Saved(name.clone())).is_some();
        if let Some(before) = self.page.renaming.clone() {
            if is_taken && before != name {
                return Err(refused(Field::MessageName, "Another message has that name."));
            }
            self.edit(Edit::Renaming(None));
            self.edit(Edit::Messages(MessageEdit::Rename(before, name)));
            return Ok(());
        }
        let message = KeptMessage::of_drafts(&self.page.drafts);
        self.edit(Edit::Messages(MessageEdit::Save(name.clone(), message)));
        let said = if is_taken { "Saved in place of the one of that name." } else { "Saved." };
        self.edit(Edit::Note(Field::SaveButton, said.into()));
        self.edit(Edit::ShowSent(false));
        Ok(())
    }

    /// Fills the form with a message that is kept.
    pub(super) fn edit_message(&mut self, words: &str) -> Result<(), Problems> {
        let message = self.kept(words)?.clone();
        self.edit(Edit::Fill(message));
        if let Some(Kept::Saved(name)) = Kept::read(words) {
            self.edit(Edit::Text(Field::MessageName, name));
        }
        browser::open_around(Field::Message.id());
        browser::focus_and_select(Field::Message.id());
        Ok(())
    }

    /// Saves a message that was sent by its topic, or beside another of that name.
    pub(super) fn keep_message(&mut self, words: &str) -> Result<(), Problems> {
        let message = self.kept(words)?.clone();
        let name = message.text(Field::Topic).unwrap_or_default().to_owned();
        self.edit(Edit::Messages(MessageEdit::Add(vec![(name, message)])));
        self.edit(Edit::Note(Field::SaveButton, "Saved by its topic.".into()));
        Ok(())
    }

    pub(super) fn begin_rename(&mut self, words: &str) {
        if let Some(Kept::Saved(name)) = Kept::read(words) {
            let renaming = Some(name).filter(|name| self.page.renaming.as_ref() != Some(name));
            self.edit(Edit::Renaming(renaming));
            browser::focus_and_select(Field::MessageName.id());
        }
    }

    pub(super) fn delete_message(&mut self, words: &str) -> Result<(), Problems> {
        let message = self.kept(words)?.clone();
        match Kept::read(words) {
            Some(Kept::Saved(name)) => {
                let question = concat(&["Delete the saved message “", &name, "”?"]);
                if browser::confirm(&question) {
                    self.edit(Edit::Messages(MessageEdit::Delete(name)));
                }
            }
            Some(Kept::Sent(_)) => self.edit(Edit::Messages(MessageEdit::Forget(message))),
            None => {}
        }
        Ok(())
    }

    fn kept(&self, words: &str) -> Result<&KeptMessage, Problems> {
        let kept = Kept::read(words).and_then(|kept| self.page.messages.get(&kept));
        kept.ok_or_else(|| refused(Field::SaveButton, "That message is not there any more."))
    }

    /// Writes down what has changed, among what other tabs have written meanwhile.
    pub(super) fn write_messages(&mut self) {
        let edits = std::mem::take(&mut self.unwritten);
        let (messages, is_written) = browser::store_messages(&edits);
        if is_written {
            self.page.take_messages(messages);
        } else {
            self.unwritten = edits;
            self.edit(Edit::Note(Field::SaveButton, NOT_WRITTEN.into()));
        }
    }
}

/// Files.
impl App {
    pub(super) fn export_messages(&mut self) -> Result<(), Problems> {
        if self.page.messages.saved().is_empty() {
            return Err(refused(Field::SaveButton, "There is no saved message to export."));
        }
        let name = concat(&["mqttscope-messages-", &browser::stamp(), ".json"]);
        browser::save_json(&self.page.messages.to_json(), &name)
            .map_err(|_| refused(Field::SaveButton, NO_ROOM))?;
        let count = self.page.messages.saved().len() as u64;
        let said = number::counted(count, " message in ", " messages in ");
        self.edit(Edit::Note(Field::SaveButton, concat(&[&said, &name])));
        Ok(())
    }

    /// Takes the messages of a file, or says what is wrong with it; what is there stays.
    pub(super) fn on_messages_read(&mut self, read: Result<Vec<Vec<(String, String)>>, String>) {
        match read.and_then(Messages::of_records) {
            Ok(messages) => {
                let said =
                    number::counted(messages.len() as u64, " message was added.", " messages were added.");
                self.edit(Edit::Messages(MessageEdit::Add(messages)));
                self.edit(Edit::ShowSent(false));
                self.edit(Edit::Accepted(Field::MessagesFile));
                self.edit(Edit::Note(Field::MessagesFile, said));
            }
            Err(words) => self.edit(Edit::Refused(refused(Field::MessagesFile, words))),
        }
    }
}

/// Reads a file of messages that was chosen.
pub(super) async fn read_messages(file: File, link: Scope<App>) {
    let message = match JsFuture::from(file.text()).await {
        Ok(text) => Message::MessagesFile(text.as_string().unwrap_or_default()),
        Err(_) => {
            let problems = refused(Field::MessagesFile, "The browser could not read the file.");
            Message::Edit(Edit::Refused(problems))
        }
    };
    link.send_message(message);
}

fn text_of(drafts: &Drafts) -> String {
    drafts.text(Field::Message).to_owned()
}

/// Bytes of a file that is kept among the messages that were sent, in hex.
const MOST_KEPT_OF_A_FILE: usize = 32 << 10;
const NOT_WRITTEN: &str = "The browser has no room to keep this: export the messages.";
