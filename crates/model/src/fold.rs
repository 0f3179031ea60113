//! Folding: when two written values are the same value.
//!
//! Reverse WHOIS compares folded values only. A folded value is never shown in place of the written one.

use unicode_normalization::UnicodeNormalization;

/// Names and organisations: NFKC, lower case, punctuation dropped, blanks joined, legal forms at the end dropped.
pub fn person(text: &str) -> String {
    let mut words: Vec<String> = plain(text).split_whitespace().map(String::from).collect();
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL_FORMS.contains(&word.as_str())) {
        words.pop();
    }
    words.join(" ")
}

/// Streets: NFKC, lower case, punctuation dropped, blanks joined.
pub fn street(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// E-mail addresses: lower case, without blanks and angle brackets around.
pub fn email(text: &str) -> String {
    text.trim().trim_matches(['<', '>']).to_lowercase()
}

/// Telephone numbers: the digits, with `+` in front where the number is written internationally; an extension
/// (`x12`, `ext. 12`) is left out.
pub fn phone(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.split(['x', 'e']).next().unwrap_or_default();
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match number.trim_start() {
        international if international.starts_with('+') => format!("+{digits}"),
        _ => match digits.strip_prefix("00") {
            Some(rest) if !rest.is_empty() => format!("+{rest}"),
            _ => digits,
        },
    }
}

/// Handles: upper case, without blanks around.
pub fn handle(text: &str) -> String {
    text.trim().to_uppercase()
}

fn plain(text: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    text.nfkc().filter(|c| !matches!(c, '.' | '\'' | '’')).map(keep).flat_map(char::to_lowercase).collect()
}

const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "as",
    "bv",
    "co",
    "corp",
    "corporation",
    "ehf",
    "gmbh",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "limited",
    "llc",
    "llp",
    "ltd",
    "ltda",
    "nv",
    "oy",
    "plc",
    "pte",
    "pty",
    "sa",
    "sarl",
    "sas",
    "sl",
    "spa",
    "srl",
    "sro",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_value_same_text() {
        assert_eq!(person("ACME  Widgets, Inc."), person("Acme Widgets"));
        assert_eq!(person("S.A."), "sa");
        assert_eq!(phone("+49 (30) 123-456"), phone("+49.30123456"));
        assert_eq!(phone("0049 30 123456 ext. 7"), "+4930123456");
        assert_eq!(phone("030 123456"), "030123456");
        assert_eq!(email(" Some.One@Example.COM "), "some.one@example.com");
        assert_eq!(street("1, Main-Street"), "1 main street");
    }
}
