//! Values on their way in and rows on their way out.

use model::{Id, Time};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::error::Error;

/// A value of one of the four types that both engines share.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A whole number; also moments, ranks, and yes and no.
    Int(i64),
    /// Text without NUL.
    Text(String),
    /// Octets; also ids.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($type:ty => |$value:ident| $made:expr),+ $(,)?) => { $(
        impl From<$type> for Value {
            fn from($value: $type) -> Value {
                $made
            }
        }
    )+ };
}

from! {
    i64 => |value| Value::Int(value),
    u8 => |value| Value::Int(i64::from(value)),
    u16 => |value| Value::Int(i64::from(value)),
    u32 => |value| Value::Int(i64::from(value)),
    bool => |value| Value::Int(i64::from(value)),
    Time => |value| Value::Int(value.0),
    &str => |value| Value::Text(value.to_owned()),
    String => |value| Value::Text(value),
    &String => |value| Value::Text(value.clone()),
    Vec<u8> => |value| Value::Bytes(value),
    &[u8] => |value| Value::Bytes(value.to_vec()),
    [u8; 32] => |value| Value::Bytes(value.to_vec()),
    Id => |value| Value::Bytes(value.0.to_vec()),
}

macro_rules! from_ids {
    ($($type:ident),+) => { $(
        impl From<model::$type> for Value {
            fn from(id: model::$type) -> Value {
                id.0.into()
            }
        }
    )+ };
}
from_ids!(
    OwnerId,
    UserId,
    TokenId,
    SessionId,
    IndicatorId,
    GroupId,
    AssociationId,
    AttributeId,
    SightingId,
    NoteId,
    ImportId,
    FeedId,
    FeedRunId,
    LabelListId,
    SearchId,
    AuditId,
    TrackId,
    HitId
);

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl Value {
    /// PostgreSQL holds no NUL in text; a value that one engine takes the other takes too.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Value::Text(text) if text.contains('\0') => Err(Error::Nul),
            _ => Ok(()),
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(octets) => ValueRef::Blob(octets),
        }))
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Value::Int(number) => number.to_sql(kind, out),
            Value::Text(text) => text.to_sql(kind, out),
            Value::Bytes(octets) => octets.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::TEXT | Type::VARCHAR | Type::BYTEA)
    }

    to_sql_checked!();
}

impl<'a> postgres::types::FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Value, Box<dyn std::error::Error + Sync + Send>> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Value::Int),
            Type::INT4 => i32::from_sql(kind, raw).map(|number| Value::Int(number.into())),
            Type::BYTEA => Vec::from_sql(kind, raw).map(Value::Bytes),
            _ => String::from_sql(kind, raw).map(Value::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Value, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(kind: &Type) -> bool {
        <Value as ToSql>::accepts(kind)
    }
}

/// A row of an answer. Columns are taken by position; what does not parse is [`Error::Corrupt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// A whole number.
    pub fn int(&self, column: usize) -> Result<i64, Error> {
        self.maybe_int(column)?.ok_or_else(|| self.unlike(column, "a number"))
    }

    /// A whole number or nothing.
    pub fn maybe_int(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unlike(column, "a number")),
        }
    }

    /// A whole number in the range of its type.
    pub fn small<T: TryFrom<i64>>(&self, column: usize) -> Result<T, Error> {
        T::try_from(self.int(column)?).map_err(|_| self.unlike(column, "a smaller number"))
    }

    /// A whole number in the range of its type, or nothing.
    pub fn maybe_small<T: TryFrom<i64>>(&self, column: usize) -> Result<Option<T>, Error> {
        let number = self.maybe_int(column)?;
        number.map(T::try_from).transpose().map_err(|_| self.unlike(column, "a smaller number"))
    }

    /// Yes or no.
    pub fn flag(&self, column: usize) -> Result<bool, Error> {
        self.int(column).map(|number| number != 0)
    }

    /// A moment.
    pub fn time(&self, column: usize) -> Result<Time, Error> {
        self.int(column).map(Time)
    }

    /// A moment or nothing.
    pub fn maybe_time(&self, column: usize) -> Result<Option<Time>, Error> {
        Ok(self.maybe_int(column)?.map(Time))
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<&str, Error> {
        self.maybe_text(column)?.ok_or_else(|| self.unlike(column, "text"))
    }

    /// Text or nothing.
    pub fn maybe_text(&self, column: usize) -> Result<Option<&str>, Error> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unlike(column, "text")),
        }
    }

    /// A word of a closed set, or anything else that is written as text.
    pub fn word<T: std::str::FromStr>(&self, column: usize) -> Result<T, Error> {
        self.text(column)?.parse().map_err(|_| self.unlike(column, "a known word"))
    }

    /// The same, or nothing.
    pub fn maybe_word<T: std::str::FromStr>(&self, column: usize) -> Result<Option<T>, Error> {
        let word = self.maybe_text(column)?.map(str::parse).transpose();
        word.map_err(|_| self.unlike(column, "a known word"))
    }

    /// A word of an ordered set, stored as its rank.
    pub fn rank<T: Copy>(&self, column: usize, all: &[T]) -> Result<T, Error> {
        let rank: usize = self.small(column)?;
        all.get(rank).copied().ok_or_else(|| self.unlike(column, "a known rank"))
    }

    /// A value stored as JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, Error> {
        serde_json::from_str(self.text(column)?).map_err(|_| self.unlike(column, "JSON of a known shape"))
    }

    /// The same, or nothing.
    pub fn maybe_json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<Option<T>, Error> {
        let json = self.maybe_text(column)?.map(serde_json::from_str).transpose();
        json.map_err(|_| self.unlike(column, "JSON of a known shape"))
    }

    /// Octets.
    pub fn bytes(&self, column: usize) -> Result<&[u8], Error> {
        self.maybe_bytes(column)?.ok_or_else(|| self.unlike(column, "octets"))
    }

    /// Octets or nothing.
    pub fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        match self.0.get(column) {
            Some(Value::Bytes(octets)) => Ok(Some(octets)),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unlike(column, "octets")),
        }
    }

    /// An id: `row.id(0).map(OwnerId)`.
    pub fn id(&self, column: usize) -> Result<Id, Error> {
        self.bytes(column)?.try_into().map(Id).map_err(|_| self.unlike(column, "an id"))
    }

    /// An id or nothing.
    pub fn maybe_id(&self, column: usize) -> Result<Option<Id>, Error> {
        let id = self.maybe_bytes(column)?.map(<[u8; 16]>::try_from).transpose();
        id.map(|id| id.map(Id)).map_err(|_| self.unlike(column, "an id"))
    }

    fn unlike(&self, column: usize, expected: &'static str) -> Error {
        let what = match self.0.get(column) {
            None => format!("no column {column}"),
            // Never the content: it may be secret.
            Some(Value::Null) => format!("nothing in column {column}"),
            Some(Value::Int(_)) => format!("a number in column {column}"),
            Some(Value::Text(_)) => format!("a text in column {column}"),
            Some(Value::Bytes(_)) => format!("octets in column {column}"),
        };
        Error::Corrupt { what, expected }
    }
}
