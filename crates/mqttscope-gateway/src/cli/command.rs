//! The program's commands.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

use super::sources::{self, Sources};
use super::{HashPassword, Options, Refusal, Setting, Task};

/// An MQTT client for the browser that shows every byte, its gateway, and a broker for a start
#[derive(Debug, Parser)]
#[command(name = NAME, version, propagate_version = true, after_help = EXAMPLES)]
struct Program {
    #[command(subcommand)]
    command: Option<Asked>,
}

#[derive(Debug, Subcommand)]
enum Asked {
    /// Serve the page and its WebSocket, before a broker or with one inside
    #[command(after_help = SOURCES)]
    Serve(Box<ServeOptions>),
    /// Write the page into a folder of another server
    ///
    /// The folder is made where it is missing. A page of mqttscope that is there is replaced, but not its mqttscope.json;
    /// nothing else is. Of a Kaazing Gateway it is GATEWAY_HOME/web/extras/demo/gateway/javascript.
    Page {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Make a line for the file of --basic-auth: asks for the password, or reads it from standard input
    HashPassword(HashPassword),
    /// Print what a shell needs to complete these commands and their options
    ///
    /// For bash: mqttscope completions bash > ~/.local/share/bash-completion/completions/mqttscope
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page, in roff: mqttscope man serve | man -l -
    Man {
        /// A command; without it, the page is about all of them
        command: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct ServeOptions {
    /// Read options from this TOML file too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Start nothing; say what would be done, where each setting comes from, and whether it would work
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    options: Options,
}

/// The program with all its commands and options.
pub(super) fn program() -> Command {
    Program::command()
}

/// As [`parse`](super::parse).
pub(super) fn read(
    arguments: &[OsString],
    environment: &BTreeMap<OsString, OsString>,
) -> Result<Task, Refusal> {
    let program = program();
    let typed =
        sources::lenient(&program, arguments).map_err(|error| refusal(&program, arguments, &error))?;
    let Some(("serve", given)) = typed.subcommand() else {
        let program = Program::from_arg_matches(&typed).map_err(|error| mistake(&error))?;
        return task(program.command, Vec::new());
    };
    let serve = find(&program, "serve")?;
    let sources = Sources::gather(serve, given, environment).map_err(Refusal::Mistake)?;
    let all = sources.arguments(arguments);
    let matches = program.clone().try_get_matches_from(&all).map_err(|error| mistake(&error))?;
    let settings = matches.subcommand_matches("serve").map(|matches| sources.settings(serve, matches));
    let program = Program::from_arg_matches(&matches).map_err(|error| mistake(&error))?;
    task(program.command, settings.unwrap_or_default())
}

/// What is to be done for a command; `settings` are those of `serve`.
fn task(command: Option<Asked>, settings: Vec<Setting>) -> Result<Task, Refusal> {
    let mut program = program();
    match command {
        Some(Asked::Serve(serve)) if serve.check => Ok(Task::Check(Box::new(serve.options.into()), settings)),
        Some(Asked::Serve(serve)) => Ok(Task::Serve(Box::new(serve.options.into()))),
        Some(Asked::HashPassword(task)) => Ok(Task::HashPassword(task)),
        Some(Asked::Page { folder }) => Ok(Task::Page(folder)),
        Some(Asked::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut program, NAME, &mut script);
            Err(Refusal::Answer(String::from_utf8_lossy(&script).into_owned()))
        }
        Some(Asked::Man { command }) => Err(Refusal::Answer(manual(program, command.as_deref())?)),
        None => Err(Refusal::Answer(program.render_help().to_string())),
    }
}

/// A manual page about the program or one of its commands.
fn manual(mut program: Command, command: Option<&str>) -> Result<String, Refusal> {
    // Once the program is built, its commands know their full names.
    program.build();
    let about = match command {
        Some(name) => find(&program, name)?.clone(),
        None => program,
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut page = Vec::new();
    let written = Man::new(about.version(version)).source(format!("{NAME} {version}")).render(&mut page);
    written.map_err(|error| Refusal::Mistake(format!("the manual page cannot be made: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn find<'a>(program: &'a Command, name: &str) -> Result<&'a Command, Refusal> {
    let missing = || Refusal::Mistake(format!("'{name}' is no command: see {NAME} --help"));
    program.find_subcommand(name).ok_or_else(missing)
}

/// What is said of arguments that clap did not take.
fn refusal(program: &Command, arguments: &[OsString], error: &clap::Error) -> Refusal {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(first) =
            arguments.get(1).and_then(|first| first.to_str()).filter(|first| first.starts_with('-'))
        && let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg)
        && first.starts_with(unknown.as_str())
        && let Some(serve) = program.find_subcommand("serve")
        && serve.get_arguments().any(|arg| arg.get_long() == unknown.strip_prefix("--"))
    {
        return Refusal::Mistake(format!("'{unknown}' is an option of `serve`: {NAME} serve {unknown} .."));
    }
    mistake(error)
}

/// clap goes on with hints and the usage; `--help` has both.
fn mistake(error: &clap::Error) -> Refusal {
    let text = error.to_string();
    if !error.use_stderr() {
        return Refusal::Answer(text);
    }
    let line = text.lines().next().unwrap_or_default();
    Refusal::Mistake(line.strip_prefix("error: ").unwrap_or(line).to_owned())
}

/// What a person types.
const NAME: &str = "mqttscope";

const EXAMPLES: &str = "\
Examples:
  mqttscope serve
      the page on http://localhost:8001, with a broker inside on port 1883
  mqttscope serve --listen 0.0.0.0:8001 --host mqtt.example.org --broker broker.example.org:1883
      for a network, before a broker of its own
  mqttscope serve --config /etc/mqttscope/mqttscope.toml --check
      whether what stands in a file would work";

const SOURCES: &str = "\
Each option but --check can also stand in the environment, as MQTTSCOPE_LISTEN=0.0.0.0:8001: several values with commas \
between them, an option without a value as true or false; an empty variable counts as none. And each but --config and \
--check can stand in the file, as listen = \"0.0.0.0:8001\": several values as a list.

The command line goes before the environment, that before the file, and that before the default.

With --check the program ends with 0 if all would work, with 1 if something would not, and with 2 after a mistake in an \
option.";

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Task, Refusal> {
        let words: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
        read(&words, &BTreeMap::new())
    }

    fn answer_to(line: &str) -> String {
        match read_line(line) {
            Err(Refusal::Answer(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn mistake_in(line: &str) -> String {
        match read_line(line) {
            Err(Refusal::Mistake(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn alone_it_says_what_it_can_do() {
        let help = answer_to("mqttscope");
        assert_eq!(help, answer_to("mqttscope -h"));
        for command in ["  serve ", "  page ", "  completions ", "  man ", "mqttscope serve --config"] {
            assert!(help.contains(command), "{command}: {help}");
        }
        assert_eq!(answer_to("mqttscope --version"), "mqttscope 0.1.0\n");
    }

    #[test]
    fn an_option_without_a_command_is_told_where_it_belongs() {
        for option in ["--listen 0.0.0.0", "--broker-listen=127.0.0.1:1884", "--check"] {
            let name = option.split([' ', '=']).next().unwrap();
            let expected = format!("'{name}' is an option of `serve`: mqttscope serve {name} ..");
            assert_eq!(mistake_in(&format!("mqttscope {option}")), expected);
        }
        assert_eq!(mistake_in("mqttscope --colour"), "unexpected argument '--colour' found");
        assert_eq!(mistake_in("mqttscope page --listen 0.0.0.0"), "unexpected argument '--listen' found");
        assert!(mistake_in("mqttscope sreve").starts_with("unrecognized subcommand 'sreve'"));
    }

    #[test]
    fn a_page_needs_a_folder() {
        assert!(
            matches!(read_line("mqttscope page /srv/demo"), Ok(Task::Page(folder)) if folder == *"/srv/demo")
        );
        assert!(mistake_in("mqttscope page").contains("required arguments were not provided"));
    }

    #[test]
    fn each_shell_is_told_of_each_option() {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let script = answer_to(&format!("mqttscope completions {shell}"));
            for word in ["serve", "broker-listen", "max-connections-per-address"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
        assert!(mistake_in("mqttscope completions csh").contains("'csh'"));
    }

    #[test]
    fn a_manual_page_names_the_commands_or_the_options() {
        let program = answer_to("mqttscope man");
        assert!(program.contains(".TH mqttscope 1") && program.contains("mqttscope\\-serve(1)"), "{program}");
        let serve = answer_to("mqttscope man serve");
        assert!(serve.contains(".TH mqttscope-serve 1  \"mqttscope 0.1.0\""), "{serve}");
        for words in ["\\fBmqttscope serve\\fR", "\\-\\-broker\\-listen", "MQTTSCOPE_LISTEN"] {
            assert!(serve.contains(words), "{words}: {serve}");
        }
        assert_eq!(mistake_in("mqttscope man cook"), "'cook' is no command: see mqttscope --help");
    }

    #[test]
    fn every_option_has_a_sentence_of_help() {
        let program = program();
        let serve = program.find_subcommand("serve").unwrap();
        for arg in serve.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(' '), "{} has no help", arg.get_id());
        }
    }

    #[test]
    fn the_definition_is_sound() {
        program().debug_assert();
    }
}
