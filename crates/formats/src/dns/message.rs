//! The header, the question and the records.

use std::ops::Range;

use model::RecordType;

use super::{
    data,
    name::{WireName, skip},
};

const HEADER_OCTETS: usize = 12;

/// A message that was looked through once: every record in it begins and ends within it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    octets: &'a [u8],
    flags: u16,
    counts: [u16; 4],
    question: Option<Question>,
    records_at: usize,
    /// What stands after the last record that was complete belongs to none.
    cut: bool,
}

/// Why octets are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Fewer octets than a header has.
    #[error("ends within the header")]
    Header,
    /// The question cannot be read.
    #[error("the question cannot be read")]
    Question,
    /// A record begins that does not end, or whose name cannot be read.
    #[error("a record cannot be read")]
    Record,
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The name.
    pub name: WireName,
    /// The record type, or one of those that only questions have (`ANY` is 255).
    pub rrtype: RecordType,
    /// The class; the Internet is 1.
    pub class: u16,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// It answers.
    Answer,
    /// It says who has a say.
    Authority,
    /// It may be of use.
    Additional,
}

/// A record as it stands in its message.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    message: &'a [u8],
    name_at: usize,
    data: Range<usize>,
    /// Where it stands.
    pub section: Section,
    /// Its type.
    pub rrtype: RecordType,
    /// Its class; of OPT records, something else (RFC 6891 §6.1.2).
    pub class: u16,
    /// Its time to live in seconds.
    pub ttl: u32,
}

impl<'a> Message<'a> {
    /// Looks through a message. What is behind its last record is not looked at.
    ///
    /// A message that says it is truncated (TC) may end within a record: those before it count.
    pub fn parse(octets: &'a [u8]) -> Result<Message<'a>, MessageError> {
        let word = |at: usize| u16_at(octets, at).ok_or(MessageError::Header);
        let (flags, counts) = (word(2)?, [word(4)?, word(6)?, word(8)?, word(10)?]);
        let [questions, records @ ..] = counts;
        let (question, records_at) = read_questions(octets, questions).ok_or(MessageError::Question)?;
        let mut message = Message { octets, flags, counts, question, records_at, cut: false };
        let total = records.iter().map(|count| usize::from(*count)).sum();
        let complete = message.records().count();
        if complete < total {
            if !message.is_truncated() {
                return Err(MessageError::Record);
            }
            message.cut = true;
        }
        Ok(message)
    }

    /// The number that an answer has in common with its question.
    pub fn id(&self) -> u16 {
        u16_at(self.octets, 0).unwrap_or_default()
    }

    /// Whether it answers (QR).
    pub fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// The kind of question: 0 is an ordinary one (RFC 1035 §4.1.1).
    pub fn opcode(&self) -> u8 {
        (self.flags >> 11 & 0xf) as u8
    }

    /// Whether it comes from a server of the zone itself (AA).
    pub fn is_authoritative(&self) -> bool {
        self.flags & 0x0400 != 0
    }

    /// Whether there was more to say (TC).
    pub fn is_truncated(&self) -> bool {
        self.flags & 0x0200 != 0
    }

    /// Whether whoever asked wanted the whole work done (RD).
    pub fn recursion_desired(&self) -> bool {
        self.flags & 0x0100 != 0
    }

    /// Whether it comes from a server that asks others (RA).
    pub fn recursion_available(&self) -> bool {
        self.flags & 0x0080 != 0
    }

    /// The lower four bits of the response code (RFC 1035 §4.1.1): 0 no error, 3 no such name.
    pub fn rcode(&self) -> u8 {
        (self.flags & 0xf) as u8
    }

    /// How many questions it has; one, nearly always.
    pub fn question_count(&self) -> u16 {
        self.counts[0]
    }

    /// The first question.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// Whether it is truncated and ends within a record.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The records of all sections, in order.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let [_, answers, authorities, additionals] = self.counts;
        let (octets, mut at) = (self.octets, self.records_at);
        let sections =
            [(Section::Answer, answers), (Section::Authority, authorities), (Section::Additional, additionals)];
        let places = sections.into_iter().flat_map(|(section, count)| std::iter::repeat_n(section, count.into()));
        places.map_while(move |section| {
            let record = Record::read(octets, at, section)?;
            at = record.data.end;
            Some(record)
        })
    }
}

