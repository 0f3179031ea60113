//! Whether a contact's field states something, or only looks as if it did.
//!
//! Three things that look alike mean different things (see [`Disclosed`]): *redacted* is policy, *proxy* is a third
//! party standing in, *absent* was not stated. A value that is taken for a stated one though it is none would join
//! millions of strangers, so the phrases here are those of policies and of services, never of one record. Services
//! that are not listed show by their counts, which is not this module's business.

use std::sync::LazyLock;

use model::{Contact, Disclosed};

use crate::phrase::Phrases;

/// What a text in a contact's field is. Blanks around it do not count.
pub fn disclosed(text: &str) -> Disclosed {
    let text = text.trim();
    let lower = text.to_lowercase();
    if EMPTY.contains(&lower.as_str()) {
        return Disclosed::Absent;
    }
    match PHRASES.found(&lower).max() {
        Some(Says::Proxy) => Disclosed::Proxy(text.to_owned()),
        Some(Says::Redacted) => Disclosed::Redacted(text.to_owned()),
        None if REDACTED_WHOLE.contains(&lower.as_str()) => Disclosed::Redacted(text.to_owned()),
        None => Disclosed::Stated(text.to_owned()),
    }
}

/// What a text in an e-mail field is: a web address in its place means that the address is withheld.
pub fn disclosed_email(text: &str) -> Disclosed {
    match disclosed(text) {
        Disclosed::Stated(text) if !text.contains('@') => Disclosed::Redacted(text),
        other => other,
    }
}

/// Carries a proxy through its contact: where the name or the organisation is a service's, so are the telephone and the
/// street. The handle and the country stay: a handle may be a token of the customer's own.
pub fn spread_proxy(contact: &mut Contact) {
    let is_proxy = |field: &Disclosed| matches!(field, Disclosed::Proxy(_));
    if !is_proxy(&contact.name) && !is_proxy(&contact.organization) {
        return;
    }
    let fields = [
        &mut contact.name,
        &mut contact.organization,
        &mut contact.email,
        &mut contact.phone,
        &mut contact.fax,
        &mut contact.street,
        &mut contact.city,
        &mut contact.state,
        &mut contact.postal_code,
    ];
    for field in fields {
        if let Disclosed::Stated(text) = field {
            *field = Disclosed::Proxy(std::mem::take(text));
        }
    }
}

/// What the occurrence of a phrase says; a proxy is the stronger word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Redacted,
    Proxy,
}

/// All phrases: each field of each record is asked, and nearly none has any.
static PHRASES: LazyLock<Phrases<Says>> = LazyLock::new(|| {
    let redacted = REDACTED.iter().map(|phrase| (*phrase, Says::Redacted));
    Phrases::new(redacted.chain(PROXY.iter().map(|phrase| (*phrase, Says::Proxy))))
});

/// Texts that stand for nothing at all.
const EMPTY: &[&str] =
    &["", "-", "--", ".", "n/a", "na", "none", "null", "nil", "not applicable", "undefined", "unknown"];

/// Texts that withhold only as a whole: within a longer text they could be part of a name.
const REDACTED_WHOLE: &[&str] = &[
    "ano nymous",
    "anonymous",
    "confidential",
    "hidden",
    "individual",
    "masked",
    "personal data",
    "personal information",
    "private",
    "private person",
    "protected",
    "redacted",
    "withheld",
    "xxxx",
];

