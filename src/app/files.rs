//! Files: exports of the log, captures that are read into it, and files to publish.

use std::rc::Rc;

use js_sys::Uint8Array;
use mqttscope_log::export::Selection;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;
use yew::html::Scope;
use yew::prelude::*;

use super::{App, Message};
use crate::export::{Exporting, format_of};
use crate::reader::{Import, Progress};
use crate::store::page::{Edit, PickedFile};
use crate::store::{Field, Problems, refused};

/// A capture that is being read.
pub(super) struct Importing {
    /// Dropped, it ends.
    _import: Import,
    pub(super) done: u64,
    pub(super) total: u64,
}

/// Exports.
impl App {
    pub(super) fn begin_export(&mut self) -> Result<(), Problems> {
        if self.exporting.is_some() {
            return Err(refused(Field::ExportButton, "An export is under way."));
        }
        let looks = &self.page.looks.values;
        let log = self.driver.log();
        let log = log.0.borrow();
        let scope = self.scope.0.borrow();
        let selection = match (looks.text(Field::ExportWhat), scope.matches()) {
            ("found", Some(matches)) => Selection::Numbers(matches.iter().collect()),
            ("found", None) => return Err(refused(Field::ExportButton, "There is no filter.")),
            _ => Selection::All,
        };
        let format = format_of(looks.text(Field::ExportFormat));
        self.exporting = Some(Exporting::new(&log, format, selection, looks.is_on(Field::KeepPasswords)));
        drop((log, scope));
        self.edit(Edit::Accepted);
        self.tasks.ask();
        Ok(())
    }

    /// Goes on with the export for a slice, and asks for another if that was not all.
    pub(super) fn export_on(&mut self) {
        let Some(mut exporting) = self.exporting.take() else { return };
        let saved = match exporting.advance(&self.driver.log().0.borrow()) {
            Ok(false) => {
                self.exporting = Some(exporting);
                self.tasks.ask();
                return;
            }
            Ok(true) => exporting.save(),
            Err(words) => Err(words),
        };
        match saved {
            Ok(said) => self.edit(Edit::Note(Field::ExportButton, said)),
            Err(said) => self.edit(Edit::Refused(refused(Field::ExportButton, said))),
        }
    }
}

/// Imports.
impl App {
    pub(super) fn begin_import(&mut self, file: &File, ctx: &Context<Self>) -> Result<(), Problems> {
        if self.importing.is_some() {
            return Err(refused(Field::ImportFile, "Another file is being read: wait for it, or cancel it."));
        }
        let log = self.driver.log();
        let link = ctx.link().clone();
        let listen = Rc::new(move |progress| link.send_message(Message::Imported(progress)));
        let replaces = self.page.looks.values.text(Field::ImportHow) == "replace";
        let import = self.reader.import(file, log.clone(), replaces, listen);
        let import = import.map_err(|words| refused(Field::ImportFile, words))?;
        if replaces {
            // A view that is held would show nothing of it.
            self.scope.0.borrow_mut().set_paused(false, &log.0.borrow());
        }
        self.importing = Some(Importing { _import: import, done: 0, total: file.size() as u64 });
        self.edit(Edit::Accepted);
        self.edit(Edit::Note(Field::ImportFile, String::new()));
        Ok(())
    }

    pub(super) fn on_imported(&mut self, progress: Progress) {
        let said = match progress {
            Progress::Read { done, total } => {
                if let Some(importing) = &mut self.importing {
                    (importing.done, importing.total) = (done, total);
                }
                return;
            }
            Progress::Ended(ended) => Ok((ended.words, ended.is_broken)),
            Progress::Failed(words) => Err(words),
        };
        self.importing = None;
        match said {
            Ok((words, false)) => self.edit(Edit::Note(Field::ImportFile, words)),
            Ok((words, true)) | Err(words) => self.edit(Edit::Refused(refused(Field::ImportFile, words))),
        }
    }
}

/// Reads a file that was chosen to be published.
pub(super) async fn read(file: File, link: Scope<App>) {
    let edit = match JsFuture::from(file.array_buffer()).await {
        Ok(buffer) => {
            let bytes = Uint8Array::new(&buffer).to_vec();
            Edit::File(Some(Rc::new(PickedFile { name: file.name(), mime: file.type_(), bytes })))
        }
        Err(_) => Edit::Refused(refused(Field::File, "The browser could not read the file.")),
    };
    link.send_message(Message::Edit(edit));
}
