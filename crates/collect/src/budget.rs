//! How often each server may be asked, and which of them asked to be left alone.
//!
//! One leaky bucket for each server (name and address), kept as a single time: the moment at which all questions so
//! far would have been due at one an interval. A question may leave while that moment is at most `burst - 1` intervals
//! ahead. Time is tokio's, so that tests can hold it still.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::config::Budget;

const DAY: Duration = Duration::from_secs(86_400);

/// The longest that doubling goes: 2^16 times the first back-off, and a day at most.
const DOUBLINGS_MAX: u32 = 16;

/// The budgets of all servers asked so far. Servers come from the published lists, which bounds their number.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<HashMap<(String, SocketAddr), Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    due: Instant,
    closed_until: Instant,
    failures: u32,
}

impl Budgets {
    /// Takes one question from the server's budget, or says for how long there is none.
    pub(crate) fn take(&self, server: &(String, SocketAddr), budget: Budget) -> Result<(), Duration> {
        self.with(server, |bucket, now| {
            if bucket.closed_until > now {
                return Err(bucket.closed_until - now);
            }
            let interval = Duration::from_millis(budget.interval_ms);
            let due = bucket.due.max(now);
            let ahead = interval.saturating_mul(budget.burst.max(1) - 1);
            if due > now + ahead {
                return Err(due - now - ahead);
            }
            bucket.due = due + interval;
            Ok(())
        })
    }

    /// Leaves the server alone for as long as it asked, at most a day.
    pub(crate) fn close(&self, server: &(String, SocketAddr), seconds: u32) {
        self.with(server, |bucket, now| bucket.closed_until = now + Duration::from_secs(seconds.into()).min(DAY));
    }

    /// Leaves a server alone that gave no answer: for `first`, and twice as long each time in a row.
    pub(crate) fn back_off(&self, server: &(String, SocketAddr), first: Duration) {
        self.with(server, |bucket, now| {
            bucket.closed_until = now + first.saturating_mul(1 << bucket.failures.min(DOUBLINGS_MAX)).min(DAY);
            bucket.failures = bucket.failures.saturating_add(1);
        });
    }

    /// The server answered: its next failure is a first one again.
    pub(crate) fn answered(&self, server: &(String, SocketAddr)) {
        self.with(server, |bucket, _| bucket.failures = 0);
    }

    fn with<T>(&self, server: &(String, SocketAddr), change: impl FnOnce(&mut Bucket, Instant) -> T) -> T {
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Bucket { due: now, closed_until: now, failures: 0 };
        change(buckets.entry(server.clone()).or_insert(fresh), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_SECONDS: Budget = Budget { burst: 2, interval_ms: 2_000 };

    fn server() -> (String, SocketAddr) {
        ("whois.example".into(), "192.0.2.1:43".parse().unwrap())
    }

    fn later(seconds: u64) -> impl Future<Output = ()> {
        tokio::time::advance(Duration::from_secs(seconds))
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn burst_then_one_each_interval() {
        let budgets = Budgets::default();
        let take = || budgets.take(&server(), TWO_SECONDS);
        assert_eq!((take(), take(), take()), (Ok(()), Ok(()), Err(Duration::from_secs(2))));
        later(2).await;
        assert_eq!((take(), take()), (Ok(()), Err(Duration::from_secs(2))));
        later(60).await;
        assert_eq!((take(), take(), take().is_err()), (Ok(()), Ok(()), true), "a rest fills no more than the burst");
        let other = ("whois.example".to_owned(), "192.0.2.2:43".parse().unwrap());
        assert_eq!(budgets.take(&other, TWO_SECONDS), Ok(()));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn waits_as_asked_and_doubles_by_itself() {
        let budgets = Budgets::default();
        let free = Budget { burst: 1, interval_ms: 0 };
        let left = || budgets.take(&server(), free).err().map(|left| left.as_secs());
        budgets.close(&server(), 13);
        assert_eq!(left(), Some(13));
        later(13).await;
        assert_eq!(left(), None);
        for expected in [10, 20, 40] {
            budgets.back_off(&server(), Duration::from_secs(10));
            assert_eq!(left(), Some(expected));
        }
        budgets.answered(&server());
        budgets.back_off(&server(), Duration::from_secs(10));
        assert_eq!(left(), Some(10));
        budgets.close(&server(), u32::MAX);
        assert_eq!(left(), Some(86_400));
    }
}
