//! Kinds of events, by their names and numbers.

/// A kind of [`Event`](super::Event), without what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the variants are those of the events")]
pub enum EventKind {
    Opening,
    NotOpened,
    Opened,
    Closed,
    Refused,
    PingWithheld,
    AcknowledgementHeld,
    RepeatNotDelivered,
    KeepAliveExpired,
    LeftInFlight,
    NotGranted,
    Violation,
    MoreViolations,
    Garbage,
    PeerError,
    ClientError,
    Incomplete,
    TextMessage,
    ClockSet,
    Gap,
    TcpConnection,
    Note,
}

impl EventKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 22] = [
        Self::Opening,
        Self::NotOpened,
        Self::Opened,
        Self::Closed,
        Self::Refused,
        Self::PingWithheld,
        Self::AcknowledgementHeld,
        Self::RepeatNotDelivered,
        Self::KeepAliveExpired,
        Self::LeftInFlight,
        Self::NotGranted,
        Self::Violation,
        Self::MoreViolations,
        Self::Garbage,
        Self::PeerError,
        Self::ClientError,
        Self::Incomplete,
        Self::TextMessage,
        Self::ClockSet,
        Self::Gap,
        Self::TcpConnection,
        Self::Note,
    ];

    /// The kind of a number, as [`Self::ALL`] counts them.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::NotOpened => "not-opened",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::PingWithheld => "ping-withheld",
            Self::AcknowledgementHeld => "acknowledgement-held",
            Self::RepeatNotDelivered => "repeat-not-delivered",
            Self::KeepAliveExpired => "keep-alive-expired",
            Self::LeftInFlight => "left-in-flight",
            Self::NotGranted => "not-granted",
            Self::Violation => "violation",
            Self::MoreViolations => "more-violations",
            Self::Garbage => "garbage",
            Self::PeerError => "peer-error",
            Self::ClientError => "client-error",
            Self::Incomplete => "incomplete",
            Self::TextMessage => "text-message",
            Self::ClockSet => "clock-set",
            Self::Gap => "gap",
            Self::TcpConnection => "tcp-connection",
            Self::Note => "note",
        }
    }

    /// Whether the event tells of a broken rule.
    #[must_use]
    pub const fn is_violation(self) -> bool {
        matches!(
            self,
            Self::Violation
                | Self::MoreViolations
                | Self::Garbage
                | Self::PeerError
                | Self::ClientError
                | Self::Incomplete
        )
    }
}