/// Phrases of policies that withhold.
const REDACTED: &[&str] = &[
    "anonymised for",
    "anonymized for",
    "ausgeblendet",
    "contact registrar",
    "contact the rdds",
    "contact the registrar",
    "data hidden",
    "data masked",
    "data not ",
    "data protected",
    "data protection law",
    "data redacted",
    "data withheld",
    "datos protegidos",
    "diffusion restreinte",
    "due to gdpr",
    "gdpr masked",
    "gdpr protected",
    "gdpr redacted",
    "hidden due",
    "hidden for",
    "hidden upon user request",
    "masked by",
    "masked for",
    "niet getoond",
    "no divulgado",
    "non divulgué",
    "non publié",
    "non-disclosed",
    "not available from registry",
    "not disclosed",
    "not displayed",
    "not publicly available",
    "not publicly disclosed",
    "not published",
    "not shown",
    "não divulgado",
    "omitted from",
    "opted to have",
    "personal data,",
    "please query the rdds",
    "please query the whois server",
    "privacy redacted",
    "published by this registry",
    "redacted by",
    "redacted due",
    "redacted for",
    "redacted |",
    "redacted_for",
    "registrant data is",
    "restricted access",
    "select contact domain holder",
    "select request email form",
    "statutory masking",
    "undisclosed",
    "visit the ",
    "visit whois.",
    "visit www.",
    "withheld by",
    "withheld for",
];

/// Names and addresses of services that stand in for the holder.
const PROXY: &[&str] = &[
    ".o-w-o.info",
    ".protect@",
    "1337 services",
    "@anonymised.email",
    "@contact.gandi.net",
    "@handles.eu.org",
    "@whoisproxy.",
    "anonymize, inc",
    "anonymize.com",
    "contactprivacy.com",
    "cyberprivacy",
    "digital privacy",
    "domain id shield",
    "domain privacy",
    "domain protection services",
    "domainprivacy",
    "domains by proxy",
    "domainsbyproxy",
    "happy dreamhost customer",
    "identity protect",
    "identity shield",
    "identity-protect",
    "invisible registration",
    "jewella privacy",
    "moniker privacy",
    "myprivacy",
    "njal.la",
    "on behalf of ",
    "perfect privacy",
    "perfectprivacy",
    "privacy corp",
    "privacy hero",
    "privacy inc",
    "privacy llc",
    "privacy ltd",
    "privacy protect",
    "privacy service",
    "privacy, llc",
    "privacydotlink",
    "privacyguardian",
    "privacyprotect",
    "private by design",
    "private registration",
    "private whois",
    "privatename",
    "privateregistration",
    "privatewhois",
    "protecteddomainservices",
    "proxy protection",
    "proxy service",
    "proxy.dreamhost",
    "registration private",
    "super privacy",
    "superprivacy",
    "whois agent",
    "whois guard",
    "whois privacy",
    "whois protection",
    "whois trustee",
    "whois-privacy",
    "whoisguard",
    "whoisprivacy",
    "whoisprotect",
    "withheld for privacy",
    "withheldforprivacy",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_things_apart() {
        assert_eq!(disclosed(" N/A "), Disclosed::Absent);
        assert_eq!(disclosed("REDACTED FOR PRIVACY"), Disclosed::Redacted("REDACTED FOR PRIVACY".into()));
        assert_eq!(disclosed("Withheld for Privacy ehf"), Disclosed::Proxy("Withheld for Privacy ehf".into()));
        assert_eq!(disclosed("Contact Privacy Inc. Customer 7151").stated(), None);
        for stated in ["Ada Example", "Private Eye Ltd", "Hidden Valley Farm", "info@masked.example"] {
            assert_eq!(disclosed(stated).stated(), Some(stated));
        }
        assert!(matches!(disclosed_email("https://registrar.example/contact?d=x"), Disclosed::Redacted(_)));
        assert_eq!(disclosed_email("a@b.example").stated(), Some("a@b.example"));
    }

    #[test]
    fn a_proxy_owns_the_whole_contact() {
        let stated = |text: &str| Disclosed::Stated(text.into());
        let mut contact = Contact {
            organization: disclosed("WhoisGuard, Inc."),
            phone: stated("+1.5550100"),
            handle: stated("C-1"),
            ..Contact::default()
        };
        spread_proxy(&mut contact);
        assert_eq!(contact.phone, Disclosed::Proxy("+1.5550100".into()));
        assert_eq!(contact.handle, stated("C-1"));
    }
}
