//! Languages, and the names that fields have in somebody's logs.

use std::{collections::BTreeMap, fmt, str::FromStr};

use model::Indicator;

/// A language to search in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Splunk's Search Processing Language.
    Spl,
    /// The Kusto Query Language of Microsoft Sentinel and Defender.
    Kql,
    /// The Elasticsearch Query Language.
    Esql,
    /// Sigma rules, in YAML.
    Sigma,
    /// Patterns for `grep -E -i -f`.
    Grep,
}

const LANGUAGES: [(Language, &str); 5] = [
    (Language::Spl, "spl"),
    (Language::Kql, "kql"),
    (Language::Esql, "esql"),
    (Language::Sigma, "sigma"),
    (Language::Grep, "grep"),
];

/// What kind of field a value is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Names that were asked for or visited.
    Host,
    /// Addresses, single or by prefix.
    Address,
    /// Whole links.
    Url,
    /// E-mail addresses.
    EmailAddress,
    /// MD5 of files.
    Md5,
    /// SHA-1 of files.
    Sha1,
    /// SHA-256 of files.
    Sha256,
    /// SHA-512 of files.
    Sha512,
    /// SHA-1 of certificates.
    CertificateSha1,
    /// SHA-256 of certificates.
    CertificateSha256,
    /// Names of mutexes.
    Mutex,
    /// Keys of the registry.
    RegistryKey,
    /// User agents.
    UserAgent,
    /// Numbers of autonomous systems.
    Asn,
}

const CLASSES: [(Class, &str); 14] = [
    (Class::Host, "host"),
    (Class::Address, "address"),
    (Class::Url, "url"),
    (Class::EmailAddress, "email-address"),
    (Class::Md5, "md5"),
    (Class::Sha1, "sha1"),
    (Class::Sha256, "sha256"),
    (Class::Sha512, "sha512"),
    (Class::CertificateSha1, "certificate-sha1"),
    (Class::CertificateSha256, "certificate-sha256"),
    (Class::Mutex, "mutex"),
    (Class::RegistryKey, "registry-key"),
    (Class::UserAgent, "user-agent"),
    (Class::Asn, "asn"),
];

/// Where values of a class are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// An index, a table, a log source.
    pub source: String,
    /// The fields; a value in any of them counts.
    pub fields: Vec<String>,
}

/// A language with the names of one place's logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(super) language: Language,
    pub(super) targets: BTreeMap<Class, Target>,
    pub(super) time: String,
}

/// A name that cannot stand in a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot stand in a query: {1}")]
pub struct BadName(String, &'static str);

impl Dialect {
    /// The names that are usual: Splunk's Common Information Model, Sentinel's ASIM, the Elastic Common Schema, and
    /// Sigma's taxonomy.
    pub fn usual(language: Language) -> Dialect {
        let (time, targets) = match language {
            Language::Spl => ("_time", SPL),
            Language::Kql => ("TimeGenerated", KQL),
            Language::Esql => ("@timestamp", ESQL),
            Language::Sigma => ("", SIGMA),
            Language::Grep => ("", &[][..]),
        };
        let target = |(class, source, fields): &(Class, &str, &[&str])| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            (*class, Target { source: (*source).to_owned(), fields })
        };
        Dialect { language, targets: targets.iter().map(target).collect(), time: time.to_owned() }
    }

    /// Looks for a class elsewhere.
    pub fn set(&mut self, class: Class, target: Target) -> Result<(), BadName> {
        let is_source = |c: char| c.is_ascii_alphanumeric() || "_.*:,=/- ".contains(c);
        if !target.source.chars().all(is_source) || !(1..=200).contains(&target.source.len()) {
            return Err(BadName(target.source, "a source has letters, digits, blanks and _.*:,=/-"));
        }
        for field in &target.fields {
            check_field(field)?;
        }
        self.targets.insert(class, target);
        Ok(())
    }

    /// Takes another field for the time of an event.
    pub fn set_time(&mut self, field: &str) -> Result<(), BadName> {
        check_field(field)?;
        self.time = field.to_owned();
        Ok(())
    }
}

fn check_field(field: &str) -> Result<(), BadName> {
    let begins_well = field.starts_with(|c: char| c.is_ascii_alphabetic() || "_@".contains(c));
    let is_field = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    let good = begins_well && field.len() <= 128 && field.chars().all(is_field);
    if good { Ok(()) } else { Err(BadName(field.to_owned(), "a field has letters, digits and _.@-, a letter first")) }
}

type Usual = &'static [(Class, &'static str, &'static [&'static str])];

