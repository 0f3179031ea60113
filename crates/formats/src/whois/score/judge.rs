//! Comparing what was read with what is stated.

use model::{Contact, Disclosed, Name, Registration, Role, Time, fold, registration::State};
use serde_json::Value;

use super::{
    Rule, Sample, Withheld,
    dispute::{is_not_in_text, is_of_another_text, leaves_out_servers, of_name, would_not_answer},
    sample::member,
};
use crate::disclosure::{disclosed, disclosed_email};

/// What is the matter with a value that was read wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing was read.
    Missing,
    /// The value was taken for a text that withholds.
    TakenForWithheld,
    /// The value was read, as another field or as another contact's.
    Misplaced,
    /// Something else was read.
    OtherValue,
}

/// What became of a stated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was read.
    Right,
    /// It was not.
    Wrong(Fault),
    /// It is not judged.
    Disputed(Rule),
}

/// One stated value, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The row of the table.
    pub field: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// The value.
    pub stated: String,
    /// What was read.
    pub read: String,
}

/// Judges everything that is stated of a sample.
pub fn judge(sample: &Sample, found: &Registration) -> Vec<Judgement> {
    let mut court = Court { sample, found, judged: Vec::new() };
    court.withheld();
    if is_of_another_text(sample) {
        court.dispute("state", Rule::OtherText);
        return court.judged;
    }
    court.state();
    if member(&sample.expected, "state").as_str().is_none_or(|state| state == "registered") {
        court.dates();
        court.registrar();
        court.servers();
        Role::CONTACTS.into_iter().for_each(|role| court.contact(role));
    }
    court.judged
}

struct Court<'a> {
    sample: &'a Sample,
    found: &'a Registration,
    judged: Vec<Judgement>,
}

impl<'a> Court<'a> {
    fn add(&mut self, field: &'static str, verdict: Verdict, stated: &str, read: String) {
        self.judged.push(Judgement { field, verdict, stated: stated.to_owned(), read });
    }

    fn dispute(&mut self, field: &'static str, rule: Rule) {
        self.add(field, Verdict::Disputed(rule), "", String::new());
    }

