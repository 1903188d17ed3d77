//! A rung of a ladder as a sentence.

use mqttscope_link::Rung;

use crate::store::text::concat;

/// A rung as a sentence, for a screen reader.
#[must_use]
pub fn sentence(rung: &Rung) -> String {
    let way = if rung.out { " from client to broker" } else { " from broker to client" };
    let after = if rung.since.is_empty() { "" } else { ", at " };
    let comma = if rung.note.is_empty() { "" } else { ", " };
    concat(&[&rung.title, way, after, &rung.since, comma, &rung.note])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let puback = Rung {
            number: Some(7),
            out: false,
            since: "3.2 ms".into(),
            title: "PUBACK id 9".into(),
            note: "after 3.2 ms".into(),
            stands_out: false,
        };
        assert_eq!(sentence(&puback), "PUBACK id 9 from broker to client, at 3.2 ms, after 3.2 ms");
        let missing =
            Rung { out: true, title: "PUBREL".into(), note: "awaited for 8 s".into(), ..Rung::default() };
        assert_eq!(sentence(&missing), "PUBREL from client to broker, awaited for 8 s");
        let first = Rung { since: "0 ms".into(), note: String::new(), ..puback };
        assert_eq!(sentence(&first), "PUBACK id 9 from broker to client, at 0 ms");
    }
}
