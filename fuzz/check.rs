//! What must hold for every input, however odd: used by the fuzz targets, and by the tests that replay their corpora.

use formats::{
    attack, capture, cof, dns, dnsdb_lines, dnstap, eve, frame_stream,
    list::{self, Taken, lines, paste, plain, sheet::Workbook, table},
    misp::{event, manifest, warninglist},
    observation_table, passivedns,
    provider::{self, Ended, Held, Told},
    rdap, registration_lines, registration_table, stix, whois, zeek, zone,
};
use model::{
    Disclosed, Indicator, Name, Observation, PivotKind, Rdata, RecordType, Registration, Role, SuffixList, Time,
    TrackQuery,
    query::{self, Subject},
    registration::Protocol,
    track::{self, Arriving, Clause},
};

/// A line that is read is written so that it is read as the same record.
pub(crate) fn cof(data: &[u8]) {
    let Ok(records) = cof::parse_line(data) else { return };
    for record in records {
        let mut line = Vec::new();
        cof::write_line(&mut line, &record);
        assert_eq!(cof::parse_line(&line).as_deref(), Ok(&[record][..]), "{}", String::from_utf8_lossy(&line));
    }
}

/// An answer of a provider keeps to its limits, and what is taken of it is about domains and sound moments.
pub(crate) fn provider(data: &[u8]) {
    let held = Held { kind: PivotKind::Email, value: "ada@sample.example".to_owned() };
    let sound = |told: Result<Told, provider::Unreadable>| {
        let Ok(told) = told else { return };
        assert!(told.observations.len() + told.registrations.len() <= provider::RECORDS_MAX + cof::RDATA_ELEMENTS_MAX);
        assert!(told.registrations.iter().all(|record| record.domain.label_count() > 1));
        assert!(told.observations.iter().all(|seen| seen.span.first() <= seen.span.last()));
        assert_eq!(told.refused > 0, told.example.is_some());
    };
    sound(provider::dnsdb(data, Ended::ByFrame));
    sound(provider::dnsdb(data, Ended::Bare));
    sound(provider::cof(data));
    sound(provider::otx(data));
    sound(provider::crt_sh(data));
    sound(provider::domain_tools(data, &held, Time(0)));
    sound(provider::whois_xml(data, &held, Time(0)));
    sound(provider::security_trails(data, &held, Time(0)));
}

/// A row of a table says something of a domain, and the registration says of which; no line stops the next.
pub(crate) fn registration_table(data: &[u8]) {
    let defaults = registration_lines::Defaults {
        protocol: Protocol::Whois,
        server: String::new(),
        observed: Time(1_800_000_000),
    };
    for mapping in [None, Some("domain=1,registrant.email=2")] {
        let mut table = registration_table::Table::new(mapping);
        for line in data.split(|octet| *octet == b'\n') {
            let Ok(Some(read)) = table.line(line, &defaults) else { continue };
            let record = read.record;
            assert!(record.domain.label_count() > 0);
            // A line with a raw answer is another matter.
            if record.raw.is_empty() {
                assert_eq!(record.registration.domain.as_ref(), Some(&record.domain));
                assert!(record.registration.state.is_answer());
            }
        }
    }
}

/// What is selected of a message has whole names, and stands where it may: below the zone that was asked.
pub(crate) fn dns(data: &[u8]) {
    let suffixes = SuffixList::bundled();
    let zone = dns::WireName::from_wire(b"\x07widgets\x07example\0").expect("a name");
    for (zone, resolver) in [(None, false), (None, true), (Some(&zone), false)] {
        let Ok(message) = dns::Message::parse(data) else { return };
        let asked = dns::Asked { zone, resolver, suffixes: &suffixes };
        dns::select(&message, &asked, &mut Vec::new(), &mut dns::Refused::default(), |answer| {
            let name = Name::from_wire(answer.name).expect("a whole name");
            assert!(answer.data.len() <= dns::DATA_OCTETS_MAX && name.as_wire() == answer.name);
            assert!(answer.bailiwick.is_none_or(|labels| usize::from(labels) <= name.label_count()));
            let fits = |zone: &dns::WireName| Name::from_wire(zone.as_wire()).is_ok_and(|zone| name.is_within(&zone));
            assert!(zone.is_none_or(fits));
        });
    }
}

/// Any octets are read as a stream of frames, to an end or an error.
pub(crate) fn dnstap(data: &[u8]) {
    let (mut input, mut buffer) = (data, Vec::new());
    while let Ok(frame) = frame_stream::read(&mut input, &mut buffer) {
        match frame {
            frame_stream::Frame::End => break,
            frame_stream::Frame::Control(control) => {
                let again = frame_stream::read(&mut control.encode().as_slice(), &mut buffer);
                assert_eq!(again.ok(), Some(frame_stream::Frame::Control(control)));
            }
            frame_stream::Frame::Data => {
                if let Some(response) = dnstap::parse(&buffer).and_then(|frame| frame.response) {
                    dns(response);
                }
            }
        }
    }
}

