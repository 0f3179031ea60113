//! How many questions a server answers a minute, counted on the world's clock.

use std::sync::{Mutex, PoisonError};

use model::Time;

const MINUTE: i64 = 60;

/// A counter of the questions in the current minute of the world.
pub(crate) struct Throttle {
    per_minute: u32,
    used: Mutex<(i64, u32)>,
}

impl Throttle {
    pub(crate) fn new(per_minute: u32) -> Throttle {
        Throttle { per_minute, used: Mutex::new((i64::MIN, 0)) }
    }

    /// Whether one more may be answered, or after how many seconds to ask again.
    pub(crate) fn admit(&self, now: Time) -> Result<(), i64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.0.div_euclid(MINUTE);
        if used.0 != minute {
            *used = (minute, 0);
        }
        if used.1 >= self.per_minute {
            return Err(MINUTE - now.0.rem_euclid(MINUTE));
        }
        used.1 += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_minute_starts_anew() {
        let throttle = Throttle::new(2);
        let at = |second| throttle.admit(Time(second));
        assert_eq!([at(0), at(50), at(51), at(60)], [Ok(()), Ok(()), Err(9), Ok(())]);
        assert_eq!(Throttle::new(0).admit(Time(-1)), Err(1));
    }
}
