//! Cyber-observable objects (STIX 2.1 §6) for indicators.

use std::net::IpAddr;

use model::{Indicator, Tlp, indicator::Digest};
use serde_json::{Map, Value, json};

use super::{id, marking, object::Object};

/// The type, and the properties that the id is made of; none for a user agent, which only a connection could carry.
fn contributing(indicator: &Indicator) -> Option<(&'static str, Value)> {
    Some(match indicator {
        Indicator::Address(address) => (address_type(*address), json!({ "value": address.to_string() })),
        Indicator::Cidr(prefix) => (address_type(prefix.first()), json!({ "value": prefix.to_string() })),
        Indicator::Asn(number) => ("autonomous-system", json!({ "number": number })),
        Indicator::Host(host) => ("domain-name", json!({ "value": host.to_string() })),
        Indicator::Url(url) => ("url", json!({ "value": url.as_str() })),
        Indicator::EmailAddress(address) => ("email-addr", json!({ "value": address.as_str() })),
        Indicator::File(digest) => ("file", hashes(digest)),
        Indicator::Certificate(digest) => ("x509-certificate", hashes(digest)),
        Indicator::Mutex(line) => ("mutex", json!({ "name": line.as_str() })),
        Indicator::RegistryKey(line) => ("windows-registry-key", json!({ "key": line.as_str() })),
        Indicator::UserAgent(_) => return None,
    })
}

/// The id of the observable of a value.
pub(super) fn id(indicator: &Indicator) -> Option<String> {
    contributing(indicator).map(|(kind, contributing)| id::observable(kind, &contributing))
}

/// The observable of a value.
pub(super) fn object(indicator: &Indicator, tlp: Tlp) -> Option<Value> {
    let (kind, properties) = contributing(indicator)?;
    let mut object = Object::bare(kind, &id::observable(kind, &properties));
    if let Value::Object(properties) = properties {
        properties.into_iter().for_each(|(name, value)| object.set(&name, value));
    }
    object.set("object_marking_refs", json!([marking::tlp_id(tlp)]));
    Some(object.into_value())
}

pub(super) fn address_type(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" }
}

fn hashes(digest: &Digest) -> Value {
    let hash = Map::from_iter([(hash_name(digest).to_owned(), digest.hex().into())]);
    json!({ "hashes": hash })
}

/// The name of a hash (STIX 2.1 §10.4).
pub(super) fn hash_name(digest: &Digest) -> &'static str {
    match digest.kind() {
        "md5" => "MD5",
        "sha1" => "SHA-1",
        "sha256" => "SHA-256",
        _ => "SHA-512",
    }
}

#[cfg(test)]
mod tests {
    use model::IndicatorType;

    use super::*;

    /// The ids that the OASIS library for Python (`stix2`) derives for the same values.
    #[test]
    fn observables_have_everybodys_ids() {
        for (kind, text, expected) in [
            (IndicatorType::Address, "198.51.100.3", "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
            (IndicatorType::Host, "widgets.example", "domain-name--364b47ee-1dc3-5bb7-b9a7-7e4c7615ff77"),
            (IndicatorType::Asn, "AS64496", "autonomous-system--9ad79ee3-2fde-5015-b0cc-7a96404effca"),
            (IndicatorType::File, &"0".repeat(64), "file--e69ecea1-a7d7-50bc-9c16-744503e23a3e"),
            (IndicatorType::Mutex, "a\\b\"ü", "mutex--cd340a6c-7f15-5d69-99cb-0dc93070eb73"),
            (
                IndicatorType::RegistryKey,
                r"HKLM\Software",
                "windows-registry-key--36acc6b1-80b8-52c4-89e4-352df18169a5",
            ),
            (IndicatorType::Certificate, &"1".repeat(40), "x509-certificate--a8b26730-1daf-57e7-9c48-02c6481f82a0"),
            (IndicatorType::Url, "http://widgets.example/", "url--bc8fba23-cd60-58f9-99ad-93d7e07883f3"),
            (IndicatorType::EmailAddress, "a@widgets.example", "email-addr--89a4c4ba-078b-5b68-9ddb-c40131eb7440"),
            (IndicatorType::Cidr, "2001:db8::/32", "ipv6-addr--8da31feb-e0f9-54c3-ab30-bd8ccea361dd"),
        ] {
            let indicator = Indicator::parse(kind, text).unwrap();
            assert_eq!(id(&indicator).as_deref(), Some(expected), "{text}");
        }
    }
}
