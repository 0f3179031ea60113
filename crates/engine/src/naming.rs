//! What two names have in common: uncommon tokens and long runs of letters. Names support a link; they make none.

use model::Name;

/// How alike two domains are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Nothing that says anything.
    None,
    /// They share this run of letters.
    Substring(String),
    /// They share this uncommon token.
    Token(String),
}

/// Tokens shorter than this say nothing.
const TOKEN_LETTERS_MIN: usize = 5;
/// Runs shorter than this say nothing.
const RUN_LETTERS_MIN: usize = 6;

/// Compares the leftmost labels of two registrable domains.
pub fn likeness(a: &Name, b: &Name) -> Likeness {
    let (Some(a), Some(b)) = (leftmost(a), leftmost(b)) else { return Likeness::None };
    let uncommon = |token: &&str| token.len() >= TOKEN_LETTERS_MIN && !COMMON.contains(token);
    if let Some(token) = tokens(&a).filter(uncommon).find(|token| tokens(&b).any(|other| other == *token)) {
        return Likeness::Token(token.to_owned());
    }
    match longest_run(&a, &b) {
        run if run.len() >= RUN_LETTERS_MIN && !COMMON.contains(&run.as_str()) => Likeness::Substring(run),
        _ => Likeness::None,
    }
}

fn leftmost(domain: &Name) -> Option<String> {
    let label = domain.labels().next()?;
    Some(String::from_utf8_lossy(label).into_owned())
}

fn tokens(label: &str) -> impl Iterator<Item = &str> {
    label.split(|c: char| !c.is_ascii_alphabetic()).filter(|token| !token.is_empty())
}

/// The longest run of letters in both; quadratic, but labels have at most 63 octets.
fn longest_run(a: &str, b: &str) -> String {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut best, mut before) = (0..0, vec![0usize; b.len() + 1]);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![0usize; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            if x == y && x.is_ascii_alphabetic() {
                row[j + 1] = before[j] + 1;
                if row[j + 1] > best.len() {
                    best = i + 1 - row[j + 1]..i + 1;
                }
            }
        }
        before = row;
    }
    String::from_utf8_lossy(&a[best]).into_owned()
}

/// Words of so many names that sharing one says nothing.
const COMMON: &[&str] = &[
    "account",
    "accounts",
    "admin",
    "agency",
    "analytics",
    "backup",
    "bank",
    "billing",
    "center",
    "central",
    "centre",
    "client",
    "cloud",
    "connect",
    "consulting",
    "content",
    "delivery",
    "design",
    "digital",
    "direct",
    "domain",
    "email",
    "energy",
    "export",
    "files",
    "finance",
    "global",
    "group",
    "health",
    "hosting",
    "image",
    "images",
    "insurance",
    "international",
    "internet",
    "login",
    "logistics",
    "market",
    "marketing",
    "media",
    "mobile",
    "network",
    "networks",
    "office",
    "online",
    "partner",
    "partners",
    "payment",
    "photo",
    "portal",
    "print",
    "private",
    "project",
    "proxy",
    "public",
    "remote",
    "report",
    "sales",
    "school",
    "search",
    "secure",
    "security",
    "server",
    "service",
    "services",
    "signin",
    "social",
    "software",
    "solutions",
    "static",
    "status",
    "storage",
    "store",
    "stream",
    "studio",
    "support",
    "system",
    "systems",
    "team",
    "tech",
    "technology",
    "tools",
    "trade",
    "travel",
    "update",
    "updates",
    "upload",
    "verify",
    "video",
    "wallet",
    "website",
    "world",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncommon_tokens_and_runs_only() {
        let of = |a: &str, b: &str| likeness(&a.parse().unwrap(), &b.parse().unwrap());
        assert_eq!(of("velkaro-update.test", "cdn-velkaro.example"), Likeness::Token("velkaro".into()));
        assert_eq!(of("velkaronet.test", "myvelkaro.test"), Likeness::Substring("velkaro".into()));
        assert_eq!(of("secure-login.test", "secure-bank.test"), Likeness::None);
        assert_eq!(of("aaa.test", "bbb.test"), Likeness::None);
    }
}
