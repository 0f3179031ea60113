//! Values in queries.

use std::net::IpAddr;

use super::Kind;
use crate::{
    address::Prefix,
    exposure::Pap,
    group::GroupKind,
    id::ImportId,
    indicator::{HostName, Indicator, IndicatorType},
    marking::Tlp,
    name::Name,
    opinion::{HostRole, Use},
    text,
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

/// The texts that `value = "…"` is true for: the one that was written, and the canonical form of what it looks like.
pub fn spellings(text: &str) -> Vec<String> {
    let canonical = Indicator::guess(text).map(|indicator| indicator.canonical());
    let written = text.trim().to_owned();
    canonical.filter(|canonical| *canonical != written).into_iter().chain([written]).collect()
}

/// Where an indicator stands, for the field `under`: the host of a host name, link or e-mail address, or the addresses
/// of an address, prefix or link.
pub(crate) fn place(indicator: &Indicator) -> Option<Value> {
    let domain = |host: &HostName| Value::Domain(host.name().clone());
    match indicator {
        Indicator::Host(host) => Some(domain(host)),
        Indicator::EmailAddress(address) => Some(domain(address.domain())),
        Indicator::Url(url) => url.host().map(domain).or_else(|| url.address().and_then(single).map(Value::Prefix)),
        Indicator::Address(address) => single(*address).map(Value::Prefix),
        Indicator::Cidr(prefix) => Some(Value::Prefix(*prefix)),
        _ => None,
    }
}

fn single(address: IpAddr) -> Option<Prefix> {
    Prefix::of(address, if address.is_ipv4() { 32 } else { 128 }).ok()
}

/// What could stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// This.
    Word(&'static str),
    /// Something like this.
    Hint(String),
}

impl Expected {
    pub(crate) fn text(&self) -> &str {
        match self {
            Expected::Word(word) => word,
            Expected::Hint(hint) => hint,
        }
    }
}

/// A word without what people vary: case and what joins its parts. So `EmailAddress` is `email-address`.
pub(crate) fn folded_word(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | '+')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a known word was meant.
pub(crate) fn same_word(known: &str, written: &str) -> bool {
    folded_word(known) == folded_word(written)
}

impl Kind {
    /// The words that values of this kind are, where they are words.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Kind::IndicatorType => IndicatorType::ALL.iter().map(|kind| kind.as_str()).collect(),
            Kind::GroupKind => GroupKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            Kind::Use => Use::ALL.iter().map(|usage| usage.as_str()).collect(),
            Kind::Role => HostRole::ALL.iter().map(|role| role.as_str()).collect(),
            Kind::Tlp => Tlp::ALL.iter().map(|tlp| tlp.as_str()).collect(),
            Kind::Pap => Pap::ALL.iter().map(|pap| pap.as_str()).collect(),
            Kind::Flag => vec!["true", "false"],
            Kind::Moment => vec!["today", "now"],
            Kind::Number(_) | Kind::Text | Kind::Import | Kind::Place => Vec::new(),
        }
    }

    /// What values of this kind look like, where words do not say it all.
    pub fn hint(self) -> Option<String> {
        Some(match self {
            Kind::Number(u32::MAX) => "a whole number".into(),
            Kind::Number(most) => format!("a whole number from 0 to {most}"),
            Kind::Moment => "a moment such as 2026-01-31, 2026-01-31T23:59:59Z, -30d, -12h or +2w".into(),
            Kind::Text => "a text in quotes".into(),
            Kind::Import => "the id of an import".into(),
            Kind::Place => "a domain, an address or a prefix such as 192.0.2.0/24".into(),
            _ => return None,
        })
    }

    pub(crate) fn expected(self) -> Vec<Expected> {
        self.words().into_iter().map(Expected::Word).chain(self.hint().map(Expected::Hint)).collect()
    }

    /// The value that a text states.
    pub(crate) fn read(self, text: &str) -> Option<Value> {
        match self {
            Kind::IndicatorType => word(IndicatorType::ALL, text).map(Value::IndicatorType),
            Kind::GroupKind => word(GroupKind::ALL, text).map(Value::GroupKind),
            Kind::Use => word(Use::ALL, text).map(Value::Use),
            Kind::Role => word(HostRole::ALL, text).map(Value::Role),
            Kind::Tlp => word(Tlp::ALL, text.strip_prefix("TLP:").unwrap_or(text)).map(Value::Tlp),
            Kind::Pap => word(Pap::ALL, text).map(Value::Pap),
            Kind::Flag => word(&[true, false], text).map(Value::Flag),
            Kind::Number(most) => number(text).filter(|number| *number <= most).map(Value::Number),
            Kind::Moment => moment(text).map(Value::Moment),
            Kind::Text => Some(Value::Text(text.to_owned())),
            Kind::Import => text.parse().ok().map(Value::Import),
            Kind::Place => place_of(&text::refang(text)),
        }
    }
}

fn word<T: Copy + ToString>(all: &[T], text: &str) -> Option<T> {
    all.iter().copied().find(|known| same_word(&known.to_string(), text))
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()))
}

fn moment(text: &str) -> Option<Moment> {
    match text.to_ascii_lowercase().as_str() {
        "today" => Some(Moment::Today),
        "now" => Some(Moment::Hours(0)),
        _ => relative(text).map(Moment::Hours).or_else(|| fixed(text).map(Moment::At)),
    }
}

/// `-30d`, `+12h`, `-2w` in hours.
fn relative(text: &str) -> Option<i32> {
    let (front, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let hours = match unit {
        "h" | "H" => 1,
        "d" | "D" => 24,
        "w" | "W" => 24 * 7,
        _ => return None,
    };
    let digits = front.strip_prefix(['-', '+'])?;
    let count = number(digits).and_then(|count| i32::try_from(count).ok())?.checked_mul(hours)?;
    Some(if front.starts_with('-') { -count } else { count })
}

/// A date or a moment of RFC 3339 in the years that can be written again; seconds would be too easy a slip.
fn fixed(text: &str) -> Option<Time> {
    let is_dated = text.as_bytes().get(4) == Some(&b'-');
    let time: Time = text.parse().ok().filter(|_| is_dated)?;
    (0..=9999).contains(&time.date().0).then_some(time)
}

/// A domain that host names can stand below, an address, or a prefix.
fn place_of(text: &str) -> Option<Value> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return single(address.to_canonical()).map(Value::Prefix);
    }
    if let Ok(prefix) = text.parse() {
        return Some(Value::Prefix(prefix));
    }
    let name = Name::from_unicode(text).ok()?;
    let below = name.child(b"www").ok()?;
    HostName::new(below).ok().map(|_| Value::Domain(name))
}
