//! Questions about DNS: which ranges of keys hold a subject, and walking over them tuple by tuple.

use std::{collections::BTreeSet, net::IpAddr, ops::ControlFlow};

use hashbrown::HashSet;
use model::{Name, Prefix, Readable, Registrable, SourceId, Span, Time};

use crate::{
    block::Value,
    cursor::{RawRow, Skip},
    error::Error,
    found::{Found, Group},
    key::{self, FORWARD, INVERSE, NAME},
    octets::Input,
    query::{Counts, Cursor, Fences, Page, Query, Record, Subject, Visited},
    snapshot::{Snapshot, Walked},
    tuple::{self, class},
    view::{Probe, Range, after, source_mask},
    writer::{self, domain_hash},
};

/// What a walk over tuples is told to do next.
type Flow = ControlFlow<()>;

impl Snapshot {
    /// Records of a subject, tuple by tuple in the order of the key space.
    pub fn dns(&self, query: &Query) -> Result<Page<Record>, Error> {
        let mut rows: Vec<Record> = Vec::new();
        let mut next = None;
        let mut last = Vec::new();
        let walked = self.walk(query, &mut |found| {
            if rows.len() == query.limit {
                next = Some(Cursor(last.clone()));
                return Flow::Break(());
            }
            if let Some(record) = found.record() {
                last.clear();
                last.extend_from_slice(found.place());
                rows.push(record);
            }
            Flow::Continue(())
        })?;
        if walked.interrupted {
            next = next.or_else(|| (!last.is_empty()).then_some(Cursor(last)).or_else(|| query.cursor.clone()));
        }
        let damaged = walked.damaged + self.lost;
        Ok(Page { rows, next, interrupted: walked.interrupted, damaged })
    }

