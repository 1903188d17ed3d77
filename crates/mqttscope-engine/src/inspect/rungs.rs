//! The ladder of an exchange in words: a rung for each packet, and one for the packet that is missing.

use mqttscope_log::Direction;
use mqttscope_log::ladder::{Arrow, Awaited, Ladder, Repeat, Will, WillState};
use mqttscope_proto::{PacketType, ReasonCode};

use mqttscope_link::{Rung, qos_name};
use mqttscope_text::number::{self, difference};

use crate::row::reason_words;

/// The rung of an arrow of a ladder.
pub(crate) fn rung(ladder: &Ladder, at: usize) -> Rung {
    let arrow = &ladder.arrows[at];
    let first = &ladder.arrows[0];
    let mut title = arrow.packet_type.name().to_owned();
    if at == 0
        && let Some(qos) = ladder.qos
    {
        title.push(' ');
        title.push_str(qos_name(qos));
    }
    if let Some(id) = arrow.packet_id {
        title.push_str(" id ");
        title.push_str(&id.to_string());
    }
    if arrow.dup {
        title.push_str(" DUP");
    }
    Rung {
        number: Some(arrow.number),
        out: arrow.direction == Direction::Out,
        since: number::signed(difference(first.time, arrow.time), exact),
        title,
        note: note(arrow, at == 0),
        stands_out: arrow.repeat != Repeat::First || arrow.reason.is_some_and(ReasonCode::is_error),
    }
}

/// The rung of the packet that is missing.
pub(crate) fn awaited_rung(ladder: &Ladder, now: u64) -> Option<Rung> {
    let Awaited { packet_type, direction, since: from, until } = ladder.awaited?;
    let waited = waited(until.unwrap_or(now).saturating_sub(from));
    let note = match until {
        None => format!("awaited for {waited}"),
        Some(_) => format!("did not come, closed after {waited}"),
    };
    Some(Rung {
        number: None,
        out: direction == Direction::Out,
        since: String::new(),
        title: packet_type.name().to_owned(),
        note,
        stands_out: true,
    })
}

/// What the ladder shows, and how the exchange stands.
pub(crate) fn summary(ladder: &Ladder) -> String {
    let (Some(first), Some(last)) = (ladder.arrows.first(), ladder.arrows.last()) else {
        return String::new();
    };
    let took = between(difference(first.time, last.time));
    match (&ladder.awaited, ladder.arrows.len()) {
        (Some(awaited), _) if awaited.until.is_some() => "Not complete: the connection was closed".to_owned(),
        (Some(awaited), _) => format!("Waiting for {}", awaited.packet_type.name()),
        (None, 1) if ladder.qos == Some(0) => "Complete: QoS 0 has no acknowledgement".to_owned(),
        (None, 1) if ladder.kind == PacketType::Disconnect => "Complete: DISCONNECT has no answer".to_owned(),
        (None, 1) => "The packets before it are not in the log".to_owned(),
        (None, _) => match last.reason.filter(|reason| reason.is_error()) {
            // It may be that of one of several topic filters.
            Some(reason) if matches!(last.packet_type, PacketType::SubAck | PacketType::UnsubAck) => {
                format!("Complete in {took}, not all granted: {}", reason_words(reason, last.packet_type))
            }
            Some(reason) => format!("Failed after {took}: {}", reason_words(reason, last.packet_type)),
            None => format!("Complete in {took}"),
        },
    }
}

/// What became of a will, and the number of the packet that shows it.
pub(crate) fn will_words(will: &Will) -> (String, Option<u32>) {
    let retain = if will.retain { ", RETAIN" } else { "" };
    let (fate, number) = match will.state {
        WillState::Kept => ("the broker keeps it while the connection is open", None),
        WillState::Discarded(number) => ("the broker discards it, since DISCONNECT came", Some(number)),
        WillState::Due { seen: Some(number), by: None, .. } => {
            ("the connection ended without DISCONNECT, and the broker published it", Some(number))
        }
        WillState::Due { seen: Some(number), by: Some(_), .. } => {
            ("DISCONNECT asked for it, and the broker published it", Some(number))
        }
        WillState::Due { seen: None, by: Some(_), .. } => {
            ("DISCONNECT asked for it; the broker is to publish it, not seen here", None)
        }
        WillState::Due { seen: None, .. } => {
            ("the connection ended without DISCONNECT; the broker is to publish it, not seen here", None)
        }
    };
    let delay = if will.delay == 0 { String::new() } else { format!(", delayed by {} s", will.delay) };
    (format!("Will to {} ({}{retain}{delay}): {fate}.", will.topic, qos_name(will.qos)), number)
}

fn note(arrow: &Arrow, is_first: bool) -> String {
    let gap = between(arrow.gap);
    let mut words = match arrow.repeat {
        _ if is_first => String::new(),
        Repeat::First => format!("after {gap}"),
        Repeat::Duplicate => format!("duplicate, after {gap}"),
        Repeat::Retry => format!("retry, after {gap}"),
        Repeat::Resend => format!("again on connection {}, after {gap}", arrow.connection.0),
    };
    if let Some(reason) = arrow.reason.filter(|&reason| reason != ReasonCode::SUCCESS) {
        words.push_str(if words.is_empty() { "" } else { ", " });
        words.push_str(&reason_words(reason, arrow.packet_type));
    }
    words
}

/// A time to the millisecond, below a second to a tenth of one: `0 ms`, `12.4 ms`, `10.003 s`.
fn exact(micros: u64) -> String {
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000_000 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        1_000_000..1_000_000_000 => format!("{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000),
        _ => number::elapsed(micros / 1_000_000),
    }
}

/// A difference of two times; a negative one is explained.
fn between(micros: i64) -> String {
    let words = number::signed(micros, exact);
    if micros < 0 { [&words, " (the clock ran backwards)"].concat() } else { words }
}

