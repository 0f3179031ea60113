//! The moments of a world.
//!
//! Worlds are fixed in time, so that two runs tell the same story: a world's "today" is [`NOW`], its sensors have
//! listened since [`SENSORS_SINCE`], and it has a future of a few weeks up to [`END`], in which domains that are not
//! there yet appear as the clock moves.

use model::{Time, time::DAY};

/// 2026-10-01T00:00:00Z: today, before the clock is moved.
pub(crate) const NOW: Time = Time(1_790_812_800);
/// Where the prepared future ends.
pub(crate) const END: Time = Time(NOW.0 + 60 * DAY);
/// Since when the sensors have listened.
pub(crate) const SENSORS_SINCE: Time = Time(NOW.0 - 4 * 365 * DAY);

/// A moment so many days before today.
pub(crate) fn days_ago(days: i64) -> Time {
    NOW.plus(-days * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_the_day_it_says() {
        assert_eq!(NOW.to_string(), "2026-10-01T00:00:00Z");
    }
}
