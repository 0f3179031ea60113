//! What was typed.

mod bench;
mod group;
mod indicator;
mod track;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use intake::{ingest::Format, sensor::intake::Taken};
use model::{Counting, Pap, PivotKind, SourceKind, Time};

pub(crate) use bench::{Bench, Durability, Measured};
pub(crate) use group::{AssociationAdd, AssociationCommand, AssociationList, GroupAdd, GroupCommand, GroupList};
pub(crate) use indicator::{
    Answer, Database, Export, Import, ImportCommand, IndicatorChange, IndicatorCommand, SearchWords,
};
pub(crate) use track::{Registration, RegistrationCommand, TrackAdd, TrackCommand, TrackHits};

const EXIT_CODES: &str = "Exit codes: 0 found or done, 1 nothing found, 2 bad use, 3 failed.";

/// Threat intelligence from one suspicious domain: who registered it, where it has pointed, and what else they run.
#[derive(Debug, Parser)]
#[command(name = "spoor", version, after_help = EXIT_CODES, propagate_version = false, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command, before or after it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Where the store, its configuration and the exposure ledger are [default: the XDG data directory]
    #[arg(long, global = true, env = "SPOOR_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file [default: spoor.toml in the data directory]
    #[arg(long, global = true, env = "SPOOR_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// JSON lines for machines instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where the knowledge base is: sqlite:FILE or postgres://USER@HOST/NAME [default: as configured]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Work at this server instead of here (look-ups, pivots, indicators, imports, exports, answers)
    #[arg(long, global = true, env = "SPOOR_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// A file with the token for the server [default: the environment variable SPOOR_TOKEN]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Walk the case study through a simulated Internet on this machine
    Demo(Demo),
    /// Everything known of a domain, host, address, prefix or e-mail address
    Lookup(Lookup),
    /// One step along a kind of value: who shares it
    Pivot(Pivot),
    /// Follow shared values from seeds to what else the same hands run
    Hunt(Hunt),
    /// Standing queries over registrations and DNS, and what they found
    #[command(subcommand)]
    Track(TrackCommand),
    /// Who registered a domain, by whom and when it was said, and reverse WHOIS
    #[command(visible_alias = "whois")]
    Registration(Registration),
    /// Read observations or registrations into the store
    Ingest(Ingest),
    /// Take in what DNS servers and other sensors say, as it comes
    #[command(subcommand)]
    Sensor(Sensor),
    /// Domains that were seen here for the first time
    New(New),
    /// Serve the API until told to end
    Serve(Serve),
    /// Accounts
    #[command(subcommand)]
    User(User),
    /// Tokens for programs
    #[command(subcommand)]
    Token(Token),
    /// Organisations, communities and feeds, and their members
    #[command(subcommand)]
    Owner(Owner),
    /// Adversaries, campaigns, malware, reports and what belongs to them
    #[command(subcommand)]
    Group(GroupCommand),
    /// What is believed about two objects
    #[command(subcommand)]
    Association(AssociationCommand),
    /// What owners hold, and why
    #[command(subcommand)]
    Indicator(IndicatorCommand),
    /// Indicators by query
    Search(SearchWords),
    /// Bring indicators in: from a file, a look-up, a pivot or a hunt
    Import(Box<Import>),
    /// Give indicators out: CSV, plain list, JSON lines or STIX 2.1
    Export(Export),
    /// What to tell whoever asked: a defanged table, and queries to run
    Answer(Answer),
    /// The database of the knowledge base
    #[command(subcommand)]
    Database(Database),
    /// Who did what
    #[command(subcommand)]
    Audit(Audit),
    /// Lists that are fetched again and again
    #[command(subcommand)]
    Feed(crate::command::feed::Arguments),
    /// Lists that explain values, and lists that keep them out
    #[command(subcommand)]
    Label(crate::command::label::Arguments),
    /// The sources of the store
    #[command(subcommand)]
    Source(Source),
    /// Verify every checksum of the store
    Check,
    /// What the store holds and what it is made of
    Stats {
        /// Leave out what has to be counted by reading everything
        #[arg(long)]
        quick: bool,
    },
    /// Remove values from the store, with everything that names them
    Forget(Forget),
    /// Measure the store, or prove that it keeps what it acknowledged
    #[command(subcommand)]
    Bench(Bench),
    /// Merge the store's segments and remove what was deleted
    Compact,
    /// Copy the store to a new directory
    Backup {
        /// An empty or new directory
        to: PathBuf,
    },
    /// Bring a backup back into an empty data directory
    Restore {
        /// The directory of the backup
        from: PathBuf,
    },
    /// Read all raw registrations again with this version's parser
    Reparse,
    /// Services that may be asked: what a question to each takes, and how far its quota is used
    #[command(subcommand)]
    Provider(crate::command::provider::Arguments),
    /// Which questions about a value have left this machine, to whom and why
    Exposure {
        /// A domain, host or address; everything where none
        value: Option<String>,
    },
    /// Make a data directory with a commented configuration
    Init {
        /// Allow questions to registries, registrars and a resolver
        #[arg(long)]
        online: bool,
    },
    /// The configuration in force, and where each value comes from
    Config,
    /// A completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BenchWhois {
    /// JSON lines {raw, domain?, zone?, whois_server?, expected?, …} (docs/whois.md), compressed or not
    pub(crate) file: PathBuf,
    /// Show what was read wrongly of the fields whose name has this in it, in zones that are not set aside
    #[arg(long, value_name = "FIELD")]
    pub(crate) show: Option<String>,
    /// Write the stated values that were judged into this file, to ask another parser for the same
    #[arg(long, value_name = "FILE")]
    pub(crate) stated: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Names, addresses, e-mail addresses
    #[arg(required = true)]
    pub(crate) values: Vec<String>,
    /// The values are of this field of registrations: name, organization, phone, street, handle, …
    #[arg(long)]
    pub(crate) field: Option<model::Field>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Assert what the walk must find, over three seeds, and print one line of figures
    #[arg(long, conflicts_with = "serve")]
    pub(crate) check: bool,
    /// Keep the simulated servers up until interrupted
    #[arg(long)]
    pub(crate) serve: bool,
    /// The seed from which the world is drawn
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:8480, or as configured]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// The certificate and its chain (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// List them
    List,
    /// Add one
    Add(UserAdd),
    /// Set the password of one, which ends its sessions
    Password {
        /// Its name
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Keep one out, and end its sessions
    Disable {
        /// Its name
        name: String,
    },
    /// Let one in again
    Enable {
        /// Its name
        name: String,
    },
    /// Take away the authenticator of one who lost it
    Totp {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// Its name: letters, digits and `.`, `_`, `-`, `@`
    pub(crate) name: String,
    /// It administers this installation
    #[arg(long, conflicts_with = "api_only")]
    pub(crate) administrator: bool,
    /// It is a program's: it has tokens, and nobody signs in with it
    #[arg(long)]
    pub(crate) api_only: bool,
    #[command(flatten)]
    pub(crate) password: Password,
}

/// Where a password comes from: asked for on a terminal where nothing else is said.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Those of an account
    List {
        /// The account
        account: String,
    },
    /// Make one; its text is told once
    Add(TokenAdd),
    /// End one
    End {
        /// Its id
        id: model::TokenId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TokenAdd {
    /// The account
    pub(crate) account: String,
    /// What you call it
    pub(crate) name: String,
    /// What it may be used for: read, write, contact, ask, observe, audit, administer
    #[arg(long = "scope", value_name = "SCOPE", default_value = "read")]
    pub(crate) scopes: Vec<model::right::Scope>,
    /// A prefix from where alone it may be used
    #[arg(long = "network", value_name = "PREFIX")]
    pub(crate) networks: Vec<model::Prefix>,
    /// Days after which it ends; 0 for never
    #[arg(long, default_value_t = 365)]
    pub(crate) days: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Owner {
    /// List them
    List,
    /// Add one
    Add(OwnerAdd),
    /// Who belongs to one
    Members {
        /// Its name
        owner: String,
    },
    /// Let an account in, change its role, or end that
    Member(Member),
}

#[derive(Debug, Args)]
pub(crate) struct OwnerAdd {
    /// Its name
    pub(crate) name: String,
    /// organization, community or feed
    #[arg(long, default_value = "organization")]
    pub(crate) kind: model::OwnerKind,
    /// The label of what is added without one: clear, green, amber, amber+strict, red
    #[arg(long, default_value = "amber")]
    pub(crate) tlp: model::Tlp,
    /// What contributors add waits for a manager
    #[arg(long)]
    pub(crate) reviewed: bool,
    /// Every account may read it
    #[arg(long)]
    pub(crate) open: bool,
    /// The account that manages it
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) manager: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Member {
    /// The name of the owner
    pub(crate) owner: String,
    /// The account
    pub(crate) account: String,
    /// reader, contributor, analyst or manager
    #[arg(long, default_value = "analyst")]
    pub(crate) role: model::owner::Role,
    /// The name that it goes by there
    #[arg(long)]
    pub(crate) pseudonym: Option<String>,
    /// End the membership
    #[arg(long, conflicts_with_all = ["role", "pseudonym"])]
    pub(crate) remove: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Entries, the newest first
    List(AuditList),
    /// Walk the chain of hashes
    Verify {
        /// The hash that the last entry should have
        #[arg(long, value_name = "HASH")]
        expect: Option<String>,
    },
    /// Forget a personal value wherever the log names it
    Forget {
        /// The value, exactly as the log names it
        value: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// By whom; people at the command line are `NAME (local)`
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// This action, or all of a noun: `owner.`
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// About the object with this id
    #[arg(long)]
    pub(crate) object: Option<model::Id>,
    /// Not before
    #[arg(long)]
    pub(crate) from: Option<Time>,
    /// Not after
    #[arg(long)]
    pub(crate) to: Option<Time>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// A domain, host, address, prefix or e-mail address; defanged is fine
    pub(crate) value: String,
    /// The type of the value, where it could be several
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<model::IndicatorType>,
    #[command(flatten)]
    pub(crate) live: Live,
}

#[derive(Debug, Args)]
pub(crate) struct Pivot {
    /// A domain to start from, or a value of the kind itself
    pub(crate) value: String,
    /// The kind of value: email, name, organization, phone, street, handle, registered-minute, registrar,
    /// name-servers, soa-mailbox, mx, address, network, subdomain
    pub(crate) kind: PivotKind,
    #[command(flatten)]
    pub(crate) live: Live,
}

#[derive(Debug, Args)]
pub(crate) struct Hunt {
    /// Domains to start from
    #[arg(required = true)]
    pub(crate) values: Vec<String>,
    /// At most so many domains are expanded
    #[arg(long, default_value_t = 200, value_name = "STEPS")]
    pub(crate) budget: usize,
    /// At most so many hops from a seed
    #[arg(long, default_value_t = 4)]
    pub(crate) hops: usize,
    /// At most so many candidates
    #[arg(long, default_value_t = 1_000)]
    pub(crate) candidates: usize,
    /// Show every path and what was set aside
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) live: Live,
}

/// Whether to ask the world.
#[derive(Clone, Debug, Args)]
pub(crate) struct Live {
    /// Ask registries, registrars and resolvers too, where the configuration and --pap permit
    #[arg(long)]
    pub(crate) live: bool,
    /// Permitted exposure of these questions: red (nothing leaves), amber (registries), green (the target may see)
    /// [default: amber, or as configured]
    #[arg(long)]
    pub(crate) pap: Option<Pap>,
    /// Why, for the exposure ledger
    #[arg(long, default_value = "command line", value_name = "TEXT")]
    pub(crate) reason: String,
    /// Ask providers whose questions cost something, too
    #[arg(long)]
    pub(crate) spend: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files to read; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What they hold
    #[arg(long)]
    pub(crate) format: Format,
    /// The source that says so (see `spoor source add`)
    #[arg(long)]
    pub(crate) source: String,
    /// Refuse the whole at the first line that cannot be read
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) messages: Messages,
    /// Which column means what: rrname=COLUMN,rdata=COLUMN,time_first=COLUMN and rrtype, time_last, count, bailiwick
    /// (csv); domain=COLUMN,created=COLUMN,registrant.email=COLUMN … (registrations) [default: guessed from the head]
    #[arg(long, value_name = "MAPPING")]
    pub(crate) columns: Option<String>,
    /// The origin of names without a final dot (zone)
    #[arg(long)]
    pub(crate) origin: Option<model::Name>,
    /// The zone file of the time before: what is delegated now and was not is registered, the other way round dropped
    /// (zone)
    #[arg(long, value_name = "FILE")]
    pub(crate) before: Option<PathBuf>,
    /// The domain that a raw answer is about
    #[arg(long)]
    pub(crate) domain: Option<model::Name>,
    /// The server that gave it
    #[arg(long, requires = "domain")]
    pub(crate) server: Option<String>,
    /// When it was so: of raw answers and zone files [default: now]
    #[arg(long)]
    pub(crate) at: Option<Time>,
}

/// Which DNS messages are taken.
#[derive(Clone, Debug, Args)]
pub(crate) struct Messages {
    /// Take answers of resolvers to their clients too (dnstap); who asked is not kept
    #[arg(long)]
    pub(crate) client: bool,
    /// The capture was taken between a resolver and its clients: believe it about every name (pcap)
    #[arg(long)]
    pub(crate) below_resolver: bool,
    /// The ports that servers answer from (pcap)
    #[arg(long = "port", value_name = "PORT", default_value = "53")]
    pub(crate) ports: Vec<u16>,
}

impl Messages {
    /// Which messages are taken.
    pub(crate) fn taken(&self) -> Taken {
        Taken { client: self.client, below_resolver: self.below_resolver, ports: self.ports.clone() }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sensor {
    /// Listen for dnstap from DNS servers, over a Unix socket or TCP, until told to end
    Dnstap(SensorDnstap),
    /// Take every file that is dropped into a directory, once, until told to end
    Watch(SensorWatch),
    /// Zones with so many names that they are counted and not stored
    Zones,
    /// Store a zone's names again, however many there are
    Release {
        /// The zone
        zone: model::Name,
        /// Let it become a counter again
        #[arg(long)]
        end: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SensorDnstap {
    /// A Unix socket to make
    #[arg(long, value_name = "PATH", required_unless_present = "listen")]
    pub(crate) socket: Option<PathBuf>,
    /// An address to listen at; it is not encrypted
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "socket")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// The source that says so (see `spoor source add`)
    #[arg(long)]
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) messages: Messages,
}

#[derive(Debug, Args)]
pub(crate) struct SensorWatch {
    /// The directory
    pub(crate) dir: PathBuf,
    /// What its files hold
    #[arg(long)]
    pub(crate) format: Format,
    /// The source that says so (see `spoor source add`)
    #[arg(long)]
    pub(crate) source: String,
    /// Where files go that were read [default: they are removed]
    #[arg(long, value_name = "DIR")]
    pub(crate) done: Option<PathBuf>,
    /// Take what is there, and end
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) messages: Messages,
    /// Which column means what (csv)
    #[arg(long, value_name = "MAPPING")]
    pub(crate) columns: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// Since when: a duration such as 24h or 7d, or a moment
    #[arg(long, default_value = "24h", value_name = "SINCE")]
    pub(crate) since: String,
    /// Zones that are not shown: lists of domains, one a line, such as the most popular ones and your own
    #[arg(long, value_name = "FILE")]
    pub(crate) without: Vec<PathBuf>,
    /// At most so many
    #[arg(long, default_value_t = 1000)]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// List them
    List,
    /// Add one
    Add(SourceAdd),
    /// One in detail
    Show {
        /// Its name
        name: String,
    },
    /// Keep one for the members of some owners, or open it to every account again
    Readers {
        /// Its name
        name: String,
        /// An owner whose members may read it; again for each
        #[arg(long, value_name = "OWNER", required_unless_present_any = ["everybody", "nobody"])]
        owner: Vec<String>,
        /// Every account may read it
        #[arg(long, conflicts_with = "owner")]
        everybody: bool,
        /// No account may read it; only this command line
        #[arg(long, conflicts_with_all = ["owner", "everybody"])]
        nobody: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SourceAdd {
    /// Its name: lower-case letters, digits, `-`, `_` and `.`
    pub(crate) name: String,
    /// What it is: sensor, zone, lookup, provider, import
    #[arg(long)]
    pub(crate) kind: SourceKind,
    /// Its counts add (stream) or are cumulative figures (statement) [default: stream for sensors and look-ups]
    #[arg(long)]
    pub(crate) counting: Option<Counting>,
    /// It measures a population, so that counts over it mean something [default: sensors and zone files]
    #[arg(long)]
    pub(crate) population: Option<bool>,
    /// Under which terms its data stand
    #[arg(long)]
    pub(crate) licence: Option<String>,
    /// Days after which what was last seen is dropped
    #[arg(long, value_name = "DAYS")]
    pub(crate) retention: Option<u32>,
}
