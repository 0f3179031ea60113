//! How often somebody may ask: a bucket of requests for each account's token or session, and for each address of those
//! who are not signed in. It fills again with time.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use model::Id;

use crate::client::network;

/// Buckets that are remembered; full ones are forgotten when there are more.
const BUCKETS_MAX: usize = 65_536;
/// Seconds of the rate that a full bucket holds.
const BURST: f64 = 5.0;

/// Whose bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// Of nobody who is known, by network.
    Client(IpAddr),
    /// Of a session or token.
    Credential(Id),
}

impl Whose {
    /// The bucket of a client.
    pub(crate) fn client(address: IpAddr) -> Whose {
        Whose::Client(network(address))
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// All buckets.
pub(crate) struct Rates {
    per_second: f64,
    buckets: Mutex<HashMap<Whose, Bucket>>,
}

impl Rates {
    /// Buckets that fill at this rate; 0 for no limit.
    pub(crate) fn new(per_second: u32) -> Rates {
        Rates { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Takes one request out of a bucket; how long to wait where it is empty.
    pub(crate) fn take(&self, whose: Whose, now: Instant) -> Result<(), Duration> {
        if self.per_second == 0.0 {
            return Ok(());
        }
        let full = self.per_second * BURST;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&whose) {
            let is_full = |bucket: &Bucket| self.filled(bucket, now) >= full;
            buckets.retain(|_, bucket| !is_full(bucket));
            if buckets.len() >= BUCKETS_MAX {
                return Err(Duration::from_secs(1));
            }
        }
        let bucket = buckets.entry(whose).or_insert(Bucket { left: full, at: now });
        *bucket = Bucket { left: self.filled(bucket, now), at: now };
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) / self.per_second))
    }

    fn filled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.left + since * self.per_second).min(self.per_second * BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rates = Rates::new(2);
        let (one, other) = (Whose::client([192, 0, 2, 1].into()), Whose::client([192, 0, 2, 2].into()));
        let now = Instant::now();
        assert!((0..10).all(|_| rates.take(one, now).is_ok()));
        assert_eq!(rates.take(one, now), Err(Duration::from_millis(500)));
        assert_eq!(rates.take(other, now), Ok(()), "nobody empties another's bucket");
        assert_eq!(rates.take(one, now + Duration::from_secs(1)), Ok(()));
        assert!((0..10_000).all(|_| Rates::new(0).take(one, now).is_ok()), "no limit");
    }
}
