//! Why a WebSocket did not open, as far as a page can know that.

use mqttscope_text::capitalised;

use super::Closed;
use crate::client::Probed;
use crate::url::{http_url, needs_permission};

impl Closed {
    /// What was found out where it did not open, if anything was.
    #[must_use]
    pub fn probe_words(&self) -> Option<String> {
        let url = http_url(&self.url)?;
        let (scheme, _) = url.split_once("://")?;
        let words = match self.probed? {
            Probed::Http => "A request by the page was answered: something speaks HTTP there",
            Probed::Nothing if scheme == "https" => {
                "A request by the page was not answered: nothing speaks HTTP there, or the browser does not trust its \
                 certificate. One that is self-signed can be accepted: open https: of that host and port in a tab, \
                 compare its fingerprint (SHA-256) with the one that the gateway printed at its start, go on to the \
                 page, and connect again here"
            }
            Probed::Nothing => "A request by the page was not answered: nothing there speaks HTTP",
            Probed::Unknown => return None,
        };
        Some(words.into())
    }

    /// Whether it may be the certificate that the browser does not trust.
    #[must_use]
    pub fn may_lack_trust(&self) -> bool {
        self.probed == Some(Probed::Nothing)
            && self.url.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("wss:"))
    }

    /// Whatever the cause, a page is told 1006: what it cannot know it must not claim.
    pub(super) fn not_opened(&self) -> String {
        if let Some(pause) = &self.pause {
            return [&pause.words(), " while the WebSocket was opening. Connect again."].concat();
        }
        if self.probed == Some(Probed::Nothing) {
            let (trust, what) = if self.may_lack_trust() {
                (", or its certificate is not trusted", "Is it the right host and port?")
            } else {
                ("", "Does a gateway run at that host and port?")
            };
            let start = "The WebSocket did not open: nothing answers there";
            // The link to it follows.
            let accept = if trust.is_empty() {
                ""
            } else {
                " To accept a self-signed certificate, open it in a tab and compare its fingerprint:"
            };
            return [start, trust, ". ", what, " The console (F12) says more.", accept].concat();
        }
        let path = match path(&self.url) {
            "/" => String::new(),
            path if path.len() > MOST_OF_PATH => "is its path right, ".into(),
            path => ["is ", path, " its path, "].concat(),
        };
        let offer = if self.subprotocols == "none" {
            "and ask for no subprotocol?".into()
        } else {
            ["and know “", &self.subprotocols, "”? Else offer none."].concat()
        };
        let permission = if needs_permission(&self.page, &self.url) {
            "does the browser let this page into the local network, "
        } else {
            ""
        };
        let questions = [&path, permission, "does it let this origin in, ", &offer].concat();
        match self.probed {
            Some(Probed::Http) => {
                let what = "The WebSocket did not open, but something speaks HTTP there (console: F12). ";
                [what, &capitalised(&questions)].concat()
            }
            _ => {
                let what = "The WebSocket did not open; the console (F12) says why. Is a gateway there, ";
                [what, &questions].concat()
            }
        }
    }
}

/// The path of a URL, `/` where it has none.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find('?').unwrap_or(rest.len());
    rest[..end].find('/').map_or("/", |start| &rest[start..end])
}

/// The longest path that leaves the advice its room, in bytes.
const MOST_OF_PATH: usize = 12;