/// The first question, and where the records begin.
fn read_questions(octets: &[u8], count: u16) -> Option<(Option<Question>, usize)> {
    let (mut at, mut first) = (HEADER_OCTETS, None);
    for _ in 0..count {
        let start = at;
        at = skip(octets, at)? + 4;
        let (rrtype, class) = (RecordType(u16_at(octets, at - 4)?), u16_at(octets, at - 2)?);
        if first.is_none() {
            let mut name = WireName::empty();
            name.read(octets, start)?;
            first = Some(Question { name, rrtype, class });
        }
    }
    Some((first, at))
}

impl<'a> Record<'a> {
    fn read(message: &'a [u8], at: usize, section: Section) -> Option<Record<'a>> {
        let fixed = skip(message, at)?;
        let &[t0, t1, c0, c1, l0, l1, l2, l3, d0, d1] = message.get(fixed..)?.first_chunk::<10>()?;
        let start = fixed + 10;
        let data = start..start + usize::from(u16::from_be_bytes([d0, d1]));
        message.get(data.clone())?;
        Some(Record {
            message,
            name_at: at,
            data,
            section,
            rrtype: RecordType(u16::from_be_bytes([t0, t1])),
            class: u16::from_be_bytes([c0, c1]),
            ttl: u32::from_be_bytes([l0, l1, l2, l3]),
        })
    }

    /// Reads the owner name; none where it cannot be read.
    pub fn name(&self) -> Option<WireName> {
        let mut name = WireName::empty();
        name.read(self.message, self.name_at)?;
        Some(name)
    }

    /// Whether the owner name is the first question's, written as a pointer to it: the commonest case by far.
    pub(super) fn points_to_question(&self) -> bool {
        self.message.get(self.name_at..self.name_at + 2) == Some(&[0xc0, HEADER_OCTETS as u8])
    }

    /// Puts the data into `out` in canonical form: names whole and folded. None where they do not fit the type.
    pub fn data(&self, out: &mut Vec<u8>) -> Option<()> {
        data::canonical(self.rrtype, self.message, self.data.clone(), out)
    }

    /// The data as they stand, names still compressed.
    pub fn raw_data(&self) -> &'a [u8] {
        self.message.get(self.data.clone()).unwrap_or_default()
    }
}

pub(super) fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
        let mut octets = vec![0x12, 0x34];
        octets.extend(flags.to_be_bytes());
        octets.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
        octets.extend(rest);
        octets
    }

    const QUESTION: &[u8] = b"\x01A\x07Example\0\0\x01\0\x01";
    const ANSWER: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\x02\x58\0\x04\xc0\0\x02\x07";

    #[test]
    fn header_question_and_records() {
        let octets = response(0x8583, [1, 1, 0, 0], &[QUESTION, ANSWER, b"behind"].concat());
        let message = Message::parse(&octets).unwrap();
        assert!(message.is_response() && message.is_authoritative() && message.recursion_desired());
        assert_eq!((message.id(), message.opcode(), message.rcode(), message.is_cut()), (0x1234, 0, 3, false));
        let question = message.question().unwrap();
        assert_eq!((question.name.as_wire(), question.rrtype), (&b"\x01a\x07example\0"[..], RecordType::A));
        let record = message.records().next().unwrap();
        assert_eq!(record.name().unwrap().as_wire(), question.name.as_wire());
        assert_eq!((record.ttl, record.raw_data(), record.section), (600, &[192, 0, 2, 7][..], Section::Answer));
        assert!(record.points_to_question());
    }

    #[test]
    fn every_end_is_an_error_or_a_truncation() {
        let octets = response(0x8180, [1, 2, 0, 0], &[QUESTION, ANSWER, ANSWER].concat());
        assert_eq!(Message::parse(&octets).unwrap().records().count(), 2);
        (0..octets.len()).for_each(|end| assert!(Message::parse(&octets[..end]).is_err(), "{end}"));
        let truncated = response(0x8380, [1, 2, 0, 0], &[QUESTION, ANSWER, &ANSWER[..7]].concat());
        let message = Message::parse(&truncated).unwrap();
        assert!(message.is_cut() && message.records().count() == 1);
    }
}
