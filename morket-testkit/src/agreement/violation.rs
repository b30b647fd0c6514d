//! A table of violations, one row for each constraint: what is asked, and which kind of error it is
//! in every store, whether a rule of core refused it or a database did.

use super::{books, people, work};
use crate::Subject;
use morket_core::{ErrorKind, Result};

/// Rows that did not say what was due.
#[derive(Default)]
pub(super) struct Violations {
    wrong: Vec<String>,
}

/// What only a driver would say to a client.
const DRIVERS_WORDS: [&str; 7] =
    ["constraint", "UNIQUE", "duplicate key", "SQL", "sqlx", "relation", "column"];

impl Violations {
    /// What was told of a violation, beside what is due.
    pub(super) fn row<T>(&mut self, what: &str, due: ErrorKind, told: Result<T>) {
        let problem = match told {
            Ok(_) => "it was allowed".to_owned(),
            Err(error) if error.kind() != due => format!("{error:?}"),
            Err(error) if DRIVERS_WORDS.iter().any(|word| error.message().contains(word)) => {
                format!("the message is the driver's: {}", error.message())
            }
            Err(_) => return,
        };
        self.wrong.push(format!("{what}: {due:?} was due: {problem}"));
    }

    /// The same kind for several.
    pub(super) fn rows<T>(
        &mut self,
        due: ErrorKind,
        told: impl IntoIterator<Item = (&'static str, Result<T>)>,
    ) {
        told.into_iter().for_each(|(what, told)| self.row(what, due, told));
    }

    fn end(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

pub(super) async fn p277_what_workspaces_and_ledgers_refuse_has_one_kind(subject: Subject) {
    // method: exhaustive
    let mut table = Violations::default();
    books::workspaces(&subject, &mut table).await;
    books::members(&subject, &mut table).await;
    books::ledger(&subject, &mut table).await;
    books::logs(&subject, &mut table).await;
    table.end();
}

pub(super) async fn p277_what_jobs_refuse_has_one_kind(subject: Subject) {
    // method: exhaustive
    let mut table = Violations::default();
    work::building(&subject, &mut table).await;
    work::leases(&subject, &mut table).await;
    work::calls(&subject, &mut table).await;
    table.end();
}

pub(super) async fn p277_what_people_and_requests_refuse_has_one_kind(subject: Subject) {
    // method: exhaustive
    let mut table = Violations::default();
    people::users(&subject, &mut table).await;
    people::sessions(&subject, &mut table).await;
    people::requests(&subject, &mut table).await;
    table.end();
}

pub(super) async fn p277_what_the_vault_refuses_has_one_kind(subject: Subject) {
    // method: exhaustive
    let mut table = Violations::default();
    people::data_keys(&subject, &mut table).await;
    people::credentials(&subject, &mut table).await;
    table.end();
}
