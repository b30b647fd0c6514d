//! The embedded runner: claims batches under leases and runs them, any number of processes beside
//! each other on one store.

use super::{
    absence::Absence,
    batch::lost_word,
    event::Ended,
    round::{Round, Shift, Taken},
    stop::{Idle, Stop},
    worker::Worker,
};
use crate::{
    Error, JobId, Result, WorkspaceId,
    job::{ClaimFilter, Claimed, Job, Wake},
};
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

/// What a runner has to say while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It let a batch of this job go, however the job stands: more than once of some.
    LetGo(WorkspaceId, JobId),
    /// The store does not answer, for this reason; the runner waits for it.
    Away(String),
    /// The store answers again.
    Back,
}

/// Claims batches and runs them.
#[derive(Clone, Debug)]
pub struct Runner {
    pub(super) worker: Arc<Worker>,
    name: String,
    pub(super) batches: usize,
    told: Option<mpsc::UnboundedSender<News>>,
}

/// How often a runner looks for work when nothing tells it.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// How often it clears away what nobody comes back for.
const SWEEP: Duration = Duration::from_secs(60);

/// A job that is run for somebody who waits for it.
struct Attended<'a> {
    workspace: WorkspaceId,
    job: JobId,
    patience: Duration,
    stop: &'a Stop,
    idle: Idle,
    round: Round,
    /// Its parked batches were woken.
    woken: bool,
}

/// Whether all a job waits for is what its owner must mend, who is to be told.
fn is_lost(job: &Job) -> bool {
    let waits = job.plan.get("on_provider_lost").is_some_and(|it| it == "wait");
    let lost = |it: &String| it == "credits" || (!waits && lost_word(it).is_some());
    !job.waiting.is_empty() && job.waiting.iter().all(lost)
}

