use std::collections::{BTreeMap, HashMap, HashSet};

use super::*;

const TUPLES: u32 = 130_000;

#[test]
fn the_same_everywhere_and_for_ever() {
    let rows: Vec<Sighting> = Workload::new(1, TUPLES).bulk().take(3).collect();
    let text: Vec<String> = rows
        .iter()
        .map(|(source, row)| {
            let tuple = &row.tuple;
            let rdata = tuple.rdata.as_octets().iter().map(|octet| format!("{octet:02x}")).collect::<String>();
            format!("{source} {} {} {rdata} {} {}", tuple.rrname, tuple.rrtype, row.span.first(), row.count)
        })
        .collect();
    assert_eq!(text, PINNED);
}

const PINNED: [&str; 3] = [
    "0 srv3464.qasocoli.s004.test A 0a802c89 2023-08-19T06:02:58Z 180",
    "0 cekipota.s040.test MX 001e036d78330b78697a756d656c656d65640473303231076578616d706c6500 2024-03-06T18:37:26Z 9634",
    "3 srv2826.kitupuha.s049.test A 0a4c5dc4 2024-06-27T14:19:43Z 219",
];

#[test]
fn tuples_are_distinct_and_shared_out_as_described() {
    let workload = Workload::new(2, TUPLES);
    assert_eq!(workload.tuples(), TUPLES);
    let tuples: HashSet<Tuple> = (0..TUPLES).map(|place| workload.tuple(place)).collect();
    assert_eq!(tuples.len(), TUPLES as usize);
    let mut types: BTreeMap<RecordType, usize> = BTreeMap::new();
    tuples.iter().for_each(|tuple| *types.entry(tuple.rrtype).or_default() += 1);
    let expected = [("A", 49), ("NS", 20), ("CNAME", 8), ("SOA", 8), ("MX", 8), ("TXT", 2), ("AAAA", 5)];
    for (rrtype, share) in expected {
        let found = types[&rrtype.parse().unwrap()] as f64 * 100.0 / f64::from(TUPLES);
        assert!((found - f64::from(share)).abs() < 3.0, "{rrtype}: {found:.1} % instead of {share}");
    }
    let names: HashSet<&Name> = tuples.iter().map(|tuple| &tuple.rrname).collect();
    let list = workload.suffix_list();
    let domains: HashSet<Name> = names.iter().map(|name| list.registrable(name).unwrap().domain).collect();
    let per_thousand = |count: usize| count * 1000 / TUPLES as usize;
    assert_eq!(domains.len(), workload.domains());
    assert!((70..95).contains(&per_thousand(domains.len())), "{} domains", domains.len());
    assert!((350..500).contains(&per_thousand(names.len())), "{} names", names.len());
}

#[test]
fn nine_in_ten_repeat_and_rows_have_one_spell_and_a_third() {
    let workload = Workload::new(3, TUPLES);
    let stream = u64::from(TUPLES) * 30 / 13;
    let mut rows: HashMap<(usize, Tuple), Vec<Span>> = HashMap::new();
    let mut bulk = 0;
    for (source, row) in workload.bulk() {
        rows.entry((source, row.tuple)).or_default().push(row.span);
        bulk += 1;
    }
    let known: HashSet<Tuple> = rows.keys().map(|(_, tuple)| tuple.clone()).collect();
    let mut fresh: HashSet<Tuple> = HashSet::new();
    for (source, row) in workload.stream(stream) {
        if !known.contains(&row.tuple) {
            fresh.insert(row.tuple.clone());
        }
        rows.entry((source, row.tuple)).or_default().push(row.span);
    }
    assert_eq!(known.len() + fresh.len(), TUPLES as usize);
    assert_eq!(fresh.len() as u64, stream / 10);
    let spells: usize = rows.values_mut().map(|spans| spells(spans)).sum();
    let average = spells as f64 / rows.len() as f64;
    let doubled = rows.len() as f64 / f64::from(TUPLES);
    assert!((1.2..1.4).contains(&average), "{average:.3} spells, {bulk} rows in bulk");
    assert!((1.15..1.3).contains(&doubled), "{doubled:.3} rows a tuple");
}

fn spells(spans: &mut [Span]) -> usize {
    spans.sort();
    let mut count = 0;
    let mut end = None;
    for span in spans.iter() {
        if end.is_none_or(|end: Time| span.first() > end.plus(7 * 86_400)) {
            count += 1;
        }
        end = end.max(Some(span.last()));
    }
    count
}

#[test]
fn batches_keep_the_order_of_a_source() {
    let workload = Workload::new(4, 5000);
    let mut apart: [Vec<Observation>; SOURCES] = Default::default();
    workload.stream(3000).for_each(|(source, row)| apart[source].push(row));
    let mut together: [Vec<Observation>; SOURCES] = Default::default();
    for (source, rows) in batches(workload.stream(3000), 100) {
        assert!(rows.len() <= 100);
        together[source].extend(rows);
    }
    assert_eq!(apart, together);
}

#[test]
fn tiny_populations_work() {
    for tuples in [0, 1, 2, 13] {
        let workload = Workload::new(5, tuples);
        assert_eq!(workload.tuples(), tuples);
        assert!(workload.bulk().count() >= workload.bulk_tuples() as usize);
        if tuples > 0 {
            assert_eq!(workload.stream(40).count(), 40);
        }
    }
}
