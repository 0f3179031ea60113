//! Links (RFC 9083 §4.2): to the registrar's answer, to a registrar's site.

use model::SuffixList;

use super::document::{Notes, Object, objects, text};

/// The registrar's answer about the same domain: `rel` is `related`, and the type RDAP's (ICANN's RDAP response profile).
/// A link without a type counts where it leads to a domain object.
pub(super) fn related(answer: &Object, url: &str, notes: &mut Notes) -> Option<String> {
    let links = objects(answer, "", "links", notes);
    links.into_iter().find_map(|(_, link)| {
        let href = text(link, "href").filter(|href| is_web(href) && !href.eq_ignore_ascii_case(url))?;
        let rdap = match text(link, "type") {
            Some(kind) => kind.to_ascii_lowercase().contains("rdap"),
            None => href.to_ascii_lowercase().contains("/domain/"),
        };
        let related = text(link, "rel")?.eq_ignore_ascii_case("related");
        (related && rdap && text(answer, "objectClassName") != Some("entity")).then(|| href.to_owned())
    })
}

/// The web page that an object's links call `about`.
pub(super) fn about(object: &Object) -> Option<String> {
    in_relation(object, "about")
}

/// Where an object says that it stands.
pub(super) fn own(object: &Object) -> Option<String> {
    in_relation(object, "self")
}

fn in_relation(object: &Object, relation: &str) -> Option<String> {
    let links = objects(object, "", "links", &mut Notes::default());
    links.into_iter().find_map(|(_, link)| {
        let fits = text(link, "rel")?.eq_ignore_ascii_case(relation);
        text(link, "href").filter(|href| fits && is_web(href)).map(str::to_owned)
    })
}

fn is_web(href: &str) -> bool {
    let lower = href.get(..8).unwrap_or(href).to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// The registrable domain of a URL, a host name or an e-mail address.
pub(super) fn site(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let name = host.parse().ok()?;
    Some(SuffixList::bundled().registrable(&name)?.domain.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites() {
        assert_eq!(site("https://rdap.registrar.example:8443/domain/x"), Some("registrar.example".into()));
        assert_eq!(site("abuse@registrar.example"), Some("registrar.example".into()));
        assert_eq!(site("whois.nic.example"), Some("nic.example".into()));
        for none in ["", "https://", "192.0.2.1:43", "..", "example"] {
            assert!(matches!(site(none).as_deref(), None | Some("2.1")), "{none}");
        }
    }
}
