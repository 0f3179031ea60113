//! What became of a question.

use std::{convert::Infallible, fmt};

use model::Exposure;

/// What became of a question. None of these is an error of this program: each is a fact to show and to act on.
///
/// Text in it may come from outside: escape it before showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// An answer.
    Found(T),
    /// The server says that there is no such name, domain, block or number.
    NoSuchName,
    /// The name exists and has no record of this type.
    NoData,
    /// No complete answer came in time.
    Timeout,
    /// The server will not answer this question; what it said.
    Refused(String),
    /// The server asks to be left alone, for so long where it says. Says nothing of the name that was asked.
    Throttled {
        /// Seconds to wait, where the server stated them.
        wait_seconds: Option<u32>,
    },
    /// Not sent: somebody would learn of it who may not, or the target is not one that may be asked.
    NotPermitted {
        /// Who would have learned of it.
        needs: Exposure,
        /// Why not.
        why: String,
    },
    /// The answer could not be read; why.
    Malformed(String),
    /// No connection to the server, or it broke; why.
    Unreachable(String),
    /// The answer exceeds the limit on its size.
    TooLarge,
    /// Not sent: the server's budget is spent, or it asked us to wait.
    BudgetSpent {
        /// Seconds after which it may be asked.
        retry_after_seconds: u32,
    },
    /// Not sent: no server is configured or known for it; what is missing.
    NotConfigured(String),
}

/// An outcome without an answer.
pub(crate) type Fact = Outcome<Infallible>;

impl<T> Outcome<T> {
    /// The answer, where there is one.
    pub fn found(self) -> Option<T> {
        match self {
            Outcome::Found(answer) => Some(answer),
            _ => None,
        }
    }

    /// The same outcome with another answer in it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Found(answer) => Outcome::Found(change(answer)),
            Outcome::NoSuchName => Outcome::NoSuchName,
            Outcome::NoData => Outcome::NoData,
            Outcome::Timeout => Outcome::Timeout,
            Outcome::Refused(said) => Outcome::Refused(said),
            Outcome::Throttled { wait_seconds } => Outcome::Throttled { wait_seconds },
            Outcome::NotPermitted { needs, why } => Outcome::NotPermitted { needs, why },
            Outcome::Malformed(why) => Outcome::Malformed(why),
            Outcome::Unreachable(why) => Outcome::Unreachable(why),
            Outcome::TooLarge => Outcome::TooLarge,
            Outcome::BudgetSpent { retry_after_seconds } => Outcome::BudgetSpent { retry_after_seconds },
            Outcome::NotConfigured(what) => Outcome::NotConfigured(what),
        }
    }

    /// Whether the question was answered, be it with "there is none".
    pub fn is_answer(&self) -> bool {
        matches!(self, Outcome::Found(_) | Outcome::NoSuchName | Outcome::NoData)
    }

    pub(crate) fn of(result: Result<T, Fact>) -> Outcome<T> {
        result.map_or_else(|fact| fact.map(|never| match never {}), Outcome::Found)
    }
}

impl<T> fmt::Display for Outcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Found(_) => f.write_str("found"),
            Outcome::NoSuchName => f.write_str("no such name"),
            Outcome::NoData => f.write_str("no such record"),
            Outcome::Timeout => f.write_str("no answer in time"),
            Outcome::Refused(said) => write!(f, "refused: {said}"),
            Outcome::Throttled { wait_seconds: Some(seconds) } => write!(f, "throttled: wait {seconds} s"),
            Outcome::Throttled { wait_seconds: None } => f.write_str("throttled"),
            Outcome::NotPermitted { needs, why } => write!(f, "not permitted (exposure {needs}): {why}"),
            Outcome::Malformed(why) => write!(f, "unreadable answer: {why}"),
            Outcome::Unreachable(why) => write!(f, "unreachable: {why}"),
            Outcome::TooLarge => f.write_str("answer too large"),
            Outcome::BudgetSpent { retry_after_seconds } => {
                write!(f, "not asked: the server may be asked again in {retry_after_seconds} s")
            }
            Outcome::NotConfigured(what) => write!(f, "not configured: {what}"),
        }
    }
}
