//! Plain lists: one value a line.
//!
//! Lines that begin with `#`, `;`, `//` or `!` are comments; what follows a value after a blank and one of the first
//! three is taken for its description. Values may be defanged, have a port or a path, or stand behind an address as in
//! a hosts file.

use std::net::IpAddr;

use model::IndicatorType;

use super::{Entry, Refusal, Stated, value};

/// Reads a list, all of whose values are of `kind` where one is given.
pub fn read(text: &str, kind: Option<IndicatorType>) -> impl Iterator<Item = Entry> + '_ {
    let lines = text.lines().enumerate();
    lines.filter_map(move |(at, line)| one(at + 1, line.trim_matches(is_blank), kind))
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn one(number: usize, line: &str, kind: Option<IndicatorType>) -> Option<Entry> {
    if line.is_empty() || ["#", ";", "//", "!"].iter().any(|mark| line.starts_with(mark)) {
        return None;
    }
    let (text, comment) = split_comment(line);
    Some(match value::read(hosts_file_name(text), kind) {
        Ok(found) => {
            let mut stated = Stated::new(number, found.indicator);
            stated.note = found.note.map(str::to_owned);
            if let Some(comment) = comment {
                stated.description = stated.cut(comment);
            }
            Ok(stated)
        }
        Err(why) => Err(Refusal::new(number, line, why)),
    })
}

/// The value, and what stands behind a blank and a comment mark. `//` inside a link has no blank before it.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let marks = [" #", "\t#", " ;", "\t;", " //", "\t//"];
    let Some(at) = marks.iter().filter_map(|mark| line.find(mark)).min() else { return (line, None) };
    let (text, comment) = line.split_at(at);
    let comment = comment.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | ';' | '/')).trim();
    (text.trim(), Some(comment).filter(|comment| !comment.is_empty()))
}

/// `0.0.0.0 name` and `127.0.0.1 name` state the name.
fn hosts_file_name(text: &str) -> &str {
    let Some((address, name)) = text.split_once(char::is_whitespace) else { return text };
    let nowhere = address.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified() || address.is_loopback());
    if nowhere { name.trim() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Taken;

    #[test]
    fn values_comments_and_refusals_by_line() {
        let text = "\u{feff}# a family of widgets\n\nwidgets.example # seen in March\n192.0.2.1:81\n0.0.0.0 gadgets.example\n\
                    ; nothing\nhxxps://widgets[.]example/a//b // its gate\n/gate.php\nno value at all\n";
        let taken = Taken::of(read(text, None));
        let stated: Vec<_> =
            taken.stated.iter().map(|s| (s.line, s.indicator.canonical(), s.description.clone())).collect();
        assert_eq!(
            stated,
            [
                (3, "widgets.example".into(), Some("seen in March".into())),
                (4, "192.0.2.1".into(), None),
                (5, "gadgets.example".into(), None),
                (7, "https://widgets.example/a//b".into(), Some("its gate".into())),
            ]
        );
        let refused: Vec<_> = taken.refused.iter().map(|refusal| refusal.line).collect();
        assert_eq!(refused, [8, 9]);
        assert_eq!(taken.refused[0].to_string(), "line 8: a path alone is no indicator: `/gate.php`");
    }

    #[test]
    fn a_list_of_one_type() {
        let taken = Taken::of(read("Mozilla/4.0 (widget)\n", Some(IndicatorType::UserAgent)));
        assert_eq!(taken.stated[0].indicator.canonical(), "Mozilla/4.0 (widget)");
    }
}
