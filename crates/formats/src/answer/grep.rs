//! Text files: patterns for `grep -E -i -f FILE`, and plain values for `grep -F -i -f FILE`.
//!
//! Patterns mean what the other languages mean: a host and what is below it, but not what it is a part of; an address,
//! but not a longer one; an IPv4 prefix by its octets. IPv6 addresses are looked for in canonical form (RFC 5952) alone.

use std::net::{IpAddr, Ipv4Addr};

use model::{Indicator, Prefix};

use super::plan::Queries;

/// One text: a pattern a line.
pub(super) fn queries(values: &[Indicator]) -> Queries {
    let mut sorted: Vec<&Indicator> = values.iter().collect();
    sorted.sort();
    sorted.dedup();
    let (mut lines, mut left_out) = (String::new(), Vec::new());
    for value in sorted {
        match pattern(value) {
            Some(pattern) => {
                lines.push_str(&pattern);
                lines.push('\n');
            }
            None => {
                left_out.push((value.clone(), "an IPv6 prefix has no pattern: its addresses have many forms as text"))
            }
        }
    }
    Queries { texts: Some(lines).filter(|lines| !lines.is_empty()).into_iter().collect(), left_out }
}

/// One value a line, for `grep -F`: fast, and finds values inside longer ones too. Prefixes are left out.
pub fn fixed_strings(values: &[Indicator]) -> String {
    let texts = values.iter().filter(|value| !matches!(value, Indicator::Cidr(_))).map(plain);
    texts.map(|text| format!("{}\n", one_line(&text))).collect()
}

fn plain(value: &Indicator) -> String {
    match value {
        Indicator::Certificate(digest) => digest.hex().to_owned(),
        other => other.canonical(),
    }
}

fn pattern(value: &Indicator) -> Option<String> {
    let text = escaped(&plain(value));
    Some(match value {
        Indicator::Host(_) => format!(r"(^|[^[:alnum:]_-]){text}\.?([^[:alnum:]_.-]|$)"),
        Indicator::Address(IpAddr::V4(_)) => v4(&text),
        Indicator::Address(IpAddr::V6(_)) => format!("(^|[^[:xdigit:]:.]){text}([^[:xdigit:]:.]|$)"),
        Indicator::Cidr(prefix) => v4(&octets(*prefix)?),
        Indicator::Asn(_) | Indicator::File(_) | Indicator::Certificate(_) => {
            format!("(^|[^[:alnum:]]){text}([^[:alnum:]]|$)")
        }
        _ => text,
    })
}

fn v4(text: &str) -> String {
    format!(r"(^|[^0-9.]){text}(\.?[^0-9.]|\.?$)")
}

/// The addresses of an IPv4 prefix: fixed octets, one that may differ in some bits, free ones.
fn octets(prefix: Prefix) -> Option<String> {
    let (IpAddr::V4(first), IpAddr::V4(last)) = (prefix.first(), prefix.last()) else { return None };
    let parts =
        Ipv4Addr::octets(&first).into_iter().zip(Ipv4Addr::octets(&last)).map(|(low, high)| match (low, high) {
            (low, high) if low == high => low.to_string(),
            (0, 255) => "[0-9]{1,3}".to_owned(),
            (low, high) => format!("({})", (low..=high).map(|octet| octet.to_string()).collect::<Vec<_>>().join("|")),
        });
    Some(parts.collect::<Vec<_>>().join(r"\."))
}

/// A text as an extended regular expression (POSIX.1-2017, Base Definitions §9.4).
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        if r".[]\()*+?{}|^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A line end would begin another pattern.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}
