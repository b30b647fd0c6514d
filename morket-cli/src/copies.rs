//! Copies of inputs lie beside all stores of a user. Each belongs to the store of its run, and goes
//! with what that store erases.

use crate::{
    folder::{self, RunFolder},
    run::Engine,
    shell::Shell,
    story::called_at,
};
use morket::{CallId, ErrorKind, JobId, Result, job::Job};
use std::time::Duration;

/// Whose a copy is.
#[derive(Debug)]
pub(crate) enum Owner {
    /// The store that is open; and its run, if it was begun and is known.
    Here(Option<Job>),
    /// Another, of this name where it was written down.
    Elsewhere(Option<String>),
}

/// To which store a run's folder belongs.
pub(crate) async fn owner(shell: &Shell, engine: &Engine, run: JobId) -> Result<Owner> {
    match engine.job(run).await {
        Ok(job) => return Ok(Owner::Here(Some(job))),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = RunFolder::left(&shell.runs(), run);
    Ok(match folder.store() {
        Some(name) if name == shell.store_name() => Owner::Here(None),
        Some(name) => Owner::Elsewhere(Some(name)),
        None if folder.was_kept() => Owner::Elsewhere(None),
        // Of an older release that was ended before its run began: nobody's, so anybody's.
        None => Owner::Here(None),
    })
}

/// Remove the copies of this store's runs that ended longer ago than `age`, and those of runs that
/// never began; how many went.
pub(crate) async fn expire(shell: &Shell, engine: &Engine, age: Duration) -> Result<u64> {
    let before = engine.morket.store_time().await?.before(age);
    let mut gone = 0;
    for run in folder::runs(&shell.runs()) {
        // What began later cannot have ended earlier.
        if called_at(CallId(run.0)) >= before {
            continue;
        }
        let due = match owner(shell, engine, run).await? {
            Owner::Here(Some(job)) => job.finished_at.is_some_and(|it| it < before),
            Owner::Here(None) => true,
            Owner::Elsewhere(_) => false,
        };
        if due {
            RunFolder::left(&shell.runs(), run).discard();
            gone += 1;
        }
    }
    Ok(gone)
}
