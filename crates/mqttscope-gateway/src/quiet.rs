//! What keeps the log short whatever a peer sends.

use std::borrow::Cow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Says how often something happened, but at most every ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Option<Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    untold: u64,
}

impl Seldom {
    /// How often it happened since it was told last, if it is to be told again.
    pub(crate) fn happened(&self) -> Option<u64> {
        self.happened_at(Instant::now())
    }

    fn happened_at(&self, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().ok()?;
        match &mut *told {
            Some(last) if now.saturating_duration_since(last.at) < INTERVAL => {
                last.untold += 1;
                None
            }
            last => {
                let untold = last.as_ref().map_or(0, |last| last.untold);
                *last = Some(Told { at: now, untold: 0 });
                Some(untold + 1)
            }
        }
    }
}

/// The beginning of a text that a peer sent, which may be as long as it likes.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_LEN {
        return text.into();
    }
    let start = &text[..text.floor_char_boundary(MAX_LEN)];
    format!("{start}.. ({} bytes)", text.len()).into()
}

const INTERVAL: Duration = Duration::from_secs(10);

/// Room for any origin and any list of subprotocols that is meant well.
const MAX_LEN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_seldom() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.happened_at(start), Some(1));
        for _ in 0..99 {
            assert_eq!(seldom.happened_at(start + INTERVAL / 2), None);
        }
        assert_eq!(seldom.happened_at(start + INTERVAL), Some(100));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("mqtt, chat"), "mqtt, chat");
        let cut = shortened(&"é".repeat(500)).into_owned();
        assert_eq!(cut, format!("{}.. (1000 bytes)", "é".repeat(100)));
        let cut = shortened(&format!("a{}", "é".repeat(500))).into_owned();
        assert!(cut.starts_with("aé") && cut.ends_with("é.. (1001 bytes)"), "{cut}");
    }
}
