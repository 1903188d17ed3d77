//! What is said of a URL, and what is asked of its host. The browser has parsed it before.

/// A URL as it is shown and logged: without a user name and password, and without the values of its query, which are
/// often tokens.
#[must_use]
pub fn shown_url(url: &str) -> String {
    let (start, rest) = url.split_at(url.find("://").map_or(0, |at| at + 3));
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut shown = [start, host].concat();
    let Some((path, query)) = rest.split_once('?') else { return shown + rest };
    shown.push_str(path);
    for (at, pair) in query.split('&').enumerate() {
        shown.push(if at == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, value)) => {
                shown.extend([name, "=", if value.is_empty() { "" } else { MASK }]);
            }
            None => shown.push_str(if pair.is_empty() { "" } else { MASK }),
        }
    }
    shown
}

/// The URL at which an HTTP server would stand in a WebSocket's place.
pub(crate) fn http_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let http = if scheme.eq_ignore_ascii_case("wss") {
        "https"
    } else if scheme.eq_ignore_ascii_case("ws") {
        "http"
    } else {
        return None;
    };
    Some([http, "://", rest].concat())
}

/// The first page of the server behind a URL.
pub(crate) fn root(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    &url[..end]
}

/// Whether a page may ask at a URL of HTTP at all, and what becomes of it means anything: a browser refuses `http:` to a
/// page of `https:`, and asks a person before it lets a public page into the local network.
pub(crate) fn may_ask(page: &str, url: &str) -> bool {
    let is_mixed = page.starts_with("https:") && !url.starts_with("https:");
    !is_mixed && !needs_permission(page, url)
}

/// The host of a URL, with the brackets of an IPv6 address and without its port.
fn host(url: &str) -> &str {
    let authority = root(url);
    let authority = authority.split_once("://").map_or(authority, |(_, rest)| rest);
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// Whether a page from one place needs the browser's permission for another: it is public, and the other is on this
/// machine or in its network.
pub(crate) fn needs_permission(page: &str, url: &str) -> bool {
    !page.is_empty() && !is_private(host(page)) && is_private(host(url))
}

/// Whether a host is this machine, or stands in a network that is not the public one.
fn is_private(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    if let Some(address) = host.strip_prefix('[') {
        return address == "::1]"
            || ["fc", "fd", "fe8", "fe9", "fea", "feb"].iter().any(|it| address.starts_with(it));
    }
    let numbers: Vec<u8> = host.split('.').map_while(|part| part.parse().ok()).collect();
    match numbers[..] {
        [127 | 10 | 0, _, _, _] | [192, 168, _, _] | [169, 254, _, _] => return true,
        [172, second, _, _] => return (16..32).contains(&second),
        [100, second, _, _] => return (64..128).contains(&second),
        [_, _, _, _] => return false,
        _ => {}
    }
    !host.contains('.')
        || [".localhost", ".local", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end))
}

const MASK: &str = "***";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("ws://h:8001/mqttproxy", "ws://h:8001/mqttproxy"),
            ("wss://u:p@h/a?token=eyJ&x=1&flag=", "wss://h/a?token=***&x=***&flag="),
            ("ws://h?eyJhbGciOi", "ws://h?***"),
            ("ws://h/?a==b&&c", "ws://h/?a=***&&***"),
            ("ws://u@[::1]:9001/?", "ws://[::1]:9001/?"),
            ("ws://h/a@b?x=user:p@h", "ws://h/a@b?x=***"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), shown);
        }
    }

    #[test]
    fn a_websocket_has_an_http_server_in_its_place() {
        assert_eq!(http_url("ws://h:1/p?q").as_deref(), Some("http://h:1/p?q"));
        assert_eq!(http_url("WSS://h").as_deref(), Some("https://h"));
        assert_eq!(http_url("mqtt://h"), None);
        assert_eq!(
            (root("wss://h:1/p?q"), root("wss://h?a/b"), root("wss://h")),
            ("wss://h:1", "wss://h", "wss://h")
        );
    }

    #[test]
    fn a_public_page_needs_permission_for_a_private_host() {
        for url in [
            "ws://localhost:8001/",
            "ws://127.0.0.1",
            "ws://[::1]:9001/",
            "ws://10.1.2.3/",
            "ws://192.168.1.2:9001",
            "ws://172.16.0.1",
            "ws://broker.local/",
            "ws://broker:9001",
            "ws://[fe80::1]/",
            "ws://[fd00::1]:1/",
        ] {
            assert!(needs_permission("https://tools.example", url), "{url}");
            assert!(!needs_permission("http://localhost:8001", url), "{url}");
            assert!(!needs_permission("http://192.168.1.9", url), "{url}");
            assert!(!needs_permission("", url), "{url}");
        }
        for url in
            ["ws://test.example", "ws://8.8.8.8", "ws://172.32.0.1", "ws://[2001:db8::1]/", "ws://10.example"]
        {
            assert!(!needs_permission("https://tools.example", url), "{url}");
        }
    }
}
