//! The query language: what it takes, what it refuses and how it says so, and what a query means.

#![allow(clippy::unwrap_used, reason = "a test")]

use model::{
    GroupKind, HostRole, Indicator, IndicatorType, Pap, Time, Tlp, Use,
    query::{
        CONDITIONS_MAX, Completions, Condition, DEPTH_MAX, Field, GroupRow, IndicatorRow, Kind, Moment, NESTING_MAX,
        Operator, Presence, Query, Row, Subject, TEXT_OCTETS_MAX, VALUES_MAX, Value, completions, fields, parse,
    },
};

/// 2026-06-15T12:00:00Z.
const NOW: Time = Time(1_781_524_800);

fn indicator(kind: IndicatorType, value: &str) -> IndicatorRow {
    IndicatorRow {
        indicator: Indicator::parse(kind, value).unwrap(),
        owner: "Red Team".into(),
        rating: None,
        confidence: None,
        usage: Use::Context,
        role: HostRole::Unknown,
        grade: None,
        tlp: Tlp::Amber,
        pap: Pap::Amber,
        active: true,
        pending: false,
        added: NOW,
        modified: NOW,
        first_seen: None,
        last_seen: None,
        expires: None,
        sightings: 0,
        false_positives: 0,
        tags: Vec::new(),
        description: None,
        source: None,
        import: None,
        attributes: Vec::new(),
        groups: Vec::new(),
        indicators: Vec::new(),
    }
}

fn group(kind: GroupKind, name: &str) -> GroupRow {
    GroupRow {
        kind,
        name: name.into(),
        owner: "Red Team".into(),
        tlp: Tlp::Green,
        pap: Pap::Amber,
        pending: false,
        added: NOW,
        modified: NOW,
        first_seen: None,
        last_seen: None,
        tags: Vec::new(),
        description: None,
        technique: None,
        attributes: Vec::new(),
        groups: Vec::new(),
        indicators: Vec::new(),
    }
}

