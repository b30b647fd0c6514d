//! The fields there are: the standard ones, and those that manifests bring.

use super::{Field, Kind, standard};
use crate::{Error, ErrorKind, Result, name::FieldName};
use std::{collections::BTreeMap, sync::OnceLock};

/// The fields that plans may name, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    fields: BTreeMap<FieldName, Field>,
}

impl Catalogue {
    /// The fields that every installation knows.
    pub fn standard() -> &'static Self {
        static STANDARD: OnceLock<Catalogue> = OnceLock::new();
        STANDARD.get_or_init(|| {
            let fields = standard::fields().map(|field| (field.name.clone(), field)).collect();
            Self { fields }
        })
    }

    /// This catalogue with one field more. A name that is taken, or that belongs to the engine, is
    /// refused.
    ///
    /// ```
    /// use morket_core::{field::{Catalogue, Field, FieldType, Kind}, name::FieldName};
    ///
    /// let naf = Field {
    ///     name: FieldName::new("naf_code")?,
    ///     kind: Kind::Company,
    ///     ty: FieldType::Text,
    ///     group: None,
    ///     ttl: std::time::Duration::from_secs(180 * 86_400),
    ///     personal: false,
    ///     about: "The activity code of the French register.".to_owned(),
    /// };
    /// let catalogue = Catalogue::standard().clone().with_custom(naf)?;
    /// assert!(catalogue.named("naf_code").is_ok());
    /// # Ok::<(), morket_core::Error>(())
    /// ```
    pub fn with_custom(mut self, field: Field) -> Result<Self> {
        let name = FieldName::of_user(field.name.as_str())?;
        if self.fields.contains_key(&name) {
            let message = format!("field: `{name}` exists already; choose another name");
            return Err(Error::new(ErrorKind::Conflict, "field.add", message));
        }
        self.fields.insert(name, field);
        Ok(self)
    }

    /// The field of this name.
    pub fn get(&self, name: &FieldName) -> Option<&Field> {
        self.fields.get(name)
    }

    /// The field that somebody calls so.
    pub fn find(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// The field of this name, or an error that tells which one may have been meant.
    pub fn named(&self, name: &str) -> Result<&Field> {
        self.find(name).ok_or_else(|| {
            let near = self.fields.keys().filter(|known| alike(known.as_str(), name));
            let near: Vec<&str> = near.map(FieldName::as_str).collect();
            let hint = if near.is_empty() { self.names() } else { near };
            let message = format!("field: `{name}` is not known; there are {}", hint.join(", "));
            Error::new(ErrorKind::Validation, "field.named", message)
        })
    }

    /// The field of this name, if a row of this kind can have it; else an error that says why not.
    pub fn on_row(&self, name: &str, row: Kind) -> Result<&Field> {
        let field = self.named(name)?;
        if !field.fits(row) {
            let problem = format!("`{name}` tells of a person, and the rows are companies");
            return Err(Error::invalid("field.on_row", "field", problem));
        }
        Ok(field)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    fn names(&self) -> Vec<&str> {
        self.fields.keys().map(FieldName::as_str).collect()
    }
}

/// Whether one may be meant by the other: they share a word of some length, `company_size` and
/// `company_name`, or a slip of the finger lies between them, `email` and `emial`.
fn alike(known: &str, asked: &str) -> bool {
    shares_a_word(known, asked) || is_a_slip(known, asked)
}

/// Whether one letter is absent, too many, another one, or changed places with its neighbour.
fn is_a_slip(known: &str, asked: &str) -> bool {
    let (known, asked) = (known.as_bytes(), asked.as_bytes());
    let same = |(a, b): &(&u8, &u8)| a == b;
    let head = known.iter().zip(asked).take_while(same).count();
    let (known, asked) = (&known[head..], &asked[head..]);
    let tail = known.iter().rev().zip(asked.iter().rev()).take_while(same).count();
    let (known, asked) = (&known[..known.len() - tail], &asked[..asked.len() - tail]);
    match (known, asked) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

fn shares_a_word(known: &str, asked: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.filter(|word| word.len() > 2).map(str::to_ascii_lowercase).collect()
    };
    let asked = words(asked);
    words(known).iter().any(|word| asked.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FieldType, Group};
    use std::time::Duration;

    fn custom(name: &str) -> Field {
        Field {
            name: FieldName::new(name).unwrap(),
            kind: Kind::Company,
            ty: FieldType::Text,
            group: None,
            ttl: Duration::from_secs(1),
            personal: false,
            about: String::new(),
        }
    }

    #[test]
    fn a_custom_field_has_a_name_of_its_own() {
        let rows = [
            ("naf_code", Ok(())),
            ("email", Err(ErrorKind::Conflict)),
            ("email__verify_1", Err(ErrorKind::Validation)),
        ];
        for (name, expected) in rows {
            let done = Catalogue::standard().clone().with_custom(custom(name));
            assert_eq!(done.map(drop).map_err(|error| error.kind()), expected, "{name}");
        }
    }

    #[test]
    fn a_person_field_on_a_company_row_is_an_error() {
        let rows = [
            ("email", Kind::Person, true),
            ("email", Kind::Company, false),
            ("company_domain", Kind::Person, true),
            ("company_domain", Kind::Company, true),
            ("nonsense", Kind::Person, false),
        ];
        for (name, row, expected) in rows {
            let found = Catalogue::standard().on_row(name, row);
            assert_eq!(found.is_ok(), expected, "{name} on {row:?}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_its_neighbours() {
        let error = Catalogue::standard().named("phone_number").unwrap_err().to_string();
        assert!(error.contains("company_phone, mobile_phone, phone "), "{error}");
        for slip in ["emial", "emal", "emaill", "emael"] {
            let error = Catalogue::standard().named(slip).unwrap_err();
            assert_eq!(error.message(), format!("field: `{slip}` is not known; there are email"));
        }
        let error = Catalogue::standard().named("zzz").unwrap_err().to_string();
        assert!(error.contains("technologies"), "{error}");
    }

    #[test]
    fn employment_binds_people_and_headquarters_bind_companies() {
        let rows = [
            ("title", Kind::Person, Some(Group::Employment)),
            ("company_domain", Kind::Person, Some(Group::Employment)),
            ("company_domain", Kind::Company, None),
            ("city", Kind::Person, Some(Group::Location)),
            ("company_city", Kind::Company, Some(Group::Headquarters)),
            ("email", Kind::Person, None),
        ];
        for (name, row, expected) in rows {
            let field = Catalogue::standard().named(name).unwrap();
            assert_eq!(field.group_on(row), expected, "{name} on {row:?}");
        }
    }
}
