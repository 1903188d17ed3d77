//! What the page asks of the engine, carried out. Whether it could be is said in a sentence.

use mqttscope_client::Client;
use mqttscope_link::{
    ConnectionCommand, Copy, LogCommand, Outgoing, PageCommand, Repeat, Secret, Slot, Ticket, Update, decode,
};
use mqttscope_log::export::Selection;
use mqttscope_log::transfer::Message;
use mqttscope_message::records;
use mqttscope_proto::session::CommandError;
use mqttscope_proto::{Timestamp, TopicFilter};
use mqttscope_text::zone::{Offset, Zone};
use mqttscope_text::{capitalised, number};

use super::{Engine, Output};
use crate::exporting::Exporting;
use crate::importing::Importing;
use crate::offers::offers;
use crate::publishing::{Around, Buffers, Prepared, check, reformat};
use crate::repeating::{Repeating, words};
use crate::request::request;
use crate::{goto, row, row_facts};

/// Commands.
impl Engine {
    pub(super) fn on_connection(
        &mut self,
        now: Timestamp,
        slot: Slot,
        ticket: Ticket,
        command: ConnectionCommand,
    ) {
        let at = match self.place(slot) {
            Some(at) => at,
            None if self.connections.len() >= Slot::MOST => {
                return self.update(Update::Done(ticket, Err(TOO_MANY.into())));
            }
            None => {
                self.connections.push((slot, Client::new()));
                self.connections.len() - 1
            }
        };
        let (client, log) = (&mut self.connections[at].1, &mut self.log);
        let done = match command {
            ConnectionCommand::Connect(request) => {
                client.connect(now, *request, log);
                Ok(())
            }
            ConnectionCommand::Disconnect { reason, properties } => {
                match client.disconnect_with(now, reason, properties.as_properties(), log) {
                    // An attempt that is under way, or a version without reasons.
                    Err(CommandError::NotConnected | CommandError::NotInVersion(_)) => {
                        client.disconnect(now, log);
                        Ok(())
                    }
                    done => done.map_err(|error| said(&error)),
                }
            }
            ConnectionCommand::Drop => {
                client.drop_connection(now, log);
                Ok(())
            }
            ConnectionCommand::ReconnectAutomatically(seed) => {
                client.reconnect_automatically(now, seed, log);
                Ok(())
            }
            ConnectionCommand::Restore(kept) => {
                match kept.and_then(|Secret(bytes)| decode(&bytes).ok()) {
                    // What describes no session is as good as none.
                    Some(kept) => drop(client.restore(kept)),
                    None => client.forget_restored(),
                }
                Ok(())
            }
            ConnectionCommand::Forget(filter) => {
                client.forget_subscription(&filter);
                Ok(())
            }
            ConnectionCommand::Subscribe { filters, options, properties } => {
                let filters: Result<Vec<_>, _> =
                    filters.iter().map(|filter| TopicFilter::new(filter)).collect();
                filters.map_err(|fault| sentence(&fault)).and_then(|filters| {
                    let done = client.subscribe_to(now, &filters, options, properties.as_properties(), log);
                    done.map_err(|error| said(&error))
                })
            }
            ConnectionCommand::Unsubscribe { filter, properties } => {
                TopicFilter::new(&filter).map_err(|fault| sentence(&fault)).and_then(|filter| {
                    let done = client.unsubscribe_with(now, filter, properties.as_properties(), log);
                    done.map_err(|error| said(&error))
                })
            }
            ConnectionCommand::Publish(message) => self.publish_once(now, at, *message),
            ConnectionCommand::Repeat(repeat) => self.begin_repeat(now, at, repeat),
            ConnectionCommand::StopRepeat => {
                self.stop_repeat(now, slot);
                Ok(())
            }
            ConnectionCommand::Authenticate { again, data } => {
                let data = data.as_ref().map(|data| &data.0[..]);
                let done = match again {
                    true => client.re_authenticate(now, data, log),
                    false => client.authenticate(now, data, log),
                };
                done.map_err(|error| said(&error))
            }
            ConnectionCommand::Switches {
                withhold_pingreq,
                send_duplicates,
                break_limits,
                close_on_violation,
            } => {
                let policy = client.policy_mut();
                policy.withhold_pingreq = withhold_pingreq;
                policy.send_duplicates = send_duplicates;
                policy.break_limits = break_limits;
                policy.close_on_violation = close_on_violation;
                Ok(())
            }
        };
        self.keeping.touch(now, &self.connections);
        self.tell(at);
        self.update(Update::Done(ticket, done));
    }

