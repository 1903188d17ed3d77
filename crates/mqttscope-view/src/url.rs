//! What is wrong with a URL for a WebSocket, in words, and what was meant perhaps.
//!
//! What a URL is the browser says, whose parser is the one that counts; here is what it does not say.

use crate::validate::Place;

/// A URL as a browser has parsed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its host; of an IPv6 address with the brackets.
    pub host: String,
    /// Its port, empty for the usual one.
    pub port: String,
    /// It has a user name or a password.
    pub has_userinfo: bool,
}

/// What is wrong with a URL.
pub(crate) fn url_fault(url: &str, place: &Place) -> Option<String> {
    let url = if url.is_empty() { place.default_url.as_str() } else { url };
    let parts = url.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)));
    let (scheme, rest) = parts.unwrap_or(("", url));
    let secure = scheme.eq_ignore_ascii_case("wss");
    if !secure && !scheme.eq_ignore_ascii_case("ws") {
        let meant = meant(url, place).map(|url| [" Did you mean ", &url, "?"].concat());
        return Some(["A WebSocket URL begins with ws:// or wss://.", &meant.unwrap_or_default()].concat());
    }
    let (authority, _) = split_authority(rest);
    if authority.contains('@') {
        return Some(USERINFO.into());
    }
    if let Some(words) = authority_fault(authority) {
        return Some(words);
    }
    if url.contains('#') {
        return Some("A WebSocket URL has no part behind a #.".into());
    }
    let Some(parsed) = (place.parse)(url) else { return Some("The browser cannot read this URL.".into()) };
    if parsed.has_userinfo {
        return Some(USERINFO.into());
    }
    if parsed.port == "0" {
        return Some(PORT.into());
    }
    if !secure && place.secure && !is_this_machine(&parsed.host) {
        return Some("From an https: page only wss:// is allowed, and ws:// to this machine.".into());
    }
    None
}

/// A URL without a user name and password, which nobody may find where it is stored.
pub(crate) fn without_userinfo(url: &str) -> String {
    let (start, rest) = url.split_at(url.find("//").map_or(0, |at| at + 2));
    let (authority, path) = split_authority(rest);
    let host = authority.rsplit('@').next().unwrap_or_default();
    [start, host, path].concat()
}

/// The WebSocket URL that was meant by another one, or by a host alone.
fn meant(url: &str, place: &Place) -> Option<String> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => {
            let rest = ["wss:", "ws:"].iter().find_map(|scheme| url.strip_prefix(scheme));
            (String::new(), rest.unwrap_or(url).trim_start_matches('/'))
        }
    };
    let (authority, path) = split_authority(rest);
    let mut host = authority.rsplit('@').next().unwrap_or_default();
    let is_secure = match &*scheme {
        "https" | "mqtts" | "ssl" | "tls" => true,
        "http" | "mqtt" | "tcp" => false,
        "" => place.secure && !is_this_machine(host.split(':').next().unwrap_or_default()),
        _ => return None,
    };
    // MQTT over TCP has its own ports, on which no WebSocket is to be expected.
    if !scheme.starts_with("http") {
        host = ["1883", "8883"]
            .iter()
            .find_map(|port| host.strip_suffix(port)?.strip_suffix(':'))
            .unwrap_or(host);
    }
    let url = [if is_secure { "wss://" } else { "ws://" }, host, path].concat();
    (authority_fault(host).is_none() && (place.parse)(&url).is_some()).then_some(url)
}

fn authority_fault(authority: &str) -> Option<String> {
    let is_bare_ipv6 = !authority.starts_with('[')
        && authority.matches(':').count() > 1
        && authority.chars().all(|char| char.is_ascii_hexdigit() || ":.%".contains(char));
    // `h:80:90` has a port too many; what has three colons is an address.
    if is_bare_ipv6 && (authority.contains("::") || authority.matches(':').count() > 2) {
        return Some("An IPv6 address stands in square brackets: ws://[::1]:9001/path.".into());
    }
    // The colons of an IPv6 address stand in square brackets.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Some("The URL needs a host: ws://host:port/path.".into());
    }
    let two_ports = host.contains(':') && !host.starts_with('[');
    // A browser takes a colon without a port for no port.
    let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
    (two_ports || !port.is_none_or(is_port)).then(|| PORT.into())
}

/// What stands before a path or a query, and that with all behind it. Browsers take `\` for `/`.
fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()))
}

/// Whether a browser trusts a host as its own machine, to which nothing has to be encrypted.
fn is_this_machine(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let is_loopback = host.strip_prefix("127.").is_some_and(|rest| {
        let parts: Vec<_> = rest.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    });
    is_loopback || host == "localhost" || host.ends_with(".localhost") || host == "[::1]"
}

