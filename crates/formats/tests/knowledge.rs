//! Knowledge on the wire: what goes out comes back in, and published samples are read.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use formats::{
    export::{Exported, Holder, csv, json, plain},
    list::{Stated, Taken, lines, table},
    stix::{self, Bundle, End, ExportedAssociation, ExportedGroup},
};
use model::{
    AssociationId, AssociationKind, GroupId, GroupKind, HostRole, Id, Indicator, IndicatorType, OwnerId, OwnerKind,
    Pap, Time, Tlp, Use,
    association::Association,
    group::{Group, GroupFields, SignatureFormat},
};
use proptest::prelude::*;

fn holder(number: u8, kind: OwnerKind) -> Holder {
    Holder { id: OwnerId(Id::new(Time(1_790_000_000), [number; 10])), name: format!("Owner {number}"), kind }
}

fn bare(indicator: Indicator) -> Exported {
    Exported {
        indicator,
        owner: holder(1, OwnerKind::Organization),
        rating: None,
        confidence: None,
        usage: Use::Context,
        role: HostRole::Unknown,
        grade: None,
        tlp: Tlp::Clear,
        pap: Pap::Amber,
        active: true,
        first_seen: None,
        last_seen: None,
        added: Time(1_790_000_000),
        modified: Time(1_790_000_100),
        expires: None,
        tags: Vec::new(),
        description: None,
        source: None,
        evidence: None,
    }
}

/// One value of every type.
fn every_type() -> Vec<Indicator> {
    let hash = |digits: usize| "0f".repeat(digits / 2);
    let values = [
        (IndicatorType::Address, "192.0.2.1".to_owned()),
        (IndicatorType::Address, "2001:db8::1".into()),
        (IndicatorType::Cidr, "198.51.100.0/24".into()),
        (IndicatorType::Cidr, "2001:db8::/32".into()),
        (IndicatorType::Asn, "AS64496".into()),
        (IndicatorType::Host, "login.widgets.example".into()),
        (IndicatorType::Url, "https://widgets.example/a'b?c=%27\\d".into()),
        (IndicatorType::EmailAddress, "o.neil+x@widgets.example".into()),
        (IndicatorType::File, hash(32)),
        (IndicatorType::File, hash(40)),
        (IndicatorType::File, hash(64)),
        (IndicatorType::File, hash(128)),
        (IndicatorType::Certificate, hash(40)),
        (IndicatorType::Certificate, hash(64)),
        (IndicatorType::Mutex, r"Global\It's 'quoted' \ there".into()),
        (IndicatorType::RegistryKey, r"HKLM\Software\Widget's".into()),
        (IndicatorType::UserAgent, "Mozilla/5.0 (Widget's \\ \"agent\")".into()),
    ];
    values.iter().map(|(kind, text)| Indicator::parse(*kind, text).unwrap()).collect()
}

fn full(indicator: Indicator, usage: Use) -> Exported {
    Exported {
        rating: Some(4),
        confidence: Some(80),
        usage,
        role: HostRole::ActorControlled,
        grade: Some("B2".parse().unwrap()),
        tlp: Tlp::AmberStrict,
        first_seen: Some(Time(1_780_000_000)),
        last_seen: Some(Time(1_785_000_000)),
        expires: Some(Time(1_800_000_000)),
        tags: vec!["widget".into(), "a;b\\c".into()],
        description: Some("Its \"gate\",\nin two lines".into()),
        source: Some("A report".into()),
        evidence: Some("seed.example, then 203.0.113.7 (3 names)".into()),
        ..bare(indicator)
    }
}

