//! Counters in the text format of Prometheus: requests by route and class of status, and how long they took.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::http::StatusCode;

/// Upper bounds of the buckets of durations, in microseconds.
const BOUNDS: [u64; 9] = [500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 10_000_000];

/// The counters of one route.
#[derive(Default)]
struct Counters {
    /// By the first digit of the status.
    classes: [AtomicU64; 6],
    /// By the bound that the duration is below; the last for what is above all.
    durations: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// The counters of all routes, in the order of the table.
pub(crate) struct Metrics(Vec<(&'static str, Counters)>);

impl Metrics {
    /// Counters for routes of these names.
    pub(crate) fn new(names: impl Iterator<Item = &'static str>) -> Metrics {
        Metrics(names.map(|name| (name, Counters::default())).collect())
    }

    /// Counts a request.
    pub(crate) fn count(&self, route: usize, status: StatusCode, took: Duration) {
        let Some((_, counters)) = self.0.get(route) else { return };
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = usize::from(status.as_u16() / 100).min(5);
        let bucket = BOUNDS.iter().position(|bound| microseconds <= *bound).unwrap_or(BOUNDS.len());
        counters.classes[class].fetch_add(1, Ordering::Relaxed);
        counters.durations[bucket].fetch_add(1, Ordering::Relaxed);
        counters.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// All of them as text. Routes that nobody asked are left out.
    pub(crate) fn text(&self) -> String {
        let mut text =
            String::from("# HELP spoor_requests_total Requests answered.\n# TYPE spoor_requests_total counter\n");
        for (name, counters) in &self.0 {
            for (class, count) in counters.classes.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(text, "spoor_requests_total{{route=\"{name}\",status=\"{class}xx\"}} {count}");
                }
            }
        }
        text.push_str("# HELP spoor_request_seconds Time to the first octet of an answer.\n");
        text.push_str("# TYPE spoor_request_seconds histogram\n");
        self.0.iter().for_each(|(name, counters)| counters.durations_text(name, &mut text));
        text
    }
}

impl Counters {
    fn durations_text(&self, name: &str, text: &mut String) {
        let mut sum = 0;
        let mut lines = String::new();
        for (bucket, count) in self.durations.iter().enumerate() {
            sum += count.load(Ordering::Relaxed);
            let bound = BOUNDS.get(bucket).map_or("+Inf".to_owned(), |bound| (*bound as f64 / 1e6).to_string());
            let _ = writeln!(lines, "spoor_request_seconds_bucket{{route=\"{name}\",le=\"{bound}\"}} {sum}");
        }
        if sum > 0 {
            let seconds = self.microseconds.load(Ordering::Relaxed) as f64 / 1e6;
            let _ = writeln!(text, "{lines}spoor_request_seconds_sum{{route=\"{name}\"}} {seconds}");
            let _ = writeln!(text, "spoor_request_seconds_count{{route=\"{name}\"}} {sum}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_route() {
        let metrics = Metrics::new(["me.show", "owner.list"].into_iter());
        metrics.count(1, StatusCode::OK, Duration::from_millis(2));
        metrics.count(1, StatusCode::NOT_FOUND, Duration::from_secs(20));
        metrics.count(7, StatusCode::OK, Duration::ZERO);
        let text = metrics.text();
        assert!(text.contains("spoor_requests_total{route=\"owner.list\",status=\"4xx\"} 1"), "{text}");
        assert!(text.contains("le=\"0.0025\"} 1") && text.contains("le=\"+Inf\"} 2"), "{text}");
        assert!(!text.contains("me.show"), "{text}");
    }
}
