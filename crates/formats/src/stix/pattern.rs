//! Patterns (STIX 2.1 §9): written for every type of indicator, and read where they only list values.
//!
//! Understood: `[a = 'x' OR a IN ('y', 'z')] OR [b = 'w']`, with `=`, `IN` and `ISSUBSET` over paths that mean a type of
//! indicator, and `AND` between hashes of one file. Everything that a list of values cannot say (`AND`, `NOT`,
//! `FOLLOWEDBY`, qualifiers, `LIKE`, `MATCHES`, other paths) makes the whole pattern one that is kept as text: half of a
//! pattern would say more than its author did.

use model::{Indicator, IndicatorType};

use super::observable::{address_type, hash_name};

/// The longest pattern that is looked at, in octets.
const PATTERN_OCTETS_MAX: usize = 256 << 10;

/// The pattern that matches a value.
pub fn pattern_of(indicator: &Indicator) -> String {
    let text = |path: &str, value: &str| format!("[{path} = '{}']", escaped(value));
    match indicator {
        Indicator::Address(address) => text(&format!("{}:value", address_type(*address)), &address.to_string()),
        Indicator::Cidr(prefix) => format!("[{}:value ISSUBSET '{prefix}']", address_type(prefix.first())),
        Indicator::Asn(number) => format!("[autonomous-system:number = {number}]"),
        Indicator::Host(host) => text("domain-name:value", &host.to_string()),
        Indicator::Url(url) => text("url:value", url.as_str()),
        Indicator::EmailAddress(address) => text("email-addr:value", address.as_str()),
        Indicator::File(digest) => text(&format!("file:hashes.'{}'", hash_name(digest)), digest.hex()),
        Indicator::Certificate(digest) => {
            text(&format!("x509-certificate:hashes.'{}'", hash_name(digest)), digest.hex())
        }
        Indicator::Mutex(line) => text("mutex:name", line.as_str()),
        Indicator::RegistryKey(line) => text("windows-registry-key:key", line.as_str()),
        Indicator::UserAgent(line) => {
            text("network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", line.as_str())
        }
    }
}

/// A text literal: backslash and apostrophe have a backslash in front (§9.3).
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('\'', r"\'")
}

/// The values that a pattern lists, or why it is more than a list.
pub fn values_of(pattern: &str) -> Result<Vec<Indicator>, String> {
    if pattern.len() > PATTERN_OCTETS_MAX {
        return Err(format!("longer than {PATTERN_OCTETS_MAX} octets"));
    }
    let mut reader = Reader { rest: pattern, values: Vec::new() };
    reader.observations()?;
    Ok(reader.values)
}