    /// A stated text that is not empty; where publishers disagree over it, that is noted.
    fn stated(&mut self, field: &'static str) -> Option<&'a str> {
        let text = member(&self.sample.expected, field).as_str().filter(|text| !text.trim().is_empty())?;
        if self.sample.disputed.get(field).is_some() {
            self.dispute(field, Rule::Publishers);
            return None;
        }
        Some(text)
    }

    fn withheld(&mut self) {
        let Some(stated) = self.sample.withheld else { return };
        let read = Withheld::of(self.found);
        let verdict = if stated == read { Verdict::Right } else { Verdict::Wrong(Fault::OtherValue) };
        self.add("withheld", verdict, &format!("{stated:?}"), format!("{read:?}"));
    }

    fn state(&mut self) {
        let Some(stated) = self.stated("state").and_then(|state| state.parse::<State>().ok()) else { return };
        let read = self.found.state;
        if stated == State::Available && read != stated && would_not_answer(self.sample) {
            return self.dispute("state", Rule::Throttled);
        }
        // A domain in redemption is registered still; some publishers tell the two apart and some do not.
        let right = stated == read || (stated == State::Registered && read == State::Redemption);
        let verdict = if right { Verdict::Right } else { Verdict::Wrong(Fault::OtherValue) };
        self.add("state", verdict, &stated.to_string(), read.to_string());
    }

    fn dates(&mut self) {
        let found = self.found;
        for (field, read) in [("created", found.created), ("updated", found.updated), ("expires", found.expires)] {
            let Some(stated) = self.stated(field) else { continue };
            let days = days(&self.sample.expected, field, stated);
            if days.is_empty() {
                self.dispute(field, Rule::NoDate);
                continue;
            }
            let right = days.iter().any(|day| read.is_some_and(|read| is_near(*day, read)));
            let fault = if read.is_none() { Fault::Missing } else { Fault::OtherValue };
            let verdict = if right { Verdict::Right } else { Verdict::Wrong(fault) };
            self.add(field, verdict, stated, read.map(Time::day).unwrap_or_default());
        }
    }

    fn registrar(&mut self) {
        let Some(stated) = self.stated("registrar") else { return };
        let read = self.found.registrar.name.clone();
        let right = read.as_deref().is_some_and(|read| is_same_name(stated, read));
        let verdict = if right {
            Verdict::Right
        } else if is_not_in_text(self.sample, stated) {
            Verdict::Disputed(Rule::NotInText)
        } else {
            Verdict::Wrong(if read.is_none() { Fault::Missing } else { Fault::OtherValue })
        };
        self.add("registrar", verdict, stated, read.unwrap_or_default());
    }

    fn servers(&mut self) {
        let Some(list) = member(&self.sample.expected, "nameservers").as_array().filter(|list| !list.is_empty()) else {
            return;
        };
        if self.sample.disputed.get("nameservers").is_some() {
            return self.dispute("name servers", Rule::Publishers);
        }
        let mut stated: Vec<String> = list.iter().filter_map(Value::as_str).map(host).collect();
        let mut read: Vec<String> = self.found.nameservers.iter().map(|server| server.name.to_string()).collect();
        stated.sort();
        stated.dedup();
        read.sort();
        let verdict = if stated == read {
            Verdict::Right
        } else if leaves_out_servers(self.sample, &stated, &read) {
            Verdict::Disputed(Rule::PartOfServers)
        } else {
            Verdict::Wrong(if read.is_empty() { Fault::Missing } else { Fault::OtherValue })
        };
        self.add("name servers", verdict, &stated.join(" "), read.join(" "));
    }

    fn contact(&mut self, role: Role) {
        let word = role.to_string();
        let Some(found) = self.found.contact(role) else { return };
        let fields = [
            ("id", &found.handle),
            ("name", &found.name),
            ("org", &found.organization),
            ("email", &found.email),
            ("phone", &found.phone),
        ];
        for (part, read) in fields {
            let Some(stated) = text_of(member(&self.sample.expected, &word), part) else { continue };
            let row = row(role, part);
            if is_disputed(&self.sample.disputed, &word, part) {
                self.dispute(row, Rule::Publishers);
                continue;
            }
            let verdict = self.verdict(&word, part, stated, read);
            self.add(row, verdict, stated, format!("{read:?}"));
        }
        self.either(role, &word, found);
    }

    fn verdict(&self, role: &str, part: &str, stated: &str, read: &Disclosed) -> Verdict {
        if is_read(part, stated, read) {
            return Verdict::Right;
        }
        if let Some(rule) = of_name(self.sample, self.found, role, part, stated) {
            return Verdict::Disputed(rule);
        }
        if is_not_in_text(self.sample, stated) {
            return Verdict::Disputed(Rule::NotInText);
        }
        Verdict::Wrong(self.fault(part, stated, read))
    }

    fn fault(&self, part: &str, stated: &str, read: &Disclosed) -> Fault {
        let contacts = || Role::CONTACTS.into_iter().filter_map(|role| self.found.contact(role));
        let elsewhere = |contact: &Contact| {
            [&contact.handle, &contact.name, &contact.organization, &contact.email, &contact.phone]
                .into_iter()
                .any(|field| is_read(part, stated, field))
        };
        match read {
            Disclosed::Redacted(_) | Disclosed::Proxy(_) => Fault::TakenForWithheld,
            _ if contacts().any(elsewhere) => Fault::Misplaced,
            Disclosed::Absent => Fault::Missing,
            Disclosed::Stated(_) => Fault::OtherValue,
        }
    }

    /// Name and organisation together: where only one name is stated, without saying which, either field is right.
    fn either(&mut self, role: Role, word: &str, found: &Contact) {
        let stated = member(&self.sample.expected, word);
        let all = ["name", "org", "name_or_org"].map(|part| text_of(stated, part));
        let (Some(one), None) = ({
            let mut any = all.into_iter().flatten();
            (any.next(), any.next())
        }) else {
            return;
        };
        if self.sample.disputed.get(word).is_some() {
            return;
        }
        let verdict = if is_read("name", one, &found.name) || is_read("name", one, &found.organization) {
            Verdict::Right
        } else {
            self.verdict(word, "name_or_org", one, &found.name)
        };
        self.add(row(role, "name_or_org"), verdict, one, format!("{:?} {:?}", found.name, found.organization));
    }
}

/// Contacts other than the registrant are counted together.
fn row(role: Role, part: &str) -> &'static str {
    match (role == Role::Registrant, part) {
        (true, "id") => "registrant handle",
        (true, "name") => "registrant name",
        (true, "org") => "registrant organisation",
        (true, "email") => "registrant e-mail",
        (true, "phone") => "registrant phone",
        (true, _) => "registrant name or org",
        (false, "id") => "other contacts, handle",
        (false, "name") => "other contacts, name",
        (false, "org") => "other contacts, organisation",
        (false, "email") => "other contacts, e-mail",
        (false, "phone") => "other contacts, phone",
        (false, _) => "other contacts, name or org",
    }
}

