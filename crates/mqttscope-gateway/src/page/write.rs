//! Writes the page into a folder of another server, such as a Kaazing's extras.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bytes::Bytes;

use super::{PAGE_FILE, PageFiles};
use crate::error::io_reason;

/// What was written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Files, compressed copies among them.
    pub files: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Whether the defaults for the forms, which whoever serves the page writes, were there and were left alone.
    pub kept_defaults: bool,
}

/// Why the page was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Files of the same names are there, and the folder holds no page of mqttscope.
    #[error(
        "{} holds {} already, and no page of mqttscope: choose another folder, or move what is there away",
        .folder.display(), listed(.names)
    )]
    NotOurs {
        /// The folder.
        folder: PathBuf,
        /// The files that would have been replaced.
        names: Vec<String>,
    },
    /// A file or folder could not be read or written.
    #[error("cannot write {}: {}", .path.display(), io_reason(.source))]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes all files into the folder, which is made where it is missing.
///
/// A page of ours that is there is replaced; of anything else no file is, and a folder's other files stay. The page itself
/// comes last, since a server may be serving it meanwhile.
///
/// # Errors
///
/// [`WriteError`]; if it is [`WriteError::NotOurs`], nothing was written.
pub fn write(files: &PageFiles, folder: &Path) -> Result<Written, WriteError> {
    if !is_ours(&folder.join(PAGE_FILE)) {
        // What is the same already is of a page of ours that was not written to its end.
        let is_taken = |(name, content): &(&str, &Bytes)| match fs::read(folder.join(name)) {
            Ok(theirs) => theirs != content[..],
            Err(error) => {
                error.kind() != io::ErrorKind::NotFound && folder.join(name).symlink_metadata().is_ok()
            }
        };
        let taken: Vec<String> = files.iter().filter(is_taken).map(|(name, _)| name.to_owned()).collect();
        if !taken.is_empty() {
            return Err(WriteError::NotOurs { folder: folder.to_owned(), names: taken });
        }
    }
    let own_defaults = files.get(DEFAULTS_FILE);
    let kept_defaults =
        fs::read(folder.join(DEFAULTS_FILE)).is_ok_and(|theirs| own_defaults != Some(&theirs.into()));
    let is_page = |name: &str| name.starts_with(PAGE_FILE);
    let wanted = || files.iter().filter(|(name, _)| !(kept_defaults && name.starts_with(DEFAULTS_FILE)));
    let parts = wanted().filter(|(name, _)| !is_page(name));
    let page = wanted().filter(|(name, _)| is_page(name));
    let mut written = Written { kept_defaults, ..Written::default() };
    for (name, content) in parts.chain(page) {
        let path = folder.join(name);
        write_file(&path, content).map_err(|source| WriteError::Io { path, source })?;
        written.files += 1;
        written.bytes += content.len() as u64;
    }
    Ok(written)
}

/// Whether this is a page that mqttscope, of any version, has written.
fn is_ours(page: &Path) -> bool {
    fs::read_to_string(page).is_ok_and(|html| html.contains(TITLE))
}

/// Writes beside the file and renames, so that no server sends half of it.
fn write_file(path: &Path, content: &Bytes) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut staged = path.as_os_str().to_owned();
    staged.push(".new");
    fs::write(&staged, content)?;
    fs::rename(&staged, path)
}

/// The first of the names, and how many more there are.
fn listed(names: &[String]) -> String {
    let first = names.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Enough to know whose folder it is.
const MAX_LISTED: usize = 3;

/// What fills the forms for everybody; a person writes it for one server.
const DEFAULTS_FILE: &str = "mqttscope.json";

/// What every page of ours says, and nobody else's.
const TITLE: &str = "<title>mqttscope</title>";

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("mqttscope-write-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn put(&self, name: &str, content: &str) {
            fs::create_dir_all(&self.0).unwrap();
            fs::write(self.0.join(name), content).unwrap();
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn page(version: &str) -> PageFiles {
        let html = format!("<!doctype html><title>mqttscope</title>{version}");
        let files =
            [("mqtt.html", html.as_str()), ("style.css", version), ("mqttscope.json", "{}"), ("a/b.js", "b")];
        PageFiles::new(files.map(|(name, content)| (name, Bytes::copy_from_slice(content.as_bytes()))))
    }

    #[test]
    fn a_folder_is_made_and_filled() {
        let folder = Folder::new("filled");
        let written = write(&page("1"), &folder.0.join("deep")).unwrap();
        assert_eq!((written.files, written.kept_defaults), (4, false));
        assert_eq!(written.bytes, 40 + 1 + 2 + 1);
        assert_eq!(folder.read("deep/a/b.js"), "b");
        assert!(!folder.0.join("deep/mqtt.html.new").exists());
    }

    #[test]
    fn a_page_of_ours_is_replaced_and_what_a_person_wrote_is_not() {
        let folder = Folder::new("replaced");
        write(&page("1"), &folder.0).unwrap();
        assert!(
            !write(&page("1"), &folder.0).unwrap().kept_defaults,
            "they are those that come with the page"
        );
        folder.put("mqttscope.json", r#"{"version": "5"}"#);
        folder.put("other.html", "another demo");
        let written = write(&page("2"), &folder.0).unwrap();
        assert_eq!((written.files, written.kept_defaults), (3, true));
        assert_eq!(folder.read("style.css"), "2");
        assert!(folder.read("mqtt.html").ends_with('2'));
        assert_eq!(folder.read("mqttscope.json"), r#"{"version": "5"}"#);
        assert_eq!(folder.read("other.html"), "another demo");
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = Folder::new("foreign");
        folder.put("mqtt.html", "<title>MQTT demo</title>");
        folder.put("style.css", "theirs");
        let error = write(&page("1"), &folder.0).unwrap_err().to_string();
        assert!(error.contains("holds mqtt.html, style.css already, and no page of mqttscope"), "{error}");
        assert_eq!(folder.read("style.css"), "theirs");
        assert!(!folder.0.join("a").exists());
    }

    #[test]
    fn a_page_that_was_not_written_to_its_end_is_completed() {
        let folder = Folder::new("broken-off");
        folder.put("style.css", "1");
        assert_eq!(write(&page("1"), &folder.0).unwrap().files, 4);
        assert!(folder.read("mqtt.html").ends_with('1'));
    }

    #[test]
    fn beside_other_files_there_is_room() {
        let folder = Folder::new("beside");
        folder.put("index.html", "theirs");
        assert_eq!(write(&page("1"), &folder.0).unwrap().files, 4);
        assert_eq!(folder.read("index.html"), "theirs");
    }

    #[test]
    fn a_path_through_a_file_is_told() {
        let folder = Folder::new("file");
        folder.put("file", "");
        let error = write(&page("1"), &folder.0.join("file")).unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && !error.contains("os error"), "{error}");
    }

    #[test]
    fn many_names_are_cut() {
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
        assert_eq!(listed(&names), "a, b, c and 2 more");
        assert_eq!(listed(&names[..2]), "a, b");
    }
}
