//! Times in buckets whose width grows with the time: exact below 32 µs, within 3.2 % above.

/// A histogram of times in microseconds.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Box<[u32; BUCKETS]>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new([0; BUCKETS]), count: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts a time in microseconds.
    pub fn note(&mut self, micros: u64) {
        let bucket = &mut self.buckets[bucket_of(micros)];
        *bucket = bucket.saturating_add(1);
        self.count += 1;
        self.max = self.max.max(micros);
    }

    /// How many times were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The longest time, exactly.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// The time that `per_mille` thousandths of all times do not exceed, 500 for the median; `None` without any.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = (self.count * per_mille).div_ceil(1_000).clamp(1, self.count);
        let mut seen = 0;
        for (bucket, &count) in self.buckets.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank {
                return Some(upper_end(bucket).min(self.max));
            }
        }
        Some(self.max)
    }
}

/// Times up to `2^SHIFT` have a bucket each; every doubling from there on has as many buckets.
const fn bucket_of(micros: u64) -> usize {
    if micros < STEPS {
        return micros as usize;
    }
    let shift = micros.ilog2() - SHIFT;
    let bucket = (shift as usize + 1) * STEPS as usize + ((micros >> shift) - STEPS) as usize;
    if bucket < BUCKETS { bucket } else { BUCKETS - 1 }
}

/// The longest time of a bucket.
const fn upper_end(bucket: usize) -> u64 {
    let (doubling, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    if doubling == 0 { step } else { ((STEPS + step + 1) << (doubling - 1)) - 1 }
}

const SHIFT: u32 = 5;
const STEPS: u64 = 1 << SHIFT;
/// Up to 2^36 µs, 19 hours.
const BUCKETS: usize = 32 * STEPS as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_join_without_gap_and_are_narrow() {
        let mut micros = 0;
        for bucket in 0..BUCKETS {
            assert_eq!((bucket_of(micros), bucket_of(upper_end(bucket))), (bucket, bucket));
            assert!((upper_end(bucket) - micros) * 32 <= micros.max(1) * 32 / 31 + 32, "{bucket}");
            micros = upper_end(bucket) + 1;
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_within_the_width_of_a_bucket() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(500), None);
        for micros in 1..=100_000 {
            histogram.note(micros);
        }
        for (per_mille, exact) in [(500, 50_000), (900, 90_000), (990, 99_000), (1_000, 100_000)] {
            let found = histogram.quantile(per_mille).expect("some");
            assert!(found >= exact && found - exact <= exact / 31, "{per_mille}: {found}");
        }
        assert_eq!((histogram.max(), histogram.count()), (100_000, 100_000));
    }
}
