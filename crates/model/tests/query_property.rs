//! Properties of the query language: its canonical text, its laws, its completions, and texts that nobody meant.

#![allow(clippy::unwrap_used, reason = "a test")]

use model::{
    GroupKind, HostRole, Id, ImportId, Indicator, IndicatorType, Pap, Prefix, Time, Tlp, Use,
    query::{
        Condition, Field, FieldInfo, GroupRow, IndicatorRow, Kind, Moment, Operator, Query, Row, Subject, Value,
        completions, fields, parse,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

const NOW: Time = Time(1_781_524_800);

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T], make: fn(T) -> Value) -> BoxedStrategy<Value> {
    select(all).prop_map(make).boxed()
}

/// A few texts that are often alike, and any.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&["", "a", "A", "ab", "b.example", "a.b.example", "Ä", "ä", "and"][..]).prop_map(str::to_owned),
        1 => "(\\PC|[\"'\\\\\n\u{202e}\u{0}]){0,6}",
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![
        (-62_167_219_200i64..253_402_300_800).prop_map(|seconds| Moment::At(Time(seconds))),
        (-50i64..50).prop_map(|hours| Moment::At(NOW.plus(hours * 3600))),
        Just(Moment::Today),
        (-50i32..50).prop_map(Moment::Hours),
        (-i32::MAX..i32::MAX).prop_map(Moment::Hours),
    ]
}

fn place() -> impl Strategy<Value = Value> {
    let prefix = |address: [u8; 4], length| Prefix::of(address.into(), length).unwrap();
    prop_oneof![
        select(&["example", "b.example", "a.b.example", "_x.test"][..])
            .prop_map(|name| Value::Domain(name.parse().unwrap())),
        ((0u8..2), (0u8..=32)).prop_map(move |(last, length)| Value::Prefix(prefix([192, 0, 2, last], length))),
        any::<([u8; 16], u8)>()
            .prop_map(|(address, length)| Value::Prefix(Prefix::of(address.into(), length % 129).unwrap())),
    ]
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::IndicatorType => word(IndicatorType::ALL, Value::IndicatorType),
        Kind::GroupKind => word(GroupKind::ALL, Value::GroupKind),
        Kind::Use => word(Use::ALL, Value::Use),
        Kind::Role => word(HostRole::ALL, Value::Role),
        Kind::Tlp => word(Tlp::ALL, Value::Tlp),
        Kind::Pap => word(Pap::ALL, Value::Pap),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Number(most) => prop_oneof![0..=most.min(6), 0..=most].prop_map(Value::Number).boxed(),
        Kind::Moment => moment().prop_map(Value::Moment).boxed(),
        Kind::Text => text().prop_map(Value::Text).boxed(),
        Kind::Import => (0u8..3).prop_map(|id| Value::Import(import(id))).boxed(),
        Kind::Place => place().boxed(),
    }
}

fn import(last: u8) -> ImportId {
    ImportId(Id::new(NOW, [last; 10]))
}

fn condition(info: &'static FieldInfo) -> impl Strategy<Value = Condition> {
    let field = match info.field {
        Field::Attribute(_) => text().prop_map(Field::Attribute).boxed(),
        ref field => Just(field.clone()).boxed(),
    };
    (field, select(info.operators())).prop_flat_map(|(field, operator)| {
        let count = match operator {
            Operator::IsNull | Operator::IsNotNull => 0..=0,
            Operator::In | Operator::NotIn => 1..=3,
            _ => 1..=1,
        };
        vec(value(info.kind), count).prop_map(move |values| Condition { field: field.clone(), operator, values })
    })
}

