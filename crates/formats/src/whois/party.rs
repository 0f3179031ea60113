//! A person or an organisation: what was said of it, and what its lines without labels are.
//!
//! Half of the layouts give a contact as the lines of an envelope. What a line is shows in the line itself (an e-mail
//! address, a telephone number, a country) or in its place: the first line names somebody.

use std::{collections::HashSet, sync::LazyLock};

use model::{Contact, Disclosed};

use super::label::{Field, fold};
use crate::disclosure::{disclosed, disclosed_email, spread_proxy};

/// How many fields are kept of one party.
const FIELDS_MAX: usize = 200;

/// What was said of a party, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Party<'a> {
    fields: Vec<(Field, &'a str)>,
}

impl<'a> Party<'a> {
    /// Adds a value.
    pub(super) fn add(&mut self, field: Field, value: &'a str) {
        let is_nothing = matches!(value, "" | "-" | "--" | "." | "~" | "n/a" | "N/A");
        if !is_nothing && field != Field::Ignored && self.fields.len() < FIELDS_MAX {
            self.fields.push((field, value));
        }
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether it is a reference to an object by this handle, and nothing that identifies beside it.
    pub(super) fn is_reference(&self, handle: &str) -> bool {
        !self.fields.iter().any(|(field, text)| match field {
            Field::Name | Field::Organization | Field::Email | Field::Street | Field::Phone => true,
            Field::Text => *text != handle,
            _ => false,
        })
    }

    /// The first value of a field.
    pub(super) fn first(&self, field: Field) -> Option<&'a str> {
        self.all(field).next()
    }

    /// All values of a field.
    pub(super) fn all(&self, field: Field) -> impl Iterator<Item = &'a str> + '_ {
        self.fields.iter().filter(move |(known, _)| *known == field).map(|(_, value)| *value)
    }

    /// What it is called, for parties of which only that matters.
    pub(super) fn called(&self) -> Option<&'a str> {
        let text = self.first(Field::Text);
        let fields = [Field::Organization, Field::Name, Field::Text, Field::Handle];
        let is_code =
            |text: &&str| looks_like_handle(text) || (!text.contains(' ') && self.first(Field::Organization).is_some());
        text.filter(|text| !is_code(text)).or_else(|| fields.into_iter().find_map(|field| self.first(field)))
    }

    /// The contact. Its scope is not known here.
    pub(super) fn contact(&self) -> Contact {
        let mut envelope = Envelope::default();
        for (field, line) in &self.fields {
            if *field == Field::Text || (*field == Field::Name && line.contains('@')) {
                envelope.line(line);
            }
        }
        let text = |field| self.first(field).map_or(Disclosed::Absent, disclosed);
        let or = |stated: Disclosed, found: Option<&str>| match stated {
            Disclosed::Absent => found.map_or(Disclosed::Absent, disclosed),
            stated => stated,
        };
        let email = self.first(Field::Email).map(plain_email).or_else(|| envelope.email.clone());
        let (name, organization) = envelope.names(self.plain_name().is_some());
        let typed = self.plain_name().filter(|_| self.is_typed_organization());
        let mut contact = Contact {
            handle: or(
                self.handle().map_or(Disclosed::Absent, disclosed),
                self.first(Field::RegistryHandle).or(envelope.handle).or(self.note_handle()),
            ),
            scope: None,
            name: or(self.joined_name().map_or(Disclosed::Absent, |name| disclosed(&name)), name),
            organization: or(text(Field::Organization), organization.or(typed)),
            email: email.map_or_else(|| self.withheld(), |email| disclosed_email(&email)),
            phone: or(text(Field::Phone), envelope.phone),
            fax: or(text(Field::Fax), envelope.fax),
            street: self.street(&envelope),
            city: text(Field::City),
            state: text(Field::State),
            postal_code: text(Field::PostalCode),
            country: or(or(text(Field::CountryCode), self.country()), envelope.country),
        };
        self.name_by_organization(&mut contact);
        spread_proxy(&mut contact);
        contact
    }

    /// What stands in place of an e-mail address: `Visit: https://…`.
    fn withheld(&self) -> Disclosed {
        self.first(Field::Redacted).map_or(Disclosed::Absent, |text| Disclosed::Redacted(text.to_owned()))
    }

    /// One name without a label is the name of whoever it is, as `fn` of a jCard is an organisation's too; that it is
    /// an organisation is what we make of it.
    fn name_by_organization(&self, contact: &mut Contact) {
        if contact.name.is_absent() && self.first(Field::Organization).is_none() {
            contact.name = contact.organization.clone();
        }
    }

    /// Whether an object says that it is an organisation (`type: ORGANIZATION`, `registrant-type: ORGANISATION`).
    fn is_typed_organization(&self) -> bool {
        self.all(Field::Type).any(|kind| {
            let kind = kind.to_ascii_lowercase();
            ["organi", "legal", "company", "corporation"].iter().any(|word| kind.starts_with(word))
        })
    }

    /// The name, where it is not a line that has an e-mail address too.
    fn plain_name(&self) -> Option<&'a str> {
        self.all(Field::Name).find(|name| !name.contains('@'))
    }

    /// The handle: the first without blanks, else the first.
    fn handle(&self) -> Option<&'a str> {
        self.all(Field::Handle).find(|handle| !handle.contains(' ')).or(self.first(Field::Handle))
    }

    /// The name, of first and last name where it is stated in two fields.
    fn joined_name(&self) -> Option<String> {
        let (first, last) = (self.first(Field::FirstName), self.first(Field::LastName));
        let name = self.plain_name().map(|name| split_note_handle(name).map_or(name, |(name, _)| name));
        match (first, last, name) {
            (Some(first), Some(last), None) => Some(format!("{first} {last}")),
            (Some(first), None, Some(name)) if !name.contains(first) => Some(format!("{first} {name}")),
            (_, last, name) => name.or(last).map(str::to_owned),
        }
    }

    /// The handle behind a name: `Ada Example (XXNIC-PERS4711)`.
    fn note_handle(&self) -> Option<&'a str> {
        Some(split_note_handle(self.plain_name()?)?.1)
    }

    /// The country: as stated, else the last line of the street where that is one.
    fn country(&self) -> Option<&'a str> {
        self.first(Field::Country).or_else(|| self.all(Field::Street).last().filter(|line| is_country(line)))
    }

    fn street(&self, envelope: &Envelope<'a>) -> Disclosed {
        let named = self.first(Field::Country).is_some();
        let mut lines: Vec<&str> = self.all(Field::Street).collect();
        if !named && lines.len() > 1 && lines.last().is_some_and(|line| is_country(line)) {
            lines.pop();
        }
        lines.extend(envelope.street());
        lines.retain(|line| disclosed(line) != Disclosed::Absent);
        disclosed(&lines.join(", "))
    }
}

