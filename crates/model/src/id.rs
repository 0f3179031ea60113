//! Identifiers: 128 bits that sort by the time they were made (UUID version 7, RFC 9562 §5.7).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Time;

/// The octets of an identifier. Written as a UUID: `01932f4e-8f00-7abc-8123-0123456789ab`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

/// Text that is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: write 32 hexadecimal digits as in 01932f4e-8f00-7abc-8123-0123456789ab")]
pub struct IdError;

impl Id {
    /// An identifier made at `now`, told apart from others of that moment by `random` bits.
    pub fn new(now: Time, random: [u8; 10]) -> Id {
        let milliseconds = u64::try_from(now.0).unwrap_or(0).saturating_mul(1000);
        let mut octets = [0; 16];
        octets[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        octets[6..].copy_from_slice(&random);
        octets[6] = octets[6] & 0x0f | 0x70;
        octets[8] = octets[8] & 0x3f | 0x80;
        Id(octets)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        let (a, b, c) = (number >> 96, number >> 80 & 0xffff, number >> 64 & 0xffff);
        let (d, e) = (number >> 48 & 0xffff, number & 0xffff_ffff_ffff);
        f.pad(&format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Id, IdError> {
        let dashes_stand_right =
            text.bytes().enumerate().all(|(at, octet)| (octet == b'-') == matches!(at, 8 | 13 | 18 | 23));
        let digits = text.replace('-', "");
        if text.len() != 36 || !dashes_stand_right || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(IdError);
        }
        u128::from_str_radix(&digits, 16).map(|number| Id(number.to_be_bytes())).map_err(|_| IdError)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! id {
    ($($(#[doc = $doc:literal])+ $name:ident)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Id);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<$name, IdError> {
                text.parse().map($name)
            }
        }
    )+ };
}

id! {
    /// An owner of opinions.
    OwnerId
    /// An account.
    UserId
    /// A token for programs.
    TokenId
    /// A signed-in session.
    SessionId
    /// A value that at least one owner holds an opinion about.
    IndicatorId
    /// A group.
    GroupId
    /// An association.
    AssociationId
    /// A note.
    NoteId
    /// An attribute.
    AttributeId
    /// A sighting, or that something was a false positive.
    SightingId
    /// An import, and what it brought.
    ImportId
    /// A feed.
    FeedId
    /// One run of a feed.
    FeedRunId
    /// A list of labels.
    LabelListId
    /// A saved search.
    SearchId
    /// An entry of the audit log.
    AuditId
    /// A Track.
    TrackId
    /// Something that a Track found.
    HitId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_sorts_by_time() {
        let early = Id::new(Time(1_790_000_000), [0xff; 10]);
        let late = Id::new(Time(1_790_000_001), [0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(&early.to_string()[14..15], "7", "the version");
        for wrong in [
            "",
            "01932f4e8f007abc81230123456789ab",
            "01932f4e-8f00-7abc-8123-0123456789aß",
            "0193-2f4e8f00-7abc-8123-0123456789ab",
        ] {
            assert_eq!(wrong.parse::<Id>(), Err(IdError), "{wrong}");
        }
    }
}
