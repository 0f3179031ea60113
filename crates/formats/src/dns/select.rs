//! Which answers of a message are worth remembering.
//!
//! A server answers what it likes; a passive DNS that believes all of it can be filled with lies by anybody who is
//! asked anything (Edmonds, "Passive DNS Hardening", 2012). So an answer is taken when
//!
//! - it *belongs to the question*: the name asked for, or a name to which a chain of aliases leads from there (CNAME,
//!   DNAME; at most [`LINKS_MAX`] links), and the type asked for;
//! - it is *in bailiwick*: its name is in the zone whose servers were asked. dnstap says which zone that was. Elsewhere
//!   the message shows it (the owner of the NS or SOA records in its authority section), and it is believed as far as
//!   the registrable domain of the question reaches: `evil.example` has no say in `bank.example`. A resolver that is
//!   trusted, as with a tap between it and its clients, is believed about every name of a chain.
//!
//! Of the authority section, NS records that lead towards the name asked for are taken where the zone is known: they
//! are how delegations become visible. The additional section is nobody's answer and is left.

use std::cell::OnceCell;

use model::{Name, RecordType, SuffixList};

use super::{
    message::{Message, Record, Section},
    name::{WireName, is_within, label_count},
};

/// How many links of a chain of aliases are followed.
pub const LINKS_MAX: usize = 16;

const INTERNET: u16 = 1;
const ANY: u16 = 255;
const NO_SUCH_NAME: u8 = 3;

/// What is known of a message from outside it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The zone whose servers were asked.
    pub zone: Option<&'a WireName>,
    /// It was a resolver that was asked, and what it says of any name is believed.
    pub resolver: bool,
    /// Where domains are cut that belong to different people.
    pub suffixes: &'a SuffixList,
}

/// An answer that is worth remembering.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The name that was asked for.
    pub question: &'a [u8],
    /// The owner name in folded wire form.
    pub name: &'a [u8],
    /// The type.
    pub rrtype: RecordType,
    /// How many labels of the name the zone covers that said it; none where unknown.
    pub bailiwick: Option<u8>,
    /// The data in canonical form. Those without names in them are as they came, not looked at.
    pub data: &'a [u8],
    /// Where it stood: in the answer, or in the authority section.
    pub section: Section,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident => $word:literal,)+) => {
        /// Why something was not taken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])+ $variant),+ }

        impl Reason {
            /// All of them, in their order.
            pub const ALL: &[Reason] = &[$(Reason::$variant),+];

            /// The words for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $word),+ }
            }
        }
    };
}

reasons! {
    /// A message that asks.
    Query => "a question, no answer",
    /// Octets that are no message.
    Malformed => "no DNS message",
    /// A NOTIFY, an UPDATE, a question in an obsolete manner.
    OtherOpcode => "no ordinary question",
    /// None, or more than one: what answers belong to is not certain.
    NoQuestion => "not exactly one question",
    /// Another class than the Internet's.
    OtherClass => "another class than IN",
    /// The server failed or refused.
    Failed => "an error of the server",
    /// The zone that is said to have been asked does not hold the name.
    OtherZone => "the question is not in the zone that was asked",
    /// A record that the question did not ask for.
    NotAsked => "belongs to no question",
    /// A record about a name in which the zone has no say.
    OutOfBailiwick => "out of bailiwick",
    /// Records of the protocol itself: OPT, TSIG, TKEY and the like.
    Meta => "belongs to the protocol",
    /// Data that do not fit their type.
    BadData => "data that do not fit their type",
}

/// How much was not taken, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused([u64; Reason::ALL.len()]);

impl Refused {
    /// Counts so many more.
    pub fn add(&mut self, reason: Reason, count: u64) {
        if let Some(counted) = self.0.get_mut(reason as usize) {
            *counted += count;
        }
    }

    /// Takes over what another part was refused for.
    pub fn absorb(&mut self, other: &Refused) {
        other.iter().for_each(|(reason, count)| self.add(reason, count));
    }

