//! Tables of who holds and announces which addresses, one block a line.
//!
//! There is no standard; what is in use differs in order and separator (comma, tab, `|`, `;`), so fields are told by
//! what they look like:
//!
//! | field | looks like |
//! |---|---|
//! | block | `192.0.2.0/24`; two addresses, first and last; an address and a length (`192.0.2.0`, `24`) |
//! | origin | `64496`, `AS64496`, several joined by `_`; `0` is not announced |
//! | country | two capital letters, ISO 3166-1 |
//! | date | `2026-03-01`, or a time as RFC 3339 writes it |
//! | holder | any other text, the first |
//!
//! That reads `prefix,origin,holder,country,date`, the tables of route collectors (`prefix length origin`), and
//! `first last origin country holder`. The address registries' own statistics exchange format
//! (`registry|cc|ipv4|start|count|date|status`) is told by its third field. Lines that begin with `#` and a heading are
//! passed over.

use std::{borrow::Cow, net::IpAddr};

use model::{Network, NetworkRecord, Prefix, Time};

use crate::line::LineError;

/// What headings call the block.
const HEADINGS: [&str; 9] =
    ["prefix", "network", "cidr", "block", "range", "ip_prefix", "start", "start_ip", "range_start"];

/// Reads one line; nothing where it is a comment or a heading. `observed` is the date of lines that have none.
pub fn parse_line(line: &[u8], observed: Time) -> Result<Option<NetworkRecord>, LineError> {
    let text = std::str::from_utf8(line).map_err(|_| LineError::bad("block", "the line is no UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let fields = split(text);
    if let [_, country, family @ ("ipv4" | "ipv6"), start, size, date, ..] =
        &fields.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..]
    {
        return delegated(country, family, start, size, date, observed);
    }
    let first = fields.first().map(AsRef::as_ref).unwrap_or_default();
    if HEADINGS.contains(&first.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    let (mut network, used) = block(&fields)?;
    let mut moment = observed;
    for field in fields.iter().skip(used).map(|field| field.trim()).filter(|field| !field.is_empty()) {
        sort_in(field, &mut network, &mut moment);
    }
    Ok(Some(NetworkRecord { network, observed: moment }))
}

fn sort_in(field: &str, network: &mut Network, moment: &mut Time) {
    let holder = &mut network.holder;
    if let Some(origins) = origins(field).filter(|_| network.origins.is_empty()) {
        network.origins = origins;
    } else if holder.country.is_none() && field.len() == 2 && field.bytes().all(|octet| octet.is_ascii_uppercase()) {
        holder.country = Some(field.to_owned());
    } else if let Some(time) = date(field) {
        *moment = time;
    } else if holder.holder.is_none() {
        holder.holder = Some(field.to_owned());
    }
}

/// The block at the front of a line, and how many fields say it.
fn block(fields: &[Cow<'_, str>]) -> Result<(Network, usize), LineError> {
    let at = |at: usize| fields.get(at).map_or("", |field| field.trim());
    let bad = |problem: String| LineError::Bad { field: "block", problem };
    if at(0).contains('/') {
        let prefix: Prefix = at(0).parse().map_err(|error| bad(format!("`{}`: {error}", at(0))))?;
        return Ok((Network::block(prefix.first(), prefix.last()), 1));
    }
    let first: IpAddr = at(0).parse().map_err(|_| {
        bad(format!("`{}` is no prefix and no address: write 192.0.2.0/24, or first and last address", at(0)))
    })?;
    if let Ok(last) = at(1).parse::<IpAddr>() {
        let sound = first.is_ipv4() == last.is_ipv4() && first <= last;
        return sound
            .then(|| (Network::block(first, last), 2))
            .ok_or_else(|| bad(format!("{last} is not behind {first}")));
    }
    match at(1).parse() {
        Ok(length) => {
            let prefix = Prefix::of(first, length).map_err(|error| bad(error.to_string()))?;
            Ok((Network::block(prefix.first(), prefix.last()), 2))
        }
        Err(_) => Err(bad(format!("`{}` behind {first} is neither a last address nor a prefix length", at(1)))),
    }
}

/// AS numbers; an empty list where it says that nobody announces the block.
fn origins(field: &str) -> Option<Vec<u32>> {
    let numbers = field.strip_prefix("AS").or(field.strip_prefix("as")).unwrap_or(field);
    let numbers: Result<Vec<u32>, _> = numbers.split('_').map(str::parse).collect();
    numbers.ok().map(|numbers| numbers.into_iter().filter(|number| *number != 0).collect())
}

fn date(field: &str) -> Option<Time> {
    if !field.contains('-') || !field.starts_with(|first: char| first.is_ascii_digit()) {
        None
    } else {
        field.parse().ok()
    }
}

/// A line of the statistics exchange format of the address registries.
fn delegated(
    country: &str,
    family: &str,
    start: &str,
    size: &str,
    date: &str,
    observed: Time,
) -> Result<Option<NetworkRecord>, LineError> {
    let bad = |field: &'static str| LineError::Bad { field, problem: format!("cannot be read in a line of {family}") };
    let Ok(first) = start.parse::<IpAddr>() else {
        // `registry|*|ipv4|*|count|summary` says how many lines follow.
        return if start == "*" { Ok(None) } else { Err(bad("start")) };
    };
    let size: u32 = size.parse().map_err(|_| bad("value"))?;
    let last = match first {
        IpAddr::V4(first) => {
            let last =
                size.checked_sub(1).and_then(|size| first.to_bits().checked_add(size)).ok_or_else(|| bad("value"))?;
            IpAddr::V4(last.into())
        }
        IpAddr::V6(_) => {
            Prefix::of(first, size.try_into().map_err(|_| bad("value"))?).map_err(|_| bad("value"))?.last()
        }
    };
    let mut network = Network::block(first, last);
    network.holder.country = (country.len() == 2).then(|| country.to_owned());
    network.holder.registered = compact_date(date);
    Ok(Some(NetworkRecord { network, observed }))
}

/// `20260301`.
fn compact_date(text: &str) -> Option<Time> {
    let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..8)?);
    format!("{year}-{month}-{day}").parse().ok()
}

/// Fields by the first separator of tab, `|`, `;` and comma that the line has; quoted ones may hold it.
fn split(text: &str) -> Vec<Cow<'_, str>> {
    let separator = ['\t', '|', ';', ','].into_iter().find(|separator| text.contains(*separator));
    let Some(separator) = separator else { return text.split_whitespace().map(Cow::Borrowed).collect() };
    if !text.contains('"') {
        return text.split(separator).map(|field| Cow::Borrowed(field.trim())).collect();
    }
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).delimiter(separator as u8).flexible(true);
    let record = reader.from_reader(text.as_bytes()).into_records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(|field| Cow::Owned(field.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000);

    fn read(line: &str) -> NetworkRecord {
        parse_line(line.as_bytes(), NOW).unwrap().unwrap()
    }

    fn shown(line: &str) -> String {
        let NetworkRecord { network, observed } = read(line);
        let prefixes: Vec<String> = network.prefixes().iter().map(Prefix::to_string).collect();
        let holder = network.holder;
        let moment = if observed == NOW { String::new() } else { observed.day() };
        format!(
            "{} {:?} {} {} {moment}",
            prefixes.join("+"),
            network.origins,
            holder.holder.unwrap_or_default(),
            holder.country.unwrap_or_default()
        )
    }

    #[test]
    fn orders_and_separators_in_use() {
        let whole = "192.0.2.0/24 [64496] Example Hosting, Inc. NL 2026-03-01";
        assert_eq!(shown("192.0.2.0/24,64496,\"Example Hosting, Inc.\",NL,2026-03-01"), whole);
        assert_eq!(shown("192.0.2.0\t192.0.2.255\tAS64496\tNL\tExample Hosting, Inc.\t2026-03-01"), whole);
        assert_eq!(shown("192.0.2.0\t24\t64496_64497"), "192.0.2.0/24 [64496, 64497]   ");
        assert_eq!(shown("2001:db8::/32 64500"), "2001:db8::/32 [64500]   ");
        assert_eq!(shown("198.51.100.0;198.51.100.63;0;None;Not routed"), "198.51.100.0/26 [] None  ");
        assert_eq!(shown("192.0.2.0,192.0.2.95,64496,NL,Split"), "192.0.2.0/26+192.0.2.64/27 [64496] Split NL ");
    }

    #[test]
    fn statistics_of_address_registries() {
        let record = read("registry|NL|ipv4|203.0.113.0|256|19930901|allocated|opaque");
        assert_eq!(record.network.prefixes()[0].to_string(), "203.0.113.0/24");
        assert_eq!(record.network.holder.registered.unwrap().day(), "1993-09-01");
        assert_eq!(shown("registry|DE|ipv6|2001:db8::|32|20100101|assigned"), "2001:db8::/32 []  DE ");
        assert_eq!(parse_line(b"registry|*|ipv4|*|12345|summary", NOW), Ok(None));
    }

    #[test]
    fn headings_are_passed_over_and_errors_name_the_remedy() {
        for line in ["prefix,origin,holder", "# a comment", "", "start_ip\tend_ip\tasn"] {
            assert_eq!(parse_line(line.as_bytes(), NOW), Ok(None), "{line}");
        }
        let problem = |line: &str| parse_line(line.as_bytes(), NOW).unwrap_err().to_string();
        assert!(problem("192.0.2.1/24,64496").contains("192.0.2.0/24"), "{}", problem("192.0.2.1/24,64496"));
        assert!(problem("somewhere,64496").contains("no prefix and no address"));
        assert!(problem("192.0.2.9,192.0.2.1").contains("not behind"));
        assert!(problem("192.0.2.9,x").contains("neither"));
        assert!(problem("192.0.2.0\t33\t1").contains("33"));
    }
}
