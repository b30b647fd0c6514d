//! One error for every public function: what kind, during what, about what, caused by what.
//!
//! Whether to try again is data ([`ErrorKind::disposition`]), never guessed from a message.
//! The *message* may be shown to a client; the *facts* and the *source* are for the log. None of
//! them ever holds a secret or a person's data.

use std::{borrow::Cow, error, fmt};

/// The result of every public function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $disposition:ident;)*) => {
        /// What went wrong, in words that every surface (HTTP, Python, Node, command) shares.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ErrorKind {
            /// Every kind there is, so that tests can walk them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code a client matches on; `docs/errors/<code>.md` explains it.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// Whether the store may answer later: it cannot be reached, or it took too long.
            pub const fn is_away(self) -> bool {
                matches!(self, Self::StoreUnavailable | Self::DeadlineExceeded)
            }

            /// What a caller should do about it.
            pub const fn disposition(self) -> Disposition {
                match self { $(Self::$name => Disposition::$disposition),* }
            }
        }
    };
}

/// What a caller should do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// The same call, later, may succeed; it is safe to repeat because every write is keyed.
    Retry,
    /// This item cannot be done; its neighbours can.
    Next,
    /// Repeating it unchanged cannot help.
    Stop,
}

kinds! {
    /// A field of the request, the plan or the configuration is wrong; the message names it.
    Validation = "VALIDATION_ERROR", Stop;
    /// Nobody is signed in, or what was shown does not prove who. Never says which.
    Unauthenticated = "AUTHENTICATION_ERROR", Stop;
    /// The workspace cannot cover the worst case. Nothing was started.
    InsufficientCredits = "INSUFFICIENT_CREDITS", Next;
    /// A ceiling on what vendors bill would be passed. The call was not made.
    OverBudget = "OVER_BUDGET", Next;
    /// The caller's role does not allow this.
    Forbidden = "AUTHORIZATION_ERROR", Stop;
    /// There is no such thing, or the caller may not know that there is.
    NotFound = "NOT_FOUND", Stop;
    /// The same key came with another meaning, or the thing is in another state.
    Conflict = "CONFLICT", Stop;
    /// Another worker holds this batch now; what this one decided no longer counts.
    StaleLease = "STALE_LEASE", Stop;
    /// An idempotency key came again with a different body.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH", Stop;
    /// The first request with this idempotency key is still running.
    InProgress = "REQUEST_IN_PROGRESS", Retry;
    /// Our own limit. A vendor's limit is an outcome, not an error.
    RateLimited = "RATE_LIMITED", Retry;
    /// The caller's deadline passed. Whether the write happened is told by repeating it.
    DeadlineExceeded = "DEADLINE_EXCEEDED", Retry;
    /// The store cannot be reached or cannot write (down, full, busy). Nothing is half-applied.
    StoreUnavailable = "SERVICE_UNAVAILABLE", Retry;
    /// The store's schema is of another release than this binary.
    SchemaMismatch = "SCHEMA_MISMATCH", Stop;
    /// The store is configured to lose acknowledged commits.
    NotDurable = "NOT_DURABLE", Stop;
    /// Stored bytes are not what was written: a broken seal or a broken hash chain.
    Tampered = "TAMPERED", Stop;
    /// A key version is missing, too old to be allowed, or destroyed.
    KeyUnavailable = "KEY_UNAVAILABLE", Stop;
    /// This adapter does not offer the method.
    Unsupported = "UNSUPPORTED", Stop;
    /// A defect of ours. A client reads one constant sentence.
    Internal = "INTERNAL_ERROR", Stop;
}

/// What a client reads of a defect of ours.
pub const INTERNAL_MESSAGE: &str = "something went wrong on our side";

type Source = Box<dyn error::Error + Send + Sync>;

