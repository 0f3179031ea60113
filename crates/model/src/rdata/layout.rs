//! The table: which fields the data of a record type have, in their order.

use crate::record_type::RecordType;

/// How a field stands in wire form and in text. Kinds that say "to the end" come last in a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
    /// 32 bits of seconds, written `20260131235959` (RFC 4034 §3.2).
    Moment,
    /// A record type.
    Type,
    /// A name that only accompanies the record.
    Name,
    /// A name that the record points to.
    Target,
    /// One character string (RFC 1035 §3.3).
    Text,
    /// Character strings to the end, at least one.
    Texts,
    /// A character string of letters and digits, written without quotes (RFC 8659 §4.1.1).
    Tag,
    /// Octets to the end, written as one quoted text without limit of length.
    Value,
    /// Octets to the end, written in hexadecimal.
    Hex,
    /// Octets after their count, in hexadecimal, `-` for none (RFC 5155 §3.3).
    CountedHex,
    /// Octets after their count, in base 32 with extended hex alphabet (RFC 5155 §3.3).
    CountedBase32,
    /// Octets to the end in base 64.
    Base64,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// So many octets, written `00-00-5e-00-53-2a` (RFC 7043).
    Hyphened(usize),
    /// A bitmap of record types to the end (RFC 4034 §4.1.2).
    Types,
    /// A protocol and a bitmap of ports to the end (RFC 1035 §3.4.2).
    Ports,
    /// Service parameters to the end (RFC 9460 §2.1).
    Parameters,
    /// A place on Earth (RFC 1876).
    Location,
}

/// The fields of a record type; none where its data are opaque to us.
pub(super) fn layout(rrtype: RecordType) -> Option<&'static [FieldKind]> {
    use FieldKind::*;
    Some(match rrtype {
        RecordType::A => &[Ipv4],
        RecordType::AAAA => &[Ipv6],
        RecordType::NS | RecordType::CNAME | RecordType::PTR | RecordType::DNAME => &[Target],
        RecordType::MD | RecordType::MF | RecordType::MB | RecordType::MG | RecordType::MR => &[Target],
        RecordType::MX | RecordType::KX | RecordType::RT | RecordType::AFSDB | RecordType::LP => &[U16, Target],
        RecordType::SOA => &[Target, Target, U32, U32, U32, U32, U32],
        RecordType::MINFO => &[Target, Target],
        RecordType::RP => &[Target, Name],
        RecordType::SRV => &[U16, U16, U16, Target],
        RecordType::SVCB | RecordType::HTTPS => &[U16, Target, Parameters],
        RecordType::NAPTR => &[U16, U16, Text, Text, Text, Name],
        RecordType::TXT | RecordType::SPF | RecordType::ISDN => &[Texts],
        RecordType::HINFO => &[Text, Text],
        RecordType::X25 => &[Text],
        RecordType::CAA => &[U8, Tag, Value],
        RecordType::URI => &[U16, U16, Value],
        RecordType::DS | RecordType::CDS | RecordType::DLV => &[U16, U8, U8, Hex],
        RecordType::DNSKEY | RecordType::CDNSKEY => &[U16, U8, U8, Base64],
        RecordType::RRSIG => &[Type, U8, U8, U32, Moment, Moment, U16, Name, Base64],
        RecordType::NSEC => &[Name, Types],
        RecordType::NSEC3 => &[U8, U8, U16, CountedHex, CountedBase32, Types],
        RecordType::NSEC3PARAM => &[U8, U8, U16, CountedHex],
        RecordType::CSYNC => &[U32, U16, Types],
        RecordType::ZONEMD => &[U32, U8, U8, Hex],
        RecordType::SSHFP => &[U8, U8, Hex],
        RecordType::TLSA | RecordType::SMIMEA => &[U8, U8, U8, Hex],
        RecordType::CERT => &[U16, U16, U8, Base64],
        RecordType::OPENPGPKEY | RecordType::DHCID => &[Base64],
        RecordType::EUI48 => &[Hyphened(6)],
        RecordType::EUI64 => &[Hyphened(8)],
        RecordType::WKS => &[Ipv4, Ports],
        RecordType::LOC => &[Location],
        _ => return None,
    })
}
