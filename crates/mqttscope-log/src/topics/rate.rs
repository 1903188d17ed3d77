//! How many messages a second come, over the last whole seconds.

/// Messages of the last seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    /// The second of the newest message, and that of the first, since the Unix epoch.
    second: u32,
    first: u32,
    /// Messages in that second, and in those before it.
    counts: [u32; SECONDS as usize + 1],
}

impl Rate {
    /// A message has come.
    #[inline]
    pub(super) fn note(&mut self, second: u32) {
        if second > self.second {
            let passed = second - self.second;
            if self.second == 0 {
                self.first = second;
            }
            if passed > SECONDS {
                self.counts = [0; _];
            } else {
                self.counts.rotate_right(passed as usize);
                self.counts[..passed as usize].fill(0);
            }
            self.second = second;
        }
        // Of a capture that was read later it may be an older one.
        if let Some(count) = self.counts.get_mut((self.second - second) as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Messages in ten seconds, by the last whole seconds before a time in microseconds since the Unix epoch; 0 once
    /// none has come for that long.
    #[must_use]
    pub fn in_ten_seconds(&self, now: u64) -> u32 {
        let now = u32::try_from(now / 1_000_000).unwrap_or(u32::MAX).max(self.second);
        let back = now - self.second;
        let counts = self.counts.iter().zip(back..).filter(|(_, back)| (1..=SECONDS).contains(back));
        let messages: u64 = counts.map(|(&count, _)| u64::from(count)).sum();
        let seconds = now.saturating_sub(self.first).clamp(1, SECONDS);
        u32::try_from(messages * 10 / u64::from(seconds)).unwrap_or(u32::MAX)
    }
}

/// Seconds over which a rate is taken.
const SECONDS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_steady_rate_is_told_from_its_first_second_on() {
        let mut rate = Rate::default();
        for at in 0..100 {
            rate.note(1_000 + at / 10);
            let now = u64::from(1_000 + at / 10) * SECOND;
            assert_eq!(rate.in_ten_seconds(now), if at < 10 { 0 } else { 100 }, "{at}");
        }
    }

    #[test]
    fn a_slow_rate_is_no_more_than_it_is_and_falls_to_0() {
        let mut rate = Rate::default();
        for second in (1_000..1_020).step_by(2) {
            rate.note(second);
        }
        let at = |second: u64| rate.in_ten_seconds(second * SECOND);
        assert_eq!([at(1_018), at(1_019), at(1_022), at(1_023), at(1_024), at(9_999)], [4, 6, 2, 2, 0, 0]);
    }

    #[test]
    fn what_comes_late_counts_where_it_belongs_or_not_at_all() {
        let mut rate = Rate::default();
        rate.note(1_010);
        rate.note(1_008);
        rate.note(900);
        assert_eq!(rate.in_ten_seconds(1_011 * SECOND), 20);
        assert_eq!(rate.in_ten_seconds(900 * SECOND), 10);
    }
}
