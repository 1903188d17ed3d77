//! Where a setting comes from: the command line, the environment, a file, or nowhere.
//!
//! What stands in the environment and in a file is put before the arguments as if it had been typed, less what a stronger
//! source decides. So everything is read and checked by the same code, and no option knows of any of this.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::file;
use super::given::{Given, Origin, Setting, Value};

/// What the names of variables begin with.
pub(super) const PREFIX: &str = "MQTTSCOPE_";

/// All that the sources give, without what a stronger one decides.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The weakest first.
    given: Vec<Given>,
}

impl Sources {
    /// Adds to the arguments of `serve`, as far as they are read in `typed`, what the environment and the file say.
    ///
    /// # Errors
    ///
    /// Each mistake in a line that says where it is.
    pub(super) fn gather(
        serve: &Command,
        typed: &ArgMatches,
        environment: &BTreeMap<OsString, OsString>,
    ) -> Result<Self, String> {
        let mut decided: BTreeSet<String> = options(serve)
            .filter(|arg| typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine))
            .filter_map(|arg| arg.get_long().map(str::to_owned))
            .collect();
        let mut sources = Self::default();
        let from_environment = variables(serve, environment)?;
        check(serve, &from_environment)?;
        sources.add(serve, from_environment, &mut decided);
        let file = typed.get_one::<PathBuf>("config").cloned();
        let variable = environment.get(OsStr::new(&variable(FILE))).filter(|value| !value.is_empty());
        if let Some(path) = file.or_else(|| variable.map(PathBuf::from)) {
            let from_file = file::read(&path, serve)?;
            check(serve, &from_file)?;
            sources.add(serve, from_file, &mut decided);
        }
        sources.given.reverse();
        Ok(sources)
    }

    fn add(&mut self, serve: &Command, layer: Vec<Given>, decided: &mut BTreeSet<String>) {
        let is_free = |given: &Given| {
            !decided.contains(&given.name) && !decided.iter().any(|other| excludes(serve, &given.name, other))
        };
        let free: Vec<Given> = layer.into_iter().filter(is_free).collect();
        decided.extend(free.iter().map(|given| given.name.clone()));
        self.given.extend(free.into_iter().rev());
    }

    /// The arguments with all of it, as if it had been typed.
    pub(super) fn arguments(&self, typed: &[OsString]) -> Vec<OsString> {
        // The program's name and `serve`.
        let (head, tail) = typed.split_at(typed.len().min(2));
        let given = self.given.iter().flat_map(Given::words);
        head.iter().cloned().chain(given).chain(tail.iter().cloned()).collect()
    }

    /// What each option is, and why.
    pub(super) fn settings(&self, serve: &Command, matches: &ArgMatches) -> Vec<Setting> {
        let setting = |arg: &Arg| {
            let name = arg.get_long()?.to_owned();
            let id = arg.get_id().as_str();
            let raw = matches.get_raw(id).into_iter().flatten();
            let value = match arg.get_action() {
                ArgAction::SetTrue => matches.get_flag(id).to_string(),
                _ => raw.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(", "),
            };
            let given = self.given.iter().find(|given| given.name == name);
            let origin = match given {
                Some(given) => given.origin.clone(),
                None if matches.value_source(id) == Some(ValueSource::CommandLine) => Origin::CommandLine,
                None => Origin::Default,
            };
            Some(Setting { name, value, origin })
        };
        options(serve).filter_map(setting).collect()
    }
}

/// Reads arguments of which some may be missing, since another source may have them.
///
/// # Errors
///
/// clap's, for anything else.
pub(super) fn lenient(program: &Command, arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let is_serve = arguments.get(1).is_some_and(|command| command == "serve");
    match program.clone().try_get_matches_from(arguments) {
        Err(error) if is_serve && error.kind() == ErrorKind::MissingRequiredArgument => {
            program.clone().ignore_errors(true).try_get_matches_from(arguments)
        }
        other => other,
    }
}

/// The variable that stands for an option.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('-', "_").to_uppercase())
}

/// The options that a source may give.
fn options(serve: &Command) -> impl Iterator<Item = &Arg> {
    serve
        .get_arguments()
        .filter(|arg| arg.get_long().is_some_and(|name| !OF_THE_COMMAND_LINE.contains(&name)))
}

/// The one of this name that a source may give.
pub(super) fn option<'a>(serve: &'a Command, name: &str) -> Option<&'a Arg> {
    options(serve).find(|arg| arg.get_long() == Some(name))
}