/// The lines of an envelope, sorted.
#[derive(Debug, Default)]
struct Envelope<'a> {
    /// Lines that are nothing else, in order.
    plain: Vec<&'a str>,
    /// What stands beside an e-mail address.
    beside_email: Option<&'a str>,
    email: Option<String>,
    phone: Option<&'a str>,
    fax: Option<&'a str>,
    handle: Option<&'a str>,
    country: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    fn line(&mut self, line: &'a str) {
        let line = self.without_handle(line);
        if self.plain.is_empty() && self.handle.is_none() && line.contains('-') && looks_like_handle(line) {
            self.handle = Some(line);
            return;
        }
        if let Some((rest, email)) = split_email(line) {
            self.email.get_or_insert(email);
            let (handle, rest) = split_front_handle(self.without_handle(rest));
            self.handle = self.handle.or(handle);
            if !rest.is_empty() {
                self.beside_email.get_or_insert(rest);
            }
        } else if let Some((is_fax, number)) = phone(line) {
            let room = if is_fax || self.phone.is_some() { &mut self.fax } else { &mut self.phone };
            room.get_or_insert(number);
        } else if is_country(line) && !self.plain.is_empty() {
            self.country.get_or_insert(line);
        } else if !line.is_empty() {
            self.plain.push(line);
        }
    }

    /// Takes a handle in brackets off the end of a line.
    fn without_handle(&mut self, line: &'a str) -> &'a str {
        let found = line.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '[']));
        match found {
            Some((rest, inner)) if looks_like_handle(inner) => {
                self.handle.get_or_insert(inner);
                rest.trim_end()
            }
            _ => line,
        }
    }

    /// The name and the organisation, where the lines tell.
    fn names(&self, named: bool) -> (Option<&'a str>, Option<&'a str>) {
        let (first, second) = (self.plain.first().copied(), self.plain.get(1).copied());
        match (self.beside_email, first) {
            (Some(name), Some(organization)) if self.plain.len() > 1 || !is_street(organization) => {
                (Some(name), Some(organization))
            }
            (Some(name), _) => (Some(name), None),
            (None, Some(first)) if named || is_organization(first) => {
                let name = second.filter(|second| !named && is_person(second));
                (name, Some(first))
            }
            (None, Some(first)) => {
                let above_street = self.plain.get(2).is_some_and(|third| is_street(third));
                let is_named =
                    |line: &&str| is_organization(line) || (above_street && !is_street(line) && !line.contains(','));
                (Some(first), second.filter(is_named))
            }
            (None, None) => (None, None),
        }
    }

    /// The lines below the names.
    fn street(&self) -> &[&'a str] {
        let (name, organization) = self.names(false);
        let used = usize::from(name.is_some_and(|name| self.plain.contains(&name)))
            + usize::from(organization.is_some_and(|name| self.plain.contains(&name)));
        self.plain.get(used..).unwrap_or_default()
    }
}

