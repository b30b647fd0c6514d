//! Stores with one thing wrong each, so that the suites are seen to reject them.
//!
//! A broken store stands on a right one and reaches it through the ports alone: it transforms a
//! call or an answer. Each names the one case that must reject it; all others must let it pass,
//! so that a red case tells which promise is broken.

mod defect;
mod flights;
mod invitations;
mod jobs;
mod ledger;
mod people;
mod permits;
mod privacy;
mod racy;
mod racy_people;
mod recall;
mod signin;
mod vault;
mod webhooks;

pub(crate) use defect::{Defect, Right, Through, through};

use crate::{Case, Subject, block_on, suite};
use std::{
    future::Future,
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError},
};

/// A store with one thing wrong.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    /// What is wrong, in a few words.
    pub name: &'static str,
    /// The case that shows it.
    pub must_fail: &'static str,
    /// The random walk, history or table that shows it too, where one must.
    pub walk: Option<&'static str>,
    /// Break a right store.
    pub wrap: fn(Subject) -> Subject,
}

/// Every broken store.
pub fn all() -> Vec<Broken> {
    [
        ledger::SHELF,
        jobs::SHELF,
        flights::SHELF,
        people::SHELF,
        permits::SHELF,
        privacy::SHELF,
        racy::SHELF,
        invitations::SHELF,
        racy_people::SHELF,
        recall::SHELF,
        signin::SHELF,
        vault::SHELF,
        webhooks::SHELF,
    ]
    .concat()
}

/// Run every case against every broken store over what `make` gives; panics unless each is
/// rejected by the case it names and by no other.
///
/// It silences the panic hook of its process, so it wants a test binary of its own.
pub fn check<F>(make: impl Fn() -> F + Sync)
where
    F: Future<Output = Option<Subject>>,
{
    panic::set_hook(Box::new(|_| {}));
    let (queue, problems) = (Mutex::new(all()), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(broken) = next() {
                    let found = judge(broken, &make);
                    problems.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
                }
            });
        }
    });
    drop(panic::take_hook());
    let problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What speaks against this broken store being rejected as it should be.
fn judge<F>(broken: Broken, make: &impl Fn() -> F) -> Vec<String>
where
    F: Future<Output = Option<Subject>>,
{
    let mut problems = Vec::new();
    for case in suite::all() {
        let due = case.name == broken.must_fail || broken.walk == Some(case.name);
        if case.looks_at_everything() && !due {
            continue;
        }
        let rejects = fails(case, broken.wrap, make);
        if rejects != due {
            let word = if rejects { "rejects" } else { "lets pass" };
            problems.push(format!("{} {word} `{}`", case.name, broken.name));
        }
    }
    problems
}

fn fails<F>(case: &Case, wrap: fn(Subject) -> Subject, make: &impl Fn() -> F) -> bool
where
    F: Future<Output = Option<Subject>>,
{
    let run = || {
        block_on(async {
            if let Some(subject) = make().await {
                (case.run)(wrap(subject)).await;
            }
        });
    };
    panic::catch_unwind(AssertUnwindSafe(run)).is_err()
}
