//! What `spoor group` and `spoor association` take.

use clap::{Args, Subcommand};
use model::{AssociationKind, GroupKind, Pap, Tlp};

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// List them by name
    List(GroupList),
    /// Add one
    Add(GroupAdd),
    /// Bring in the techniques of MITRE ATT&CK as attack patterns
    Techniques {
        /// The bundle in which ATT&CK is published (STIX 2.1 JSON)
        file: std::path::PathBuf,
        /// Whose they are to be, where there are several owners
        #[arg(long)]
        owner: Option<String>,
    },
    /// What is known of one, with its associations and notes
    Show {
        /// Its name, TYPE:NAME, or its id
        group: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct GroupList {
    /// In the query language, as in `type = adversary and tag = "retail"`
    #[arg(long, conflicts_with_all = ["kind", "owner", "name"])]
    pub(crate) query: Option<String>,
    /// Of this type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<GroupKind>,
    /// Of this owner
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Whose name contains this
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct GroupAdd {
    /// adversary, campaign, intrusion-set, malware, threat, incident, report, tool, vulnerability, attack-pattern,
    /// course-of-action, document or signature
    #[arg(value_name = "TYPE")]
    pub(crate) kind: GroupKind,
    /// Its name
    pub(crate) name: String,
    /// Whose it is to be, where there are several owners
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// In words
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// What a group of its type says of itself, as in '{"aliases":["Paper Bear"]}'
    #[arg(long, value_name = "JSON")]
    pub(crate) fields: Option<String>,
    /// How far it may be shared; the owner's usual label where none is given
    #[arg(long)]
    pub(crate) tlp: Option<Tlp>,
    /// Who may learn of questions about it: red, amber or green
    #[arg(long)]
    pub(crate) pap: Option<Pap>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AssociationCommand {
    /// Associate two objects, with a reason
    Add(AssociationAdd),
    /// Those of an object
    List(AssociationList),
}

#[derive(Debug, Args)]
pub(crate) struct AssociationAdd {
    /// The first end: a value, the name of a group, TYPE:NAME, or an id
    pub(crate) from: String,
    /// indicates, uses, targets, attributed-to, related-to, variant-of, hosts, communicates-with, delivers, exploits,
    /// mitigates, part-of or derived-from
    pub(crate) kind: AssociationKind,
    /// The second end
    pub(crate) to: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Who believes it, where there are several owners
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// How sure, 0 to 100
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) confidence: Option<u8>,
    /// How far it may be shared; the strictest label of the two ends and of the owner where none is given
    #[arg(long)]
    pub(crate) tlp: Option<Tlp>,
    /// Why it has a label below that
    #[arg(long)]
    pub(crate) label_reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AssociationList {
    /// A value, the name of a group, TYPE:NAME, or an id
    pub(crate) object: String,
    /// Of this kind
    #[arg(long)]
    pub(crate) kind: Option<AssociationKind>,
    /// With an indicator or group of this type at the other end
    #[arg(long, value_name = "TYPE")]
    pub(crate) other: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
}
