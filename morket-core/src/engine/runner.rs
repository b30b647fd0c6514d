//! The embedded runner: claims batches under leases and runs them, any number of processes beside
//! each other on one store.

use super::{
    batch::lost_word,
    event::Ended,
    places::Places,
    stop::{Idle, Stop},
    worker::Worker,
};
use crate::{
    ErrorKind, JobId, Result, WorkspaceId,
    job::{ClaimFilter, Claimed, Job, Wake},
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How a job stands when its runner is done with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// The job.
    pub job: Job,
    /// Whether it waits for longer than its runner would.
    pub waits: bool,
}

/// Claims batches and runs them.
#[derive(Clone, Debug)]
pub struct Runner {
    worker: Arc<Worker>,
    name: String,
    batches: usize,
    told: Option<mpsc::UnboundedSender<(WorkspaceId, JobId)>>,
}

/// How often a runner looks for work when nothing tells it.
const LOOK: Duration = Duration::from_millis(200);

/// How often it clears away what nobody comes back for.
const SWEEP: Duration = Duration::from_secs(60);

/// What came of a round of claiming and running.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    /// There was something to do.
    worked: bool,
    /// When the first of the batches that went to sleep wakes.
    wakes: Option<Duration>,
}

impl Round {
    fn sleeps(&mut self, now: Duration, wake_in: Duration) {
        let until = now.saturating_add(wake_in);
        let others = self.wakes.filter(|at| *at > now);
        self.wakes = Some(others.map_or(until, |at| at.min(until)));
    }

    /// How long to wait before the next: nothing is looked for later than it could be there.
    fn rest(self, now: Duration) -> Duration {
        let wakes = self.wakes.map(|at| at.saturating_sub(now)).filter(|it| !it.is_zero());
        wakes.map_or(LOOK, |it| it.min(LOOK))
    }
}

/// Whether all a job waits for is what its owner must mend, who is to be told.
fn is_lost(job: &Job) -> bool {
    let waits = job.plan.get("on_provider_lost").is_some_and(|it| it == "wait");
    let lost = |it: &String| it == "credits" || (!waits && lost_word(it).is_some());
    !job.waiting.is_empty() && job.waiting.iter().all(lost)
}

impl Runner {
    /// A runner over this worker; `name` says in leases who it is.
    pub fn new(worker: Arc<Worker>, name: impl Into<String>) -> Self {
        Self { worker, name: name.into(), batches: 4, told: None }
    }

    /// The most batches at once.
    #[must_use]
    pub fn batches(mut self, batches: usize) -> Self {
        self.batches = batches.max(1);
        self
    }

    /// Say of which jobs a batch was let go, however it stands: more than once of some.
    #[must_use]
    pub fn tells(mut self, told: mpsc::UnboundedSender<(WorkspaceId, JobId)>) -> Self {
        self.told = Some(told);
        self
    }

