//! Copies of inputs lie beside all stores of a user. Each belongs to the store of its run, and goes
//! with what that store erases.

use crate::{
    folder::{self, RunFolder},
    run::Engine,
    shell::Shell,
    story::called_at,
};
use morket::{CallId, ErrorKind, JobId, Result, Timestamp};
use std::time::Duration;

/// Whose a copy is.
#[derive(Debug)]
pub(crate) enum Owner {
    /// The store that is open.
    Here(Run),
    /// Another, of this name where it was written down.
    Elsewhere(Option<String>),
}

/// How its run stands.
#[derive(Debug)]
pub(crate) enum Run {
    /// It was never begun, or is gone.
    None,
    /// It has not ended.
    Open,
    /// It ended then.
    Ended(Timestamp),
}

/// To which store a run's folder belongs.
pub(crate) async fn owner(shell: &Shell, engine: &Engine, run: JobId) -> Result<Owner> {
    match engine.job(run).await {
        Ok(job) => return Ok(Owner::Here(job.finished_at.map_or(Run::Open, Run::Ended))),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = RunFolder::left(&shell.runs(), run);
    Ok(match folder.store() {
        Some(name) if name == shell.store_name() => Owner::Here(Run::None),
        Some(name) => Owner::Elsewhere(Some(name)),
        None if folder.was_kept() => Owner::Elsewhere(None),
        // Of an older release that was ended before its run began: nobody's, so anybody's.
        None => Owner::Here(Run::None),
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
            Owner::Here(Run::Ended(at)) => at < before,
            Owner::Here(Run::None) => true,
            Owner::Here(Run::Open) | Owner::Elsewhere(_) => false,
        };
        if due {
            RunFolder::left(&shell.runs(), run).discard();
            gone += 1;
        }
    }
    Ok(gone)
}
