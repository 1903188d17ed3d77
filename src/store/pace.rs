//! How often the page is drawn while the log runs: drawing must leave the thread free for the person.

/// How long after a frame began the engine is told that its view was drawn, in milliseconds; `cost` is how long the
/// frame took. The next view comes at once then, and is drawn in the animation frame that follows.
///
/// A frame that costs at most a quarter of its time may be followed by the next. Else as many are left out as make it
/// about a sixth, so that with all else that the thread does it is a quarter, but never so many that the page is drawn
/// less often than ten times a second.
#[must_use]
pub fn told_after(cost: f64) -> f64 {
    if cost * AFFORDABLE <= FRAME {
        return cost;
    }
    // A little sooner, as what comes then waits for the next frame.
    let next = (cost * SHARE).min(LONGEST) - FRAME / 4.0;
    next.max(cost)
}

/// An animation frame, on most screens.
const FRAME: f64 = 1_000.0 / 60.0;
/// A frame that costs one part in so many of its time may come each time.
const AFFORDABLE: f64 = 4.0;
/// What costs more has one part in so many of the time.
const SHARE: f64 = 6.0;
/// Between two drawings, where they take no longer themselves.
const LONGEST: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// When the next view is drawn, after the frame that cost so much: in the first frame after the engine was told.
    fn next_drawn(cost: f64) -> f64 {
        const ANSWER: f64 = 0.5;
        ((told_after(cost) + ANSWER) / FRAME).ceil() * FRAME
    }

    #[test]
    fn what_is_cheap_is_drawn_in_each_frame() {
        for cost in [0.0, 1.0, 4.0] {
            assert_eq!(next_drawn(cost), FRAME, "{cost}");
        }
    }

    #[test]
    fn what_is_dear_has_about_a_sixth_of_the_time() {
        for tenths in 42..160 {
            let cost = f64::from(tenths) / 10.0;
            let share = cost / next_drawn(cost);
            assert!((0.1..0.2).contains(&share), "{cost} ms, {share}");
        }
    }

    #[test]
    fn the_page_is_drawn_ten_times_a_second_at_least() {
        for cost in [25.0, 40.0, 80.0] {
            assert!(told_after(cost) <= 100.0);
        }
        assert_eq!(told_after(300.0), 300.0);
    }
}
