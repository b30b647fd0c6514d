//! Fields: their names, their types, and what a clean value of each looks like.

use serde::{Deserialize, Serialize};

/// What a record, a field or an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person.
    Person,
    /// A company.
    Company,
}
