//! Second by second: a ring of samples for a chart, and the rates.

/// What went and came in a second; out before in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Seconds since the Unix epoch.
    pub second: u64,
    /// Packets of each direction.
    pub packets: [u32; 2],
    /// Bytes of each direction.
    pub bytes: [u64; 2],
}

/// Packets and bytes in a second, both directions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Packets.
    pub packets: u32,
    /// Bytes.
    pub bytes: u64,
    /// Which second it was, since the Unix epoch.
    pub second: u64,
}

/// The samples of the last minutes.
#[derive(Clone, Debug)]
pub struct Seconds {
    /// The sample of a second is at its number modulo the ring's length.
    ring: Box<[Sample; SAMPLES]>,
    newest: u64,
    peak: Rate,
}

impl Default for Seconds {
    fn default() -> Self {
        Self { ring: Box::new([Sample::default(); SAMPLES]), newest: 0, peak: Rate::default() }
    }
}

impl Seconds {
    /// How many seconds are kept.
    pub const LEN: usize = SAMPLES;

    pub(super) fn note(&mut self, time: u64, side: usize, bytes: u64) {
        let second = time / 1_000_000;
        let sample = &mut self.ring[place(second)];
        if sample.second != second {
            // What is older than the ring counts for nothing here.
            if second < sample.second {
                return;
            }
            *sample = Sample { second, ..Sample::default() };
        }
        sample.packets[side] += 1;
        sample.bytes[side] += bytes;
        self.newest = self.newest.max(second);
        let rate = Rate::of(sample);
        if rate.packets > self.peak.packets {
            self.peak = rate;
        }
    }

    /// What a second saw; empty where that is not kept.
    #[must_use]
    pub fn sample(&self, second: u64) -> Sample {
        let sample = self.ring[place(second)];
        if sample.second == second { sample } else { Sample { second, ..Sample::default() } }
    }

    /// The last `count` seconds up to the newest that saw a packet, oldest first, for a chart of the log; a live
    /// chart asks for the seconds up to now one by one.
    pub fn last(&self, count: usize) -> impl Iterator<Item = Sample> + '_ {
        let count = count.min(SAMPLES) as u64;
        let first = (self.newest + 1).saturating_sub(count);
        (first..=self.newest).map(|second| self.sample(second))
    }

    /// The rate now: that of the last whole second before a time in microseconds since the Unix epoch.
    #[must_use]
    pub fn rate(&self, now: u64) -> Rate {
        Rate::of(&self.sample((now / 1_000_000).saturating_sub(1)))
    }

    /// The second with the most packets.
    #[must_use]
    pub const fn peak(&self) -> Rate {
        self.peak
    }
}

impl Rate {
    const fn of(sample: &Sample) -> Self {
        Self {
            packets: sample.packets[0] + sample.packets[1],
            bytes: sample.bytes[0] + sample.bytes[1],
            second: sample.second,
        }
    }
}

const fn place(second: u64) -> usize {
    (second % SAMPLES as u64) as usize
}

/// Five minutes.
const SAMPLES: usize = 300;
