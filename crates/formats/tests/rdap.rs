//! RDAP answers of a fictional registry and registrar, field by field.

use formats::rdap::{self, Giver};
use model::{Disclosed, Name, Scope, registration::State};

fn corpus(file: &str) -> Vec<u8> {
    let path = format!("{}/../../fuzz/corpus/rdap/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn widgets() -> Name {
    "widgets.example".parse().expect("a name")
}

fn stated(text: &str) -> Disclosed {
    Disclosed::Stated(text.into())
}

const REGISTRY: &str = "https://rdap.nic.example/domain/widgets.example";
const REGISTRAR: &str = "https://rdap.registrar.example/domain/widgets.example";

#[test]
fn a_registry_answer() {
    let parsed = rdap::parse_domain(&corpus("domain.json"), REGISTRY, &widgets());
    let registration = &parsed.registration;
    assert_eq!(registration.state, State::Registered);
    assert_eq!(registration.registry_id.as_deref(), Some("D100-EXAMPLE"));
    assert_eq!(registration.statuses, ["clientTransferProhibited", "ok"]);
    let times =
        [registration.created, registration.expires, registration.updated].map(|time| time.unwrap().to_string());
    assert_eq!(times, ["2026-01-31T23:59:11Z", "2027-01-31T23:59:11Z", "2026-01-31T22:00:00Z"]);
    assert_eq!(registration.signed, Some(true));
    let servers: Vec<_> = registration.nameservers.iter().map(|s| (s.name.to_string(), s.addresses.len())).collect();
    assert_eq!(servers, [("ns2.hoster.example".into(), 0), ("ns1.widgets.example".into(), 2)]);
    let registrar = &registration.registrar;
    assert_eq!((registrar.name.as_deref(), registrar.iana_id), (Some("Example Registrar"), Some(9995)));
    assert_eq!(registrar.url.as_deref(), Some("https://registrar.example/"));
    assert_eq!(registrar.abuse_email.as_deref(), Some("abuse@registrar.example"));
    assert_eq!(parsed.related.as_deref(), Some(REGISTRAR));
    assert_eq!(parsed.remarks.len(), 1, "{:?}", parsed.remarks);
}

#[test]
fn contacts_in_their_roles() {
    let registration = rdap::parse_domain(&corpus("domain.json"), REGISTRY, &widgets()).registration;
    let registrant = &registration.registrant;
    assert_eq!(
        (&registrant.handle, &registrant.scope),
        (&stated("C7-EXAMPLE"), &Some(Scope::Registry("example".into())))
    );
    assert_eq!((&registrant.name, &registrant.organization), (&stated("Ada Sample"), &stated("Sample Widgets")));
    assert_eq!((&registrant.phone, &registrant.fax), (&stated("+47.22000001x7"), &stated("+47.22000002")));
    assert_eq!((&registrant.street, &registrant.country), (&stated("1 Main Street, Floor 2"), &stated("NO")));
    // RFC 9537: what stands in the registrant's e-mail is a replacement; the administrative contact's is not.
    assert_eq!(registrant.email, Disclosed::Redacted("ada@sample.example".into()));
    assert_eq!(registration.admin.email, stated("ada@sample.example"));
    // Not the registrar's own technical contact.
    let tech = &registration.tech;
    assert_eq!((&tech.organization, &tech.name), (&stated("Example Hosting"), &Disclosed::Absent));
    assert_eq!(tech.phone, Disclosed::Redacted("redacted".into()));
    assert!(matches!(&tech.email, Disclosed::Redacted(text) if text.starts_with("https://")));
    assert_eq!(registration.billing, model::Contact::default());
}

#[test]
fn a_registrar_answer_scopes_handles_by_the_registrar() {
    let body = corpus("registrar.json");
    let told = rdap::parse_domain_of(&body, "", &widgets(), Giver::Registrar).registration;
    assert_eq!(told.registrant.scope, Some(Scope::Registrar(9995)));
    // The technical contact's handle ends as the domain's id does: the registrar passes on the registry's.
    assert_eq!(told.tech.scope, Some(Scope::Registry("example".into())));
    // A privacy service's telephone is not the holder's.
    assert_eq!(told.tech.phone, Disclosed::Proxy("+1.5550100".into()));
    assert_eq!(told.registrar.whois_server.as_deref(), Some("whois.registrar.example"));
    // Without being told: the answer stands where the registrar's abuse address is.
    let guessed = rdap::parse_domain(&body, REGISTRAR, &widgets()).registration;
    assert_eq!(guessed.registrant.scope, Some(Scope::Registrar(9995)));
    let registry = rdap::parse_domain(&body, REGISTRY, &widgets()).registration;
    assert_eq!(registry.registrant.scope, Some(Scope::Registry("example".into())));
}

#[test]
fn errors_are_facts() {
    let state = |body: &[u8]| rdap::parse_domain(body, REGISTRY, &widgets()).registration.state;
    assert_eq!(state(&corpus("not_found.json")), State::Available);
    assert_eq!(state(&corpus("throttled.json")), State::Throttled);
    assert_eq!(state(br#"{"errorCode":503}"#), State::Throttled);
    assert_eq!(state(br#"{"errorCode":403}"#), State::Refused);
    assert_eq!(state(br#"{"errorCode":501}"#), State::Refused);
    assert_eq!(state(&corpus("network.json")), State::Malformed);
    for body in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"<html>404</html>"] {
        let parsed = rdap::parse_domain(body, REGISTRY, &widgets());
        assert_eq!(parsed.registration.state, State::Malformed);
        assert!(!parsed.remarks.is_empty());
    }
    assert_eq!(rdap::parse_network(&corpus("not_found.json")).state, State::Available);
}

#[test]
fn malformed_answers_give_what_they_hold() {
    let parsed = rdap::parse_domain(&corpus("malformed.json"), REGISTRY, &widgets());
    assert_eq!(parsed.registration.state, State::Registered);
    assert_eq!(parsed.registration.signed, Some(false));
    assert_eq!(parsed.registration.nameservers.len(), 1);
    assert_eq!(parsed.registration.registrant.name, stated("Ada"));
    assert_eq!(parsed.registration.tech.organization, stated("Deep"));
    assert!(parsed.remarks.len() >= 8, "{:#?}", parsed.remarks);
}

#[test]
fn the_limits_hold_and_show() {
    let deep =
        format!("{{\"ldhName\":\"widgets.example\",\"entities\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(rdap::parse_domain(deep.as_bytes(), REGISTRY, &widgets()).registration.state, State::Malformed);
    let long = vec![b' '; rdap::BODY_OCTETS_MAX + 1];
    assert!(rdap::parse_domain(&long, REGISTRY, &widgets()).remarks[0].to_string().starts_with("limit: "));
    let entity = r#"{"roles":["technical"],"vcardArray":["vcard",[["fn",{},"text","Ada"]]]},"#.repeat(600);
    let many = format!("{{\"ldhName\":\"widgets.example\",\"entities\":[{}]}}", entity.trim_end_matches(','));
    let parsed = rdap::parse_domain(many.as_bytes(), REGISTRY, &widgets());
    assert!(parsed.remarks.iter().any(|remark| remark.to_string().contains("first 500")), "{:?}", parsed.remarks);
    assert_eq!(parsed.registration.tech.name, stated("Ada"));
}

#[test]
fn the_one_asked_for_among_the_results_of_a_search() {
    let parsed = rdap::parse_domain(&corpus("search.json"), REGISTRY, &widgets());
    assert_eq!((parsed.registration.domain, parsed.registration.state), (Some(widgets()), State::Redemption));
}

#[test]
fn networks_and_numbers() {
    let answer = rdap::parse_network(&corpus("network.json"));
    let network = answer.found.unwrap();
    let prefixes: Vec<String> = network.prefixes().iter().map(ToString::to_string).collect();
    assert_eq!(prefixes, ["192.0.2.0/25", "192.0.2.128/26"]);
    assert_eq!((network.name.as_deref(), network.origins.as_slice()), (Some("EXAMPLE-NET"), &[64496, 64497][..]));
    assert_eq!(network.holder.holder.as_deref(), Some("Example Hosting"));
    assert_eq!(network.holder.country.as_deref(), Some("NO"));
    assert_eq!(network.holder.abuse_email.as_deref(), Some("abuse@hoster.example"));
    assert_eq!(network.holder.registered.unwrap().to_string(), "2020-01-01T05:00:00Z");
    let by_prefix = rdap::parse_network(&corpus("network6.json")).found.unwrap();
    assert_eq!(by_prefix.prefixes()[0].to_string(), "2001:db8::/32");
    assert_eq!(by_prefix.holder.holder.as_deref(), Some("Example block"));
    let number = rdap::parse_autnum(&corpus("autnum.json")).found.unwrap();
    assert_eq!((number.first, number.last), (64496, 64511));
}
