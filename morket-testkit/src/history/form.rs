//! How a value is written in a history and read from one: by the names it has in the sources, so
//! that a field which is added, renamed or removed does not compile until this is told.

use morket_core::Error;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What is wrong with what was read.
pub(super) type Read<T> = Result<T, String>;

/// A value with a written form.
pub(super) trait Form: Sized {
    /// How it is written.
    fn write(&self) -> Value;

    /// What was written.
    fn read(value: Value) -> Read<Self>;

    /// Whether it is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// What it is when it was left out, if it may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// The fields of something.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn of(value: Value) -> Read<Self> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            other => Err(format!("{other} should have fields")),
        }
    }

    /// The fields of one of several, and which one it is.
    pub(super) fn of_choice(value: Value) -> Read<(String, Self)> {
        match value {
            Value::String(name) => Ok((name, Self::default())),
            Value::Object(one) if one.len() == 1 => {
                let (name, fields) = one.into_iter().next().expect("it is one");
                Ok((name, Self::of(fields)?))
            }
            other => Err(format!("{other} should be one of several")),
        }
    }

    pub(super) fn put<T: Form>(&mut self, name: &str, value: &T) {
        if !value.is_absent() {
            self.0.insert(name.to_owned(), value.write());
        }
    }

    pub(super) fn take<T: Form>(&mut self, name: &str) -> Read<T> {
        match self.0.remove(name) {
            Some(value) => T::read(value).map_err(|it| format!("{name}: {it}")),
            None => T::absent().ok_or_else(|| format!("{name} is missing")),
        }
    }

    /// Nothing may be left over.
    pub(super) fn end(self) -> Read<()> {
        match self.0.keys().next() {
            Some(name) => Err(format!("{name} is unknown to this release")),
            None => Ok(()),
        }
    }

    pub(super) fn write(self) -> Value {
        Value::Object(self.0)
    }

    pub(super) fn write_choice(self, name: &str) -> Value {
        match self.0.is_empty() {
            true => name.into(),
            false => Value::Object([(name.to_owned(), self.write())].into_iter().collect()),
        }
    }
}

/// Structs, by their fields.
macro_rules! fields {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl $crate::history::form::Form for $name {
            fn write(&self) -> serde_json::Value {
                let Self { $($field),* } = self;
                let mut fields = $crate::history::form::Fields::default();
                $(fields.put(stringify!($field), $field);)*
                fields.write()
            }

            fn read(value: serde_json::Value) -> $crate::history::form::Read<Self> {
                let mut fields = $crate::history::form::Fields::of(value)?;
                let made = Self { $($field: fields.take(stringify!($field))?),* };
                fields.end()?;
                Ok(made)
            }
        }
    )*};
}

/// Enums, by their variants; what a variant holds has a name here if it has none there.
macro_rules! choices {
    ($($name:ident {
        $($variant:ident $(($($part:ident),+))? $({ $($field:ident),+ })?),* $(,)?
    })*) => {$(
        impl $crate::history::form::Form for $name {
            fn write(&self) -> serde_json::Value {
                match self {
                    $(Self::$variant $(($($part),+))? $({ $($field),+ })? => {
                        #[allow(unused_mut, reason = "some hold nothing")]
                        let mut fields = $crate::history::form::Fields::default();
                        $($(fields.put(stringify!($part), $part);)+)?
                        $($(fields.put(stringify!($field), $field);)+)?
                        fields.write_choice(stringify!($variant))
                    })*
                }
            }

            fn read(value: serde_json::Value) -> $crate::history::form::Read<Self> {
                let (name, fields) = $crate::history::form::Fields::of_choice(value)?;
                #[allow(unused_mut, reason = "some hold nothing")]
                let mut fields = fields;
                let made = match name.as_str() {
                    $(stringify!($variant) => Self::$variant
                        $(($(fields.take(stringify!($part))?),+))?
                        $({ $($field: fields.take(stringify!($field))?),+ })?,)*
                    other => return Err(format!("{other} is unknown to this release")),
                };
                fields.end()?;
                Ok(made)
            }
        }
    )*};
}

/// What has a JSON form of its own, which refuses what it does not know.
macro_rules! own_form {
    ($($name:ty),* $(,)?) => {$(
        impl $crate::history::form::Form for $name {
            fn write(&self) -> serde_json::Value {
                serde_json::to_value(self).expect("it is JSON")
            }

            fn read(value: serde_json::Value) -> $crate::history::form::Read<Self> {
                serde_json::from_value(value).map_err(|it| it.to_string())
            }
        }
    )*};
}

own_form!(Value, String, u8, u32, u64, usize, i64);

