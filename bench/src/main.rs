//! The observation store's workload for other stores, and the store itself under it.
//!
//! `bench measure DIR TUPLES` measures the store on the input in the directory. `bench export DIR TUPLES` writes it:
//!
//! * `bulk`, `stream`: rows as `observations::measure::input` describes them;
//! * `bulk.rows`, `stream.rows`: the same in ClickHouse's RowBinary;
//! * `questions`: what is asked, each as kind (1 octet), length (2, most significant first) and octets: a name as on the
//!   wire, or the beginning of an address.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use model::{Name, Observation, RecordType};
use observations::{
    Subject,
    measure::{self, Config, Outcome, input::Batches, question::Kind},
    workload::Workload,
};

fn main() -> Outcome<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [what, dir, tuples] = given.as_slice() else { return Err("bench export|measure DIR TUPLES".into()) };
    let dir = Path::new(dir);
    let config = Config { tuples: tuples.parse()?, limit: false, input: Some(dir.into()), ..Config::default() };
    match what.as_str() {
        "export" => export(&config, dir),
        "measure" => {
            let fresh = dir.join("own");
            let _ = std::fs::remove_dir_all(&fresh);
            measure::run(&config, &fresh, &mut |line| println!("{line}"))
        }
        other => Err(format!("unknown: {other}").into()),
    }
}

fn export(config: &Config, dir: &Path) -> Outcome<()> {
    let workload = config.workload();
    config.write_input(&workload, dir)?;
    for file in ["bulk", "stream"] {
        rows(&dir.join(file), &dir.join(format!("{file}.rows")))?;
    }
    questions(&workload, &dir.join("questions"))
}

fn rows(from: &Path, to: &Path) -> Outcome<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    for batch in Batches::open(from)? {
        let (source, observations) = batch?;
        observations.iter().try_for_each(|row| put(&mut out, source as u8, row))?;
    }
    Ok(out.flush()?)
}

/// Owner reversed, type, bailiwick, data, what the data are looked up by, source, first, last, count.
fn put(out: &mut impl Write, source: u8, row: &Observation) -> io::Result<()> {
    text(out, &reversed(&row.tuple.rrname))?;
    out.write_all(&row.tuple.rrtype.0.to_le_bytes())?;
    out.write_all(&[row.tuple.bailiwick.unwrap_or(255)])?;
    text(out, row.tuple.rdata.as_octets())?;
    text(out, &looked_up(row))?;
    out.write_all(&[source])?;
    out.write_all(&(row.span.first().0 as u32).to_le_bytes())?;
    out.write_all(&(row.span.last().0 as u32).to_le_bytes())?;
    out.write_all(&row.count.to_le_bytes())
}

fn text(out: &mut impl Write, octets: &[u8]) -> io::Result<()> {
    let mut length = octets.len();
    while length >= 128 {
        out.write_all(&[length as u8 | 128])?;
        length >>= 7;
    }
    out.write_all(&[length as u8])?;
    out.write_all(octets)
}

/// Labels with their lengths, the last label first; nothing at the end.
fn reversed(name: &Name) -> Vec<u8> {
    let mut labels: Vec<&[u8]> = name.labels().collect();
    labels.reverse();
    labels.into_iter().flat_map(|label| std::iter::once(label.len() as u8).chain(label.iter().copied())).collect()
}

fn looked_up(row: &Observation) -> Vec<u8> {
    let octets = row.tuple.rdata.as_octets();
    let at = match row.tuple.rrtype {
        RecordType::NS | RecordType::CNAME | RecordType::SOA => 0,
        RecordType::MX => 2,
        _ => return octets.to_vec(),
    };
    let target = octets.get(at..).and_then(|rest| Name::split_wire(rest).ok());
    target.map_or_else(|| octets.to_vec(), |(name, _)| reversed(&name))
}

fn questions(workload: &Workload, to: &Path) -> Outcome<()> {
    let mut out = BufWriter::new(File::create(to)?);
    for (letter, kind) in [
        (b'E', Kind::Exact),
        (b'M', Kind::Missing),
        (b'A', Kind::Address),
        (b'W', Kind::Within),
        (b'N', Kind::Network),
        (b'T', Kind::Target),
    ] {
        for subject in kind.subjects(workload) {
            let octets = match subject {
                Subject::Name(name) | Subject::Within(name) | Subject::TargetWithin(name) => name.as_wire().to_vec(),
                Subject::Address(std::net::IpAddr::V4(address)) => address.octets().to_vec(),
                Subject::Prefix(prefix) => match prefix.first() {
                    std::net::IpAddr::V4(address) => address.octets()[..3].to_vec(),
                    std::net::IpAddr::V6(_) => continue,
                },
                _ => continue,
            };
            out.write_all(&[letter])?;
            out.write_all(&(octets.len() as u16).to_be_bytes())?;
            out.write_all(&octets)?;
        }
    }
    Ok(out.flush()?)
}
