//! How loud the events of the log are.

use mqttscope_log::{Event, EventKind};

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Quiet,
    /// Held back or worth a look.
    Amber,
    /// A failure or a broken rule.
    Red,
}

impl Tone {
    /// The tone of an event.
    #[must_use]
    pub fn of(event: &Event<'_>) -> Self {
        use EventKind as K;
        match event.kind() {
            K::Opening | K::Opened | K::Note => Self::Quiet,
            K::Closed if event.number(1) != Some(1) => Self::Quiet,
            K::PingWithheld | K::AcknowledgementHeld | K::LeftInFlight | K::ClockFallback | K::Gap => {
                Self::Amber
            }
            _ => Self::Red,
        }
    }
}
