//! What `deploy/` says, as far as that can be checked without a container engine: the files are there, the
//! versions are pinned, and the commands are those that `cargo xtask interop` and the other tests run.

use mqttscope_interop::environment;
use mqttscope_interop::systems::{activemq, kaazing};
use serde_yaml_ng::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const IMAGES: [&str; 4] = ["activemq", "cluster/nats", "kaazing", "mqttscope-gateway"];

#[test]
fn every_service_is_built_from_files_that_are_there() {
    let compose = compose();
    let services = compose["services"].as_mapping().expect("services");
    assert_eq!(services.len(), 10);
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
        // What asks a server in the container itself how it is downloads nothing.
        let text = lines.join("\n").replace("http://127.0.0.1:", "");
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

/// The files of the cluster are the same in containers, on plain machines and in the tests; all that differs are
/// variables, which each of them sets.
#[test]
fn the_cluster_is_told_all_that_its_files_ask_for() {
    let compose = compose();
    let services = &compose["services"];
    let handbook = read("deploy/cluster/README.md");
    for (file, services_with_it) in [
        ("deploy/cluster/haproxy.cfg", &["haproxy"][..]),
        ("deploy/cluster/nats.conf", &["nats-1", "nats-2", "nats-3"]),
    ] {
        let asked = variables(&read(file));
        assert!(asked.len() > 5, "{file}: {asked:?}");
        for service in services_with_it {
            let environment = services[service]["environment"].as_mapping().expect("an environment");
            let told: BTreeSet<String> = environment.keys().map(|name| text(name).to_owned()).collect();
            assert_eq!(told, asked, "{service}");
        }
        for name in asked {
            assert!(handbook.contains(&format!("{name}=")), "the handbook does not set {name}");
        }
    }

    let addresses: Vec<&str> = ["gateway-1", "gateway-2", "nats-1", "nats-2", "nats-3"]
        .map(|service| text(&services[service]["networks"]["cluster"]["ipv4_address"]))
        .to_vec();
    let haproxy = &services["haproxy"]["environment"];
    for (name, address, port) in [
        ("GATEWAY_1", addresses[0], 8001),
        ("GATEWAY_2", addresses[1], 8001),
        ("BROKER_1", addresses[2], 1883),
        ("BROKER_2", addresses[3], 1883),
        ("BROKER_3", addresses[4], 1883),
    ] {
        assert_eq!(text(&haproxy[name]), format!("{address}:{port}"), "{name}");
    }
    for gateway in ["gateway-1", "gateway-2"] {
        let command: Vec<&str> = sequence(&services[gateway]["command"]).map(text).collect();
        assert_eq!(option(&command, "--broker"), format!("{}:1883", text(&services["haproxy"]["hostname"])));
        let drain: u64 = option(&command, "--drain").parse().expect("seconds");
        let grace = text(&services[gateway]["stop_grace_period"]).trim_end_matches('s');
        assert!(
            grace.parse::<u64>().expect("seconds") > drain + CLOSING_SECS,
            "{gateway} is killed as it drains"
        );
    }
}

/// What schemas do not know: that the manifests fit together. The schemas are `cargo xtask interop cluster`'s.
#[test]
fn the_manifests_fit_together() {
    let manifest = |name: &str| -> Value {
        serde_yaml_ng::from_str(&read(&format!("deploy/kubernetes/{name}.yaml"))).expect("a manifest is YAML")
    };
    let (deployment, service, budget) =
        (manifest("deployment"), manifest("service"), manifest("poddisruptionbudget"));
    let (spec, template) = (&deployment["spec"], &deployment["spec"]["template"]);
    let labels = &template["metadata"]["labels"];
    let pod = &template["spec"];
    assert_eq!(&spec["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels);
    for spread in sequence(&pod["topologySpreadConstraints"]) {
        assert_eq!(&spread["labelSelector"]["matchLabels"], labels);
    }
    // One that goes leaves one.
    assert!(spec["replicas"].as_u64() > budget["spec"]["maxUnavailable"].as_u64());

    let container = &pod["containers"][0];
    assert_eq!(text(&container["image"]), concat!("mqttscope:", env!("CARGO_PKG_VERSION")));
    let port = &container["ports"][0];
    assert_eq!(service["spec"]["ports"][0]["targetPort"], port["name"]);
    for (probe, path) in
        [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz"), ("startupProbe", "/healthz")]
    {
        assert_eq!(text(&container[probe]["httpGet"]["path"]), path, "{probe}");
        assert_eq!(container[probe]["httpGet"]["port"], port["name"], "{probe}");
    }
    let args: Vec<&str> = sequence(&container["args"]).map(text).collect();
    assert_eq!(
        option(&args, "--listen"),
        format!("0.0.0.0:{}", port["containerPort"].as_u64().expect("a port"))
    );
    let drain: u64 = option(&args, "--drain").parse().expect("seconds");
    let grace = pod["terminationGracePeriodSeconds"].as_u64().expect("seconds");
    assert!(grace > drain + CLOSING_SECS, "it is killed as it drains");
    // Kubernetes must have noticed before it closes anything.
    let probe = &container["readinessProbe"];
    let noticed = probe["periodSeconds"].as_u64().zip(probe["failureThreshold"].as_u64());
    assert!(noticed.is_some_and(|(period, times)| period * times < drain), "it drains too shortly");

    assert_eq!(pod["securityContext"]["runAsNonRoot"], Value::Bool(true));
    let security = &container["securityContext"];
    assert_eq!(security["readOnlyRootFilesystem"], Value::Bool(true));
    assert_eq!(security["allowPrivilegeEscalation"], Value::Bool(false));
    assert_eq!(sequence(&security["capabilities"]["drop"]).map(text).collect::<Vec<_>>(), ["ALL"]);
}

/// So long a gateway takes at most to close its connections.
const CLOSING_SECS: u64 = 2;

/// The names behind a `$` in a configuration, comments apart.
fn variables(configuration: &str) -> BTreeSet<String> {
    let lines = configuration.lines().filter(|line| !line.trim_start().starts_with('#'));
    let after = lines.flat_map(|line| line.split('$').skip(1));
    let name = |text: &str| -> String {
        text.trim_start_matches('{')
            .chars()
            .take_while(|c| c.is_ascii_uppercase() || matches!(c, '_' | '0'..='9'))
            .collect()
    };
    after.map(name).collect()
}

/// The value of an option.
fn option<'a>(command: &[&'a str], name: &str) -> &'a str {
    let at =
        command.iter().position(|word| *word == name).unwrap_or_else(|| panic!("no {name} in {command:?}"));
    command[at + 1]
}

fn sequence(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_sequence().unwrap_or_else(|| panic!("{value:?} is no list")).iter()
}

fn compose() -> Value {
    let mut compose: Value =
        serde_yaml_ng::from_str(&read("deploy/docker-compose.yml")).expect("the compose file is YAML");
    compose.apply_merge().expect("what is merged is there");
    compose
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
