//! The list of labels that a team of this world would have: what is known to be shared, and why.

use crate::infrastructure::{Infrastructure, parking_host, sinkhole_host};

const SOURCE: &str = "range";

/// The list as TOML: `[[label]]` with `kind`, `value`, `label` and `source`. Servers are labelled by their operator's
/// domain, as published lists have it.
pub(crate) fn list(world: &Infrastructure) -> String {
    let mut labels: Vec<(&str, String, &str)> = Vec::new();
    for (number, company) in world.parking.iter().enumerate() {
        labels.push(("name-server", company.domain.clone(), "parking"));
        labels.extend((0..4).map(|host| ("address", parking_host(number, host).to_string(), "parking")));
    }
    labels.push(("address", sinkhole_host().to_string(), "sinkhole"));
    for service in &world.privacy {
        labels.push(("email-domain", service.domain.clone(), "privacy service"));
    }
    for registrar in &world.registrars {
        labels.push(("name-server", registrar.domain.clone(), "registrar default"));
        labels.push(("organization", registrar.privacy.organization.clone(), "privacy service"));
        labels.push(("email", registrar.privacy.email.clone(), "privacy service"));
    }
    labels.extend(["198.19.32.0/20", "198.19.48.0/20"].map(|block| ("cidr", block.into(), "CDN")));
    labels.push(("domain", world.dynamic.domain.clone(), "dynamic DNS"));
    for hoster in &world.hosters {
        labels.push(("name-server", hoster.domain.clone(), "shared hosting"));
    }
    for provider in &world.mail {
        labels.push(("email-domain", provider.domain.clone(), "mail provider"));
        labels.push(("mail-server", provider.domain.clone(), "mail provider"));
    }
    labels.sort();
    labels.dedup();
    // No value in it has a character that TOML would need escaped.
    let entry = |(kind, value, label)| {
        format!("[[label]]\nkind = \"{kind}\"\nvalue = \"{value}\"\nlabel = \"{label}\"\nsource = \"{SOURCE}\"\n\n")
    };
    labels.into_iter().map(entry).collect()
}
