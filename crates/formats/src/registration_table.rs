//! Registrations in bulk: tables (CSV and its relatives) with a column for each field, and JSON objects with a member for
//! each, as sellers and exporters of registration data write them.
//!
//! There is no standard. Heads are taken apart into words (`administrativeContact_postalCode`, `admin postal code` and
//! `adminPostalCode` are one), a role is told by the words in front, and the rest by a list of what is in use
//! (`column`). A mapping says it where that fails: `domain=1,registrant.email=mail`, by the column's name or its number
//! from 1. Members of JSON objects stand for columns by their path; an object with `raw` in it is an answer as it came
//! (see [`registration_lines`]).
//!
//! A row whose action is *dropped* (or *deleted*, *expired*) says that its domain is not registered any more, and nothing
//! else. Lists of new and dropped domains are tables with one or two columns.

mod column;

use std::borrow::Cow;

use model::{
    Contact, Disclosed, Name, Registration, RegistrationRecord, Scope, Time, fold,
    registration::{NameServer, Role, State},
};
use serde_json::Value;

use self::column::{Column, Part};
use crate::{
    disclosure::{disclosed, disclosed_email, spread_proxy},
    line::{LINE_OCTETS_MAX, LineError},
    registration_lines::{self, Defaults, RegistrationLine},
    remark::{Remark, RemarkKind},
    whois,
};

/// How many columns or members a row may have.
const COLUMNS_MAX: usize = 1_000;
/// How many name servers or statuses are taken of one row.
const LIST_MAX: usize = 100;

/// Reads the lines of a table, or JSON objects, in their order; the first line of a table is its head.
#[derive(Clone, Debug)]
pub struct Table {
    mapping: Option<String>,
    separator: u8,
    columns: Option<Vec<Option<Column>>>,
    /// Columns of the head that mean nothing here, until they were told.
    unknown: Option<String>,
    /// A row with a quoted cell that goes on in the next line.
    open: Vec<u8>,
}

impl Table {
    /// A table whose mapping is given, or guessed.
    pub fn new(mapping: Option<&str>) -> Table {
        let mapping = mapping.map(str::to_owned);
        Table { mapping, separator: b',', columns: None, unknown: None, open: Vec::new() }
    }

    /// Reads one line; nothing for the head and for a line that leaves its row open.
    pub fn line(&mut self, line: &[u8], defaults: &Defaults) -> Result<Option<RegistrationLine>, LineError> {
        if line.len() + self.open.len() > LINE_OCTETS_MAX {
            self.open.clear();
            return Err(LineError::TooLong);
        }
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if self.open.is_empty() && line.first() == Some(&b'{') {
            return object(line, defaults);
        }
        if !self.open.is_empty() {
            self.open.push(b'\n');
        }
        self.open.extend_from_slice(line);
        if memchr::memchr_iter(b'"', &self.open).count() % 2 == 1 {
            return Ok(None);
        }
        let row = std::mem::take(&mut self.open);
        match self.columns {
            Some(_) => self.row(&row, defaults).map(Some),
            None => self.head(&row, defaults),
        }
    }

    fn head(&mut self, line: &[u8], defaults: &Defaults) -> Result<Option<RegistrationLine>, LineError> {
        self.separator = separator(line);
        let head = cells(line, self.separator);
        // A list of domains has no head.
        if self.mapping.is_none() && head.len() == 1 && head.first().is_some_and(|cell| cell.contains('.')) {
            self.columns = Some(vec![Some(Column::Domain)]);
            return self.row(line, defaults).map(Some);
        }
        let columns = match &self.mapping {
            Some(mapping) => mapped(mapping, &head).map_err(|problem| LineError::Bad { field: "columns", problem })?,
            None => head.iter().map(|cell| column::of(cell)).collect(),
        };
        if !columns.contains(&Some(Column::Domain)) {
            return Err(LineError::bad(
                "columns",
                "none is known to be the domain: name it with --columns domain=COLUMN",
            ));
        }
        let unknown = head.iter().zip(&columns).filter(|(_, column)| column.is_none()).map(|(cell, _)| cell.as_str());
        let unknown: Vec<&str> = unknown.filter(|cell| !cell.is_empty()).collect();
        self.unknown = (!unknown.is_empty() && self.mapping.is_none()).then(|| unknown.join(", "));
        self.columns = Some(columns);
        Ok(None)
    }