    pub(super) fn on_log(&mut self, ticket: Ticket, command: LogCommand) {
        let done = match command {
            LogCommand::Clear => {
                self.log.clear();
                Ok(())
            }
            LogCommand::Budget(bytes) => {
                self.log.set_budget(usize::try_from(bytes).unwrap_or(usize::MAX));
                Ok(())
            }
            LogCommand::KeepPasswords(keeps) => {
                self.log.set_keeps_passwords(keeps);
                Ok(())
            }
            LogCommand::Filter(edit) => {
                let is_right = self.view.set_filter(&edit, &self.page.zone);
                if is_right && edit.is_used && !edit.text.trim().is_empty() {
                    self.update(Update::FilterUsed(edit.text));
                }
                Ok(())
            }
            LogCommand::Complete { text, cursor } => {
                let subscriptions =
                    self.connections.iter().flat_map(|(_, client)| &client.connection().subscriptions);
                let subscribed = subscriptions.map(|subscription| subscription.filter.as_str());
                let offers = offers(text, cursor, subscribed, &self.log);
                self.update(Update::Offers(offers));
                Ok(())
            }
            LogCommand::ShowAll(shows_all) => {
                self.view.set_shows_all(shows_all);
                Ok(())
            }
            LogCommand::Marks(marks) => {
                if self.view.set_marks(marks, &self.owners, &self.page.zone) {
                    self.inspector.set_muted(self.view.mute());
                }
                Ok(())
            }
            LogCommand::ShowConnection(slot) => {
                self.view.show_connection(slot, &self.owners, &self.page.zone);
                Ok(())
            }
            LogCommand::Pause(paused) => {
                self.view.set_paused(paused, &self.log);
                Ok(())
            }
            LogCommand::Select(number) => {
                self.view.select(number, &self.log);
                Ok(())
            }
            LogCommand::Step(step) => {
                self.view.step(step, &self.log);
                Ok(())
            }
            LogCommand::GoTo(text) => goto::find(&self.log, &text, &self.page.zone)
                .map(|number| self.view.select(number, &self.log))
                .map_err(str::to_owned),
            LogCommand::Export { format, found_only, with_passwords } => {
                self.begin_export(&format, found_only, with_passwords)
            }
            LogCommand::CancelExport => {
                let is_exporting = self.exporting.take().is_some();
                if self.charts.exporting.take().is_some() || is_exporting {
                    self.outputs.push_back(Output::DropPieces);
                }
                Ok(())
            }
            LogCommand::Import { replaces, len } => self.begin_import(replaces, len),
            LogCommand::CancelImport => {
                if self.importing.take().is_some() {
                    self.outputs.push_back(Output::CancelImport);
                    self.update(Update::Imported(Ok(CANCELLED.into())));
                }
                Ok(())
            }
        };
        self.update(Update::Done(ticket, done));
    }

    fn publish_once(&mut self, now: Timestamp, at: usize, message: Outgoing) -> Result<(), String> {
        let id = self.client_id(at);
        let prepared = Prepared::new(message, &mut self.values(now, &id)).map_err(|why| words(&why))?;
        let time_of_day = self.time_of_day(now);
        let mut around = Around { now, time_of_day, chance: &mut self.chance, log: &mut self.log };
        let client = &mut self.connections[at].1;
        let published = prepared.publish(1, client, &mut around, &mut Buffers::default());
        published.map(|_| ()).map_err(|why| words(&why))
    }