/// Any octets are read as a capture, to an end or an error.
pub(crate) fn capture(data: &[u8]) {
    let Ok(mut reader) = capture::Reader::new(data) else { return };
    let mut decoder = capture::Decoder::new(&[capture::DNS_PORT]);
    while let Ok(Some(frame)) = reader.next_frame() {
        decoder.feed(&frame, |message| assert!(message.len() <= 65_535));
    }
    assert!(decoder.losses().iter().all(|(_, count)| count > 0));
}

/// Any lines are read as each kind of log, table and zone file; what they say are observations that a store takes.
pub(crate) fn logs(data: &[u8]) {
    let mut zeek = zeek::Log::default();
    let mut table = observation_table::Table::new(None);
    let mut zone = zone::ZoneFile::new(None, Time(1));
    for line in data.split(|octet| *octet == b'\n') {
        for told in [zeek.line(line), table.line(line), eve::parse_line(line), passivedns::parse_line(line)] {
            match told {
                Ok(told) => told.iter().flat_map(|told| &told.observations).for_each(observed),
                Err(error) => assert!(!error.reason().is_empty()),
            }
        }
        if let Ok(Some(observation)) = zone.line(line) {
            observed(&observation);
        }
        if let Ok(records) = dnsdb_lines::parse_line(line) {
            records.iter().for_each(|record| observed(&record.observation));
        }
    }
}

/// An observation that is written and read is the same.
fn observed(observation: &Observation) {
    let mut line = Vec::new();
    cof::write_line(&mut line, &cof::CofRecord { observation: observation.clone(), zone_time: false });
    let again = cof::parse_line(&line).map(|records| records.into_iter().map(|record| record.observation).collect());
    assert_eq!(again, Ok(vec![observation.clone()]), "{}", String::from_utf8_lossy(&line));
}

/// Any text is read, twice alike, and no value is empty.
pub(crate) fn whois(data: &[u8]) {
    let domain: Name = "widgets.example".parse().expect("a name");
    let (text, _) = whois::decode(data, "example");
    let parsed = whois::parse(&text, "whois.nic.example", &domain);
    assert!(parsed.understood <= parsed.lines);
    assert_eq!(parsed, whois::parse(&text, "whois.nic.example", &domain));
    sound(&parsed.registration);
}

/// A line with an answer and what is stated of it is refused with a reason, or judged and counted.
pub(crate) fn whois_sample(data: &[u8]) {
    use whois::score::{Sample, Table, judge};
    match Sample::parse_line(data) {
        Ok(sample) => sample.iter().for_each(|sample| {
            let (mut table, found) = (Table::default(), sample.read());
            let judged = judge(sample, &found);
            table.add(sample, &sample.parse(), &found, &judged);
            assert!(table.rows().all(|(_, scores)| scores.iter().all(|(right, all)| right <= all)));
            assert!(!table.to_string().is_empty());
        }),
        Err(error) => assert!(!error.reason().is_empty()),
    }
}

/// Any octets are read, and no value is empty; a network is a range.
pub(crate) fn rdap(data: &[u8]) {
    let domain: Name = "widgets.example".parse().expect("a name");
    sound(&rdap::parse_domain(data, "https://rdap.nic.example/domain/widgets.example", &domain).registration);
    if let Some(network) = rdap::parse_network(data).found {
        assert!(network.first <= network.last && !network.prefixes().is_empty());
    }
    if let Some(number) = rdap::parse_autnum(data).found {
        assert!(number.first <= number.last);
    }
}

/// A line is read or refused with a reason.
pub(crate) fn registration_lines(data: &[u8]) {
    let defaults = registration_lines::Defaults {
        protocol: Protocol::Whois,
        server: "whois.nic.example".into(),
        observed: Time(1_800_000_000),
    };
    match registration_lines::parse_line(data, &defaults) {
        Ok(line) => line.iter().for_each(|line| sound(&line.record.registration)),
        Err(error) => assert!(!error.reason().is_empty() && !error.to_string().is_empty()),
    }
}

/// Text and wire form say the same name.
pub(crate) fn name(data: &[u8]) {
    for name in [Name::parse(data), Name::from_wire(data)].into_iter().flatten() {
        assert_eq!(Name::parse(name.to_string().as_bytes()).as_ref(), Ok(&name));
        assert_eq!(Name::from_wire(name.as_wire()).as_ref(), Ok(&name));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Name::from_unicode(text);
    }
}

/// Text and canonical octets say the same data. The first two octets are the record type.
pub(crate) fn rdata(data: &[u8]) {
    let Some((rrtype, rest)) = data.split_first_chunk::<2>() else { return };
    let rrtype = RecordType(u16::from_be_bytes(*rrtype));
    let from_text = std::str::from_utf8(rest).ok().and_then(|text| Rdata::from_text(rrtype, text).ok());
    for rdata in from_text.into_iter().chain(Rdata::from_wire(rrtype, rest)) {
        let text = rdata.text(rrtype);
        assert_eq!(Rdata::from_text(rrtype, &text).as_ref(), Ok(&rdata), "{rrtype} {text}");
        let _ = (rdata.address(rrtype), rdata.targets(rrtype));
    }
}

