//! The gate: permit, guard, budget and ledger, which every question passes before it leaves.

use std::{net::SocketAddr, time::Duration};

use model::{Exposure, RecordType, Time};

use crate::{
    budget::Budgets,
    config::{Budget, Limits},
    guard::Guard,
    ledger::{Entry, Ledger, Protocol},
    outcome::{Fact, Outcome},
    permit::Permit,
};

/// A question that wants to leave.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// What is asked about.
    pub(crate) value: String,
    /// The record type, for DNS.
    pub(crate) rrtype: Option<RecordType>,
    /// The server's name.
    pub(crate) server: String,
    /// Who learns of it.
    pub(crate) exposure: Exposure,
    /// By which protocol.
    pub(crate) protocol: Protocol,
    /// The provider that is asked, by its name in the configuration.
    pub(crate) provider: Option<&'a str>,
    /// For whom, why, and who may learn of it.
    pub(crate) permit: &'a Permit,
    /// When.
    pub(crate) now: Time,
}

#[derive(Debug)]
pub(crate) struct Gate {
    guard: Guard,
    budgets: Budgets,
    ledger: Ledger,
    limits: Limits,
}

impl Gate {
    pub(crate) fn new(guard: Guard, ledger: Ledger, limits: Limits) -> Gate {
        Gate { guard, budgets: Budgets::default(), ledger, limits }
    }

    /// Whether the permit allows it; asked before anything is done for the question, even to resolve its server.
    pub(crate) fn allow(&self, question: &Question<'_>) -> Result<(), Fact> {
        if question.permit.pap.permits(question.exposure) {
            return Ok(());
        }
        Err(self.refuse(question, None, format!("permitted exposure is {}", question.permit.pap)))
    }

    /// The last step: on success the question stands in the ledger as sent, and must be sent.
    pub(crate) fn leave(&self, question: &Question<'_>, socket: SocketAddr) -> Result<(), Fact> {
        self.allow(question)?;
        if let Some(why) = self.guard.refusal(socket) {
            return Err(self.refuse(question, Some(socket), why));
        }
        if let Err(left) = self.budgets.take(&question.server, socket, self.budget(question)) {
            let retry_after_seconds = left.as_secs_f64().ceil() as u32;
            return Err(Outcome::BudgetSpent { retry_after_seconds });
        }
        self.write(question, Some(socket), None)
    }

    /// A question that may not be sent, as a fact and as a line in the ledger.
    pub(crate) fn refuse(&self, question: &Question<'_>, socket: Option<SocketAddr>, why: String) -> Fact {
        match self.write(question, socket, Some(why.clone())) {
            Ok(()) => Outcome::NotPermitted { needs: question.exposure, why },
            Err(fact) => fact,
        }
    }

    /// Whether the configuration lists this very target.
    pub(crate) fn lists(&self, socket: SocketAddr) -> bool {
        self.guard.lists(socket)
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the guard lets a connection through to this address.
    pub(crate) fn passes(&self, socket: SocketAddr) -> bool {
        self.guard.refusal(socket).is_none()
    }

    /// Asks a server at one of its addresses after the other, until there is an answer, be it a refusal. Each attempt is
    /// a question that leaves, with its line in the ledger.
    pub(crate) async fn ask<T, F>(
        &self,
        question: &Question<'_>,
        sockets: &[SocketAddr],
        exchange: impl Fn(SocketAddr) -> F,
    ) -> Result<T, Fact>
    where
        F: Future<Output = Result<T, Fact>>,
    {
        let mut last = Outcome::Unreachable(format!("{} has no address", question.server));
        for &socket in sockets {
            let answer = match self.leave(question, socket) {
                Ok(()) => exchange(socket).await,
                Err(fact @ Outcome::BudgetSpent { .. }) => {
                    last = fact;
                    continue;
                }
                Err(fact) => return Err(fact),
            };
            self.learn(question, socket, &answer);
            match answer {
                Err(fact @ (Outcome::Timeout | Outcome::Unreachable(_))) => last = fact,
                settled => return settled,
            }
        }
        Err(last)
    }

    /// Learns from what a server did: leaves it alone where it asked for that, or gave no answer.
    fn learn<T>(&self, question: &Question<'_>, socket: SocketAddr, outcome: &Result<T, Fact>) {
        let (server, first) = (question.server.as_str(), Duration::from_millis(self.limits.back_off_ms));
        match outcome {
            Err(Outcome::Throttled { wait_seconds: Some(seconds) }) => self.budgets.close(server, socket, *seconds),
            Err(Outcome::Throttled { wait_seconds: None }) => self.budgets.back_off(server, socket, first),
            Err(Outcome::Timeout | Outcome::Unreachable(_)) => {
                self.budgets.silent(server, socket, first, self.budget(question));
            }
            _ => self.budgets.answered(server, socket),
        }
    }

    fn budget(&self, question: &Question<'_>) -> Budget {
        match question.protocol {
            _ if question.provider.is_some() => self.limits.provider_budget,
            Protocol::Dns => self.limits.dns_budget,
            Protocol::Whois => self.limits.whois_budget,
            Protocol::Rdap => self.limits.rdap_budget,
            Protocol::Http => self.limits.feed_budget,
        }
    }

    /// A question that cannot be recorded does not leave.
    fn write(&self, question: &Question<'_>, socket: Option<SocketAddr>, refusal: Option<String>) -> Result<(), Fact> {
        let entry = Entry {
            time: question.now,
            value: question.value.clone(),
            rrtype: question.rrtype,
            server: question.server.clone(),
            socket,
            exposure: question.exposure,
            protocol: question.protocol,
            provider: question.provider.map(str::to_owned),
            actor: question.permit.actor.clone(),
            reason: question.permit.reason.clone(),
            sent: refusal.is_none(),
            refusal,
        };
        let needs = question.exposure;
        self.ledger.append(&entry).map_err(|error| Outcome::NotPermitted { needs, why: error.to_string() })
    }
}
