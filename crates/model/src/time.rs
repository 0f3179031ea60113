//! Moments: whole seconds since 1970-01-01T00:00:00Z.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// A moment in UTC, in whole seconds. Written as RFC 3339 for people, as a number in passive DNS formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// Text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: write 2026-01-31, 2026-01-31T23:59:59Z or seconds since 1970")]
pub struct TimeError;

impl Time {
    /// The start of a day of the Gregorian calendar; none where there is no such day.
    pub fn from_date(year: i64, month: u32, day: u32) -> Option<Time> {
        let valid =
            (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && (0..=9999).contains(&year);
        valid.then(|| Time(days_from_civil(year, month, day) * DAY))
    }

    /// A moment of a day; leap second 60 is taken as 59.
    pub fn from_parts(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Time> {
        let start = Time::from_date(year, month, day)?;
        (hour < 24 && minute < 60 && second <= 60)
            .then(|| Time(start.0 + i64::from(hour * 3600 + minute * 60 + second.min(59))))
    }

    /// Year, month, day.
    pub fn date(self) -> (i64, u32, u32) {
        civil_from_days(self.0.div_euclid(DAY))
    }

    /// `2026-01-31`.
    pub fn day(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Whole days from `earlier` to this moment; negative where it is later.
    pub fn days_since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(DAY)
    }

    /// This moment and `seconds` more, at most the far ends of time.
    pub fn plus(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds))
    }
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        f.pad(&format!("{}T{:02}:{:02}:{:02}Z", self.day(), second / 3600, second / 60 % 60, second % 60))
    }
}

impl FromStr for Time {
    type Err = TimeError;

    /// Seconds, a date, or RFC 3339 with `Z` or an offset.
    fn from_str(text: &str) -> Result<Time, TimeError> {
        let text = text.trim();
        if let Ok(seconds) = text.parse() {
            return Ok(Time(seconds));
        }
        rfc3339(text).ok_or(TimeError)
    }
}

fn rfc3339(text: &str) -> Option<Time> {
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits.bytes().all(|d| d.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let separated = text.get(4..5)? == "-" && text.get(7..8)? == "-";
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let date = Time::from_date(i64::from(year), month, day).filter(|_| separated)?;
    let Some(rest) = text.get(10..).filter(|rest| !rest.is_empty()) else { return Some(date) };
    let separated =
        matches!(rest.as_bytes().first()?, b'T' | b't' | b' ') && text.get(13..14)? == ":" && text.get(16..17)? == ":";
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let moment = Time::from_parts(i64::from(year), month, day, hour, minute, second).filter(|_| separated)?;
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    Some(moment.plus(-offset(zone)?))
}

/// Seconds east of Greenwich of `Z`, nothing, `+02:00`, `+0200` or `+02`.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z' | b'z') => return (zone.len() <= 1).then_some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return None,
    };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    let hours: i64 = digits.get(0..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).map_or(Some(0), |minutes| minutes.parse().ok())?;
    (digits.len() <= 4 && (0..24).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 3600 + minutes * 60))
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "1969-12-31T00:00:01Z", "9999-12-31T00:00:00Z"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
        assert_eq!("2026-01-01".parse(), Ok(Time(1_767_225_600)));
        assert_eq!("1767225600".parse(), Ok(Time(1_767_225_600)));
        assert_eq!("2026-01-01T02:00:00.25+02:00".parse(), Ok(Time(1_767_225_600)));
        for bad in
            ["", "2026", "x", "2026-13-01", "2026-02-30", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00Q", "2026/01/01"]
        {
            assert!(bad == "2026" || bad.parse::<Time>().is_err(), "{bad}");
        }
    }
}