/// A text is read, and its canonical form as the same query, or it is refused at a place within it; an editor is offered
/// words for its middle.
pub(crate) fn query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for subject in Subject::ALL {
        match query::parse(*subject, text) {
            Ok(query) => assert_eq!(query::parse(*subject, &query.to_string()).as_ref(), Ok(&query)),
            Err(error) => assert!(text.is_char_boundary(error.at) && !error.to_string().is_empty()),
        }
        let offered = query::completions(*subject, text, text.len() / 2);
        assert!(text.is_char_boundary(offered.from));
    }
}

/// The same for the query of a Track, which is then asked of a record.
pub(crate) fn track(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match TrackQuery::parse(text) {
        Ok(query) => {
            assert_eq!(TrackQuery::parse(&query.to_string()).as_ref(), Ok(&query));
            let domain = Name::parse(b"login-bank.example").expect("a name");
            let record = Arriving::registration(&domain, &Registration::default(), Time(0));
            // A clause and its denial never hold together.
            assert_ne!(query.matches(&record), Clause::Not(Box::new(query.clause.clone())).matches(&record));
            let _ = query.matched(&record);
        }
        Err(error) => assert!(text.is_char_boundary(error.at) && !error.to_string().is_empty()),
    }
    let offered = track::completions(text, text.len() / 2);
    assert!(text.is_char_boundary(offered.from));
}

/// Every text that stands has something in it.
fn sound(registration: &Registration) {
    for contact in Role::CONTACTS.iter().filter_map(|role| registration.contact(*role)) {
        for field in [&contact.handle, &contact.name, &contact.organization, &contact.email, &contact.phone] {
            assert!(!matches!(field, Disclosed::Stated(text) if text.trim().is_empty()));
        }
    }
    let _ = registration.atoms();
}

/// Any text is read as any kind of list, and what is taken is what it says it is.
pub(crate) fn list(data: &[u8]) {
    let (text, _) = list::decode(data);
    taken(&Taken::of(plain::read(&text, None)));
    taken(&Taken::of(lines::read(&text)));
    let pasted = paste::read(&text);
    assert_eq!(pasted.stated.len(), pasted.written.len());
    taken(&Taken { stated: pasted.stated, ..Taken::default() });
    let separator = table::guess_separator(&text);
    let mapping = table::Mapping::guess(table::first_row(&text, separator).iter().map(String::as_str));
    if let Some(mapping) = mapping {
        taken(&Taken::of(table::read(&text, separator, &mapping).expect("a guessed mapping names columns by number")));
    }
}

/// Any octets are a workbook that is read, or are refused.
pub(crate) fn sheet(data: &[u8]) {
    let Ok(mut workbook) = Workbook::open(data) else { return };
    let Ok(names) = workbook.first_row(None) else { return };
    if let Some(mapping) = table::Mapping::guess(names.iter().map(String::as_str))
        && let Ok(read) = workbook.read(None, &mapping)
    {
        taken(&read);
    }
}

/// Any octets are read, twice alike; the ends of an association are in the bundle.
pub(crate) fn stix(data: &[u8]) {
    let read = stix::read(data);
    taken(&read.taken);
    for end in read.associations.iter().flat_map(|association| [&association.from, &association.to]) {
        assert!(read.values(end).next().is_some() || read.groups.iter().any(|group| group.reference == *end));
    }
    assert_eq!(read, stix::read(data));
    let _ = attack::read(data);
}

/// A pattern that lists values lists one at least, and each has a pattern that says the same.
pub(crate) fn stix_pattern(data: &[u8]) {
    let Ok(Ok(values)) = std::str::from_utf8(data).map(stix::values_of) else { return };
    assert!(!values.is_empty());
    for value in values {
        assert_eq!(stix::values_of(&stix::pattern_of(&value)), Ok(vec![value]));
    }
}

/// Any octets are read as events, as an index of them, and as a warninglist or not.
pub(crate) fn misp(data: &[u8]) {
    taken(&event::read(data).taken);
    assert!(manifest::read(data).0.iter().all(|event| event.uuid.len() == 36));
    if let Ok(list) = warninglist::read(data) {
        assert!(list.values.iter().all(|value| !value.is_empty() && value.trim() == value));
    }
}

/// Every value is canonical, and every refusal has a reason.
fn taken(taken: &Taken) {
    for stated in &taken.stated {
        let (kind, text) = (stated.indicator.kind(), stated.indicator.canonical());
        assert_eq!(Indicator::parse(kind, &text).as_ref(), Ok(&stated.indicator), "{text}");
        assert!(stated.line > 0 && stated.rating.is_none_or(|rating| rating <= 5));
        assert!(stated.confidence.is_none_or(|confidence| confidence <= 100));
    }
    for refusal in &taken.refused {
        assert!(refusal.line > 0 && !refusal.why.is_empty() && !refusal.to_string().is_empty());
    }
}
