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
use crate::store::page::{Action, PickedFile};
use crate::store::validate::refused;
use crate::store::{Field, Problems};

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
        let forms = &self.page.settings.forms;
        let log = self.driver.log();
        let log = log.0.borrow();
        let scope = self.scope.0.borrow();
        let selection = match (forms.export_what.as_str(), scope.matches()) {
            ("found", Some(matches)) => Selection::Numbers(matches.iter().collect()),
            ("found", None) => return Err(refused(Field::ExportButton, "There is no filter.")),
            _ => Selection::All,
        };
        let format = format_of(&forms.export_format);
        self.exporting = Some(Exporting::new(&log, format, selection, forms.keep_passwords));
        drop((log, scope));
        self.act(Action::Accepted);
        self.soon.ask();
        Ok(())
    }

    /// Goes on with the export for a slice, and asks for another if that was not all.
    pub(super) fn export_on(&mut self) {
        let Some(mut exporting) = self.exporting.take() else { return };
        let saved = match exporting.advance(&self.driver.log().0.borrow()) {
            Ok(false) => {
                self.exporting = Some(exporting);
                self.soon.ask();
                return;
            }
            Ok(true) => exporting.save(),
            Err(words) => Err(words),
        };
        match saved {
            Ok(said) => self.act(Action::Note(Field::ExportButton, said)),
            Err(said) => self.act(Action::Refused(refused(Field::ExportButton, said))),
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
        let replaces = self.page.settings.forms.import_how == "replace";
        let import = self.reader.import(file, log.clone(), replaces, listen);
        let import = import.map_err(|words| refused(Field::ImportFile, words))?;
        if replaces {
            // A view that is held would show nothing of it.
            self.scope.0.borrow_mut().set_paused(false, &log.0.borrow());
        }
        self.importing = Some(Importing { _import: import, done: 0, total: file.size() as u64 });
        self.act(Action::Accepted);
        self.act(Action::Note(Field::ImportFile, String::new()));
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
            Ok((words, false)) => self.act(Action::Note(Field::ImportFile, words)),
            Ok((words, true)) | Err(words) => self.act(Action::Refused(refused(Field::ImportFile, words))),
        }
    }
}

/// Reads a file that was chosen to be published.
pub(super) async fn read(file: File, link: Scope<App>) {
    let action = match JsFuture::from(file.array_buffer()).await {
        Ok(buffer) => {
            let bytes = Uint8Array::new(&buffer).to_vec();
            Action::File(Some(Rc::new(PickedFile { name: file.name(), mime: file.type_(), bytes })))
        }
        Err(_) => Action::Refused(refused(Field::File, "The browser could not read the file.")),
    };
    link.send_message(Message::Act(action));
}
