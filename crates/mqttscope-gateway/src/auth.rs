//! Who may use the gateway: everybody, whoever has a password (`basic`), or whom a proxy names (`header`).
//!
//! Neither a password nor a header's content is ever logged; the name of who was let in is.

mod basic;
mod header;
mod slow;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header as names};
use axum::response::{IntoResponse, Response};

use crate::Error;
pub(crate) use basic::line;
pub use header::{BadNetwork, Network};

/// Who may use the gateway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum AuthConfig {
    /// Whoever reaches it.
    #[default]
    Everybody,
    /// Whoever has a name and its password (RFC 7617), from a file of lines `NAME:HASH`, where the hash is one of Argon2
    /// in PHC's form. It is read again when it changes, or on SIGHUP.
    Basic {
        /// The file.
        file: PathBuf,
    },
    /// Whom this header names, if it comes from one of these addresses.
    Header {
        /// The header's name.
        name: HeaderName,
        /// Where the proxies are that set it, and let nobody else do so.
        proxies: Vec<Network>,
    },
}

/// What is asked of each request.
#[derive(Debug)]
pub(crate) enum Auth {
    Everybody,
    Basic(Box<basic::Basic>),
    Header(header::Header),
}

impl Auth {
    /// # Errors
    ///
    /// [`Error::File`] when the file of passwords cannot be used.
    pub(crate) fn new(config: AuthConfig) -> Result<Self, Error> {
        Ok(match config {
            AuthConfig::Everybody => Self::Everybody,
            AuthConfig::Basic { file } => Self::Basic(Box::new(basic::Basic::new(file)?)),
            AuthConfig::Header { name, proxies } => Self::Header(header::Header { name, proxies }),
        })
    }

    /// Who asks, if that is known; or why they may not.
    pub(crate) async fn check(
        &self,
        headers: &HeaderMap,
        peer: SocketAddr,
    ) -> Result<Option<Arc<str>>, Denial> {
        match self {
            Self::Everybody => Ok(None),
            Self::Basic(basic) => basic.check(headers, peer).await.map(Some),
            Self::Header(header) => header.check(headers, peer).map(Some),
        }
    }

    /// Keeps what it knows up to date as long as this is polled.
    pub(crate) async fn keep_up(&self) {
        if let Self::Basic(basic) = self {
            basic.keep_up().await;
        }
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Denial {
    /// A name and a password are needed, or were wrong.
    Unauthorized,
    /// There were too many wrong passwords; there may be another try after this time.
    TooMany(Duration),
    /// No trusted proxy says who it is.
    Unnamed,
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        let (status, name, value, words) = match self {
            Self::Unauthorized => {
                let challenge = HeaderValue::from_static("Basic realm=\"mqttscope\", charset=\"UTF-8\"");
                let words = "a name and a password are needed\n";
                (StatusCode::UNAUTHORIZED, names::WWW_AUTHENTICATE, challenge, words)
            }
            Self::TooMany(wait) => {
                let (seconds, words) = (wait.as_secs() + 1, "too many wrong passwords; try again later\n");
                (StatusCode::TOO_MANY_REQUESTS, names::RETRY_AFTER, seconds.into(), words)
            }
            Self::Unnamed => {
                let words = "this gateway is used by way of a proxy that says who you are\n";
                return (StatusCode::FORBIDDEN, words).into_response();
            }
        };
        (status, [(name, value)], words).into_response()
    }
}
