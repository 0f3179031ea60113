//! Record data in canonical form: uncompressed wire form, embedded names folded.
//!
//! One fact must be one key, however it was written, so record data are kept as DNSSEC hashes them (RFC 4034 §6.2),
//! only more so: the names inside are folded for every type, since all of them are keys that somebody looks up.
//!
//! What the octets mean is one table, record type → fields (`layout`); text and wire are read and written over that
//! table, a type has no code of its own. Text is the presentation form of RFC 1035 §5.1 and of each type's RFC, names
//! with their final dot; octets that have no such form, and types not in the table, are written as RFC 3597 §5 says:
//! `\# 4 c0000201`. Whatever [`Rdata::text`] writes for accepted octets, [`Rdata::from_text`] reads back as the same
//! octets.

mod base;
mod bitmap;
mod layout;
mod location;
mod parameter;
#[cfg(test)]
mod property;
mod read;
mod wire;
mod write;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{name::Name, record_type::RecordType};
use layout::{FieldKind, layout};

/// The longest record data (RFC 1035 §3.2.1: RDLENGTH has 16 bits).
pub const RDATA_OCTETS_MAX: usize = 65_535;

/// Record data in canonical wire form; what the octets mean depends on the record type beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rdata(Box<[u8]>);

/// Why text or octets are no data of this record type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {rrtype} record data: {problem} at octet {at}")]
pub struct RdataError {
    /// The record type that was asked for.
    pub rrtype: RecordType,
    /// What is wrong.
    pub problem: &'static str,
    /// Where, counted in octets from 0.
    pub at: usize,
}

/// What is wrong and where, for whoever knows the record type to complete.
#[derive(Debug)]
struct Fault {
    problem: &'static str,
    at: usize,
}

impl Fault {
    fn new(problem: &'static str, at: usize) -> Fault {
        Fault { problem, at }
    }

    /// The same fault in a text that starts `offset` octets earlier.
    fn after(self, offset: usize) -> Fault {
        Fault { at: self.at + offset, ..self }
    }

    fn of(self, rrtype: RecordType) -> RdataError {
        RdataError { rrtype, problem: self.problem, at: self.at }
    }
}

impl Rdata {
    /// Octets that are canonical already, as a store gives them back.
    pub fn from_canonical(octets: &[u8]) -> Rdata {
        Rdata(octets.into())
    }

    /// Parses presentation form, or `\# length hex` for any type (RFC 3597 §5).
    ///
    /// Names are absolute with or without their final dot. TXT without any quote is one string, blanks included, as
    /// passive DNS exports write it; a string of more than 255 octets is split.
    pub fn from_text(rrtype: RecordType, text: &str) -> Result<Rdata, RdataError> {
        read::read(rrtype, text.as_bytes()).map_err(|fault| fault.of(rrtype))
    }

    /// Takes uncompressed wire form and folds the names inside.
    pub fn from_wire(rrtype: RecordType, octets: &[u8]) -> Result<Rdata, RdataError> {
        wire::fold(rrtype, octets).map(Rdata).map_err(|fault| fault.of(rrtype))
    }

    /// The canonical octets.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// Presentation form; octets that have none for this type are written in the form of RFC 3597 §5.
    pub fn text(&self, rrtype: RecordType) -> String {
        write::text(rrtype, &self.0)
    }

    /// The address that an A or AAAA record holds.
    pub fn address(&self, rrtype: RecordType) -> Option<IpAddr> {
        match rrtype {
            RecordType::A => <[u8; 4]>::try_from(&*self.0).ok().map(|octets| Ipv4Addr::from(octets).into()),
            RecordType::AAAA => <[u8; 16]>::try_from(&*self.0).ok().map(|octets| Ipv6Addr::from(octets).into()),
            _ => None,
        }
    }

    /// The names that such a record points to, in their order: an MX's exchange, an SOA's two names. The root is left
    /// out, since it says "none" (RFC 7505) or "the owner itself" (RFC 9460 §2.5).
    pub fn targets(&self, rrtype: RecordType) -> Vec<Name> {
        let mut targets = Vec::new();
        let Some(fields) = layout(rrtype).filter(|fields| fields.contains(&FieldKind::Target)) else { return targets };
        // What was read before octets that do not fit the type still counts.
        let _ = wire::walk(fields, &self.0, |kind, span| {
            if kind == FieldKind::Target && span.len() > 1 {
                targets.extend(Name::from_wire(&self.0[span]));
            }
        });
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rrtype: &str, text: &str) -> (RecordType, Result<Rdata, RdataError>) {
        let rrtype = rrtype.parse().unwrap();
        (rrtype, Rdata::from_text(rrtype, text))
    }

