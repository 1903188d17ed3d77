//! Slows down whoever tries passwords, each address for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::connections::source;

/// Which addresses were wrong lately; a bounded number of them.
#[derive(Debug, Default)]
pub(super) struct Slow(Mutex<HashMap<IpAddr, Wrong>>);

#[derive(Clone, Copy, Debug)]
struct Wrong {
    times: u32,
    /// When the next try is looked at.
    next: Instant,
}

impl Slow {
    /// How long this try has to wait until it is looked at, or from when on there may be another.
    ///
    /// Each try counts as wrong until [`Slow::was_right`] says otherwise, so that many at once are not many for one.
    pub(super) fn try_now(&self, address: IpAddr, now: Instant) -> Result<Duration, Duration> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source(address);
        if wrong.len() >= MAX_ADDRESSES && !wrong.contains_key(&source) {
            wrong.retain(|_, it| now < it.next + FORGOTTEN_AFTER);
            // Whoever has so many addresses is slowed down by none of them; what counts is that memory is bounded.
            if wrong.len() >= MAX_ADDRESSES
                && let Some(oldest) = wrong.iter().min_by_key(|(_, it)| it.next).map(|(source, _)| *source)
            {
                wrong.remove(&oldest);
            }
        }
        let it = wrong.entry(source).or_insert(Wrong { times: 0, next: now });
        if now >= it.next + FORGOTTEN_AFTER {
            *it = Wrong { times: 0, next: now };
        }
        let wait = it.next.saturating_duration_since(now);
        if wait > LONGEST_WAIT {
            return Err(wait);
        }
        it.times = it.times.saturating_add(1);
        it.next = it.next.max(now) + pause(it.times);
        Ok(wait)
    }

    /// The tries of this address were not wrong.
    pub(super) fn was_right(&self, address: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&source(address));
    }
}

/// How long it takes from so many wrong tries to the next.
fn pause(times: u32) -> Duration {
    match times.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(over) => (FIRST_PAUSE * 2_u32.saturating_pow((over - 1).min(10))).min(LONGEST_PAUSE),
    }
}

/// So many tries are looked at at once: a page asks for several files at a time, and fingers slip.
const FREE: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A try that would have to wait longer is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

const FORGOTTEN_AFTER: Duration = Duration::from_secs(10 * 60);
const MAX_ADDRESSES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn tries_wait_longer_and_longer_each_address_for_itself() {
        let (slow, start) = (Slow::default(), Instant::now());
        for _ in 0..FREE + 1 {
            assert_eq!(slow.try_now(ip("10.0.0.1"), start), Ok(Duration::ZERO));
        }
        assert_eq!(slow.try_now(ip("10.0.0.1"), start), Ok(Duration::from_secs(1)));
        assert_eq!(slow.try_now(ip("10.0.0.1"), start), Err(Duration::from_secs(3)));
        assert_eq!(slow.try_now(ip("10.0.0.2"), start), Ok(Duration::ZERO));
        let later = start + Duration::from_secs(3);
        assert_eq!(slow.try_now(ip("10.0.0.1"), later), Ok(Duration::ZERO));
        assert_eq!(slow.try_now(ip("10.0.0.1"), later), Err(Duration::from_secs(4)));
        slow.was_right(ip("10.0.0.1"));
        assert_eq!(slow.try_now(ip("10.0.0.1"), later), Ok(Duration::ZERO));
    }

    #[test]
    fn it_is_forgotten_after_a_while() {
        let (slow, start) = (Slow::default(), Instant::now());
        while slow.try_now(ip("10.0.0.1"), start).is_ok() {}
        let later = start + LONGEST_PAUSE + FORGOTTEN_AFTER;
        for _ in 0..FREE + 1 {
            assert_eq!(slow.try_now(ip("10.0.0.1"), later), Ok(Duration::ZERO));
        }
    }

    #[test]
    fn pauses_have_an_end_and_addresses_a_number() {
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
        let (slow, start) = (Slow::default(), Instant::now());
        for n in 0..2 * MAX_ADDRESSES as u32 {
            assert!(slow.try_now(std::net::Ipv4Addr::from_bits(n).into(), start).is_ok());
        }
        assert!(slow.0.lock().unwrap().len() <= MAX_ADDRESSES);
    }
}
