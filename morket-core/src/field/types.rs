//! What a field is: its type, its group, how long it is believed.

use super::Kind;
use crate::name::FieldName;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the values of a field look like; each names its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line of text.
    Text,
    /// A person's name or a part of it, as it is written.
    PersonName,
    /// An address, in lower case, its domain in ASCII.
    Email,
    /// One of the words of [`EmailStatus`](super::EmailStatus).
    EmailStatus,
    /// A host name in ASCII, without scheme, `www.`, port and path.
    Domain,
    /// A [`Domain`](Self::Domain) that a company can own: no webmail host.
    CompanyDomain,
    /// `https://www.linkedin.com/in/<slug>`.
    LinkedinPerson,
    /// `https://www.linkedin.com/company/<slug>`; schools and showcases keep their own word.
    LinkedinCompany,
    /// E.164 when the country can be told, e.g. `+4930123456`; else the number as it was written.
    Phone,
    /// A whole number.
    Integer,
    /// A whole number above zero: vendors write 0 for "not known".
    Count,
    /// `51-200`, `10001+` or `180`.
    Range,
    /// `{"amount": 10000000, "max": 25000000, "currency": "USD", "printed": "$10M-$25M"}`; `max`
    /// only for a range, `currency` only when it is told.
    Money,
    /// A year between 1000 and 2100.
    Year,
    /// A day: `2009-03-14`.
    Date,
    /// A legal entity's identifier (ISO 17442): twenty letters and digits whose check digits fit.
    Lei,
    /// Two letters of ISO 3166, in upper case.
    Country,
    /// A place in words: `Berlin, Germany`.
    Location,
    /// An `http` or `https` address.
    Url,
    /// Texts, each once, in the order given.
    TextList,
    /// True or false.
    Bool,
}

impl FieldType {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::PersonName,
        Self::Email,
        Self::EmailStatus,
        Self::Domain,
        Self::CompanyDomain,
        Self::LinkedinPerson,
        Self::LinkedinCompany,
        Self::Phone,
        Self::Integer,
        Self::Count,
        Self::Range,
        Self::Money,
        Self::Year,
        Self::Date,
        Self::Lei,
        Self::Country,
        Self::Location,
        Self::Url,
        Self::TextList,
        Self::Bool,
    ];
}

/// Fields that only make sense together: they come from one answer unless the plan allows mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Where a person works, and as what.
    Employment,
    /// Where a person is.
    Location,
    /// Where a company sits.
    Headquarters,
}

/// A field that plans and vendors may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: FieldName,
    /// Whether it tells of a person or of a company.
    pub kind: Kind,
    /// What its values look like.
    pub ty: FieldType,
    /// What it must stay together with.
    pub group: Option<Group>,
    /// How long a value is believed.
    pub ttl: Duration,
    /// Private to the person: never asked for, never kept, unless the plan wants it by name.
    pub personal: bool,
    /// One sentence for people.
    pub about: String,
}

impl Field {
    /// Whether a row of this kind can have it. Company fields fit person rows: there they tell of
    /// the person's employer, and are bought once per company.
    pub fn fits(&self, row: Kind) -> bool {
        row == Kind::Person || self.kind == Kind::Company
    }

    /// What it must stay together with on a row of this kind. A company does not change its
    /// employer, so its name and domain are free of each other there.
    pub fn group_on(&self, row: Kind) -> Option<Group> {
        self.group.filter(|group| row == Kind::Person || *group == Group::Headquarters)
    }
}