impl Form for bool {
    fn write(&self) -> Value {
        (*self).into()
    }

    fn read(value: Value) -> Read<Self> {
        value.as_bool().ok_or_else(|| format!("{value} is neither true nor false"))
    }

    fn is_absent(&self) -> bool {
        !self
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl<T: Form> Form for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }

    fn read(value: Value) -> Read<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! lists {
    ($(<$($of:ident: $bound:ident $(+ $more:ident)*),+> $list:ty;)*) => {$(
        impl<$($of: $bound $(+ $more)*),+> Form for $list {
            fn write(&self) -> Value {
                self.iter().map(Form::write).collect::<Vec<_>>().into()
            }

            fn read(value: Value) -> Read<Self> {
                let Value::Array(each) = value else { return Err(format!("{value} is no list")) };
                each.into_iter().map(Form::read).collect()
            }

            fn is_absent(&self) -> bool {
                self.is_empty()
            }

            fn absent() -> Option<Self> {
                Some(Vec::new().into_iter().collect())
            }
        }
    )*};
}

lists! {
    <T: Form> Vec<T>;
    <T: Form> Arc<[T]>;
    <T: Form + Ord> BTreeSet<T>;
}

impl<T: Form> Form for Box<T> {
    fn write(&self) -> Value {
        T::write(self)
    }

    fn read(value: Value) -> Read<Self> {
        T::read(value).map(Self::new)
    }
}

impl<T: Form> Form for Arc<T> {
    fn write(&self) -> Value {
        T::write(self)
    }

    fn read(value: Value) -> Read<Self> {
        T::read(value).map(Self::new)
    }
}

impl Form for Arc<str> {
    fn write(&self) -> Value {
        Value::from(&**self)
    }

    fn read(value: Value) -> Read<Self> {
        String::read(value).map(Self::from)
    }
}

impl<A: Form, B: Form> Form for (A, B) {
    fn write(&self) -> Value {
        vec![self.0.write(), self.1.write()].into()
    }

    fn read(value: Value) -> Read<Self> {
        match <[Value; 2]>::try_from(Vec::<Value>::read(value)?) {
            Ok([one, other]) => Ok((A::read(one)?, B::read(other)?)),
            Err(_) => Err("it should be two".to_owned()),
        }
    }
}

impl<T: Form, E: Form> Form for Result<T, E> {
    fn write(&self) -> Value {
        let (name, value) = match self {
            Ok(it) => ("Ok", it.write()),
            Err(it) => ("Err", it.write()),
        };
        Value::Object([(name.to_owned(), value)].into_iter().collect())
    }

    fn read(value: Value) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let read = match fields.0.remove("Ok") {
            Some(it) => Ok(T::read(it)?),
            None => Err(fields.take("Err")?),
        };
        fields.end()?;
        Ok(read)
    }
}

impl Form for Duration {
    fn write(&self) -> Value {
        u64::try_from(self.as_nanos()).unwrap_or(u64::MAX).into()
    }

    fn read(value: Value) -> Read<Self> {
        u64::read(value).map(Self::from_nanos)
    }
}

impl Form for [u8; 32] {
    fn write(&self) -> Value {
        self.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }

    fn read(value: Value) -> Read<Self> {
        let text = String::read(value)?;
        let byte = |at: usize| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
        let bytes = bytes.filter(|_| text.len() == 64).and_then(|it| it.try_into().ok());
        bytes.ok_or_else(|| format!("{text} is not 32 bytes"))
    }
}

impl Form for Error {
    fn write(&self) -> Value {
        let facts: BTreeMap<_, _> = self.facts().iter().cloned().collect();
        serde_json::json!({
            "kind": self.code(), "operation": self.operation(), "message": self.message(),
            "facts": facts,
        })
    }

    fn read(value: Value) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let code: String = fields.take("kind")?;
        let all = morket_core::ErrorKind::ALL;
        let kind = all.iter().find(|it| it.code() == code).ok_or(format!("{code} is no kind"))?;
        let operation = kept(fields.take("operation")?);
        let error = Self::new(*kind, operation, fields.take::<String>("message")?);
        let facts: Value = fields.take("facts")?;
        fields.end()?;
        let facts = Fields::of(facts)?.0.into_iter();
        facts
            .map(|(name, it)| Ok((kept(name), String::read(it)?)))
            .try_fold(error, |error, fact: Read<(&'static str, String)>| {
                fact.map(|(name, it)| error.with(name, it))
            })
    }
}

/// A name that an error keeps for ever: each is kept once.
fn kept(name: String) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = kept.get(name.as_str()) {
        return name;
    }
    let name: &'static str = name.leak();
    kept.insert(name);
    name
}
