//! What is sent to each kind of provider, as its public documentation says.

use hmac::{Hmac, KeyInit, Mac};
use model::{PivotKind, Time};
use reqwest::{
    Url,
    header::{ACCEPT, AUTHORIZATION, HeaderName},
};
use serde_json::json;
use sha2::Sha256;

use super::{Inquiry, ProviderConfig, ProviderKind};
use crate::http::Request;

/// How many records of passive DNS are asked for at one time.
const RECORDS: &str = "10000";

/// The request that asks a provider, or why there is none.
pub(super) fn of(provider: &ProviderConfig, inquiry: &Inquiry, counting: bool, now: Time) -> Result<Request, String> {
    let base = Url::parse(&provider.url).map_err(|error| format!("`{}`: {error}", provider.url))?;
    if counting && !matches!(provider.kind, ProviderKind::DomainTools | ProviderKind::WhoisXml) {
        return Err(format!("a provider of kind {} tells no count by itself", provider.kind));
    }
    let request = match provider.kind {
        ProviderKind::DomainTools => domain_tools(base, provider, inquiry, counting, now),
        ProviderKind::WhoisXml => whois_xml(base, provider, inquiry, counting),
        ProviderKind::SecurityTrails => security_trails(base, provider, inquiry),
        ProviderKind::Dnsdb => dnsdb(base, provider, inquiry),
        ProviderKind::Cof => cof(base, provider, inquiry),
        ProviderKind::Otx => otx(base, provider, inquiry),
        ProviderKind::CrtSh => crt_sh(base, inquiry),
    };
    request.ok_or_else(|| format!("a provider of kind {} is not asked that", provider.kind))
}