    /// Calls `visit` with each tuple of a subject, in the order of the key space, until it breaks: for answers that are
    /// written as they are read. The query's limit is the visitor's business.
    pub fn visit_dns(
        &self,
        query: &Query,
        visit: &mut dyn FnMut(&Found<'_>) -> ControlFlow<()>,
    ) -> Result<Visited, Error> {
        let walked = self.walk(query, visit)?;
        Ok(Visited { interrupted: walked.interrupted, damaged: walked.damaged + self.lost })
    }

    /// How many tuples, names and registrable domains a subject has; counting stops at `cap` names.
    pub fn count(&self, query: &Query, cap: u64) -> Result<Counts, Error> {
        let (mut names, mut domains) = (HashSet::<Box<[u8]>>::new(), HashSet::new());
        let mut counts = Counts::default();
        let suffixes = &self.view.catalog.suffixes;
        let walked = self.walk(query, &mut |found| {
            let Some(owner) = found.owner() else { return Flow::Continue(()) };
            if !names.contains(owner) {
                if names.len() as u64 >= cap {
                    counts.at_least = true;
                    return Flow::Break(());
                }
                domains.extend(writer::registrable(suffixes, owner).map(Box::<[u8]>::from));
                names.insert(owner.into());
            }
            counts.tuples += 1;
            Flow::Continue(())
        })?;
        counts.names = names.len() as u64;
        counts.domains = domains.len() as u64;
        counts.at_least |= walked.interrupted || walked.damaged + self.lost > 0;
        Ok(counts)
    }

    /// Distinct registrable domains of a subject's owner names, sorted; at most `cap`, and `next` says no more than
    /// that there are others.
    pub fn domains(&self, query: &Query, cap: usize) -> Result<Page<Name>, Error> {
        let mut domains = BTreeSet::new();
        let mut next = None;
        let suffixes = &self.view.catalog.suffixes;
        let walked = self.walk(query, &mut |found| {
            let name = found.owner().and_then(|owner| key::take_name(&mut Input(owner)));
            let registrable = name.and_then(|name| suffixes.registrable(&name));
            if let Some(Registrable { domain, .. }) = registrable.filter(|found| !domains.contains(&found.domain)) {
                if domains.len() >= cap {
                    next = Some(Cursor(found.place().to_vec()));
                    return Flow::Break(());
                }
                domains.insert(domain);
            }
            Flow::Continue(())
        })?;
        let rows = domains.into_iter().collect();
        Ok(Page { rows, next, interrupted: walked.interrupted, damaged: walked.damaged + self.lost })
    }

    /// Calls `visit` with each tuple of a subject, in order.
    fn walk(&self, query: &Query, visit: &mut Visit<'_>) -> Result<Walked, Error> {
        let mut walked = Walked::default();
        if let Subject::Beginning(labels) = &query.subject {
            self.walk_names(query, labels, &mut walked, visit)?;
            return Ok(walked);
        }
        let after = query.cursor.as_ref().map(|cursor| [&cursor.0[..], &[0xff]].concat());
        for range in self.ranges(&query.subject) {
            let start = after.clone().filter(|after| *after > range.start).unwrap_or_else(|| range.start.clone());
            if start >= range.end {
                continue;
            }
            let range = Range { start, ..range };
            if self.walk_range(query, &range, &mut walked, visit)?.is_break() {
                break;
            }
        }
        Ok(walked)
    }

    fn walk_range(
        &self,
        query: &Query,
        range: &Range,
        walked: &mut Walked,
        visit: &mut Visit<'_>,
    ) -> Result<Flow, Error> {
        let mut merge = self.view.scan(range, &skip(query))?;
        let admits_all = self.admits_all(query);
        let mut group = Group::default();
        let mut is_torn = true; // the row before is not known
        let mut flow = Flow::Continue(());
        while flow.is_continue() {
            if walked.is_due(&query.interrupt) {
                flow = Flow::Break(());
                break;
            }
            let Some(row) = merge.next_raw()? else { break };
            let shared = if std::mem::take(&mut is_torn) { 0 } else { row.shared };
            let Some((front, source)) = key::split_source(row.key) else {
                is_torn = true;
                continue;
            };
            if !group.is_of(front, shared) {
                flow = group.found(&query.subject).map_or(Flow::Continue(()), |found| visit(&found));
                group.begin(front, shared);
            }
            if flow.is_continue() && (admits_all || self.admits(query, &row, source)) {
                group.add(source, &row);
            }
        }
        if flow.is_continue() {
            flow = group.found(&query.subject).map_or(Flow::Continue(()), |found| visit(&found));
        }
        walked.damaged += merge.damaged();
        Ok(flow)
    }

    /// Whether every row may be shown and is asked for.
    fn admits_all(&self, query: &Query) -> bool {
        let is_open = query.rrtypes.is_empty() && query.fences == Fences::default();
        is_open && query.sources == Readable::All && self.view.catalog.ages.is_empty()
    }

    /// Whether a source's row may be shown and is asked for.
    fn admits(&self, query: &Query, row: &RawRow<'_>, source: SourceId) -> bool {
        let of_type = query.rrtypes.is_empty()
            || tuple::rrtype(row.key).is_some_and(|rrtype| query.rrtypes.iter().any(|wanted| wanted.0 == rrtype));
        let Value { first, last, .. } = row.value;
        of_type
            && query.sources.allows(source)
            && query.fences.admit(Span::at(Time(first)).union(Span::at(Time(last))))
            && !self.view.catalog.is_too_old(row.key, last)
    }

    /// Names that begin with these labels, then what is known of each.
    fn walk_names(
        &self,
        query: &Query,
        labels: &[Box<[u8]>],
        walked: &mut Walked,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let mut front = vec![NAME];
        labels.iter().for_each(|label| key::put_escaped(&mut front, &label.to_ascii_lowercase()));
        let mut range = Range::prefix(&front);
        // At least one more label follows: its end would stand here.
        range.start.push(1);
        if let Some(name) = query.cursor.as_ref().and_then(|cursor| cursor_name(&cursor.0)) {
            range.start = range.start.max(name_key(&name));
        }
        let mut names = self.view.scan(&range, &Skip { sources: source_mask(&query.sources), ..Skip::nothing() })?;
        let mut before: Option<Name> = None;
        while let Some(row) = names.next()? {
            let Some(name) = key::take_name_forward(&mut Input(&row.key[1..])) else { continue };
            if walked.is_due(&query.interrupt) {
                break;
            }
            if before.as_ref() != Some(&name) && self.walk_name(query, &name, walked, visit)?.is_break() {
                break;
            }
            before = Some(name);
        }
        walked.damaged += names.damaged();
        Ok(())
    }

    fn walk_name(&self, query: &Query, name: &Name, walked: &mut Walked, visit: &mut Visit<'_>) -> Result<Flow, Error> {
        let mut range = exact(FORWARD, name);
        if let Some(cursor) = query.cursor.as_ref().filter(|cursor| cursor_name(&cursor.0).as_ref() == Some(name)) {
            range.start = range.start.max([&cursor.0[..], &[0xff]].concat());
        }
        self.walk_range(query, &range, walked, visit)
    }

    /// The ranges of keys that hold a subject, in order.
    fn ranges(&self, subject: &Subject) -> Vec<Range> {
        match subject {
            Subject::Name(name) => vec![exact(FORWARD, name)],
            Subject::Within(name) => vec![self.within(&[FORWARD], name)],
            Subject::Beginning(_) => Vec::new(),
            Subject::Address(address) => match address {
                IpAddr::V4(v4) => vec![Range::known_front(&address_front(class::IPV4, &v4.octets()))],
                IpAddr::V6(v6) => vec![Range::known_front(&address_front(class::IPV6, &v6.octets()))],
            },
            Subject::Prefix(prefix) => vec![prefix_range(*prefix)],
            Subject::Target(name) => {
                let mut front = vec![INVERSE, class::NAME];
                key::put_name(&mut front, name);
                vec![Range::known_front(&front)]
            }
            Subject::TargetWithin(name) => vec![self.within(&[INVERSE, class::NAME], name)],
            Subject::Rdata(rdata) => rdata_ranges(rdata),
        }
    }

    /// A name and everything below it; filters know registrable domains.
    fn within(&self, front: &[u8], name: &Name) -> Range {
        let mut labels = Vec::new();
        key::put_labels_reversed(&mut labels, name);
        let range = Range::prefix(&[front, &labels].concat());
        let Some(Registrable { domain, .. }) = self.view.catalog.suffixes.registrable(name) else { return range };
        let mut cut = Vec::new();
        key::put_labels_reversed(&mut cut, &domain);
        Range { probe: Some(Probe::Domain(domain_hash(front[0], &cut))), ..range }
    }
}

/// What is done with each tuple.
type Visit<'v> = dyn FnMut(&Found<'_>) -> Flow + 'v;