    /// Each reason that there was, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.iter().copied().zip(self.0).filter(|(_, count)| *count > 0)
    }
}

/// Shows `take` every answer of a message that is worth remembering, and counts what is not. `scratch` is room that is
/// used again for every message.
pub fn select(
    message: &Message<'_>,
    asked: &Asked<'_>,
    scratch: &mut Vec<u8>,
    refused: &mut Refused,
    mut take: impl FnMut(Answer<'_>),
) {
    let fence = match Fence::of(message, asked) {
        Ok(fence) => fence,
        Err(reason) => return refused.add(reason, 1),
    };
    let mut chain = Chain { fence, links: Vec::new(), scratch };
    let mut left: Vec<Record<'_>> = Vec::new();
    for record in message.records() {
        match record.section {
            Section::Answer => match chain.offer(&record, &mut take) {
                Err(Reason::NotAsked) => left.push(record),
                fate => note(refused, fate),
            },
            Section::Authority if asked.zone.is_some() => note(refused, chain.offer_delegation(&record, &mut take)),
            Section::Authority => {}
            Section::Additional => break,
        }
    }
    chain.offer_again(left, refused, &mut take);
}

fn note(refused: &mut Refused, fate: Result<(), Reason>) {
    if let Err(reason) = fate {
        refused.add(reason, 1);
    }
}

/// Where a message has a say.
struct Fence<'a> {
    question: WireName,
    rrtype: RecordType,
    /// The zone that was asked, or that the message shows, and its labels.
    zone: Option<(WireName, u8)>,
    /// Whether the zone is the one that was asked, as somebody else says.
    certain: bool,
    asked: &'a Asked<'a>,
    /// How many octets of the question its registrable domain takes; looked up when it is wanted.
    domain_octets: OnceCell<usize>,
}

impl<'a> Fence<'a> {
    fn of(message: &Message<'_>, asked: &'a Asked<'a>) -> Result<Fence<'a>, Reason> {
        if !message.is_response() {
            return Err(Reason::Query);
        }
        if message.opcode() != 0 {
            return Err(Reason::OtherOpcode);
        }
        if !matches!(message.rcode(), 0 | NO_SUCH_NAME) {
            return Err(Reason::Failed);
        }
        let Some(question) = message.question().filter(|_| message.question_count() == 1) else {
            return Err(Reason::NoQuestion);
        };
        if question.class != INTERNET {
            return Err(Reason::OtherClass);
        }
        let with_labels = |zone: &WireName| (*zone, label_count(zone.as_wire()) as u8);
        let mut fence = Fence {
            question: question.name,
            rrtype: question.rrtype,
            zone: asked.zone.map(with_labels),
            certain: asked.zone.is_some(),
            asked,
            domain_octets: OnceCell::new(),
        };
        if asked.zone.is_some_and(|zone| !is_within(fence.question.as_wire(), zone.as_wire())) {
            return Err(Reason::OtherZone);
        }
        if !fence.certain {
            fence.zone = zone_cut(message).as_ref().filter(|cut| fence.is_believable(cut)).map(with_labels);
        }
        Ok(fence)
    }

    /// Whether a zone that the message itself shows may be what it says.
    fn is_believable(&self, cut: &WireName) -> bool {
        self.asked.resolver || is_within(cut.as_wire(), self.domain())
    }

    /// The registrable domain of the question; all of it where it has none.
    fn domain(&self) -> &[u8] {
        let wire = self.question.as_wire();
        let octets = *self.domain_octets.get_or_init(|| {
            let offset = Name::from_wire(wire).ok().and_then(|name| self.asked.suffixes.registrable_offset(&name));
            wire.len() - offset.unwrap_or(0)
        });
        wire.get(wire.len() - octets..).unwrap_or(wire)
    }

    /// Whether the message has a say in this name.
    fn holds(&self, name: &[u8]) -> bool {
        match &self.zone {
            Some((zone, _)) if self.certain => is_within(name, zone.as_wire()),
            _ => self.asked.resolver || name == self.question.as_wire() || is_within(name, self.domain()),
        }
    }

    fn bailiwick(&self, name: &[u8]) -> Option<u8> {
        self.zone.as_ref().filter(|(zone, _)| is_within(name, zone.as_wire())).map(|(_, labels)| *labels)
    }
}

/// The zone that the authority section shows.
fn zone_cut(message: &Message<'_>) -> Option<WireName> {
    let shows = |record: &Record<'_>| {
        record.section == Section::Authority && matches!(record.rrtype, RecordType::NS | RecordType::SOA)
    };
    message.records().find(shows)?.name()
}