    fn row(&mut self, line: &[u8], defaults: &Defaults) -> Result<RegistrationLine, LineError> {
        let cells = cells(line, self.separator);
        let mut row = Row::default();
        for (cell, column) in cells.iter().zip(self.columns.iter().flatten()) {
            if let Some(column) = column {
                row.cell(*column, cell);
            }
        }
        let mut read = row.end(defaults)?;
        if let Some(unknown) = self.unknown.take() {
            read.remarks.push(Remark::line(1, RemarkKind::NotUnderstood, &format!("columns {unknown}")));
        }
        Ok(read)
    }
}

/// The commonest of the separators in use.
fn separator(line: &[u8]) -> u8 {
    let count = |separator: &u8| memchr::memchr_iter(*separator, line).count();
    [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn cells(line: &[u8], separator: u8) -> Vec<String> {
    if memchr::memchr(b'"', line).is_none() {
        let text = String::from_utf8_lossy(line);
        return text.split(char::from(separator)).take(COLUMNS_MAX).map(|cell| cell.trim().to_owned()).collect();
    }
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(separator).buffer_capacity(line.len() + 1);
    let row = reader.from_reader(line).into_byte_records().next();
    let cells = row.and_then(Result::ok).unwrap_or_default();
    cells.iter().take(COLUMNS_MAX).map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
}

/// What each column means, by a mapping.
fn mapped(mapping: &str, head: &[String]) -> Result<Vec<Option<Column>>, String> {
    let mut columns = vec![None; head.len()];
    for part in mapping.split(',') {
        let (field, place) = part.split_once('=').ok_or_else(|| format!("`{part}`: write FIELD=COLUMN"))?;
        let column =
            column::of(field).ok_or_else(|| format!("`{field}` is no field: domain, created, registrant.email, …"))?;
        let place = place.trim();
        let at = match place.parse::<usize>() {
            Ok(number) => number.checked_sub(1),
            Err(_) => head.iter().position(|cell| cell.eq_ignore_ascii_case(place)),
        };
        let slot = at.and_then(|at| columns.get_mut(at)).ok_or_else(|| format!("there is no column `{place}`"))?;
        *slot = Some(column);
    }
    Ok(columns)
}

/// A line that is a JSON object.
fn object(line: &[u8], defaults: &Defaults) -> Result<Option<RegistrationLine>, LineError> {
    let value: Value = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    if value.get("raw").is_some() {
        return registration_lines::parse_line(line, defaults);
    }
    let (mut row, mut path) = (Row::default(), String::new());
    let mut left = COLUMNS_MAX;
    members(&value, &mut path, &mut row, &mut left);
    row.end(defaults).map(Some)
}

/// Every text and number of a JSON value, by the path of names to it.
fn members(value: &Value, path: &mut String, row: &mut Row, left: &mut usize) {
    let cell = |text: &str, row: &mut Row| {
        if let Some(column) = column::of(path) {
            row.cell(column, text);
        }
    };
    if *left == 0 {
        return;
    }
    *left -= 1;
    match value {
        Value::String(text) => cell(text.trim(), row),
        Value::Number(number) => cell(&number.to_string(), row),
        Value::Bool(truth) => cell(if *truth { "true" } else { "false" }, row),
        Value::Array(items) => items.iter().for_each(|item| members(item, path, row, left)),
        Value::Object(object) => {
            for (name, value) in object {
                let length = path.len();
                path.push('.');
                path.push_str(name);
                members(value, path, row, left);
                path.truncate(length);
            }
        }
        Value::Null => {}
    }
}

/// A row being read.
#[derive(Default)]
struct Row {
    domain: Option<Result<Name, String>>,
    observed: Option<Time>,
    dropped: bool,
    registration: Registration,
    remarks: Vec<Remark>,
}

impl Row {
    /// Takes a cell. Where several mean the same, the first that has something in it stands.
    fn cell(&mut self, column: Column, text: &str) {
        if text.is_empty() {
            return;
        }
        let registration = &mut self.registration;
        match column {
            Column::Domain => {
                let name = || Name::from_unicode(text).map_err(|error| error.to_string());
                self.domain.get_or_insert_with(name);
            }
            Column::Action => self.dropped |= column::is_dropped(text),
            Column::Observed => set_time(&mut self.observed, text, &mut self.remarks),
            Column::Created => set_time(&mut registration.created, text, &mut self.remarks),
            Column::Updated => set_time(&mut registration.updated, text, &mut self.remarks),
            Column::Expires => set_time(&mut registration.expires, text, &mut self.remarks),
            Column::RegistryId => set(&mut registration.registry_id, text),
            Column::Registrar => set(&mut registration.registrar.name, text),
            Column::RegistrarId => {
                registration.registrar.iana_id = registration.registrar.iana_id.or(text.parse().ok())
            }
            Column::RegistrarUrl => set(&mut registration.registrar.url, text),
            Column::WhoisServer => set(&mut registration.registrar.whois_server, text),
            Column::AbuseEmail => set(&mut registration.registrar.abuse_email, text),
            Column::AbusePhone => set(&mut registration.registrar.abuse_phone, text),
            Column::Reseller => set(&mut registration.reseller, text),
            Column::Statuses => statuses(&mut registration.statuses, text),
            Column::NameServers => self.name_servers(text),
            Column::Contact(role, part) => {
                if let Some(contact) = registration.contact_mut(role) {
                    part_of(contact, part, text);
                }
            }
        }
    }

    fn name_servers(&mut self, text: &str) {
        let servers = &mut self.registration.nameservers;
        for word in
            text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '|' | ';')).filter(|word| !word.is_empty())
        {
            match Name::from_unicode(word) {
                Ok(name) if name.label_count() > 1 && servers.len() < LIST_MAX => {
                    servers.push(NameServer { name, addresses: Vec::new() });
                }
                // An address beside its name.
                _ if word.parse::<std::net::IpAddr>().is_ok() => {}
                _ => crate::remark::note(&mut self.remarks, Remark::member("name servers", RemarkKind::BadValue, word)),
            }
        }
    }

    fn end(self, defaults: &Defaults) -> Result<RegistrationLine, LineError> {
        let Row { domain, observed, dropped, mut registration, remarks } = self;
        let missing = LineError::Missing { field: "domain", remedy: "the row does not name its domain" };
        let domain = domain.ok_or(missing)?.map_err(|problem| LineError::Bad { field: "domain", problem })?;
        if domain.label_count() < 2 {
            return Err(LineError::bad("domain", format!("`{domain}` is no registered domain")));
        }
        if dropped {
            registration = Registration { state: State::Available, ..Registration::default() };
        } else {
            settle(&mut registration);
        }
        registration.domain = Some(domain.clone());
        let observed = observed.unwrap_or(defaults.observed);
        let record = RegistrationRecord { domain, registration, raw: Vec::new(), observed };
        Ok(RegistrationLine { record, remarks })
    }
}

