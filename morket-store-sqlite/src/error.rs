//! What SQLite says, in Morket's words.

use morket_core::{Error, ErrorKind};

/// Primary result codes of SQLite that are not defects of ours.
const BUSY: [i32; 2] = [5, 6];
const CANNOT_WRITE: [i32; 4] = [8, 10, 13, 14];
const DAMAGED: [i32; 2] = [11, 26];
const CONSTRAINT: i32 = 19;
/// Extended codes of a broken UNIQUE or PRIMARY KEY constraint.
const UNIQUE: [i32; 2] = [2067, 1555];

/// The error for whatever the driver met.
pub(crate) fn translate(error: rusqlite::Error) -> Error {
    let code = match &error {
        rusqlite::Error::InvalidPath(_) | rusqlite::Error::NulError(_) => None,
        other => match other.sqlite_error() {
            Some(found) => Some(found.extended_code),
            None => {
                let message = "a value of another type";
                return Error::internal("store.sqlite", message).caused_by(error);
            }
        },
    };
    let new = |kind, message: &str| Error::new(kind, "store.sqlite", message);
    let told = match code {
        None => new(ErrorKind::StoreUnavailable, "the database cannot be reached"),
        Some(code) if BUSY.contains(&(code & 0xff)) => {
            new(ErrorKind::StoreUnavailable, "another process holds the database; try again")
        }
        Some(code) if CANNOT_WRITE.contains(&(code & 0xff)) => new(
            ErrorKind::StoreUnavailable,
            "the database file cannot be written: is the disk full or read-only?",
        ),
        Some(code) if DAMAGED.contains(&(code & 0xff)) => {
            new(ErrorKind::Tampered, "the file is damaged or no database")
        }
        Some(code) if UNIQUE.contains(&code) => {
            new(ErrorKind::Conflict, "the same key was written before")
        }
        Some(code) if code & 0xff == CONSTRAINT => {
            Error::internal("store.sqlite", "a constraint of the schema refused the write")
        }
        Some(code) => Error::internal("store.sqlite", format!("SQLite code {code}")),
    };
    told.caused_by(error)
}
