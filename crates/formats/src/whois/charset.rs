//! The character set of an answer.
//!
//! RFC 3912 §4 has none ("no mechanism for indicating the character set in use"). So: UTF-8 where the octets are valid
//! UTF-8, which other sets hardly ever are by chance; else the set that the zone's registry is known for; else
//! windows-1252, the superset of ISO 8859-1, of which every octet has some reading.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, ISO_8859_2, KOI8_R, KOI8_U, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1254, WINDOWS_1256, WINDOWS_1257,
};

use crate::{Remark, RemarkKind};

/// The text of an answer, and a remark where it is not UTF-8.
pub fn decode(body: &[u8], zone: &str) -> (String, Option<Remark>) {
    let top = zone.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let shifts = top == "jp" && body.windows(2).any(|pair| pair == b"\x1b$");
    if !shifts && let Ok(text) = std::str::from_utf8(body) {
        return (text.to_owned(), None);
    }
    let (text, _, failed) = usual(&top, shifts).decode(body);
    let taken = usual(&top, shifts);
    if !failed {
        return (text.into_owned(), Some(Remark::whole(RemarkKind::Charset, taken.name())));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(body);
    (text.into_owned(), Some(Remark::whole(RemarkKind::Charset, WINDOWS_1252.name())))
}

/// The set that a zone's registry is known for.
fn usual(top: &str, shifts: bool) -> &'static Encoding {
    match top {
        "jp" if shifts => ISO_2022_JP,
        "jp" => SHIFT_JIS,
        "kr" | "xn--3e0b707e" => EUC_KR,
        "tw" | "hk" | "xn--kpry57d" | "xn--kprw13d" | "xn--j6w193g" => BIG5,
        "cn" | "xn--fiqs8s" | "xn--fiqz9s" => GB18030,
        "ru" | "su" | "xn--p1ai" => KOI8_R,
        "ua" => KOI8_U,
        "by" | "bg" | "kz" | "rs" | "mk" => WINDOWS_1251,
        "tr" => WINDOWS_1254,
        "ir" | "sa" | "ae" | "eg" => WINDOWS_1256,
        "lt" | "lv" | "ee" => WINDOWS_1257,
        "pl" | "cz" | "sk" | "hu" | "hr" | "si" | "ro" => ISO_8859_2,
        _ => WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_zone() {
        assert_eq!(decode("Zürich".as_bytes(), "ch"), ("Zürich".into(), None));
        let (text, remark) = decode(b"Z\xfcrich", "ch");
        assert_eq!((text.as_str(), remark.unwrap().text.as_str()), ("Zürich", "windows-1252"));
        let (text, remark) = decode(b"\xb0\xa1", "co.kr");
        assert_eq!((text.as_str(), remark.unwrap().text.as_str()), ("가", "EUC-KR"));
        assert_eq!(decode(b"\x1b$B4A;z\x1b(B", "jp").0, "漢字");
        assert_eq!(decode(b"\xff\xff\xff", "cn").0, "ÿÿÿ");
    }
}