/// The store has been away for longer than anybody waits.
fn gone(error: Error, idle: Duration) -> Error {
    let message = format!(
        "the store has not answered for {} s ({}); nothing that was written down is lost, and the \
         run goes on from there once the store is back",
        idle.as_secs(),
        error.message()
    );
    Error::new(error.kind(), "engine.run_job", message).caused_by(error)
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

    /// Say what there is to say while it runs.
    #[must_use]
    pub fn tells(mut self, told: mpsc::UnboundedSender<News>) -> Self {
        self.told = Some(told);
        self
    }

    /// Run one job until it ends, until nothing of it has been got on with for `patience`, until it
    /// waits for something that only its owner can mend (a key, an account), or until told to
    /// stop. Waits too short to park for are waited for all the same. Parked batches are woken
    /// first: whoever calls this thinks that it is worth another try.
    ///
    /// A store that does not answer is waited for as long as anything else; then the error says
    /// so. The job is none the worse for it, and can be run again.
    pub async fn run_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        patience: Duration,
        stop: &Stop,
    ) -> Result<Ran> {
        let clock = &self.worker.options.clock;
        let idle = Idle::new(stop, clock.monotonic());
        let round = Round::default();
        let mut it = Attended { workspace, job, patience, stop, idle, round, woken: false };
        let mut absence = Absence::default();
        loop {
            match self.turn(&mut it).await {
                Ok(Some(ran)) => {
                    self.is_back(&mut absence);
                    return Ok(ran);
                }
                Ok(None) => self.is_back(&mut absence),
                Err(error) if error.kind().is_away() => {
                    let idle = it.idle.by(clock.monotonic());
                    if idle >= patience || stop.is_asked() {
                        return Err(gone(error, idle));
                    }
                    self.bear(&mut absence, &error, stop).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One round of a job, and how the job stands if that was the last.
    async fn turn(&self, it: &mut Attended<'_>) -> Result<Option<Ran>> {
        let store = &self.worker.options.store;
        let clock = &self.worker.options.clock;
        if !it.woken {
            store.wake(it.workspace, Wake::Job(it.job)).await?;
            self.worker.try_all_again();
            it.woken = true;
        }
        it.round.worked = false;
        let waits = self.patient_round(it).await?;
        let current = store.job(it.workspace, it.job).await?;
        if current.state.is_terminal() || it.stop.is_asked() {
            return Ok(Some(Ran { job: current, waits: false }));
        }
        if current.cancel_requested_at.is_some() {
            // Batches whose holder died with the cancel under way end here.
            store.cancel_job(it.workspace, it.job).await?;
        }
        if waits || (!it.round.worked && is_lost(&current)) {
            return Ok(Some(Ran { job: current, waits: true }));
        }
        if it.round.worked {
            return Ok(None);
        }
        if it.idle.by(clock.monotonic()) >= it.patience {
            return Ok(Some(Ran { job: current, waits: true }));
        }
        tokio::time::sleep(it.round.rest(clock.monotonic())).await;
        Ok(None)
    }

    /// A round of one job, which is told to let go when nothing has been got on with for too long:
    /// whether that was so.
    async fn patient_round(&self, it: &mut Attended<'_>) -> Result<bool> {
        let options = &self.worker.options;
        let patience = it.patience.max(options.tuning.park_beyond);
        let own = it.stop.below();
        let running = self.round(ClaimFilter::Job(it.job), &own, &mut it.round);
        tokio::pin!(running);
        let mut waits = false;
        loop {
            tokio::select! {
                biased;
                ran = &mut running => return ran.map(|()| waits),
                () = tokio::time::sleep(LOOK) => {}
            }
            if !waits && it.idle.by(options.clock.monotonic()) > patience {
                waits = true;
                own.drain();
            }
        }
    }

    /// Run whatever is queued until told to stop, and clear away what nobody comes back for. A
    /// store that does not answer is waited for.
    pub async fn run(&self, filter: ClaimFilter, stop: &Stop) -> Result<()> {
        let clock = &self.worker.options.clock;
        let mut swept: Option<Duration> = None;
        let mut round = Round::default();
        let mut absence = Absence::default();
        while !stop.is_asked() {
            let due = swept.is_none_or(|at| clock.monotonic() >= at + SWEEP);
            if due && !absence.is_on() {
                swept = Some(clock.monotonic());
                self.sweep().await;
            }
            round.worked = false;
            match self.round(filter, stop, &mut round).await {
                Ok(()) => {
                    self.is_back(&mut absence);
                    if !round.worked {
                        tokio::time::sleep(round.rest(clock.monotonic())).await;
                    }
                }
                Err(error) if error.kind().is_away() => {
                    if round.worked {
                        self.is_back(&mut absence);
                    }
                    self.bear(&mut absence, &error, stop).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The store does not answer: wait a while, ever longer, or until told to stop.
    async fn bear(&self, absence: &mut Absence, error: &Error, stop: &Stop) {
        if !absence.is_on() {
            tracing::warn!(%error, "the store does not answer; waiting for it");
            self.tell(News::Away(error.message().to_owned()));
        }
        let (wait, mut stop) = (absence.goes_on(), stop.clone());
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    fn is_back(&self, absence: &mut Absence) {
        if absence.ends() {
            tracing::info!("the store answers again");
            self.tell(News::Back);
        }
    }

    fn tell(&self, news: News) {
        // Whoever wanted to know may have gone.
        let _ = self.told.as_ref().map(|it| it.send(news));
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

    async fn round(&self, filter: ClaimFilter, stop: &Stop, round: &mut Round) -> Result<()> {
        Shift::new(self, filter, stop, round).run().await
    }

    pub(super) async fn run_one(
        &self,
        claimed: Claimed,
        at: Duration,
        job: &Job,
        stop: &Stop,
    ) -> Result<Ended> {
        let place = (claimed.lease.workspace, job.id);
        let ended = self.worker.run_batch(claimed, at, job, stop).await;
        self.tell(News::LetGo(place.0, place.1));
        ended
    }

    pub(super) async fn claim(&self, filter: ClaimFilter) -> Result<Option<Taken>> {
        let options = &self.worker.options;
        let at = options.clock.monotonic();
        let claimed = options.store.claim_batch(&self.name, options.ttl, filter).await;
        self.worker.has_asked(!claimed.as_ref().is_err_and(|it| it.kind().is_away()));
        let claimed = claimed?;
        let Some(claimed) = claimed else { return Ok(None) };
        let (workspace, id) = (claimed.lease.workspace, claimed.lease.batch.job);
        let job = options.store.job(workspace, id).await?;
        Ok(Some((claimed, at, job)))
    }
}
