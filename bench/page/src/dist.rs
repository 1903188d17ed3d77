//! A built page.

use std::path::PathBuf;

use anyhow::Result;
use mqttscope_e2e::environment;

/// A folder as `cargo xtask dist` writes it.
pub struct Dist {
    /// What tables call it.
    pub name: String,
    pub folder: PathBuf,
}

impl Dist {
    /// The page in a folder, by the folder's name.
    pub fn new(folder: PathBuf) -> Self {
        let name =
            folder.file_name().map_or_else(|| "page".to_owned(), |name| name.to_string_lossy().into_owned());
        Self { name, folder }
    }

    /// The page that was built for this run.
    pub fn built() -> Result<Self> {
        Ok(Self { name: "page".to_owned(), folder: environment::dist()? })
    }
}
