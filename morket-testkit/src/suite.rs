//! How a list of cases becomes tests, and stays data that can be walked at run time.

use crate::Subject;
use futures::future::BoxFuture;
use std::{future::Future, time::Duration};

/// A promise of a port, and the code that puts it to the test.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The promise as a sentence; it begins with `pNNN_` if it is a numbered property.
    pub name: &'static str,
    /// The file of the suite it stands in.
    pub group: &'static str,
    /// Panics unless the promise is kept.
    pub run: fn(Subject) -> BoxFuture<'static, ()>,
}

impl Case {
    /// Random walks, histories and tables of violations look at all that a store does, so one
    /// defect may show in several of them; every other case shows one promise alone.
    pub fn looks_at_everything(&self) -> bool {
        matches!(self.group, "walk" | "history" | "violation")
    }
}

/// A guard against hangs, never something a case waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Run a future to its end on a runtime of its own, with real threads.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            tokio::time::timeout(PATIENCE, future).await.expect("it should not have hung")
        })
}

/// Run the case called `name` on what `make` gives; `None` means that the service is absent.
pub fn run<F>(make: impl FnOnce() -> F, name: &str)
where
    F: Future<Output = Option<Subject>>,
{
    let case = all().find(|case| case.name == name).expect("the list and the tests are one");
    block_on(async {
        if let Some(subject) = make().await {
            (case.run)(subject).await;
        }
    });
}

/// Every case of every suite.
pub fn all() -> impl Iterator<Item = &'static Case> {
    let suites = [
        crate::ledger::CASES,
        crate::workspace::CASES,
        crate::outbox::CASES,
        crate::idempotency::CASES,
        crate::identity::CASES,
        crate::invitation::CASES,
        crate::audit::CASES,
        crate::credential::CASES,
        crate::privacy::CASES,
        crate::webhook::CASES,
        crate::serial::CASES,
        crate::agreement::CASES,
    ];
    suites.into_iter().chain(crate::job::SUITES.iter().copied()).flatten()
}

/// The only list of a suite's cases: it makes both the data and the macro that expands to tests.
///
/// The leading `($)` is handed on to the macro that is made, which has a `$` of its own.
macro_rules! cases {
    (($d:tt) $(#[$doc:meta])* $suite:ident; $($file:ident { $($case:ident,)* })*) => {
        /// Every case of this suite.
        pub const CASES: &[$crate::Case] = &[$($($crate::Case {
            name: stringify!($case),
            group: stringify!($file),
            run: |subject| Box::pin($file::$case(subject)),
        },)*)*];

        $(#[$doc])*
        #[macro_export]
        macro_rules! $suite {
            ($d make:path) => {
                mod $suite {
                    use super::*;
                    $($(
                        #[test]
                        fn $case() {
                            $crate::suite::run($d make, stringify!($case));
                        }
                    )*)*
                }
            };
        }
    };
}

/// Every suite there is, for a store that keeps everything.
#[macro_export]
macro_rules! store_suite {
    ($make:path) => {
        $crate::ledger_suite!($make);
        $crate::job_suite!($make);
        $crate::workspace_suite!($make);
        $crate::outbox_suite!($make);
        $crate::idempotency_suite!($make);
        $crate::identity_suite!($make);
        $crate::invitation_suite!($make);
        $crate::audit_suite!($make);
        $crate::credential_suite!($make);
        $crate::privacy_suite!($make);
        $crate::webhook_suite!($make);
        $crate::serial_suite!($make);
        $crate::agreement_suite!($make);
    };
}
