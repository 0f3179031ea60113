use model::IndicatorType;
use proptest::prelude::*;
use regex::RegexBuilder;

use super::*;
use crate::answer::plan::quoted;

fn value(kind: IndicatorType, text: &str) -> Indicator {
    Indicator::parse(kind, text).unwrap()
}

fn values() -> Vec<Indicator> {
    vec![
        value(IndicatorType::Host, "widgets.example"),
        value(IndicatorType::Address, "192.0.2.1"),
        value(IndicatorType::Cidr, "198.51.100.0/24"),
        value(IndicatorType::Cidr, "2001:db8::/32"),
        value(IndicatorType::Url, "https://widgets.example/a?b=c"),
    ]
}

fn texts(language: Language) -> Vec<String> {
    queries(&Dialect::usual(language), &values(), Some(Time(1_767_225_600))).texts
}

#[test]
fn splunk() {
    assert_eq!(
        texts(Language::Spl),
        [
            "search index=* earliest=1767225600 (dest_ip=\"192.0.2.1\"\n    OR answer=\"192.0.2.1\"\n    \
             OR query=\"widgets.example\"\n    OR query=\"*.widgets.example\"\n    OR url_domain=\"widgets.example\"\n    \
             OR url_domain=\"*.widgets.example\"\n    OR url=\"https://widgets.example/a?b=c\")",
            "search index=* earliest=1767225600\n| where cidrmatch(\"198.51.100.0/24\", 'dest_ip')\n    \
             OR cidrmatch(\"2001:db8::/32\", 'dest_ip')\n    OR cidrmatch(\"198.51.100.0/24\", 'answer')\n    \
             OR cidrmatch(\"2001:db8::/32\", 'answer')",
        ]
    );
}

#[test]
fn kusto() {
    assert_eq!(
        texts(Language::Kql),
        [
            "_Im_Dns\n| where TimeGenerated >= datetime(2026-01-01T00:00:00Z)\n\
             | where DnsQuery in~ (\"widgets.example\")\n    or DnsQuery endswith \".widgets.example\"",
            "_Im_NetworkSession\n| where TimeGenerated >= datetime(2026-01-01T00:00:00Z)\n\
             | where ipv4_is_in_range(DstIpAddr, \"192.0.2.1/32\")\n    \
             or ipv4_is_in_range(DstIpAddr, \"198.51.100.0/24\")\n    or ipv6_is_in_range(DstIpAddr, \"2001:db8::/32\")",
            "_Im_WebSession\n| where TimeGenerated >= datetime(2026-01-01T00:00:00Z)\n\
             | where Url in (\"https://widgets.example/a?b=c\")",
        ]
    );
}

#[test]
fn elasticsearch() {
    assert_eq!(
        texts(Language::Esql),
        ["FROM logs-*\n| WHERE @timestamp >= \"2026-01-01T00:00:00Z\"\n\
          | WHERE CIDR_MATCH(destination.ip, \"192.0.2.1/32\", \"198.51.100.0/24\", \"2001:db8::/32\")\n    \
          OR TO_LOWER(dns.question.name) IN (\"widgets.example\")\n    \
          OR ENDS_WITH(TO_LOWER(dns.question.name), \".widgets.example\")\n    \
          OR TO_LOWER(url.domain) IN (\"widgets.example\")\n    OR ENDS_WITH(TO_LOWER(url.domain), \".widgets.example\")\n    \
          OR url.full IN (\"https://widgets.example/a?b=c\")"]
    );
}

#[test]
fn sigma_rules() {
    let texts = texts(Language::Sigma);
    assert_eq!(texts.len(), 3);
    assert!(texts[0].contains(
        "logsource:\n    category: \"dns\"\ndetection:\n    selection_1:\n        \"query\":\n            - \"widgets.example\"\n    \
         selection_2:\n        \"query|endswith\":\n            - \".widgets.example\"\n    condition: 1 of selection_*\n"
    ));
    assert!(texts[1].contains("\"dst_ip|cidr\":\n            - \"192.0.2.1/32\"\n            - \"198.51.100.0/24\"\n"));
    assert!(texts[2].contains("\"c-uri|cased\":\n            - \"https://widgets.example/a\\\\?b=c\"\n"));
}

