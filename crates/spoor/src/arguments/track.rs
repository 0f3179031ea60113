//! What `spoor track` and `spoor registration` take.

use clap::{Args, Subcommand};
use model::{
    Name, Time,
    track::{HitKind, Triage},
};

#[derive(Debug, Subcommand)]
pub(crate) enum TrackCommand {
    /// Stand a query: what matches already is answered at once, and what comes as it comes
    Add(TrackAdd),
    /// What a query matches now, how many hits a day to expect, and how early it would have spoken
    Preview {
        /// The query, as in `registrant.email = "a@b.example"`
        query: String,
    },
    /// All Tracks
    List,
    /// One Track: what feeds it, and how its hits stand
    Show {
        /// Its id, or its name
        track: String,
    },
    /// What Tracks found, the oldest first
    Hits(TrackHits),
    /// Keep the hits of a Track as ignored
    Mute {
        /// Its id, or its name
        track: String,
        /// Let it speak again
        #[arg(long)]
        off: bool,
    },
    /// Decide about a hit
    Triage {
        /// The hit
        hit: model::HitId,
        /// new, watched, ignored or escalated
        state: Triage,
        /// Why
        #[arg(long)]
        note: Option<String>,
    },
    /// Bring the domains of hits in as indicators, associated with the Track's threat
    Import {
        /// Its id, or its name
        track: String,
        /// These hits alone; all that are not ignored where none is named
        hits: Vec<model::HitId>,
    },
    /// Remove a Track with its hits
    Remove {
        /// Its id, or its name
        track: String,
    },
    /// Which Tracks would have found these domains: the values that they share, best first
    Propose {
        /// Domains
        #[arg(required = true)]
        domains: Vec<Name>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TrackAdd {
    /// The query, as in `registrant.email = "a@b.example"`
    pub(crate) query: String,
    /// Its name; the query where none is given
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Whose it is to be, where there are several owners
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// The group whose infrastructure it finds: its name, TYPE:NAME, or its id
    #[arg(long)]
    pub(crate) threat: Option<String>,
    /// In words
    #[arg(long)]
    pub(crate) notes: Option<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<Time>,
    /// A domain that makes no hit, nor does what stands below it; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) exclude: Vec<Name>,
    /// Show hits as they come
    #[arg(long)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TrackHits {
    /// Of this Track alone: its id, or its name
    pub(crate) track: Option<String>,
    /// In this state alone: new, watched, ignored or escalated
    #[arg(long)]
    pub(crate) state: Option<Triage>,
    /// Of this kind alone: found, new, moved, reregistered, changed, left or dns
    #[arg(long)]
    pub(crate) kind: Option<HitKind>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Go on showing hits as they come
    #[arg(long)]
    pub(crate) follow: bool,
}

/// One registration, or a search in all of them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Registration {
    #[command(subcommand)]
    pub(crate) command: Option<RegistrationCommand>,
    /// The domain whose registration is shown
    #[arg(required = true)]
    pub(crate) domain: Option<Name>,
    /// Every version, with what turned and whose the domain was
    #[arg(long, group = "shown")]
    pub(crate) history: bool,
    /// The fields that differ from version to version
    #[arg(long, group = "shown")]
    pub(crate) diff: bool,
    /// The answers as they came
    #[arg(long, group = "shown")]
    pub(crate) raw: bool,
    /// As it was known at this moment
    #[arg(long, value_name = "TIME", conflicts_with = "raw")]
    pub(crate) at: Option<Time>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistrationCommand {
    /// Reverse WHOIS: which domains' registrations match a query
    Search {
        /// The query, as in `registrant.email = "a@b.example"`; `historic` in front asks every version
        query: String,
        /// At most so many rows
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Go on after this domain
        #[arg(long, value_name = "DOMAIN")]
        after: Option<Name>,
    },
}
