//! The page's files: types, caching, encodings, and what is not served.

use mqttscope_gateway::page::{Page, PageFiles};
use mqttscope_gateway::{Config, Error, Gateway, PAGE_PATH};

use crate::support::{Running, WebFolder, any_port};

const FOLDER: &str = "/demo/gateway/javascript";

#[tokio::test]
async fn the_page_and_its_files_have_their_types() {
    let gateway = Running::start_with(|_| {}).await;
    for (name, expected) in [
        ("mqtt.html", "text/html; charset=utf-8"),
        ("app-0123456789abcdef.js", "text/javascript; charset=utf-8"),
        ("app-0123456789abcdef_bg.wasm", "application/wasm"),
        ("style.css", "text/css; charset=utf-8"),
        ("icons/icon.svg", "image/svg+xml"),
        ("icon.png", "image/png"),
        ("data.json", "application/json"),
        ("a.CSS", "text/css; charset=utf-8"),
        ("a.wasm.br", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
        ("unknown.zzz", "application/octet-stream"),
    ] {
        gateway.web.write(name, name);
        let response = gateway.get(&format!("{FOLDER}/{name}"), &[]).await;
        assert_eq!((response.status, response.header("content-type")), (200, expected), "{name}");
        assert_eq!(response.body, name.as_bytes());
        assert_eq!(response.header("content-length"), name.len().to_string());
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("referrer-policy"), "no-referrer");
        assert_eq!(response.header("vary"), "accept-encoding");
        assert_eq!(response.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn the_pages_policy_comes_with_every_file() {
    let gateway = Running::start_with(|_| {}).await;
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; \
        img-src 'self' data: blob:; connect-src 'self' ws: wss: http: https:; worker-src 'self'; manifest-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
    gateway.web.write("worker.js", "");
    let etag = gateway.get(PAGE_PATH, &[]).await.header("etag").to_owned();
    for (path, request) in [
        (PAGE_PATH, vec![]),
        (PAGE_PATH, vec![("if-none-match", etag.as_str())]),
        ("/demo/gateway/javascript/worker.js", vec![]),
        ("/demo/gateway/javascript/worker.js", vec![("range", "bytes=0-0")]),
    ] {
        let response = gateway.get(path, &request).await;
        assert_eq!(response.header("content-security-policy"), policy, "{path} {request:?}");
    }
}

#[tokio::test]
async fn a_range_is_a_part_of_the_file() {
    let gateway = Running::start_with(|_| {}).await;
    gateway.web.write("data.json", "0123456789");
    gateway.web.write("data.json.gz", "abcde");
    let path = format!("{FOLDER}/data.json");
    let part = gateway.get(&path, &[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.body.as_slice()), (206, &b"234"[..]));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    assert_eq!(part.header("content-length"), "3");
    assert_eq!(part.header("accept-ranges"), "bytes");
    let last = gateway.get(&path, &[("range", "bytes=-1"), ("accept-encoding", "gzip")]).await;
    assert_eq!((last.status, last.body.as_slice()), (206, &b"e"[..]), "of what is sent, which is the copy");
    assert_eq!(last.header("content-encoding"), "gzip");
    let head = gateway.request("HEAD", &path, &[("range", "bytes=2-4")]).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (206, "3", 0));

    let behind = gateway.get(&path, &[("range", "bytes=10-")]).await;
    assert_eq!((behind.status, behind.header("content-range")), (416, "bytes */10"));
    for (name, value) in [("if-range", "\"another\""), ("x-other", "")] {
        let range = if name == "if-range" { "bytes=2-4" } else { "bytes=0-0,4-5" };
        let whole = gateway.get(&path, &[("range", range), (name, value)]).await;
        assert_eq!((whole.status, whole.body.as_slice()), (200, &b"0123456789"[..]), "{range}, {name}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_newer_is_not_sent_again() {
    let gateway = Running::start_with(|_| {}).await;
    let first = gateway.get(PAGE_PATH, &[]).await;
    let since = first.header("last-modified");
    assert!(since.ends_with(" GMT"), "{since}");
    let again = gateway.get(PAGE_PATH, &[("if-modified-since", since)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("last-modified"), since);
    let older = gateway.get(PAGE_PATH, &[("if-modified-since", "Thu, 01 Jan 2015 00:00:00 GMT")]).await;
    assert_eq!((older.status, older.body), (200, first.body));
}

#[tokio::test]
async fn the_root_leads_to_the_page() {
    let gateway = Running::start_with(|_| {}).await;
    for path in ["/", "/demo/gateway/javascript", "/demo/gateway/javascript/"] {
        let response = gateway.get(path, &[]).await;
        assert_eq!((response.status, response.header("location")), (307, PAGE_PATH), "{path}");
    }
}

#[tokio::test]
async fn an_etag_saves_the_second_transfer() {
    let gateway = Running::start_with(|_| {}).await;
    let first = gateway.get(PAGE_PATH, &[]).await;
    let etag = first.header("etag");
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");

    let again = gateway.get(PAGE_PATH, &[("if-none-match", etag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), etag);
    assert_eq!(again.header("vary"), "accept-encoding");
    assert_eq!(again.header("cache-control"), "no-cache");

    for (tags, status) in [
        (format!("W/{etag}"), 304),
        (format!("\"0\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"0\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
    ] {
        assert_eq!(gateway.get(PAGE_PATH, &[("if-none-match", &tags)]).await.status, status, "{tags}");
    }

    gateway.web.write("mqtt.html", "built again");
    let rebuilt = gateway.get(PAGE_PATH, &[("if-none-match", etag)]).await;
    assert_eq!((rebuilt.status, rebuilt.body.as_slice()), (200, &b"built again"[..]));
    assert_ne!(rebuilt.header("etag"), etag);
}

#[tokio::test]
async fn compressed_copies_go_to_those_who_accept_them() {
    let gateway = Running::start_with(|_| {}).await;
    gateway.web.write("app_bg.wasm", "plain");
    gateway.web.write("app_bg.wasm.br", "brotli");
    gateway.web.write("app_bg.wasm.gz", "gzip");
    let path = format!("{FOLDER}/app_bg.wasm");
    let mut etags = Vec::new();
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "gzip"),
        ("br;q=0.2, gzip;q=0.5", "gzip", "gzip"),
        ("gzip;q=0, *", "br", "brotli"),
        ("identity", "", "plain"),
        ("br;q=0, gzip;q=0", "", "plain"),
        ("BR ; Q=0.001", "br", "brotli"),
        ("*", "br", "brotli"),
        ("*;q=0, gzip;q=0.3", "gzip", "gzip"),
        ("br;q=0, *", "gzip", "gzip"),
        ("x-gzip", "gzip", "gzip"),
        ("br;q=high", "", "plain"),
        ("", "", "plain"),
    ] {
        let response = gateway.get(&path, &[("accept-encoding", accepted)]).await;
        assert_eq!(response.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(response.body, body.as_bytes(), "{accepted}");
        assert_eq!(response.header("content-type"), "application/wasm");
        etags.push(response.header("etag").to_owned());
    }
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), 3, "one ETag an encoding: {etags:?}");

    let brotli = gateway.get(&path, &[("accept-encoding", "br")]).await;
    let not_modified = [("accept-encoding", "br"), ("if-none-match", brotli.header("etag"))];
    assert_eq!(gateway.get(&path, &not_modified).await.status, 304);
    let other_encoding = [("accept-encoding", "gzip"), ("if-none-match", brotli.header("etag"))];
    assert_eq!(gateway.get(&path, &other_encoding).await.status, 200);
}

#[tokio::test]
async fn a_compressed_copy_of_an_earlier_build_is_passed_over() {
    let gateway = Running::start_with(|_| {}).await;
    gateway.web.write("mqtt.html.br", "earlier");
    let file = std::fs::File::options().append(true).open(gateway.web.path().join("mqtt.html.br")).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    let response = gateway.get(PAGE_PATH, &[("accept-encoding", "br")]).await;
    assert_eq!(response.header("content-encoding"), "");
    assert_ne!(response.body, b"earlier");
}

#[tokio::test]
async fn head_answers_without_the_body() {
    let gateway = Running::start_with(|_| {}).await;
    let get = gateway.get(PAGE_PATH, &[]).await;
    let head = gateway.request("HEAD", PAGE_PATH, &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "content-type", "etag", "vary", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!(gateway.request("POST", PAGE_PATH, &[]).await.status, 405);
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let gateway = Running::start_with(|_| {}).await;
    let outside = gateway.web.path().with_extension("secret");
    std::fs::write(&outside, "secret").unwrap();
    let secret = outside.file_name().unwrap().to_str().unwrap();
    gateway.web.write(".env", "secret");
    gateway.web.write("sub/.git/config", "secret");
    gateway.web.write("sub/file.txt", "public");
    for path in [
        format!("{FOLDER}/../{secret}"),
        format!("{FOLDER}/%2e%2e/{secret}"),
        format!("{FOLDER}/..%2f{secret}"),
        format!("{FOLDER}/..%5c{secret}"),
        format!("{FOLDER}/sub/../../{secret}"),
        format!("{FOLDER}/{}", outside.display()),
        format!("{FOLDER}//etc/passwd"),
        format!("{FOLDER}/.env"),
        format!("{FOLDER}/%2eenv"),
        format!("{FOLDER}/sub/.git/config"),
        format!("{FOLDER}/sub"),
        format!("{FOLDER}/sub/"),
        format!("{FOLDER}/mqtt.html/"),
        format!("{FOLDER}/mqtt.html/x"),
        format!("{FOLDER}/mqtt.html%00"),
        format!("{FOLDER}/%ff"),
        format!("{FOLDER}/{}", "a".repeat(300)),
        format!("{FOLDER}/none.html"),
        "/mqtt.html".to_owned(),
    ] {
        let response = gateway.get(&path, &[]).await;
        assert_eq!(response.status, 404, "{path}");
        assert!(!response.body.windows(6).any(|window| window == b"secret"), "{path}");
    }
    std::fs::remove_file(&outside).unwrap();
    assert_eq!(gateway.get(&format!("{FOLDER}/sub/file.txt"), &[]).await.body, b"public");
}

#[tokio::test]
async fn names_are_percent_decoded() {
    let gateway = Running::start_with(|_| {}).await;
    gateway.web.write("mit ümlaut 100%.txt", "found");
    let response = gateway.get(&format!("{FOLDER}/mit%20%C3%BCmlaut%20100%25.txt?query=1"), &[]).await;
    assert_eq!((response.status, response.body.as_slice()), (200, &b"found"[..]));
}

#[tokio::test]
async fn extra_headers_are_sent_with_each_response() {
    let gateway = Running::start_with(|config| {
        config
            .extra_headers
            .push(("content-security-policy".parse().unwrap(), "default-src 'self'".parse().unwrap()));
    })
    .await;
    assert_eq!(gateway.get(PAGE_PATH, &[]).await.header("content-security-policy"), "default-src 'self'");
    assert_eq!(gateway.get("/none", &[]).await.header("content-security-policy"), "default-src 'self'");
}

#[tokio::test]
async fn a_folder_without_a_page_is_refused() {
    let web = WebFolder::new();
    let bind = async |web: Page| Gateway::bind(Config { listen: any_port(), web, ..Config::default() }).await;
    assert!(matches!(bind(web.path().join("none").into()).await, Err(Error::NoWebFolder(_))));
    std::fs::remove_file(web.path().join("mqtt.html")).unwrap();
    assert!(matches!(bind(web.path().into()).await, Err(Error::NoPage(_))));
    let files = PageFiles::new([("style.css", "".into())]);
    assert!(matches!(bind(Page::Inside(files)).await, Err(Error::NoPageInside)));
}

/// A gateway with these files inside.
async fn inside(files: &[(&str, &'static str)]) -> Running {
    let files = PageFiles::new(files.iter().map(|&(name, content)| (name, content.into())));
    Running::start_with(|config| config.web = Page::Inside(files)).await
}

#[tokio::test]
async fn files_inside_the_program_are_served_as_those_of_a_folder() {
    let files = [
        ("mqtt.html", "<!doctype html><title>page</title>"),
        ("mqtt.html.br", "brotli"),
        ("mqtt.html.gz", "gzip"),
        ("a/b.js", "0123456789"),
        ("mit \u{fc}mlaut.txt", "found"),
        (".env", "secret"),
        ("unknown.zzz", ""),
    ];
    let (within, beside) = (inside(&files).await, Running::start_with(|_| {}).await);
    files.iter().for_each(|(name, content)| beside.web.write(name, content));
    let page = format!("{FOLDER}/mqtt.html");
    let script = format!("{FOLDER}/a/b.js");
    for (method, path, headers) in [
        ("GET", page.as_str(), &[][..]),
        ("HEAD", &page, &[]),
        ("POST", &page, &[]),
        ("GET", &page, &[("accept-encoding", "gzip, br")]),
        ("GET", &page, &[("accept-encoding", "br;q=0, *")]),
        ("HEAD", &page, &[("accept-encoding", "gzip")]),
        ("GET", &page, &[("accept-encoding", "zstd")]),
        ("GET", &page, &[("if-none-match", "\"0\"")]),
        ("GET", &page, &[("if-none-match", "*")]),
        ("GET", &page, &[("if-match", "\"0\"")]),
        ("GET", &script, &[("range", "bytes=2-4")]),
        ("GET", &script, &[("range", "bytes=-3"), ("accept-encoding", "br")]),
        ("GET", &script, &[("range", "bytes=10-")]),
        ("HEAD", &script, &[("range", "bytes=2-4")]),
        ("GET", &script, &[("range", "bytes=2-4"), ("if-range", "\"0\"")]),
        ("GET", "/", &[]),
        ("GET", &format!("{FOLDER}/mit%20%C3%BCmlaut.txt?query"), &[]),
        ("GET", &format!("{FOLDER}/unknown.zzz"), &[]),
        ("GET", &format!("{FOLDER}/.env"), &[]),
        ("GET", &format!("{FOLDER}/a"), &[]),
        ("GET", &format!("{FOLDER}/a/"), &[]),
        ("GET", &format!("{FOLDER}/a//b.js"), &[]),
        ("GET", &format!("{FOLDER}/a/../mqtt.html"), &[]),
        ("GET", &format!("{FOLDER}/a%2fb.js"), &[]),
        ("GET", &format!("{FOLDER}/A/B.js"), &[]),
        ("GET", &format!("{FOLDER}/mqtt.html/x"), &[]),
        ("GET", &format!("{FOLDER}/{}", "a".repeat(300)), &[]),
    ] {
        let expected = beside.request(method, path, headers).await;
        let found = within.request(method, path, headers).await;
        let what = format!("{method} {path} {headers:?}");
        assert_eq!((found.status, &found.body), (expected.status, &expected.body), "{what}");
        for name in [
            "content-type",
            "content-length",
            "content-encoding",
            "content-range",
            "accept-ranges",
            "cache-control",
            "vary",
            "location",
            "allow",
            "content-security-policy",
            "x-content-type-options",
        ] {
            assert_eq!(found.header(name), expected.header(name), "{name} of {what}");
        }
        assert_eq!(found.header("etag").is_empty(), expected.header("etag").is_empty(), "{what}");
        assert_eq!(found.header("last-modified"), "", "{what}");
    }
}

#[tokio::test]
async fn the_etag_of_a_file_inside_is_that_of_its_content() {
    let files =
        |page| [("mqtt.html", page), ("copy.html", page), ("mqtt.html.gz", "gzip"), ("other.html", "1")];
    let (first, again, newer) =
        (inside(&files("1")).await, inside(&files("1")).await, inside(&files("2")).await);
    let etag = first.get(PAGE_PATH, &[]).await.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag}");
    for (gateway, status) in [(&first, 304), (&again, 304), (&newer, 200)] {
        let response = gateway.get(PAGE_PATH, &[("if-none-match", &etag)]).await;
        assert_eq!((response.status, response.body.is_empty()), (status, status == 304));
        assert_eq!(
            (response.header("vary"), response.header("cache-control")),
            ("accept-encoding", "no-cache")
        );
    }
    let weak = first.get(PAGE_PATH, &[("if-none-match", &format!("W/{etag}"))]).await;
    assert_eq!((weak.status, weak.header("etag")), (304, etag.as_str()));
    let gzip = first.get(PAGE_PATH, &[("accept-encoding", "gzip"), ("if-none-match", &etag)]).await;
    assert_eq!((gzip.status, gzip.body.as_slice()), (200, &b"gzip"[..]));
    // What has no date is as new as it ever was: a condition on one is none (RFC 9110, 13.1.3).
    for name in ["if-modified-since", "if-unmodified-since"] {
        for date in ["Thu, 01 Jan 1970 00:00:01 GMT", "Thu, 01 Jan 2099 00:00:00 GMT"] {
            assert_eq!(first.get(PAGE_PATH, &[(name, date)]).await.status, 200, "{name} {date}");
        }
    }
}
