//! What else the machine does meanwhile.

use std::fs;
use std::time::{Duration, Instant};

/// How many others there are on the machine: the average of the last minute, as the system counts it.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Waits until nothing else is at work, what built this program among it; not for ever, as there may always be
/// something: the tables say what load there was.
pub async fn wait_until_quiet() {
    let started = Instant::now();
    let mut said = false;
    while load().parse().is_ok_and(|load: f64| load >= QUIET) {
        if started.elapsed() > LONGEST {
            println!("The machine is still at work on other things: load average {}.\n", load());
            return;
        }
        if !said {
            println!("Waiting for a load average below {QUIET}; it is {}.\n", load());
            said = true;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

const QUIET: f64 = 1.0;
const LONGEST: Duration = Duration::from_secs(150);
