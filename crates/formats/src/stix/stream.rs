//! The objects of a bundle, one at a time: a bundle may be much larger than what is taken from it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Gives each object of a bundle, of a TAXII envelope, or of a bare array, with its number from 1, until `each` has
/// enough. The error is that of the JSON text; what came before it was given.
pub(crate) fn objects(octets: &[u8], mut each: impl FnMut(usize, Value) -> bool) -> Result<(), String> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut deserializer = serde_json::Deserializer::from_slice(octets);
    let mut number = 0;
    let mut numbered = |object| {
        number += 1;
        each(number, object)
    };
    deserializer.deserialize_any(Whole(&mut numbered)).map_err(|error| error.to_string())
}

struct Whole<'f>(&'f mut dyn FnMut(Value) -> bool);

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bundle, or an array of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "objects" => map.next_value_seed(Objects(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Objects(self.0).visit_seq(seq)
    }
}

struct Objects<'f>(&'f mut dyn FnMut(Value) -> bool);

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(object) = seq.next_element::<Value>()? {
            if !(self.0)(object) {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
            }
        }
        Ok(())
    }
}
