//! How the command ends.

use morket::{Error, ErrorKind};
use std::{io, path::Path, process::ExitCode};

/// The command's exit codes: part of its contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done; empty cells are normal.
    Ok = 0,
    /// Something went wrong.
    Error = 1,
    /// What was typed, or the file, cannot be used.
    Usage = 2,
    /// The budget does not suffice.
    OverBudget = 3,
    /// A key is bad, or its account empty.
    Keys = 4,
    /// Cells failed or were not finished.
    Partial = 5,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An end that is not as wished, with the sentence a person reads.
#[derive(Debug)]
pub struct Failure {
    /// How to end.
    pub exit: Exit,
    /// What to say.
    pub message: String,
}

/// What a verb comes to.
pub type Outcome = Result<Exit, Failure>;

impl Failure {
    /// What was typed cannot be used.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Something went wrong.
    pub fn error(message: impl Into<String>) -> Self {
        Self { exit: Exit::Error, message: message.into() }
    }
}

impl Failure {
    /// The same of this table: what reads one knows its place, and not always its name.
    pub(crate) fn of_table(mut self, file: &Path) -> Self {
        let named = self.message.strip_prefix("file: ").filter(|_| file != Path::new("-"));
        if let Some(problem) = named {
            self.message = format!("{}: {problem}", file.display());
        }
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let Some(Ok(failure)) = io_source(&error).map(closed) {
            return failure;
        }
        let exit = match error.kind() {
            ErrorKind::Validation => Exit::Usage,
            ErrorKind::OverBudget | ErrorKind::InsufficientCredits => Exit::OverBudget,
            ErrorKind::Unauthenticated => Exit::Keys,
            _ => Exit::Error,
        };
        let message = match error.kind() {
            // A defect of ours: whoever runs the command is the one who can report it.
            ErrorKind::Internal => error.to_string(),
            _ => error.message().to_owned(),
        };
        Self { exit, message }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        closed(&error).unwrap_or_else(|()| Self::error(error.to_string()))
    }
}

fn io_source(error: &Error) -> Option<&io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whoever read our output has had enough: that is no failure.
fn closed(error: &io::Error) -> Result<Failure, ()> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(Failure { exit: Exit::Ok, message: String::new() }),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(pipe()).exit, Exit::Ok);
        let error = Error::new(ErrorKind::StoreUnavailable, "table.write", "x").caused_by(pipe());
        assert_eq!(Failure::from(error).exit, Exit::Ok);
        assert_eq!(Failure::from(io::Error::other("disk")).exit, Exit::Error);
    }

    #[test]
    fn a_table_is_named() {
        let read = |file: &str, said: &str| Failure::usage(said).of_table(Path::new(file)).message;
        assert_eq!(read("a.csv", "file: is empty"), "a.csv: is empty");
        assert_eq!(read("-", "file: is empty"), "file: is empty");
        assert_eq!(read("a.csv", "want: is empty"), "want: is empty");
    }

    #[test]
    fn every_kind_of_error_has_its_code() {
        for kind in ErrorKind::ALL {
            let failure = Failure::from(Error::new(*kind, "test", "a sentence"));
            let expected = match kind.code() {
                "VALIDATION_ERROR" => Exit::Usage,
                "OVER_BUDGET" | "INSUFFICIENT_CREDITS" => Exit::OverBudget,
                "AUTHENTICATION_ERROR" => Exit::Keys,
                _ => Exit::Error,
            };
            assert_eq!(failure.exit, expected, "{kind:?}");
            assert!(failure.message.contains("a sentence"), "{kind:?}");
        }
    }
}
