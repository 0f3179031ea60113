//! jCard (RFC 7095): contact data as JSON arrays, as RDAP carries it in `vcardArray` (RFC 9083 §5.1).
//!
//! `["vcard", [[name, parameters, type, value…], …]]`. What is met in the wild beside that: properties that are not
//! wrapped in an array, parameters that are a text or have upper-case names, `fn` and `org` with arrays in them, `adr`
//! with four or five components, or with empty ones and the address as a `label`; telephone numbers as `tel:` URI or
//! as text, either marked as the other; the country as a `cc` parameter (RFC 8605 §3.1), as a component or as a
//! property of its own; `contact-uri` (RFC 8605 §2.1) in place of an e-mail address.

use serde_json::Value;

use super::document::{ELEMENTS_MAX, Notes, Object};
use crate::remark::RemarkKind;

/// What a card says; every text is without blanks around and not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) name: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) email: Option<String>,
    /// Where to write instead of an e-mail address.
    pub(super) contact_uri: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) fax: Option<String>,
    pub(super) url: Option<String>,
    pub(super) street: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) country: Option<String>,
    /// `individual`, `org`, `group` or another kind (RFC 6350 §6.1.4).
    pub(super) kind: Option<String>,
    /// From `n`; the name where there is no `fn`.
    structured_name: Option<String>,
}

/// One property of a card.
struct Property<'a> {
    name: String,
    parameters: Option<&'a Object>,
    values: &'a [Value],
}

/// Reads a `vcardArray`.
pub(super) fn read(value: &Value, path: &str, notes: &mut Notes) -> Card {
    let mut card = Card::default();
    let mut preference = u32::MAX;
    for element in properties(value, path, notes) {
        match property(element) {
            Some(property) => take(&mut card, &property, &mut preference, path, notes),
            None => notes.member(path, RemarkKind::NotUnderstood, &format!("not a jCard property: {element}")),
        }
    }
    let structured = card.structured_name.take();
    keep(&mut card.name, structured);
    if card.kind.as_deref() == Some("org") && card.organization.is_none() {
        card.organization = card.name.take();
    }
    card
}

/// The elements that should be properties, wrapped as they ought to be or not.
fn properties<'a>(value: &'a Value, path: &str, notes: &mut Notes) -> &'a [Value] {
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        _ => &[],
    };
    let rest = match elements.split_first() {
        Some((Value::String(_), rest)) => rest,
        _ => elements,
    };
    let properties = match rest {
        [Value::Array(wrapped)] if !wrapped.first().is_some_and(Value::is_string) => wrapped,
        [] => {
            notes.member(path, RemarkKind::NotUnderstood, "not a jCard");
            rest
        }
        bare => {
            notes.member(path, RemarkKind::NotUnderstood, "the jCard's properties are not wrapped in an array");
            bare
        }
    };
    properties.get(..ELEMENTS_MAX).unwrap_or(properties)
}

fn property(element: &Value) -> Option<Property<'_>> {
    let parts = element.as_array()?;
    let name = parts.first()?.as_str()?.to_ascii_lowercase();
    Some(Property { name, parameters: parts.get(1)?.as_object(), values: parts.get(3..)? })
}

impl Property<'_> {
    /// The texts of a parameter, whose name is compared without regard to case.
    fn parameter(&self, name: &str) -> Vec<String> {
        let found = self.parameters.into_iter().flatten().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| flat(value)).unwrap_or_default()
    }

    fn has_type(&self, kind: &str) -> bool {
        self.parameter("type").iter().any(|given| given.eq_ignore_ascii_case(kind))
    }

    /// Every text of the value, in order.
    fn texts(&self) -> Vec<String> {
        self.values.iter().flat_map(flat).collect()
    }

    fn first(&self) -> Option<String> {
        self.texts().into_iter().next()
    }
}

