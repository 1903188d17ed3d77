//! Where the page comes from: a folder, or the program itself.
//!
//! `inside` answers for the files inside the program as for those of a folder, `write` makes a folder of them.

mod inside;
mod write;

use std::path::{Path, PathBuf};

pub use inside::PageFiles;
pub use write::{WriteError, Written, write};

/// Where the page's files come from.
#[derive(Clone, Debug)]
pub enum Page {
    /// A folder that holds `mqtt.html` and its files. Nothing of it is kept between two requests.
    Folder(PathBuf),
    /// Files in memory: those that the program was built with, or any others.
    Inside(PageFiles),
}

impl Page {
    /// Whether it can be served: the page itself is there.
    ///
    /// # Errors
    ///
    /// [`Error::NoWebFolder`](crate::Error::NoWebFolder), [`Error::NoPage`](crate::Error::NoPage) or
    /// [`Error::NoPageInside`](crate::Error::NoPageInside).
    pub fn check(&self) -> Result<(), crate::Error> {
        match self {
            Self::Folder(folder) if !folder.is_dir() => Err(crate::Error::NoWebFolder(folder.clone())),
            Self::Folder(folder) if !folder.join(PAGE_FILE).is_file() => {
                Err(crate::Error::NoPage(folder.clone()))
            }
            Self::Inside(files) if files.get(PAGE_FILE).is_none() => Err(crate::Error::NoPageInside),
            _ => Ok(()),
        }
    }
}

/// The page inside the program, or where there is none the folder `dist`, where a build puts it.
impl Default for Page {
    fn default() -> Self {
        PageFiles::embedded().map_or_else(|| Self::Folder(DEFAULT_FOLDER.into()), Self::Inside)
    }
}

impl From<&Path> for Page {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }
}

impl From<&str> for Page {
    fn from(folder: &str) -> Self {
        Self::Folder(folder.into())
    }
}

impl From<PathBuf> for Page {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

/// The folder that is served by a program without a page.
const DEFAULT_FOLDER: &str = "dist";

/// The page itself.
const PAGE_FILE: &str = "mqtt.html";
