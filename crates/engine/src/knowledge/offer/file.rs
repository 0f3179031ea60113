//! Files: in whatever form people keep lists.

use std::{fmt, str::FromStr};

use formats::list::{
    self, Stated, Taken,
    sheet::Workbook,
    table::{self, Column, Mapping},
};
use model::{IndicatorType, Provenance, provenance::Origin};

use super::Offer;
use crate::{error::Error, knowledge::import::Offered};

/// In which form a file keeps its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value a line.
    Plain,
    /// A table with commas, semicolons, tabs or bars.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// A workbook.
    Xlsx,
    /// A MISP event.
    Misp,
    /// A STIX 2.1 bundle.
    Stix,
    /// Text with values in it, defanged or not.
    Text,
}

const FORMS: [(Form, &str); 7] = [
    (Form::Plain, "plain"),
    (Form::Csv, "csv"),
    (Form::Jsonl, "jsonl"),
    (Form::Xlsx, "xlsx"),
    (Form::Misp, "misp"),
    (Form::Stix, "stix"),
    (Form::Text, "text"),
];

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Form, String> {
        let found = FORMS.into_iter().find(|(_, word)| *word == text).map(|(form, _)| form);
        let known = || FORMS.map(|(_, word)| word).join(", ");
        found.ok_or_else(|| format!("unknown format `{}`: one of {}", text.escape_debug(), known()))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(FORMS.iter().find(|(form, _)| form == self).map_or("", |(_, word)| word))
    }
}

impl Form {
    /// The form that a file of this name most likely has.
    pub fn of_name(name: &str) -> Option<Form> {
        Some(match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "txt" | "lst" | "list" => Form::Plain,
            "csv" | "tsv" => Form::Csv,
            "jsonl" | "ndjson" => Form::Jsonl,
            "xlsx" => Form::Xlsx,
            "eml" | "md" => Form::Text,
            _ => return None,
        })
    }
}

/// How a file is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its form.
    pub form: Form,
    /// Its name, for the evidence.
    pub name: Option<String>,
    /// Which column holds what, `value=Indicator,rating=4`: names or numbers. Guessed from the first row where none.
    pub columns: Option<String>,
    /// Which sheet of a workbook; the first where none.
    pub sheet: Option<String>,
    /// The type of all values that say none.
    pub kind: Option<IndicatorType>,
}

impl Reading {
    /// Reads the rows of a file. What cannot be understood is refused line by line.
    pub fn offer(&self, octets: &[u8]) -> Result<Offer, Error> {
        let taken = self.taken(octets)?;
        let seed = self.name.clone();
        let origin = if self.form == Form::Text { Origin::Text } else { Origin::File };
        let rows = taken.stated.into_iter().map(|stated| Offered {
            provenance: Provenance { remark: remark(&stated), ..Provenance::plain(origin, seed.clone()) },
            stated,
        });
        Ok(Offer {
            rows: rows.collect(),
            origin: self.name.clone().unwrap_or_else(|| "a list without a name".into()),
            refused: taken.refused,
            refused_more: taken.refused_more,
            remarks: taken.remarks,
        })
    }

    fn taken(&self, octets: &[u8]) -> Result<Taken, Error> {
        match self.form {
            Form::Misp => return Ok(formats::misp::event::read(octets).taken),
            Form::Stix => return Ok(formats::stix::read(octets).taken),
            Form::Xlsx => return self.workbook(octets),
            Form::Plain | Form::Csv | Form::Jsonl | Form::Text => {}
        }
        let (text, remark) = list::decode(octets);
        let mut taken = match self.form {
            Form::Csv => self.table(&text)?,
            Form::Jsonl => Taken::of(list::lines::read(&text)),
            Form::Text => pasted(&text),
            _ => Taken::of(list::plain::read(&text, self.kind)),
        };
        taken.remarks.extend(remark);
        Ok(taken)
    }

    fn table(&self, text: &str) -> Result<Taken, Error> {
        let separator = table::guess_separator(text);
        let mapping = self.mapping(&table::first_row(text, separator))?;
        let rows = table::read(text, separator, &mapping).map_err(|error| Error::invalid("map", error))?;
        Ok(Taken::of(rows))
    }

    fn workbook(&self, octets: &[u8]) -> Result<Taken, Error> {
        let invalid = |error: list::sheet::SheetError| Error::invalid("body", error);
        let mut workbook = Workbook::open(octets).map_err(invalid)?;
        let mapping = self.mapping(&workbook.first_row(self.sheet.as_deref()).map_err(invalid)?)?;
        workbook.read(self.sheet.as_deref(), &mapping).map_err(invalid)
    }