fn take(card: &mut Card, property: &Property<'_>, preference: &mut u32, path: &str, notes: &mut Notes) {
    match property.name.as_str() {
        "fn" => keep(&mut card.name, Some(property.texts().join(" "))),
        "n" => keep(&mut card.structured_name, structured_name(property)),
        "org" => keep(&mut card.organization, property.first()),
        "kind" => keep(&mut card.kind, property.first().map(|kind| kind.to_ascii_lowercase())),
        "email" => take_email(card, property, preference),
        "contact-uri" => keep(&mut card.contact_uri, property.first()),
        "tel" => take_phone(card, property),
        "url" => keep(&mut card.url, property.first()),
        "adr" => take_address(card, property, path, notes),
        "iso-3166-1-alpha-2" => keep(&mut card.country, property.first()),
        "version" | "lang" | "role" | "title" | "note" | "uid" | "rev" | "prodid" | "logo" | "key" | "geo" | "tz" => {}
        other => notes.member(path, RemarkKind::NotUnderstood, &format!("jCard property {other}")),
    }
}

/// The first value stands.
fn keep(slot: &mut Option<String>, value: Option<String>) {
    if slot.is_none() {
        *slot = value.filter(|text| !text.is_empty());
    }
}

/// Given and family name (RFC 6350 §6.2.2).
fn structured_name(property: &Property<'_>) -> Option<String> {
    let components = property.values.first()?.as_array()?;
    let part = |at: usize| components.get(at).map(|part| flat(part).join(" ")).unwrap_or_default();
    Some(format!("{} {}", part(1), part(0)).trim().to_owned())
}

/// The address with the best `pref` (1 is best, RFC 6350 §5.3), of equals the first.
fn take_email(card: &mut Card, property: &Property<'_>, preference: &mut u32) {
    let given = property.parameter("pref").first().and_then(|text| text.parse().ok()).unwrap_or(101);
    let Some(address) = property.first() else { return };
    if card.email.is_none() || given < *preference {
        let bare = address.strip_prefix("mailto:").unwrap_or(&address);
        card.email = Some(bare.to_owned());
        *preference = given;
    }
}

fn take_phone(card: &mut Card, property: &Property<'_>) {
    let Some(written) = property.first() else { return };
    let scheme = written.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let fax = property.has_type("fax") || scheme.as_deref() == Some("fax");
    keep(if fax { &mut card.fax } else { &mut card.phone }, Some(phone(&written)));
}

/// The number of a `tel:` URI (RFC 3966) or of a text; an extension is written as EPP does, `x7`.
fn phone(written: &str) -> String {
    let number = match written.split_once(':') {
        Some((scheme, number)) if scheme.bytes().all(|c| c.is_ascii_alphabetic()) => number,
        _ => written,
    };
    match number.split_once(';') {
        None => number.trim().to_owned(),
        Some((number, parameters)) => {
            let extension = parameters.split(';').find_map(|parameter| parameter.strip_prefix("ext="));
            extension.map_or_else(|| number.to_owned(), |extension| format!("{number}x{extension}"))
        }
    }
}

/// The address: seven components (RFC 6350 §6.3.1), or a label, or whatever came.
fn take_address(card: &mut Card, property: &Property<'_>, path: &str, notes: &mut Notes) {
    keep(&mut card.country, property.parameter("cc").into_iter().next());
    let Some(Value::Array(components)) = property.values.first() else {
        return take_label(card, &property.first().unwrap_or_default());
    };
    let parts: Vec<Vec<String>> = components.iter().take(ELEMENTS_MAX).map(flat).collect();
    match parts.as_slice() {
        parts if parts.iter().all(Vec::is_empty) => {
            take_label(card, &property.parameter("label").join("\n"));
        }
        [po_box, extended, street, city, state, code, country] => {
            let lines = [po_box.as_slice(), extended, street].concat();
            keep(&mut card.street, Some(lines.join(", ")));
            keep(&mut card.city, Some(city.join(" ")));
            keep(&mut card.state, Some(state.join(" ")));
            keep(&mut card.postal_code, Some(code.join(" ")));
            keep(&mut card.country, Some(country.join(" ")));
        }
        parts => {
            notes.member(path, RemarkKind::BadValue, &format!("an address of {} components, not 7", parts.len()));
            take_lines(card, parts.concat());
        }
    }
}

