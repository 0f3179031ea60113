//! Exports: every row that a query selects and that may go to an audience, in one of four forms, of any length.

use std::{fmt, io::Write, str::FromStr};

use formats::{
    export::{Exported, csv, json, plain},
    stix::Bundle,
};
use model::{Actor, Indicator, Time, opinion::Use, query::Query};
use store::fresh;

use super::{Knowledge, exit::Audience, list};
use crate::error::Error;

/// In which form rows go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table that no spreadsheet runs anything of.
    Csv,
    /// One value a line, each once, and only what holds: for block lists.
    Plain,
    /// One JSON object a line.
    Jsonl,
    /// A STIX 2.1 bundle; what is for context goes out as observables.
    Stix,
}

const FORMS: [(Form, &str); 4] =
    [(Form::Csv, "csv"), (Form::Plain, "plain"), (Form::Jsonl, "jsonl"), (Form::Stix, "stix")];

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Form, String> {
        let found = FORMS.into_iter().find(|(_, word)| *word == text).map(|(form, _)| form);
        found.ok_or_else(|| format!("unknown format `{}`: one of csv, plain, jsonl, stix", text.escape_debug()))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = FORMS.iter().find(|(form, _)| form == self).map_or("", |(_, word)| word);
        f.pad(word)
    }
}

impl Form {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Csv => "text/csv; charset=utf-8",
            Form::Plain => "text/plain; charset=utf-8",
            Form::Jsonl => "application/x-ndjson",
            Form::Stix => "application/stix+json;version=2.1",
        }
    }
}

/// What is to go out, to whom and how.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The query as written, for the audit log.
    text: String,
    query: Query,
    audience: Audience,
    form: Form,
    evidence: bool,
}

impl Wish {
    /// Reads the query; `uses` narrow it further where there are any.
    pub fn new(query: &str, uses: &[Use], audience: Audience, form: Form) -> Result<Wish, Error> {
        let parsed = list::parse(query)?;
        let words: Vec<&str> = uses.iter().map(|usage| usage.as_str()).collect();
        let (text, query) = match words.as_slice() {
            [] => (query.to_owned(), parsed),
            words => {
                let narrow = format!("use in ({})", words.join(", "));
                (format!("{narrow}: {query}"), Query::And(vec![list::parse(&narrow)?, parsed]))
            }
        };
        Ok(Wish { text, query, audience, form, evidence: false })
    }

    /// With why each is held, or without.
    pub fn with_evidence(self, evidence: bool) -> Wish {
        Wish { evidence, ..self }
    }

    /// In which form.
    pub fn form(&self) -> Form {
        self.form
    }
}

impl Knowledge {
    /// Writes the export and notes it in the audit log, with the rows that went out, whole or not. How many they were.
    pub fn write_export(&self, actor: &Actor, wish: &Wish, now: Time, out: &mut dyn Write) -> Result<u64, Error> {
        let mut rows = 0;
        let outcome = self.write_rows(actor, wish, now, out, &mut rows);
        self.exported(actor, &wish.text, wish.audience, &wish.form.to_string(), rows, now)?;
        outcome.map(|()| rows)
    }

    fn write_rows(
        &self,
        actor: &Actor,
        wish: &Wish,
        now: Time,
        out: &mut dyn Write,
        rows: &mut u64,
    ) -> Result<(), Error> {
        let mut writer = Writer::begin(wish.form, out, now)?;
        self.export(actor, &wish.query, wish.audience, wish.evidence, now, &mut |row| {
            *rows += u64::from(writer.row(&row)?);
            Ok(true)
        })?;
        writer.end()
    }
}

/// Rows being written in one form.
enum Writer<'o> {
    Csv(&'o mut dyn Write),
    Plain(&'o mut dyn Write, Option<Indicator>),
    Jsonl(&'o mut dyn Write),
    Stix(Box<Bundle<&'o mut dyn Write>>),
}

impl<'o> Writer<'o> {
    fn begin(form: Form, mut out: &'o mut dyn Write, now: Time) -> Result<Writer<'o>, Error> {
        Ok(match form {
            Form::Csv => {
                csv::write_header(&mut out).map_err(broken)?;
                Writer::Csv(out)
            }
            Form::Plain => Writer::Plain(out, None),
            Form::Jsonl => Writer::Jsonl(out),
            Form::Stix => Writer::Stix(Box::new(Bundle::begin(out, fresh::id(now)).map_err(broken)?)),
        })
    }

    /// Writes a row, and says whether it stands in the export.
    fn row(&mut self, row: &Exported) -> Result<bool, Error> {
        match self {
            Writer::Csv(out) => csv::write_row(out, row),
            Writer::Jsonl(out) => json::write_row(out, row),
            Writer::Stix(bundle) => bundle.indicator(row),
            // Rows of one value stand together, whoever holds it.
            Writer::Plain(_, last) if !row.active || last.as_ref() == Some(&row.indicator) => return Ok(false),
            Writer::Plain(out, last) => {
                *last = Some(row.indicator.clone());
                plain::write_row(out, row)
            }
        }
        .map_err(broken)?;
        Ok(true)
    }

    fn end(self) -> Result<(), Error> {
        let out = match self {
            Writer::Csv(out) | Writer::Plain(out, _) | Writer::Jsonl(out) => out,
            Writer::Stix(bundle) => bundle.finish().map_err(broken)?,
        };
        out.flush().map_err(broken)
    }
}

/// Whoever takes the export has gone, or there is no room for it.
fn broken(error: std::io::Error) -> Error {
    Error::Limit(format!("the export ended early: {error}"))
}
