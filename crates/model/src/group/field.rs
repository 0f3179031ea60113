//! What a group of each kind says of itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{GroupKind, profile::Profile};
use crate::{
    indicator::{Indicator, IndicatorType},
    source::words,
    time::Time,
};

/// The most entries in a list of a group's fields.
pub const ENTRIES_MAX: usize = 500;
/// The most octets that a group's fields take as JSON.
pub const FIELDS_OCTETS_MAX: usize = 256 * 1024;

/// The fields of a group, by its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "fields", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "GroupKind says what each is")]
pub enum GroupFields {
    Adversary(Profile),
    Campaign(Campaign),
    IntrusionSet(Profile),
    Malware(Malware),
    Threat(Threat),
    Incident(Incident),
    Report(Report),
    Tool(Tool),
    Vulnerability(Vulnerability),
    AttackPattern(AttackPattern),
    CourseOfAction(CourseOfAction),
    Document(Document),
    Signature(Signature),
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Problem {
    /// The field, from the group's fields on.
    pub path: String,
    /// What would be right.
    pub why: &'static str,
}

impl Problem {
    pub(super) fn unless(fits: bool, path: &str, why: &'static str) -> Result<(), Problem> {
        if fits { Ok(()) } else { Err(Problem { path: path.into(), why }) }
    }
}

macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default, rename_all = "camelCase")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )+ };
}

fields! {
    /// What somebody did over a time.
    Campaign {
        /// Other names.
        aliases: Vec<String>,
        /// What it was for.
        objective: Option<String>,
    }

    /// Malicious software.
    Malware {
        /// Other names.
        aliases: Vec<String>,
        /// What it does: `ransomware`, `remote-access-trojan` (STIX 2.1 `malware-type-ov`).
        types: Vec<String>,
        /// Whether it is a family and not one sample.
        is_family: bool,
        /// What it runs on.
        platforms: Vec<String>,
    }

    /// Anything else that threatens.
    Threat {
        /// Other names.
        aliases: Vec<String>,
        /// What kind of threat.
        nature: Option<String>,
    }

    /// Something that happened.
    Incident {
        /// How far it is dealt with.
        status: Option<IncidentStatus>,
        /// When it happened.
        occurred: Option<Time>,
        /// When it was noticed.
        detected: Option<Time>,
        /// When it was over.
        resolved: Option<Time>,
        /// What it did.
        impact: Option<String>,
    }

    /// Something written about it.
    Report {
        /// When it was published.
        published: Option<Time>,
        /// Who wrote it.
        authors: Vec<String>,
        /// Where it is.
        url: Option<String>,
    }

    /// Software that is used for harm.
    Tool {
        /// Other names.
        aliases: Vec<String>,
        /// Which version.
        version: Option<String>,
        /// What it runs on.
        platforms: Vec<String>,
        /// Where it is from.
        url: Option<String>,
    }

    /// A weakness.
    Vulnerability {
        /// Its number.
        cve: Option<CveId>,
        /// Its base score.
        cvss: Option<Cvss>,
        /// Whether it is known to be exploited.
        exploited: bool,
        /// What has it.
        products: Vec<String>,
    }

    /// A technique.
    AttackPattern {
        /// Its number.
        technique: Option<TechniqueId>,
        /// What it serves: `initial-access`.
        tactics: Vec<String>,
        /// Where it works.
        platforms: Vec<String>,
        /// Where it is described.
        url: Option<String>,
    }

    /// What to do about it.
    CourseOfAction {
        /// The steps.
        steps: Vec<String>,
        /// Where it is described.
        url: Option<String>,
    }

    /// A file with words in it.
    Document {
        /// Its title.
        title: Option<String>,
        /// Its hash.
        sha256: Option<Sha256>,
        /// What kind of file: `application/pdf`.
        media_type: Option<String>,
        /// Where it is from.
        url: Option<String>,
    }

    /// A rule that finds it.
    Signature {
        /// In which language.
        format: Option<SignatureFormat>,
        /// The rule.
        text: Option<String>,
    }
}

/// How far an incident is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentStatus {
    /// Nobody looked yet.
    New,
    /// Somebody looks.
    Open,
    /// It goes no further.
    Contained,
    /// It is over.
    Resolved,
    /// It was none.
    Rejected,
}

/// In which language a rule is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "names of languages")]
pub enum SignatureFormat {
    Yara,
    Sigma,
    Suricata,
    Snort,
    Stix,
    Kql,
    Spl,
    Other,
}

