//! Verifies every checksum, the order of keys, and that the parts fit each other.

use std::sync::Arc;

use crate::{
    block::Block,
    disk,
    error::Error,
    frame, log,
    manifest::Manifest,
    octets::Input,
    record,
    section::Section,
    segment::Segment,
    store::{DAMAGED, Store},
};

/// Something that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file's name in the store's directory.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// What is wrong.
    pub what: &'static str,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Segments read.
    pub segments: usize,
    /// Blocks read.
    pub blocks: usize,
    /// Rows read.
    pub rows: u64,
    /// Log records read.
    pub log_records: usize,
    /// What is damaged; everything else can be read.
    pub damage: Vec<Damage>,
}

/// The most octets of a log file that are read.
pub(crate) const LOG_MAX: u64 = 4 << 30;

impl Store {
    /// Reads everything and lists what is damaged, by file and offset.
    pub fn check(&self) -> Result<CheckReport, Error> {
        let (view, mut damage) = self.with_state(|state| (state.view(), state.lost.clone()));
        let mut report = CheckReport::default();
        for segment in view.segments.iter().filter(|segment| !segment.in_memory()) {
            check_segment(segment, &mut report)?;
        }
        let manifest = match Manifest::read(self.disk(), self.dir()) {
            Ok(manifest) => manifest,
            Err(Error::Corrupt { offset, what, .. }) => {
                damage.push(Damage { file: crate::manifest::NAME.into(), offset, what });
                None
            }
            Err(error) => return Err(error),
        };
        self.check_logs(manifest.map_or(0, |manifest| manifest.first_log), &mut report)?;
        report.damage.append(&mut damage);
        report.damage.sort_by(|a, b| (&a.file, a.offset).cmp(&(&b.file, b.offset)));
        report.damage.dedup();
        Ok(report)
    }

    fn check_logs(&self, first: u64, report: &mut CheckReport) -> Result<(), Error> {
        let io = |error| Error::Io { path: self.dir().to_path_buf(), error };
        for name in self.disk().list(self.dir()).map_err(io)? {
            let is_live = log::number(&name).is_some_and(|number| number >= first);
            if !is_live && !name.starts_with(DAMAGED) {
                continue;
            }
            let octets = match disk::read_all(self.disk(), &self.dir().join(&name), LOG_MAX) {
                Ok(octets) => octets,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue, // flushed meanwhile
                Err(error) => return Err(io(error)),
            };
            let records = log::records(&octets, 0);
            report.log_records += records.whole.len();
            let torn =
                |offset| Damage { file: name.clone(), offset, what: "a damaged record with whole ones behind it" };
            report.damage.extend(records.damaged.iter().copied().map(torn));
            for record in records.whole {
                if !frame::plain(record).is_some_and(|batches| parses(&batches)) {
                    report.damage.push(Damage { file: name.clone(), offset: 0, what: "a record does not parse" });
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn parses(record: &[u8]) -> bool {
    let mut input = Input(record);
    while !input.is_empty() {
        let Some(mut batch) = record::take_batch(&mut input) else { return false };
        loop {
            match batch.row() {
                Some(Some(_)) => {}
                Some(None) => break,
                None => return false,
            }
        }
        input = batch.rest();
    }
    true
}

fn check_segment(segment: &Arc<Segment>, report: &mut CheckReport) -> Result<(), Error> {
    report.segments += 1;
    if !segment.has_head()? {
        report.damage.push(Damage { file: segment.name.clone(), offset: 0, what: "does not begin as a segment does" });
    }
    for at in &segment.summary.parts {
        if let Err(what) = segment.signatures(*at, None)? {
            let of = segment.section_before(*at);
            report.note(segment, segment.sections.get(of).map_or(0, |outline| outline.offset), what);
        }
    }
    let mut last: Vec<u8> = Vec::new();
    for (at, outline) in segment.sections.items.iter().enumerate() {
        match segment.section(at, None)? {
            Ok(section) => check_section(segment, (at, &section), &mut last, report)?,
            Err(what) => report.note(segment, outline.index_at(), what),
        }
        last.clear();
        last.extend_from_slice(&outline.last_key);
    }
    Ok(())
}

fn check_section(
    segment: &Segment,
    (of, section): (usize, &Section),
    last: &mut Vec<u8>,
    report: &mut CheckReport,
) -> Result<(), Error> {
    for (at, fence) in section.fences.items.iter().enumerate() {
        report.blocks += 1;
        let found = match segment.block((of, section), at, None)? {
            Ok(block) => check_block(&block, last, &fence.last_key, fence.rows),
            Err(what) => Err(what),
        };
        match found {
            Ok(rows) => report.rows += rows,
            Err(what) => {
                report.note(segment, fence.offset, what);
                *last = fence.last_key.to_vec();
            }
        }
    }
    Ok(())
}

impl CheckReport {
    /// Notes damage in a segment, which is kept as it is from now on.
    fn note(&mut self, segment: &Segment, offset: u64, what: &'static str) {
        segment.mark_damaged();
        self.damage.push(Damage { file: segment.name.clone(), offset, what });
    }
}

fn check_block(block: &Block, last: &mut Vec<u8>, last_key: &[u8], rows: u32) -> Result<u64, &'static str> {
    if block.rows() != rows as usize {
        return Err("not as many rows as the index says");
    }
    let mut key = Vec::new();
    let (mut place, _) = block.first(&mut key).ok_or("a row does not parse")?;
    for row in 0..rows {
        if row > 0 {
            block.step(&mut place, &mut key, None).ok_or("a row does not parse")?;
        }
        if key <= *last {
            return Err("keys are out of order");
        }
        block.value(&place, None).and_then(|value| value.decode()).ok_or("a value does not parse")?;
        last.clone_from(&key);
    }
    if key == last_key { Ok(rows.into()) } else { Err("the last key is not the index's") }
}
