//! How loud the events of the log are.

use mqttscope_log::Event;

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
    pub const fn of(event: &Event<'_>) -> Self {
        match event {
            Event::Opening { .. }
            | Event::Opened { .. }
            | Event::Closed { failed: false, .. }
            | Event::Note { .. } => Self::Quiet,
            Event::PingWithheld
            | Event::AcknowledgementHeld { .. }
            | Event::RepeatNotDelivered { .. }
            | Event::LeftInFlight { .. }
            | Event::ClockFallback
            | Event::Gap { .. } => Self::Amber,
            _ => Self::Red,
        }
    }
}