/// The error of every public function.
///
/// ```
/// use morket_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Conflict, "ledger.hold", "this key names another hold")
///     .with("key", "job-7");
/// assert_eq!(error.code(), "CONFLICT");
/// let line = "ledger.hold: this key names another hold (key=job-7) [CONFLICT]";
/// assert_eq!(error.to_string(), line);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    message: String,
    facts: Vec<(&'static str, String)>,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind`, met during `operation` (`"ledger.hold"`).
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            message: message.into(),
            facts: Vec::new(),
            source: None,
        }))
    }

    /// A wrong field: the message begins with its path, so that a form can point at it.
    pub fn invalid(operation: &'static str, field: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Validation, operation, format!("{field}: {problem}"))
    }

    /// A defect of ours; `detail` goes to the log alone.
    pub fn internal(operation: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, operation, INTERNAL_MESSAGE).with("detail", detail.into())
    }

    /// The same error with one more fact for the log: never a secret, never a person's data.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.facts.push((name, value.to_string()));
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error for one more caller who waited for the same step. What caused it stays with
    /// the first.
    #[must_use]
    pub fn again(&self) -> Self {
        let again = Self::new(self.kind(), self.operation(), self.message());
        self.facts().iter().fold(again, |again, (name, value)| again.with(name, value))
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The kind's stable code.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The operation that failed.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The sentence a client may read.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the log reads beside it.
    pub fn facts(&self) -> &[(&'static str, String)] {
        &self.0.facts
    }
}

/// The same to a reader: what caused it is not compared.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let read = |it: &Self| (it.kind(), it.operation(), it.0.message.clone());
        read(self) == read(other) && self.facts() == other.facts()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, one_line(&self.0.message))?;
        if !self.0.facts.is_empty() {
            let facts: Vec<_> =
                self.0.facts.iter().map(|(name, value)| fact(name, value)).collect();
            write!(f, " ({})", facts.join(", "))?;
        }
        write!(f, " [{}]", self.code())
    }
}

fn fact(name: &str, value: &str) -> String {
    format!("{name}={}", one_line(value))
}

/// Text from outside as it may stand in a line of a log: nothing in it ends the line, moves a
/// cursor, changes a colour or turns the direction of writing.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let harmless = |it: char| {
        let separates = matches!(it, '\u{2028}' | '\u{2029}');
        let turns = matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !it.is_control() && !separates && !turns
    };
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match harmless(letter) {
            true => shown.push(letter),
            false => shown.extend(letter.escape_default()),
        }
    }
    shown.into()
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  caused by: {}", one_line(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{FailureCause, HttpFailure};
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_its_own() {
        let codes: HashSet<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn debug_tells_the_whole_chain_and_display_one_line() {
        let error = Error::internal("ledger.post", "negative balance").caused_by("disk is full");
        assert_eq!(error.message(), INTERNAL_MESSAGE);
        assert!(!error.to_string().contains('\n'));
        assert!(format!("{error:?}").ends_with("caused by: disk is full"));
    }

    /// A line of a log is what stands between two line feeds; it is read from its two ends.
    #[test]
    fn p197_whatever_a_text_holds_an_error_is_one_line() {
        // method: property
        let bad = concat!(
            "\r|\n|\t|\u{0}|\u{7}|\u{1b}\\[31m|",
            "\u{85}|\u{9b}|\u{2028}|\u{202e}|\"|'|\\}|\\)|\\]|\\\\|="
        );
        let texts = proptest::string::string_regex(&format!("({bad}|[a-zé ]){{0,40}}")).unwrap();
        proptest!(|(message in &texts, value in &texts)| {
            let error = Error::new(ErrorKind::Validation, "x.y", message.clone());
            let error = error.with("name", &value).caused_by(value);
            let failure = HttpFailure::lost(FailureCause::Broken, &message);
            let line = error.to_string();
            for text in [&line, &failure.to_string()] {
                prop_assert!(!text.chars().any(char::is_control), "{text:?}");
                prop_assert!(!text.contains(['\u{2028}', '\u{202e}']), "{text:?}");
            }
            prop_assert!(line.starts_with("x.y: "), "{line:?}");
            let code = format!(" [{}]", error.code());
            prop_assert!(line.ends_with(&code), "{line:?}");
            let lines = format!("{error:?}").lines().count();
            prop_assert_eq!(lines, 2, "itself and its cause");
            // What needs no escape stays as it was written.
            prop_assert!(!message.is_ascii() || message.contains(char::is_control)
                || line.contains(&message));
        });
    }

    #[test]
    fn a_wrong_field_is_named_first() {
        let error = Error::invalid("ledger.grant", "amount", "must be above zero");
        assert_eq!(error.message(), "amount: must be above zero");
        assert_eq!(error.kind().disposition(), Disposition::Stop);
    }
}