    fn begin_repeat(&mut self, now: Timestamp, at: usize, repeat: Repeat) -> Result<(), String> {
        let (slot, client) = &self.connections[at];
        let slot = *slot;
        if !client.connection().is_connected() {
            return Err(sentence(&CommandError::NotConnected));
        }
        if self.repeats.iter().any(|(own, _)| *own == slot) {
            return Err("Messages are being repeated: stop that first.".into());
        }
        let id = self.client_id(at);
        let repeating = Repeating::new(now, repeat, &mut self.values(now, &id)).map_err(|why| words(&why))?;
        self.update(Update::Repeat(slot, repeating.state().clone()));
        self.repeats.push((slot, repeating));
        Ok(())
    }

    /// Forgets a connection that has ended: what it has logged stays.
    pub(super) fn leave(&mut self, now: Timestamp, slot: Slot, ticket: Ticket) {
        let at = self.place(slot);
        if at.is_some_and(|at| self.connections[at].1.connection().is_wanted()) {
            let words = "A connection is there: disconnect first.".into();
            return self.update(Update::Done(ticket, Err(words)));
        }
        if let Some(at) = at {
            self.connections.remove(at);
            self.stop_repeat(now, slot);
            if self.keeping.forget(slot) {
                self.update(Update::Kept(slot, None));
            }
        }
        self.update(Update::Done(ticket, Ok(())));
    }

    fn stop_repeat(&mut self, now: Timestamp, slot: Slot) {
        if let Some(place) = self.repeats.iter().position(|(own, _)| *own == slot) {
            let (_, mut repeating) = self.repeats.remove(place);
            repeating.stop(now);
            self.update(Update::Repeat(slot, repeating.state().clone()));
        }
    }

    /// The client id of the connection that the page's forms are of.
    fn chosen_client_id(&self) -> String {
        self.place(self.page.look.slot).map_or_else(String::new, |at| self.client_id(at))
    }

    /// The client id of a connection; of none that of nobody.
    fn client_id(&self, at: usize) -> String {
        self.connections.get(at).map_or_else(String::new, |(_, client)| client.connection().client_id.clone())
    }

    pub(super) fn on_page(&mut self, now: Timestamp, command: PageCommand) {
        match command {
            PageCommand::Check(draft) => {
                let id = self.chosen_client_id();
                let checked = check(&draft, &mut self.values(now, &id));
                self.update(Update::Checked(checked));
            }
            PageCommand::Reformat { text, is_pretty } => {
                let id = self.chosen_client_id();
                let made = reformat(&text, is_pretty, &mut self.values(now, &id));
                self.update(Update::Reformatted(made));
            }
            PageCommand::ReadMessages(text) => {
                let read = records::read(&text).map_err(|mistake| mistake.sentence(&text));
                self.update(Update::MessagesRead(read));
            }
            PageCommand::Look(look) => {
                self.view.set_geometry(look.geometry);
                self.topics.set_look(look.topics);
                if look.topics.is_none() {
                    // Shown again, it is told again.
                    self.page.sent_topics = None;
                }
                self.page.look = look;
            }
            PageCommand::Drawn => self.page.is_ready = true,
            PageCommand::Tick => {}
            PageCommand::Scroll(gesture) => self.view.scroll(gesture, &self.log),
            PageCommand::Zone(offsets) => {
                let offset = |(from, minutes)| Offset { from, minutes };
                self.page.zone = Zone::new(offsets.into_iter().map(offset).collect());
            }
            PageCommand::Fold(line) => self.inspector.fold(&self.log, line),
            PageCommand::Reply(number) => {
                if let Some((topic, correlation)) = request(&self.log, number) {
                    self.update(Update::Reply { topic, correlation });
                }
            }
            PageCommand::Row(number) => {
                if let Some(facts) = row_facts::row_facts(&self.log, number) {
                    self.update(Update::Row(facts));
                }
            }
            PageCommand::Again(number) => {
                if let Some(message) = row_facts::message(&self.log, number) {
                    self.update(Update::Again(message));
                }
            }
            PageCommand::Copy(copy) => {
                if let Some(text) = self.copied(copy) {
                    self.update(Update::Copied(copy, text));
                }
            }
        }
    }

