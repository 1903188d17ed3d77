//! A small web server for one folder that behaves like servers which users have. It compresses nothing.

use anyhow::{Context, Result};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// In what way the server is special.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As a Kaazing Gateway with its usual configuration: no Content-Type for .wasm.
    NoTypeForWasm,
    /// With a strict Content-Security-Policy in a header.
    StrictPolicy,
    /// With that policy, and no Content-Type for .wasm.
    StrictPolicyNoTypeForWasm,
}

impl Manner {
    fn is_strict(self) -> bool {
        matches!(self, Self::StrictPolicy | Self::StrictPolicyNoTypeForWasm)
    }

    fn knows_wasm(self) -> bool {
        self == Self::StrictPolicy
    }
}

/// What a careful administrator would send: nothing but the page's own files, no inline code.
const STRICT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self' ws: wss:; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// What becomes of a request for a file.
pub enum Fate {
    /// It is answered as the folder says.
    Answered,
    /// The same, so much later.
    Late(Duration),
    /// There is no such file.
    Missing,
    /// The connection ends without an answer, as that of a server which is gone.
    Lost,
    /// It is answered with this in the file's place.
    Other(&'static str),
}

/// A running server; it ends when dropped.
pub struct StaticServer {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    handling: Arc<Handling>,
}

/// Says what becomes of a request for a file, by its name.
type Fates = Box<dyn Fn(&str) -> Fate + Send>;

/// How requests are handled, and which there were.
struct Handling {
    folder: PathBuf,
    manner: Manner,
    fates: Mutex<Fates>,
    requests: Mutex<Vec<String>>,
}

impl StaticServer {
    /// Serves the folder under `/some/other/folder/` on a free port.
    ///
    /// # Errors
    /// If no port can be opened.
    pub fn start(folder: &Path, manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let handling = Arc::new(Handling {
            folder: folder.to_owned(),
            manner,
            fates: Mutex::new(Box::new(|_| Fate::Answered)),
            requests: Mutex::default(),
        });
        thread::spawn({
            let (handling, stopping) = (Arc::clone(&handling), Arc::clone(&stopping));
            move || {
                for stream in listener.incoming().flatten() {
                    if stopping.load(Ordering::Relaxed) {
                        return;
                    }
                    let handling = Arc::clone(&handling);
                    // A browser that breaks off a download is no error of the server.
                    thread::spawn(move || handling.answer(stream).unwrap_or_default());
                }
            }
        });
        Ok(Self { address, stopping, handling })
    }

    /// From now on this says what becomes of a request for a file of the folder, by its name.
    pub fn handle(&self, fate: impl Fn(&str) -> Fate + Send + 'static) {
        *lock(&self.handling.fates) = Box::new(fate);
    }

    /// Tells of no request any more that there was until now.
    pub fn forget_requests(&self) {
        lock(&self.handling.requests).clear();
    }

    /// The files of the folder that were asked for, in that order.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.handling.requests).clone()
    }

    /// The address of a file of the folder.
    pub fn url(&self, file: &str) -> String {
        format!("{}{PREFIX}{file}", self.origin())
    }

    /// The origin of its pages.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for StaticServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes it up; a failure means that it has ended already.
        TcpStream::connect(self.address).map(drop).unwrap_or_default();
    }
}

const PREFIX: &str = "/some/other/folder/";

impl Handling {
    fn answer(&self, mut stream: TcpStream) -> Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().context("no request")??;
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
        let target = request.split(' ').nth(1).and_then(|target| target.strip_prefix(PREFIX));
        let name = target.and_then(|target| target.split('?').next()).unwrap_or_default();
        lock(&self.requests).push(name.to_owned());
        let fate = (lock(&self.fates))(name);
        let path = Path::new(name);
        let file = || fs::read(self.folder.join(path)).ok().filter(|_| is_inside(path));
        let content = match fate {
            Fate::Answered => file(),
            Fate::Late(by) => {
                thread::sleep(by);
                file()
            }
            Fate::Missing => None,
            Fate::Lost => return Ok(()),
            Fate::Other(content) => Some(content.into()),
        };
        let Some(content) = content else {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
            return Ok(());
        };
        let mut head =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n", content.len());
        if let Some(mime) = content_type(path, self.manner) {
            head += &format!("Content-Type: {mime}\r\n");
        }
        if self.manner.is_strict() {
            head +=
                &format!("Content-Security-Policy: {STRICT_POLICY}\r\nX-Content-Type-Options: nosniff\r\n");
        }
        head += "\r\n";
        stream.write_all(head.as_bytes())?;
        stream.write_all(&content)?;
        Ok(())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_inside(path: &Path) -> bool {
    path.components().all(|component| matches!(component, Component::Normal(_)))
}

fn content_type(path: &Path, manner: Manner) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "html" => Some("text/html"),
        "js" => Some("text/javascript"),
        "css" => Some("text/css"),
        "svg" => Some("image/svg+xml"),
        "wasm" if manner.knows_wasm() => Some("application/wasm"),
        _ => None,
    }
}
