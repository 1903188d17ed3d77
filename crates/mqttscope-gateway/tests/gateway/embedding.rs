//! What the build script makes of a folder.

use crate::support::WebFolder;

#[allow(dead_code, reason = "its start is cargo's to call")]
#[path = "../../build.rs"]
mod build;

#[test]
fn every_file_but_hidden_ones_is_included_under_its_name() {
    let web = WebFolder::new();
    web.write("a/b.js", "b");
    web.write("mqtt.html.br", "brotli");
    web.write(".hidden", "secret");
    web.write(".git/config", "secret");
    let source = build::source(web.path()).unwrap();
    let names: Vec<&str> =
        source.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split('"').next()).collect();
    assert_eq!(names, ["a/b.js", "mqtt.html", "mqtt.html.br"]);
    let path = web.path().join("a/b.js").canonicalize().unwrap();
    assert!(source.contains(&format!("(\"a/b.js\", include_bytes!({path:?})),")), "{source}");
}

#[test]
fn without_a_page_the_command_that_builds_one_is_named() {
    let web = WebFolder::new();
    std::fs::remove_file(web.path().join("mqtt.html")).unwrap();
    for folder in [web.path().to_owned(), web.path().join("none")] {
        let reason = build::source(&folder).unwrap_err();
        assert!(reason.ends_with("this command builds both: cargo xtask dist --binary"), "{reason}");
        assert!(reason.contains(folder.to_str().unwrap()), "{reason}");
    }
}
