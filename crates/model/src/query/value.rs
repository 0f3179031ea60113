//! Values in queries.

use std::fmt;

use crate::{
    address::Prefix,
    exposure::Pap,
    group::GroupKind,
    id::ImportId,
    indicator::{Indicator, IndicatorType},
    marking::Tlp,
    name::Name,
    opinion::{HostRole, Use},
    time::{DAY, Time},
};

/// A value that a field is compared with, of the field's kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is of the kind of its name")]
pub enum Value {
    IndicatorType(IndicatorType),
    GroupKind(GroupKind),
    Use(Use),
    Role(HostRole),
    Tlp(Tlp),
    Pap(Pap),
    Flag(bool),
    Number(u32),
    Moment(Moment),
    Text(String),
    Import(ImportId),
    /// This domain and everything below it.
    Domain(Name),
    /// Everything in this prefix.
    Prefix(Prefix),
}

/// A moment as a query states it. What is relative stays so, since saved searches are asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A fixed moment.
    At(Time),
    /// The beginning of the day on which it is asked, in UTC.
    Today,
    /// So many hours after it is asked; before, where negative.
    Hours(i32),
}

impl Moment {
    /// The moment, for a query asked at `now`.
    pub fn resolve(self, now: Time) -> Time {
        match self {
            Moment::At(time) => time,
            Moment::Today => Time(now.0.saturating_sub(now.0.rem_euclid(DAY))),
            Moment::Hours(hours) => now.plus(i64::from(hours) * 3600),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::At(time) => time.fmt(f),
            Moment::Today => f.write_str("today"),
            Moment::Hours(0) => f.write_str("now"),
            Moment::Hours(hours) if hours % 24 == 0 => write!(f, "{:+}d", hours / 24),
            Moment::Hours(hours) => write!(f, "{hours:+}h"),
        }
    }
}

/// The texts that `value = "…"` is true for: the one that was written, and the canonical form of what it looks like.
pub fn spellings(text: &str) -> Vec<String> {
    let canonical = Indicator::guess(text).map(|indicator| indicator.canonical());
    let written = text.trim().to_owned();
    canonical.filter(|canonical| *canonical != written).into_iter().chain([written]).collect()
}