/// Queries as the parser makes them: no empty or single `And` and `Or`, and none directly in its like.
fn query(subject: Subject, nesting: usize) -> BoxedStrategy<Query> {
    let leaf = (0..fields(subject).len()).prop_flat_map(move |at| condition(&fields(subject)[at]));
    let leaf = leaf.prop_map(Query::Condition).boxed();
    let leaf = match nesting {
        0 => leaf,
        _ => prop_oneof![
            8 => leaf,
            1 => inner(Subject::Group, nesting - 1).prop_map(|query| Query::HasGroup(Box::new(query))),
            1 => inner(Subject::Indicator, nesting - 1).prop_map(|query| Query::HasIndicator(Box::new(query))),
        ]
        .boxed(),
    };
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|all| Query::And(flat(all, |query| match query {
                Query::And(inner) => Ok(inner),
                other => Err(other),
            }))),
            vec(inner.clone(), 2..4).prop_map(|any| Query::Or(flat(any, |query| match query {
                Query::Or(inner) => Ok(inner),
                other => Err(other),
            }))),
            inner.prop_map(|query| Query::Not(Box::new(query))),
        ]
    })
    .boxed()
}

fn inner(subject: Subject, nesting: usize) -> BoxedStrategy<Query> {
    prop_oneof![1 => Just(Query::All), 4 => query(subject, nesting)].boxed()
}

fn flat(queries: Vec<Query>, open: fn(Query) -> Result<Vec<Query>, Query>) -> Vec<Query> {
    queries.into_iter().flat_map(|query| open(query).unwrap_or_else(|other| vec![other])).collect()
}

fn near() -> impl Strategy<Value = Time> {
    (-50i64..50).prop_map(|hours| NOW.plus(hours * 3600))
}

type Times = (Time, Time, Option<Time>, Option<Time>);

fn times() -> impl Strategy<Value = Times> {
    (near(), near(), option::of(near()), option::of(near()))
}

fn attributes() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((text(), text()), 0..3)
}

fn a_group() -> impl Strategy<Value = GroupRow> {
    let labels = (select(GroupKind::ALL), select(Tlp::ALL), select(Pap::ALL), any::<bool>());
    let texts = (text(), text(), vec(text(), 0..3), option::of(text()), option::of(text()), attributes());
    (labels, texts, times()).prop_map(|((kind, tlp, pap, pending), texts, (added, modified, first_seen, last_seen))| {
        let (name, owner, tags, description, technique, attributes) = texts;
        GroupRow {
            kind,
            name,
            owner,
            tlp,
            pap,
            pending,
            added,
            modified,
            first_seen,
            last_seen,
            tags,
            description,
            technique,
            attributes,
            groups: Vec::new(),
            indicators: Vec::new(),
        }
    })
}

fn an_indicator() -> impl Strategy<Value = IndicatorRow> {
    let values = ["b.example", "a.b.example", "http://b.example/", "http://192.0.2.1/", "x@b.example", "192.0.2.1"];
    let value = select([&values[..], &["192.0.2.0/31", "AS64496", "HKLM\\A"]].concat());
    let labels = (select(Use::ALL), select(HostRole::ALL), select(Tlp::ALL), select(Pap::ALL));
    let numbers = (option::of(0u8..=5), option::of(0u8..=100), 0u32..6, 0u32..6, any::<bool>(), any::<bool>());
    let texts = (text(), vec(text(), 0..3), option::of(text()), option::of(text()), attributes());
    let grade = option::of(select(&["A1", "B2"][..]));
    (value, labels, numbers, texts, times(), (grade, option::of(near()), option::of(0u8..3))).prop_map(
        |(value, (usage, role, tlp, pap), numbers, texts, times, (grade, expires, by))| {
            let (rating, confidence, sightings, false_positives, active, pending) = numbers;
            let (owner, tags, description, source, attributes) = texts;
            let (added, modified, first_seen, last_seen) = times;
            IndicatorRow {
                indicator: Indicator::guess(value).unwrap(),
                owner,
                rating,
                confidence,
                usage,
                role,
                grade: grade.map(|grade| grade.parse().unwrap()),
                tlp,
                pap,
                active,
                pending,
                added,
                modified,
                first_seen,
                last_seen,
                expires,
                sightings,
                false_positives,
                tags,
                description,
                source,
                import: by.map(import),
                attributes,
                groups: Vec::new(),
                indicators: Vec::new(),
            }
        },
    )
}

/// An indicator with a few neighbours.
fn row() -> impl Strategy<Value = IndicatorRow> {
    (an_indicator(), vec(a_group(), 0..3), vec(an_indicator(), 0..2)).prop_map(|(mut row, groups, indicators)| {
        row.groups = groups;
        row.indicators = indicators;
        row
    })
}