#[test]
fn grep_finds_what_is_meant_and_no_more() {
    let queries = queries(&Dialect::usual(Language::Grep), &values(), None);
    assert_eq!(queries.left_out.len(), 1, "the IPv6 prefix");
    let patterns: Vec<_> =
        queries.texts[0].lines().map(|line| RegexBuilder::new(line).case_insensitive(true).build().unwrap()).collect();
    let finds = |line: &str| patterns.iter().any(|pattern| pattern.is_match(line));
    for line in [
        "query: widgets.example.",
        "GET http://LOGIN.widgets.example/ 200",
        "widgets.example",
        "dst=192.0.2.1:443",
        "from 192.0.2.1.",
        "198.51.100.7 -> 10.0.0.1",
        "\"https://widgets.example/a?b=c\"",
    ] {
        assert!(finds(line), "{line}");
    }
    for line in [
        "notwidgets.example",
        "widgets.example.gadgets.test",
        "widgets-example",
        "192.0.2.10",
        "1192.0.2.1",
        "198.51.101.7",
        "192.0.2.1.5",
    ] {
        assert!(!finds(line), "{line}");
    }
    let odd = self::queries(&Dialect::usual(Language::Grep), &[value(IndicatorType::Cidr, "192.0.2.64/30")], None);
    assert_eq!(odd.texts, ["(^|[^0-9.])192\\.0\\.2\\.(64|65|66|67)(\\.?[^0-9.]|\\.?$)\n"]);
    assert_eq!(fixed_strings(&values()).lines().count(), 3);
}

#[test]
fn fields_are_configurable_and_checked() {
    let mut dialect = Dialect::usual(Language::Kql);
    let target = |source: &str, field: &str| Target { source: source.into(), fields: vec![field.into()] };
    dialect.set(Class::Host, target("Proxy_CL", "cs-host")).unwrap();
    dialect.set_time("event.time").unwrap();
    let text = queries(&dialect, &values()[..1], Some(Time(0))).texts.remove(0);
    assert!(text.starts_with("Proxy_CL\n| where event.time >= datetime("), "{text}");
    assert!(text.contains("['cs-host'] in~ (\"widgets.example\")"), "{text}");
    for bad in ["", "a b", "a\"", "a']", "a|b", "1a", "a`"] {
        assert!(dialect.set(Class::Host, target("Proxy_CL", bad)).is_err(), "{bad}");
    }
    for bad in ["", "x | delete", "x\ny", "x\"", "[search x]"] {
        assert!(dialect.set(Class::Host, target(bad, "host")).is_err(), "{bad}");
    }
    let left = queries(&Dialect::usual(Language::Sigma), &[value(IndicatorType::Mutex, "x")], None);
    assert_eq!((left.texts.len(), left.left_out.len()), (0, 1));
}

#[test]
fn many_values_make_several_queries() {
    let many: Vec<Indicator> =
        (0..VALUES_MAX * 2 + 1).map(|at| value(IndicatorType::Host, &format!("w{at}.example"))).collect();
    assert_eq!(queries(&Dialect::usual(Language::Kql), &many, None).texts.len(), 3);
}

/// A query without what stands between double quotes.
fn skeleton(query: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::new(), false, false);
    for c in query.chars() {
        match (inside, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => inside = !inside,
            (true, _) => assert!(!c.is_control(), "a text ends with its line: {query}"),
            (false, c) => out.push(c),
        }
    }
    assert!(!inside && !escaped, "a quote is not closed: {query}");
    out
}

proptest! {
    /// Whatever a value holds, what is around it stays the same.
    #[test]
    fn no_value_breaks_out(text in "[ -~ü\u{2028}\u{85}]{1,40}|[\"'\\\\|\\]`$(){}*?;#-]{1,20}") {
        for (kind, plain) in [(IndicatorType::Mutex, "x"), (IndicatorType::UserAgent, "x"), (IndicatorType::RegistryKey, "HKU\\x"), (IndicatorType::Url, "http://x.example/")] {
            let text = match kind {
                IndicatorType::RegistryKey => format!("HKU\\{text}"),
                IndicatorType::Url => format!("http://x.example/{text}"),
                _ => text.clone(),
            };
            let Ok(odd) = Indicator::parse(kind, &text) else { continue };
            let class = Class::of(&odd);
            for language in [Language::Spl, Language::Kql, Language::Esql, Language::Sigma] {
                let mut dialect = Dialect::usual(language);
                dialect.set(class, Target { source: "logs".into(), fields: vec!["field".into()] }).unwrap();
                let written = |value: &Indicator| {
                    let queries = queries(&dialect, std::slice::from_ref(value), None);
                    queries.texts.iter().map(|text| skeleton(&text.replace(|c: char| c.is_ascii_hexdigit() && language == Language::Sigma, ""))).collect::<Vec<_>>()
                };
                prop_assert_eq!(written(&odd), written(&value(kind, plain)), "{} {}", language, odd);
            }
            let patterns = queries(&Dialect::usual(Language::Grep), std::slice::from_ref(&odd), None).texts.remove(0);
            prop_assert_eq!(patterns.lines().count(), 1);
            let pattern = regex::Regex::new(patterns.trim_end_matches('\n')).unwrap();
            prop_assert!(pattern.is_match(&odd.canonical()) || odd.canonical().chars().any(char::is_control));
        }
    }

    /// Texts that no indicator could hold stay inside their quotes as well.
    #[test]
    fn quotes_hold_anything(text in "(\\PC|\n|\r|\t|\"|\\\\|\u{0}|\u{2028}){0,30}") {
        prop_assert_eq!(skeleton(&quoted(&text)), "");
    }
}
