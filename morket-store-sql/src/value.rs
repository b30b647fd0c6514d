//! Values as both dialects bind and return them, and rows read in the order they were written.

use crate::Table;
use morket_core::{Credits, Error, Result, Timestamp};
use uuid::Uuid;

/// What a column holds. Everything Morket stores is one of four kinds, each of which may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A 64-bit integer: numbers, times, amounts, enums.
    Int,
    /// Text, JSON documents included.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID: its own type where the database has one, 16 bytes elsewhere.
    Uuid,
}

/// A value to bind, or one that came back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// An integer.
    Int(Option<i64>),
    /// Text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// A UUID.
    Uuid(Option<Uuid>),
}

macro_rules! values {
    ($($variant:ident: $($from:ty => $convert:expr),*;)*) => {$($(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                let convert: fn($from) -> _ = $convert;
                Self::$variant(Some(convert(value)))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                let convert: fn($from) -> _ = $convert;
                Self::$variant(value.map(convert))
            }
        }
    )*)*};
}

values! {
    Int: i64 => |it| it, u32 => i64::from, u8 => i64::from, bool => i64::from,
        Timestamp => Timestamp::micros, Credits => |it| it.0;
    Text: String => |it| it, &str => str::to_owned;
    Bytes: Vec<u8> => |it| it, [u8; 32] => |it| it.to_vec(), &[u8] => <[u8]>::to_vec;
    Uuid: Uuid => |it| it;
}

macro_rules! id_values {
    ($($id:ident),*) => {$(
        impl From<morket_core::$id> for Value {
            fn from(id: morket_core::$id) -> Self {
                Self::Uuid(Some(id.0))
            }
        }

        impl From<Option<morket_core::$id>> for Value {
            fn from(id: Option<morket_core::$id>) -> Self {
                Self::Uuid(id.map(|it| it.0))
            }
        }
    )*};
}

id_values!(
    WorkspaceId,
    UserId,
    SessionId,
    TokenId,
    InvitationId,
    CredentialId,
    ErasureId,
    HoldId,
    JobId,
    CallId,
    EventId,
    WebhookId,
    DeliveryId
);

/// A list of values of any of the kinds, in order.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// A row that came back, read column by column in the order of its table or its query.
#[derive(Clone, Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// A row of these values.
    pub fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    /// All columns, each of the kind it has in the table: a database without column types returns
    /// nulls and ids as something else.
    pub(crate) fn typed(mut self, table: &Table) -> Result<Vec<Value>> {
        let value = |kind| {
            Ok(match kind {
                Kind::Int => Value::Int(self.maybe_int()?),
                Kind::Text => Value::Text(self.maybe_text()?),
                Kind::Bytes => Value::Bytes(self.maybe_bytes()?),
                Kind::Uuid => Value::Uuid(self.maybe_uuid()?),
            })
        };
        table.columns.iter().map(|(_, kind)| *kind).map(value).collect()
    }

    /// The next column: an integer or null.
    pub fn maybe_int(&mut self) -> Result<Option<i64>> {
        match self.0.next() {
            Some(Value::Int(value)) => Ok(value),
            other => null_or_wrong(other, "an integer"),
        }
    }

    /// The next column: an integer.
    pub fn int(&mut self) -> Result<i64> {
        self.maybe_int()?.ok_or_else(|| wrong("an integer", "null"))
    }

    /// The next column: an integer that fits 32 bits.
    pub fn small(&mut self) -> Result<u32> {
        u32::try_from(self.int()?).map_err(|_| wrong("a small integer", "a large one"))
    }

    /// The next column: a truth.
    pub fn flag(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    /// The next column: a number that stands for one of a few things.
    pub fn one_of<T>(&mut self, from_number: fn(i64) -> Option<T>) -> Result<T> {
        let number = self.int()?;
        from_number(number).ok_or_else(|| wrong("a known number", &number.to_string()))
    }

    /// The next column: an instant or null.
    pub fn maybe_time(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.maybe_int()?.map(Timestamp::from_micros))
    }

    /// The next column: an instant.
    pub fn time(&mut self) -> Result<Timestamp> {
        self.int().map(Timestamp::from_micros)
    }

    /// The next column: text or null.
    pub fn maybe_text(&mut self) -> Result<Option<String>> {
        match self.0.next() {
            Some(Value::Text(value)) => Ok(value),
            other => null_or_wrong(other, "text"),
        }
    }

    /// The next column: text.
    pub fn text(&mut self) -> Result<String> {
        self.maybe_text()?.ok_or_else(|| wrong("text", "null"))
    }

    /// The next column: a JSON document or null.
    pub fn maybe_json(&mut self) -> Result<Option<serde_json::Value>> {
        let parse = |text: String| {
            serde_json::from_str(&text).map_err(|e| wrong("a JSON document", "text").caused_by(e))
        };
        self.maybe_text()?.map(parse).transpose()
    }

    /// The next column: a JSON document.
    pub fn json(&mut self) -> Result<serde_json::Value> {
        self.maybe_json()?.ok_or_else(|| wrong("a JSON document", "null"))
    }

    /// The next column: bytes or null.
    pub fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>> {
        match self.0.next() {
            Some(Value::Bytes(value)) => Ok(value),
            other => null_or_wrong(other, "bytes"),
        }
    }

    /// The next column: bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        self.maybe_bytes()?.ok_or_else(|| wrong("bytes", "null"))
    }

    /// The next column: a SHA-256 value.
    pub fn hash(&mut self) -> Result<[u8; 32]> {
        self.bytes()?.try_into().map_err(|_| wrong("32 bytes", "another length"))
    }

    /// The next column: a UUID or null; a database without the type returns 16 bytes.
    pub fn maybe_uuid(&mut self) -> Result<Option<Uuid>> {
        match self.0.next() {
            Some(Value::Uuid(value)) => Ok(value),
            Some(Value::Bytes(Some(bytes))) => {
                Uuid::from_slice(&bytes).map(Some).map_err(|_| wrong("a UUID", "other bytes"))
            }
            other => null_or_wrong(other, "a UUID"),
        }
    }

    /// The next column: a UUID.
    pub fn uuid(&mut self) -> Result<Uuid> {
        self.maybe_uuid()?.ok_or_else(|| wrong("a UUID", "null"))
    }
}

/// A null comes back without its kind from a database that has no column types.
fn null_or_wrong<T>(found: Option<Value>, wanted: &str) -> Result<Option<T>> {
    match found {
        Some(Value::Int(None) | Value::Text(None) | Value::Bytes(None) | Value::Uuid(None)) => {
            Ok(None)
        }
        Some(Value::Int(_)) => Err(wrong(wanted, "an integer")),
        Some(Value::Text(_)) => Err(wrong(wanted, "text")),
        Some(Value::Bytes(_)) => Err(wrong(wanted, "bytes")),
        Some(Value::Uuid(_)) => Err(wrong(wanted, "a UUID")),
        None => Err(wrong(wanted, "no column")),
    }
}

fn wrong(wanted: &str, found: &str) -> Error {
    Error::internal("store.row", format!("expected {wanted}, found {found}"))
}