    fn mapping(&self, names: &[String]) -> Result<Mapping, Error> {
        let guessed = Mapping::guess(names.iter().map(String::as_str));
        let mapping = match (&self.columns, guessed) {
            (None, Some(guessed)) => guessed,
            (None, None) => {
                let why =
                    format!("no column looks like the values; say which does: value=NAME, of {}", names.join(", "));
                return Err(Error::invalid("map", why));
            }
            (Some(columns), guessed) => stated_mapping(columns, guessed)?,
        };
        Ok(Mapping { kind: self.kind, ..mapping })
    }
}

/// `value=Indicator,rating=4`: by names of the first row, or by numbers alone where there is no such row.
fn stated_mapping(text: &str, guessed: Option<Mapping>) -> Result<Mapping, Error> {
    let invalid = |why: String| Error::invalid("map", why);
    let mut columns = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (field, column) = pair.split_once('=').ok_or_else(|| invalid(format!("`{pair}`: write field=column")))?;
        let field = field.trim().parse().map_err(|error: list::UnknownField| invalid(error.to_string()))?;
        let column = column.trim();
        columns.push((field, column.parse().map_or_else(|_| Column::Name(column.to_owned()), Column::Number)));
    }
    let by_name = columns.iter().any(|(_, column)| matches!(column, Column::Name(_)));
    let guarded = guessed.as_ref().is_some_and(|guessed| guessed.guarded);
    let tag_separator = guessed.as_ref().map_or(',', |guessed| guessed.tag_separator);
    Ok(Mapping { columns, kind: None, header: by_name || guessed.is_some(), tag_separator, guarded })
}

fn pasted(text: &str) -> Taken {
    let pasted = list::paste::read(text);
    let refusal = |(line, text)| list::Refusal { line, column: None, text, why: "no value".into() };
    let mut taken = Taken {
        stated: pasted.stated,
        refused: pasted.left.into_iter().map(refusal).collect(),
        refused_more: pasted.left_more,
        remarks: Vec::new(),
    };
    if pasted.cut {
        let text = format!("more than {} octets: the rest was not read", list::paste::PASTE_OCTETS_MAX);
        taken.remarks.push(formats::Remark::whole(formats::RemarkKind::Limit, &text));
    }
    taken
}

/// What a sender says of its reasons stays with the evidence, not with the opinion.
fn remark(stated: &Stated) -> Option<String> {
    let evidence = stated.evidence.as_ref().map(|words| format!("its sender says: {words}"));
    let parts: Vec<String> = evidence.into_iter().chain(stated.note.clone()).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(form: Form, columns: Option<&str>) -> Reading {
        Reading { form, name: Some("a list".into()), columns: columns.map(str::to_owned), sheet: None, kind: None }
    }

    #[test]
    fn each_form_gives_its_rows() {
        for (form, text) in [
            (Form::Plain, "bad.example\n# a comment\n203.0.113.7\n"),
            (Form::Csv, "ioc;tlp\nbad.example;green\n203.0.113.7;\n"),
            (Form::Jsonl, "{\"value\":\"bad.example\"}\n{\"value\":\"203.0.113.7\"}\n"),
            (Form::Text, "It asked bad[.]example, which is 203.0.113[.]7."),
        ] {
            let offer = reading(form, None).offer(text.as_bytes()).unwrap();
            let values: Vec<String> = offer.rows.iter().map(|row| row.stated.indicator.canonical()).collect();
            assert_eq!(values, ["bad.example", "203.0.113.7"], "{form:?}");
            assert!(offer.rows[0].provenance.words().contains("`a list`") || form == Form::Text);
        }
    }

    #[test]
    fn a_mapping_is_by_name_or_number() {
        let text = b"what,how bad\nbad.example,4\n";
        assert!(reading(Form::Csv, None).offer(text).unwrap_err().to_string().contains("of what, how bad"));
        let offer = reading(Form::Csv, Some("value=What,rating=how bad")).offer(text).unwrap();
        assert_eq!(offer.rows[0].stated.rating, Some(4));
        let offer = reading(Form::Csv, Some("value=1, rating=2")).offer(b"bad.example,4\nworse.example,5\n").unwrap();
        assert_eq!(offer.rows.len(), 2, "numbers alone: the first row is a row");
        for wrong in ["value", "colour=1,value=1", "value=none", "value=0"] {
            assert!(reading(Form::Csv, Some(wrong)).offer(text).is_err(), "{wrong}");
        }
    }
}
