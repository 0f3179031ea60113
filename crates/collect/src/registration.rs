//! Who registered a domain: RDAP where the zone has it, else WHOIS.

use model::{Name, Registration, RegistrationRecord, Time, registration::State};

use crate::{Collector, Outcome, Permit, Protocol, outcome::Fact};

/// One question of several on the way to an answer, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// By which protocol.
    pub protocol: Protocol,
    /// The server's name.
    pub server: String,
    /// What became of it.
    pub outcome: Outcome<()>,
}

impl Step {
    pub(crate) fn new<T>(protocol: Protocol, server: &str, result: &Result<T, Fact>) -> Step {
        let outcome = match result {
            Ok(_) => Outcome::Found(()),
            Err(fact) => fact.clone().map(|never| match never {}),
        };
        Step { protocol, server: server.to_owned(), outcome }
    }
}

impl Collector {
    /// The registration of a domain, registry and registrar merged, with the raw answers. RDAP where the bootstrap
    /// knows the zone; WHOIS where it does not, or where RDAP gave no answer that says anything of the domain.
    pub async fn registration(&self, domain: &Name, permit: &Permit, now: Time) -> Outcome<RegistrationRecord> {
        self.registration_steps(domain, permit, now).await.0
    }

    /// The same, with what became of each question on the way: a registrar's server that may not be asked or did not
    /// answer does not spoil the registry's answer, and is told here. Without any step nothing was asked: that there is
    /// no such domain, or that nobody answers for it, was learnt a short while ago ([`Limits::absent_seconds`]).
    ///
    /// [`Limits::absent_seconds`]: crate::Limits::absent_seconds
    pub async fn registration_steps(
        &self,
        domain: &Name,
        permit: &Permit,
        now: Time,
    ) -> (Outcome<RegistrationRecord>, Vec<Step>) {
        let mut steps = Vec::new();
        if let Some(fact) = self.remembered().recall(domain, &self.config().limits, now) {
            return (Outcome::of(Err(fact)), steps);
        }
        let rdap = self.rdap_chain(domain, permit, now, &mut steps).await;
        let result = match rdap {
            Err(fact) if worth_another_protocol(&fact) => {
                let whois = self.whois_chain(domain, permit, now, &mut steps).await;
                more_telling(fact, whois)
            }
            settled => settled,
        };
        self.remembered().note(domain, &result, now);
        (Outcome::of(result), steps)
    }
}

/// Refuses names that no registry keeps. Letters, digits, hyphens and underscores cannot change the meaning of a line or
/// a path that they are put into; a hyphen in front would be an option to some servers.
pub(crate) fn registrable(domain: &Name) -> Result<(), Fact> {
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    let is_host_label = |label: &[u8]| label.iter().all(allowed) && label.first() != Some(&b'-');
    if domain.label_count() > 1 && domain.labels().all(is_host_label) {
        return Ok(());
    }
    Err(Outcome::NotConfigured(format!("no registry keeps names such as `{domain}`")))
}

fn worth_another_protocol(fact: &Fact) -> bool {
    !matches!(fact, Outcome::NoSuchName | Outcome::NotPermitted { .. })
}

/// Of two failures the one that is not merely "not configured"; RDAP's where both say something.
fn more_telling(rdap: Fact, whois: Result<RegistrationRecord, Fact>) -> Result<RegistrationRecord, Fact> {
    match (rdap, whois) {
        (Outcome::NotConfigured(_), whois) => whois,
        (rdap, Err(Outcome::NotConfigured(_))) => Err(rdap),
        (_, Ok(record)) => Ok(record),
        (_, Err(fact @ Outcome::NoSuchName)) => Err(fact),
        (rdap, Err(_)) => Err(rdap),
    }
}

/// What an answer says of the question, by the state that it was read as. An answer about another domain is none.
pub(crate) fn judge(read: &Registration, domain: &Name, wait_seconds: Option<u32>, body: &[u8]) -> Result<(), Fact> {
    match &read.domain {
        Some(other) if read.state.is_answer() && other != domain => {
            Err(Outcome::Malformed(format!("the answer is about `{other}`")))
        }
        _ => judge_state(read.state, wait_seconds, body),
    }
}

/// What a state that an answer was read as says of the question.
pub(crate) fn judge_state(state: State, wait_seconds: Option<u32>, body: &[u8]) -> Result<(), Fact> {
    match state {
        State::Registered | State::Reserved | State::Premium | State::Redemption => Ok(()),
        State::Available => Err(Outcome::NoSuchName),
        State::Throttled => Err(Outcome::Throttled { wait_seconds }),
        State::Refused => Err(Outcome::Refused(beginning(body))),
        State::Malformed => Err(Outcome::Malformed(beginning(body))),
    }
}

/// The beginning of an answer, for a fact that quotes it.
pub(crate) fn beginning(body: &[u8]) -> String {
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("empty answer");
    line.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_another_question() {
        let accepted = |name: &str| registrable(&Name::parse(name.as_bytes()).unwrap()).is_ok();
        for name in [
            "a\\013\\010b.test",
            "-h\\032host.test",
            "-r.test",
            "a\\032b.test",
            "test",
            "a/b.test",
            "\\.\\..test",
            "a?b.test",
        ] {
            assert!(!accepted(name), "{name}");
        }
        for name in ["a.test", "xn--a-0.test", "_a.b-c.test"] {
            assert!(accepted(name), "{name}");
        }
    }
}