fn skip(query: &Query) -> Skip {
    let types = query.rrtypes.iter().fold(0, |mask, rrtype| mask | 1 << (rrtype.0 % 64));
    let fences = &query.fences;
    let times = (fences.first_before.map_or(i64::MAX, |at| at.0), fences.last_after.map_or(i64::MIN, |at| at.0));
    Skip { types, sources: source_mask(&query.sources), times: Some(times) }
}

fn exact(space: u8, name: &Name) -> Range {
    let mut front = vec![space];
    key::put_name(&mut front, name);
    Range::known_front(&front)
}

fn name_key(name: &Name) -> Vec<u8> {
    let mut key = vec![NAME];
    name.labels().for_each(|label| key::put_escaped(&mut key, label));
    key.push(0);
    key
}

/// The owner name in a cursor of the forward space.
fn cursor_name(cursor: &[u8]) -> Option<Name> {
    key::take_name(&mut Input(cursor.get(1..key::name_end(cursor, 1)?)?))
}

fn address_front(class: u8, octets: &[u8]) -> Vec<u8> {
    let mut front = vec![INVERSE];
    tuple::put_address(&mut front, class, octets);
    front
}

fn prefix_range(prefix: Prefix) -> Range {
    let (start, last) = match (prefix.first(), prefix.last()) {
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            (address_front(class::IPV6, &first.octets()), address_front(class::IPV6, &last.octets()))
        }
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (address_front(class::IPV4, &first.octets()), address_front(class::IPV4, &last.octets()))
        }
        _ => (Vec::new(), Vec::new()),
    };
    Range { start, end: after(&last), probe: None }
}

/// Data of any type: an address, a name at one of the places where types have one, or other data.
fn rdata_ranges(rdata: &[u8]) -> Vec<Range> {
    let mut ranges = Vec::new();
    match rdata.len() {
        4 => ranges.push(Range::known_front(&address_front(class::IPV4, rdata))),
        16 => ranges.push(Range::known_front(&address_front(class::IPV6, rdata))),
        _ => {}
    }
    for offset in [0, 2, 6] {
        let Some((name, _)) = rdata.get(offset..).and_then(|rest| Name::split_wire(rest).ok()) else { continue };
        let mut front = vec![INVERSE, class::NAME];
        key::put_name(&mut front, &name);
        ranges.push(Range::known_front(&front));
    }
    let mut front = vec![INVERSE];
    tuple::put_other(&mut front, rdata);
    ranges.push(Range::known_front(&front));
    ranges.sort_by(|a, b| a.start.cmp(&b.start));
    ranges.dedup_by(|a, b| a.start == b.start);
    ranges
}
