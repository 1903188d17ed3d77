//! The engine's time of day, as the page knows it.

/// What the engine's clock says, between the views that tell it. Its times are those of packets, and the page's own clock
/// may stand elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineTime {
    /// Microseconds since the Unix epoch, and the page's own running time in milliseconds when they were told.
    told: Option<(u64, f64)>,
}

impl EngineTime {
    /// Takes what a view tells, and when it was received, in milliseconds of the page's running time.
    pub fn hear(&mut self, now: u64, received: f64) {
        self.told = Some((now, received));
    }

    /// Microseconds since the Unix epoch, at a moment of the page's running time; `None` until the engine told anything.
    #[must_use]
    pub fn at(&self, running: f64) -> Option<u64> {
        let (now, received) = self.told?;
        Some(now + ((running - received).max(0.0) * 1_000.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_between_two_views() {
        let mut time = EngineTime::default();
        assert_eq!(time.at(5.0), None);
        time.hear(1_000_000, 20.0);
        assert_eq!(
            [20.0, 22.5, 19.0].map(|running| time.at(running)),
            [1_000_000, 1_002_500, 1_000_000].map(Some)
        );
        time.hear(900_000, 30.0);
        assert_eq!(time.at(31.0), Some(901_000));
    }
}
