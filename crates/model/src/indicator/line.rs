//! Values that are a line of text.

const OCTETS_MAX: usize = 4096;

/// Hives of the registry: how they are abbreviated, and their names.
const HIVES: [(&str, &str); 6] = [
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKCR", "HKEY_CLASSES_ROOT"),
    ("HKU", "HKEY_USERS"),
    ("HKCC", "HKEY_CURRENT_CONFIG"),
    ("HKPD", "HKEY_PERFORMANCE_DATA"),
];

/// One line of text: trimmed, not empty, at most 4096 octets, without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(Box<str>);

impl Line {
    pub(super) fn parse(text: &str) -> Result<Line, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("nothing there".into());
        }
        if text.len() > OCTETS_MAX {
            return Err(format!("longer than {OCTETS_MAX} octets"));
        }
        if text.chars().any(char::is_control) {
            Err("control characters are not allowed".into())
        } else {
            Ok(Line(text.into()))
        }
    }

    /// A registry key: its hive in full, one backslash between keys, none at the end.
    pub(super) fn registry_key(text: &str) -> Result<Line, String> {
        let line = Line::parse(text.trim_end_matches(|c: char| c == '\\' || c.is_whitespace()))?;
        let mut keys = line.0.split('\\').filter(|key| !key.is_empty());
        let first = keys.next().filter(|_| !line.0.starts_with('\\')).unwrap_or_default().trim_end_matches(':');
        let named = |(short, full): &&(&str, &str)| [short, full].iter().any(|hive| hive.eq_ignore_ascii_case(first));
        let (_, hive) = HIVES.iter().find(named).ok_or(r"begin with a hive, as in HKLM\Software")?;
        Line::parse(&std::iter::once(*hive).chain(keys).collect::<Vec<_>>().join("\\"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
