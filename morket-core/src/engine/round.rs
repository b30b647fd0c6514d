//! A round of a runner: batches are claimed and run beside each other until none is left.

use super::{
    absence::Absence,
    event::Ended,
    places::Places,
    runner::{LOOK, Runner},
    stop::Stop,
};
use crate::{
    Error, ErrorKind, Result,
    job::{ClaimFilter, Claimed, Job},
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::time::Duration;

/// A batch that was claimed, since when on the monotonic clock, and its job.
pub(super) type Taken = (Claimed, Duration, Job);

/// What came of a round of claiming and running.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    /// There was something to do.
    pub(super) worked: bool,
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
    pub(super) fn rest(self, now: Duration) -> Duration {
        let wakes = self.wakes.map(|at| at.saturating_sub(now)).filter(|it| !it.is_zero());
        wakes.map_or(LOOK, |it| it.min(LOOK))
    }
}

/// What has come to its end within a round.
enum Step {
    Claimed(Box<Result<Option<Taken>>>),
    Ended(u64, Result<Ended>),
}

/// A round under way. A claim is waited for beside what runs, however long the store takes over
/// it: a lease would lapse meanwhile.
pub(super) struct Shift<'a> {
    runner: &'a Runner,
    filter: ClaimFilter,
    stop: &'a Stop,
    round: &'a mut Round,
    running: FuturesUnordered<BoxFuture<'a, Step>>,
    places: Places,
    /// The store was asked for a batch and has not answered.
    claiming: bool,
    /// It is not asked again before.
    not_before: Duration,
    absence: Absence,
    failed: Option<Error>,
}

impl<'a> Shift<'a> {
    pub(super) fn new(
        runner: &'a Runner,
        filter: ClaimFilter,
        stop: &'a Stop,
        round: &'a mut Round,
    ) -> Self {
        let (running, places) = (FuturesUnordered::new(), Places::new(runner.batches));
        let (claiming, not_before) = (false, Duration::ZERO);
        let (absence, failed) = (Absence::default(), None);
        Self { runner, filter, stop, round, running, places, claiming, not_before, absence, failed }
    }

    /// Claim and run batches until none is left to claim and those that run are done. After an
    /// error nothing more is claimed, and what runs still comes to its end: the calls it has on the
    /// way were paid for. A store that is away is asked again as long as anything runs.
    pub(super) async fn run(mut self) -> Result<()> {
        loop {
            self.look();
            let may_look = !self.claiming && self.may_claim() && self.places.may_come(self.filter);
            let step = tokio::select! {
                biased;
                step = self.running.next() => step,
                // Another lease may have lapsed, or another job come, beside what runs for long.
                () = tokio::time::sleep(LOOK), if may_look => continue,
            };
            let failed = match step {
                None => return self.failed.map_or(Ok(()), Err),
                Some(Step::Claimed(claimed)) => self.claimed(*claimed),
                Some(Step::Ended(number, ended)) => self.ended(number, ended),
            };
            if let Err(error) = failed
                && self.failed.as_ref().is_none_or(is_away)
            {
                self.failed = Some(error);
            }
        }
    }

    fn now(&self) -> Duration {
        self.runner.worker.options.clock.monotonic()
    }

    fn may_claim(&self) -> bool {
        !self.stop.is_asked() && self.failed.as_ref().is_none_or(is_away)
    }

    /// Ask for a batch, where there is room for one.
    fn look(&mut self) {
        let now = self.now();
        if self.claiming || now < self.not_before || !self.may_claim() {
            return;
        }
        if let Some(wanted) = self.places.wanted(self.filter, now) {
            let runner = self.runner;
            self.claiming = true;
            self.running
                .push(Box::pin(async move { Step::Claimed(Box::new(runner.claim(wanted).await)) }));
        }
    }

    fn claimed(&mut self, claimed: Result<Option<Taken>>) -> Result<()> {
        self.claiming = false;
        let now = self.now();
        let taken = claimed.inspect_err(|_| self.not_before = now + self.absence.goes_on())?;
        self.absence.ends();
        self.failed.take_if(|it| is_away(it));
        let Some((claimed, at, job)) = taken else {
            self.not_before = now + LOOK;
            return Ok(());
        };
        self.round.worked = true;
        let (number, stop) = self.places.take(claimed.lease.workspace, at, self.stop);
        if self.failed.is_some() {
            // Something went wrong while it was claimed: it is given back.
            stop.drain();
        }
        let runner = self.runner;
        self.running.push(Box::pin(async move {
            Step::Ended(number, runner.run_one(claimed, at, &job, &stop).await)
        }));
        Ok(())
    }

    fn ended(&mut self, number: u64, ended: Result<Ended>) -> Result<()> {
        self.places.leave(number);
        if !self.absence.is_on() {
            self.not_before = Duration::ZERO;
        }
        match ended {
            Ok(Ended::Broken(error)) => Err(error),
            Ok(Ended::Parked { wake_in: Some(wake_in), .. }) => {
                let now = self.now();
                self.round.sleeps(now, wake_in);
                Ok(())
            }
            Err(error) if error.kind() != ErrorKind::StaleLease => Err(error),
            _ => Ok(()),
        }
    }
}

fn is_away(error: &Error) -> bool {
    error.kind().is_away()
}
