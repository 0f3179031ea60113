//! The workload in a file: batches of packed rows, so that reading costs little beside storing.
//!
//! A batch is the number of its source (1 octet, in the order of [`Workload::sources`](crate::workload::Workload::sources))
//! and of its rows (4); a row is the length of its name (1), bailiwick (1, 255 where unknown), type (2), length of its data
//! (2), first and last time (8 each), count (8), the name as on the wire, the data. Numbers stand most significant first.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};

use crate::workload::{self, Sighting};

/// Writes sightings in batches; returns how many.
pub fn write(path: &Path, sightings: impl Iterator<Item = Sighting>, batch: usize) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut rows = 0;
    for (source, observations) in workload::batches(sightings, batch) {
        out.write_all(&[source as u8])?;
        out.write_all(&(observations.len() as u32).to_be_bytes())?;
        for row in &observations {
            write_row(&mut out, row)?;
        }
        rows += observations.len() as u64;
    }
    out.flush()?;
    Ok(rows)
}

fn write_row(out: &mut impl Write, row: &Observation) -> io::Result<()> {
    let (name, rdata) = (row.tuple.rrname.as_wire(), row.tuple.rdata.as_octets());
    out.write_all(&[name.len() as u8, row.tuple.bailiwick.unwrap_or(255)])?;
    out.write_all(&row.tuple.rrtype.0.to_be_bytes())?;
    out.write_all(&(rdata.len() as u16).to_be_bytes())?;
    out.write_all(&row.span.first().0.to_be_bytes())?;
    out.write_all(&row.span.last().0.to_be_bytes())?;
    out.write_all(&row.count.to_be_bytes())?;
    out.write_all(name)?;
    out.write_all(rdata)
}

/// The batches of a file, with the number of their source.
#[derive(Debug)]
pub struct Batches(BufReader<File>);

impl Batches {
    /// Opens a file that [`write()`] made.
    pub fn open(path: &Path) -> io::Result<Batches> {
        Ok(Batches(BufReader::with_capacity(1 << 20, File::open(path)?)))
    }

    fn batch(&mut self, source: u8) -> io::Result<(usize, Vec<Observation>)> {
        let rows = u32::from_be_bytes(self.octets()?);
        let rows = (0..rows).map(|_| self.row()).collect::<io::Result<_>>()?;
        Ok((source.into(), rows))
    }

    fn row(&mut self) -> io::Result<Observation> {
        let [name, bailiwick] = self.octets()?;
        let rrtype = RecordType(u16::from_be_bytes(self.octets()?));
        let rdata = u16::from_be_bytes(self.octets()?);
        let [first, last, count] = [self.octets()?, self.octets()?, self.octets()?];
        let mut buffer = [0; 1024];
        let (name, rdata) = buffer[..usize::from(name) + usize::from(rdata)].split_at_mut(name.into());
        self.0.read_exact(name)?;
        self.0.read_exact(rdata)?;
        let rrname = Name::from_wire(name).map_err(io::Error::other)?;
        let bailiwick = (bailiwick != 255).then_some(bailiwick);
        let tuple = Tuple { rrname, rrtype, bailiwick, rdata: Rdata::from_canonical(rdata) };
        let time = |octets| Time(i64::from_be_bytes(octets));
        let span = Span::new(time(first), time(last)).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Observation { tuple, span, count: u64::from_be_bytes(count) })
    }

    fn octets<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut octets = [0; N];
        self.0.read_exact(&mut octets)?;
        Ok(octets)
    }
}

impl Iterator for Batches {
    type Item = io::Result<(usize, Vec<Observation>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let [source] = self.octets().ok()?;
        Some(self.batch(source))
    }
}
