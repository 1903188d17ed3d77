//! The page's files over HTTP.
//!
//! A file is read for each request and nothing is kept, so a page that was built again is seen at once.

use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::server::{AppState, PAGE_FILE, PAGE_FOLDER};

/// Answers a request for a file of the web folder.
///
/// `FILE.br` and `FILE.gz` beside FILE stand in for it when the client accepts them. Conditional requests
/// are answered by ETag (RFC 9110, 13.1.2).
pub(crate) async fn serve(State(state): State<AppState>, uri: Uri, headers: HeaderMap) -> Response {
    let encoded = uri.path().strip_prefix(PAGE_FOLDER).unwrap_or_default();
    let Some(path) = decode_path(encoded) else { return not_found() };
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    match load(&state.web.join(&path), &headers).await {
        Ok(Some(file)) => respond(&name, file, &headers),
        Ok(None) => not_found(),
        Err(error) => {
            tracing::warn!(path, %error, "file not readable");
            (StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n").into_response()
        }
    }
}

/// Whether the folder can be served: it exists and holds the page.
///
/// # Errors
///
/// [`Error::NoWebFolder`](crate::Error::NoWebFolder) or [`Error::NoPage`](crate::Error::NoPage).
pub(crate) fn check_folder(web: &Path) -> Result<(), crate::Error> {
    if !web.is_dir() {
        return Err(crate::Error::NoWebFolder(web.to_owned()));
    }
    if !web.join(PAGE_FILE).is_file() {
        return Err(crate::Error::NoPage(web.to_owned()));
    }
    Ok(())
}

struct Loaded {
    bytes: Vec<u8>,
    encoding: Option<Encoding>,
}

async fn load(path: &Path, headers: &HeaderMap) -> io::Result<Option<Loaded>> {
    let Some(plain) = file_metadata(path).await? else { return Ok(None) };
    for encoding in Encoding::acceptable(headers) {
        let variant = encoding.beside(path);
        if let Some(metadata) = file_metadata(&variant).await?
            && !is_outdated(metadata.modified(), plain.modified())
        {
            return Ok(Some(Loaded { bytes: tokio::fs::read(&variant).await?, encoding: Some(encoding) }));
        }
    }
    Ok(Some(Loaded { bytes: tokio::fs::read(path).await?, encoding: None }))
}

async fn file_metadata(path: &Path) -> io::Result<Option<std::fs::Metadata>> {
    match tokio::fs::metadata(path).await {
        Ok(metadata) => Ok(metadata.is_file().then_some(metadata)),
        // A path through a file, or a name that is too long, is no file of ours either.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A compressed copy that is older than its file is a leftover of an earlier build.
fn is_outdated(variant: io::Result<SystemTime>, plain: io::Result<SystemTime>) -> bool {
    match (variant, plain) {
        // Copying a folder sets the times in any order, a moment apart.
        (Ok(variant), Ok(plain)) => variant + Duration::from_secs(2) < plain,
        _ => false,
    }
}

fn respond(name: &str, file: Loaded, request: &HeaderMap) -> Response {
    let etag = etag(&file);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(name)));
    headers.insert(header::ETAG, etag.clone());
    if is_fresh(request, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    if let Some(encoding) = file.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    *response.body_mut() = Body::from(file.bytes);
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "no such file\n").into_response()
}

/// A strong ETag: other bytes or another encoding give another one (RFC 9110, 8.8.3).
fn etag(file: &Loaded) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(&file.bytes);
    let (hash, length) = (hasher.finish(), file.bytes.len());
    let encoding = file.encoding.map_or("", Encoding::name);
    HeaderValue::from_str(&format!("\"{hash:016x}-{length:x}{encoding}\""))
        .expect("hexadecimal digits and an encoding's name are valid in a header")
}

/// Whether the client's copy is this one; the comparison is weak (RFC 9110, 13.1.2).
fn is_fresh(request: &HeaderMap, etag: &HeaderValue) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

