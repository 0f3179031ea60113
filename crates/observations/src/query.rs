//! Questions to the store and what they answer.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use model::{Field, Name, Prefix, Readable, RecordType, Registration, Role, Seen, SourceId, Span, Time, Tuple};

/// What is asked for in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Records of this owner name.
    Name(Name),
    /// Records of this owner name and all below it (`*.example.com`, apex included).
    Within(Name),
    /// Records of owner names that begin with these labels, leftmost first (`www.example.*`); at least one more label
    /// follows.
    Beginning(Vec<Box<[u8]>>),
    /// Records whose data are this address.
    Address(IpAddr),
    /// Records whose data are an address in this prefix.
    Prefix(Prefix),
    /// Records whose data point to this name (NS, CNAME, MX, SRV, SVCB by target; SOA by mname and rname).
    Target(Name),
    /// Records whose data point to this name or one below it.
    TargetWithin(Name),
    /// Records with exactly these data in canonical form.
    Rdata(Vec<u8>),
}

/// Fences in time; each is inclusive and open where it is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fences {
    /// First seen at or after.
    pub first_after: Option<Time>,
    /// First seen at or before.
    pub first_before: Option<Time>,
    /// Last seen at or after.
    pub last_after: Option<Time>,
    /// Last seen at or before.
    pub last_before: Option<Time>,
}

impl Fences {
    /// Whether what was seen in this span stands within the fences.
    pub fn admit(&self, span: Span) -> bool {
        self.first_after.is_none_or(|fence| span.first() >= fence)
            && self.first_before.is_none_or(|fence| span.first() <= fence)
            && self.last_after.is_none_or(|fence| span.last() >= fence)
            && self.last_before.is_none_or(|fence| span.last() <= fence)
    }
}

/// When to stop before the answer is complete. Reads look at it every few thousand entries.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Stop at this moment.
    pub deadline: Option<Instant>,
    /// Stop when somebody sets this.
    pub cancel: Option<Arc<AtomicBool>>,
}

impl Interrupt {
    /// Whether to stop now.
    pub fn is_due(&self) -> bool {
        self.cancel.as_ref().is_some_and(|cancel| cancel.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// A question about DNS.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is asked for.
    pub subject: Subject,
    /// These record types alone; all where empty.
    pub rrtypes: Vec<RecordType>,
    /// Fences in time, applied to each source's row.
    pub fences: Fences,
    /// The sources that may be read.
    pub sources: Readable,
    /// At most so many records in a page.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// When to stop.
    pub interrupt: Interrupt,
}

impl Query {
    /// Everything about a subject that these sources say, up to `limit` records.
    pub fn new(subject: Subject, sources: Readable, limit: usize) -> Query {
        Query {
            subject,
            rrtypes: Vec::new(),
            fences: Fences::default(),
            sources,
            limit,
            cursor: None,
            interrupt: Interrupt::default(),
        }
    }

    /// The same for these record types alone.
    pub fn of_types(self, rrtypes: &[RecordType]) -> Query {
        Query { rrtypes: rrtypes.to_vec(), ..self }
    }
}

/// A place in a stable order; opaque, and valid in any later snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<u8>);

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order of the key space.
    pub rows: Vec<T>,
    /// Where to go on; none when the answer is complete.
    pub next: Option<Cursor>,
    /// A deadline or a cancellation cut it short.
    pub interrupted: bool,
    /// Damaged blocks that had to be passed over while answering; their files are named by `check`.
    pub damaged: usize,
}

/// How a visit of tuples ended, where nobody broke it off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visited {
    /// A deadline or a cancellation cut it short.
    pub interrupted: bool,
    /// Damaged blocks that had to be passed over.
    pub damaged: usize,
}

/// One tuple and who saw it when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The tuple.
    pub tuple: Tuple,
    /// Each source that says it, by number, with its own times and count.
    pub sightings: Vec<(SourceId, Seen)>,
}

/// How many share a subject, counted without listing them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Distinct tuples.
    pub tuples: u64,
    /// Distinct owner names.
    pub names: u64,
    /// Distinct registrable domains of the owner names.
    pub domains: u64,
    /// Counting stopped at its cap or was interrupted: the true numbers are at least these.
    pub at_least: bool,
}

/// Whether an observation says something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// Never seen before by these sources.
    New,
    /// Seen before, within the gap.
    SeenAgain,
    /// Seen before, but not since this moment, longer than the gap ago.
    BackAfterGap {
        /// When it was last seen before.
        last: Time,
    },
}

/// A registrable domain that a source brought for the first time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// The full hour in which it arrived here.
    pub hour: Time,
    /// The registrable domain.
    pub domain: Name,
    /// Which source brought it.
    pub source: SourceId,
}

/// How to compare a folded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Equal.
    Exact(String),
    /// Begins with.
    Prefix(String),
    /// Ends with (`@mail.example`).
    Suffix(String),
}

/// A question about registrations: reverse WHOIS.
#[derive(Clone, Debug)]
pub struct ValueQuery {
    /// In which field.
    pub field: Field,
    /// In which role; any where none.
    pub role: Option<Role>,
    /// Which folded value.
    pub matching: Matching,
    /// The sources that may be read.
    pub sources: Readable,
    /// At most so many hits in a page.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// When to stop.
    pub interrupt: Interrupt,
}

impl ValueQuery {
    /// Domains whose registrations hold exactly this folded value.
    pub fn exact(
        field: Field,
        role: Option<Role>,
        value: impl Into<String>,
        sources: Readable,
        limit: usize,
    ) -> ValueQuery {
        let matching = Matching::Exact(value.into());
        ValueQuery { field, role, matching, sources, limit, cursor: None, interrupt: Interrupt::default() }
    }
}

/// A domain whose registration held a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The folded value.
    pub value: String,
    /// In which role.
    pub role: Role,
    /// Whose registration.
    pub domain: Name,
    /// Who says so.
    pub source: SourceId,
    /// When the registration was seen to hold it.
    pub seen: Seen,
}

/// One version of a registration in a domain's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The domain.
    pub domain: Name,
    /// Who says so.
    pub source: SourceId,
    /// What it said.
    pub registration: Registration,
    /// When it was seen to say that.
    pub seen: Seen,
    /// The revision of the parser that read it.
    pub parser: u32,
    /// Its identity: a hash of domain and canonical fields without noise.
    pub hash: [u8; 16],
}

/// How much a source holds: the denominator of every count over it. Estimated within about two in a hundred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// Registrable domains seen in DNS.
    pub dns_domains: u64,
    /// Domains with a registration.
    pub registrations: u64,
    /// The newest moment observed.
    pub newest: Option<Time>,
}

/// How many domains with a registration a store holds under one last label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonePopulation {
    /// The zone; the root for those beyond what is counted apart.
    pub zone: Name,
    /// Domains.
    pub domains: u64,
    /// When one of them was seen last.
    pub newest: Time,
}