fn text(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

fn by_json(row: &Exported) -> Stated {
    let line = text(|out| json::write_row(out, row).unwrap());
    Taken::of(lines::read(&line)).stated.remove(0)
}

fn by_csv(row: &Exported) -> Stated {
    let file = text(|out| {
        csv::write_header(out).unwrap();
        csv::write_row(out, row).unwrap();
    });
    let mapping = table::Mapping::guess(table::first_row(&file, ',').iter().map(String::as_str)).unwrap();
    let taken = Taken::of(table::read(&file, table::guess_separator(&file), &mapping).unwrap());
    assert_eq!(taken.refused, [], "{file}");
    Stated { line: 1, ..taken.stated.into_iter().next().unwrap() }
}

#[test]
fn every_row_comes_back_in() {
    for indicator in every_type() {
        for row in [bare(indicator.clone()), full(indicator, Use::Block)] {
            assert_eq!(by_json(&row), Stated::from(&row));
            assert_eq!(by_csv(&row), Stated::from(&row));
            assert_eq!(text(|out| plain::write_row(out, &row).unwrap()), format!("{}\n", row.indicator));
        }
    }
}

#[test]
fn members_have_the_names_of_the_query_language() {
    let line = text(|out| json::write_row(out, &full(every_type().remove(0), Use::Alert)).unwrap());
    assert!(line.starts_with(r#"{"type":"address","value":"192.0.2.1","owner":"Owner 1","rating":4,"#), "{line}");
    let page = include_str!("../../../docs/formats.md");
    for name in csv::COLUMNS {
        assert!(line.contains(&format!("\"{name}\":")), "{name}");
        assert!(page.contains(&format!("| `{name}`")) || page.contains(&format!(", `{name}`")), "{name} is documented");
    }
}

proptest! {
    /// Whatever texts are in a row, spreadsheets and separators included.
    #[test]
    fn any_text_comes_back_in(
        mutex in "[ -~=+@ü;,\"'\\\\]{1,30}", description in "(\\PC|\n|\t){1,40}", tags in proptest::collection::vec("[a-z;\\\\,='\"-]{1,10}", 0..4),
    ) {
        let Ok(indicator) = Indicator::parse(IndicatorType::Mutex, &mutex) else { return Ok(()) };
        let mut tags: Vec<String> = tags;
        tags.sort();
        tags.dedup();
        let row = Exported { description: Some(description).filter(|text| !text.trim().is_empty()), tags, ..bare(indicator) };
        prop_assert_eq!(by_json(&row), Stated::from(&row));
        prop_assert_eq!(by_csv(&row), Stated::from(&row));
    }
}

fn group(number: u8, kind: GroupKind) -> Group {
    let mut fields = GroupFields::new(kind);
    match &mut fields {
        GroupFields::Adversary(profile) => {
            profile.aliases = vec!["Widget Bear".into()];
            profile.goals = vec!["widgets".into()];
            profile.motivation = Some(model::group::Motivation::PersonalGain);
            profile.sophistication = Some(model::group::Sophistication::Advanced);
        }
        GroupFields::Vulnerability(vulnerability) => vulnerability.cve = Some("CVE-2026-12345".parse().unwrap()),
        GroupFields::AttackPattern(pattern) => {
            pattern.technique = Some("T1566.001".parse().unwrap());
            pattern.tactics = vec!["initial-access".into()];
            pattern.url = Some("https://widgets.example/techniques/T1566/001".into());
        }
        GroupFields::Signature(signature) if number.is_multiple_of(2) => {
            signature.format = Some(SignatureFormat::Yara);
            signature.text = Some("rule widget { condition: false }".into());
        }
        _ => {}
    }
    Group {
        id: GroupId(Id::new(Time(1_790_000_000), [number; 10])),
        owner: holder(1, OwnerKind::Organization).id,
        name: format!("{kind} {number}"),
        fields,
        description: Some("in words".into()),
        tlp: Tlp::Green,
        pap: Pap::Red,
        pending: false,
        first_seen: Some(Time(1_780_000_000)),
        last_seen: Some(Time(1_785_000_000)),
        added: Time(1_790_000_000),
        modified: Time(1_790_000_100),
        revision: 1,
    }
}

/// Every type of indicator for each use, every kind of group, every TLP label, every kind of association.
fn bundle() -> (Vec<u8>, Vec<Exported>, Vec<Group>) {
    let rows: Vec<Exported> = every_type()
        .into_iter()
        .flat_map(|value| [full(value.clone(), Use::Block), full(value, Use::Context)])
        .collect();
    let owner = holder(2, OwnerKind::Community);
    let context = rows
        .iter()
        .filter(|row| row.usage == Use::Context)
        .cloned()
        .map(|row| Exported { owner: owner.clone(), ..row });
    let mut rows: Vec<Exported> = rows.iter().filter(|row| row.usage == Use::Block).cloned().chain(context).collect();
    for (tlp, row) in Tlp::ALL.iter().zip(&mut rows) {
        row.tlp = *tlp;
    }
    rows.push(bare(Indicator::parse(IndicatorType::Host, "context.widgets.example").unwrap()));
    rows.push(Exported {
        usage: Use::Alert,
        active: false,
        rating: Some(0),
        ..bare(Indicator::parse(IndicatorType::Host, "benign.widgets.example").unwrap())
    });
    let kinds = GroupKind::ALL.iter().chain([&GroupKind::Signature]);
    let groups: Vec<Group> = kinds.enumerate().map(|(at, kind)| group(at as u8 + 1, *kind)).collect();
    let mut bundle = Bundle::begin(Vec::new(), Id([7; 16])).unwrap();
    rows.iter().for_each(|row| bundle.indicator(row).unwrap());
    let owner = holder(1, OwnerKind::Organization);
    let end =
        |row: &Exported| End::Indicator { owner: row.owner.id, indicator: row.indicator.clone(), usage: row.usage };
    let about: Vec<End> = rows.iter().map(end).collect();
    for group in &groups {
        bundle.group(&ExportedGroup { group, owner: &owner, tags: &["widget".into()], about: &about[..3] }).unwrap();
    }
    for (at, kind) in AssociationKind::ALL.iter().enumerate() {
        let association = Association {
            id: AssociationId(Id([at as u8; 16])),
            owner: owner.id,
            kind: *kind,
            from: model::object::Object::Group(groups[0].id),
            to: model::object::Object::Group(groups[1].id),
            reason: "seen together".into(),
            confidence: Some(70),
            first_seen: Some(Time(1_780_000_000)),
            last_seen: Some(Time(1_785_000_000)),
            tlp: Tlp::Green,
            added: Time(1_790_000_000),
            revision: 1,
        };
        let (from, to) = match kind {
            AssociationKind::Indicates => (end(&rows[at]), End::of(&groups[3])),
            AssociationKind::RelatedTo => (end(rows.last().unwrap()), End::of(&groups[12])),
            _ => (End::of(&groups[at % 9]), End::of(&groups[1])),
        };
        bundle.association(&ExportedAssociation { association: &association, owner: &owner, from, to }).unwrap();
    }
    (bundle.finish().unwrap(), rows, groups)
}

#[test]
fn a_bundle_with_everything_comes_back_in() {
    let (octets, rows, groups) = bundle();
    if let Ok(path) = std::env::var("SPOOR_DUMP_STIX") {
        std::fs::write(path, &octets).unwrap();
    }
    let read = stix::read(&octets);
    assert_eq!((read.taken.refused.as_slice(), read.taken.remarks.as_slice()), (&[][..], &[][..]));
    assert!(read.passed_over.is_empty(), "{:?}", read.passed_over);
    for row in rows.iter().filter(|row| row.usage != Use::Context) {
        let stated = read
            .taken
            .stated
            .iter()
            .find(|stated| stated.indicator == row.indicator && stated.usage == Some(row.usage))
            .unwrap();
        assert_eq!(
            (stated.rating, stated.role, stated.grade),
            (row.rating, Some(row.role).filter(|role| *role != HostRole::Unknown), row.grade)
        );
        assert_eq!((stated.tlp, stated.pap, stated.confidence), (Some(row.tlp), Some(row.pap), row.confidence));
        assert_eq!(
            (stated.first_seen.is_some(), stated.expires, &stated.tags),
            (row.first_seen.is_some() && row.indicator.kind() != IndicatorType::UserAgent, row.expires, &row.tags)
        );
        assert_eq!(stated.owner.as_deref(), Some(row.owner.name.as_str()));
    }
    let context =
        read.taken.stated.iter().find(|stated| stated.indicator.canonical() == "context.widgets.example").unwrap();
    assert_eq!(
        (context.usage, context.first_seen),
        (Some(Use::Context), Some(Time(1_790_000_000))),
        "never an indicator"
    );
    // A user agent for context and a signature without text are notes as documents are.
    assert_eq!(read.groups.len(), groups.len() + 1);
    let adversary = read.groups.iter().find(|group| group.fields.kind() == GroupKind::Adversary).unwrap();
    assert_eq!(adversary.fields, groups[0].fields);
    let pattern = read.groups.iter().find(|group| group.fields.kind() == GroupKind::AttackPattern).unwrap();
    assert_eq!(pattern.fields.technique().unwrap().to_string(), "T1566.001");
    assert_eq!(read.associations.len(), AssociationKind::ALL.len());
    let indicates =
        read.associations.iter().find(|association| association.kind == AssociationKind::Indicates).unwrap();
    assert_eq!(read.values(&indicates.from).count(), 1);
}

#[test]
fn context_is_never_an_indicator() {
    for value in every_type() {
        let mut bundle = Bundle::begin(Vec::new(), Id([1; 16])).unwrap();
        bundle.indicator(&full(value, Use::Context)).unwrap();
        let text = String::from_utf8(bundle.finish().unwrap()).unwrap();
        assert!(!text.contains("\"pattern\"") && !text.contains("\"type\":\"indicator\""), "{text}");
    }
}

#[test]
fn an_observable_is_repeated_only_with_a_stricter_label() {
    let host = || Indicator::parse(IndicatorType::Host, "widgets.example").unwrap();
    let mut bundle = Bundle::begin(Vec::new(), Id([1; 16])).unwrap();
    for tlp in [Tlp::Green, Tlp::Clear, Tlp::Green, Tlp::Red] {
        bundle.indicator(&Exported { tlp, ..bare(host()) }).unwrap();
    }
    let text = String::from_utf8(bundle.finish().unwrap()).unwrap();
    assert_eq!(text.matches("\"type\":\"domain-name\"").count(), 2);
}
