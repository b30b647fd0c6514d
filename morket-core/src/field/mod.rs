//! Fields: their names, their types, and what a clean value of each looks like.
//!
//! [`Catalogue`] says what fields there are. [`normalise`] brings a vendor's value into the one
//! form that is stored and compared, and refuses what only looks like a value.
//!
//! ```
//! use morket_core::field::{Catalogue, normalise};
//! use serde_json::json;
//!
//! let field = Catalogue::standard().named("company_domain")?;
//! let clean = |value| normalise(field.ty, &value);
//! assert_eq!(clean(json!("https://www.Example.com/about")), Some(json!("example.com")));
//! assert_eq!(clean(json!("N/A")), None);
//! # Ok::<(), morket_core::Error>(())
//! ```

mod catalogue;
pub mod country;
mod date;
pub mod domain;
pub mod email;
mod lei;
pub mod linkedin;
mod mailboxes;
mod money;
mod normalise;
mod numbers;
mod phone;
mod punycode;
mod range;
mod standard;
pub mod text;
mod types;
mod url;

pub use catalogue::Catalogue;
pub use email::{EmailFlags, EmailStatus};
pub use normalise::{Fault, normalise, normalised};
pub use types::{Field, FieldType, Group};

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
