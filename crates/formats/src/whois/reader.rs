//! From lines to what they say, in one pass.
//!
//! The reader knows whom the lines are about (the subject): the head of a section, the first label of a paragraph or a
//! label's own words tell it. The head of a section is *firm*: within it "State" is a part of an address. A label with
//! a value (`Registrant: Example Ltd`) is not: what follows it may again be about the domain.

use model::{Name, Role};

use super::{
    label::{DomainField, Field, Meaning, Subject, meaning},
    line::{Kind, Line, Lines, Paragraph},
    party::{Party, looks_like_handle},
    server::Servers,
};

/// All that one answer says, before it is judged.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// The four contacts, in the order of [`Role::CONTACTS`].
    pub(super) contacts: [Party<'a>; 4],
    /// The registrar.
    pub(super) registrar: Party<'a>,
    /// The reseller.
    pub(super) reseller: Party<'a>,
    /// Objects that contacts refer to by handle.
    pub(super) objects: Vec<Party<'a>>,
    /// Name servers.
    pub(super) servers: Servers,
    /// Everything about the domain itself, with its line.
    pub(super) domain: Vec<(DomainField, &'a str, usize)>,
    /// Lines that were not understood.
    pub(super) unknown: Vec<(usize, &'a str)>,
    /// How many lines have something on them.
    pub(super) lines: usize,
}

/// How many objects are read.
const OBJECTS_MAX: usize = 200;
/// Text of so many words is a notice to people.
const PROSE_WORDS: usize = 8;

/// Reads all lines of an answer about `domain`. Fields that stand alone belong to `default`.
pub(super) fn read<'a>(lines: &Lines<'a>, default: Role, domain: &'a Name) -> Draft<'a> {
    let mut reader = Reader::new(default, domain);
    let foreign = foreign(&lines.paragraphs, domain);
    for line in &lines.lines {
        if foreign.get(line.paragraph) == Some(&true) {
            reader.draft.lines += usize::from(!matches!(line.kind, Kind::Blank));
            continue;
        }
        let paragraph = lines.paragraphs.get(line.paragraph).copied().unwrap_or_default();
        reader.line(line, paragraph);
    }
    reader.draft
}

/// Which paragraphs belong to records of others. A server that is asked for a name may answer with all that begin with
/// it, hosts among them; where one record is about the domain itself, the others are none of its.
fn foreign(paragraphs: &[Paragraph<'_>], domain: &Name) -> Vec<bool> {
    let is_asked = |about: &str| is_name(about, domain);
    if !paragraphs.iter().any(|paragraph| paragraph.about.is_some_and(is_asked)) {
        return Vec::new();
    }
    let mut others = false;
    let of = |paragraph: &Paragraph<'_>| {
        others = match paragraph.about {
            Some(about) => about.contains('.') && !is_asked(about),
            None => others && !paragraph.footer,
        };
        others || (paragraph.host && paragraph.registrar && paragraph.about.is_none())
    };
    paragraphs.iter().map(of).collect()
}

/// Whether the first word of a text is the domain's name.
fn is_name(text: &str, domain: &Name) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default().trim_end_matches('.');
    word.contains('.') && Name::from_unicode(word).is_ok_and(|name| name == *domain)
}

#[derive(Debug)]
struct Reader<'a> {
    draft: Draft<'a>,
    default: Role,
    domain: &'a Name,
    subject: Subject,
    firm: bool,
    /// Where the head of the section stands.
    indent: usize,
    /// Whether the section has anything yet.
    filled: bool,
    /// The label whose value is expected on deeper lines, and where it stands.
    pending: Option<(Target, usize)>,
    /// The line of that label.
    pending_line: usize,
    /// Whom the last label named, and where it stands.
    named: Option<(Subject, usize)>,
    last: Option<Field>,
    paragraph: usize,
    start: bool,
}

