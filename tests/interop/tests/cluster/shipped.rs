//! What is shipped for more than one machine, held against the program that it runs.

use anyhow::{Context, Result, ensure};
use mqttscope_e2e::environment::gateway;
use mqttscope_interop::environment::root;
use std::fs;
use std::process::Command;

/// The options of the compose file, of the manifests and of the handbook are options of `mqttscope serve`.
#[test]
fn the_options_are_those_of_the_program() -> Result<()> {
    let help = Command::new(gateway()?).args(["serve", "--help"]).output()?;
    ensure!(help.status.success(), "no help: {}", String::from_utf8_lossy(&help.stderr));
    let help = String::from_utf8(help.stdout)?;
    for file in ["deploy/docker-compose.yml", "deploy/kubernetes/deployment.yaml", "deploy/cluster/README.md"]
    {
        let text = fs::read_to_string(root().join(file)).with_context(|| file.to_owned())?;
        let options = options_in(&text);
        ensure!(options.contains(&"--max-connections-per-address"), "{file} has no command");
        for option in options {
            ensure!(
                help.contains(&format!("{option} <")),
                "{file}: {option} is no option of `mqttscope serve`"
            );
        }
    }
    Ok(())
}

/// Behind `serve`, up to the next line that goes on with something else.
fn options_in(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut is_command = false;
    let mut options = Vec::new();
    for line in lines {
        if line.ends_with("- serve") || line.contains("mqttscope serve ") {
            is_command = true;
        } else if is_command && !line.starts_with("- ") && !line.starts_with("--") {
            is_command = false;
        }
        if is_command {
            options.extend(line.split_ascii_whitespace().filter(|word| word.starts_with("--")));
        }
    }
    options
}

#[test]
fn the_options_are_found() {
    let compose = "command:\n  - mqttscope\n  - serve\n  # why\n  - --drain\n  - \"10\"\nother: --build\n";
    assert_eq!(options_in(compose), ["--drain"]);
    let shell = "```sh\nmqttscope serve --listen X \\\n  --drain 10\n```\n`--host` and --build\n";
    assert_eq!(options_in(shell), ["--listen", "--drain"]);
}