/// A name and the handle in brackets behind it. What has no hyphen and no digit may be part of the name.
fn split_note_handle(name: &str) -> Option<(&str, &str)> {
    let (front, inner) = name.strip_suffix(')')?.rsplit_once('(')?;
    let is_handle = looks_like_handle(inner) && inner.contains('-') && inner.bytes().any(|b| b.is_ascii_digit());
    (is_handle && !front.trim().is_empty()).then_some((front.trim_end(), inner))
}

/// Whether a text looks like what a registry or registrar gives out as an id: one word of letters, digits and
/// hyphens, with a digit or with a hyphen between capitals.
pub(super) fn looks_like_handle(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let capitals = text.contains('-') && !text.bytes().any(|b| b.is_ascii_lowercase());
    plain && (2..=40).contains(&text.len()) && (digits > 0 || capitals)
}

/// What stands for "@" where addresses are written against harvesters.
const AGAINST_HARVESTERS: [&str; 11] =
    [" [at] ", "[at]", " (at) ", "(at)", " AT ", "{at}", " @ ", " [AT] ", "[AT]", " (AT) ", "(AT)"];
/// The same where only an address can stand.
const AGAINST_HARVESTERS_ALONE: [&str; 5] = [" at ", "_at_", "-at-", "<at>", "(a)"];
/// What stands for "." there.
const DOTS: [&str; 5] = [" [dot] ", "[dot]", " (dot) ", "(dot)", " dot "];

/// Takes the e-mail address out of a line; the rest is what stands before it.
fn split_email(line: &str) -> Option<(&str, String)> {
    if let Some((at, word)) = armour(line) {
        let start = line.get(..at)?.rfind([' ', '\t', '(', '<']).map_or(0, |before| before + 1);
        let after = at + word.len();
        let end = line.get(after..)?.find([' ', ')', '>']).map_or(line.len(), |end| after + end);
        let email = with_dots(&line.get(start..end)?.replace(word, "@"));
        if email.contains('.') && !email.starts_with('@') {
            return Some((line.get(..start)?.trim_end_matches([' ', '\t', '(', '<']), email));
        }
    }
    let at = line.find('@')?;
    let cut: &[char] = &[' ', '\t', '<', '(', '[', ',', ':'];
    let start = line.get(..at)?.rfind(cut).map_or(0, |before| before + 1);
    let end = line.get(at..)?.find([' ', '\t', '>', ')', ']', ',', ';', '#']).map_or(line.len(), |after| at + after);
    let email = line.get(start..end)?;
    let rest = line.get(..start)?.trim_end_matches(cut);
    let rest = rest.strip_suffix("mailto").unwrap_or(rest).trim_end_matches(cut);
    let label = ["email", "e-mail", "mail"].iter().any(|label| rest.eq_ignore_ascii_case(label));
    email.contains('.').then(|| (if label { "" } else { rest }, email.to_owned()))
}

/// Where what stands for "@" is, and what it is.
fn armour(line: &str) -> Option<(usize, &'static str)> {
    let may_have = line.contains(['[', '(', '{']) || line.contains(" AT ") || line.contains(" @ ");
    let find = |word: &&'static str| Some((line.find(*word)?, *word));
    AGAINST_HARVESTERS.iter().filter(|_| may_have).find_map(find)
}

fn with_dots(text: &str) -> String {
    DOTS.iter().fold(text.to_owned(), |text, dot| text.replace(dot, "."))
}

/// The address in an e-mail field.
fn plain_email(text: &str) -> String {
    let alone = || {
        let word = AGAINST_HARVESTERS_ALONE.iter().find(|word| text.contains(**word))?;
        let email = with_dots(&text.replacen(*word, "@", 1));
        (!email.contains(' ') && email.contains('.')).then_some(email)
    };
    let found = split_email(text).map(|(_, email)| email);
    found.or_else(alone).unwrap_or_else(|| text.to_owned())
}

