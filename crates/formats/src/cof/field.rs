//! Fields of a COF line, whatever JSON type they have; texts are borrowed from the line where they hold no escapes.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

use super::RDATA_ELEMENTS_MAX;

/// A text or a number.
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
}

impl Scalar<'_> {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Scalar::Text(text) => Cow::Borrowed(text),
            Scalar::Integer(number) => Cow::Owned(number.to_string()),
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Scalar::Integer(number) => Some(*number),
            Scalar::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// The record data: one text, or several.
pub(super) enum Data<'a> {
    One([Scalar<'a>; 1]),
    Several(Vec<Scalar<'a>>),
}

impl<'a> Data<'a> {
    pub(super) fn elements(&self) -> &[Scalar<'a>] {
        match self {
            Data::One(element) => element,
            Data::Several(elements) => elements,
        }
    }
}

struct ScalarVisitor;
struct DataVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a whole number")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
        i64::try_from(number).map(Scalar::Integer).map_err(|_| E::custom("number out of range"))
    }

    /// Some sensors write times with a fraction; what is less than a second is cut.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar<'de>, E> {
        match number.abs() < 9e15 {
            true => Ok(Scalar::Integer(number.floor() as i64)),
            false => Err(E::custom("number out of range")),
        }
    }
}

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an array of texts")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Data<'de>, E> {
        Ok(Data::One([Scalar::Text(Cow::Borrowed(text))]))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Data<'de>, E> {
        Ok(Data::One([Scalar::Text(Cow::Owned(text.to_owned()))]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Data<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            // One more than the limit is kept, so that reaching it shows.
            if elements.len() <= RDATA_ELEMENTS_MAX {
                elements.push(element);
            }
        }
        Ok(Data::Several(elements))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar<'a>, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Data<'a>, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}
