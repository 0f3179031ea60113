//! MITRE ATT&CK, from the STIX bundle in which it is published.

use model::group::TechniqueId;
use serde_json::Value;

use crate::{
    member::{cut, is_true, text},
    remark::{Remark, RemarkKind, note},
    stix::{external, stream, tactics},
};

/// How many techniques are read.
pub const TECHNIQUES_MAX: usize = 10_000;

/// A technique, or one of its forms (`T1603.001`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its ATT&CK id.
    pub id: TechniqueId,
    /// Its name.
    pub name: String,
    /// The short names of its tactics, in order.
    pub tactics: Vec<String>,
    /// Its page.
    pub url: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// Its id in STIX.
    pub reference: String,
    /// Whether it is revoked or deprecated: known, so that old reports can be read, and not offered.
    pub retired: bool,
}

/// Reads the techniques of a bundle, by their id.
pub fn read(octets: &[u8]) -> (Vec<Technique>, Vec<Remark>) {
    let (mut techniques, mut remarks) = (Vec::new(), Vec::new());
    let end = stream::objects(octets, |number, object| {
        if text(&object, "type") != Some("attack-pattern") {
            return true;
        }
        match technique(&object) {
            Some(technique) => techniques.push(technique),
            None => {
                let path = format!("objects[{}]", number - 1);
                note(&mut remarks, Remark::member(path, RemarkKind::NotUnderstood, "no ATT&CK id, name or STIX id"));
            }
        }
        techniques.len() < TECHNIQUES_MAX
    });
    if let Err(error) = end {
        note(&mut remarks, Remark::whole(RemarkKind::NotUnderstood, &format!("not a bundle in JSON: {error}")));
    }
    if techniques.len() >= TECHNIQUES_MAX {
        note(&mut remarks, Remark::whole(RemarkKind::Limit, &format!("only {TECHNIQUES_MAX} techniques were read")));
    }
    techniques.sort_by(|a, b| a.id.cmp(&b.id));
    (techniques, remarks)
}

fn technique(object: &Value) -> Option<Technique> {
    let (id, url) = external(object);
    Some(Technique {
        id: id?.parse().ok()?,
        name: text(object, "name").map(cut)?,
        tactics: tactics(object),
        url,
        description: text(object, "description").map(cut),
        reference: text(object, "id").map(cut)?,
        retired: is_true(object, "revoked") || is_true(object, "x_mitre_deprecated"),
    })
}