/// The names that the question has led to so far.
struct Chain<'a, 's> {
    fence: Fence<'a>,
    links: Vec<WireName>,
    scratch: &'s mut Vec<u8>,
}

impl Chain<'_, '_> {
    fn offer(&mut self, record: &Record<'_>, take: &mut impl FnMut(Answer<'_>)) -> Result<(), Reason> {
        self.check(record)?;
        if record.points_to_question() && record.rrtype != RecordType::CNAME && self.is_asked(record.rrtype) {
            return self.take(record, None, take);
        }
        let name = record.name().ok_or(Reason::Malformed)?;
        let belongs = match record.rrtype {
            RecordType::DNAME => self.names().any(|asked| is_within(asked, name.as_wire())),
            _ => self.names().any(|asked| asked == name.as_wire()),
        };
        if !belongs || !self.is_asked(record.rrtype) {
            return Err(Reason::NotAsked);
        }
        if !self.fence.holds(name.as_wire()) {
            return Err(Reason::OutOfBailiwick);
        }
        self.take(record, Some(&name), take)?;
        if record.rrtype == RecordType::CNAME && self.links.len() < LINKS_MAX {
            self.links.push(WireName::from_wire(self.scratch).ok_or(Reason::BadData)?);
        }
        Ok(())
    }

    /// NS records between the zone that was asked and the name that was asked for.
    fn offer_delegation(&mut self, record: &Record<'_>, take: &mut impl FnMut(Answer<'_>)) -> Result<(), Reason> {
        if record.rrtype != RecordType::NS {
            return Ok(());
        }
        self.check(record)?;
        let name = record.name().ok_or(Reason::Malformed)?;
        if !self.names().any(|asked| is_within(asked, name.as_wire())) {
            return Err(Reason::NotAsked);
        }
        if !self.fence.holds(name.as_wire()) {
            return Err(Reason::OutOfBailiwick);
        }
        self.take(record, Some(&name), take)
    }

    /// What did not belong when it came may do so now: nobody promises an order.
    fn offer_again(&mut self, mut left: Vec<Record<'_>>, refused: &mut Refused, take: &mut impl FnMut(Answer<'_>)) {
        loop {
            let (before, links) = (left.len(), self.links.len());
            if before == 0 || links == 0 {
                break;
            }
            left.retain(|record| match self.offer(record, take) {
                Err(Reason::NotAsked) => true,
                fate => {
                    note(refused, fate);
                    false
                }
            });
            // Only a new link can make another record belong, and there are at most so many.
            if self.links.len() == links {
                break;
            }
        }
        refused.add(Reason::NotAsked, left.len() as u64);
    }

    fn check(&self, record: &Record<'_>) -> Result<(), Reason> {
        match record.rrtype.0 {
            41 | 0 | 128..=255 => Err(Reason::Meta),
            _ if record.class != INTERNET => Err(Reason::OtherClass),
            _ => Ok(()),
        }
    }

    fn is_asked(&self, rrtype: RecordType) -> bool {
        let chain = matches!(rrtype, RecordType::CNAME | RecordType::DNAME | RecordType::RRSIG | RecordType::SIG);
        chain || rrtype == self.fence.rrtype || self.fence.rrtype.0 == ANY
    }

    fn names(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.fence.question).chain(&self.links).map(WireName::as_wire)
    }

    /// Gives a record away; without a name it is the question's.
    fn take(
        &mut self,
        record: &Record<'_>,
        name: Option<&WireName>,
        take: &mut impl FnMut(Answer<'_>),
    ) -> Result<(), Reason> {
        self.scratch.clear();
        record.data(self.scratch).ok_or(Reason::BadData)?;
        let question = self.fence.question.as_wire();
        let name = name.map_or(question, WireName::as_wire);
        let bailiwick = self.fence.bailiwick(name);
        let (rrtype, section) = (record.rrtype, record.section);
        take(Answer { question, name, rrtype, bailiwick, data: self.scratch, section });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::Rdata;

    use super::*;

    /// A message of names in text: question, then `section name type data` each.
    fn message(flags: u16, question: (&str, RecordType), records: &[(Section, &str, RecordType, &str)]) -> Vec<u8> {
        let count = |section| records.iter().filter(|record| record.0 == section).count() as u16;
        let mut octets = vec![0, 7];
        octets.extend((0x8000 | flags).to_be_bytes());
        for number in [1, count(Section::Answer), count(Section::Authority), count(Section::Additional)] {
            octets.extend(number.to_be_bytes());
        }
        octets.extend(name(question.0).as_wire());
        octets.extend([question.1.0.to_be_bytes(), [0, 1]].concat());
        for (_, owner, rrtype, data) in records {
            let data = Rdata::from_text(*rrtype, data).unwrap();
            octets.extend(name(owner).as_wire());
            octets.extend([rrtype.0.to_be_bytes(), [0, 1], [0, 0], [1, 0]].concat());
            octets.extend((data.as_octets().len() as u16).to_be_bytes());
            octets.extend(data.as_octets());
        }
        octets
    }

    fn name(text: &str) -> Name {
        Name::parse(text.as_bytes()).unwrap()
    }

    fn selected(octets: &[u8], zone: Option<&str>, resolver: bool) -> (Vec<String>, Vec<(Reason, u64)>) {
        let zone = zone.and_then(|zone| WireName::from_wire(name(zone).as_wire()));
        let suffixes = SuffixList::bundled();
        let asked = Asked { zone: zone.as_ref(), resolver, suffixes: &suffixes };
        let (mut found, mut refused) = (Vec::new(), Refused::default());
        select(&Message::parse(octets).unwrap(), &asked, &mut Vec::new(), &mut refused, |answer| {
            let data = Rdata::from_wire(answer.rrtype, answer.data).unwrap().text(answer.rrtype);
            let labels = answer.bailiwick.map_or("?".into(), |labels| labels.to_string());
            found.push(format!("{} {} {data} /{labels}", Name::from_wire(answer.name).unwrap(), answer.rrtype));
        });
        (found, refused.iter().collect())
    }

    const AA: u16 = 0x0400;
    use Section::{Answer as AN, Authority as AU};

    #[test]
    fn chains_are_followed_in_any_order_within_the_zone() {
        let octets = message(
            AA,
            ("www.widgets.example", RecordType::A),
            &[
                (AN, "b.widgets.example", RecordType::A, "192.0.2.1"),
                (AN, "a.widgets.example", RecordType::CNAME, "b.widgets.example"),
                (AN, "www.widgets.example", RecordType::CNAME, "a.widgets.example"),
                (AN, "www.widgets.example", RecordType::TXT, "extra"),
                (AN, "bank.example", RecordType::A, "198.51.100.6"),
            ],
        );
        let (found, refused) = selected(&octets, Some("widgets.example"), false);
        assert_eq!(
            found,
            [
                "www.widgets.example CNAME a.widgets.example. /2",
                "a.widgets.example CNAME b.widgets.example. /2",
                "b.widgets.example A 192.0.2.1 /2",
            ]
        );
        assert_eq!(refused, [(Reason::NotAsked, 2)]);
    }

    #[test]
    fn a_chain_out_of_the_zone_says_nothing_about_others() {
        let octets = message(
            AA,
            ("www.evil.example", RecordType::A),
            &[
                (AN, "www.evil.example", RecordType::CNAME, "www.bank.example"),
                (AN, "www.bank.example", RecordType::A, "198.51.100.6"),
                (AU, "example", RecordType::NS, "ns.evil.example"),
            ],
        );
        let alias = "www.evil.example CNAME www.bank.example.";
        let refusal = vec![(Reason::OutOfBailiwick, 1)];
        let (found, refused) = selected(&octets, None, false);
        assert_eq!(
            (found, refused.clone()),
            (vec![format!("{alias} /?")], refusal.clone()),
            "the zone shown is no zone of theirs"
        );
        let (found, refused) = selected(&octets, Some("evil.example"), false);
        assert_eq!(found, [format!("{alias} /2")]);
        assert_eq!(refused, [(Reason::OutOfBailiwick, 2)], "nor has it a say in what is above it");
        assert_eq!(selected(&octets, None, true).0.len(), 2, "a resolver is believed");
        assert_eq!(selected(&octets, Some("bank.example"), false).1, [(Reason::OtherZone, 1)]);
    }

    #[test]
    fn delegations_lead_towards_the_question() {
        let octets = message(
            0,
            ("www.widgets.example", RecordType::A),
            &[
                (AU, "widgets.example", RecordType::NS, "ns.other.test"),
                (AU, "gadgets.example", RecordType::NS, "ns.other.test"),
                (Section::Additional, "ns.other.test", RecordType::A, "192.0.2.1"),
            ],
        );
        let (found, refused) = selected(&octets, Some("example"), false);
        assert_eq!(found, ["widgets.example NS ns.other.test. /1"]);
        assert_eq!(refused, [(Reason::NotAsked, 1)]);
        assert_eq!(selected(&octets, None, false).0, Vec::<String>::new());
    }

    #[test]
    fn the_zone_is_what_the_authority_section_shows() {
        let octets = message(
            AA,
            ("a.b.widgets.example", RecordType::A),
            &[
                (AN, "a.b.widgets.example", RecordType::A, "192.0.2.1"),
                (AU, "b.widgets.example", RecordType::NS, "ns.other.test"),
            ],
        );
        assert_eq!(selected(&octets, None, false).0, ["a.b.widgets.example A 192.0.2.1 /3"]);
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let asked = ("widgets.example", RecordType::A);
        let answer = [(AN, "widgets.example", RecordType::A, "192.0.2.1")];
        let plain = message(AA, asked, &answer);
        let reason = |octets: &[u8]| selected(octets, None, false).1.first().map(|(reason, _)| *reason);
        assert_eq!(reason(&plain), None);
        let changed = |at: usize, octet: u8| {
            let mut octets = plain.clone();
            octets[at] = octet;
            reason(&octets)
        };
        assert_eq!(changed(2, 0), Some(Reason::Query));
        assert_eq!(changed(2, 0xa4), Some(Reason::OtherOpcode));
        assert_eq!(changed(3, 2), Some(Reason::Failed));
        assert_eq!(changed(3, 3), None, "an alias may lead to no such name");
        assert_eq!(changed(32, 3), Some(Reason::OtherClass), "the question's");
        let two = [&plain[..5], &[2], &plain[6..33], &plain[12..33], &plain[33..]].concat();
        assert_eq!(reason(&two), Some(Reason::NoQuestion));
        let with_key =
            message(AA, ("widgets.example", RecordType(255)), &[(AN, "widgets.example", RecordType::TKEY, r"\# 0")]);
        assert_eq!(reason(&with_key), Some(Reason::Meta));
    }
}