fn variables(serve: &Command, environment: &BTreeMap<OsString, OsString>) -> Result<Vec<Given>, String> {
    let mut given = Vec::new();
    let mut mistakes = Vec::new();
    for arg in options(serve) {
        let Some(name) = arg.get_long() else { continue };
        let place = variable(name);
        let Some(text) = environment.get(OsStr::new(&place)).filter(|text| !text.is_empty()) else {
            continue;
        };
        let value = match (arg.get_action(), text.to_str()) {
            (ArgAction::SetTrue, Some("true" | "1")) => Value::Switch(true),
            (ArgAction::SetTrue, Some("false" | "0")) => Value::Switch(false),
            (ArgAction::SetTrue, _) => {
                mistakes.push(format!("{place}: expected true or false"));
                continue;
            }
            (ArgAction::Append, Some(list)) => Value::Texts(
                list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Into::into).collect(),
            ),
            _ => Value::Texts(vec![text.clone()]),
        };
        given.push(Given { name: name.to_owned(), value, origin: Origin::Environment(place.clone()), place });
    }
    if mistakes.is_empty() { Ok(given) } else { Err(mistakes.join("\n")) }
}

/// Looks at each option of a source alone, so that what is wrong with it can be told with its place; and whether two of them
/// exclude each other, which is for a stronger source to do.
fn check(serve: &Command, layer: &[Given]) -> Result<(), String> {
    let mut mistakes: Vec<String> = layer.iter().filter_map(|given| mistake(serve, given)).collect();
    for (at, one) in layer.iter().enumerate() {
        let others = layer[at + 1..].iter().filter(|other| excludes(serve, &one.name, &other.name));
        mistakes.extend(others.map(|other| format!("{}: it cannot stand beside {}", one.place, other.name)));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n")) }
}

fn mistake(serve: &Command, given: &Given) -> Option<String> {
    let words = [OsString::from("serve")].into_iter().chain(given.words());
    let error = serve.clone().no_binary_name(false).try_get_matches_from(words).err()?;
    // Another source, or the same one, may have the others.
    if error.kind() == ErrorKind::MissingRequiredArgument {
        return None;
    }
    let reason = std::error::Error::source(&error).map(ToString::to_string);
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    Some(match reason {
        Some(reason) => format!("{}: invalid value '{value}': {reason}", given.place),
        None => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            format!("{}: {}", given.place, line.strip_prefix("error: ").unwrap_or(line))
        }
    })
}

/// Whether two options cannot be given together; only one of them need say so.
fn excludes(serve: &Command, one: &str, other: &str) -> bool {
    let names = |name: &str, other: &str| {
        option(serve, name).is_some_and(|arg| {
            serve.get_arg_conflicts_with(arg).iter().any(|arg| arg.get_long() == Some(other))
        })
    };
    names(one, other) || names(other, one)
}

/// The option that names the file.
const FILE: &str = "config";

/// Options that no file and no variable decides; a variable of its own names the file.
const OF_THE_COMMAND_LINE: [&str; 4] = [FILE, "check", "help", "version"];

#[cfg(test)]
mod tests {
    use super::super::{Config, Refusal, Task, parse};
    use super::*;
    use crate::BrokerChoice;

    /// A file of a test's own.
    struct Toml(PathBuf);

    impl Toml {
        fn new(name: &str, text: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mqttscope-{name}-{}.toml", std::process::id()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }

        fn line(&self, line: &str) -> String {
            format!("--config {} {line}", self.0.display())
        }
    }

    impl Drop for Toml {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn task(line: &str, environment: &[(&str, &str)]) -> Result<Task, Refusal> {
        let words = ["mqttscope", "serve"].into_iter().chain(line.split_whitespace());
        parse(words.map(Into::into), environment.iter().map(|&(name, value)| (name.into(), value.into())))
    }

