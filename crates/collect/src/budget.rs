//! How often each server may be asked, and which of them asked to be left alone.
//!
//! One leaky bucket for each server's name and one for each address, kept as a single time: the moment at which all
//! questions so far would have been due at one an interval. A question may leave while both moments are at most
//! `burst - 1` intervals ahead: many registries' names lead to one machine, and one name to several. Who asks to be left
//! alone is, under all its names and addresses; what does not answer is one address, and the server's other ones may be
//! tried. Time is tokio's, so that tests can hold it still.

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
pub(crate) struct Budgets(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets(HashMap<Key, Bucket>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(SocketAddr),
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    due: Instant,
    closed_until: Instant,
    failures: u32,
}

impl Bucket {
    /// For how long nothing may be taken.
    fn left(&self, now: Instant, budget: Budget) -> Option<Duration> {
        let ahead = interval(budget).saturating_mul(budget.burst.max(1) - 1);
        let free = self.closed_until.max(self.due.max(now).checked_sub(ahead).unwrap_or(now));
        free.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    fn close(&mut self, now: Instant, length: Duration) {
        self.closed_until = self.closed_until.max(now + length.min(DAY));
    }

    fn back_off(&mut self, now: Instant, first: Duration) {
        self.close(now, first.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)));
        self.failures = self.failures.saturating_add(1);
    }
}

fn interval(budget: Budget) -> Duration {
    Duration::from_millis(budget.interval_ms)
}

impl Budgets {
    /// Takes one question from the server's budget, or says for how long there is none.
    pub(crate) fn take(&self, server: &str, socket: SocketAddr, budget: Budget) -> Result<(), Duration> {
        self.with(|buckets, now| {
            let keys = [Key::Name(server.to_owned()), Key::Address(socket)];
            let left = keys.iter().filter_map(|key| buckets.of(key, now).left(now, budget)).max();
            if let Some(left) = left {
                return Err(left);
            }
            for key in &keys {
                let bucket = buckets.of(key, now);
                bucket.due = bucket.due.max(now) + interval(budget);
            }
            Ok(())
        })
    }

    /// Leaves the server alone for as long as it asked, at most a day.
    pub(crate) fn close(&self, server: &str, socket: SocketAddr, seconds: u32) {
        self.both(server, socket, |bucket, now| bucket.close(now, Duration::from_secs(seconds.into())));
    }

    /// Leaves a server alone that asked for it without saying for how long: for `first`, and twice as long each time in
    /// a row.
    pub(crate) fn back_off(&self, server: &str, socket: SocketAddr, first: Duration) {
        self.both(server, socket, |bucket, now| bucket.back_off(now, first));
    }

    /// Leaves an address alone that gave no answer, in the same way; the server is not charged for the question.
    pub(crate) fn silent(&self, server: &str, socket: SocketAddr, first: Duration, budget: Budget) {
        self.with(|buckets, now| {
            buckets.of(&Key::Address(socket), now).back_off(now, first);
            let name = buckets.of(&Key::Name(server.to_owned()), now);
            name.due = name.due.checked_sub(interval(budget)).unwrap_or(now);
        });
    }

    /// The server answered: its next failure is a first one again.
    pub(crate) fn answered(&self, server: &str, socket: SocketAddr) {
        self.both(server, socket, |bucket, _| bucket.failures = 0);
    }

    fn both(&self, server: &str, socket: SocketAddr, change: impl Fn(&mut Bucket, Instant)) {
        self.with(|buckets, now| {
            change(buckets.of(&Key::Name(server.to_owned()), now), now);
            change(buckets.of(&Key::Address(socket), now), now);
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Buckets, Instant) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now())
    }
}

impl Buckets {
    fn of(&mut self, key: &Key, now: Instant) -> &mut Bucket {
        self.0.entry(key.clone()).or_insert(Bucket { due: now, closed_until: now, failures: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_SECONDS: Budget = Budget { burst: 2, interval_ms: 2_000 };
    const FREE: Budget = Budget { burst: 1, interval_ms: 0 };
    const NAME: &str = "whois.example";

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn later(seconds: u64) -> impl Future<Output = ()> {
        tokio::time::advance(Duration::from_secs(seconds))
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn burst_then_one_each_interval() {
        let budgets = Budgets::default();
        let take = || budgets.take(NAME, at("192.0.2.1:43"), TWO_SECONDS);
        assert_eq!((take(), take(), take()), (Ok(()), Ok(()), Err(Duration::from_secs(2))));
        later(2).await;
        assert_eq!((take(), take()), (Ok(()), Err(Duration::from_secs(2))));
        later(60).await;
        assert_eq!((take(), take(), take().is_err()), (Ok(()), Ok(()), true), "a rest fills no more than the burst");
        let other = |name, address| budgets.take(name, at(address), TWO_SECONDS);
        assert!(other(NAME, "[2001:db8::1]:43").is_err(), "one server at another address");
        assert!(other("whois.nic.example", "192.0.2.1:43").is_err(), "another name of that address");
        assert_eq!(other("whois.nic.example", "192.0.2.2:43"), Ok(()));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn waits_as_asked_and_doubles_by_itself() {
        let (budgets, socket) = (Budgets::default(), at("192.0.2.1:43"));
        let left = || budgets.take(NAME, socket, FREE).err().map(|left| left.as_secs());
        budgets.close(NAME, socket, 13);
        assert_eq!(left(), Some(13));
        assert!(budgets.take(NAME, at("[2001:db8::1]:43"), FREE).is_err(), "no way round by the other address");
        later(13).await;
        assert_eq!(left(), None);
        for expected in [10, 20, 40] {
            budgets.back_off(NAME, socket, Duration::from_secs(10));
            assert_eq!(left(), Some(expected));
            later(expected).await;
        }
        budgets.answered(NAME, socket);
        budgets.back_off(NAME, socket, Duration::from_secs(10));
        assert_eq!(left(), Some(10));
        budgets.close(NAME, socket, u32::MAX);
        assert_eq!(left(), Some(86_400));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn doubling_ends_at_a_day() {
        let (budgets, socket) = (Budgets::default(), at("192.0.2.1:43"));
        for _ in 0..40 {
            budgets.back_off(NAME, socket, Duration::from_secs(10));
            later(86_400).await;
        }
        budgets.back_off(NAME, socket, Duration::from_secs(10));
        assert_eq!(budgets.take(NAME, socket, FREE), Err(DAY));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_silent_address_leaves_the_other_one_to_be_tried() {
        let (budgets, budget) = (Budgets::default(), Budget { burst: 1, interval_ms: 2_000 });
        let (first, second) = (at("192.0.2.1:43"), at("[2001:db8::1]:43"));
        assert_eq!(budgets.take(NAME, first, budget), Ok(()));
        budgets.silent(NAME, first, Duration::from_secs(10), budget);
        assert_eq!(budgets.take(NAME, second, budget), Ok(()), "the question is asked there at once");
        later(2).await;
        assert_eq!(budgets.take(NAME, first, budget), Err(Duration::from_secs(8)));
    }
}
