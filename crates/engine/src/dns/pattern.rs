//! Text patterns over names and data: extended regular expressions and globs, matched in linear time whatever they are.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::Error;

/// Octets of a pattern.
const PATTERN_MAX: usize = 1_024;
/// Octets of the automaton that a pattern may become.
const COMPILED_MAX: usize = 1 << 20;

/// A pattern over presentation form, names with their final dot. Case does not matter.
#[derive(Clone, Debug)]
pub struct Pattern {
    matches: Regex,
    exclude: Option<Regex>,
    /// Labels that every match ends in, where the pattern says so: less has to be read.
    suffix: Option<String>,
}

impl Pattern {
    /// A regular expression that matches anywhere, as `egrep` has it: no back-references, no look-around.
    pub fn regex(text: &str, exclude: Option<&str>) -> Result<Pattern, Error> {
        let exclude = exclude.map(|text| compile("exclude", text)).transpose()?;
        Ok(Pattern { matches: compile("pattern", text)?, exclude, suffix: None })
    }

    /// A glob that matches the whole: `*` any octets, `?` one, `[a-z]` one of these. The final dot may be left out.
    pub fn glob(text: &str, exclude: Option<&str>) -> Result<Pattern, Error> {
        let exclude = exclude.map(|text| compile("exclude", &translated(text)?)).transpose()?;
        let matches = compile("pattern", &translated(text)?)?;
        Ok(Pattern { matches, exclude, suffix: literal_suffix(text) })
    }

    /// Whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matches.is_match(text.as_bytes())
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(text.as_bytes()))
    }

    /// The labels that every match ends in.
    pub(super) fn suffix(&self) -> Option<&str> {
        self.suffix.as_deref()
    }
}

fn compile(field: &str, text: &str) -> Result<Regex, Error> {
    if text.is_empty() || text.len() > PATTERN_MAX {
        return Err(Error::invalid(field, format!("1 to {PATTERN_MAX} octets")));
    }
    let mut builder = RegexBuilder::new(text);
    builder.case_insensitive(true).unicode(false).size_limit(COMPILED_MAX).dfa_size_limit(COMPILED_MAX);
    builder.build().map_err(|error| Error::invalid(field, last_line(&error.to_string())))
}

/// What a pattern's error ends in: the words, without the drawing above them.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim().to_owned()
}

/// A glob as a regular expression.
fn translated(glob: &str) -> Result<String, Error> {
    let mut regex = String::from("^");
    let mut rest = glob.trim_end_matches('.').chars();
    while let Some(letter) = rest.next() {
        match letter {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let (class, after) = rest
                    .as_str()
                    .split_once(']')
                    .filter(|(class, _)| !class.trim_start_matches(['!', '^']).is_empty())
                    .ok_or_else(|| Error::invalid("pattern", "a `[` without its `]`"))?;
                let (negated, class) = match class.strip_prefix(['!', '^']) {
                    Some(class) => ("^", class),
                    None => ("", class),
                };
                let class = class
                    .replace('\\', "\\\\")
                    .replace('[', "\\[")
                    .replace("&&", "&\\&")
                    .replace("~~", "~\\~")
                    .replace("--", "-\\-");
                regex.push_str(&format!("[{negated}{class}]"));
                rest = after.chars();
            }
            letter => regex.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push_str("\\.?$");
    Ok(regex)
}

/// The whole labels behind the last wildcard of a glob.
fn literal_suffix(glob: &str) -> Option<String> {
    let at = glob.rfind(['*', '?', ']'])?;
    let (_, suffix) = glob.get(at + 1..)?.split_once('.')?;
    (!suffix.is_empty() && !suffix.contains('\\')).then(|| suffix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_the_whole() {
        let glob = |text: &str, name: &str| Pattern::glob(text, None).unwrap().matches(name);
        assert!(glob("*.widgets.example", "www.widgets.example."));
        assert!(glob("w?w.[a-w]idgets.*.", "WWW.widgets.example."));
        assert!(!glob("widgets", "widgets.example."));
        assert!(!glob("[!w]*", "www.example.") && glob("[!w]*", "a.example."));
        assert!(!Pattern::glob("*.example", Some("www.*")).unwrap().matches("www.example."));
        assert!(Pattern::glob("[", None).is_err() && Pattern::glob("[]", None).is_err());
        let suffix = |text: &str| Pattern::glob(text, None).unwrap().suffix().map(str::to_owned);
        assert_eq!(suffix("*.widgets.example."), Some("widgets.example.".into()));
        assert_eq!(suffix("a*b.example"), Some("example".into()));
        assert_eq!((suffix("www.*"), suffix("www")), (None, None));
    }

    #[test]
    fn patterns_are_bounded() {
        assert!(Pattern::regex("(a{1000}){1000}", None).is_err());
        assert!(Pattern::regex(&"a".repeat(PATTERN_MAX + 1), None).is_err());
        assert!(Pattern::regex("", None).is_err() && Pattern::regex(r"(a)\1", None).is_err());
        assert!(Pattern::regex(r"\.example\.$", None).unwrap().matches("www.EXAMPLE."));
    }
}