/// An address as one text with line breaks; some servers write the breaks as a backslash and an `n`.
fn take_label(card: &mut Card, label: &str) {
    let label = label.replace("\\r", "").replace("\\n", "\n");
    let lines = label.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    take_lines(card, lines);
}

/// Lines of which only the last can be told apart: it is the country where it could be one.
fn take_lines(card: &mut Card, mut lines: Vec<String>) {
    let country = |line: &String| line.len() <= 40 && line.chars().all(|c| c.is_alphabetic() || " .,-'()".contains(c));
    if lines.len() > 1 && lines.last().is_some_and(country) {
        keep(&mut card.country, lines.pop());
    }
    keep(&mut card.street, Some(lines.join(", ")));
}

/// All texts of a value, arrays opened up; numbers count as texts, empty texts do not count.
fn flat(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(elements) => elements.iter().take(ELEMENTS_MAX).flat_map(flat).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn card(properties: Value) -> (Card, usize) {
        let mut notes = Notes::default();
        let card = read(&json!(["vcard", properties]), "vcardArray", &mut notes);
        (card, notes.0.len())
    }

    #[test]
    fn a_card_by_the_book() {
        let (card, remarks) = card(json!([
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", "Ada Example"],
            ["org", {"type": "work"}, "text", ["Example Widgets", "Sales"]],
            ["adr", {"cc": "NO"}, "text", ["", "", ["1 Main Street", "Floor 2"], "Oslo", "", "0150", ""]],
            ["tel", {"type": ["voice"]}, "uri", "tel:+47.22000001;ext=7"],
            ["tel", {"Type": "fax"}, "text", "+47.22000002"],
            ["email", {}, "text", "second@registrant.example"],
            ["email", {"pref": "1"}, "text", "first@registrant.example"]
        ]));
        assert_eq!(remarks, 0);
        let expected = Card {
            name: Some("Ada Example".into()),
            organization: Some("Example Widgets".into()),
            email: Some("first@registrant.example".into()),
            phone: Some("+47.22000001x7".into()),
            fax: Some("+47.22000002".into()),
            street: Some("1 Main Street, Floor 2".into()),
            city: Some("Oslo".into()),
            postal_code: Some("0150".into()),
            country: Some("NO".into()),
            ..Card::default()
        };
        assert_eq!(card, expected);
    }

    #[test]
    fn traps() {
        let (label, _) = card(json!([
            ["fn", {}, "text", "Example Hosting"],
            ["kind", {}, "text", "org"],
            ["adr", {"label": "1 Main Street\\nSome Town\\nExampleland"}, "text", ["", "", "", "", "", "", ""]],
            ["tel", {"type": "voice"}, "text", "tel:15550100"]
        ]));
        assert_eq!(label.name, None);
        assert_eq!(label.organization.as_deref(), Some("Example Hosting"));
        assert_eq!(label.street.as_deref(), Some("1 Main Street, Some Town"));
        assert_eq!(label.country.as_deref(), Some("Exampleland"));
        assert_eq!(label.phone.as_deref(), Some("15550100"));

        let (short, remarks) =
            card(json!([["adr", {}, "text", ["P.O. Box 1", "Town", "PA"]], ["x-odd", {}, "text", 1]]));
        assert_eq!((short.street.as_deref(), short.country.as_deref()), (Some("P.O. Box 1, Town"), Some("PA")));
        assert_eq!(remarks, 2);

        let (structured, _) = card(json!([["fn", {}, "text", ""], ["n", {}, "text", ["Example", "Ada", "", "", ""]]]));
        assert_eq!(structured.name.as_deref(), Some("Ada Example"));
    }

    #[test]
    fn properties_that_are_not_wrapped() {
        let mut notes = Notes::default();
        let value = json!(["vcard", ["fn", "{}", "text", "Ada"], ["adr", "{}", "text"], [["{}"], "x"]]);
        let card = read(&value, "v", &mut notes);
        assert_eq!(card.name.as_deref(), Some("Ada"));
        for value in [json!({}), json!([]), json!("vcard"), json!(["vcard", {}]), json!(null)] {
            assert_eq!(read(&value, "v", &mut notes), Card::default());
        }
        assert!(!notes.0.is_empty());
    }
}
