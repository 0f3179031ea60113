//! Workbooks, made here part by part.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{Cursor, Write};

use formats::list::{
    sheet::{INFLATED_OCTETS_MAX, SheetError, Workbook},
    table::Mapping,
};
use zip::{ZipWriter, write::SimpleFileOptions};

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Cover" sheetId="1" r:id="rId1"/><sheet name="Values" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const SHEETS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;

fn sheet(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

fn cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn workbook(values: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let cover = sheet(&format!(r#"<row r="1">{}</row>"#, cell("A1", "nothing here")));
    let values = sheet(values);
    let parts = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", SHEETS.as_bytes()),
        ("xl/worksheets/sheet1.xml", cover.as_bytes()),
        ("xl/worksheets/sheet2.xml", values.as_bytes()),
    ];
    for (name, octets) in parts.iter().chain(more) {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(octets).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn rows() -> String {
    let head =
        [cell("A1", "Indicator"), cell("B1", "Rating"), cell("C1", "First seen"), cell("D1", "Comment")].concat();
    let good = [
        cell("A2", "widgets[.]example"),
        r#"<c r="B2"><v>4</v></c>"#.into(),
        cell("C2", "2026-01-31"),
        cell("D2", "=1+1"),
    ]
    .concat();
    let bad = [cell("A4", "gadgets.example"), r#"<c r="B4"><v>9</v></c>"#.into()].concat();
    format!(r#"<row r="1">{head}</row><row r="2">{good}</row><row r="4">{bad}</row>"#)
}

#[test]
fn a_named_sheet_is_read_by_a_mapping() {
    let octets = workbook(&rows(), &[]);
    let mut workbook = Workbook::open(&octets).unwrap();
    assert_eq!(workbook.sheets(), ["Cover", "Values"]);
    let names = workbook.first_row(Some("Values")).unwrap();
    let mapping = Mapping::guess(names.iter().map(String::as_str)).unwrap();
    let taken = workbook.read(Some("Values"), &mapping).unwrap();
    let [stated] = taken.stated.as_slice() else { panic!("{taken:?}") };
    assert_eq!((stated.line, stated.indicator.canonical().as_str(), stated.rating), (2, "widgets.example", Some(4)));
    assert_eq!(stated.first_seen.unwrap().day(), "2026-01-31");
    assert_eq!(stated.description.as_deref(), Some("=1+1"), "a text, nothing that runs");
    assert_eq!(taken.refused[0].to_string(), "line 4, column 2 (Rating): write a whole number from 0 to 5: `9`");
    assert!(matches!(workbook.read(Some("Nowhere"), &mapping), Err(SheetError::NoSheet { .. })));
    assert_eq!(workbook.read(None, &mapping).unwrap().stated.len(), 0, "the first sheet holds no values");
}

#[test]
fn a_small_archive_may_hold_too_much() {
    let octets = workbook(&rows(), &[("xl/media/bomb", &vec![0; INFLATED_OCTETS_MAX as usize + 1])]);
    assert!(octets.len() < 1 << 20, "a small file");
    assert!(matches!(Workbook::open(&octets), Err(SheetError::TooLarge(_))));
}

/// The reader makes room for as many texts as a workbook says that it has.
#[test]
fn a_claim_of_many_texts_is_refused() {
    for claim in ["9999999999", "1000001", &format!("{}2000000", "0".repeat(5000))] {
        let strings =
            format!(r#"<sst xmlns="x" count="1" uniqueCount{}="{claim}"><si><t>a</t></si></sst>"#, " ".repeat(3000));
        let wide: Vec<u8> = strings.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for strings in [strings.as_bytes(), &wide, &[vec![b' '; 70_000], strings.clone().into_bytes()].concat()] {
            let octets = workbook(&rows(), &[("xl/sharedStrings.xml", strings)]);
            assert!(matches!(Workbook::open(&octets), Err(SheetError::TooLarge(_))));
        }
    }
}

#[test]
fn damage_is_said() {
    let octets = workbook(&rows(), &[]);
    for damaged in [&octets[..octets.len() / 2], b"PK", b"", b"value\nwidgets.example\n"] {
        assert!(matches!(Workbook::open(damaged), Err(SheetError::Damaged(_))));
    }
    // One octet after the other: whatever comes of it, it ends.
    let mapping = Mapping::guess(["value"]).unwrap();
    for at in (0..octets.len()).step_by(7) {
        let mut changed = octets.clone();
        changed[at] ^= 0x55;
        if let Ok(mut workbook) = Workbook::open(&changed) {
            let _ = workbook.read(Some("Values"), &mapping);
        }
    }
}

/// The archive is whole, what is in it is not: every octet of a sheet changed, and every beginning of it.
#[test]
fn odd_sheets_end_in_an_answer() {
    let mapping = Mapping::guess(["value", "rating"]).unwrap();
    let try_out = |rows: &str| {
        let octets = workbook(rows, &[]);
        if let Ok(mut workbook) = Workbook::open(&octets) {
            let _ = workbook.read(Some("Values"), &mapping);
        }
    };
    let rows = rows();
    for at in 0..rows.len() {
        try_out(&rows[..at]);
        for odd in ["<", "&", "\"", "9", "-", "Z", "ü"] {
            try_out(&format!("{}{odd}{}", &rows[..at], &rows[at + 1..]));
        }
    }
    for odd in [
        r#"<row r="99999999999999999999"><c r="A1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="XFD1048577"><v>1</v></c><c r="ZZZZZZZZZZ1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="s"><v>7</v></c><c r="B1" t="s"><v>-1</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="d"><v>x</v></c><c r="B1" s="9"><v>1e999</v></c></row>"#,
        r#"<row r="2"><c r="A2"><v>NaN</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#,
        r#"<row><c><v>1</v></c><c t="b"><v>2</v></c><c t="e"><v>#REF!</v></c></row>"#,
    ] {
        try_out(odd);
    }
}
