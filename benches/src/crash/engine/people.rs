//! The process that is killed: a worker like any other, with a short lease.

use super::super::{place::Place, value};
use crate::scene;
use anyhow::Context;
use morket::{
    engine::{Runner, Stop, Tuning},
    job::ClaimFilter,
};
use std::{sync::Arc, time::Duration};

/// How long a lease lasts: short, so that takeovers are many.
const LEASE: Duration = Duration::from_secs(1);

/// How long an open breaker keeps calls away. Three in ten calls meet a fault: with a minute a
/// campaign would mostly wait.
const COOLDOWN: Duration = Duration::from_millis(500);

/// Run whatever is queued, until killed.
pub async fn work(args: &[String]) -> anyhow::Result<()> {
    let store = Place::parse(args)?.open().await?;
    let address = value(args, "--sandbox").context("--sandbox")?;
    let name = value(args, "--name").context("--name")?;
    let in_flight = value(args, "--in-flight").context("--in-flight")?.parse()?;
    let batches = value(args, "--batches").context("--batches")?.parse()?;
    let tuning = Tuning { in_flight, cooldown: COOLDOWN, ..Tuning::default() };
    let worker = scene::worker(Arc::new(store), &address, LEASE, tuning)?;
    let runner = Runner::new(Arc::new(worker), name).batches(batches);
    runner.run(ClaimFilter::All, &Stop::default()).await?;
    Ok(())
}