const PORT: &str = "A port is 1 to 65535.";
const USERINFO: &str = "A WebSocket URL takes no user name and password: they belong into the fields below.";

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that was loaded from a place like this; the parser follows the same standard as a browser's.
    fn place(secure: bool) -> Place {
        let parse = |url: &str| {
            let url = url::Url::parse(url).ok()?;
            Some(Parsed {
                host: url.host_str()?.into(),
                port: url.port().map(|port| port.to_string()).unwrap_or_default(),
                has_userinfo: !url.username().is_empty() || url.password().is_some(),
            })
        };
        Place { secure, default_url: "ws://localhost:8001/mqttproxy".into(), parse, page: String::new() }
    }

    fn fault(url: &str) -> String {
        url_fault(url, &place(false)).unwrap_or_default()
    }

    #[test]
    fn what_was_meant_is_offered() {
        for (typed, meant) in [
            ("localhost:8001", "ws://localhost:8001"),
            ("localhost", "ws://localhost"),
            ("broker.example/mqtt?a=b", "ws://broker.example/mqtt?a=b"),
            ("//h/path", "ws://h/path"),
            ("ws:h:80", "ws://h:80"),
            ("ws:/h", "ws://h"),
            ("http://h:8080/x", "ws://h:8080/x"),
            ("https://h/", "wss://h/"),
            ("mqtt://h:1883", "ws://h"),
            ("MQTT://h:9001/mqtt", "ws://h:9001/mqtt"),
            ("mqtts://u:hush@h:8883", "wss://h"),
            ("tcp://127.0.0.1:1883", "ws://127.0.0.1"),
            ("[::1]:9001", "ws://[::1]:9001"),
        ] {
            let words = format!("A WebSocket URL begins with ws:// or wss://. Did you mean {meant}?");
            assert_eq!(fault(typed), words, "{typed}");
            assert_eq!(fault(meant), "", "what is offered can be connected");
        }
        for typed in ["ftp://h/", "://x y", "a b", "mqtt://", "file:///etc/passwd"] {
            assert_eq!(fault(typed), "A WebSocket URL begins with ws:// or wss://.", "{typed}");
        }
        let secure = url_fault("broker.example", &place(true)).unwrap_or_default();
        assert!(secure.ends_with("Did you mean wss://broker.example?"), "{secure}");
    }

    #[test]
    fn an_ipv6_address_is_told_to_need_brackets() {
        for url in ["ws://::1/", "ws://::1:9001/", "ws://2001:db8::7:9001/", "ws://fe80:0:0:0:0:0:0:1"] {
            assert!(fault(url).contains("ws://[::1]:9001"), "{url}: {}", fault(url));
        }
        for url in ["ws://[::1]/", "ws://[::1]:9001/", "ws://[2001:db8::7]/", "ws://[::1]:/"] {
            assert_eq!(fault(url), "", "{url}");
        }
        assert_eq!(fault("ws://h:80:90/"), PORT);
    }

    #[test]
    fn a_user_name_or_password_is_refused_and_not_stored() {
        for url in ["ws://u:p@h/", "wss://u@h:1", "ws://:p@h/x?y", "ws://a@b@h"] {
            assert_eq!(fault(url), USERINFO, "{url}");
        }
        assert_eq!(fault("ws://h/a@b"), "");
        for (url, stored) in [
            ("ws://u:p@h:1/x@y?z", "ws://h:1/x@y?z"),
            ("mqtt://u:p@h", "mqtt://h"),
            ("u:p@h:1883/x", "h:1883/x"),
            ("ws://h/", "ws://h/"),
            ("ws://a@b@h", "ws://h"),
            ("ws:\\\\h", "ws:\\\\h"),
            ("", ""),
        ] {
            assert_eq!(without_userinfo(url), stored);
        }
    }

    #[test]
    fn what_the_browser_cannot_read_is_refused() {
        for url in ["ws://h%zz/", "ws://[::g]/", "ws://1.2.3.999/", "ws://[::1/", "ws://h^/"] {
            assert_eq!(fault(url), "The browser cannot read this URL.", "{url}");
        }
    }

    #[test]
    fn a_page_of_https_may_speak_to_its_own_machine() {
        let https = place(true);
        for url in [
            "ws://localhost:8001/",
            "ws://127.0.0.1/",
            "ws://127.3.2.1:1",
            "ws://[::1]:9001",
            "ws://a.localhost",
        ] {
            assert_eq!(url_fault(url, &https), None, "{url}");
        }
        for url in
            ["ws://h/", "ws://10.0.0.1/", "ws://127.example/", "ws://localhost.example/", "ws://[::2]/"]
        {
            assert!(url_fault(url, &https).is_some_and(|words| words.contains("only wss://")), "{url}");
        }
    }
}
