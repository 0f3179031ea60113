//! The few places where the two engines' SQL differs.
//!
//! Everything is written once, in a subset that both understand: `$1…$n` for values, `BIGINT`, `TEXT`, `BYTEA`,
//! `INSERT … ON CONFLICT … DO UPDATE … RETURNING`, explicit `NULLS LAST`. SQLite numbers `$n` by first appearance, so
//! it gets `?n`.

use std::borrow::Cow;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One file beside the observations.
    Sqlite,
    /// A server.
    Postgres,
}

impl Dialect {
    /// A statement in this engine's words.
    pub(crate) fn statement(self, text: &str) -> Cow<'_, str> {
        match self {
            Dialect::Sqlite => Cow::Owned(text.replace('$', "?")),
            Dialect::Postgres => Cow::Borrowed(text),
        }
    }

    /// A migration in this engine's words, statement by statement.
    pub(crate) fn migration(self, text: &str) -> Vec<String> {
        let mut lines = String::new();
        let mut wanted = true;
        for line in text.lines() {
            match line.trim() {
                "-- only sqlite" => wanted = self == Dialect::Sqlite,
                "-- only postgres" => wanted = self == Dialect::Postgres,
                "-- both" => wanted = true,
                comment if comment.starts_with("--") => {}
                _ if wanted => {
                    lines.push_str(line);
                    lines.push('\n');
                }
                _ => {}
            }
        }
        statements(&lines).map(|statement| self.types(statement)).collect()
    }

    fn types(self, statement: &str) -> String {
        match self {
            Dialect::Sqlite => statement.replace(" BIGINT", " INTEGER").replace(" BYTEA", " BLOB"),
            // Order and equality as SQLite has them: by octets.
            Dialect::Postgres => statement
                .replace(" STRICT, WITHOUT ROWID", "")
                .replace(" STRICT", "")
                .replace(" TEXT", " TEXT COLLATE \"C\""),
        }
    }
}

/// Statements end with a semicolon at the end of a line that is not indented (those of a trigger's body are).
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            at += line.len();
            if line.trim_end().ends_with(';') && !line.starts_with(' ') {
                let (statement, after) = rest.split_at(at);
                rest = after;
                return Some(statement.trim().trim_end_matches(';'));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_both() {
        let text = "-- why\nCREATE TABLE a (\n    id BYTEA PRIMARY KEY,\n    t TEXT NOT NULL\n) STRICT, WITHOUT ROWID;\n\
                    -- only sqlite\nCREATE TRIGGER x BEGIN\n    DELETE FROM a;\nEND;\n-- only postgres\nCREATE EXTENSION y;\n-- both\nDROP z;\n";
        assert_eq!(
            Dialect::Sqlite.migration(text),
            [
                "CREATE TABLE a (\n    id BLOB PRIMARY KEY,\n    t TEXT NOT NULL\n) STRICT, WITHOUT ROWID",
                "CREATE TRIGGER x BEGIN\n    DELETE FROM a;\nEND",
                "DROP z"
            ]
        );
        assert_eq!(
            Dialect::Postgres.migration(text),
            [
                "CREATE TABLE a (\n    id BYTEA PRIMARY KEY,\n    t TEXT COLLATE \"C\" NOT NULL\n)",
                "CREATE EXTENSION y",
                "DROP z"
            ]
        );
        assert_eq!(Dialect::Sqlite.statement("SELECT $2, $1"), "SELECT ?2, ?1");
    }
}
