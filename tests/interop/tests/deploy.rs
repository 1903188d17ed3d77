//! What `deploy/` says, as far as that can be checked without a container engine: the files are there, the
//! versions are pinned, and the commands are those that `cargo xtask interop` and the other tests run.

use mqttscope_interop::environment;
use mqttscope_interop::systems::{activemq, kaazing};
use serde_yaml_ng::Value;
use std::fs;
use std::path::Path;

const IMAGES: [&str; 3] = ["activemq", "kaazing", "mqttscope-gateway"];

#[test]
fn every_service_is_built_from_files_that_are_there() {
    let compose = compose();
    let services = compose["services"].as_mapping().expect("services");
    assert_eq!(services.len(), 4);
    for (name, service) in services {
        let name = name.as_str().expect("a name");
        assert!(service["hostname"].is_string(), "{name} has no host name");
        assert_eq!(service["profiles"].as_sequence().map(Vec::len), Some(1), "{name}");
        match service["build"]["dockerfile"].as_str() {
            Some(dockerfile) => {
                let context = environment::root().join("deploy").join(text(&service["build"]["context"]));
                assert!(context.join(dockerfile).is_file(), "{name}: there is no {dockerfile}");
                assert!(
                    instructions(&context.join(dockerfile))
                        .iter()
                        .any(|line| line.starts_with("HEALTHCHECK"))
                );
            }
            None => {
                assert_pinned(text(&service["image"]));
                assert!(service["healthcheck"]["test"].is_sequence(), "{name} has no health check");
                assert!(service["user"].is_string(), "{name} runs as root");
            }
        }
        for volume in service["volumes"].as_sequence().into_iter().flatten() {
            let source = text(volume).split(':').next().expect("a source");
            let is_there = match source.strip_prefix("./") {
                Some(file) => environment::root().join("deploy").join(file).is_file(),
                None => compose["volumes"].get(source).is_some(),
            };
            assert!(is_there, "{name}: there is no {source}");
        }
        for (needed, condition) in service["depends_on"].as_mapping().into_iter().flatten() {
            assert!(services.contains_key(needed), "{name} depends on {needed:?}");
            assert_eq!(text(&condition["condition"]), "service_healthy", "{name}");
            let other = &services[needed]["profiles"];
            assert_eq!(*other, service["profiles"], "{name} depends on a service of another profile");
        }
    }
}

#[test]
fn the_names_are_those_of_the_configurations() {
    let compose = compose();
    let services = &compose["services"];
    let kaazing = read("deploy/kaazing/gateway-config.xml");
    for (service, property) in [("gateway", "gateway.hostname"), ("amq", "mqtt.provider.host")] {
        let name = text(&services[service]["hostname"]);
        assert!(kaazing.contains(&format!("<name>{property}</name>\n      <value>{name}</value>")), "{name}");
    }
    let ports: Vec<&str> =
        services["gateway"]["ports"].as_sequence().expect("ports").iter().map(text).collect();
    assert_eq!(ports, ["127.0.0.1:8000:8000", "127.0.0.1:8001:8001"]);
    let broker = format!("\"--broker\", \"{}:1883\"", text(&services["mosquitto"]["hostname"]));
    assert!(read("deploy/mqttscope-gateway/Dockerfile").contains(&broker), "{broker}");
}

#[test]
fn the_dockerfiles_copy_what_is_there_and_do_not_run_as_root() {
    for image in IMAGES {
        let lines = instructions(&environment::root().join(format!("deploy/{image}/Dockerfile")));
        let mut stages = Vec::new();
        for line in &lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["FROM", base] => assert_pinned(base),
                ["FROM", base, "AS", stage] => {
                    assert_pinned(base);
                    stages.push(stage);
                }
                ["COPY", from, ..] if from.starts_with("--from=") => {
                    assert!(stages.contains(&&from["--from=".len()..]), "{image}: {line}");
                }
                ["COPY", ref files @ .., _] => {
                    for file in files {
                        assert!(environment::root().join(file).exists(), "{image}: there is no {file}");
                    }
                }
                _ => {}
            }
        }
        let user = lines.iter().rev().find_map(|line| line.strip_prefix("USER ")).expect("a user");
        assert!(user != "root" && lines.iter().any(|line| line.contains(&format!("no-create-home {user}"))));
    }
}

