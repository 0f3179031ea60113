//! TLP 2.0 as OASIS publishes it for STIX 2.1 (`cti-stix-common-objects`, extension definition `tlp-2.0`), and PAP.

use model::{Pap, Tlp};
use serde_json::{Value, json};

use super::id;

const EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// Ids, names and values of the TLP 2.0 marking definitions.
const TLP: [(Tlp, &str, &str); 5] = [
    (Tlp::Clear, "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"),
    (Tlp::Green, "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"),
    (Tlp::Amber, "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"),
    (Tlp::AmberStrict, "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"),
    (Tlp::Red, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "red"),
];

/// The predefined markings of TLP 1 (STIX 2.1 §7.2.1.4), which are still met.
const TLP_1: [(Tlp, &str); 4] = [
    (Tlp::Clear, "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"),
    (Tlp::Green, "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"),
    (Tlp::Amber, "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"),
    (Tlp::Red, "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
];

pub(super) fn tlp_id(tlp: Tlp) -> &'static str {
    TLP.iter().find(|(known, ..)| *known == tlp).map_or("", |(_, id, _)| id)
}

/// The label that a marking of either version stands for.
pub(super) fn tlp_of(id: &str) -> Option<Tlp> {
    let known = TLP.iter().map(|(tlp, id, _)| (*tlp, *id)).chain(TLP_1);
    known.into_iter().find(|(_, known)| *known == id).map(|(tlp, _)| tlp)
}

pub(super) fn pap_id(pap: Pap) -> String {
    id::object("marking-definition", &[b"PAP", pap.as_str().as_bytes()])
}

/// The permitted exposure that one of our own statements says.
pub(super) fn pap_of(id: &str) -> Option<Pap> {
    Pap::ALL.iter().copied().find(|pap| pap_id(*pap) == id)
}

/// When TLP 2.0 markings were made; ours have the same date, since they need one that never changes.
const CREATED: &str = "2022-10-01T00:00:00.000Z";

pub(super) fn tlp_definition(tlp: Tlp) -> Value {
    let value = TLP.iter().find(|(known, ..)| *known == tlp).map_or("", |(.., value)| value);
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": tlp_id(tlp),
        "created": CREATED,
        "name": tlp.label(),
        "extensions": { EXTENSION: { "extension_type": "property-extension", "tlp_2_0": value } },
    })
}

pub(super) fn pap_definition(pap: Pap) -> Value {
    let name = format!("PAP:{}", pap.as_str().to_uppercase());
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": pap_id(pap),
        "created": CREATED,
        "name": name,
        "definition_type": "statement",
        "definition": { "statement": name },
    })
}