const SPL: Usual = &[
    (Class::Host, "index=*", &["query", "url_domain"]),
    (Class::Address, "index=*", &["dest_ip", "answer"]),
    (Class::Url, "index=*", &["url"]),
    (Class::EmailAddress, "index=*", &["src_user", "recipient"]),
    (Class::Md5, "index=*", &["file_hash"]),
    (Class::Sha1, "index=*", &["file_hash"]),
    (Class::Sha256, "index=*", &["file_hash"]),
    (Class::Sha512, "index=*", &["file_hash"]),
    (Class::CertificateSha1, "index=*", &["ssl_hash"]),
    (Class::CertificateSha256, "index=*", &["ssl_hash"]),
    (Class::RegistryKey, "index=*", &["registry_path"]),
    (Class::UserAgent, "index=*", &["http_user_agent"]),
];

const KQL: Usual = &[
    (Class::Host, "_Im_Dns", &["DnsQuery"]),
    (Class::Address, "_Im_NetworkSession", &["DstIpAddr"]),
    (Class::Url, "_Im_WebSession", &["Url"]),
    (Class::EmailAddress, "EmailEvents", &["SenderFromAddress", "RecipientEmailAddress"]),
    (Class::Md5, "_Im_FileEvent", &["TargetFileMD5"]),
    (Class::Sha1, "_Im_FileEvent", &["TargetFileSHA1"]),
    (Class::Sha256, "_Im_FileEvent", &["TargetFileSHA256"]),
    (Class::Sha512, "_Im_FileEvent", &["TargetFileSHA512"]),
    (Class::RegistryKey, "_Im_RegistryEvent", &["RegistryKey"]),
    (Class::UserAgent, "_Im_WebSession", &["HttpUserAgent"]),
];

const ESQL: Usual = &[
    (Class::Host, "logs-*", &["dns.question.name", "url.domain"]),
    (Class::Address, "logs-*", &["destination.ip"]),
    (Class::Url, "logs-*", &["url.full"]),
    (Class::EmailAddress, "logs-*", &["email.from.address", "email.to.address"]),
    (Class::Md5, "logs-*", &["file.hash.md5"]),
    (Class::Sha1, "logs-*", &["file.hash.sha1"]),
    (Class::Sha256, "logs-*", &["file.hash.sha256"]),
    (Class::Sha512, "logs-*", &["file.hash.sha512"]),
    (Class::CertificateSha1, "logs-*", &["tls.server.hash.sha1"]),
    (Class::CertificateSha256, "logs-*", &["tls.server.hash.sha256"]),
    (Class::RegistryKey, "logs-*", &["registry.path"]),
    (Class::UserAgent, "logs-*", &["user_agent.original"]),
    (Class::Asn, "logs-*", &["destination.as.number"]),
];

const SIGMA: Usual = &[
    (Class::Host, "dns", &["query"]),
    (Class::Address, "firewall", &["dst_ip"]),
    (Class::Url, "proxy", &["c-uri"]),
    (Class::UserAgent, "proxy", &["c-useragent"]),
    (Class::Md5, "file_event", &["md5"]),
    (Class::Sha1, "file_event", &["sha1"]),
    (Class::Sha256, "file_event", &["sha256"]),
    (Class::RegistryKey, "registry_event", &["TargetObject"]),
];

impl Class {
    /// The class of a value.
    pub fn of(indicator: &Indicator) -> Class {
        match indicator {
            Indicator::Address(_) | Indicator::Cidr(_) => Class::Address,
            Indicator::Asn(_) => Class::Asn,
            Indicator::Host(_) => Class::Host,
            Indicator::Url(_) => Class::Url,
            Indicator::EmailAddress(_) => Class::EmailAddress,
            Indicator::File(digest) => match digest.kind() {
                "md5" => Class::Md5,
                "sha1" => Class::Sha1,
                "sha256" => Class::Sha256,
                _ => Class::Sha512,
            },
            Indicator::Certificate(digest) if digest.kind() == "sha1" => Class::CertificateSha1,
            Indicator::Certificate(_) => Class::CertificateSha256,
            Indicator::Mutex(_) => Class::Mutex,
            Indicator::RegistryKey(_) => Class::RegistryKey,
            Indicator::UserAgent(_) => Class::UserAgent,
        }
    }

    /// Whether the case of letters in a value means something.
    pub(super) fn minds_case(self) -> bool {
        matches!(self, Class::Url | Class::Mutex | Class::UserAgent)
    }
}

fn word<T: Copy + PartialEq>(words: &[(T, &'static str)], value: T) -> &'static str {
    words.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| word)
}

fn find<T: Copy>(words: &[(T, &'static str)], text: &str) -> Result<T, BadName> {
    let found = words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value);
    found.ok_or_else(|| BadName(text.chars().take(100).collect(), "a word that is not known"))
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word(&LANGUAGES, *self))
    }
}

impl FromStr for Language {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Language, BadName> {
        find(&LANGUAGES, text)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word(&CLASSES, *self))
    }
}

impl FromStr for Class {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Class, BadName> {
        find(&CLASSES, text)
    }
}