#[test]
fn the_commands_are_those_that_are_tested() {
    let command = last_command("activemq");
    assert_eq!(command[0], "java");
    assert_eq!(command[1..], activemq::arguments(Path::new("/opt/activemq"), Path::new("/activemq")));

    let command = last_command("kaazing");
    assert_eq!(command[0], "java");
    let home = Path::new("/kaazing-gateway");
    assert_eq!(command[1..], kaazing::arguments(home, &home.join("lib"), Some(&home.join("classes"))));
    let gateway = Path::new("/gateway");
    let (source, lib, classes) = (gateway.join("directory"), gateway.join("lib"), gateway.join("classes"));
    let compile = kaazing::compiler_arguments(&source, &lib, &classes)
        .join(" ")
        .replace("/gateway/lib/*", "\"/gateway/lib/*\"");
    assert!(read("deploy/kaazing/Dockerfile").contains(&format!("javac {compile}\n")), "{compile}");

    // Maven is told the same as by `cargo xtask interop`.
    let xtask = read("xtask/src/systems.rs");
    for (image, own) in [
        ("activemq", "-Dartifact=org.apache.activemq:apache-activemq:5.10.0:tar.gz:bin"),
        ("kaazing", ":copy-dependencies"),
    ] {
        let dockerfile = read(&format!("deploy/{image}/Dockerfile"));
        for words in ["org.apache.maven.plugins:maven-dependency-plugin:3.6.1", own] {
            assert!(dockerfile.contains(words) && xtask.contains(words), "{words}");
        }
        for option in ["--batch-mode", "--strict-checksums", "--no-transfer-progress"] {
            assert!(dockerfile.contains(option) && xtask.contains(&format!("\"{option}\"")), "{option}");
        }
    }
    // The list of parts is the same file.
    assert!(xtask.contains("include_str!(\"systems/kaazing-pom.xml\")"));
    assert!(read("deploy/kaazing/Dockerfile").contains("COPY xtask/src/systems/kaazing-pom.xml pom.xml\n"));

    // The gateway is started with the options that the end-to-end tests give it.
    let harness = read("tests/e2e/src/gateway.rs");
    for option in last_command("mqttscope-gateway").iter().filter(|word| word.starts_with("--")) {
        assert!(harness.contains(&format!("\"{option}\"")), "{option}");
    }
    for (image, command) in
        [("kaazing", "RUN cargo xtask dist\n"), ("mqttscope-gateway", "RUN cargo xtask dist --binary\n")]
    {
        assert!(read(&format!("deploy/{image}/Dockerfile")).contains(command), "{image}");
    }
}

#[test]
fn the_image_of_a_release_holds_the_program_and_does_not_run_as_root() {
    let lines = instructions(&environment::root().join("deploy/image/Dockerfile"));
    let version = format!("mqttscope-{}-linux-", env!("CARGO_PKG_VERSION"));
    let archives: Vec<&String> = lines.iter().filter(|line| line.contains("-linux-")).collect();
    assert!(archives.len() == 3 && archives.iter().all(|line| line.contains(&version)), "{archives:?}");
    for line in ["USER 65534:65534", "ENTRYPOINT [\"/mqttscope\"]", "HEALTHCHECK NONE"] {
        assert!(lines.iter().any(|other| other == line), "{line}");
    }
    // It takes the archives that `cargo xtask release` has made, and nothing from elsewhere.
    assert!(lines.iter().all(|line| !line.starts_with("RUN ")));
    assert!(
        lines.iter().filter(|line| line.starts_with("FROM ")).all(|line| line.starts_with("FROM scratch"))
    );
}

#[test]
fn what_is_downloaded_is_checked() {
    for image in IMAGES {
        let lines = instructions(&environment::root().join(format!("deploy/{image}/Dockerfile")));
        let text = lines.join("\n");
        // Cargo has its lock file, which `cargo xtask dist` and the build of the gateway keep to.
        if text.contains("mvn ") {
            assert!(text.contains("sha256sum --check"), "{image}");
        }
        assert!(!text.contains("http://") && !text.contains("https://"), "{image} downloads by itself");
    }
    let sums = read("deploy/kaazing/lib.sha256");
    for line in sums.lines() {
        let (sum, jar) = line.split_once("  ").expect("a sum and a file");
        assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        assert!(jar.ends_with(".jar") && !jar.contains('/'), "{line}");
    }
    assert!(sums.contains("  gateway.server-5.6.2.jar\n"));
}

fn compose() -> Value {
    serde_yaml_ng::from_str(&read("deploy/docker-compose.yml")).expect("the compose file is YAML")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text"))
}

fn read(name: &str) -> String {
    fs::read_to_string(environment::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The instructions of a Dockerfile, each on one line.
fn instructions(dockerfile: &Path) -> Vec<String> {
    let text = fs::read_to_string(dockerfile).expect("a Dockerfile").replace("\\\n", " ");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// The command of an image, as the words of its last CMD.
fn last_command(image: &str) -> Vec<String> {
    let lines = instructions(&environment::root().join(format!("deploy/{image}/Dockerfile")));
    let command = lines.iter().rev().find_map(|line| line.strip_prefix("CMD ")).expect("a command");
    // Its form is a list in JSON, which YAML has too.
    serde_yaml_ng::from_str(command).expect("a list of words")
}

fn assert_pinned(image: &str) {
    let tag = image.split_once(':').map_or("", |(_, tag)| tag);
    assert!(tag.chars().next().is_some_and(|c| c.is_ascii_digit()) && tag.contains('.'), "{image}");
}
