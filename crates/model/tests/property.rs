//! Properties of the words: round trips, orders, canonical forms, and parsers that no input breaks.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{cmp::Ordering, net::IpAddr};

use model::{Indicator, IndicatorType, Name, Prefix, Span, SuffixList, Time, text};
use proptest::{collection::vec, prelude::*, sample::select};

/// Names with labels of a small alphabet, so that many are relatives, and of any octets.
fn name() -> impl Strategy<Value = Name> {
    let label = prop_oneof![
        3 => vec(select(b"ab\x00-\xff".to_vec()), 1..3),
        1 => vec(any::<u8>(), 1..=63),
    ];
    vec(label, 0..4).prop_filter_map("too long", |labels| Name::from_labels(labels.iter().map(Vec::as_slice)).ok())
}

fn reversed(name: &Name) -> Vec<&[u8]> {
    let mut labels: Vec<&[u8]> = name.labels().collect();
    labels.reverse();
    labels
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
}

fn span() -> impl Strategy<Value = Span> {
    (-50i64..50, 0i64..30).prop_map(|(first, length)| Span::new(Time(first), Time(first + length)).unwrap())
}

/// What people might call a value of each type, valid and not quite.
fn typed() -> impl Strategy<Value = (IndicatorType, String)> {
    let text = prop_oneof![
        address().prop_map(|address| address.to_string()),
        (address(), 0u8..=32).prop_map(|(address, length)| Prefix::of(address, length).unwrap().to_string()),
        "[a-zA-Z0-9_-]{1,10}(\\.[a-zA-Z0-9-]{1,6}){1,3}\\.?",
        "(HTTP|https|ftp)://([a-z:]{1,4}@)?[a-zA-Z]{1,5}\\.[a-z]{1,3}(:[0-9]{0,5})?([/?#\\\\][ -~ä]{0,20})?",
        "https?://\\[2001:DB8::[0-9]\\]:[0-9]{0,3}/(%[0-9a-fA-F]{1,2}){0,4}",
        "[a-zA-Z0-9.+!=-]{1,20}@[A-Za-z]{1,8}\\.[a-z]{2}",
        "([0-9A-F]{32}|[0-9a-f]{40}|[0-9a-fA-F]{64}|[0-9a-f]{128})",
        "(sha1:|SHA-1:)?([0-9A-F]{2}:){19}[0-9A-F]{2}",
        "(as|AS)?[0-9]{1,10}",
        "(HKLM|hkcu|HKEY_USERS|x)(\\\\[ -~]{0,6}){0,4}",
        "\\PC{0,20}",
        ".{0,12}",
    ];
    (select(IndicatorType::ALL.to_vec()), text)
}

