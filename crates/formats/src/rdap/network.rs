//! The IP network and AS number objects (RFC 9083 §5.4, §5.5), with the extensions of the address registries: `cidr0`
//! (prefixes) and `arin_originas0` (AS numbers that announce the block).

use std::{cmp::Reverse, net::IpAddr};

use model::{AutonomousSystem, Network, Prefix, network::Holder};
use serde_json::Value;

use super::{
    document::{Notes, Object, list, number, objects, text},
    domain::events,
    entity::{self, Entity},
};
use crate::remark::RemarkKind;

/// Reads an IP network object; none where it has no usable range.
pub(super) fn read_network(answer: &Object, notes: &mut Notes) -> Option<Network> {
    let (first, last) = range(answer, notes)?;
    Some(Network {
        first,
        last,
        name: owned(answer, "name"),
        handle: owned(answer, "handle"),
        kind: owned(answer, "type"),
        origins: list(answer, "arin_originas0_originautnums").iter().filter_map(number).collect(),
        holder: holder(answer, notes),
    })
}

/// Reads an AS number object; none where it has no number.
pub(super) fn read_autnum(answer: &Object, notes: &mut Notes) -> Option<AutonomousSystem> {
    let bound = |key: &str| answer.get(key).and_then(number);
    let from_handle = || answer.get("handle").and_then(number);
    let first = bound("startAutnum").or_else(from_handle);
    let last = bound("endAutnum").or(first);
    match (first, last) {
        (Some(first), Some(last)) if first <= last => Some(AutonomousSystem {
            first,
            last,
            name: owned(answer, "name"),
            handle: owned(answer, "handle"),
            holder: holder(answer, notes),
        }),
        _ => {
            notes.member("startAutnum", RemarkKind::BadValue, "no usable AS number");
            None
        }
    }
}

fn owned(object: &Object, key: &str) -> Option<String> {
    text(object, key).map(str::to_owned)
}

/// The range by its ends, else by its prefixes.
fn range(answer: &Object, notes: &mut Notes) -> Option<(IpAddr, IpAddr)> {
    let end = |key: &str| text(answer, key).and_then(|written| written.split('/').next()?.trim().parse().ok());
    let ends = end("startAddress").zip(end("endAddress"));
    let sound = |(first, last): &(IpAddr, IpAddr)| first.is_ipv4() == last.is_ipv4() && first <= last;
    let range = ends.filter(sound).or_else(|| by_prefixes(answer, notes).filter(sound));
    if range.is_none() {
        notes.member("startAddress", RemarkKind::BadValue, "no usable address range");
    }
    range
}

fn by_prefixes(answer: &Object, notes: &mut Notes) -> Option<(IpAddr, IpAddr)> {
    let prefixes: Vec<Prefix> = objects(answer, "", "cidr0_cidrs", notes)
        .into_iter()
        .filter_map(|(_, cidr)| {
            let address = text(cidr, "v4prefix").or(text(cidr, "v6prefix"))?.parse().ok()?;
            Prefix::of(address, number(cidr.get("length")?)?.try_into().ok()?).ok()
        })
        .collect();
    let first = prefixes.iter().map(|prefix| prefix.first()).min()?;
    let last = prefixes.iter().map(|prefix| prefix.last()).max()?;
    Some((first, last))
}

/// Whose it is. Of several registrants (RIPE lists organisations and maintainers alike) the first with a name stands;
/// where none has one, the text of `remarks` that address registries describe the holder with.
fn holder(answer: &Object, notes: &mut Notes) -> Holder {
    let entities = entity::all(answer, notes);
    let in_role = |role: &'static str| entities.iter().filter(move |entity| entity.has_role(role));
    let registrant = in_role("registrant").find(|entity| entity.title().is_some());
    let described = || objects(answer, "", "remarks", &mut Notes::default()).into_iter().find_map(description);
    // A contact for abuse alone before one that has other duties too.
    let abuse = in_role("abuse").max_by_key(|entity| (entity.card.email.is_some(), Reverse(entity.roles.len())));
    let events = events(answer, notes);
    let moment = |wanted: &str| events.iter().find(|(action, _)| action == wanted).map(|(_, moment)| *moment);
    Holder {
        holder: registrant.and_then(Entity::title).map(str::to_owned).or_else(described),
        country: owned(answer, "country").or_else(|| registrant.and_then(|entity| entity.card.country.clone())),
        abuse_email: abuse.and_then(|entity| entity.card.email.clone()),
        abuse_phone: abuse.and_then(|entity| entity.card.phone.clone()),
        registered: moment("registration"),
        updated: moment("last changed"),
    }
}

/// The first line of a remark that describes the object rather than the registry's rules.
fn description((_, remark): (String, &Object)) -> Option<String> {
    let titled = text(remark, "title").unwrap_or("description").to_ascii_lowercase();
    let line =
        list(remark, "description").iter().filter_map(Value::as_str).map(str::trim).find(|line| !line.is_empty())?;
    (titled == "description").then(|| line.to_owned())
}