struct Reader<'a> {
    rest: &'a str,
    values: Vec<Indicator>,
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    /// A path, keyword or number.
    Word(&'a str),
    Text(String),
    Mark(&'static str),
}

const MARKS: [&str; 12] = ["[", "]", "(", ")", ",", "!=", "<=", ">=", "=", "<", ">", "<>"];

impl<'a> Reader<'a> {
    /// `[…] OR […]`.
    fn observations(&mut self) -> Result<(), String> {
        loop {
            self.mark("[")?;
            self.comparisons()?;
            self.mark("]")?;
            match self.token()? {
                None => return Ok(()),
                Some(Token::Word("OR")) => {}
                Some(other) => return Err(format!("observations joined or qualified by {}", other.shown())),
            }
        }
    }

    /// `path = value OR path IN (…)`; hashes of one file may be joined by `AND`.
    fn comparisons(&mut self) -> Result<(), String> {
        let mut files_only = true;
        loop {
            files_only &= self.comparison()?;
            let before = self.rest;
            match self.token()? {
                Some(Token::Word("OR")) => {}
                Some(Token::Word("AND")) if files_only => {
                    files_only = true;
                    if !self.rest.trim_start().starts_with("file:hashes") {
                        return Err("comparisons joined by AND".into());
                    }
                }
                Some(Token::Word("AND")) => return Err("comparisons joined by AND".into()),
                _ => {
                    self.rest = before;
                    return Ok(());
                }
            }
        }
    }

    /// One comparison; whether it is about a hash of a file.
    fn comparison(&mut self) -> Result<bool, String> {
        let Some(Token::Word(path)) = self.token()? else { return Err("no path where one should be".into()) };
        match self.token()? {
            Some(Token::Mark("=")) => self.value(path, false)?,
            Some(Token::Word("ISSUBSET")) => self.value(path, true)?,
            Some(Token::Word("IN")) => {
                self.mark("(")?;
                loop {
                    self.value(path, false)?;
                    match self.token()? {
                        Some(Token::Mark(",")) => {}
                        Some(Token::Mark(")")) => break,
                        _ => return Err("a set that is not closed".into()),
                    }
                }
            }
            Some(other) => return Err(format!("the operator {} after {path}", other.shown())),
            None => return Err("the pattern ends too early".into()),
        }
        Ok(path.starts_with("file:hashes"))
    }

    fn value(&mut self, path: &str, subset: bool) -> Result<(), String> {
        let kinds = kinds_of(path).ok_or_else(|| format!("the path {path} is no type of indicator"))?;
        let text = match self.token()? {
            Some(Token::Text(text)) => text,
            Some(Token::Word(number)) if kinds == [IndicatorType::Asn] => number.to_owned(),
            _ => return Err(format!("no value after {path}")),
        };
        let addresses = kinds.contains(&IndicatorType::Cidr);
        if subset && !addresses {
            return Err(format!("ISSUBSET after {path}"));
        }
        let found = kinds.iter().map(|kind| Indicator::parse(*kind, &text));
        let (good, bad): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
        let why = bad.into_iter().find_map(Result::err).map(|error| error.to_string());
        let value = good.into_iter().find_map(Result::ok).ok_or_else(|| why.unwrap_or_default())?;
        self.values.push(value);
        Ok(())
    }

    fn mark(&mut self, mark: &str) -> Result<(), String> {
        match self.token()? {
            Some(Token::Mark(found)) if found == mark => Ok(()),
            Some(other) => Err(format!("{} where `{mark}` should be", other.shown())),
            None => Err("the pattern ends too early".into()),
        }
    }

    fn token(&mut self) -> Result<Option<Token<'a>>, String> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return Ok(None);
        }
        if let Some(rest) = self.rest.strip_prefix('\'') {
            let (text, rest) = literal(rest).ok_or("a text that is not closed")?;
            self.rest = rest;
            return Ok(Some(Token::Text(text)));
        }
        if let Some(mark) = MARKS.iter().find(|mark| self.rest.starts_with(**mark)) {
            self.rest = self.rest.get(mark.len()..).unwrap_or_default();
            return Ok(Some(Token::Mark(mark)));
        }
        let (word, rest) = self.rest.split_at(word_length(self.rest));
        self.rest = rest;
        if word.is_empty() { Err("a character that means nothing here".into()) } else { Ok(Some(Token::Word(word))) }
    }
}

impl Token<'_> {
    fn shown(&self) -> String {
        match self {
            Token::Word(word) => format!("`{}`", word.chars().take(60).collect::<String>()),
            Token::Text(_) => "a text".into(),
            Token::Mark(mark) => format!("`{mark}`"),
        }
    }
}

/// The text up to the closing apostrophe, and what follows.
fn literal(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '\'' => return Some((text, chars.as_str())),
            '\\' => text.push(chars.next().filter(|c| matches!(c, '\\' | '\''))?),
            c => text.push(c),
        }
    }
}

/// A word, number or path with its quoted parts: `file:hashes.'SHA-256'`.
fn word_length(text: &str) -> usize {
    let mut quoted = false;
    let ends = |c: char| c.is_whitespace() || "[](),=<>!".contains(c);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '[' if !quoted && text.get(at..).is_some_and(|rest| rest.starts_with("[*]")) => {}
            '*' | ']'
                if !quoted && text.get(..at).is_some_and(|before| before.ends_with('[') || before.ends_with("[*")) => {}
            c if !quoted && ends(c) => return at,
            _ => {}
        }
    }
    text.len()
}

