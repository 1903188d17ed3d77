//! Files in memory, as tower-http's `ServeDir` takes them.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Ready, ready};
use std::io::{self, Cursor};
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// The files of a page in memory, each with its name below the page's folder; a clone is the same files.
///
/// `NAME.br` and `NAME.gz` are compressed copies of NAME, as in a folder.
#[derive(Clone)]
pub struct PageFiles(Arc<BTreeMap<String, Stored>>);

impl PageFiles {
    /// These files, each with its name, in which `/` stands between folders.
    pub fn new<N: Into<String>>(files: impl IntoIterator<Item = (N, Bytes)>) -> Self {
        let stored = files.into_iter().map(|(name, content)| (name.into(), Stored::new(content)));
        Self(Arc::new(stored.collect()))
    }

    /// The page that the program was built with, if it was built with the feature `page`.
    pub fn embedded() -> Option<Self> {
        #[cfg(feature = "page")]
        {
            let files: &[(&str, &'static [u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
            Some(Self::new(files.iter().map(|&(name, content)| (name, Bytes::from_static(content)))))
        }
        #[cfg(not(feature = "page"))]
        None
    }

    /// The content of one.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.get(name).map(|stored| &stored.content)
    }

    /// All names with their contents, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(name, stored)| (name.as_str(), &stored.content))
    }

    fn stored(&self, path: &Path) -> io::Result<Stored> {
        // ServeDir joins what is asked for behind `.` with the system's own separator.
        let names = path.components().filter(|part| !matches!(part, Component::CurDir));
        let names: Option<Vec<&str>> = names.map(|part| part.as_os_str().to_str()).collect();
        let found = names.and_then(|names| self.0.get(&names.join("/")));
        found.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Without the contents, of which nobody could read anything.
impl fmt::Debug for PageFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[derive(Clone)]
pub struct Stored {
    content: Bytes,
    mark: Duration,
}

impl Stored {
    fn new(content: Bytes) -> Self {
        let mark = mark(&Sha1::digest(&content));
        Self { content, mark }
    }
}

/// What stands for a content, as a time: ServeDir makes ETags of nothing but a file's length and its time.
///
/// A program has no times of its files. So what it says is 2^61 times that mean nothing but that another content has
/// another one, and `files` takes care that nobody sees or asks for a date.
fn mark(digest: &[u8]) -> Duration {
    let bits = digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    // Up to the year 2106, which every writer of dates knows.
    Duration::new(bits >> 32, (bits as u32) >> 3)
}

impl Backend for PageFiles {
    type File = OpenFile;
    type Metadata = Stored;
    type OpenFuture = Ready<io::Result<OpenFile>>;
    type MetadataFuture = Ready<io::Result<Stored>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(
            self.stored(&path).map(|stored| OpenFile { cursor: Cursor::new(stored.content.clone()), stored }),
        )
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.stored(&path))
    }
}

impl Metadata for Stored {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(SystemTime::UNIX_EPOCH + self.mark)
    }

    fn len(&self) -> u64 {
        self.content.len() as u64
    }
}

/// A file that is being sent.
pub struct OpenFile {
    cursor: Cursor<Bytes>,
    stored: Stored,
}

impl File for OpenFile {
    type Metadata = Stored;
    type MetadataFuture<'a> = Ready<io::Result<Stored>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.stored.clone()))
    }
}

impl AsyncRead for OpenFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.cursor).poll_read(cx, buf)
    }
}

impl AsyncSeek for OpenFile {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.cursor).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.cursor).poll_complete(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_a_time_that_every_content_has_its_own_of() {
        let of = |content: &'static str| Stored::new(content.into()).mark;
        assert_eq!(of("page"), of("page"));
        assert_ne!(of("page"), of("pagf"));
        let last = mark(&[0xff; 20]);
        assert!(last.as_secs() < 1 << 32 && last.subsec_nanos() < 1_000_000_000, "{last:?}");
    }
}