/// `GET /v1/reverse-whois/`, signed: HMAC-SHA-256 of user, moment and path under the key, which is not sent itself.
fn domain_tools(base: Url, provider: &ProviderConfig, inquiry: &Inquiry, counting: bool, now: Time) -> Option<Request> {
    let Inquiry::Held(held) = inquiry else { return None };
    let mut url = below(base, &["v1", "reverse-whois", ""]);
    let (user, moment) = (provider.user.as_deref()?, now.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(provider.key.as_ref()?.reveal().as_bytes()).ok()?;
    mac.update([user, &moment, url.path()].concat().as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    url.query_pairs_mut()
        .append_pair("terms", &held.value)
        .append_pair("scope", "current")
        .append_pair("mode", if counting { "quote" } else { "purchase" })
        .append_pair("api_username", user)
        .append_pair("timestamp", &moment)
        .append_pair("signature", &signature);
    Some(get(url, "application/json", []))
}

/// `POST /api/v2`, with the field of the registrant that is meant.
fn whois_xml(base: Url, provider: &ProviderConfig, inquiry: &Inquiry, counting: bool) -> Option<Request> {
    let Inquiry::Held(held) = inquiry else { return None };
    let field = match held.kind {
        PivotKind::Email => "RegistrantContact.Email",
        PivotKind::Name => "RegistrantContact.Name",
        PivotKind::Organization => "RegistrantContact.Organization",
        PivotKind::Phone => "RegistrantContact.Telephone",
        _ => return None,
    };
    let body = json!({
        "searchType": "current",
        "mode": if counting { "preview" } else { "purchase" },
        "punycode": true,
        "advancedSearchTerms": [{"field": field, "term": held.value, "exactMatch": true}],
    });
    let key = provider.key.as_ref()?.reveal().to_owned();
    Some(post(below(base, &["api", "v2"]), &body, (HeaderName::from_static("x-authentication-token"), key)))
}

/// `POST /v1/domains/list`.
fn security_trails(base: Url, provider: &ProviderConfig, inquiry: &Inquiry) -> Option<Request> {
    let Inquiry::Held(held) = inquiry else { return None };
    let field = match held.kind {
        PivotKind::Email => "whois_email",
        PivotKind::Organization => "whois_organization",
        PivotKind::Phone => "whois_telephone",
        _ => return None,
    };
    let body = json!({"filter": {field: held.value}});
    let key = provider.key.as_ref()?.reveal().to_owned();
    Some(post(below(base, &["v1", "domains", "list"]), &body, (HeaderName::from_static("apikey"), key)))
}

/// `GET /dnsdb/v2/lookup/…`.
fn dnsdb(base: Url, provider: &ProviderConfig, inquiry: &Inquiry) -> Option<Request> {
    let (by, form, value) = match inquiry {
        Inquiry::Name(name) => ("rrset", "name", name.to_string()),
        Inquiry::Below(name) => ("rrset", "name", format!("*.{name}")),
        Inquiry::Address(address) => ("rdata", "ip", address.to_string()),
        Inquiry::Held(_) => return None,
    };
    let mut url = below(base, &["dnsdb", "v2", "lookup", by, form, &value]);
    url.query_pairs_mut().append_pair("limit", RECORDS).append_pair("swclient", "spoor");
    let key = provider.key.as_ref()?.reveal().to_owned();
    Some(get(url, "application/x-ndjson", [(HeaderName::from_static("x-api-key"), key)]))
}

/// `GET …/VALUE`, with the password of RFC 7617 where there is one.
fn cof(base: Url, provider: &ProviderConfig, inquiry: &Inquiry) -> Option<Request> {
    let value = match inquiry {
        Inquiry::Name(name) => name.to_string(),
        Inquiry::Address(address) => address.to_string(),
        Inquiry::Below(_) | Inquiry::Held(_) => return None,
    };
    let basic = provider.user.as_ref().zip(provider.key.as_ref()).map(|(user, key)| {
        let pair = base64(format!("{user}:{}", key.reveal()).as_bytes());
        (AUTHORIZATION, format!("Basic {pair}"))
    });
    Some(get(below(base, &[&value]), "application/x-ndjson, application/json;q=0.9", basic))
}

/// `GET /api/v1/indicators/…/passive_dns`; about a domain it tells the names below it too.
fn otx(base: Url, provider: &ProviderConfig, inquiry: &Inquiry) -> Option<Request> {
    let (kind, value) = match inquiry {
        Inquiry::Name(name) => ("hostname", name.to_string()),
        Inquiry::Below(name) => ("domain", name.to_string()),
        Inquiry::Address(address) if address.is_ipv4() => ("IPv4", address.to_string()),
        Inquiry::Address(address) => ("IPv6", address.to_string()),
        Inquiry::Held(_) => return None,
    };
    let key = provider.key.as_ref().map(|key| (HeaderName::from_static("x-otx-api-key"), key.reveal().to_owned()));
    Some(get(below(base, &["api", "v1", "indicators", kind, &value, "passive_dns"]), "application/json", key))
}

/// `GET /?q=…&output=json`; `%` stands for any beginning.
fn crt_sh(base: Url, inquiry: &Inquiry) -> Option<Request> {
    let Inquiry::Below(name) = inquiry else { return None };
    let mut url = base;
    url.query_pairs_mut().append_pair("q", &format!("%.{name}")).append_pair("output", "json");
    Some(get(url, "application/json", []))
}

/// A path below the base, each part of it escaped.
fn below(mut base: Url, parts: &[&str]) -> Url {
    if let Ok(mut path) = base.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    base
}

fn get(url: Url, accept: &str, headers: impl IntoIterator<Item = (HeaderName, String)>) -> Request {
    let headers = std::iter::once((ACCEPT, accept.to_owned())).chain(headers).collect();
    Request { url, headers, body: None }
}

fn post(url: Url, body: &serde_json::Value, key: (HeaderName, String)) -> Request {
    Request { url, headers: vec![(ACCEPT, "application/json".into()), key], body: Some(body.to_string()) }
}

/// RFC 4648 §4.
fn base64(octets: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(octets)
}

#[cfg(test)]
mod tests {
    use formats::provider::Held;
    use model::Exposure;

    use super::*;
    use crate::provider::Secret;

    fn provider(kind: ProviderKind) -> ProviderConfig {
        ProviderConfig {
            name: "sample".into(),
            kind,
            url: "https://service.example/base/".into(),
            user: Some("team".into()),
            key: Some(Secret::new("key")),
            exposure: Exposure::ThirdParty,
            licence: None,
            quota: None,
            cost: None,
        }
    }

    #[test]
    fn values_cannot_leave_their_place() {
        let held = |kind| Inquiry::Held(Held { kind, value: "a&b=c#d/../é@sample.example".into() });
        for (_, kind) in ProviderKind::ALL {
            for inquiry in [
                held(PivotKind::Email),
                held(PivotKind::Phone),
                Inquiry::Name(r"a\/b\?c\.d\..example".parse().unwrap()),
                Inquiry::Below("widgets.example".parse().unwrap()),
                Inquiry::Address("2001:db8::1".parse().unwrap()),
            ] {
                let Ok(request) = of(&provider(kind), &inquiry, false, Time(0)) else { continue };
                let url = &request.url;
                assert!(url.as_str().starts_with("https://service.example/base/") && url.fragment().is_none(), "{url}");
                assert!(!url.path().contains("/../") && !url.path().contains("c.d/"), "{url}");
                assert!(!url.as_str().contains("b=c"), "{url}");
            }
        }
    }

    #[test]
    fn keys_are_not_shown_and_not_in_urls() {
        let inquiry = Inquiry::Held(Held { kind: PivotKind::Email, value: "ada@sample.example".into() });
        let mut named = provider(ProviderKind::DomainTools);
        named.key = Some(Secret::new("hush-hush"));
        assert!(!format!("{named:?}").contains("hush"));
        let request = of(&named, &inquiry, true, Time(0)).unwrap();
        assert!(!request.url.as_str().contains("hush"));
        assert!(request.url.as_str().contains("mode=quote") && request.url.as_str().contains("signature="));
        assert!(of(&provider(ProviderKind::Dnsdb), &inquiry, false, Time(0)).unwrap_err().contains("not asked that"));
        assert!(of(&provider(ProviderKind::SecurityTrails), &inquiry, true, Time(0)).unwrap_err().contains("no count"));
    }
}
