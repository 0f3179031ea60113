//! The query interface of passive DNS servers that speak the Common Output Format, as CIRCL's has it, for `pypdns` and
//! `dnsdbq -u circl`: `GET /pdns/query/VALUE` with the account's name and a token by `Authorization: Basic`.
//!
//! The answer is a record a line ([`formats::cof`]). `dribble-filter-rrtype` names record types. With
//! `dribble-paginate-count` it comes in pages: `x-dribble-cursor` of one answer is `dribble-paginate-cursor` of the next
//! request. Clients take that for a number, so our cursor is written as a (large) one. What is not whole and has no
//! pages says so in `x-dribble-errors`.

use axum::{
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use engine::dns::{Ended, Question, Run, Types, What};
use model::right::Scope;
use observations::Cursor;
use serde_json::json;

use crate::{
    app::App,
    caller::Caller,
    dns::{Reading, why},
    dnsdb::asked::{bad, decoded},
    page::Pages,
    problem::Problem,
    route::{Need, Route, Way},
};

const BASE: &str = "/pdns/query/";
/// The most records of one answer.
const RECORDS_MAX: u64 = 10_000;
/// Octets of one answer, which is gathered before it is sent since its headers say how it ended.
const ANSWER_MAX: usize = 16 << 20;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/pdns/query/{*value}", Need::scope(Scope::Read), "cof.query", query)
            .says("Passive DNS of a name, address or prefix in the Common Output Format, as CIRCL's server answers")
            .answers_text("application/x-ndjson", "A record a line")
            .problems(&[400])
            .by(Way::Basic),
    ]
}

async fn query(State(app): State<App>, caller: Caller, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let value = decoded(uri.path().strip_prefix(BASE).unwrap_or(""))?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut question = Question::new(What::guess(&value).map_err(bad)?);
    let rrtype = text("dribble-filter-rrtype");
    if let Some(rrtype) = rrtype {
        question.types = Types::parse(rrtype).map_err(bad)?;
    }
    let count = text("dribble-paginate-count").map(str::parse::<u64>).transpose();
    let count = count.map_err(|_| Problem::malformed("dribble-paginate-count", "a whole number"))?;
    let cursor = text("dribble-paginate-cursor").map(|digits| words(digits).unwrap_or_default());
    let pages = Pages::of(&app, &caller, &json!([BASE, value, rrtype]), cursor);
    let place = pages.after::<Vec<u8>>()?.map(Cursor);
    let limit = count.map_or(RECORDS_MAX, |count| count.clamp(1, RECORDS_MAX));
    let mut reading = Reading::new(Run::new(question, limit, 0).after(place), caller.actor, Vec::new());
    let (out, ended, run) = app
        .run(move |work| {
            let mut out = Vec::new();
            let ended = reading.whole(work, &mut out, ANSWER_MAX, &mut |out, row| {
                let times = row.times();
                let zone = times.zone.map(|(span, _)| span);
                if let (Some(tuple), Some((span, count))) = (row.tuple(), times.main()) {
                    formats::cof::write_answer(out, &tuple, (span, count), zone);
                }
            })?;
            Ok((out, ended, reading.run))
        })
        .await?;
    let mut response = ([(header::CONTENT_TYPE, "application/x-ndjson")], out).into_response();
    match (ended, count, run.place()) {
        (Ended::Complete, ..) => {}
        (Ended::Limit, Some(_), Some(place)) => {
            add(&mut response, "x-dribble-cursor", number(&pages.cursor(&place.0)?));
        }
        _ => {
            let why = why(ended, run.rows()).unwrap_or_default();
            add(&mut response, "x-dribble-errors", json!({ "error": why, "limit": limit }).to_string());
        }
    }
    Ok(response)
}

fn add(response: &mut Response, name: &'static str, value: String) {
    if let Ok(value) = value.try_into() {
        response.headers_mut().insert(name, value);
    }
}

/// A text as the decimal number that its octets are.
fn number(text: &str) -> String {
    // Least significant first.
    let mut digits = vec![0u8];
    for octet in text.bytes() {
        let mut carry = u32::from(octet);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

/// The text that a decimal number stands for; none where it is no such number.
fn words(digits: &str) -> Option<String> {
    if digits.len() > 4_300 {
        return None;
    }
    let mut octets = vec![0u8];
    for digit in digits.bytes() {
        let mut carry = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        for octet in &mut octets {
            carry += u32::from(*octet) * 10;
            *octet = (carry % 256) as u8;
            carry /= 256;
        }
        if carry > 0 {
            octets.push(carry as u8);
        }
    }
    octets.reverse();
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_number_to_its_client() {
        for text in ["A", "k3Zx_-9", &"a".repeat(1_400)] {
            let digits = number(text);
            assert!(digits.bytes().all(|digit| digit.is_ascii_digit()) && digits.len() < 4_300);
            assert_eq!(words(&digits).as_deref(), Some(text));
        }
        assert_eq!(words("12x"), None);
        assert_eq!(words(&"9".repeat(5_000)), None);
    }
}
