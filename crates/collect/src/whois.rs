//! WHOIS (RFC 3912): a line there, text back, and for thin registries a referral to the registrar's server.

mod client;
mod server_list;

use model::{Exposure, Name, RawAnswer, RegistrationRecord, Time, registration::Protocol as RawProtocol};
pub(crate) use server_list::ServerList;

use crate::{
    Collector, Outcome, Permit, Protocol, Step,
    gate::Question,
    outcome::Fact,
    registration::{judge, registrable},
};

/// One answer, and where it refers to.
struct Answer {
    raw: RawAnswer,
    referral: Option<String>,
}

impl Collector {
    /// The registration of a domain by WHOIS: the registry's answer, and the registrar's where the registry refers to
    /// one that may be asked.
    pub async fn whois(&self, domain: &Name, permit: &Permit, now: Time) -> Outcome<RegistrationRecord> {
        Outcome::of(self.whois_chain(domain, permit, now, &mut Vec::new()).await)
    }

    pub(crate) async fn whois_chain(
        &self,
        domain: &Name,
        permit: &Permit,
        now: Time,
        steps: &mut Vec<Step>,
    ) -> Result<RegistrationRecord, Fact> {
        if !self.config().whois.enabled {
            return Err(Outcome::NotConfigured("WHOIS is off".into()));
        }
        registrable(domain)?;
        let (server, query) = self.server_list().question(domain).map_err(Outcome::NotConfigured)?;
        let mut question = self.whois_question(domain, &server, permit, now);
        let first = self.ask_whois(&question, &query, domain).await;
        steps.push(Step::new(Protocol::Whois, &server, &first));
        let Answer { raw, mut referral } = first?;
        let (mut asked, mut answers) = (vec![server], vec![raw]);
        while let Some(host) = next_host(referral, &asked, self.config().limits.referrals_max) {
            question.server.clone_from(&host);
            let answer = self.follow_whois(&question, domain).await;
            steps.push(Step::new(Protocol::Whois, &host, &answer));
            asked.push(host);
            let Ok(answer) = answer else { break };
            referral = answer.referral;
            answers.push(answer.raw);
        }
        let (registration, _) = formats::read(&answers, domain);
        Ok(RegistrationRecord { domain: domain.clone(), registration, raw: answers, observed: now })
    }

    fn whois_question<'a>(&self, domain: &Name, server: &str, permit: &'a Permit, now: Time) -> Question<'a> {
        Question {
            value: domain.to_string(),
            rrtype: None,
            server: server.to_owned(),
            exposure: Exposure::Registry,
            protocol: Protocol::Whois,
            provider: None,
            permit,
            now,
        }
    }

    async fn follow_whois(&self, question: &Question<'_>, domain: &Name) -> Result<Answer, Fact> {
        if !self.published().whois(&question.server) {
            let why = format!("`{}` stands on no published list of WHOIS servers", question.server);
            return Err(self.gate().refuse(question, None, why));
        }
        self.ask_whois(question, &self.server_list().query(&question.server, domain), domain).await
    }

    async fn ask_whois(&self, question: &Question<'_>, query: &str, domain: &Name) -> Result<Answer, Fact> {
        self.gate().allow(question)?;
        let sockets = match self.config().whois.servers.get(&question.server) {
            Some(socket) => vec![*socket],
            None => self.locate(question, client::PORT).await?,
        };
        let exchange = async |socket| {
            let body = client::ask(socket, query, &self.config().limits).await?;
            read(body, &question.server, domain)
        };
        self.gate().ask(question, &sockets, exchange).await
    }
}

fn read(body: Vec<u8>, server: &str, domain: &Name) -> Result<Answer, Fact> {
    let raw = RawAnswer { protocol: RawProtocol::Whois, server: server.to_owned(), body };
    let parsed = formats::whois::read(std::slice::from_ref(&raw), domain);
    judge(&parsed.registration, domain, parsed.wait_seconds, &raw.body)?;
    Ok(Answer { referral: parsed.referral, raw })
}

/// The host to ask next. The chain ends at a missing or unusable referral, at a host that was asked before, and at
/// the limit.
fn next_host(referral: Option<String>, asked: &[String], referrals_max: usize) -> Option<String> {
    let host = referral_host(&referral?)?;
    (asked.len() <= referrals_max && !asked.contains(&host)).then_some(host)
}

/// The host of a referral as answers write it: `whois.example`, `whois.example:43`, `whois://whois.example/`. Other
/// schemes (`rwhois://`, `http://`), other ports and addresses are no host that a chain goes to.
fn referral_host(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_prefix("whois://").unwrap_or(&text).trim_end_matches('/');
    let host = text.strip_suffix(":43").unwrap_or(text).trim_end_matches('.');
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let usable = host.contains('.') && host.chars().all(letters) && host.ends_with(|c: char| c.is_ascii_alphabetic());
    (usable && Name::parse(host.as_bytes()).is_ok()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn referrals_that_lead_somewhere() {
        for text in [
            "whois.registrar.example",
            " WHOIS.Registrar.example. ",
            "whois://whois.registrar.example/",
            "whois.registrar.example:43",
        ] {
            assert_eq!(referral_host(text).as_deref(), Some("whois.registrar.example"), "{text}");
        }
        for text in [
            "",
            "none",
            "N/A",
            "rwhois://root.rwhois.example:4321",
            "http://whois.example",
            "192.0.2.1",
            "[2001:db8::1]",
            "whois.example:4321",
            "whois.example\r\nother",
            "whois..example",
            "https://whois.example/whois?x",
            "-",
        ] {
            assert_eq!(referral_host(text), None, "{text}");
        }
    }

    #[test]
    fn chains_end() {
        let asked = ["a.example".to_owned(), "b.example".to_owned()];
        let next = |host: &str, max| next_host(Some(host.into()), &asked, max);
        assert_eq!(next("A.example", 3), None, "asked before");
        assert_eq!(next("c.example", 1), None, "limit");
        assert_eq!(next("c.example", 2).as_deref(), Some("c.example"));
        assert_eq!(next_host(None, &asked, 3), None);
    }
}