    fn copied(&self, copy: Copy) -> Option<String> {
        let selected = self.view.selected();
        let time = |micros: u64| number::time_of_day(self.page.zone.local(micros));
        match copy {
            Copy::Row => {
                let row = row::row(&self.log, selected?, false)?;
                Some(row::line(&row, &time(row.time_of_day)))
            }
            Copy::PacketText => {
                let record = self.log.record(selected?)?;
                // To the microsecond.
                let micros = self.log.time_of_day(record);
                let time = format!("{}{:03}", time(micros), micros % 1_000);
                self.inspector.selected()?.text(&self.log, &time)
            }
            Copy::PacketHex => self.inspector.selected()?.hex(&self.log),
            Copy::PacketJson => Some(self.inspector.selected()?.json(&self.log)),
            Copy::Payload => self.inspector.payload_text(&self.log),
            Copy::Topic(id) => self.topic_name(id),
            Copy::TopicValue(id) => self.topic_value(id),
            Copy::RowTopic => {
                let number = selected?;
                row_facts::topic(&self.log, number, self.log.record(number)?).map(str::to_owned)
            }
        }
    }
}

/// Files.
impl Engine {
    fn begin_export(&mut self, format: &str, found_only: bool, with_passwords: bool) -> Result<(), String> {
        if self.exporting.is_some() || self.charts.exporting.is_some() {
            return Err("An export is under way.".into());
        }
        let selection = match (found_only, self.view.matches()) {
            (true, Some(matches)) => Selection::Numbers(matches.iter().collect()),
            (true, None) => return Err("There is no filter.".into()),
            (false, _) => Selection::All,
        };
        self.exporting = Some(Exporting::new(&self.log, format, selection, with_passwords));
        Ok(())
    }

    fn begin_import(&mut self, replaces: bool, len: u64) -> Result<(), String> {
        if self.importing.is_some() {
            return Err("Another file is being read: wait for it, or cancel it.".into());
        }
        if replaces {
            // A view that is held would show nothing of it.
            self.view.set_paused(false, &self.log);
        }
        self.importing = Some(Importing::new(replaces, len));
        self.outputs.push_back(Output::Import);
        Ok(())
    }

    pub(super) fn on_read(&mut self, message: Message<'_>) {
        let Some(importing) = &mut self.importing else { return };
        match message {
            Message::Records(records) => {
                if importing.append(records, &mut self.log).is_none() {
                    self.importing = None;
                    self.outputs.push_back(Output::CancelImport);
                    self.update(Update::Imported(Err(OTHER_BUILD.into())));
                }
            }
            Message::Read(done) => {
                importing.progress.done = done;
                self.outputs.push_back(Output::GoOnReading);
            }
            Message::Ended(ended) => {
                let dropped = importing.dropped(&self.log);
                self.importing = None;
                let mut words = ended.words;
                if dropped > 0 {
                    words.push_str(" The log has no room for all: ");
                    words.push_str(&number::counted(dropped.into(), " oldest row was", " oldest rows were"));
                    words.push_str(" dropped.");
                }
                let said = if ended.is_broken { Err(words) } else { Ok(words) };
                self.update(Update::Imported(said));
            }
            Message::Lines(_) | Message::Compared(_) => {}
        }
    }
}

/// An error of the session as a sentence; of a limit that the server has set, where that is written and how to break it.
pub(crate) fn said(error: &CommandError) -> String {
    match error {
        CommandError::Limit(limit) => {
            let clause = limit.clause().trim_matches(['[', ']']);
            format!(
                "{} ({clause}): “Break the server's limits” sends it all the same.",
                capitalised(&limit.to_string())
            )
        }
        _ => sentence(error),
    }
}

pub(crate) fn sentence(error: &impl ToString) -> String {
    format!("{}.", capitalised(&error.to_string()))
}

const TOO_MANY: &str = "16 connections are there, and a page has no more: disconnect one first.";
const CANCELLED: &str = "Cancelled: what was read until then is in the log.";
const OTHER_BUILD: &str = "The part of the page that reads files is of another build: load the page again.";
