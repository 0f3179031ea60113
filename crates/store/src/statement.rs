//! Statements that are registered, so that a test can prepare every one of them on both engines, and statements that
//! are put together with bound values only.

use model::ReadableOwners;

use crate::value::Value;

/// A registered statement.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its text, with `$1…$n`.
    pub text: &'static str,
}

/// Registers statements: a constant each, and `STATEMENTS` for all of them, which `lib.rs` lists.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $( $(#[$doc])* const $name: $crate::statement::Statement =
            $crate::statement::Statement { name: concat!(module_path!(), "::", stringify!($name)), text: $text }; )+

        pub(super) const STATEMENTS: &[$crate::statement::Statement] = &[$($name),+];
    };
}
pub(crate) use statements;

/// A statement that is put together. Text comes from this crate alone; whatever comes from outside is bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sql {
    /// The text so far.
    pub(crate) text: String,
    /// The values so far.
    pub(crate) values: Vec<Value>,
}

impl Sql {
    /// Begins with a text.
    pub(crate) fn new(text: &'static str) -> Sql {
        Sql { text: text.to_owned(), values: Vec::new() }
    }

    /// Adds text.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Adds a value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Sql {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Adds a row of values in parentheses.
    pub(crate) fn bind_row(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Sql {
        self.bind_all(values)
    }

    /// Adds a list of values in parentheses; an empty one is `(NULL)`, which nothing is in.
    pub(crate) fn bind_all<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Sql {
        let mut any = false;
        for value in values {
            self.push(if any { ", " } else { "(" }).bind(value);
            any = true;
        }
        self.push(if any { ")" } else { "(NULL)" })
    }

    /// Adds `COLUMN IN (the owners that may be read)`: the one condition that keeps others' things out.
    pub(crate) fn readable(&mut self, column: &'static str, owners: &ReadableOwners) -> &mut Sql {
        match owners.only() {
            None => self.push("1 = 1"),
            Some(owners) => self.push(column).push(" IN ").bind_all(owners),
        }
    }
}