    /// The text after reading and writing.
    fn again(rrtype: &str, text: &str) -> String {
        let (rrtype, rdata) = read(rrtype, text);
        rdata.unwrap_or_else(|error| panic!("{text}: {error}")).text(rrtype)
    }

    fn targets(rrtype: &str, text: &str) -> String {
        let (rrtype, rdata) = read(rrtype, text);
        rdata.unwrap().targets(rrtype).iter().map(Name::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn canonical_text_of_every_type() {
        for (rrtype, text) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("NS", "ns1.example."),
            ("SOA", "ns1.example. hostmaster.example. 2026010100 7200 900 1209600 300"),
            ("MX", "10 mail.example."),
            ("MX", "0 ."),
            ("HINFO", r#""PC \"486\"" "Linux""#),
            ("MINFO", "a.example. b.example."),
            ("RP", r"jo\.hn.example. txt.example."),
            ("TXT", r#""v=spf1 -all" "" "\000\255\\""#),
            ("SRV", "10 1 5060 sip.example."),
            ("NAPTR", r#"100 10 "u" "E2U+sip" "!^.*$!sip:info@example!" ."#),
            ("DS", "12345 13 2 00ff"),
            ("DNSKEY", "257 3 13 AQIDBA=="),
            ("RRSIG", "TYPE65280 14 3 600 20201208010615 20201108001911 32554 example. l3iC"),
            ("NSEC", "b.example. A MX RRSIG NSEC TYPE1234"),
            ("NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG"),
            ("NSEC3", "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s"),
            ("NSEC3PARAM", "1 0 0 -"),
            ("CSYNC", "66 3 A NS AAAA"),
            ("ZONEMD", "2018031500 1 1 00ff"),
            ("SSHFP", "1 1 198c34a92fc0"),
            ("TLSA", "3 1 1 00ff"),
            ("CERT", "1 12345 8 AQID"),
            ("OPENPGPKEY", "AQID"),
            ("CAA", r#"0 issue "ca.example; account=1""#),
            ("URI", r#"10 1 "https://www.example/path""#),
            ("EUI48", "00-00-5e-00-53-2a"),
            ("EUI64", "00-00-5e-ef-10-00-00-2a"),
            ("WKS", "192.0.2.1 6 0 1 2 21 23"),
            ("LOC", "37 22 26.000 N 121 59 28.000 W -10.50m 1.00m 1000.00m 10.00m"),
            ("SVCB", "0 foo.example."),
            (
                "HTTPS",
                r#"1 . mandatory="alpn,port" alpn="h3,h2" no-default-alpn port="8443" ipv4hint="192.0.2.1,192.0.2.2""#,
            ),
            (
                "HTTPS",
                r#"16 a.example. alpn="f\\\\oo\\,bar,h2" ech="AQID" ipv6hint="2001:db8::1" dohpath="/q{?dns}" key667="x\000y""#,
            ),
            ("TYPE65280", r"\# 4 c0000201"),
            ("TYPE65280", r"\# 0"),
        ] {
            assert_eq!(again(rrtype, text), text, "{rrtype}");
        }
    }

    #[test]
    fn tolerant_in_one_form_out() {
        for (rrtype, text, canonical) in [
            ("NS", "NS1.Example", "ns1.example."),
            ("A", r"\# 4 C000 0201", "192.0.2.1"),
            ("MX", r"\# 8 000A 04 4D61696C 00", "10 mail."),
            ("SOA", "a. b. ( 1 2 3\n 4 5 )", "a. b. 1 2 3 4 5"),
            ("TXT", "v=spf1 mx; -all", r#""v=spf1 mx; -all""#),
            ("TXT", r#"(a) "b c" "#, r#""(a)" "b c""#),
            ("CAA", "128 issue letsencrypt.example", r#"128 issue "letsencrypt.example""#),
            ("NSEC", "b.example. NSEC A A TYPE15", "b.example. A MX NSEC"),
            ("LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"),
            ("WKS", "192.0.2.1 TCP 25 21", "192.0.2.1 6 21 25"),
            (
                "SVCB",
                "1 a. port=53 alpn=dot key4=\\192\\000\\002\\001",
                r#"1 a. alpn="dot" port="53" ipv4hint="192.0.2.1""#,
            ),
            ("RRSIG", "A 8 2 60 4294967295 0 1 example AQID", "A 8 2 60 21060207062815 19700101000000 1 example. AQID"),
        ] {
            assert_eq!(again(rrtype, text), canonical, "{rrtype}");
        }
        let long = again("TXT", &format!("\"{}\"", "x".repeat(300)));
        assert_eq!(long, format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (rrtype, text, said) in [
            ("A", "192.0.2.256", "not A record data: expected an IPv4 address at octet 0"),
            ("MX", "10", "not MX record data: a field is missing at octet 2"),
            ("MX", "70000 a.", "not MX record data: expected a number from 0 to 65535 at octet 0"),
            ("MX", "10 a..b", "not MX record data: empty label in a name at octet 5"),
            ("NS", "a. b.", "not NS record data: text continues after the last field at octet 3"),
            ("TXT", "\"abc", "not TXT record data: unclosed quote at octet 0"),
            ("DS", "1 2 3 0g", "not DS record data: not a digit of this encoding at octet 7"),
            ("DS", "1 2 3 000", "not DS record data: a digit is missing at octet 9"),
            ("A", r"\# 3 c00002", "not A record data: data end early at octet 3"),
            ("A", r"\# 4 c00002", "not A record data: stated length differs from the length of the data at octet 11"),
            ("TYPE65280", "abc", r"not TYPE65280 record data: this type is written `\# length hex` at octet 0"),
            ("HTTPS", "1 . alpn=h2 alpn=h3", "not HTTPS record data: a parameter twice at octet 19"),
            ("HTTPS", "1 . port=x", "not HTTPS record data: bad value of a parameter at octet 4"),
            ("LOC", "91 N 0 E 0", "not LOC record data: expected degrees, minutes, seconds or a direction at octet 0"),
        ] {
            assert_eq!(read(rrtype, text).1.unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn what_does_not_fit_its_type_is_still_shown() {
        assert_eq!(Rdata::from_canonical(&[1, 2, 3]).text(RecordType::A), r"\# 3 010203");
        // A bitmap with a zero octet at its end: kept as it was seen, in generic form.
        let odd = Rdata::from_wire(RecordType::NSEC, &[0, 0, 2, 0x40, 0]).unwrap();
        assert_eq!(odd.text(RecordType::NSEC), r"\# 5 0000024000");
        assert_eq!(Rdata::from_text(RecordType::NSEC, r"\# 5 0000024000"), Ok(odd));
    }

    #[test]
    fn wire_names_fold_and_must_fit() {
        let rdata = Rdata::from_wire(RecordType::MX, b"\0\x0a\x04MAIL\x07Example\0").unwrap();
        assert_eq!(rdata.as_octets(), b"\0\x0a\x04mail\x07example\0");
        assert!(Rdata::from_wire(RecordType::MX, b"\0\x0a\xc0\x0c").is_err());
        assert!(Rdata::from_wire(RecordType::A, &[192, 0, 2]).is_err());
        assert!(Rdata::from_wire(RecordType::A, &[192, 0, 2, 1, 0]).is_err());
        assert!(Rdata::from_wire(RecordType::NULL, &vec![0; RDATA_OCTETS_MAX + 1]).is_err());
    }

    #[test]
    fn knows_addresses_and_targets() {
        let (rrtype, rdata) = read("AAAA", "2001:db8::1");
        assert_eq!(rdata.unwrap().address(rrtype), "2001:db8::1".parse().ok());
        assert_eq!(Rdata::from_canonical(&[1, 2, 3]).address(RecordType::A), None);
        assert_eq!(targets("SOA", "ns.example. mail.example. 1 2 3 4 5"), "ns.example mail.example");
        assert_eq!(targets("RP", "mail.example. txt.example."), "mail.example");
        assert_eq!(targets("HTTPS", "1 cdn.example. alpn=h2"), "cdn.example");
        assert_eq!(targets("MX", "0 ."), "");
        assert_eq!(targets("RRSIG", "A 8 2 60 1 0 1 signer.example. AQID"), "");
    }
}
