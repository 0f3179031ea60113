//! One step along a named kind of value: who shares it, how many, and whether that says anything.

use model::{Indicator, Name, PivotKind, Quality, Time, evidence::Share};
use serde::Serialize;

use crate::{
    connector::{Connector, Key, Sharer, connectors, field_of, network_of},
    error::Error,
    profile::Profile,
    view::{Denominator, View},
};

/// What a step along a kind of value found.
#[derive(Clone, Debug, Serialize)]
pub struct Pivot {
    /// Along which kind.
    pub kind: PivotKind,
    /// Every value of this kind, best first.
    pub values: Vec<PivotValue>,
    /// Out of what it was counted.
    pub denominator: Denominator,
}

/// One value and who shares it.
#[derive(Clone, Debug, Serialize)]
pub struct PivotValue {
    /// The kind.
    pub kind: PivotKind,
    /// The value as written.
    pub value: String,
    /// How many share it.
    pub share: Share,
    /// Whether sharing it says anything.
    pub quality: Quality,
    /// Why.
    pub reason: String,
    /// Labels that match it.
    pub labels: Vec<String>,
    /// Who shares it.
    pub rows: Vec<PivotRow>,
    /// There are more than were listed.
    pub more: bool,
}

/// A domain that shares the value.
#[derive(Clone, Debug, Serialize)]
pub struct PivotRow {
    /// The registrable domain.
    pub domain: Name,
    /// Its names that have the value.
    pub names: Vec<Name>,
    /// First seen with it.
    pub first: Time,
    /// Last seen with it.
    pub last: Time,
}

/// Steps from a value along a kind: from a domain along each of its values of this kind, or from a value of the kind
/// itself (an e-mail address along `email`).
pub fn pivot(view: &View, value: &str, kind: PivotKind) -> Result<Pivot, Error> {
    let from = match direct(value, kind) {
        Some(connector) => vec![connector],
        None => from_domain(view, value, kind)?,
    };
    let mut values = Vec::new();
    for connector in &from {
        values.push(step(view, connector, true)?);
    }
    values.sort_by_key(|value| (value.quality, value.share.domains.max(value.share.known)));
    Ok(Pivot { kind, values, denominator: view.denominator() })
}

/// One connector with its standing, and with who shares it where `list` says so.
pub fn step(view: &View, connector: &Connector, list: bool) -> Result<PivotValue, Error> {
    let standing = connector.key.standing(connector.kind, view)?;
    let (sharers, more) = if list { connector.key.sharers(view)? } else { (Vec::new(), false) };
    Ok(PivotValue {
        kind: connector.kind,
        value: connector.shown.clone(),
        share: standing.share,
        quality: standing.assessment.quality,
        reason: standing.assessment.reason,
        labels: standing.labels.iter().map(|label| label.kind.as_str().to_owned()).collect(),
        rows: sharers.into_iter().map(PivotRow::from).collect(),
        more,
    })
}

fn from_domain(view: &View, value: &str, kind: PivotKind) -> Result<Vec<Connector>, Error> {
    let invalid = |why: String| Error::Invalid { field: "value".into(), why };
    let name = match Indicator::guess(value) {
        Some(Indicator::Host(host)) => host.name().clone(),
        _ => return Err(invalid(format!("`{value}` is neither a domain nor a value of kind `{kind}`"))),
    };
    let domain = view.registrable(&name);
    if kind == PivotKind::Subdomain {
        let (key, shown) = (Key::Within(domain.clone()), domain.to_string());
        return Ok(vec![Connector { kind, key, shown, role: None, spells: Vec::new() }]);
    }
    let profile = Profile::read(view, &domain)?;
    Ok(connectors(&profile).into_iter().filter(|connector| connector.kind == kind).collect())
}

/// The value as a value of the kind itself; none where it reads as a domain to start from.
fn direct(value: &str, kind: PivotKind) -> Option<Connector> {
    let key = match (kind, Indicator::guess(value)) {
        (PivotKind::Address, Some(Indicator::Address(address))) => Key::Address(address),
        (PivotKind::Network, Some(Indicator::Address(address))) => Key::Network(network_of(address)),
        (PivotKind::Network | PivotKind::Address, Some(Indicator::Cidr(prefix))) => Key::Network(prefix),
        (_, Some(Indicator::Host(_))) => return None,
        _ => {
            let field = field_of(kind)?;
            Key::Value(field, field.fold(value))
        }
    };
    Some(Connector { kind, key, shown: value.to_owned(), role: None, spells: Vec::new() })
}

impl From<Sharer> for PivotRow {
    fn from(sharer: Sharer) -> PivotRow {
        let (first, last) = (sharer.span.first(), sharer.span.last());
        PivotRow { domain: sharer.domain, names: sharer.names, first, last }
    }
}
