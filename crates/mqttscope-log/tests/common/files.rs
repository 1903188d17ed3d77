//! Files in and out of a log, as the page has them.

use mqttscope_log::Log;
use mqttscope_log::export::{Export, Format, Selection};
use mqttscope_log::transfer::{Appender, Message, Reading};

/// As the page reads a file: by a module that runs apart, into a log that hides passwords.
pub fn read_apart(file: &[u8]) -> Log {
    let mut log = Log::new(64 << 20);
    let mut appender = Appender::new(&mut log);
    let mut reading = Reading::new();
    reading.push(file, file.len() as u64);
    reading.finish(true);
    while let Some(message) = reading.next_message() {
        if let Some(Message::Records(records)) = Message::read(&message) {
            appender.append(records, &mut log).expect("records");
        }
    }
    log
}

/// All of a log as a file; `with_passwords` lets those leave that the log has kept.
pub fn exported(log: &Log, format: Format, with_passwords: bool) -> Vec<u8> {
    let mut file = Vec::new();
    Export::new(log, format, Selection::All, with_passwords).write(log, usize::MAX, &mut file);
    file
}