/// `AB12(a@b.example)`: the handle in front of an address.
fn split_front_handle(rest: &str) -> (Option<&str>, &str) {
    if looks_like_handle(rest) { (Some(rest), "") } else { (None, rest) }
}

/// A telephone number, and whether the line says that it is a fax.
fn phone(line: &str) -> Option<(bool, &str)> {
    let digit = line.find(|c: char| c.is_ascii_digit() || c == '+')?;
    let start = if line.get(..digit)?.ends_with('(') { digit - 1 } else { digit };
    let (word, number) = line.split_at(start);
    let word = word.trim_matches([' ', '.', ':', '\t', '(', ')', ',']).to_ascii_lowercase();
    let is_fax = word.contains("fax");
    let labelled = is_fax || matches!(word.as_str(), "tel" | "phone" | "telephone" | "voice" | "t" | "ph");
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b" +-().,/x#".contains(&b));
    let bare =
        word.is_empty() && (number.starts_with(['+', '(']) || digits >= 9 || (digits >= 7 && digits == number.len()));
    ((labelled || bare) && plain && digits >= 6 || labelled && digits >= 5).then_some((is_fax, number))
}

static COUNTRIES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/whois/countries.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).flat_map(|(code, names)| names.split("; ").chain([code])).collect()
});

/// Whether a line is a country: a code in capitals or a name.
fn is_country(line: &str) -> bool {
    line.len() < 50 && (COUNTRIES.contains(line) && line.len() == 2 || COUNTRIES.contains(line.to_lowercase().as_str()))
}

fn is_street(line: &str) -> bool {
    line.bytes().any(|b| b.is_ascii_digit())
}

fn is_organization(line: &str) -> bool {
    let mut folded = String::new();
    fold(line, &mut folded);
    folded.split(' ').any(|word| ORGANIZATIONS.contains(word))
        || line.contains(" S.A")
        || line.contains(" & ")
        || UNSPACED_ORGANIZATIONS.iter().any(|word| line.contains(word))
}

/// Two to four words of letters, each with a capital in front.
fn is_person(line: &str) -> bool {
    let words = line.split_whitespace().count();
    (2..=4).contains(&words)
        && !is_organization(line)
        && line.split_whitespace().all(|word| word.starts_with(char::is_uppercase))
        && line.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\''))
}

/// The same in scripts that write without blanks, or join the word to the name.
const UNSPACED_ORGANIZATIONS: &[&str] =
    &["公司", "大学", "大學", "銀行", "银行", "株式会社", "有限会社", "주식회사", "บริษัท"];
/// Words that only organisations have in their names.
static ORGANIZATIONS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/whois/organizations.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(' ')).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(lines: &[&str]) -> Contact {
        let mut party = Party::default();
        for line in lines {
            party.add(Field::Text, line);
        }
        party.contact()
    }

    #[test]
    fn envelopes() {
        let found = contact(&[
            "Example Ltd",
            "Ada Example  ada@mail.example",
            "+1.5550100100",
            "+1.5550100101",
            "1 Main Street",
            "Springfield",
            "US",
        ]);
        assert_eq!(found.organization.stated(), Some("Example Ltd"));
        assert_eq!(found.name.stated(), Some("Ada Example"));
        assert_eq!(found.email.stated(), Some("ada@mail.example"));
        assert_eq!((found.phone.stated(), found.fax.stated()), (Some("+1.5550100100"), Some("+1.5550100101")));
        assert_eq!(found.street.stated(), Some("1 Main Street, Springfield"));
        assert_eq!(found.country.stated(), Some("US"));
        let found = contact(&["Ada Example (ADA-1-TEST)", "1 Main Street", "Tel. +1 555 0100", "Fax. +1 555 0101"]);
        assert_eq!((found.name.stated(), found.handle.stated()), (Some("Ada Example"), Some("ADA-1-TEST")));
        assert_eq!(found.fax.stated(), Some("+1 555 0101"));
        let found = contact(&["AE12(ada@mail.example)", "Ada Example"]);
        assert_eq!((found.handle.stated(), found.name.stated()), (Some("AE12"), Some("Ada Example")));
    }

    #[test]
    fn handles() {
        for handle in ["AB12-RIPE", "G79455", "13244", "ANO-FRNIC", "eds1008-4130626"] {
            assert!(looks_like_handle(handle), "{handle}");
        }
        for other in ["Example", "Example Ltd", "a@b.example", "1&1", ""] {
            assert!(!looks_like_handle(other), "{other}");
        }
    }
}