fn text_of<'a>(stated: &'a Value, part: &str) -> Option<&'a str> {
    member(stated, part).as_str().filter(|text| !text.trim().is_empty())
}

/// Whether publishers dispute a part of a contact: named itself, or different in the contacts that they state.
fn is_disputed(disputed: &Value, role: &str, part: &str) -> bool {
    let differ = |all: &Vec<Value>| {
        let mut values = all.iter().map(|one| member(member(one, "value"), part));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    disputed.get(format!("{role}.{part}")).is_some() || member(disputed, role).as_array().is_some_and(differ)
}

/// Whether what was read of a contact is the stated text; what withholds is read where it was not taken for a value.
fn is_read(part: &str, stated: &str, read: &Disclosed) -> bool {
    let plain = without_armour(stated);
    let stated = if part == "email" { plain.as_str() } else { stated };
    let said = if part == "email" { disclosed_email(stated) } else { disclosed(stated) };
    if said.stated().is_none() && read.stated().is_none() {
        return true;
    }
    let Some(read) = read.text() else { return false };
    let digits = |text: &str| fold::phone(text).trim_start_matches('+').to_owned();
    match part {
        "email" => fold::email(stated) == fold::email(read),
        "phone" => digits(stated) == digits(read),
        "id" => fold::handle(stated) == fold::handle(read),
        _ => is_same_name(stated, read),
    }
}

/// The same address, written against harvesters.
fn without_armour(text: &str) -> String {
    let plain = |text: String, (armour, plain): &(&str, &str)| text.replace(armour, plain);
    ARMOUR.iter().fold(text.replace("[AT]", "[at]").replace("(AT)", "(at)"), plain)
}

/// What stands for "@" and "." there.
const ARMOUR: [(&str, &str); 12] = [
    (" [at] ", "@"),
    ("[at]", "@"),
    (" (at) ", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("<at>", "@"),
    (" AT ", "@"),
    ("_at_", "@"),
    ("-at-", "@"),
    (" [dot] ", "."),
    ("[dot]", "."),
    ("(dot)", "."),
];

/// The same name, without a note in brackets behind the stated one.
fn is_same_name(stated: &str, read: &str) -> bool {
    let read = fold::person(read);
    let without_note = stated.strip_suffix([')', ']']).and_then(|rest| rest.split_once(['(', '[']));
    let is_front = |(front, _): (&str, &str)| !front.trim().is_empty() && fold::person(front) == read;
    fold::person(stated) == read || without_note.is_some_and(is_front)
}

fn host(text: &str) -> String {
    let name = text.trim().trim_end_matches('.');
    Name::from_unicode(name).map_or_else(|_| name.to_lowercase(), |name| name.to_string())
}

fn days(expected: &Value, field: &str, stated: &str) -> Vec<Time> {
    let more = member(expected, &format!("{field}_any")).as_array();
    let more = more.into_iter().flatten().filter_map(Value::as_str);
    [stated].into_iter().chain(more).filter_map(|text| text.get(..10)?.parse().ok()).collect()
}

/// A day apart at most: publishers differ over time zones.
fn is_near(day: Time, read: Time) -> bool {
    (-2..=1).contains(&read.days_since(day))
}
