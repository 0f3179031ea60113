//! What is stated and not judged, by rule: never by record.

use model::Registration;
use serde_json::Value;

use super::{Sample, sample::member};

/// Why a stated value is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The publishers of the sample state different values.
    Publishers,
    /// None of the stated name servers is in the text: the results were stated for another one.
    OtherText,
    /// The text has no trace of the value: some word of it does not occur.
    NotInText,
    /// A date in no ISO form: stated as the text has it, which a person would have to read.
    NoDate,
    /// The list of name servers leaves out some that stand in the text just as those it has.
    PartOfServers,
    /// Stated to be available, though the server says that it would not answer.
    Throttled,
    /// Stated as a name, though it is the id of that contact.
    IdAsName,
    /// The publisher has one field for name and organisation, and the text says which of the two it is. The row for
    /// either judges it.
    OneNameForTwo,
}

impl Rule {
    /// The rule in words.
    pub fn text(self) -> &'static str {
        match self {
            Rule::Publishers => "publishers disagree",
            Rule::OtherText => "stated for another text (none of its name servers is in this one)",
            Rule::NotInText => "some word of the value is not in the text",
            Rule::NoDate => "date in no ISO form",
            Rule::PartOfServers => "list leaves out name servers that stand beside those it has",
            Rule::Throttled => "stated available, though the server would not answer",
            Rule::IdAsName => "the contact's id stated as its name",
            Rule::OneNameForTwo => "one field stated for name and organisation, which the text tells apart",
        }
    }
}

/// What servers say that would not answer, whatever a parser makes of it.
const WOULD_NOT_ANSWER: [&str; 4] =
    ["maximum query rate", "excessive querying", "temporarily not be answered", "440 request denied"];

/// Whether an answer can say nothing of its domain, so that "available" is no statement.
pub(super) fn would_not_answer(sample: &Sample) -> bool {
    let text = sample.answer.to_lowercase();
    WOULD_NOT_ANSWER.iter().any(|phrase| text.contains(phrase))
}

/// Whether the results were not stated for this text: it has none of the name servers that they name.
pub(super) fn is_of_another_text(sample: &Sample) -> bool {
    let text = sample.answer.to_lowercase();
    member(&sample.expected, "nameservers").as_array().is_some_and(|hosts| {
        let mut hosts = hosts.iter().filter_map(Value::as_str).peekable();
        hosts.peek().is_some() && !hosts.any(|host| text.contains(&host.to_lowercase()))
    })
}

/// Whether some word of a value occurs nowhere in the texts of a sample. Only letters and digits count.
pub(super) fn is_not_in_text(sample: &Sample, value: &str) -> bool {
    let text: String = sample.referring.iter().chain([&sample.answer]).map(|text| letters(text)).collect();
    value.split([' ', '@', '\n']).map(letters).any(|word| !text.contains(&word))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether each name server that was read beyond the stated ones stands in the text as some stated one does: in a line
/// that is the same but for names and addresses.
pub(super) fn leaves_out_servers(sample: &Sample, stated: &[String], read: &[String]) -> bool {
    let text = sample.answer.to_lowercase();
    let frames = |host: &str| text.lines().filter(|line| line.contains(host)).map(frame).collect::<Vec<_>>();
    let known: Vec<String> = stated.iter().flat_map(|host| frames(host)).collect();
    let mut beyond = read.iter().filter(|host| !stated.contains(host)).peekable();
    let all_read = stated.iter().all(|host| read.contains(host));
    all_read && beyond.peek().is_some() && beyond.all(|host| frames(host).iter().any(|frame| known.contains(frame)))
}

/// A line without the words that are names or addresses.
fn frame(line: &str) -> String {
    let is_label = |word: &&str| !word.trim_end_matches(['.', ':']).contains(['.', ':']);
    line.split_whitespace().filter(is_label).collect::<Vec<_>>().join(" ")
}

/// What a contact's stated name or organisation is, where it is not judged as that.
pub(super) fn of_name(sample: &Sample, found: &Registration, role: &str, part: &str, value: &str) -> Option<Rule> {
    let (stated, contact) = (member(&sample.expected, role), found.contact(role.parse().ok()?)?);
    let is_stated = |part: &str| member(stated, part).as_str().is_some_and(|text| !text.trim().is_empty());
    let same = |read: &model::Disclosed| read.text().is_some_and(|read| letters(read) == letters(value));
    if same(&contact.handle) {
        return Some(Rule::IdAsName);
    }
    let (this, other, others) = match part {
        "name" => (&contact.name, &contact.organization, "org"),
        "org" => (&contact.organization, &contact.name, "name"),
        _ => return None,
    };
    (!is_stated(others) && this.is_absent() && same(other)).then_some(Rule::OneNameForTwo)
}
