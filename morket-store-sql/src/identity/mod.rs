//! The ports of users and sessions.
//!
//! Every step that changes a user's sessions first locks the user's row, whatever it began from,
//! so that they queue up and never wait for each other in a circle.

mod attempts;
mod rows;
mod sessions;
mod users;

use crate::{Record, Table};

pub(crate) use rows::UserRow;

/// Tables that are declared whole.
pub(crate) static TABLES: &[&Table] =
    &[UserRow::TABLE, rows::SessionRow::TABLE, rows::TokenRow::TABLE, rows::AttemptsRow::TABLE];