/// The types that a path means; an address may be a prefix.
fn kinds_of(path: &str) -> Option<&'static [IndicatorType]> {
    let (object, property) = path.split_once(':')?;
    let property = property.replace('\'', "").to_ascii_lowercase();
    let hash = property.strip_prefix("hashes.").map(|name| name.replace('-', ""));
    Some(match (object, property.as_str()) {
        ("ipv4-addr" | "ipv6-addr", "value") => &[IndicatorType::Address, IndicatorType::Cidr],
        ("autonomous-system", "number") => &[IndicatorType::Asn],
        ("domain-name", "value") => &[IndicatorType::Host],
        ("url", "value") => &[IndicatorType::Url],
        ("email-addr", "value") | ("email-message", "from_ref.value" | "sender_ref.value") => {
            &[IndicatorType::EmailAddress]
        }
        ("file", _) if hash.as_deref().is_some_and(is_hash) => &[IndicatorType::File],
        ("x509-certificate", _) if hash.as_deref().is_some_and(is_hash) => &[IndicatorType::Certificate],
        ("mutex", "name") => &[IndicatorType::Mutex],
        ("windows-registry-key", "key") => &[IndicatorType::RegistryKey],
        ("network-traffic", "extensions.http-request-ext.request_header.user-agent") => &[IndicatorType::UserAgent],
        _ => return None,
    })
}

fn is_hash(name: &str) -> bool {
    matches!(name, "md5" | "sha1" | "sha256" | "sha512")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pattern: &str) -> Vec<String> {
        values_of(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}")).iter().map(Indicator::canonical).collect()
    }

    #[test]
    fn lists_are_read() {
        assert_eq!(
            values(
                "[domain-name:value = 'a.example' OR domain-name:value IN ('b.example','c.example')] OR [url:value='http://d.example/']"
            ),
            ["a.example", "b.example", "c.example", "http://d.example/"]
        );
        assert_eq!(values("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"), ["198.51.100.0/24"]);
        assert_eq!(values("[ipv4-addr:value = '198.51.100.7/32']"), ["198.51.100.7/32"]);
        let (md5, sha1) = ("0".repeat(32), "1".repeat(40));
        assert_eq!(values(&format!("[file:hashes.MD5 = '{md5}' AND file:hashes.'SHA-1' = '{sha1}']")), [md5, sha1]);
    }

    #[test]
    fn what_is_more_than_a_list_is_kept_whole() {
        for pattern in [
            "[domain-name:value = 'a.example' AND url:value = 'http://a.example/']",
            "[file:hashes.MD5 = '00000000000000000000000000000000' AND file:name = 'x']",
            "[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'http://a.example/']",
            "[domain-name:value = 'a.example'] REPEATS 5 TIMES",
            "[NOT domain-name:value = 'a.example']",
            "[domain-name:value != 'a.example']",
            "[domain-name:value LIKE '%.example']",
            "[process:pid = 5]",
            "[domain-name:value = 'a.example'",
            "[domain-name:value = 'a.example",
            "",
        ] {
            assert!(values_of(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        /// Whatever is in a value: its pattern means that value and no other.
        #[test]
        fn a_pattern_says_its_value(text in "[ -~ü'\\\\]{1,40}") {
            for kind in [IndicatorType::Mutex, IndicatorType::UserAgent] {
                let Ok(indicator) = Indicator::parse(kind, &text) else { continue };
                prop_assert_eq!(values_of(&pattern_of(&indicator)), Ok(vec![indicator]));
            }
        }

        /// No text makes the reader fail.
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]()=<>!',. a-zA-Z:*\\\\ü]{0,60}") {
            let _ = values_of(&text);
        }
    }
}
