//! The list of what is dropped: zones by kind; the most specific line decides.

use hashbrown::HashMap;
use model::Name;

/// How many lines a list may have.
const LINES_MAX: usize = 100_000;
/// The kind of a line that takes a zone out again.
const KEEP: &str = "keep";

const BUNDLED: &str = include_str!("../../data/sensor-drop.txt");

/// What a sensor drops, by zone.
#[derive(Clone, Debug, Default)]
pub struct DropList {
    /// By the zone in wire form; kinds are few, so they are kept beside.
    zones: HashMap<Box<[u8]>, usize>,
    kinds: Vec<String>,
}

/// A line of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}: write a kind (or `keep`) and a zone")]
pub struct DropListError {
    line: usize,
    problem: String,
}

impl DropList {
    /// The list that is shipped.
    pub fn bundled() -> DropList {
        let mut list = DropList::default();
        list.add(BUNDLED).expect("the shipped list is read by a test");
        list
    }

    /// Adds the lines of another list; where both name a zone, the later decides.
    pub fn add(&mut self, text: &str) -> Result<(), DropListError> {
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let wrong = |problem: String| DropListError { line: at + 1, problem };
            if line.is_empty() {
                continue;
            }
            let mut words = line.split_whitespace();
            let (Some(kind), Some(zone), None) = (words.next(), words.next(), words.next()) else {
                return Err(wrong("not two words".into()));
            };
            let zone: Name = zone.parse().map_err(|error: model::name::NameError| wrong(error.to_string()))?;
            if self.zones.len() >= LINES_MAX {
                return Err(wrong(format!("more than {LINES_MAX} zones")));
            }
            let kind = self.kind_number(kind);
            self.zones.insert(zone.as_wire().into(), kind);
        }
        Ok(())
    }

    fn kind_number(&mut self, kind: &str) -> usize {
        self.kinds.iter().position(|known| known == kind).unwrap_or_else(|| {
            self.kinds.push(kind.to_owned());
            self.kinds.len() - 1
        })
    }

    /// Under which kind a name is dropped, given in folded wire form; none where it is kept.
    pub fn kind(&self, name: &[u8]) -> Option<&str> {
        let mut rest = name;
        loop {
            if let Some(kind) = self.zones.get(rest).and_then(|kind| self.kinds.get(*kind)) {
                return (kind != KEEP).then_some(kind);
            }
            let (&count, below) = rest.split_first()?;
            if count == 0 {
                return None;
            }
            rest = below.get(usize::from(count)..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind<'l>(list: &'l DropList, name: &str) -> Option<&'l str> {
        list.kind(Name::parse(name.as_bytes()).unwrap().as_wire())
    }

    #[test]
    fn the_shipped_list_knows_the_usual_suspects() {
        let list = DropList::bundled();
        assert_eq!(kind(&list, "printer.local"), Some("internal"));
        assert_eq!(kind(&list, "7.1.168.192.in-addr.arpa"), Some("private-reverse"));
        assert_eq!(kind(&list, "7.2.0.192.zen.spamhaus.org"), Some("block-list"));
        assert_eq!(kind(&list, "o-o.myaddr.l.google.com"), Some("echo"));
        for kept in ["widgets.example", "local.widgets.test", "7.2.0.192.in-addr.arpa", "google.com", "."] {
            assert_eq!(kind(&list, kept), None, "{kept}");
        }
    }

    #[test]
    fn a_team_adds_its_own_and_takes_out() {
        let mut list = DropList::bundled();
        list.add("own widgets.example # ours\n\nkeep www.widgets.example\nkeep spamhaus.org\n").unwrap();
        assert_eq!(kind(&list, "intern.widgets.example"), Some("own"));
        assert_eq!(kind(&list, "a.www.widgets.example"), None);
        assert_eq!(kind(&list, "zen.spamhaus.org"), None);
        let error = list.add("own a.example\nown\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not two words: write a kind (or `keep`) and a zone");
        assert!(list.add("own a..b").unwrap_err().to_string().contains("empty label"));
    }
}
