//! Files: exports of the log, captures that are read into it, and files to publish.

use js_sys::Uint8Array;
use mqttscope_link::{Command, LogCommand, Saved};
use mqttscope_text::number;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};
use yew::html::Scope;

use super::{App, Awaited, Message};
use crate::browser;
use crate::components::inspector::Comparing;
use crate::store::page::{Edit, PickedFile};
use crate::store::text::concat;
use crate::store::{self, Field, Problems, refused};

/// Exports.
impl App {
    pub(super) fn begin_export(&mut self) -> Result<(), Problems> {
        // What an engine that is lost has shown last is no longer so.
        if self.engine.is_some() && self.shown.log.exporting.is_some() {
            return Err(refused(Field::ExportButton, "An export is under way."));
        }
        let looks = &self.page.looks.values;
        let command = LogCommand::Export {
            format: looks.text(Field::ExportFormat).to_owned(),
            found_only: looks.text(Field::ExportWhat) == "found",
            with_passwords: looks.is_on(Field::KeepPasswords),
        };
        self.ask(store::Command::Export, Command::Log(command))
    }

    /// An export is written: hands the file to the browser, and says what became of it.
    pub(super) fn on_exported(&mut self, exported: Result<Saved, String>, blob: Option<Blob>) {
        match exported.and_then(|saved| save(&saved, blob)) {
            Ok(said) => self.edit(Edit::Note(Field::ExportButton, said)),
            Err(said) => self.edit(Edit::Refused(refused(Field::ExportButton, said))),
        }
    }
}

/// Imports.
impl App {
    pub(super) fn begin_import(&mut self, file: &File) -> Result<(), Problems> {
        if self.engine.is_some() && self.shown.log.importing.is_some() {
            return Err(refused(Field::ImportFile, "Another file is being read: wait for it, or cancel it."));
        }
        let replaces = self.page.looks.values.text(Field::ImportHow) == "replace";
        let would_lose = replaces && self.engine.is_some() && self.shown.log.is_unsaved;
        if would_lose && !browser::confirm(WOULD_BE_LOST) {
            self.captures.clear();
            return Ok(());
        }
        self.import(replaces, file)
    }

    fn import(&mut self, replaces: bool, file: &File) -> Result<(), Problems> {
        self.file = Some(file.name());
        if replaces {
            self.reference = None;
            self.comparing = Comparing::default();
        }
        let command = LogCommand::Import { replaces, len: file.size() as u64 };
        self.start_anew();
        self.ask_with(Awaited::Import, Command::Log(command), Some(file))
    }

    pub(super) fn on_imported(&mut self, imported: Result<String, String>) {
        match imported {
            Ok(words) => self.edit(Edit::Note(Field::ImportFile, words)),
            Err(words) => self.edit(Edit::Refused(refused(Field::ImportFile, words))),
        }
        if let Some(next) = self.captures.pop_front()
            && let Err(problems) = self.import(false, &next)
        {
            self.edit(Edit::Refused(problems));
        }
    }
}

/// Lets the browser save an export; says in words what it is.
fn save(saved: &Saved, blob: Option<Blob>) -> Result<String, String> {
    let name = concat(&["mqttscope-", &browser::stamp(), ".", &saved.extension]);
    blob.and_then(|blob| browser::save(&blob, &name).ok()).ok_or(NO_ROOM)?;
    let mut said = concat(&[&number::counted(saved.rows, " row in ", " rows in "), &name]);
    for (count, words) in [
        (saved.dropped, "dropped by the log meanwhile: "),
        (saved.passwords_hidden, "passwords replaced by *: "),
    ] {
        if count > 0 {
            said.push_str(&concat(&["; ", words, &number::grouped(count)]));
        }
    }
    Ok(said)
}

/// Reads files that were chosen to be published; of no file there is nothing to publish.
pub(super) async fn read(files: Vec<File>, link: Scope<App>) {
    let mut picked = Vec::new();
    for file in files {
        let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
            let words = concat(&["The browser could not read ", &file.name(), "."]);
            return link.send_message(Message::Edit(Edit::Refused(refused(Field::File, words))));
        };
        let bytes = Uint8Array::new(&buffer).to_vec();
        picked.push(PickedFile { name: file.name(), mime: file.type_(), bytes });
    }
    link.send_message(Message::Edit(Edit::Files(picked)));
}

const WOULD_BE_LOST: &str = "The log holds packets that are in no file, and this one would take their place.\n\n\
     To keep them, cancel, and export them first, or choose “Add to it”.";
pub(super) const NO_ROOM: &str = "The browser has no room for the file.";