/// A time that is still running, in whole seconds, so that it is drawn anew no more often.
fn waited(micros: u64) -> String {
    number::elapsed(micros / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{CONNECTION, came, log_of, log_of_version, sent};
    use mqttscope_log::{Event, Log};
    use mqttscope_proto::ProtocolVersion;

    fn said(log: &Log, number: u32, now: u64) -> Vec<String> {
        let ladder = Ladder::of(log, number).expect("an exchange");
        let rungs = (0..ladder.arrows.len()).map(|at| rung(&ladder, at)).chain(awaited_rung(&ladder, now));
        let mut said: Vec<_> = rungs.map(|rung| rung.sentence()).collect();
        said.push(summary(&ladder));
        said.extend(ladder.will.as_ref().map(|will| will_words(will).0));
        said
    }

    #[test]
    fn an_exchange_at_qos_2_with_a_retry() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 0, b"\x34\x06\x00\x01t\x00\x11!");
        sent(&mut log, 10_000_000, b"\x3c\x06\x00\x01t\x00\x11!");
        came(&mut log, 10_003_200, b"\x50\x02\x00\x11");
        let expected = [
            "PUBLISH QoS 2 id 17 from client to broker, at 0 ms",
            "PUBLISH id 17 DUP from client to broker, at 10.000 s, retry, after 10.000 s",
            "PUBREC id 17 from broker to client, at 10.003 s, after 3.2 ms",
            "PUBREL from client to broker, awaited for 75 s",
            "Waiting for PUBREL",
        ];
        assert_eq!(said(&log, 0, 85_003_200), expected);
        log.push_event(11_003_200, CONNECTION, Event::Closed { words: "", failed: false });
        let expected = "PUBREL from client to broker, did not come, closed after 1 s";
        assert_eq!(said(&log, 0, 85_003_200)[3], expected);
    }

    #[test]
    fn a_clock_that_ran_backwards_is_said() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 10_000_000, b"\x32\x06\x00\x01t\x00\x11!");
        came(&mut log, 8_500_000, b"\x40\x02\x00\x11");
        let expected = [
            "PUBLISH QoS 1 id 17 from client to broker, at 0 ms",
            "PUBACK id 17 from broker to client, at -1.500 s, after -1.500 s (the clock ran backwards)",
            "Complete in -1.500 s (the clock ran backwards)",
        ];
        assert_eq!(said(&log, 0, 0), expected);
    }

    #[test]
    fn exchanges_that_are_complete() {
        let mut log = log_of(1 << 20);
        sent(&mut log, 0, b"\xc0\x00");
        came(&mut log, 400, b"\xd0\x00");
        sent(&mut log, 500, b"\x30\x04\x00\x01t!");
        assert_eq!(said(&log, 1, 0).last().expect("a summary"), "Complete in 0.4 ms");
        assert_eq!(said(&log, 2, 0)[1], "Complete: QoS 0 has no acknowledgement");
    }

    #[test]
    fn an_exchange_that_fails_says_why() {
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        sent(&mut log, 0, b"\x34\x07\x00\x01t\x00\x11\x00!");
        came(&mut log, 3_200, b"\x50\x03\x00\x11\x87");
        let expected = [
            "PUBLISH QoS 2 id 17 from client to broker, at 0 ms",
            "PUBREC id 17 from broker to client, at 3.2 ms, after 3.2 ms, Not authorized (0x87)",
            "Failed after 3.2 ms: Not authorized (0x87)",
        ];
        assert_eq!(said(&log, 0, 0), expected);
        sent(&mut log, 4_000, b"\x82\x07\x00\x05\x00\x00\x01a\x01");
        came(&mut log, 5_000, b"\x90\x04\x00\x05\x00\x97");
        let summary = said(&log, 2, 0).pop().expect("a summary");
        assert_eq!(summary, "Complete in 1.0 ms, not all granted: Quota exceeded (0x97)");
    }

    #[test]
    fn a_disconnect_of_mqtt_5_may_ask_for_the_will() {
        let connect =
            b"\x10\x1a\x00\x04MQTT\x05\x06\x00\x1e\x00\x00\x01c\x05\x18\x00\x00\x00\x09\x00\x01w\x00\x01m";
        let mut log = log_of_version(ProtocolVersion::V5, 1 << 20);
        sent(&mut log, 0, connect);
        let words = |log: &Log| said(log, 0, 0).pop().expect("a will");
        sent(&mut log, 4, b"\xe0\x01\x04");
        assert_eq!(
            words(&log),
            "Will to w (QoS 0, delayed by 9 s): DISCONNECT asked for it; the broker is to publish it, not seen here."
        );
        came(&mut log, 9, b"\x30\x05\x00\x01w\x00m");
        assert!(words(&log).ends_with("DISCONNECT asked for it, and the broker published it."));
    }

    #[test]
    fn a_will_and_what_became_of_it() {
        let connect = b"\x10\x15\x00\x06MQIsdp\x03\x26\x00\x1e\x00\x01c\x00\x01w\x00\x01m";
        let mut log = log_of(1 << 20);
        log.push_event(0, CONNECTION, Event::Opened { subprotocol: "", after_ms: 0 });
        sent(&mut log, 0, connect);
        let words = |log: &Log| said(log, 1, 0).pop().expect("a will");
        assert_eq!(
            words(&log),
            "Will to w (QoS 0, RETAIN): the broker keeps it while the connection is open."
        );
        log.push_event(5, CONNECTION, Event::Closed { words: "", failed: false });
        assert!(words(&log).ends_with("not seen here."));
        sent(&mut log, 4, b"\xe0\x00");
        assert!(words(&log).ends_with("since DISCONNECT came."));
    }
}
