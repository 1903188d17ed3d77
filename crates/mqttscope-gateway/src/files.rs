//! The page's files over HTTP, by tower-http's `ServeDir`: types, ranges, conditions, compressed copies.
//!
//! What is added here: which files are not served at all, and compressed copies that are passed over. Of a folder nothing
//! is kept between two requests, so a page that was built again is seen at once.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, File, TokioBackend, TokioFile};

use crate::page::Page;
use crate::state::AppState;

/// Answers a request for a file of the page.
///
/// `FILE.br` and `FILE.gz` beside FILE stand in for it when the client accepts them.
pub(crate) async fn serve(State(state): State<AppState>, mut request: Request) -> Response {
    let path = request.uri().path().strip_prefix(PAGE_FOLDER).unwrap_or_default().to_owned();
    let Some(below) = format!("/{path}").parse().ok().filter(|_| is_served(&path)) else {
        return not_found();
    };
    *request.uri_mut() = below;
    prepare(request.headers_mut());
    match &*state.web {
        Page::Folder(folder) => answer(folder, WebFolder, &path, request).await,
        Page::Inside(files) => {
            // No date is known of them, and what stands for one in `files` is none.
            request.headers_mut().remove(header::IF_MODIFIED_SINCE);
            request.headers_mut().remove(header::IF_UNMODIFIED_SINCE);
            let mut response = answer(Path::new(""), files.clone(), &path, request).await;
            response.headers_mut().remove(header::LAST_MODIFIED);
            response
        }
    }
}

