//! A registration as a list of named values, and what differs between two.

use std::borrow::Cow;

use model::{Contact, Disclosed, Registration, Role, Time, fold};
use serde::{Deserialize, Serialize};

/// A value of a named field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// As the record writes it.
    pub(super) disclosed: Disclosed,
    /// As it is compared.
    folded: String,
    /// When, of a date.
    time: Option<Time>,
}

impl Value {
    /// Whether two values say the same: folded, and dates within a day, because sources state days or moments.
    pub(super) fn is_same(&self, other: &Value) -> bool {
        match (self.time, other.time) {
            (Some(a), Some(b)) => a.days_since(b).abs() <= 1,
            _ => self.folded == other.folded && self.disclosed.stated().is_some() == other.disclosed.stated().is_some(),
        }
    }
}

/// One field that two versions state differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name: `registrar`, `registrant email`, …
    pub field: Cow<'static, str>,
    /// Before.
    pub before: Disclosed,
    /// After.
    pub after: Disclosed,
}

/// The fields that differ, without the time of the last update.
pub(super) fn changes(before: &Registration, after: &Registration) -> Vec<Change> {
    let (before, after) = (fields(before), fields(after));
    let pairs = before.into_iter().zip(after).filter(|((_, a), (_, b))| !a.is_same(b));
    pairs
        .map(|((field, before), (_, after))| Change {
            field: field.into(),
            before: before.disclosed,
            after: after.disclosed,
        })
        .filter(|change| change.field != UPDATED)
        .collect()
}

const UPDATED: &str = "updated";

/// All fields, always the same ones in the same order.
pub(super) fn fields(of: &Registration) -> Vec<(&'static str, Value)> {
    let mut servers: Vec<String> = of.nameservers.iter().map(|server| server.name.to_string()).collect();
    servers.sort();
    let mut statuses = of.statuses.clone();
    statuses.sort_by_key(|status| fold::handle(status));
    let mut all = vec![
        ("state", plain(Some(of.state.to_string()), str::to_owned)),
        ("registry id", plain(of.registry_id.clone(), fold::handle)),
        ("registrar", plain(of.registrar.name.clone(), fold::person)),
        ("registrar id", plain(of.registrar.iana_id.map(|id| id.to_string()), str::to_owned)),
        ("reseller", plain(of.reseller.clone(), fold::person)),
        ("created", date(of.created)),
        (UPDATED, date(of.updated)),
        ("expires", date(of.expires)),
        ("status", plain(Some(statuses.join(" ")), status)),
        ("name servers", plain(Some(servers.join(" ")), str::to_owned)),
        ("signed", plain(of.signed.map(|signed| signed.to_string()), str::to_owned)),
    ];
    for (role, names) in Role::CONTACTS.into_iter().zip(CONTACT_FIELDS) {
        let nobody = Contact::default();
        all.extend(names.into_iter().zip(contact(of.contact(role).unwrap_or(&nobody))));
    }
    all
}

fn plain(text: Option<String>, fold: fn(&str) -> String) -> Value {
    let text = text.filter(|text| !text.is_empty());
    Value {
        folded: text.as_deref().map(fold).unwrap_or_default(),
        disclosed: text.map_or(Disclosed::Absent, Disclosed::Stated),
        time: None,
    }
}

fn date(time: Option<Time>) -> Value {
    Value { time, ..plain(time.map(|time| time.to_string()), str::to_owned) }
}

/// RFC 8056: RDAP writes EPP's `clientHold` as `client hold`.
fn status(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The names of the fields of each contact, in the order of [`contact`].
const CONTACT_FIELDS: [[&str; 8]; 4] = [
    [
        "registrant handle",
        "registrant name",
        "registrant organization",
        "registrant email",
        "registrant phone",
        "registrant street",
        "registrant city",
        "registrant country",
    ],
    [
        "admin handle",
        "admin name",
        "admin organization",
        "admin email",
        "admin phone",
        "admin street",
        "admin city",
        "admin country",
    ],
    [
        "tech handle",
        "tech name",
        "tech organization",
        "tech email",
        "tech phone",
        "tech street",
        "tech city",
        "tech country",
    ],
    [
        "billing handle",
        "billing name",
        "billing organization",
        "billing email",
        "billing phone",
        "billing street",
        "billing city",
        "billing country",
    ],
];

fn contact(of: &Contact) -> [Value; 8] {
    let value = |disclosed: &Disclosed, fold: fn(&str) -> String| Value {
        folded: disclosed.stated().map(fold).unwrap_or_default(),
        disclosed: disclosed.clone(),
        time: None,
    };
    [
        value(&of.handle, fold::handle),
        value(&of.name, fold::person),
        value(&of.organization, fold::person),
        value(&of.email, fold::email),
        value(&of.phone, fold::phone),
        value(&of.street, fold::street),
        value(&of.city, fold::person),
        value(&of.country, fold::person),
    ]
}
