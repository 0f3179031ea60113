//! Reverse WHOIS: which domains are registered with a value.

use model::Time;
use serde_json::Value;

use super::{Held, Told, Unreadable, json};

/// The body of a DomainTools answer: `response.domains`, and `response.domain_count` for both scopes. Asked for a quote,
/// it has the counts alone.
pub fn domain_tools(body: &[u8], held: &Held, at: Time) -> Result<Told, Unreadable> {
    let document = json(body)?;
    if let Some(said) = document.pointer("/error/message").and_then(Value::as_str) {
        return Err(Unreadable(said.chars().take(200).collect()));
    }
    let response = document.get("response").ok_or_else(|| Unreadable("no `response` in it".into()))?;
    let total = response.pointer("/domain_count/current").and_then(Value::as_u64);
    let mut told = Told { total, ..Told::default() };
    domains(&mut told, response.get("domains"), held, at);
    Ok(beyond(told))
}

/// An answer of WhoisXML's reverse WHOIS API 2: `domainsCount`, `domainsList` (names, or objects with `domainName`), and
/// `nextPageSearchAfter` where there is more. A preview has the count alone.
pub fn whois_xml(body: &[u8], held: &Held, at: Time) -> Result<Told, Unreadable> {
    let document = json(body)?;
    let Some(total) = document.get("domainsCount").and_then(Value::as_u64) else {
        let said = document.get("messages").map(Value::to_string).unwrap_or_else(|| "no `domainsCount` in it".into());
        return Err(Unreadable(said.chars().take(200).collect()));
    };
    let next =
        document.get("nextPageSearchAfter").is_some_and(|next| next.as_str().is_some_and(|next| !next.is_empty()));
    let mut told = Told { total: Some(total), more: next, ..Told::default() };
    domains(&mut told, document.get("domainsList"), held, at);
    Ok(beyond(told))
}

/// An answer of SecurityTrails' domain search: `records` with `hostname` and, in milliseconds, `whois.createdDate` and
/// `whois.expiresDate`; `record_count`, and `meta.limit_reached`.
pub fn security_trails(body: &[u8], held: &Held, at: Time) -> Result<Told, Unreadable> {
    let document = json(body)?;
    let Some(records) = document.get("records").and_then(Value::as_array) else {
        let said = document.get("message").and_then(Value::as_str).unwrap_or("no `records` in it");
        return Err(Unreadable(said.chars().take(200).collect()));
    };
    let total = document.get("record_count").and_then(Value::as_u64);
    let more = document.pointer("/meta/limit_reached") == Some(&Value::Bool(true));
    let mut told = Told { total, more, ..Told::default() };
    for record in records {
        let Some(hostname) = record.get("hostname").and_then(Value::as_str) else {
            told.refuse("a record without `hostname`");
            continue;
        };
        let Some(taken) = told.domain(hostname, held, at) else { continue };
        let registration = &mut taken.registration;
        let moment = |name| Some(Time(record.get("whois")?.get(name)?.as_i64()?.div_euclid(1000)));
        registration.created = moment("createdDate");
        registration.expires = moment("expiresDate");
        let registrar = record.pointer("/whois/registrar").and_then(Value::as_str);
        registration.registrar.name =
            registrar.filter(|name| !name.trim().is_empty()).map(|name| name.trim().to_owned());
    }
    Ok(beyond(told))
}

/// Domains as texts, or as objects that name them.
fn domains(told: &mut Told, list: Option<&Value>, held: &Held, at: Time) {
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        match item.as_str().or_else(|| item.get("domainName")?.as_str()) {
            Some(text) => drop(told.domain(text, held, at)),
            None => told.refuse("no name of a domain"),
        }
    }
}

/// A count beyond what was listed means that there is more.
fn beyond(mut told: Told) -> Told {
    let listed = told.registrations.len() as u64 + told.refused;
    told.more |= listed > 0 && told.total.is_some_and(|total| total > listed);
    told
}

#[cfg(test)]
mod tests {
    use model::PivotKind;

    use super::*;

    fn held() -> Held {
        Held { kind: PivotKind::Email, value: "ada@sample.example".into() }
    }

    fn shown(told: &Told) -> Vec<String> {
        let shown = told.registrations.iter().map(|record| {
            let registration = &record.registration;
            assert_eq!(registration.registrant.email.stated(), Some("ada@sample.example"));
            format!("{} {}", record.domain, registration.created.map_or("?".into(), Time::day))
        });
        shown.collect()
    }

    #[test]
    fn three_services() {
        let body = br#"{"response": {"domain_count": {"current": 3, "historic": 9}, "domains": ["widgets.example", "Gadgets.example", "-"]}}"#;
        let told = domain_tools(body, &held(), Time(5)).unwrap();
        assert_eq!(shown(&told), ["widgets.example ?", "gadgets.example ?"]);
        assert_eq!((told.total, told.more, told.refused), (Some(3), false, 1));
        let quote = br#"{"response": {"domain_count": {"current": 32, "historic": 171}, "report_cost": {"current": 0, "historic": 0}}}"#;
        let quoted = domain_tools(quote, &held(), Time(5)).unwrap();
        assert_eq!((quoted.total, quoted.more, quoted.registrations.len()), (Some(32), false, 0));

        let body = br#"{"nextPageSearchAfter": "x", "domainsCount": 20001, "domainsList": ["widgets.example", {"domainName": "gadgets.example", "audit": {}}]}"#;
        let told = whois_xml(body, &held(), Time(5)).unwrap();
        assert_eq!((shown(&told).len(), told.total, told.more), (2, Some(20_001), true));

        let body = br#"{"records": [{"hostname": "widgets.example", "whois": {"registrar": "One Registrar", "createdDate": 1767225600000, "expiresDate": null}}, {}], "record_count": 1, "meta": {"limit_reached": false}}"#;
        let told = security_trails(body, &held(), Time(5)).unwrap();
        assert_eq!(shown(&told), ["widgets.example 2026-01-01"]);
        assert_eq!(told.registrations[0].registration.registrar.name.as_deref(), Some("One Registrar"));
    }

    #[test]
    fn what_they_say_instead_of_an_answer() {
        let said = |told: Result<Told, Unreadable>| told.unwrap_err().to_string();
        assert!(
            said(domain_tools(br#"{"error": {"code": 403, "message": "not enabled"}}"#, &held(), Time(5)))
                .ends_with("not enabled")
        );
        assert!(
            said(whois_xml(br#"{"code": 403, "messages": "Access restricted"}"#, &held(), Time(5)))
                .contains("restricted")
        );
        assert!(
            said(security_trails(br#"{"message": "Invalid authentication"}"#, &held(), Time(5))).contains("Invalid")
        );
        assert!(said(security_trails(b"", &held(), Time(5))).contains("EOF"));
    }
}
