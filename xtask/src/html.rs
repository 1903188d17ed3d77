//! The page's HTML made fit for a strict Content-Security-Policy and for any folder of any server.

use anyhow::{Context, Result, bail};

/// What the page may do. It runs with no more than this, so that a server may say the same in a header, as
/// mqttscope-gateway does; `ws:` and `wss:` are open because a person types the broker's address.
pub const CONTENT_SECURITY_POLICY: &str =
    include_str!("../../crates/mqttscope-gateway/src/content-security-policy.txt").trim_ascii_end();

/// Adds the policy to the page that Trunk has built.
///
/// # Errors
/// If there is anything in the page that the policy would refuse or that only works from one folder.
pub fn prepare(html: &str) -> Result<String> {
    check_no_inline_code(html)?;
    check_relative_urls(html)?;
    // Before all that it governs, but after the character set, which must stand at the very top.
    let charset_end = html
        .find("<meta charset")
        .and_then(|start| html[start..].find('>').map(|length| start + length + 1))
        .context("the page has no <meta charset>")?;
    let (top, rest) = html.split_at(charset_end);
    Ok(format!(
        "{top}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_SECURITY_POLICY}\">{rest}"
    ))
}

fn check_no_inline_code(html: &str) -> Result<()> {
    for tag in tags(html) {
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        let inline_script = name == "script" && attribute(tag, "src").is_none();
        if inline_script || name == "style" {
            bail!("inline code in the page, which a strict Content-Security-Policy refuses: <{tag}>");
        }
        let handler = tag.split_ascii_whitespace().skip(1).find(|attribute| {
            attribute.starts_with("style=") || (attribute.starts_with("on") && attribute.contains('='))
        });
        if let Some(handler) = handler {
            bail!("inline attribute in the page, which a strict Content-Security-Policy refuses: {handler}");
        }
    }
    Ok(())
}

fn check_relative_urls(html: &str) -> Result<()> {
    let urls = tags(html).flat_map(|tag| [attribute(tag, "href"), attribute(tag, "src")]).flatten();
    for url in urls {
        if url.starts_with('/') {
            bail!("{url} in the page is not relative: the page must work from any folder");
        }
    }
    Ok(())
}

/// The inside of each tag, from its name to its last attribute.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|text| text.split_once('>').map(|(tag, _)| tag))
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>t</title>
<script type="module" src="start.js"></script><link rel="stylesheet" href="./style.css">
</head><body></body></html>"#;

    #[test]
    fn the_policy_comes_before_whatever_it_governs() -> Result<()> {
        let html = prepare(HTML)?;
        let policy = html.find("Content-Security-Policy").context("no policy")?;
        let script = html.find("<script").context("no script")?;
        assert!(policy < script);
        Ok(())
    }

    #[test]
    fn what_the_policy_would_refuse_is_an_error() {
        for bad in ["<script>1</script>", "<style>a{}</style>", "<p style=\"x\">", "<p onclick=\"x\">"] {
            assert!(prepare(&HTML.replace("<body>", &format!("<body>{bad}"))).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_absolute_url_is_an_error() {
        assert!(prepare(&HTML.replace("href=\"./", "href=\"/")).is_err());
    }
}