/// The path below the web folder, or `None` for one that is not served: outside of it, or hidden.
fn decode_path(encoded: &str) -> Option<String> {
    let path = percent_decode_str(encoded).decode_utf8().ok()?;
    // A colon is a drive or a stream on Windows, and no built file has one in its name.
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && !segment.contains(|c: char| c == '\\' || c == ':' || c.is_control())
    };
    // A slash that was percent-encoded is part of a name, which no file has.
    let encoded_slash = encoded.split('/').count() != path.split('/').count();
    (!encoded_slash && path.split('/').all(is_plain)).then(|| path.into_owned())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// What the client accepts, best first: by its quality values, and Brotli before gzip between equals.
    fn acceptable(headers: &HeaderMap) -> Vec<Self> {
        let mut ranked: Vec<_> = [Self::Brotli, Self::Gzip]
            .into_iter()
            .map(|encoding| (encoding, encoding.quality(headers)))
            .filter(|(_, quality)| *quality > 0)
            .collect();
        ranked.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
        ranked.into_iter().map(|(encoding, _)| encoding).collect()
    }

    /// The quality value in thousandths; 0 when it is not accepted (RFC 9110, 12.5.3).
    fn quality(self, headers: &HeaderMap) -> u16 {
        let (mut named, mut any) = (None, None);
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for item in value.to_str().unwrap_or_default().split(',') {
                let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
                let quality = parse_quality(parameters);
                match coding.trim() {
                    "*" => any = Some(quality),
                    coding if coding.eq_ignore_ascii_case(self.name()) => named = Some(quality),
                    coding if self == Self::Gzip && coding.eq_ignore_ascii_case("x-gzip") => {
                        named = Some(quality)
                    }
                    _ => {}
                }
            }
        }
        named.or(any).unwrap_or(0)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn beside(self, path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        });
        name.into()
    }
}

fn parse_quality(parameters: &str) -> u16 {
    let weight = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    match weight {
        None => 1000,
        // A weight that cannot be read is taken for a refusal: plain bytes suit every client.
        Some(value) => value.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16),
    }
}

/// Files whose names carry their hash never change; all others are asked for again.
fn cache_control(name: &str) -> &'static str {
    if has_hash(name) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Whether Trunk put the content's hash into the name: `name-0123456789abcdef.js` or `.._bg.wasm`.
///
/// It writes 64 bits without leading zeros.
fn has_hash(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        (12..=16).contains(&hash.len()) && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> Vec<Encoding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
        Encoding::acceptable(&headers)
    }

    #[test]
    fn encodings_by_quality() {
        use Encoding::{Brotli, Gzip};
        assert_eq!(accepting("gzip, deflate, br, zstd"), [Brotli, Gzip]);
        assert_eq!(accepting("gzip;q=1.0, br;q=0.5"), [Gzip, Brotli]);
        assert_eq!(accepting("br;q=0, gzip"), [Gzip]);
        assert_eq!(accepting("BR ; Q=0.001"), [Brotli]);
        assert_eq!(accepting("*"), [Brotli, Gzip]);
        assert_eq!(accepting("*;q=0, gzip;q=0.3"), [Gzip]);
        assert_eq!(accepting("br;q=0, *"), [Gzip]);
        assert_eq!(accepting("x-gzip"), [Gzip]);
        assert_eq!(accepting("br;q=high"), []);
        assert_eq!(accepting("identity"), []);
        assert_eq!(accepting(""), []);
        assert_eq!(Encoding::acceptable(&HeaderMap::new()), []);
    }

    #[test]
    fn paths_stay_below_the_folder() {
        for (encoded, decoded) in [
            ("mqtt.html", "mqtt.html"),
            ("snippets/a-1/b.js", "snippets/a-1/b.js"),
            ("a%20b.txt", "a b.txt"),
            ("%C3%A9.txt", "é.txt"),
            ("100%25.txt", "100%.txt"),
        ] {
            assert_eq!(decode_path(encoded).as_deref(), Some(decoded), "{encoded}");
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
            assert_eq!(decode_path(encoded), None, "{encoded}");
        }
    }

    #[test]
    fn hashed_names_are_kept() {
        for name in
            ["mqttscope-0123456789abcdef.js", "mqttscope-0123456789abcdef_bg.wasm", "a-b-23456789abcdef.css"]
        {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "mqtt.html",
            "worker.js",
            "a-1.js",
            "a-0123456789ABCDEF.js",
            "0123456789abcdef.js",
            "a-0123456789abcdef0.js",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }

    #[test]
    fn types_by_extension() {
        for (name, expected) in [
            ("mqtt.html", "text/html; charset=utf-8"),
            ("a-0123456789abcdef.js", "text/javascript; charset=utf-8"),
            ("a.CSS", "text/css; charset=utf-8"),
            ("a_bg.wasm", "application/wasm"),
            ("icon.svg", "image/svg+xml"),
            ("icon.png", "image/png"),
            ("data.json", "application/json"),
            ("a.wasm.br", "application/octet-stream"),
            ("LICENSE", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }

    #[test]
    fn if_none_match_takes_lists_and_weak_tags() {
        let etag = HeaderValue::from_static("\"1-2br\"");
        let fresh = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            is_fresh(&headers, &etag)
        };
        assert!(fresh("\"1-2br\""));
        assert!(fresh("W/\"1-2br\""));
        assert!(fresh("\"0\", \"1-2br\""));
        assert!(fresh("*"));
        assert!(!fresh("\"1-2\""));
        assert!(!fresh("1-2br"));
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
