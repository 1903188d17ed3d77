//! The program's log, on stderr.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::LogFormat;

/// Starts the log of this process, once; `RUST_LOG` says what goes into it.
///
/// A line of [`LogFormat::Json`] has `timestamp`, `level`, `target`, `fields` with the `message` among them, and the
/// fields of the spans around it in `span` and `spans`.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let subscriber = subscriber(format, filter, io::stderr, io::stderr().is_terminal());
    // Fails only where a log was started before, which then goes on.
    let _ = tracing_subscriber::util::SubscriberInitExt::try_init(subscriber);
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    colours: bool,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => Box::new(log.with_ansi(colours).finish()),
        LogFormat::Json => Box::new(log.json().with_ansi(false).finish()),
    }
}

/// `mqttscope` is this program and all crates whose names begin so. rmqtt warns once for each message that was taken out of a queue, which the gateway tells in one line.
const DEFAULT_FILTER: &str = "warn,rmqtt::queue=error,rmqtt::session=error,mqttscope=info";

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, log: impl FnOnce()) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        let filter = EnvFilter::new("info");
        let subscriber = subscriber(format, filter, move || writer.clone(), false);
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    fn speak() {
        let _span = tracing::info_span!("connection", peer = "10.0.0.7:5").entered();
        tracing::info!(origin = "a \"b\"\nc", bytes = 7, "refused");
        tracing::debug!("not told");
    }

    #[test]
    fn an_object_a_line_has_the_fields_of_its_spans() {
        let lines = logged(LogFormat::Json, speak);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["fields"]["message"], "refused");
        assert_eq!((&line["fields"]["origin"], &line["fields"]["bytes"]), (&"a \"b\"\nc".into(), &7.into()));
        assert_eq!(line["span"]["peer"], "10.0.0.7:5");
        assert_eq!(line["spans"][0]["name"], "connection");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn text_is_a_line_for_people() {
        let lines = logged(LogFormat::Text, speak);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert!(
            line.contains(" INFO connection{peer=\"10.0.0.7:5\"}: ") && line.contains("bytes=7"),
            "{line}"
        );
    }
}
