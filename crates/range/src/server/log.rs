//! What the servers of a range were asked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{RecordType, Time};

/// How many questions are kept; the number of further ones is [`Log::lost`].
const QUESTIONS_MAX: usize = 1_000_000;

/// The kinds of servers in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The DNS server.
    Dns,
    /// All WHOIS servers, IANA's included.
    Whois,
    /// All RDAP servers, with and without TLS.
    Rdap,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Dns, Kind::Whois, Kind::Rdap];
}

/// One question that reached a server, answered or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// When, on the world's clock.
    pub at: Time,
    /// The host name of the server that was asked.
    pub server: String,
    /// How.
    pub protocol: Kind,
    /// The name or value that was asked for: DNS names without the final dot, WHOIS lines as they came, RDAP values
    /// without the path in front of them.
    pub question: String,
    /// Of which type, in DNS.
    pub rrtype: Option<RecordType>,
}

/// The questions so far, in order of arrival.
#[derive(Default)]
pub(crate) struct Log(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    questions: Vec<Question>,
    lost: u64,
}

impl Log {
    pub(crate) fn note(&self, question: Question) {
        let mut kept = self.kept();
        if kept.questions.len() < QUESTIONS_MAX {
            kept.questions.push(question);
        } else {
            kept.lost += 1;
        }
    }

    pub(crate) fn questions(&self) -> Vec<Question> {
        self.kept().questions.clone()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.kept().lost
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing that holds the lock can leave a question half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
