//! What a page hands to the browser as a file.

use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::page::Page;
use crate::temporary::TemporaryFolder;
use crate::wait::{self, Look};

/// The folder in which a page's browser saves files.
pub struct Downloads {
    folder: TemporaryFolder,
}

impl Downloads {
    /// Lets the browser save what the page hands to it, without a question.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn of(page: &Page) -> Result<Self> {
        let folder = TemporaryFolder::new()?;
        let parameters = json!({ "behavior": "allow", "downloadPath": folder.path() });
        page.dev_tools("Browser.setDownloadBehavior", parameters).await?;
        Ok(Self { folder })
    }

    /// Waits for the next file whose name ends with this, and takes it out of the folder.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn next(&self, extension: &str) -> Result<Vec<u8>> {
        let path = wait::until_within(Duration::from_secs(60), "a download", async || {
            let files = self.files()?;
            let is_whole = |path: &&PathBuf| path.extension().is_some_and(|found| found == extension);
            Ok(match files.iter().find(is_whole) {
                Some(path) => Look::Ready(path.clone()),
                None => Look::NotYet(format!("{files:?}")),
            })
        })
        .await?;
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::remove_file(path)?;
        Ok(content)
    }

    /// What is in the folder now, also what the browser has not finished.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        fs::read_dir(self.folder.path())?.map(|entry| Ok(entry?.path())).collect()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}