    /// Run one job until it ends, until nothing of it has been got on with for `patience`, until it
    /// waits for something that only its owner can mend (a key, an account), or until told to
    /// stop. Waits too short to park for are waited for all the same. Parked batches are woken
    /// first: whoever calls this thinks that it is worth another try.
    pub async fn run_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        patience: Duration,
        stop: &Stop,
    ) -> Result<Ran> {
        let store = &self.worker.options.store;
        let clock = &self.worker.options.clock;
        let mut idle = Idle::new(stop, clock.monotonic());
        store.wake(workspace, Wake::Job(job)).await?;
        self.worker.try_all_again();
        let mut round = Round::default();
        loop {
            round.worked = false;
            let limit = (patience, &mut idle);
            let waits = self.patient_round(job, limit, stop, &mut round).await?;
            let current = store.job(workspace, job).await?;
            if current.state.is_terminal() || stop.is_asked() {
                return Ok(Ran { job: current, waits: false });
            }
            if current.cancel_requested_at.is_some() {
                // Batches whose holder died with the cancel under way end here.
                store.cancel_job(workspace, job).await?;
            }
            if waits || (!round.worked && is_lost(&current)) {
                return Ok(Ran { job: current, waits: true });
            }
            if round.worked {
                continue;
            }
            if idle.by(clock.monotonic()) >= patience {
                return Ok(Ran { job: current, waits: true });
            }
            tokio::time::sleep(round.rest(clock.monotonic())).await;
        }
    }

    /// A round of one job, which is told to let go when nothing has been got on with for too long:
    /// whether that was so.
    async fn patient_round(
        &self,
        job: JobId,
        (patience, idle): (Duration, &mut Idle),
        stop: &Stop,
        round: &mut Round,
    ) -> Result<bool> {
        let options = &self.worker.options;
        let patience = patience.max(options.tuning.park_beyond);
        let own = stop.below();
        let running = self.round(ClaimFilter::Job(job), &own, round);
        tokio::pin!(running);
        let mut waits = false;
        loop {
            tokio::select! {
                biased;
                ran = &mut running => return ran.map(|()| waits),
                () = tokio::time::sleep(LOOK) => {}
            }
            if !waits && idle.by(options.clock.monotonic()) > patience {
                waits = true;
                own.drain();
            }
        }
    }

    /// Run whatever is queued until told to stop, and clear away what nobody comes back for.
    pub async fn run(&self, filter: ClaimFilter, stop: &Stop) -> Result<()> {
        let clock = &self.worker.options.clock;
        let mut swept: Option<Duration> = None;
        let mut round = Round::default();
        while !stop.is_asked() {
            if swept.is_none_or(|at| clock.monotonic() >= at + SWEEP) {
                swept = Some(clock.monotonic());
                self.sweep().await;
            }
            round.worked = false;
            match self.round(filter, stop, &mut round).await {
                Ok(()) if round.worked => {}
                Ok(()) => tokio::time::sleep(round.rest(clock.monotonic())).await,
                Err(error) if error.kind() == ErrorKind::StoreUnavailable => {
                    tracing::warn!(%error, "the store does not answer");
                    tokio::time::sleep(LOOK * 5).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Holds of dead jobs lapse; jobs that were never sealed are removed.
    async fn sweep(&self) {
        let options = &self.worker.options;
        let before = options.clock.now().before(Duration::from_secs(86_400));
        let lapsed = options.store.lapse_holds(1_000).await;
        let collected = options.store.collect_unsealed(before).await;
        for error in [lapsed.err(), collected.err()].into_iter().flatten() {
            tracing::warn!(%error, "the store could not be swept");
        }
    }

    /// Claim and run batches until none is left to claim and those that run are done. After an
    /// error nothing more is claimed, and what runs still comes to its end: the calls it has on the
    /// way were paid for.
    async fn round(&self, filter: ClaimFilter, stop: &Stop, round: &mut Round) -> Result<()> {
        let mut running = FuturesUnordered::new();
        let mut places = Places::new(self.batches);
        let clock = &self.worker.options.clock;
        let mut failed = None;
        loop {
            while failed.is_none()
                && !stop.is_asked()
                && let Some(wanted) = places.wanted(filter, clock.monotonic())
            {
                match self.claim(wanted).await {
                    Ok(Some((claimed, at, job))) => {
                        round.worked = true;
                        let (number, stop) = places.take(claimed.lease.workspace, at, stop);
                        let run = async move { self.run_one(claimed, at, &job, &stop).await };
                        running.push(run.map(move |ended| (number, ended)));
                    }
                    Ok(None) => break,
                    Err(error) => failed = Some(error),
                }
            }
            let may_claim = failed.is_none() && places.may_come(filter) && !stop.is_asked();
            let ended = tokio::select! {
                biased;
                ended = running.next() => ended,
                // Another lease may have lapsed, or another job come, beside what runs for long.
                () = tokio::time::sleep(LOOK), if may_claim => continue,
            };
            let Some((number, ended)) = ended else { return failed.map_or(Ok(()), Err) };
            places.leave(number);
            let error = match ended {
                Ok(Ended::Broken(detail)) => crate::Error::internal("engine.run_batch", detail),
                Ok(Ended::Parked { wake_in: Some(wake_in), .. }) => {
                    round.sleeps(clock.monotonic(), wake_in);
                    continue;
                }
                Ok(_) => continue,
                Err(error) if error.kind() == ErrorKind::StaleLease => continue,
                Err(error) => error,
            };
            failed.get_or_insert(error);
        }
    }

    async fn run_one(
        &self,
        claimed: Claimed,
        at: Duration,
        job: &Job,
        stop: &Stop,
    ) -> Result<Ended> {
        let place = (claimed.lease.workspace, job.id);
        let ended = self.worker.run_batch(claimed, at, job, stop).await;
        // Whoever wanted to know may have gone.
        let _ = self.told.as_ref().map(|it| it.send(place));
        ended
    }

    async fn claim(&self, filter: ClaimFilter) -> Result<Option<(Claimed, Duration, Job)>> {
        let options = &self.worker.options;
        let at = options.clock.monotonic();
        let claimed = options.store.claim_batch(&self.name, options.ttl, filter).await?;
        let Some(claimed) = claimed else { return Ok(None) };
        let (workspace, id) = (claimed.lease.workspace, claimed.lease.batch.job);
        let job = options.store.job(workspace, id).await?;
        Ok(Some((claimed, at, job)))
    }
}