/// What follows from all cells together.
fn settle(registration: &mut Registration) {
    let ends = |status: &String| {
        let status = status.to_ascii_lowercase();
        status.contains("redemption") || status.contains("pendingdelete")
    };
    registration.state = if registration.statuses.iter().any(ends) { State::Redemption } else { State::Registered };
    registration.nameservers.sort();
    registration.nameservers.dedup();
    let registrar = &registration.registrar;
    let scope = match (registrar.iana_id, &registrar.name) {
        (Some(id), _) => Some(Scope::Registrar(id)),
        (None, Some(name)) => Some(Scope::RegistrarNamed(fold::person(name))),
        (None, None) => None,
    };
    for role in Role::CONTACTS {
        let Some(contact) = registration.contact_mut(role) else { continue };
        spread_proxy(contact);
        contact.scope = scope.clone().filter(|_| contact.handle.stated().is_some());
    }
}

fn part_of(contact: &mut Contact, part: Part, text: &str) {
    let field = match part {
        Part::Handle => &mut contact.handle,
        Part::Name => &mut contact.name,
        Part::Organization => &mut contact.organization,
        Part::Email => &mut contact.email,
        Part::Phone => &mut contact.phone,
        Part::Fax => &mut contact.fax,
        Part::Street => return street(&mut contact.street, text),
        Part::City => &mut contact.city,
        Part::State => &mut contact.state,
        Part::PostalCode => &mut contact.postal_code,
        Part::Country => &mut contact.country,
    };
    if field.is_absent() {
        *field = if part == Part::Email { disclosed_email(text) } else { disclosed(text) };
    }
}