fn subject() -> impl Strategy<Value = Subject> {
    select(Subject::ALL)
}

/// What somebody might type: pieces of the language in any order.
fn typed() -> impl Strategy<Value = String> {
    let words: Vec<&str> = Subject::ALL.iter().flat_map(|subject| fields(*subject)).map(|info| info.name).collect();
    let pieces = [
        "and",
        "or",
        "not",
        "(",
        ")",
        "in",
        "is",
        "null",
        "=",
        "!=",
        "~",
        "!~",
        "<",
        ">=",
        ",",
        "like",
        "startsWith",
        "hasGroup(",
        "hasIndicator(",
        "host",
        "adversary",
        "3",
        "-30d",
        "today",
        "\"a\"",
        "'",
        "\\",
        "ä",
        "amber",
        "\n",
    ];
    let piece = prop_oneof![
        4 => select(pieces.to_vec()).prop_map(str::to_owned),
        2 => select(words).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    (vec(piece, 0..14), select(&["", " "][..])).prop_map(|(pieces, between)| pieces.join(between))
}

proptest! {
    #[test]
    fn canonical_text_is_the_same_query(
        (subject, query) in subject().prop_flat_map(|subject| (Just(subject), query(subject, 3))),
    ) {
        let text = query.to_string();
        let read = parse(subject, &text);
        prop_assert_eq!(read.as_ref(), Ok(&query), "{}", text);
        prop_assert_eq!(read.unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![typed(), "\\PC{0,40}", any::<String>()], subject in subject()) {
        match parse(subject, &text) {
            Ok(query) => prop_assert_eq!(parse(subject, &query.to_string()), Ok(query)),
            Err(error) => {
                prop_assert!(text.is_char_boundary(error.at) && !error.found.is_empty() && !error.expected.is_empty());
                prop_assert!(error.to_string().lines().count() == 3, "{}", error);
            }
        }
    }

    /// What is offered is taken: a text that goes on with it is not wrong there.
    #[test]
    fn what_is_offered_fits(text in typed(), subject in subject(), cursor in 0usize..60) {
        let offered = completions(subject, &text, cursor);
        for word in offered.words {
            let chosen = format!("{}{word} ", &text[..offered.from]);
            if let Err(error) = parse(subject, &chosen) {
                let is_limit = error.found == "one more";
                prop_assert!(is_limit || error.at >= offered.from + word.len(), "{}", error);
            }
        }
    }

    #[test]
    fn laws_hold(a in query(Subject::Indicator, 1), b in query(Subject::Indicator, 1), row in row()) {
        let is = |query: &Query| query.matches(&row, NOW);
        let not = |query: &Query| Query::Not(Box::new(query.clone()));
        let (both, either) = (Query::And(vec![a.clone(), b.clone()]), Query::Or(vec![a.clone(), b.clone()]));
        prop_assert_eq!(is(&not(&a)), !is(&a));
        prop_assert_eq!(is(&both), is(&a) && is(&b));
        prop_assert_eq!(is(&either), is(&a) || is(&b));
        prop_assert_eq!(is(&not(&both)), is(&Query::Or(vec![not(&a), not(&b)])));
        prop_assert!(is(&Query::All) && is(&Query::And(vec![])) && !is(&Query::Or(vec![])));
    }

    #[test]
    fn a_denial_is_the_opposite(
        (subject, mut condition) in subject().prop_flat_map(|subject| {
            let conditions = (0..fields(subject).len()).prop_flat_map(move |at| condition(&fields(subject)[at]));
            (Just(subject), conditions)
        }),
        indicator in an_indicator(), group in a_group(),
    ) {
        let row = if subject == Subject::Indicator { Row::Indicator(&indicator) } else { Row::Group(&group) };
        let stated = Query::Condition(condition.clone()).matches(row, NOW);
        if let Some(positive) = condition.operator.negates() {
            condition.operator = positive;
            prop_assert_eq!(Query::Condition(condition).matches(row, NOW), !stated);
        }
    }
}
