//! One registration from two answers: the registry's and that of the registrar to which it refers.

use model::{Contact, Registration};

/// Joins what a thin registry and its registrar say. The registrar knows the contacts; the registry is right about the
/// delegation, the dates and the statuses, which the registrar only repeats (and of which it states its own end of the
/// registration).
pub fn merge(registry: Registration, registrar: Registration) -> Registration {
    if !registrar.state.is_answer() {
        return registry;
    }
    if !registry.state.is_answer() {
        return registrar;
    }
    let (a, b) = (registry.registrar, registrar.registrar);
    Registration {
        domain: registry.domain.or(registrar.domain),
        state: registry.state,
        registry_id: registry.registry_id.or(registrar.registry_id),
        registrar: model::registration::Registrar {
            name: a.name.or(b.name),
            iana_id: a.iana_id.or(b.iana_id),
            url: a.url.or(b.url),
            whois_server: a.whois_server.or(b.whois_server),
            abuse_email: a.abuse_email.or(b.abuse_email),
            abuse_phone: a.abuse_phone.or(b.abuse_phone),
        },
        reseller: registrar.reseller.or(registry.reseller),
        created: registry.created.or(registrar.created),
        updated: registry.updated.max(registrar.updated),
        expires: registry.expires.or(registrar.expires),
        statuses: if registry.statuses.is_empty() { registrar.statuses } else { registry.statuses },
        nameservers: if registry.nameservers.is_empty() { registrar.nameservers } else { registry.nameservers },
        signed: registry.signed.or(registrar.signed),
        registrant: richer(registry.registrant, registrar.registrant),
        admin: richer(registry.admin, registrar.admin),
        tech: richer(registry.tech, registrar.tech),
        billing: richer(registry.billing, registrar.billing),
    }
}

/// The registrar's contact, where it states more than the registry's.
fn richer(registry: Contact, registrar: Contact) -> Contact {
    if stated(&registrar) >= stated(&registry) && registrar != Contact::default() { registrar } else { registry }
}

fn stated(contact: &Contact) -> usize {
    let fields =
        [&contact.handle, &contact.name, &contact.organization, &contact.email, &contact.phone, &contact.street];
    fields.into_iter().filter(|field| field.stated().is_some()).count()
}