/// Further lines of a street are joined to the first.
fn street(field: &mut Disclosed, text: &str) {
    let more = disclosed(text);
    match field {
        Disclosed::Stated(before) => {
            if let Disclosed::Stated(more) = more {
                before.push_str(", ");
                before.push_str(&more);
            }
        }
        Disclosed::Absent => *field = more,
        _ => {}
    }
}

fn statuses(statuses: &mut Vec<String>, text: &str) {
    for word in text.split(['|', ',', ';', '\n']).flat_map(words_of_status) {
        if statuses.len() < LIST_MAX && !statuses.iter().any(|known| *known == word) {
            statuses.push(word.into_owned());
        }
    }
}

/// `clientHold https://icann.org/epp#clientHold clientDeleteProhibited` lists two; `on hold` is one.
fn words_of_status(text: &str) -> Vec<Cow<'_, str>> {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains("://")).collect();
    let are_codes = words.iter().all(|word| word.starts_with(|c: char| c.is_ascii_lowercase()) && word.len() > 7);
    match words.as_slice() {
        [] => Vec::new(),
        codes if are_codes => codes.iter().map(|word| Cow::Borrowed(*word)).collect(),
        whole => vec![Cow::Owned(whole.join(" "))],
    }
}

fn set(field: &mut Option<String>, text: &str) {
    field.get_or_insert_with(|| text.to_owned());
}

fn set_time(field: &mut Option<Time>, text: &str, remarks: &mut Vec<Remark>) {
    if field.is_some() {
        return;
    }
    *field = whois::moment(text).or_else(|| text.parse().ok());
    if field.is_none() {
        crate::remark::note(remarks, Remark::member("date", RemarkKind::BadValue, text));
    }
}

#[cfg(test)]
mod tests {
    use model::registration::Protocol;

    use super::*;

    fn defaults() -> Defaults {
        Defaults { protocol: Protocol::Whois, server: String::new(), observed: Time(1_800_000_000) }
    }

    fn read(mapping: Option<&str>, text: &str) -> Vec<Result<RegistrationLine, LineError>> {
        let mut table = Table::new(mapping);
        text.lines().filter_map(|line| table.line(line.as_bytes(), &defaults()).transpose()).collect()
    }

    fn shown(line: &Result<RegistrationLine, LineError>) -> String {
        let RegistrationRecord { domain, registration, observed, .. } = &line.as_ref().unwrap().record;
        let day = |time: Option<Time>| time.map_or("?".into(), Time::day);
        let registrant = &registration.registrant;
        let text = |field: &Disclosed| field.stated().unwrap_or("?").to_owned();
        format!(
            "{domain} {} {}..{} {} [{}|{}|{}|{}] {} {} {}",
            registration.state,
            day(registration.created),
            day(registration.expires),
            registration.registrar.name.as_deref().unwrap_or("?"),
            text(&registrant.name),
            text(&registrant.email),
            text(&registrant.street),
            text(&registrant.country),
            registration.nameservers.len(),
            registration.statuses.join("+"),
            observed.day(),
        )
    }

