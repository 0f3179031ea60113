//! From a DNS message to the records that answer the question.

use std::net::IpAddr;

use hickory_proto::{
    op::Message,
    rr::{Name as WireName, RData, Record as WireRecord},
    serialize::binary::{BinEncodable, BinEncoder, NameEncoding},
};
use model::{Name, Rdata, RecordType, Tuple};

use crate::outcome::{Fact, Outcome};

/// The most records that one answer may hold.
const RECORDS_MAX: usize = 2_000;
/// The longest CNAME chain that is followed within an answer.
const CHAIN_MAX: usize = 16;

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) rrname: Name,
    pub(crate) rrtype: RecordType,
    pub(crate) rdata: Rdata,
}

impl Record {
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.rdata.address(self.rrtype)
    }

    pub(crate) fn into_tuple(self) -> Tuple {
        Tuple { rrname: self.rrname, rrtype: self.rrtype, bailiwick: None, rdata: self.rdata }
    }
}

/// The records of the asked type, and CNAMEs, whose owner is the name or stands in its CNAME chain. What else a
/// resolver adds does not answer the question and is left out.
pub(crate) fn records(name: &Name, rrtype: RecordType, message: &Message) -> Result<Vec<Record>, Fact> {
    if message.answers.len() > RECORDS_MAX {
        return Err(Outcome::TooLarge);
    }
    let chain = chain(name, &message.answers);
    let wanted = |record: &&WireRecord| {
        let kind = u16::from(record.record_type());
        (kind == rrtype.0 || kind == RecordType::CNAME.0)
            && read_name(&record.name).is_some_and(|owner| chain.contains(&owner))
    };
    let mut records = Vec::new();
    for record in message.answers.iter().filter(wanted) {
        records.push(read(record)?);
    }
    match records.is_empty() {
        true if message.answers.is_empty() => Err(Outcome::NoData),
        true => Err(Outcome::Malformed("no record of the answer belongs to the name that was asked".into())),
        false => Ok(records),
    }
}

/// The name and the names that CNAMEs lead to from it; ends at a loop.
fn chain(name: &Name, answers: &[WireRecord]) -> Vec<Name> {
    let mut chain = vec![name.clone()];
    while chain.len() <= CHAIN_MAX {
        let last = &chain[chain.len() - 1];
        let target = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if read_name(&record.name).as_ref() == Some(last) => read_name(&target.0),
            _ => None,
        });
        match target {
            Some(target) if !chain.contains(&target) => chain.push(target),
            _ => break,
        }
    }
    chain
}

fn read_name(name: &WireName) -> Option<Name> {
    Name::from_labels(name.iter()).ok()
}

fn read(record: &WireRecord) -> Result<Record, Fact> {
    let rrtype = RecordType(record.record_type().into());
    let unreadable = |why: String| Outcome::Malformed(format!("{rrtype} record: {why}"));
    let rrname = read_name(&record.name).ok_or_else(|| unreadable("owner name".into()))?;
    let mut octets = Vec::new();
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    record.data.emit(&mut encoder).map_err(|error| unreadable(error.to_string()))?;
    let rdata = Rdata::from_wire(rrtype, &octets).map_err(|error| unreadable(error.to_string()))?;
    Ok(Record { rrname, rrtype, rdata })
}