/// A base score of the Common Vulnerability Scoring System, in tenths: 0.0 to 10.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Cvss(u8);

impl TryFrom<f64> for Cvss {
    type Error = &'static str;

    fn try_from(score: f64) -> Result<Cvss, &'static str> {
        let fits = (0.0..=10.0).contains(&score);
        fits.then(|| Cvss((score * 10.0).round() as u8)).ok_or("write a score of 0.0 to 10.0")
    }
}

impl From<Cvss> for f64 {
    fn from(score: Cvss) -> f64 {
        f64::from(score.0) / 10.0
    }
}

macro_rules! number {
    ($($(#[doc = $doc:literal])+ $name:ident: $why:literal, |$text:ident| $made:expr;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str($text: &str) -> Result<$name, &'static str> {
                let made: Option<String> = $made;
                made.map(|text| $name(text.into())).ok_or($why)
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<$name, &'static str> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+ };
}

number! {
    /// The number of a weakness: `CVE-2026-12345`.
    CveId: "write CVE-2026-12345", |text| {
        let upper = text.trim().to_ascii_uppercase();
        let parts = upper.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
        parts.filter(|(year, number)| digits(year, 4, 4) && digits(number, 4, 19)).is_some().then(|| upper.clone())
    };
    /// The number of an ATT&CK technique or of one of its forms: `T1566`, `T1566.001`.
    TechniqueId: "write T1566 or T1566.001", |text| {
        let upper = text.trim().to_ascii_uppercase();
        let rest = upper.strip_prefix('T').unwrap_or_default();
        let (technique, form) = rest.split_once('.').unwrap_or((rest, "000"));
        (digits(technique, 4, 4) && digits(form, 3, 3)).then(|| upper.clone())
    };
    /// A SHA-256 hash in lower-case hexadecimal digits.
    Sha256: "write 64 hexadecimal digits", |text| {
        let text = text.trim();
        (text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
    };
}

fn digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
}

macro_rules! kinds {
    ($($kind:ident),+) => {
        impl GroupFields {
            /// Nothing said of a group of this kind.
            pub fn new(kind: GroupKind) -> GroupFields {
                match kind { $(GroupKind::$kind => GroupFields::$kind(Default::default())),+ }
            }

            /// Of which kind the group is.
            pub fn kind(&self) -> GroupKind {
                match self { $(GroupFields::$kind(_) => GroupKind::$kind),+ }
            }
        }
    };
}
kinds!(
    Adversary,
    Campaign,
    IntrusionSet,
    Malware,
    Threat,
    Incident,
    Report,
    Tool,
    Vulnerability,
    AttackPattern,
    CourseOfAction,
    Document,
    Signature
);

impl GroupFields {
    /// The ATT&CK technique, of an attack pattern.
    pub fn technique(&self) -> Option<&TechniqueId> {
        match self {
            GroupFields::AttackPattern(pattern) => pattern.technique.as_ref(),
            _ => None,
        }
    }

    /// The names by which it goes beside its own.
    pub fn aliases(&self) -> &[String] {
        match self {
            GroupFields::Adversary(profile) | GroupFields::IntrusionSet(profile) => &profile.aliases,
            GroupFields::Campaign(campaign) => &campaign.aliases,
            GroupFields::Malware(malware) => &malware.aliases,
            GroupFields::Threat(threat) => &threat.aliases,
            GroupFields::Tool(tool) => &tool.aliases,
            _ => &[],
        }
    }

    /// What types alone do not say.
    pub fn check(&self) -> Result<(), Problem> {
        let url = match self {
            GroupFields::Adversary(profile) | GroupFields::IntrusionSet(profile) => return profile.check(),
            GroupFields::Report(report) => &report.url,
            GroupFields::Tool(tool) => &tool.url,
            GroupFields::AttackPattern(pattern) => &pattern.url,
            GroupFields::CourseOfAction(action) => &action.url,
            GroupFields::Document(document) => &document.url,
            _ => return Ok(()),
        };
        let is_link = |url: &String| Indicator::parse(IndicatorType::Url, url).is_ok();
        Problem::unless(url.as_ref().is_none_or(is_link), "url", "write a link with its scheme")
    }
}

words!(IncidentStatus, "status of an incident", "new, open, contained, resolved, rejected",
    "new" => IncidentStatus::New, "open" => IncidentStatus::Open, "contained" => IncidentStatus::Contained,
    "resolved" => IncidentStatus::Resolved, "rejected" => IncidentStatus::Rejected);