fn of_indicators(text: &str) -> Query {
    parse(Subject::Indicator, text).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with a query about indicators: where, what, and what would be right.
fn wrong(text: &str) -> (usize, String, String) {
    let error = parse(Subject::Indicator, text).expect_err(text);
    (error.at, error.found, error.expected.join(" "))
}

#[test]
fn reads_the_example_of_the_page() {
    let query = of_indicators(
        "type in (host, address) and rating >= 3 and tag = \"apt\" and lastSeen > -30d \
         and hasGroup(type = adversary and name ~ \"bear\")",
    );
    let condition = |field, operator, values| Query::Condition(Condition { field, operator, values });
    let group = Query::And(vec![
        condition(Field::Type, Operator::Equal, vec![Value::GroupKind(GroupKind::Adversary)]),
        condition(Field::Name, Operator::Contains, vec![Value::Text("bear".into())]),
    ]);
    let types = [IndicatorType::Host, IndicatorType::Address].map(Value::IndicatorType);
    let expected = Query::And(vec![
        condition(Field::Type, Operator::In, types.to_vec()),
        condition(Field::Rating, Operator::GreaterOrEqual, vec![Value::Number(3)]),
        condition(Field::Tag, Operator::Equal, vec![Value::Text("apt".into())]),
        condition(Field::LastSeen, Operator::Greater, vec![Value::Moment(Moment::Hours(-720))]),
        Query::HasGroup(Box::new(group)),
    ]);
    assert_eq!(query, expected);
    assert_eq!(parse(Subject::Indicator, " \n\t"), Ok(Query::All));
}

#[test]
fn one_canonical_text() {
    for (written, canonical) in [
        ("TYPE EQ Host", "type = host"),
        ("value like '%.test' or value not LIKE 'a%'", "value endsWith \".test\" or value not startsWith \"a\""),
        ("value LIKE '%a%b%' or value like '%'", "value ~ \"a%b\" or value ~ \"\""),
        ("type=EmailAddress", "type = email-address"),
        ("rating GEQ 3 AND confidence lt 50", "rating >= 3 and confidence < 50"),
        ("tag LIKE apt or tag not contains 'x y'", "tag ~ \"apt\" or tag !~ \"x y\""),
        (
            "value STARTSWITH a.b and value not endswith .test",
            "value startsWith \"a.b\" and value not endsWith \".test\"",
        ),
        ("tlp <= TLP:AMBER+STRICT", "tlp <= amber-strict"),
        ("lastSeen>-2w", "lastSeen > -14d"),
        ("last_seen > -5H", "lastSeen > -5h"),
        ("added < '2026-01-31' and expires < +1d", "added < 2026-01-31T00:00:00Z and expires < +1d"),
        ("added <= 2026-01-31T12:00:00+02:00", "added <= 2026-01-31T10:00:00Z"),
        (
            "modified > today or modified > NOW or modified > -0d",
            "modified > today or modified > now or modified > now",
        ),
        (
            "(type = host and (active = true)) and not (pending = false)",
            "type = host and active = true and not pending = false",
        ),
        ("(tag = a or tag = b) and tag = c", "(tag = \"a\" or tag = \"b\") and tag = \"c\""),
        ("tag = a and tag = b or tag = c", "tag = \"a\" and tag = \"b\" or tag = \"c\""),
        ("not not (tag = a or tag = b)", "not not (tag = \"a\" or tag = \"b\")"),
        (r#"attribute("Malware \"x\"") is not null"#, r#"attribute("Malware \"x\"") is not null"#),
        (r"description = 'a\\b\n\u{202e}'", r#"description = "a\\b\u{a}\u{202e}""#),
        ("under = www[.]Example[.]com", "under = www.example.com"),
        ("under in (192.0.2.7, 198.51.100.0/24, test)", "under in (192.0.2.7/32, 198.51.100.0/24, test)"),
        ("under = ::ffff:192.0.2.1", "under = 192.0.2.1/32"),
        ("hasGroup() and hasIndicator(value = x)", "hasGroup() and hasIndicator(value = \"x\")"),
        ("tag = \"and\"", "tag = \"and\""),
    ] {
        let query = of_indicators(written);
        assert_eq!(query.to_string(), canonical);
        assert_eq!(of_indicators(canonical), query);
    }
}

#[test]
fn says_where_what_and_what_would_be_right() {
    for (text, at, found, expected) in [
        ("type = hots", 7, "`hots`", "address cidr asn host url"),
        ("rating = 6", 9, "`6`", "a whole number from 0 to 5"),
        ("rating = -1", 9, "`-1`", "a whole number from 0 to 5"),
        ("rating ~ 3", 7, "`~`", "= != < <= > >= in not in is null is not null"),
        ("tag > \"a\"", 4, "`>`", "= != in not in ~ !~ startsWith"),
        ("type is null", 5, "`is`", "= != in not in"),
        ("tag is not nul", 11, "`nul`", "null"),
        ("name = x", 0, "`name`", "not ( hasGroup hasIndicator type value under"),
        ("hasGroup(rating = 3)", 9, "`rating`", ") not ( hasGroup hasIndicator type name owner"),
        ("tag = a tag = b", 8, "`tag`", "and or"),
        ("tag = a) ", 7, "`)`", "and or"),
        ("(tag = a", 8, "the end", "and or )"),
        ("tag =", 5, "the end", "a text in quotes"),
        ("tag = and", 6, "`and`", "a text in quotes"),
        ("tag in ()", 8, "`)`", "a text in quotes"),
        ("tag in (a b)", 10, "`b`", ", )"),
        ("tag = \"a", 6, "`\"a`", "the quote that closes this text"),
        (r#"tag = "a\q""#, 6, r#"`"a\q"`"#, "after a backslash one of"),
        ("lastSeen > -30", 11, "`-30`", "today now a moment such as"),
        ("lastSeen > 2026", 11, "`2026`", "today now a moment such as"),
        ("lastSeen > -99999999999d", 11, "`-99999999999d`", "today now a moment"),
        ("lastSeen > 9999-12-31T23:59:59-12:00", 11, "`9999-12-31T23:59:59-12:00`", "today now a moment"),
        ("under = 192.0.2.1/24", 8, "`192.0.2.1/24`", "a domain, an address or a prefix"),
        ("import = 7", 9, "`7`", "the id of an import"),
        ("tag ! a", 4, "`!`", "a word, a number"),
        ("attribute = x", 10, "`=`", "("),
        ("active = true, false", 13, "`,`", "and or"),
        ("tag not = a", 8, "`=`", "in contains startsWith endsWith"),
        ("active not", 7, "`not`", "= !="),
        ("sightings = 4294967296", 12, "`4294967296`", "a whole number"),
    ] {
        let (position, what, right) = wrong(text);
        assert_eq!((position, what.as_str()), (at, found), "{text}");
        assert!(right.starts_with(expected), "{text}: {right}");
    }
}

#[test]
fn shows_the_line_and_a_caret() {
    let error = parse(Subject::Indicator, "type = host\nand tag\u{202e} = \"a\"").unwrap_err();
    assert_eq!(
        error.to_string().lines().skip(1).collect::<Vec<_>>(),
        [r#"  type = host and tag\u{202e} = "a""#, "                  ^"]
    );
    let long = format!("{} and oops = 1 and {}", ["tag = a"; 12].join(" and "), ["tag = a"; 12].join(" and "));
    let shown = parse(Subject::Indicator, &long).unwrap_err().to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let caret = lines[2].find('^').unwrap();
    assert!(lines[1].chars().skip(caret).collect::<String>().starts_with("oops"), "{shown}");
    assert!(lines[1].starts_with("  …") && lines[1].ends_with('…'));
}

#[test]
fn limits_are_reached_and_said() {
    let conditions = |count: usize| vec!["tag=a"; count].join(" or ");
    assert!(parse(Subject::Indicator, &conditions(CONDITIONS_MAX)).is_ok());
    assert_eq!(wrong(&conditions(CONDITIONS_MAX + 1)).2, "at most 64 conditions");
    let deep = |count: usize| format!("{}tag=a{}", "(".repeat(count), ")".repeat(count));
    assert!(parse(Subject::Indicator, &deep(DEPTH_MAX)).is_ok());
    assert_eq!(wrong(&deep(DEPTH_MAX + 1)), (DEPTH_MAX, "one more".into(), "at most 12 levels".into()));
    assert_eq!(wrong(&"not ".repeat(1000)).2, "at most 12 levels");
    let nested = |count: usize| format!("{}tag=a{}", "hasGroup(".repeat(count), ")".repeat(count));
    assert!(parse(Subject::Indicator, &nested(NESTING_MAX)).is_ok());
    assert_eq!(wrong(&nested(NESTING_MAX + 1)).2, "at most 3 `has…` in each other");
    let list = |count: usize| format!("rating in ({})", vec!["1"; count].join(","));
    assert!(parse(Subject::Indicator, &list(VALUES_MAX)).is_ok());
    assert_eq!(wrong(&list(VALUES_MAX + 1)).2, "at most 1000 values in a list");
    assert_eq!(wrong(&" ".repeat(TEXT_OCTETS_MAX + 1)), (4096, "a text of 4097 octets".into(), "at most 4096".into()));
    let grows = format!("tag in ({})", vec!["a"; 1000].join(","));
    assert_eq!(wrong(&grows).1, "a canonical form of 5007 octets");
}

#[test]
fn completes_what_could_stand_there() {
    let complete = |text: &str| completions(Subject::Indicator, text, text.len());
    let words = |text: &str| complete(text).words;
    assert_eq!(complete("rat"), Completions { from: 0, words: vec!["rating".into()] });
    assert_eq!(words("hasi"), ["hasIndicator"]);
    assert_eq!(words("type in (ho"), ["host"]);
    assert_eq!(words("type = reg"), ["registry-key"]);
    assert_eq!(words("type "), ["=", "!=", "in", "not in"]);
    assert_eq!(words("tag not "), ["in", "contains", "startsWith", "endsWith"]);
    assert_eq!(words("tag is "), ["not", "null"]);
    assert_eq!(words("tag = a "), ["and", "or"]);
    assert_eq!(words("(tag = a "), ["and", "or", ")"]);
    assert_eq!(words("lastSeen > t"), ["today"]);
    assert_eq!(words("active = "), ["true", "false"]);
    assert_eq!(words("hasGroup(type = adversary and na"), ["name"]);
    assert_eq!(words("").len(), fields(Subject::Indicator).len() + 4);
    assert_eq!(
        completions(Subject::Group, "name = x and ty", 15),
        Completions { from: 13, words: vec!["type".into()] }
    );
    for nothing in ["tag = ", "tag = \"a", "tag = \"a b", "rating = ", "oops = 1 and ", "tag = \u{e4}"] {
        assert!(words(nothing).is_empty(), "{nothing}");
    }
    assert_eq!(completions(Subject::Indicator, "tag = ä", 7).from, 6, "a cursor within a letter");
    assert_eq!(completions(Subject::Indicator, "type", 99).from, 0, "a cursor beyond the end");
}

/// Whether a query about indicators is true for a row.
fn fits(text: &str, row: &IndicatorRow) -> bool {
    of_indicators(text).matches(row, NOW)
}

#[test]
fn compares_values() {
    let mut row = indicator(IndicatorType::Host, "login.bank.example");
    row.rating = Some(3);
    row.last_seen = Some(NOW.plus(-5 * 86_400));
    row.tags = vec!["APT".into(), "Phishing Kit".into()];
    row.attributes = vec![("Family".into(), "Emotet".into())];
    row.grade = "B2".parse().ok();
    for text in [
        "",
        "type = host",
        "type not in (url, address)",
        "value = \"LOGIN[.]bank.example\"",
        "value in (x, hxxp, login.bank.example)",
        "value ~ BANK and value startsWith login. and value endsWith .example",
        "owner = 'red team'",
        "rating >= 3 and rating in (1, 3) and not rating > 3",
        "lastSeen > -6d and lastSeen < -4d and lastSeen < now and lastSeen < today",
        "added > today and added = now and added != today",
        "tag = apt and tag ~ kit and tag not in (other, another) and tag is not null",
        "attribute(family) = emotet and attribute('none') is null",
        "grade = b2 and grade startsWith B",
        "tlp <= amber and tlp > green and pap >= red and tlp != red",
        "active = true and pending != true and use = context and role = unknown",
        "under = bank.example and under = login.bank.example and under in (other.example, example)",
        "sightings = 0 and falsePositives < 1",
    ] {
        assert!(fits(text, &row), "{text}");
    }
    for text in [
        "value = bank.example",
        "tag != apt",
        "tag !~ kit",
        "under = ank.example",
        "under = x.login.bank.example",
        "under = 0.0.0.0/0",
        "lastSeen > -4d",
        "type != host",
    ] {
        assert!(!fits(text, &row), "{text}");
    }
}

#[test]
fn what_is_absent_fits_no_comparison_and_every_denial() {
    let row = indicator(IndicatorType::Address, "192.0.2.1");
    for field in ["rating", "confidence"] {
        assert!(!fits(&format!("{field} >= 0 or {field} = 0 or {field} in (0)"), &row));
        assert!(fits(&format!("{field} != 0 and {field} not in (0) and {field} is null and not {field} < 5"), &row));
    }
    for field in ["tag", "description", "attribute(x)"] {
        assert!(!fits(&format!("{field} ~ '' or {field} startsWith '' or {field} = '' or {field} is not null"), &row));
        assert!(fits(&format!("{field} !~ '' and {field} != '' and {field} not endsWith ''"), &row));
    }
    assert!(!fits("expires < now or expires >= now", &row) && fits("expires != now", &row));
}

#[test]
fn where_things_stand() {
    let stands = |kind, value: &str, place: &str| fits(&format!("under = '{place}'"), &indicator(kind, value));
    assert!(stands(IndicatorType::Url, "https://a.b.example/x", "b.example"));
    assert!(stands(IndicatorType::EmailAddress, "x@b.example", "b.example"));
    assert!(stands(IndicatorType::Url, "http://192.0.2.9/x", "192.0.2.0/24"));
    assert!(stands(IndicatorType::Address, "192.0.2.9", "192.0.2.9"));
    assert!(stands(IndicatorType::Cidr, "192.0.2.128/25", "192.0.2.0/24"));
    assert!(!stands(IndicatorType::Cidr, "192.0.0.0/16", "192.0.2.0/24"));
    assert!(stands(IndicatorType::Address, "192.0.2.9", "::/0") && stands(IndicatorType::Cidr, "192.0.2.0/24", "::/0"));
    assert!(stands(IndicatorType::Url, "http://[::ffff:192.0.2.9]/", "192.0.2.0/24"));
    assert!(!stands(IndicatorType::Address, "2001:db8::1", "0.0.0.0/0"));
    assert!(stands(IndicatorType::Address, "2001:db8::1", "2001:db8::/32"));
    assert!(fits("under is null", &indicator(IndicatorType::Mutex, "a.example")));
}

#[test]
fn asks_what_is_associated() {
    let mut row = indicator(IndicatorType::Host, "a.example");
    assert!(!fits("hasGroup() or hasIndicator()", &row));
    let mut bear = group(GroupKind::Adversary, "Polite Bear");
    bear.indicators = vec![indicator(IndicatorType::Address, "192.0.2.1")];
    row.groups = vec![group(GroupKind::Tool, "bear trap"), bear];
    assert!(fits("hasGroup(type = adversary and name ~ bear)", &row));
    assert!(!fits("hasGroup(type = adversary and name ~ trap)", &row), "one group must fit as a whole");
    assert!(fits("hasGroup(hasIndicator(under = 192.0.2.0/24))", &row));
    assert!(fits("not hasIndicator() and hasGroup(not hasIndicator())", &row));
    let query = parse(Subject::Group, "name endsWith bear and hasIndicator(type = address)").unwrap();
    assert!(query.matches(&row.groups[1], NOW) && !query.matches(&row.groups[0], NOW));
    assert!(!query.matches(Row::Indicator(&row), NOW), "an indicator has no name");
}

/// The page `docs/query.md`, between a mark and the next heading, is what the tables in the code say.
#[test]
fn the_page_says_what_the_code_does() {
    let page = include_str!("../../../docs/query.md");
    for (mark, expected) in [
        ("indicator", field_table(Subject::Indicator)),
        ("group", field_table(Subject::Group)),
        ("operators", operator_table()),
        ("limits", limits()),
    ] {
        let after = page.split_once(&format!("<!-- {mark} -->\n\n")).expect(mark).1;
        assert!(after.starts_with(&expected), "docs/query.md, after the mark {mark}, should say:\n\n{expected}");
    }
    for example in page.split("```\n").skip(1).step_by(2).filter(|block| !block.contains(['{', '^'])) {
        let subject = if example.starts_with("type = report") { Subject::Group } else { Subject::Indicator };
        parse(subject, example).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn field_table(subject: Subject) -> String {
    let mut table = String::from("| field | holds | of what | what it is |\n|---|---|---|---|\n");
    for info in fields(subject) {
        let holds = match info.presence {
            Presence::One => "one",
            Presence::Optional => "one or none",
            Presence::Many => "any number",
        };
        let words = info.kind.words().into_iter().map(|word| format!("`{word}`"));
        let values: Vec<String> = match info.kind {
            Kind::Moment => vec!["a moment".into()],
            kind => words.chain(kind.hint()).collect(),
        };
        table.push_str(&format!("| `{}` | {holds} | {} | {} |\n", info.name, values.join(", "), info.about));
    }
    table + "\n"
}

/// Which operators a field takes, by the fields of a kind.
fn operator_table() -> String {
    let mut table = String::from("| operators | fields |\n|---|---|\n");
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for info in Subject::ALL.iter().flat_map(|subject| fields(*subject)) {
        let operators: Vec<String> = info.operators().iter().map(|operator| format!("`{operator}`")).collect();
        let operators = operators.join(", ");
        let at = rows.iter().position(|row| row.0 == operators).unwrap_or_else(|| {
            rows.push((operators, Vec::new()));
            rows.len() - 1
        });
        if !rows[at].1.contains(&info.name) {
            rows[at].1.push(info.name);
        }
    }
    for (operators, names) in rows {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| {operators} | {} |\n", names.join(", ")));
    }
    table + "\n"
}

fn limits() -> String {
    format!(
        "{TEXT_OCTETS_MAX} octets of text, as written and in canonical form; {CONDITIONS_MAX} conditions; {DEPTH_MAX} \
         levels of parentheses,\n`not` and `has…`; {NESTING_MAX} `has…` in each other; {VALUES_MAX} values in a list.\n\n"
    )
}
