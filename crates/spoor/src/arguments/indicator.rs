//! What the commands about indicators take: `indicator`, `import`, `search`, `export`, `answer`, `database`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::knowledge::{exit::Audience, export};
use formats::answer::Language;
use model::{
    ImportId, IndicatorType, Pap, PivotKind, Time, Tlp,
    opinion::{Grade, HostRole, Use},
};

#[derive(Debug, Subcommand)]
pub(crate) enum IndicatorCommand {
    /// Those that a query selects
    List(Search),
    /// Everything known of one, and why it is here
    Show {
        /// The value; defanged is fine
        value: String,
        /// Its type, where it could be several
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<IndicatorType>,
    },
    /// Change what an owner holds of one
    Change(Box<IndicatorChange>),
    /// Take away what an owner holds of one, and what hangs on it
    Remove {
        /// The value; defanged is fine
        value: String,
        /// Whose opinion [default: the only owner there is]
        #[arg(long)]
        owner: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// In the query language, as in `type = host and rating >= 3`; everything where none
    #[arg(default_value = "", long, value_name = "QUERY")]
    pub(crate) query: String,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct SearchWords {
    /// In the query language, as in `type = host and rating >= 3`
    pub(crate) query: String,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// modified: the last changed first; confidence: the surest first; id: any order that stays
    #[arg(long, default_value = "modified", value_parser = ["modified", "confidence", "id"])]
    pub(crate) order: String,
}

#[derive(Debug, Args)]
pub(crate) struct IndicatorChange {
    /// The value; defanged is fine
    pub(crate) value: String,
    /// Whose opinion [default: the only owner there is]
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// How bad, 0 to 5
    #[arg(long)]
    pub(crate) rating: Option<u8>,
    /// How sure, 0 to 100; stating it renews it
    #[arg(long)]
    pub(crate) confidence: Option<u8>,
    /// What defences may do with it: context, alert, block
    #[arg(long = "use", value_name = "USE")]
    pub(crate) usage: Option<Use>,
    /// What the host is
    #[arg(long)]
    pub(crate) role: Option<HostRole>,
    /// Admiralty code, as in B2
    #[arg(long)]
    pub(crate) grade: Option<Grade>,
    /// How far it may be shared
    #[arg(long)]
    pub(crate) tlp: Option<Tlp>,
    /// Who may learn of questions about it
    #[arg(long)]
    pub(crate) pap: Option<Pap>,
    /// Whether it holds
    #[arg(long)]
    pub(crate) active: Option<bool>,
    /// When it stops to hold by itself
    #[arg(long)]
    pub(crate) expires: Option<Time>,
    /// In words
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// Where it is from
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// What to clear: rating, confidence, grade, expires, description, source
    #[arg(long, value_delimiter = ',', value_name = "FIELD")]
    pub(crate) clear: Vec<String>,
    /// Why a label is freed, or an opinion ended or renewed
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    /// A file; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["pivot", "lookup", "hunt"])]
    pub(crate) file: Option<PathBuf>,
    /// Bring in who shares a value: a value and a kind, as for `spoor pivot`
    #[arg(long, num_args = 2, value_names = ["VALUE", "KIND"], conflicts_with_all = ["file", "lookup", "hunt"])]
    pub(crate) pivot: Option<Vec<String>>,
    /// Bring in a value, what it points to, and who shares it
    #[arg(long, value_name = "VALUE", conflicts_with_all = ["file", "hunt"])]
    pub(crate) lookup: Option<String>,
    /// Bring in what a hunt from these domains finds in what is known here
    #[arg(long, value_name = "VALUE", num_args = 1.., conflicts_with = "file")]
    pub(crate) hunt: Option<Vec<String>>,
    /// Only these of what is found
    #[arg(long, value_delimiter = ',', value_name = "VALUE")]
    pub(crate) only: Option<Vec<String>>,
    /// To whom [default: the only owner there is]
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// plain, csv, jsonl, xlsx, misp, stix or text [default: by the name of the file]
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Which column holds what: value=Indicator,rating=4 [default: guessed from the first row]
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub(crate) map: Option<String>,
    /// Which sheet of a workbook
    #[arg(long)]
    pub(crate) sheet: Option<String>,
    /// The type of all values that say none
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<IndicatorType>,
    /// How bad, 0 to 5, where a row says nothing
    #[arg(long)]
    pub(crate) rating: Option<u8>,
    /// How sure, 0 to 100
    #[arg(long)]
    pub(crate) confidence: Option<u8>,
    /// What defences may do with them: context, alert, block
    #[arg(long = "use", value_name = "USE")]
    pub(crate) usage: Option<Use>,
    /// What the hosts are
    #[arg(long)]
    pub(crate) role: Option<HostRole>,
    /// How far they may be shared [default: the owner's label]
    #[arg(long)]
    pub(crate) tlp: Option<Tlp>,
    /// Who may learn of questions about them
    #[arg(long)]
    pub(crate) pap: Option<Pap>,
    /// Tags for all of them
    #[arg(long, value_delimiter = ',', value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Only say what it would do
    #[arg(long)]
    pub(crate) preview: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// What came in, the newest first
    List,
    /// One import
    Show {
        /// Its id
        id: ImportId,
    },
    /// Take back exactly what an import brought
    Undo {
        /// Its id
        id: ImportId,
    },
}

impl Import {
    /// The step along a kind of value, where there is one.
    pub(crate) fn step(&self) -> Option<(&str, Result<PivotKind, String>)> {
        match self.pivot.as_deref()? {
            [value, kind] => Some((value, kind.parse().map_err(|error: model::source::UnknownWord| error.to_string()))),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// In the query language; everything where none
    #[arg(long, default_value = "")]
    pub(crate) query: String,
    /// csv, plain (one value a line, only what holds), jsonl or stix
    #[arg(long)]
    pub(crate) format: export::Form,
    /// Who gets it, which decides by TLP what goes out: public, community, clients, organization, recipients
    #[arg(long, default_value_t)]
    pub(crate) audience: Audience,
    /// Only these uses
    #[arg(long = "use", value_delimiter = ',', value_name = "USE")]
    pub(crate) uses: Vec<Use>,
    /// With why each is held
    #[arg(long)]
    pub(crate) evidence: bool,
    /// Where to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// Values; defanged is fine
    #[arg(required_unless_present = "import", conflicts_with = "import")]
    pub(crate) values: Vec<String>,
    /// Everything that an import brought
    #[arg(long, value_name = "ID")]
    pub(crate) import: Option<ImportId>,
    /// text, or queries: spl, kql, esql, sigma, grep
    #[arg(long, default_value = "text")]
    pub(crate) format: String,
    /// Who gets it: public, community, clients, organization, recipients
    #[arg(long, default_value_t)]
    pub(crate) audience: Audience,
    /// Where values of a class are looked for: host=SOURCE:FIELD+FIELD
    #[arg(long, value_delimiter = ',', value_name = "CLASS=SOURCE:FIELD")]
    pub(crate) fields: Vec<String>,
}

impl Answer {
    /// The language of the queries; none for text.
    pub(crate) fn language(&self) -> Result<Option<Language>, String> {
        if self.format == "text" {
            return Ok(None);
        }
        self.format.parse().map(Some).map_err(|_| "text, spl, kql, esql, sigma or grep".to_owned())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Database {
    /// Bring the database to this version's schema, and say which it is
    Migrate,
    /// Verify the schema, that nothing refers to what is not there, and the chain of the audit log
    Check,
    /// Write everything to a file, to load it elsewhere
    Dump {
        /// The file; `-` is standard output
        file: PathBuf,
    },
    /// Read a dump into a database that holds nothing yet
    Load {
        /// The file; `-` is standard input
        file: PathBuf,
    },
}