    #[test]
    fn heads_of_common_feeds_are_known() {
        let expected = "widgets.example registered 2026-01-31..2027-01-31 One Registrar \
            [Ada Sample|ada@sample.example|1 High Street, Floor 2|NL] 2 clientHold+clientDeleteProhibited 2026-03-01";
        for text in [
            "domainName,registrarName,createdDate,standardRegCreatedDate,standardRegExpiresDate,nameServers,status,audit_auditUpdatedDate,registrant_name,registrant_email,registrant_street1,registrant_street2,registrant_country,administrativeContact_email\n\
             widgets.example,One Registrar,,2026-01-31 10:00:00 UTC,2027-01-31 10:00:00 UTC,NS1.HOST.EXAMPLE|NS2.HOST.EXAMPLE|,clientHold clientDeleteProhibited,2026-03-01 09:00:00 UTC,Ada Sample,ada@sample.example,1 High Street,Floor 2,NL,admin@sample.example",
            "num;domain_name;query_time;create_date;expiry_date;domain_registrar_name;registrant_name;registrant_address;registrant_country;registrant_email;name_server_1;name_server_2;domain_status_1;domain_status_2\n\
             1;widgets.example;2026-03-01 09:00:00;2026-01-31;2027-01-31;One Registrar;Ada Sample;1 High Street, Floor 2;NL;ada@sample.example;ns1.host.example;ns2.host.example;clientHold;clientDeleteProhibited",
            r#"{"domainName":"widgets.example","registrarName":"One Registrar","audit":{"updatedDate":"2026-03-01 09:00:00 UTC"},"createdDateNormalized":"2026-01-31","expiresDate":"2027-01-31T10:00:00Z","status":"clientHold clientDeleteProhibited","nameServers":{"hostNames":["ns1.host.example","ns2.host.example"],"ips":["192.0.2.1"]},"registrant":{"name":"Ada Sample","email":"ada@sample.example","street1":"1 High Street, Floor 2","countryCode":"NL"}}"#,
        ] {
            let lines = read(None, text);
            assert_eq!(lines.len(), 1);
            assert_eq!(shown(&lines[0]), expected, "{text}");
        }
    }

    #[test]
    fn lists_of_new_and_dropped_domains() {
        let lines = read(None, "widgets.example\ngadgets.example");
        assert!(shown(&lines[0]).starts_with("widgets.example registered") && lines.len() == 2);
        let lines =
            read(None, "domain,reason,registrant_email\na.example,added,x@y.example\nb.example,dropped,x@y.example");
        assert!(shown(&lines[0]).contains("x@y.example"));
        assert!(shown(&lines[1]).starts_with("b.example available ?..? ? [?|?|?|?] 0"), "{}", shown(&lines[1]));
    }

    #[test]
    fn a_mapping_says_what_heads_do_not() {
        let text = "a\tb\tc\nx\twidgets.example\tada@sample.example";
        assert!(shown(&read(Some("domain=2,registrant.email=c"), text)[0]).contains("ada@sample.example"));
        let wrong = |mapping| read(mapping, text)[0].as_ref().unwrap_err().to_string();
        assert!(wrong(None).contains("--columns domain=COLUMN"));
        assert!(wrong(Some("domain=9")).contains("no column `9`"));
        assert!(wrong(Some("colour=1")).contains("`colour` is no field"));
    }

    #[test]
    fn cells_over_several_lines_and_what_cannot_be_read() {
        let lines = read(
            None,
            "domain,status,created,mood\nwidgets.example,\"clientHold\nclientTransferProhibited\",soon,good\n..,,,\n,,,",
        );
        assert!(shown(&lines[0]).contains("clientHold+clientTransferProhibited"));
        let remarks: Vec<String> = lines[0].as_ref().unwrap().remarks.iter().map(Remark::to_string).collect();
        assert_eq!(remarks, ["date: bad value: soon", "line 1: not understood: columns mood"]);
        assert!(lines[1].as_ref().unwrap_err().to_string().starts_with("field \"domain\""));
        assert!(lines[2].as_ref().unwrap_err().to_string().starts_with("missing field \"domain\""));
    }

    #[test]
    fn what_is_withheld_is_no_value() {
        let lines =
            read(None, "domain,registrant_name,registrant_email\na.example,REDACTED FOR PRIVACY,Redacted for privacy");
        let registrant = &lines[0].as_ref().unwrap().record.registration.registrant;
        assert!(matches!(registrant.name, Disclosed::Redacted(_)) && registrant.email.stated().is_none());
    }
}