async fn answer(folder: &Path, backend: impl Backend, path: &str, request: Request) -> Response {
    let mut files = ServeDir::with_backend(folder, backend)
        .append_index_html_on_directories(false)
        .ignore_multi_range_requests(true)
        .precompressed_br()
        .precompressed_gzip();
    match files.try_call(request).await {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => not_found(),
        Ok(response) => finish(response.map(Body::new)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => not_found(),
        Err(error) => {
            tracing::warn!(path, %error, "file not readable");
            (StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n").into_response()
        }
    }
}

/// Whether a path below the page's folder may be asked for: nothing outside of it, and nothing hidden.
fn is_served(encoded: &str) -> bool {
    let Ok(path) = percent_decode_str(encoded).decode_utf8() else { return false };
    // A colon is a drive or a stream on Windows, and no built file has one in its name.
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && !segment.contains(|c: char| c == '\\' || c == ':' || c.is_control())
    };
    // A slash that was percent-encoded is part of a name, which no file has.
    let encoded_slash = encoded.split('/').count() != path.split('/').count();
    !encoded_slash && path.split('/').all(is_plain)
}

/// Says in other words what `ServeDir` does not read.
fn prepare(headers: &mut HeaderMap) {
    // It looks at no If-Range; without a range all is sent, which is always right (RFC 9110, 13.1.5).
    if headers.contains_key(header::IF_RANGE) {
        headers.remove(header::RANGE);
    }
    spell_out_wildcard(headers);
}

/// `*` in Accept-Encoding stands for all encodings that are not named (RFC 9110, 12.5.3).
fn spell_out_wildcard(headers: &mut HeaderMap) {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let items: Vec<(String, String)> = values
        .flat_map(|value| value.split(','))
        .map(|item| item.split_once(';').unwrap_or((item, "")))
        .map(|(coding, weight)| (coding.trim().to_ascii_lowercase(), weight.trim().to_owned()))
        .collect();
    let Some((_, weight)) = items.iter().find(|(coding, _)| coding == "*") else { return };
    let is_named = |name: &str| items.iter().any(|(coding, _)| coding.trim_start_matches("x-") == name);
    for coding in ["br", "gzip"].into_iter().filter(|coding| !is_named(coding)) {
        let item = if weight.is_empty() { coding.to_owned() } else { format!("{coding};{weight}") };
        if let Ok(value) = HeaderValue::from_str(&item) {
            headers.append(header::ACCEPT_ENCODING, value);
        }
    }
}

/// Adds what a response for a file says beside what `ServeDir` says.
fn finish(mut response: Response) -> Response {
    let headers = response.headers_mut();
    // Names do not change from build to build: a file is asked for again, and mostly not sent again.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Also where nothing has changed (RFC 9110, 15.4.5).
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(text) = text.filter(|text| text.starts_with("text/") && !text.contains(';'))
        && let Ok(value) = HeaderValue::from_str(&format!("{text}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "no such file\n").into_response()
}

/// The files of the folder, less compressed copies that an earlier build left behind.
#[derive(Clone, Copy, Debug)]
struct WebFolder;

impl Backend for WebFolder {
    type File = TokioFile;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Pin<Box<dyn Future<Output = io::Result<TokioFile>> + Send>>;
    type MetadataFuture = Pin<Box<dyn Future<Output = io::Result<std::fs::Metadata>> + Send>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        Box::pin(async move {
            let file = TokioBackend.open(path.clone()).await.map_err(or_missing)?;
            let metadata = file.metadata().await?;
            if metadata.is_dir() {
                return Err(io::ErrorKind::NotFound.into());
            }
            check_not_outdated(&path, &metadata).await?;
            Ok(file)
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        Box::pin(async move {
            let metadata = TokioBackend.metadata(path.clone()).await.map_err(or_missing)?;
            check_not_outdated(&path, &metadata).await?;
            Ok(metadata)
        })
    }
}

/// A path through a file, or a name that is too long, is no file of ours either.
fn or_missing(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => io::ErrorKind::NotFound.into(),
        _ => error,
    }
}

/// Fails as if there were no such file if it is a compressed copy of a file that has changed since.
async fn check_not_outdated(path: &Path, metadata: &std::fs::Metadata) -> io::Result<()> {
    if path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
        && let Ok(plain) = tokio::fs::metadata(path.with_extension("")).await
        && is_outdated(metadata.modified(), plain.modified())
    {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

/// A compressed copy that is older than its file is a leftover of an earlier build.
fn is_outdated(variant: io::Result<SystemTime>, plain: io::Result<SystemTime>) -> bool {
    match (variant, plain) {
        // Copying a folder sets the times in any order, a moment apart.
        (Ok(variant), Ok(plain)) => variant + Duration::from_secs(2) < plain,
        _ => false,
    }
}

/// The path of the page.
pub const PAGE_PATH: &str = "/demo/gateway/javascript/mqtt.html";

/// The path under which the page's files are found.
pub(crate) const PAGE_FOLDER: &str = "/demo/gateway/javascript/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        for encoded in ["mqtt.html", "snippets/a-1/b.js", "a%20b.txt", "%C3%A9.txt", "100%25.txt"] {
            assert!(is_served(encoded), "{encoded}");
        }
        for encoded in [
            "",
            "/",
            "a/",
            "/etc/passwd",
            "a//b",
            "..",
            "../a",
            "a/../b",
            "%2e%2e/a",
            "%2E%2E%2Fa",
            "a%2fb",
            ".git",
            "a/.env",
            "%2ehidden",
            "..%5ca",
            "a%5cb",
            "a%00.js",
            "c:a",
            "%ff",
            "a%0ab",
        ] {
            assert!(!is_served(encoded), "{encoded}");
        }
    }

    #[test]
    fn a_wildcard_is_spelt_out() {
        let spelt_out = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            spell_out_wildcard(&mut headers);
            let added: Vec<_> = headers.get_all(header::ACCEPT_ENCODING).iter().skip(1).cloned().collect();
            added.iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(spelt_out("*"), ["br", "gzip"]);
        assert_eq!(spelt_out("GZIP;q=0, *"), ["br"]);
        assert_eq!(spelt_out("br, x-gzip, * ; q=0.1"), Vec::<String>::new());
        assert_eq!(spelt_out("*;q=0, gzip;q=0.3"), ["br;q=0"]);
        assert_eq!(spelt_out("gzip, br"), Vec::<String>::new());
    }

    #[test]
    fn old_variants_are_passed_over() {
        let now = SystemTime::now();
        let ago = |seconds| Ok(now - Duration::from_secs(seconds));
        assert!(!is_outdated(ago(0), ago(60)));
        assert!(!is_outdated(ago(1), ago(0)));
        assert!(is_outdated(ago(60), ago(0)));
        assert!(!is_outdated(Err(io::ErrorKind::Unsupported.into()), ago(0)));
    }
}
