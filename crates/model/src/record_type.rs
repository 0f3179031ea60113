//! DNS record types (IANA registry "Resource Record (RR) TYPEs").

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A record type by its number; unknown ones are written `TYPE65280` (RFC 3597 §5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordType(pub u16);

/// Text that names no record type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown record type `{0}`: a mnemonic such as AAAA, or TYPE and a number")]
pub struct UnknownRecordType(String);

macro_rules! record_types {
    ($($name:ident = $number:literal, $text:literal;)+) => {
        #[allow(missing_docs, reason = "the mnemonics are the registry's")]
        impl RecordType {
            $(pub const $name: RecordType = RecordType($number);)+
        }

        const MNEMONICS: &[(u16, &str)] = &[$(($number, $text)),+];
    };
}

record_types! {
    A = 1, "A"; NS = 2, "NS"; MD = 3, "MD"; MF = 4, "MF"; CNAME = 5, "CNAME"; SOA = 6, "SOA"; MB = 7, "MB";
    MG = 8, "MG"; MR = 9, "MR"; NULL = 10, "NULL"; WKS = 11, "WKS"; PTR = 12, "PTR"; HINFO = 13, "HINFO";
    MINFO = 14, "MINFO"; MX = 15, "MX"; TXT = 16, "TXT"; RP = 17, "RP"; AFSDB = 18, "AFSDB"; X25 = 19, "X25";
    ISDN = 20, "ISDN"; RT = 21, "RT"; NSAP = 22, "NSAP"; SIG = 24, "SIG"; KEY = 25, "KEY"; PX = 26, "PX";
    AAAA = 28, "AAAA"; LOC = 29, "LOC"; NXT = 30, "NXT"; SRV = 33, "SRV"; NAPTR = 35, "NAPTR"; KX = 36, "KX";
    CERT = 37, "CERT"; A6 = 38, "A6"; DNAME = 39, "DNAME"; OPT = 41, "OPT"; APL = 42, "APL"; DS = 43, "DS";
    SSHFP = 44, "SSHFP"; IPSECKEY = 45, "IPSECKEY"; RRSIG = 46, "RRSIG"; NSEC = 47, "NSEC"; DNSKEY = 48, "DNSKEY";
    DHCID = 49, "DHCID"; NSEC3 = 50, "NSEC3"; NSEC3PARAM = 51, "NSEC3PARAM"; TLSA = 52, "TLSA"; SMIMEA = 53, "SMIMEA";
    HIP = 55, "HIP"; CDS = 59, "CDS"; CDNSKEY = 60, "CDNSKEY"; OPENPGPKEY = 61, "OPENPGPKEY"; CSYNC = 62, "CSYNC";
    ZONEMD = 63, "ZONEMD"; SVCB = 64, "SVCB"; HTTPS = 65, "HTTPS"; SPF = 99, "SPF"; NID = 104, "NID"; L32 = 105, "L32";
    L64 = 106, "L64"; LP = 107, "LP"; EUI48 = 108, "EUI48"; EUI64 = 109, "EUI64"; TKEY = 249, "TKEY"; TSIG = 250, "TSIG";
    URI = 256, "URI"; CAA = 257, "CAA"; DLV = 32769, "DLV";
}

impl RecordType {
    fn mnemonic(self) -> Option<&'static str> {
        MNEMONICS.binary_search_by_key(&self.0, |(number, _)| *number).ok().map(|at| MNEMONICS[at].1)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RecordType {
    type Err = UnknownRecordType;

    /// A mnemonic in any case, `TYPE` and a number, or a bare number.
    fn from_str(text: &str) -> Result<RecordType, UnknownRecordType> {
        if let Some((number, _)) = MNEMONICS.iter().find(|(_, mnemonic)| mnemonic.eq_ignore_ascii_case(text)) {
            return Ok(RecordType(*number));
        }
        let digits = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("TYPE") => &text[4..],
            _ => text,
        };
        let unknown = || UnknownRecordType(text.chars().take(40).collect());
        if digits.bytes().all(|d| d.is_ascii_digit()) {
            digits.parse().map(RecordType).map_err(|_| unknown())
        } else {
            Err(unknown())
        }
    }
}

impl Serialize for RecordType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RecordType, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