proptest! {
    #[test]
    fn names_round_trip(name in name()) {
        prop_assert_eq!(Name::parse(name.to_string().as_bytes()), Ok(name.clone()));
        prop_assert_eq!(Name::parse(name.fqdn().as_bytes()), Ok(name.clone()));
        prop_assert_eq!(Name::from_wire(name.as_wire()), Ok(name.clone()));
        prop_assert_eq!(Name::from_labels(name.labels()), Ok(name.clone()));
        prop_assert_eq!(Name::from_wire(&name.as_wire().to_ascii_uppercase()), Ok(name));
    }

    #[test]
    fn names_order_as_their_reversed_labels(a in name(), b in name()) {
        prop_assert_eq!(a.cmp(&b), reversed(&a).cmp(&reversed(&b)));
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
    }

    #[test]
    fn all_below_a_name_stands_together(mut names in vec(name(), 1..12), pick in any::<prop::sample::Index>()) {
        let above = pick.get(&names).parent().unwrap_or_else(Name::root);
        names.sort();
        let below: Vec<bool> = names.iter().map(|name| name.is_within(&above)).collect();
        let runs = below.chunk_by(|a, b| a == b).filter(|run| run[0]).count();
        prop_assert!(runs <= 1, "{above} in {names:?}");
        prop_assert!(names.iter().filter(|name| name.is_within(&above)).all(|name| *name >= above));
    }

    #[test]
    fn suffixes_are_ancestors(name in name(), count in 0usize..6) {
        let suffix = name.suffix(count);
        prop_assert!(name.is_within(&suffix));
        prop_assert_eq!(suffix.label_count(), count.min(name.label_count()));
    }

    #[test]
    fn registrable_domains_stand_above_and_stay(name in "[a-c]{1,2}(\\.[a-c]{1,2}){0,3}\\.(com|co\\.uk|ck|www\\.ck|github\\.io|example)") {
        let (list, name) = (SuffixList::bundled(), name.parse::<Name>().unwrap());
        let found = list.registrable(&name);
        let offset = list.registrable_offset(&name);
        prop_assert_eq!(found.is_some(), offset.is_some());
        if let (Some(found), Some(offset)) = (found, offset) {
            prop_assert!(name.is_within(&found.domain));
            prop_assert_eq!(&name.as_wire()[offset..], found.domain.as_wire());
            prop_assert_eq!(list.registrable(&found.domain).map(|again| again.domain), Some(found.domain));
        }
    }

    #[test]
    fn no_input_breaks_a_name(octets in vec(any::<u8>(), 0..300), text in "\\PC{0,40}") {
        let _ = Name::from_unicode(&text);
        for parsed in [Name::parse(&octets), Name::from_wire(&octets)].into_iter().flatten() {
            prop_assert_eq!(Name::parse(parsed.to_string().as_bytes()), Ok(parsed));
        }
    }

    #[test]
    fn indicators_are_canonical_once((kind, text) in typed()) {
        if let Ok(indicator) = Indicator::parse(kind, &text) {
            prop_assert_eq!(indicator.kind(), kind);
            let canonical = indicator.canonical();
            prop_assert_eq!(Indicator::parse(kind, &canonical), Ok(indicator.clone()), "{}", canonical);
        }
    }

    #[test]
    fn guesses_read_what_is_shown((_, text) in typed()) {
        if let Some(guessed) = Indicator::guess(&text) {
            // Defanging inside of paths is undone too, and marks around a value are dropped, so a path or key that has
            // them reads as another.
            let canonical = guessed.canonical();
            let odd = text::refang(&canonical) != canonical || canonical.ends_with(['"', '\'', '`', '<', '>', ',']);
            if !odd {
                let shown = guessed.defanged();
                prop_assert_eq!(Indicator::guess(&shown), Some(guessed.clone()), "{}", shown);
            }
        }
    }

    #[test]
    fn defanged_text_is_left_alone(text in "([ -~]|https?://|\\[\\.\\]){0,20}") {
        let once = text::defang(&text);
        prop_assert_eq!(text::defang(&once), once);
    }

    #[test]
    fn visible_text_is_harmless(text in ".{0,40}|[\u{0}-\u{ff}\u{2000}-\u{2070}]{0,40}") {
        let safe = text::visible(&text);
        prop_assert!(!safe.chars().any(char::is_control), "{safe:?}");
        prop_assert_eq!(text::visible(&safe), safe.as_ref());
    }

    #[test]
    fn prefixes_hold_their_range(address in address(), length in 0u8..=128) {
        let Ok(prefix) = Prefix::of(address, length) else { return Ok(()) };
        prop_assert!(prefix.contains(address) && prefix.contains(prefix.first()) && prefix.contains(prefix.last()));
        prop_assert!(prefix.first() <= address && address <= prefix.last());
        prop_assert_eq!(prefix.to_string().parse(), Ok(prefix));
    }

    #[test]
    fn times_round_trip(seconds in -62_167_219_200i64..253_402_300_800) {
        let time = Time(seconds);
        prop_assert_eq!(time.to_string().parse(), Ok(time));
        let (year, month, day) = time.date();
        prop_assert_eq!(Time::from_date(year, month, day).map(|start| time.days_since(start)), Some(0));
    }

    #[test]
    fn no_text_breaks_a_time(text in "[0-9TZ:.+ -]{0,30}|\\PC{0,30}", seconds in any::<i64>()) {
        let _ = (text.parse::<Time>(), Time(seconds).to_string(), Time(seconds).plus(seconds));
    }

    #[test]
    fn spans_join_in_any_order(a in span(), b in span(), c in span(), gap in 0i64..20) {
        prop_assert_eq!(a.union(b), b.union(a));
        prop_assert_eq!(a.union(b).union(c), a.union(b.union(c)));
        prop_assert!(a.union(b).overlaps(a));
        prop_assert_eq!(a.within(b, gap), b.within(a, gap));
        prop_assert_eq!(a.within(b, 0), a.overlaps(b));
    }
}
