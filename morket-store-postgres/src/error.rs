//! What PostgreSQL says, in Morket's words.

use morket_core::{Error, ErrorKind};

/// Whether the same unit may simply run again: a deadlock or a serialisation failure undid it.
pub(crate) fn is_retryable(error: &Error) -> bool {
    error.facts().iter().any(|(name, value)| *name == "sqlstate" && RETRYABLE.contains(&&**value))
}

const RETRYABLE: [&str; 2] = ["40001", "40P01"];

/// The error for what was met on the way to `place`, before anything was asked there. What waiting
/// does not mend is a wrong setting, not a server that is away.
pub(crate) fn on_the_way(error: sqlx::Error, place: &str) -> Error {
    let state = match &error {
        sqlx::Error::Database(found) => found.code().map(std::borrow::Cow::into_owned),
        _ => None,
    };
    let wrong = match (&error, state.as_deref().and_then(|it| it.get(..2))) {
        (_, Some("28")) => "refuses this user, or the password is wrong".to_owned(),
        (_, Some("3D")) => "has no such database".to_owned(),
        (sqlx::Error::Tls(why), _) => format!("gives no encrypted connection: {why}"),
        (sqlx::Error::Configuration(why), _) => format!("cannot be reached as told: {why}"),
        (sqlx::Error::Io(why), _) => {
            return away(format!("{place} cannot be reached: {why}"), error);
        }
        (sqlx::Error::PoolTimedOut, _) => return away(format!("{place} does not answer"), error),
        _ => return translate(error),
    };
    let told = Error::invalid("store.open", "url", format!("{place} {wrong}"));
    state.into_iter().fold(told, |told, state| told.with("sqlstate", state)).caused_by(error)
}

fn away(message: String, source: sqlx::Error) -> Error {
    Error::new(ErrorKind::StoreUnavailable, "store.open", message).caused_by(source)
}

/// The error for whatever the driver met.
pub(crate) fn translate(error: sqlx::Error) -> Error {
    let state = match &error {
        sqlx::Error::Database(found) => found.code().map(std::borrow::Cow::into_owned),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
            return Error::internal("store.postgres", "a value of another type").caused_by(error);
        }
        _ => None,
    };
    let Some(state) = state else {
        let message = "the database cannot be reached; whether a write happened is told by \
                       repeating it";
        return Error::new(ErrorKind::StoreUnavailable, "store.postgres", message).caused_by(error);
    };
    let (kind, message) = meaning(&state);
    let told = match kind {
        ErrorKind::Internal => Error::internal("store.postgres", message),
        _ => Error::new(kind, "store.postgres", message),
    };
    told.with("sqlstate", state).caused_by(error)
}

fn meaning(state: &str) -> (ErrorKind, &'static str) {
    match state {
        "23505" => (ErrorKind::Conflict, "the same key was written before"),
        "22021" | "22P05" => (ErrorKind::Validation, "text: must not hold NUL characters"),
        "42501" => (
            ErrorKind::Unsupported,
            "the database refuses this user: it must be a member of morket_app and morket_system",
        ),
        "40001" | "40P01" => (ErrorKind::StoreUnavailable, "another transaction was in the way"),
        "55P03" => (ErrorKind::StoreUnavailable, "another transaction holds the rows; try again"),
        "57014" => (ErrorKind::StoreUnavailable, "the statement took too long; try again"),
        _ => match &state[..2] {
            "08" | "53" | "57" | "58" => {
                (ErrorKind::StoreUnavailable, "the database cannot serve now; try again")
            }
            "28" | "3D" => (ErrorKind::StoreUnavailable, "the database refuses the connection"),
            "XX" => (ErrorKind::Tampered, "the database reports damaged data"),
            "23" => (ErrorKind::Internal, "a constraint of the schema refused the write"),
            _ => (ErrorKind::Internal, "the database refused a statement"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: sqlx::Error, kind: ErrorKind, message: &str) {
        let told = on_the_way(error, "the database at db:5432");
        assert_eq!((told.kind(), told.message()), (kind, message));
    }

    #[test]
    fn a_wrong_setting_is_not_a_server_that_is_away() {
        use sqlx::Error;
        let refused = std::io::Error::other("refused");
        let said = "the database at db:5432 cannot be reached: refused";
        check(Error::Io(refused), ErrorKind::StoreUnavailable, said);
        let said = "the database at db:5432 does not answer";
        check(Error::PoolTimedOut, ErrorKind::StoreUnavailable, said);
        let said = "url: the database at db:5432 gives no encrypted connection: none";
        check(Error::Tls("none".into()), ErrorKind::Validation, said);
    }

    #[test]
    fn states_have_their_kinds() {
        for (state, kind) in [
            ("23505", ErrorKind::Conflict),
            ("23514", ErrorKind::Internal),
            ("40P01", ErrorKind::StoreUnavailable),
            ("53100", ErrorKind::StoreUnavailable),
            ("57P01", ErrorKind::StoreUnavailable),
            ("22021", ErrorKind::Validation),
            ("42601", ErrorKind::Internal),
        ] {
            assert_eq!(meaning(state).0, kind, "{state}");
        }
    }
}
