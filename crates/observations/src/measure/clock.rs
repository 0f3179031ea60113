//! Wall clock, CPU time and memory of this process, as Linux states them; 0 elsewhere.

use std::time::Instant;

/// A figure of `/proc/self/status`, in KiB.
pub fn status(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Wall clock and CPU time of this process since some moment; written as both.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    cpu: f64,
}

impl Clock {
    /// From now on.
    pub fn start() -> Clock {
        Clock { began: Instant::now(), cpu: cpu_seconds() }
    }

    /// Seconds of wall clock.
    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s, {:.1} CPU-s", self.seconds(), cpu_seconds() - self.cpu)
    }
}

/// User and system time in `/proc/self/stat`, whose unit is a hundredth of a second.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