/// Whether a value is the head again, in another language: `Contact Information: [公開連絡窓口]`.
fn is_translation(value: &str) -> bool {
    value.starts_with('[') && value.ends_with(']') && !value.is_ascii()
}

/// A value that is a label and a value again.
fn labelled(text: &str) -> Option<(Field, &str)> {
    let (label, value) = text.split_once(": ")?;
    let field = meaning(label, &mut String::new())?.field?;
    Some((field, value.trim()))
}

/// Whether a label of the domain has one value, which may stand below it without indent.
fn is_single(target: Target) -> bool {
    matches!(
        target,
        Target::Domain(DomainField::Name | DomainField::Created | DomainField::Updated | DomainField::Expires)
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Domain(DomainField),
    Party(Subject, Field),
}

impl<'a> Reader<'a> {
    fn new(default: Role, domain: &'a Name) -> Reader<'a> {
        Reader {
            draft: Draft::default(),
            default,
            domain,
            subject: Subject::Domain,
            firm: false,
            indent: 0,
            filled: false,
            pending: None,
            pending_line: 0,
            named: None,
            last: None,
            paragraph: usize::MAX,
            start: true,
        }
    }

    fn line(&mut self, line: &Line<'a>, paragraph: Paragraph<'_>) {
        if matches!(line.kind, Kind::Blank) {
            return;
        }
        self.draft.lines += 1;
        if matches!(line.kind, Kind::Comment | Kind::Footer) {
            return;
        }
        self.start = line.paragraph != self.paragraph;
        if self.start {
            self.paragraph = line.paragraph;
            self.open(line, paragraph);
        }
        match line.kind {
            Kind::Known(meaning, value) => self.known(line, paragraph, meaning, value),
            Kind::Unknown(text) => self.unknown(line, text),
            Kind::Text(text) => self.text(line, text),
            Kind::Blank | Kind::Comment | Kind::Footer => {}
        }
    }

    /// The first line of a paragraph: does the section go on?
    fn open(&mut self, line: &Line<'a>, paragraph: Paragraph<'_>) {
        let goes_on = !matches!(self.subject, Subject::Domain | Subject::Object(_))
            && self.firm
            && (!self.filled || line.indent > self.indent);
        if goes_on {
            return;
        }
        self.turn(Subject::Domain, false, line.indent);
        self.pending = self.pending.filter(|(_, indent)| line.indent > *indent);
        if paragraph.handle && !paragraph.domain {
            self.begin_object(line.indent);
        }
    }

    fn begin_object(&mut self, indent: usize) {
        let at = self.draft.objects.len();
        if at >= OBJECTS_MAX {
            return self.turn(Subject::Other, true, indent);
        }
        self.draft.objects.push(Party::default());
        self.turn(Subject::Object(at), true, indent);
    }

    fn turn(&mut self, subject: Subject, firm: bool, indent: usize) {
        (self.subject, self.firm, self.indent) = (subject, firm, indent);
        (self.filled, self.last) = (false, None);
    }

    fn known(&mut self, line: &Line<'a>, paragraph: Paragraph<'_>, meaning: Meaning, value: &'a str) {
        self.named = None;
        let pending = self.pending.take().map(|(target, _)| target);
        if pending == Some(Target::Domain(DomainField::Name)) && meaning.field == Some(Field::Name) {
            return self.domain(line, DomainField::Name, value); // `Domain:` and below it `name: a.example`
        }
        let is_object = matches!(self.subject, Subject::Object(_));
        let in_party = self.firm && !matches!(self.subject, Subject::Domain | Subject::Servers);
        let set_aside = matches!(meaning.field, Some(Field::Ignored | Field::Type)) && meaning.domain.is_some();
        if meaning.domain == Some(DomainField::ContactType) {
            self.contact_type(line, value);
        } else if let Some((whose, field)) = meaning.of {
            self.field(line, whose, field, value);
            self.named = Some((whose, line.indent));
        } else if let Some(role) = meaning.role.filter(|_| value.is_empty() || is_translation(value)) {
            self.turn(role, true, line.indent);
        } else if let Some(field) = meaning.field.filter(|_| in_party && (!set_aside || self.filled || is_object)) {
            self.own_field(line, paragraph, field, value);
        } else if let Some(field) = meaning.domain {
            self.domain(line, field, value);
        } else if let Some(role) = meaning.role {
            self.role(line, paragraph, role, value);
        } else if let Some(field) = meaning.field {
            self.own_field(line, paragraph, field, value);
        }
    }

    /// `Contact Type: admin` opens a section.
    fn contact_type(&mut self, line: &Line<'a>, value: &str) {
        let role = meaning(value, &mut String::new()).and_then(|meaning| meaning.role);
        self.turn(role.unwrap_or(Subject::Other), true, line.indent);
    }

    /// `registrant: Example Ltd` or `admin-c: AB12-RIPE`.
    fn role(&mut self, line: &Line<'a>, paragraph: Paragraph<'_>, role: Subject, value: &'a str) {
        if matches!(self.subject, Subject::Object(_)) {
            return; // an object's own contacts
        }
        if !(self.firm && self.subject == role) {
            let firm = self.start && !paragraph.domain && paragraph.labels > 1;
            self.turn(role, firm, line.indent);
        }
        self.filled = true;
        if let Some((field, value)) = labelled(value) {
            return self.field(line, role, field, value); // `Registrar Contact Information: Email: a@b.example`
        }
        self.pend(Target::Party(role, Field::Text), line);
        let Some(party) = self.party(role).filter(|_| !value.contains("://") || role == Subject::Registrar) else {
            return;
        };
        if looks_like_handle(value) && role != Subject::Registrar {
            party.add(Field::Handle, value);
        } else {
            party.add(Field::Text, value);
        }
    }

    /// A field without a name: whose is it?
    fn own_field(&mut self, line: &Line<'a>, paragraph: Paragraph<'_>, field: Field, value: &'a str) {
        if field == Field::Name && self.subject == Subject::Domain && is_name(value, self.domain) {
            return self.domain(line, DomainField::Name, value); // `name: a.example` below `--- !Domain`
        }
        if self.start && field == Field::Name && self.subject == Subject::Domain && !paragraph.domain {
            let role = meaning(value, &mut String::new()).and_then(|meaning| meaning.role);
            if let Some(role) = role.filter(|_| !value.contains(' ')) {
                return self.turn(role, true, line.indent); // `contact: administrative`
            }
            if looks_like_handle(value) || (paragraph.labels > 2 && !value.contains([' ', '@', '.'])) {
                self.begin_object(line.indent); // `contact: AB12`
                return self.field(line, self.subject, Field::Handle, value);
            }
        }
        let whose = match self.subject {
            Subject::Servers => return self.server(value),
            Subject::Domain => Subject::Contact(self.default),
            Subject::Registrar | Subject::Reseller if !self.firm && field != Field::Url => {
                Subject::Contact(self.default)
            }
            subject => subject,
        };
        self.field(line, whose, field, value);
    }

    fn server(&mut self, value: &str) {
        self.filled = true;
        self.draft.servers.add(value);
    }

    fn glue(&mut self, value: &str) {
        self.draft.servers.add_addresses(value);
    }

    fn field(&mut self, line: &Line<'a>, whose: Subject, field: Field, value: &'a str) {
        self.filled |= whose == self.subject;
        self.last = Some(field);
        if value.is_empty() {
            self.pend(Target::Party(whose, field), line);
        } else if let Some(party) = self.party(whose) {
            party.add(field, value);
        }
    }

    fn party(&mut self, subject: Subject) -> Option<&mut Party<'a>> {
        match subject {
            Subject::Contact(role) => {
                let at = Role::CONTACTS.iter().position(|known| *known == role)?;
                self.draft.contacts.get_mut(at)
            }
            Subject::Registrar => Some(&mut self.draft.registrar),
            Subject::Reseller => Some(&mut self.draft.reseller),
            Subject::Object(at) => self.draft.objects.get_mut(at),
            Subject::Domain | Subject::Servers | Subject::Other => None,
        }
    }

    fn domain(&mut self, line: &Line<'a>, field: DomainField, value: &'a str) {
        let opens = field == DomainField::Servers && value.is_empty();
        if matches!(self.subject, Subject::Object(_)) && !opens {
            if let Ok(address) = value.parse::<std::net::IpAddr>() {
                self.draft.servers.add_address(address);
            }
            return;
        }
        match field {
            DomainField::Servers if value.is_empty() => self.turn(Subject::Servers, true, line.indent),
            DomainField::Servers => {
                if self.subject != Subject::Servers {
                    self.turn(Subject::Domain, false, line.indent);
                }
                self.draft.servers.add(value);
                self.filled = true;
                self.pend(Target::Domain(field), line);
            }
            DomainField::Glue => self.glue(value),
            DomainField::Ignored if !value.is_empty() => self.glue_remark(value),
            _ if value.is_empty() => self.unfold(field, line),
            _ => {
                if field == DomainField::Name {
                    self.turn(Subject::Domain, false, line.indent);
                }
                self.draft.domain.push((field, value, line.number));
            }
        }
    }

    /// Some registries write the address of a name server as a remark under it.
    fn glue_remark(&mut self, value: &str) {
        if let Ok(address) = value.parse() {
            self.draft.servers.add_address(address);
        }
    }

    /// A label of the domain without a value: what it has may stand on deeper lines.
    fn unfold(&mut self, field: DomainField, line: &Line<'a>) {
        if self.firm && line.indent <= self.indent {
            self.turn(Subject::Domain, false, line.indent);
        }
        self.pend(Target::Domain(field), line);
    }

    fn pend(&mut self, target: Target, line: &Line<'a>) {
        self.pending = Some((target, line.indent));
        self.pending_line = line.number;
    }

    fn unknown(&mut self, line: &Line<'a>, text: &'a str) {
        self.pending = None;
        self.last = None;
        self.draft.unknown.push((line.number, text));
    }

    fn text(&mut self, line: &Line<'a>, text: &'a str) {
        if let Some((target, indent)) = self.pending {
            let below = line.number == self.pending_line + 1 && is_single(target) && line.indent == indent;
            if line.indent > indent || below {
                return self.unfolded(line, target, text);
            }
            self.pending = None;
        }
        if let Some((whose, indent)) = self.named.filter(|_| self.subject == Subject::Domain || !self.firm)
            && line.indent > indent
            && let Some(party) = self.party(whose)
        {
            return party.add(Field::Text, text);
        }
        match self.subject {
            Subject::Servers => {
                self.filled = true;
                if !self.draft.servers.add_line(text) {
                    self.lost(line, text);
                }
            }
            Subject::Domain => self.lost(line, text),
            subject => {
                self.filled = true;
                let field = if self.last == Some(Field::Street) { Field::Street } else { Field::Text };
                if let Some(party) = self.party(subject) {
                    party.add(field, text);
                }
            }
        }
    }

    fn unfolded(&mut self, line: &Line<'a>, target: Target, text: &'a str) {
        match target {
            Target::Domain(DomainField::Ignored) => {}
            Target::Domain(DomainField::Servers) => _ = self.draft.servers.add_line(text),
            Target::Domain(field) => self.draft.domain.push((field, text, line.number)),
            Target::Party(whose, field) => {
                if let Some(party) = self.party(whose) {
                    party.add(field, text);
                }
            }
        }
    }

    /// Text that belongs to nothing: a notice where it is a sentence, else it was not understood.
    fn lost(&mut self, line: &Line<'a>, text: &'a str) {
        if text.split_whitespace().nth(PROSE_WORDS - 1).is_none() {
            self.draft.unknown.push((line.number, text));
        }
    }
}