    fn config(line: &str, environment: &[(&str, &str)]) -> Config {
        match task(line, environment) {
            Ok(Task::Serve(config)) => *config,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn mistake(line: &str, environment: &[(&str, &str)]) -> String {
        match task(line, environment) {
            Err(Refusal::Mistake(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
        let file = Toml::new("order", "listen = \"127.0.0.1:1\"\nmax-connections = 1\nping-timeout = 1\n");
        let environment = [("MQTTSCOPE_LISTEN", "127.0.0.1:2"), ("MQTTSCOPE_MAX_CONNECTIONS", "2")];
        let config = config(&file.line("--listen 127.0.0.1:3"), &environment);
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.limits.connections, 2);
        assert_eq!(config.limits.ping_timeout.as_secs(), 1);
        assert_eq!(config.limits.ping_interval, crate::Limits::default().ping_interval);
    }

    #[test]
    fn the_environment_can_name_the_file() {
        let file = Toml::new("named", "max-connections = 7\n");
        let path = file.0.to_str().unwrap();
        assert_eq!(config("", &[("MQTTSCOPE_CONFIG", path)]).limits.connections, 7);
        assert!(mistake("", &[("MQTTSCOPE_CONFIG", "/none.toml")]).starts_with("cannot read /none.toml: "));
        assert_eq!(config(&file.line(""), &[("MQTTSCOPE_CONFIG", "/none.toml")]).limits.connections, 7);
    }

    #[test]
    fn every_option_has_a_variable_and_a_key() {
        let values = [
            ("listen", "127.0.0.1:9"),
            ("web", "/srv"),
            ("broker-listen", "127.0.0.1:9"),
            ("allow-origin", "https://a.example"),
            ("host", "a.example"),
            ("frame-ancestors", "*"),
            ("metrics", "127.0.0.1:9"),
            ("log-format", "json"),
            ("http-redirect", "127.0.0.1:9"),
            ("auth-header", "x-user"),
            ("trust-proxy", "10.0.0.0/8"),
        ];
        // What some options are nothing without.
        let also = |name: &str| match name {
            "tls-cert" => "--tls-key 8",
            "tls-key" => "--tls-cert 8",
            "tls-state" | "http-redirect" | "hsts" => "--tls-self-signed",
            "broker-cert" => "--broker-key 8",
            "broker-key" => "--broker-cert 8",
            "auth-header" => "--trust-proxy 10.0.0.0/8",
            "trust-proxy" => "--auth-header x-user",
            _ => "",
        };
        let program = super::super::command::program();
        let serve = program.find_subcommand("serve").unwrap();
        for option in options(serve).filter(|option| option.get_long() != Some("broker")) {
            let name = option.get_long().unwrap();
            let takes_value = option.get_action().takes_values();
            let given = values.iter().find(|(option, _)| *option == name).map_or("9", |(_, value)| value);
            let (value, also) = (if takes_value { given } else { "true" }, also(name));
            let typed = if takes_value { format!("--{name} {value} {also}") } else { format!("--{name}") };
            let typed = format!("{:?}", config(&typed, &[]));
            assert_ne!(typed, format!("{:?}", config("", &[])), "{name}");
            assert_eq!(format!("{:?}", config(also, &[(&variable(name), value)])), typed, "{name}");
            let value = if takes_value { format!("\"{value}\"") } else { value.to_owned() };
            let file = Toml::new(name, &format!("{name} = {value}\n"));
            assert_eq!(format!("{:?}", config(&file.line(also), &[])), typed, "{name}");
        }
    }

    #[test]
    fn a_list_has_commas_in_the_environment_and_is_taken_as_a_whole() {
        let file = Toml::new("lists", "host = [\"a.example\", \"b.example\"]\n");
        let hosts =
            |names: &[&str]| names.iter().map(|name| name.parse::<crate::AllowedHosts>().unwrap()).collect();
        assert_eq!(config(&file.line(""), &[]).allowed_hosts, hosts(&["a.example", "b.example"]));
        let environment = [("MQTTSCOPE_HOST", " c.example, d.example,")];
        assert_eq!(config(&file.line(""), &environment).allowed_hosts, hosts(&["c.example", "d.example"]));
        assert_eq!(config(&file.line("--host e.example"), &environment).allowed_hosts, hosts(&["e.example"]));
    }

    #[test]
    fn an_empty_variable_counts_as_none() {
        assert_eq!(
            config("", &[("MQTTSCOPE_LISTEN", ""), ("MQTTSCOPE_CONFIG", "")]).listen,
            crate::DEFAULT_LISTEN
        );
    }

    #[test]
    fn what_excludes_a_stronger_option_is_passed_over() {
        let file = Toml::new("excludes", "broker = \"a.example:1883\"\n");
        let inside = BrokerChoice::Embedded { listen: Some(([127, 0, 0, 1], 9).into()) };
        assert_eq!(config(&file.line("--broker-listen 127.0.0.1:9"), &[]).broker, inside);
        assert_eq!(config(&file.line(""), &[("MQTTSCOPE_BROKER_LISTEN", "127.0.0.1:9")]).broker, inside);
        let outside = config("--broker b.example:1", &[("MQTTSCOPE_BROKER_LISTEN", "127.0.0.1:9")]).broker;
        assert_eq!(outside, BrokerChoice::External("b.example:1".parse().unwrap()));
        let both = Toml::new("both", "broker = \"a.example:1883\"\nbroker-listen = \"127.0.0.1:9\"\n");
        let text = mistake(&both.line(""), &[]);
        assert!(text.ends_with("line 1: broker: it cannot stand beside broker-listen"), "{text}");
    }

    #[test]
    fn each_mistake_says_where_it_is() {
        let environment = [("MQTTSCOPE_LISTEN", "nowhere"), ("MQTTSCOPE_PING_TIMEOUT", "0")];
        let text = mistake("", &environment);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "MQTTSCOPE_LISTEN: invalid value 'nowhere': expected an IP address and a port, such as 127.0.0.1:8001"
        );
        assert!(lines[1].starts_with("MQTTSCOPE_PING_TIMEOUT: invalid value '0': "), "{text}");
        let file =
            Toml::new("mistakes", "max-connections = 5\nbroker = \"a.example\"\nhost = [\"http://b\"]\n");
        let text = mistake(&file.line(""), &[]);
        let place =
            |line: usize, key: &str| format!("{}, line {line}: {key}: invalid value ", file.0.display());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with(&place(2, "broker")) && lines[1].starts_with(&place(3, "host")),
            "{text}"
        );
    }

    #[test]
    fn a_mistake_in_a_weaker_source_is_told_too() {
        let text = mistake("--listen 127.0.0.1:0", &[("MQTTSCOPE_LISTEN", "nowhere")]);
        assert!(text.starts_with("MQTTSCOPE_LISTEN: "), "{text}");
    }

    #[test]
    fn a_switch_can_be_switched_off_again_and_what_another_needs_may_come_from_elsewhere() {
        let switch = Arg::new("loud").long("loud").action(ArgAction::SetTrue);
        let key = Arg::new("key").long("key").requires("cert");
        let serve = Command::new("serve").args([switch, key, Arg::new("cert").long("cert")]);
        let program = Command::new("mqttscope").subcommand(serve.clone());
        let words: Vec<OsString> = ["mqttscope", "serve", "--key=k"].map(Into::into).to_vec();
        let typed = lenient(&program, &words).unwrap();
        let typed = typed.subcommand_matches("serve").unwrap();
        let environment = [("MQTTSCOPE_LOUD", "false"), ("MQTTSCOPE_CERT", "c")];
        let environment = environment.map(|(name, value)| (name.into(), value.into())).into();
        let mut sources = Sources::default();
        let mut decided = BTreeSet::from(["key".to_owned()]);
        sources.add(&serve, variables(&serve, &environment).unwrap(), &mut decided);
        let loud = Given {
            name: "loud".into(),
            value: Value::Switch(true),
            origin: Origin::File("a.toml".into()),
            place: "a.toml".into(),
        };
        sources.add(&serve, vec![loud], &mut decided);
        assert_eq!(typed.get_one::<String>("key").unwrap(), "k");
        assert_eq!(sources.arguments(&words), ["mqttscope", "serve", "--cert=c", "--key=k"]);
        assert!(variables(&serve, &[("MQTTSCOPE_LOUD".into(), "loud".into())].into()).is_err());
    }

    #[test]
    fn the_file_that_comes_with_the_service_names_options_that_there_are() {
        let text = include_str!("../../../../deploy/systemd/mqttscope.toml");
        let as_it_comes = Toml::new("service", text);
        assert_eq!(format!("{:?}", config(&as_it_comes.line(""), &[])), format!("{:?}", config("", &[])));
        let examples = text.lines().filter_map(|line| line.strip_prefix('#'));
        let examples: Vec<&str> =
            examples.filter(|line| line.contains(" = ") && !line.starts_with(' ')).collect();
        assert!(examples.len() > 5, "{examples:?}");
        for example in examples {
            config(&Toml::new("example", example).line(""), &[]);
        }
    }

    #[test]
    fn a_check_says_where_each_setting_comes_from() {
        let file = Toml::new("origins", "ping-interval = 5\nhost = [\"a.example\", \"b.example\"]\n");
        let line = file.line("--check --listen 127.0.0.1:0");
        let settings = match task(&line, &[("MQTTSCOPE_PING_TIMEOUT", "6")]) {
            Ok(Task::Check(_, settings)) => settings,
            other => panic!("{other:?}"),
        };
        let of = |name: &str| {
            let setting = settings.iter().find(|setting| setting.name == name).unwrap();
            (setting.value.as_str(), setting.origin.to_string())
        };
        let path = file.0.display().to_string();
        assert_eq!(of("listen"), ("127.0.0.1:0", "command line".into()));
        assert_eq!(of("ping-timeout"), ("6", "MQTTSCOPE_PING_TIMEOUT".into()));
        assert_eq!(of("ping-interval"), ("5", path.clone()));
        assert_eq!(of("host"), ("a.example, b.example", path));
        assert_eq!(of("max-connections"), ("12000", "default".into()));
        assert_eq!(of("broker"), ("", "default".into()));
    }
}
