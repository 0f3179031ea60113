//! From the raw answers about a domain to one registration, whatever protocol they came by.

use model::{
    Name, RawAnswer, Registration, Scope,
    registration::{Protocol, Role, State},
};

use crate::{
    rdap::{self, Giver},
    remark::{Remark, RemarkKind, note},
    whois,
};

/// Reads the answers about one domain, the registry's first and then the registrar's, and merges what they say.
///
/// An answer that says nothing about the domain (throttled, refused, not understood) takes nothing away from one that
/// does. With no answer at all the registration is empty and [`State::Malformed`].
pub fn read(answers: &[RawAnswer], domain: &Name) -> (Registration, Vec<Remark>) {
    let mut remarks = Vec::new();
    let mut whole: Option<Registration> = None;
    for answer in answers {
        let giver = match whole {
            None if answers.len() == 1 => None,
            None => Some(Giver::Registry),
            Some(_) => Some(Giver::Registrar),
        };
        let (mut next, said) = read_one(answer, domain, giver);
        said.into_iter().for_each(|remark| note(&mut remarks, remark));
        whole = Some(match whole {
            None => next,
            Some(registry) => {
                scope_handles(&mut next, registry.registrar.iana_id);
                join(registry, next, &mut remarks)
            }
        });
    }
    (whole.unwrap_or_default(), remarks)
}

fn read_one(answer: &RawAnswer, domain: &Name, giver: Option<Giver>) -> (Registration, Vec<Remark>) {
    let RawAnswer { protocol, server, body } = answer;
    if *protocol == Protocol::Whois {
        let parsed = whois::read(std::slice::from_ref(answer), domain);
        return (parsed.registration, parsed.remarks);
    }
    let parsed = match giver {
        None => rdap::parse_domain(body, server, domain),
        Some(giver) => rdap::parse_domain_of(body, server, domain, giver),
    };
    (parsed.registration, parsed.remarks)
}

/// Handles of a registrar that does not give its number are its own all the same: the registry gave the number.
fn scope_handles(registration: &mut Registration, registrar: Option<u32>) {
    let Some(id) = registrar else { return };
    for role in Role::CONTACTS {
        let Some(contact) = registration.contact_mut(role) else { continue };
        if matches!(contact.scope, Some(Scope::RegistrarNamed(_))) || contact.scope.is_none() {
            contact.scope = contact.handle.stated().map(|_| Scope::Registrar(id));
        }
    }
}

/// The registry decides whether the domain exists; a registrar that does not know it adds nothing.
fn join(registry: Registration, registrar: Registration, remarks: &mut Vec<Remark>) -> Registration {
    let exists = |state| matches!(state, State::Registered | State::Redemption);
    let (first, second) = (registry.state, registrar.state);
    if first.is_answer() && second.is_answer() && exists(first) != exists(second) {
        let text = format!("the registry says {first}, the second answer {second}; the registry stands");
        note(remarks, Remark::whole(RemarkKind::Conflict, &text));
        return registry;
    }
    whois::merge(registry, registrar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(protocol: Protocol, server: &str, body: &str) -> RawAnswer {
        RawAnswer { protocol, server: server.into(), body: body.into() }
    }

    fn widgets() -> Name {
        "widgets.example".parse().unwrap()
    }

    const REGISTRY: &str = r#"{"objectClassName":"domain","ldhName":"widgets.example","handle":"D1-EXAMPLE",
        "events":[{"eventAction":"registration","eventDate":"2026-01-31T23:59:11Z"}],
        "entities":[{"roles":["registrar"],"publicIds":[{"type":"IANA Registrar ID","identifier":"9995"}],
            "vcardArray":["vcard",[["fn",{},"text","Example Registrar"]]]}]}"#;
    const REGISTRAR: &str = r#"{"objectClassName":"domain","ldhName":"widgets.example",
        "entities":[{"roles":["registrant"],"handle":"K-4711","vcardArray":["vcard",[["email",{},"text","ada@sample.example"]]]}]}"#;

    #[test]
    fn registry_and_registrar_by_rdap() {
        let answers = [
            answer(Protocol::Rdap, "https://rdap.nic.example/domain/widgets.example", REGISTRY),
            answer(Protocol::Rdap, "https://rdap.registrar.example/domain/widgets.example", REGISTRAR),
        ];
        let (registration, remarks) = read(&answers, &widgets());
        assert_eq!(remarks, []);
        assert_eq!(registration.registrant.email.stated(), Some("ada@sample.example"));
        assert_eq!(registration.registrant.scope, Some(Scope::Registrar(9995)));
        assert_eq!(registration.created.map(|time| time.day()), Some("2026-01-31".into()));
    }

    #[test]
    fn an_answer_that_says_nothing_takes_nothing_away() {
        let registry = answer(Protocol::Rdap, "rdap.nic.example", REGISTRY);
        let alone = read(std::slice::from_ref(&registry), &widgets()).0;
        for silent in [r#"{"errorCode":429}"#, "{", r#"{"errorCode":403}"#] {
            let silent = answer(Protocol::Rdap, "rdap.registrar.example", silent);
            assert_eq!(read(&[registry.clone(), silent.clone()], &widgets()).0, alone);
            assert_eq!(read(&[silent, registry.clone()], &widgets()).0.created, alone.created);
        }
        let unknown = answer(Protocol::Rdap, "rdap.registrar.example", r#"{"errorCode":404}"#);
        let (registration, remarks) = read(&[registry, unknown], &widgets());
        assert_eq!(registration, alone);
        assert!(remarks.iter().any(|remark| remark.what == RemarkKind::Conflict));
        assert_eq!(read(&[], &widgets()).0.state, State::Malformed);
    }
}
