//! Identifiers (STIX 2.1 §2.9): a type, two hyphens, a UUID.

use model::{Indicator, IndicatorType, Time, id::Id};
use serde_json::Value;
use uuid::{Uuid, uuid};

/// The namespace of observables (STIX 2.1 §2.9).
const OBSERVABLES: Uuid = uuid!("00abedb4-aa42-466c-9c01-fed23315a9b7");
/// Our namespace for everything else: that of observables must not be used for it.
const OBJECTS: Uuid = uuid!("6a2d6dd5-5f4c-5d0b-9f0e-8b0f5c6f3b7a");

/// The id of an object that is told apart from others of its type by these parts.
pub(super) fn object(kind: &str, parts: &[&[u8]]) -> String {
    let mut name = Vec::new();
    for part in std::iter::once(&kind.as_bytes()).chain(parts) {
        // Lengths keep ("a", "bc") and ("ab", "c") apart.
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    format!("{kind}--{}", Uuid::new_v5(&OBJECTS, &name))
}

/// The id of an observable, from its id contributing properties in canonical JSON (RFC 8785): our members are few and
/// sorted, texts and small integers, and for those serde_json's form is the canonical one.
pub(super) fn observable(kind: &str, contributing: &Value) -> String {
    format!("{kind}--{}", Uuid::new_v5(&OBSERVABLES, contributing.to_string().as_bytes()))
}

/// An owner's opinion about a value, as an object of type `kind`.
pub(super) fn opinion(kind: &str, owner: Id, indicator: &Indicator) -> String {
    let word: IndicatorType = indicator.kind();
    object(kind, &[&owner.0, word.as_str().as_bytes(), indicator.canonical().as_bytes()])
}

/// When a model id was made (RFC 9562 §5.7: milliseconds in the first 48 bits).
pub(super) fn made(id: Id) -> Time {
    let milliseconds = id.0.iter().take(6).fold(0_i64, |sum, octet| sum << 8 | i64::from(*octet));
    Time(milliseconds / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(object("note", &[b"a", b"bc"]), object("note", &[b"ab", b"c"]));
        assert_eq!(made(Id::new(Time(1_790_000_000), [7; 10])), Time(1_790_000_000));
    }
}
