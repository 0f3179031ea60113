//! Registrations by the ten million, for measurements of stores and searches: no world holds them, each is made from its
//! number.
//!
//! Shares follow what surveys of registries say: two in three withhold the registrant, one in twenty stands behind a proxy
//! service; few people hold many domains and many hold one (a long tail); some hundred registrars, the largest with a fifth of
//! all; a dozen zones. Names are under reserved top-level domains.

use model::{
    Contact, Disclosed, Name, Registration, RegistrationRecord, Time,
    registration::{NameServer, Registrar, Scope, State},
    time::DAY,
};

use crate::random::Random;

const SYLLABLES: [&str; 32] = [
    "ba", "ren", "to", "mi", "lok", "sa", "ver", "du", "pi", "kan", "os", "tra", "fel", "gu", "ni", "mor", "ex", "ral",
    "ty", "vo", "zen", "ha", "ul", "cor", "be", "dan", "qui", "wes", "jo", "lim", "ar", "stu",
];
const ZONES: [&str; 8] =
    ["example", "test", "com.example", "net.example", "org.example", "shop.test", "co.test", "info.test"];
/// Registrars; the first has a fifth of all domains.
const REGISTRARS: u64 = 300;
/// The people who hold as many domains as a list of a thousand rows has.
const COLLECTORS: u64 = 1_000;

/// The registration of a number, as `of` of them make a population. The same for ever.
pub fn registration(number: u64, of: u64, now: Time) -> RegistrationRecord {
    let mut random = Random::of(7, "bulk", number);
    let zone = ZONES[random.skewed(ZONES.len() as u64) as usize];
    let domain = name(&format!("{}{}.{zone}", word(&mut random, 3), number));
    let registrar = random.skewed_from(8, REGISTRARS);
    let created = Time(now.0 - 30 * DAY - (random.below(3_000 * DAY as u64)) as i64);
    let hoster = random.skewed_from(20, 20_000);
    let servers = (1..=2).map(|server| NameServer {
        name: name(&format!("ns{server}.{}{hoster}.test", word(&mut Random::of(7, "hoster", hoster), 2))),
        addresses: Vec::new(),
    });
    let person = person(&mut random, of);
    let withheld = random.unit();
    let contact = || match withheld {
        ..0.65 => redacted(),
        ..0.7 => proxy(registrar),
        _ => stated(person, registrar),
    };
    let registration = Registration {
        domain: Some(domain.clone()),
        state: State::Registered,
        registrar: Registrar {
            name: Some(format!("Registrar {registrar} Ltd")),
            iana_id: Some(4_000 + registrar as u32),
            ..Registrar::default()
        },
        created: Some(created),
        updated: Some(Time(created.0 + DAY)),
        expires: Some(Time(created.0 + 3_650 * DAY)),
        statuses: vec!["clientTransferProhibited".into()],
        nameservers: servers.collect(),
        registrant: contact(),
        admin: if random.chance(0.5) { contact() } else { Contact::default() },
        ..Registration::default()
    };
    RegistrationRecord { domain, registration, raw: Vec::new(), observed: Time(now.0 - DAY) }
}

/// The e-mail address of the person who holds the `rank`-eth most domains.
pub fn email(rank: u64) -> String {
    let mut random = Random::of(7, "person", rank);
    let (first, last) = (word(&mut random, 2), word(&mut random, 3));
    format!("{first}.{last}{rank}@{}.example", word(&mut Random::of(7, "mail", rank % 50_000), 3))
}

/// One in ten domains is a collector's, each of whom has about as many; the others are people's with a long tail.
fn person(random: &mut Random, of: u64) -> u64 {
    match random.chance(0.3) {
        true => random.below(COLLECTORS),
        false => COLLECTORS + random.skewed_from(of / 50 + 1, of),
    }
}

fn stated(person: u64, registrar: u64) -> Contact {
    let mut random = Random::of(7, "person", person);
    let (first, last) = (word(&mut random, 2), word(&mut random, 3));
    let company = format!("{} {} GmbH", word(&mut random, 3), word(&mut random, 2));
    Contact {
        handle: Disclosed::Stated(format!("C{person}-X")),
        scope: Some(Scope::Registrar(4_000 + registrar as u32)),
        name: Disclosed::Stated(format!("{first} {last}")),
        organization: if random.chance(0.4) { Disclosed::Stated(company) } else { Disclosed::Absent },
        email: Disclosed::Stated(email(person)),
        phone: Disclosed::Stated(format!("+49.{:09}", random.below(1_000_000_000))),
        street: Disclosed::Stated(format!("{} street {}", word(&mut random, 3), random.below(300))),
        city: Disclosed::Stated(word(&mut random, 3)),
        country: Disclosed::Stated("DE".into()),
        ..Contact::default()
    }
}

fn redacted() -> Contact {
    let withheld = || Disclosed::Redacted("REDACTED FOR PRIVACY".into());
    Contact { name: withheld(), email: withheld(), phone: withheld(), street: withheld(), ..Contact::default() }
}

fn proxy(registrar: u64) -> Contact {
    let stands_in = Disclosed::Proxy(format!("Privacy Service {registrar}"));
    Contact { name: stands_in.clone(), organization: stands_in, ..Contact::default() }
}

fn word(random: &mut Random, syllables: usize) -> String {
    (0..syllables).map(|_| random.pick(&SYLLABLES)).collect()
}

fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap_or_else(|_| Name::root())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_for_ever_and_told_apart() {
        let now = Time(1_790_000_000);
        let made = || (0..2_000).map(|number| registration(number, 2_000, now));
        assert!(made().eq(made()));
        let domains: std::collections::HashSet<Name> = made().map(|record| record.domain).collect();
        assert_eq!(domains.len(), 2_000);
        let stated = made().filter(|record| record.registration.registrant.email.stated().is_some()).count();
        assert!((500..700).contains(&stated), "{stated}");
    }
}
