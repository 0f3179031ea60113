//! Record data of a message in canonical form: names whole and folded.
//!
//! Only types that are older than RFC 3597 may have compressed names in their data (§4), and a few younger ones that
//! were compressed by mistake often enough for that RFC to want them read. For these, one table says where the names
//! are: after so many octets and so many character strings.

use std::ops::Range;

use model::RecordType;

use super::name::WireName;

/// The longest data in canonical form: a message's 65,535 octets and two names made whole.
pub const DATA_OCTETS_MAX: usize = 65_535;

/// Where the names of a type's data are.
struct Layout {
    octets: usize,
    strings: usize,
    names: usize,
    /// How many octets follow them; any number where none.
    rest: Option<usize>,
}

fn layout(rrtype: RecordType) -> Option<Layout> {
    let layout = |octets, strings, names, rest| Some(Layout { octets, strings, names, rest });
    match rrtype {
        RecordType::NS | RecordType::CNAME | RecordType::PTR | RecordType::DNAME => layout(0, 0, 1, Some(0)),
        RecordType::MX | RecordType::AFSDB | RecordType::RT | RecordType::KX | RecordType::LP => {
            layout(2, 0, 1, Some(0))
        }
        RecordType::SOA => layout(0, 0, 2, Some(20)),
        RecordType::SRV => layout(6, 0, 1, Some(0)),
        RecordType::SVCB | RecordType::HTTPS => layout(2, 0, 1, None),
        RecordType::RRSIG | RecordType::SIG => layout(18, 0, 1, None),
        RecordType::NSEC | RecordType::NXT => layout(0, 0, 1, None),
        RecordType::NAPTR => layout(4, 3, 1, Some(0)),
        RecordType::MINFO | RecordType::RP => layout(0, 0, 2, Some(0)),
        RecordType::PX => layout(2, 0, 2, Some(0)),
        RecordType::MB | RecordType::MG | RecordType::MR | RecordType::MD | RecordType::MF => layout(0, 0, 1, Some(0)),
        _ => None,
    }
}

/// Puts the data at `span` of `message` into `out`; none where they do not fit their type. Data of types without names
/// are put there as they are: whoever stores them has the whole table.
pub(super) fn canonical(rrtype: RecordType, message: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Option<()> {
    let data = message.get(span.clone())?;
    let fits = match rrtype {
        RecordType::A => data.len() == 4,
        RecordType::AAAA => data.len() == 16,
        _ => true,
    };
    match layout(rrtype) {
        None => out.extend_from_slice(data),
        Some(layout) => expand(&layout, message, span, out)?,
    }
    (fits && out.len() <= DATA_OCTETS_MAX).then_some(())
}

fn expand(layout: &Layout, message: &[u8], span: Range<usize>, out: &mut Vec<u8>) -> Option<()> {
    let mut at = span.start + layout.octets;
    for _ in 0..layout.strings {
        at += 1 + usize::from(*message.get(at)?);
    }
    out.extend_from_slice(message.get(span.start..at)?);
    for _ in 0..layout.names {
        let mut name = WireName::empty();
        at = name.read(message, at).filter(|end| *end <= span.end)?;
        out.extend_from_slice(name.as_wire());
    }
    let rest = message.get(at..span.end)?;
    out.extend_from_slice(rest);
    layout.rest.is_none_or(|octets| octets == rest.len()).then_some(())
}

#[cfg(test)]
mod tests {
    use model::Rdata;

    use super::*;

    fn text(rrtype: RecordType, message: &[u8], at: usize) -> Option<String> {
        let mut out = Vec::new();
        canonical(rrtype, message, at..message.len(), &mut out)?;
        Rdata::from_wire(rrtype, &out).ok().map(|data| data.text(rrtype))
    }

    #[test]
    fn names_in_data_are_made_whole() {
        let message = |data: &[u8]| [&b"\x07EXAMPLE\0"[..], data].concat();
        for (rrtype, data, expected) in [
            (RecordType::NS, &b"\x02NS\xc0\0"[..], "ns.example."),
            (RecordType::MX, b"\0\x0a\x04mail\xc0\0", "10 mail.example."),
            (
                RecordType::SOA,
                b"\x01a\xc0\0\xc0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05",
                "a.example. example. 1 2 3 4 5",
            ),
            (RecordType::SRV, b"\0\x01\0\x02\0\x35\xc0\0", "1 2 53 example."),
            (RecordType::NAPTR, b"\0\x01\0\x02\x01u\x00\x00\xc0\0", r#"1 2 "u" "" "" example."#),
            (RecordType::A, b"\xc0\0\x02\x01", "192.0.2.1"),
            (RecordType(65280), b"\xc0\0", r"\# 2 c000"),
        ] {
            assert_eq!(text(rrtype, &message(data), 9).as_deref(), Some(expected));
        }
    }

    #[test]
    fn data_that_do_not_fit_are_refused() {
        for (rrtype, data) in [
            (RecordType::NS, &b"\x02NS\0x"[..]),
            (RecordType::MX, b"\0"),
            (RecordType::SOA, b"\0\0\0\0\0\x01"),
            (RecordType::A, b"\xc0\0\x02"),
            (RecordType::AAAA, b"\xc0\0\x02\x01"),
            (RecordType::NAPTR, b"\0\0\0\0\xff"),
        ] {
            assert_eq!(text(rrtype, data, 0), None, "{rrtype}");
        }
    }
}
