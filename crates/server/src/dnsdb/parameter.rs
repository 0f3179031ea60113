//! The parameters of a DNSDB request. Unknown ones are passed over, as clients add their own (`swclient`, `version`).

use axum::http::{StatusCode, Uri};
use formats::dnsdb::Moments;
use model::Time;
use observations::Fences;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;

/// Rows of an answer that asks for no number.
const LIMIT: u64 = 10_000;
/// The most rows that may be passed over.
pub(super) const OFFSET_MAX: u64 = 3_000_000;
/// Pairs of a query.
const PAIRS_MAX: usize = 64;

/// What the description says of the parameters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they are read one by one, since unknown and repeated ones are welcome")]
pub(super) struct Documented {
    /// At most so many results; 0 for as many as there may be.
    #[param(default = 10_000)]
    limit: Option<u64>,
    /// Results to pass over first.
    #[param(maximum = 3_000_000)]
    offset: Option<u64>,
    /// Stop a summary once so many sightings are reached.
    max_count: Option<u64>,
    /// First seen at or before; seconds since 1970, or before now where negative.
    time_first_before: Option<i64>,
    /// First seen at or after.
    time_first_after: Option<i64>,
    /// Last seen at or before.
    time_last_before: Option<i64>,
    /// Last seen at or after.
    time_last_after: Option<i64>,
    /// Whether sources are taken together; a result for each where false.
    aggr: Option<String>,
    /// Whether moments are written as text.
    humantime: Option<String>,
    /// Whether results of a search by pattern have counts and times.
    verbose: Option<String>,
    /// Pattern of what is left out of a search.
    exclude: Option<String>,
}

/// The parameters.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
    pub(super) max_count: Option<u64>,
    pub(super) fences: Fences,
    pub(super) aggregated: bool,
    pub(super) moments: Moments,
    pub(super) verbose: bool,
    pub(super) exclude: Option<String>,
}

impl Parameters {
    /// Reads them; negative moments are counted back from `now`.
    pub(super) fn read(uri: &Uri, now: Time) -> Result<Parameters, Problem> {
        let mut own = Parameters {
            limit: None,
            offset: 0,
            max_count: None,
            fences: Fences::default(),
            aggregated: true,
            moments: Moments::Seconds,
            verbose: true,
            exclude: None,
        };
        let query = uri.query().unwrap_or("");
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(PAIRS_MAX) {
            own.set(&name, &value, now)?;
        }
        if own.offset > OFFSET_MAX {
            let why = format!("offset: at most {OFFSET_MAX}");
            return Err(Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, why));
        }
        Ok(own)
    }

    fn set(&mut self, name: &str, value: &str, now: Time) -> Result<(), Problem> {
        match name {
            "limit" => self.limit = Some(number(name, value)?),
            "offset" => self.offset = number(name, value)?,
            "max_count" => self.max_count = Some(number(name, value)?),
            "time_first_before" => self.fences.first_before = Some(moment(name, value, now)?),
            "time_first_after" => self.fences.first_after = Some(moment(name, value, now)?),
            "time_last_before" => self.fences.last_before = Some(moment(name, value, now)?),
            "time_last_after" => self.fences.last_after = Some(moment(name, value, now)?),
            "aggr" => self.aggregated = truth(name, value)?,
            "humantime" => self.moments = if truth(name, value)? { Moments::Text } else { Moments::Seconds },
            "verbose" => self.verbose = truth(name, value)?,
            "exclude" => self.exclude = Some(value.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// How many results, at most `max`.
    pub(super) fn limit(&self, max: u64) -> u64 {
        match self.limit.unwrap_or(LIMIT) {
            0 => max,
            limit => limit.min(max),
        }
    }
}

fn number(name: &str, value: &str) -> Result<u64, Problem> {
    value.parse().map_err(|_| Problem::malformed(name, "a whole number"))
}

fn moment(name: &str, value: &str, now: Time) -> Result<Time, Problem> {
    match value.parse::<i64>() {
        Ok(seconds) if seconds < 0 => Ok(now.plus(seconds)),
        Ok(seconds) => Ok(Time(seconds)),
        Err(_) => Err(Problem::malformed(name, "seconds since 1970, or before now where negative")),
    }
}

fn truth(name: &str, value: &str) -> Result<bool, Problem> {
    match value.to_ascii_lowercase().as_str() {
        "" | "1" | "t" | "true" => Ok(true),
        "0" | "f" | "false" => Ok(false),
        _ => Err(Problem::malformed(name, "t or f")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Parameters, Problem> {
        Parameters::read(&format!("/x?{query}").parse().unwrap(), Time(1_000))
    }

    #[test]
    fn reads_what_clients_send() {
        let own = read("swclient=dnsdbq&version=2.6.4&aggr=f&limit=0&time_last_after=-100&humantime=True").unwrap();
        assert_eq!((own.limit(7), own.aggregated, own.moments), (7, false, Moments::Text));
        assert_eq!(own.fences.last_after, Some(Time(900)));
        assert_eq!(read("").unwrap().limit(1_000_000), LIMIT);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(read("offset=3000001").unwrap_err().status(), 416);
        for bad in ["limit=-1", "limit=x", "time_first_after=yesterday", "aggr=maybe"] {
            assert_eq!(read(bad).unwrap_err().status(), 400, "{bad}");
        }
    }
}
