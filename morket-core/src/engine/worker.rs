//! The edge of the engine: it reads the clock, draws a seed, and does what a batch commands. It
//! decides nothing.

use super::{
    absence::Outage,
    base::Base,
    batch::Batch,
    event::{Command, Ended, Event, Now, Opening, Told},
    exchange::exchange,
    gates::{GateIx, Gates, Waiter},
    guard::Guard,
    lookup,
    options::WorkerOptions,
    sign_in::{Refused, Tokens},
    standing::{Accounts, Among},
    stop::{Pulse, Stop},
    tally::Tally,
    unheard::Silence,
};
use crate::{
    CallId, Error, Result, Secret, WorkspaceId,
    http::{Fence, Fenced, Http, HttpFailure, HttpRequest},
    job::{Answered, Claimed, Job, Settlement},
    ledger::Metering,
    plan::{OpIx, Plan, Program, Settings, compile},
    provider::{Ask, Inputs, Outcome, Parsed, Verdicts},
    rng::random,
    workspace::{Environment, Workspace},
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;

/// Runs batches: any number at once, all sharing gates.
#[derive(Debug)]
pub struct Worker {
    pub(super) options: WorkerOptions,
    gates: Mutex<Gates>,
    inboxes: Mutex<BTreeMap<u64, mpsc::UnboundedSender<Event>>>,
    tokens: Tokens,
    pub(super) accounts: Accounts,
    tally: Mutex<Tally>,
    pub(super) outage: Mutex<Outage>,
    pub(super) silence: Mutex<Silence>,
}

/// How often a batch looks whether its job is to stop.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// One batch with what its commands need.
struct Desk<'a> {
    worker: &'a Worker,
    workspace: WorkspaceId,
    program: Arc<Program>,
    http: Arc<dyn Http>,
    keys: Vec<Option<Secret<String>>>,
    lease: Mutex<crate::job::Lease>,
    pulse: Arc<Pulse>,
}

impl Worker {
    /// A worker that has not begun.
    pub fn new(options: WorkerOptions) -> Self {
        let gates = Mutex::new(Gates::new(options.tuning.cooldown));
        let (inboxes, tokens, accounts, tally, outage, silence) = Default::default();
        Self { options, gates, inboxes, tokens, accounts, tally, outage, silence }
    }

    /// What it has done since it began, for a host's metrics.
    pub fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        let clock = &self.options.clock;
        Now { wall: clock.now(), mono: clock.monotonic() }
    }

    pub(super) fn gates(&self) -> std::sync::MutexGuard<'_, Gates> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inboxes(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, mpsc::UnboundedSender<Event>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Run a claimed batch until it is over for this worker.
    #[tracing::instrument(level = "debug", skip_all, fields(
        job = %job.id, batch = claimed.lease.batch.number))]
    pub async fn run_batch(
        &self,
        claimed: Claimed,
        claimed_at: Duration,
        job: &Job,
        stop: &Stop,
    ) -> Result<Ended> {
        let store = &self.options.store;
        let workspace = store.workspace(job.workspace).await?;
        let program = Arc::new(self.compile(job, &workspace).await?);
        let keys = self.keys(&workspace, &program).await?;
        let fence = Fence::new(workspace.environment, &self.options.settings.sandboxes);
        let http: Arc<dyn Http> = Arc::new(Fenced::new(self.options.http.clone(), fence));
        let gates = self.enter(&program, &keys);
        let among = Among { program: &program, keys: &keys, gates: &gates };
        let mut waiting = self.waiting(&*http, among, &claimed).await;
        waiting.patient_until = self.patient_until();
        let range = claimed.first..claimed.first + claimed.size;
        let lease = claimed.lease;
        let (seed, number) = (random::<16>(&*self.options.rng), random::<8>(&*self.options.rng));
        let number = u64::from_be_bytes(number);
        let records = store.records(job.workspace, job.id, range.clone()).await?;
        let base = self.base((job, &workspace), &program, &records).await?;
        let found = base.as_ref().map(Base::named).unwrap_or_default();
        let inputs = records.iter().map(|it| &it.input).chain(&found);
        let rng = &*self.options.rng;
        let opening = Opening {
            guard: Guard::ask(&**store, workspace.id, rng, &program.catalogue, inputs).await?,
            records,
            base,
            cells: store.cells(job.workspace, job.id, range.clone()).await?,
            steps: store.steps(job.workspace, job.id, range).await?,
            calls: store.open_calls(lease).await?,
            claimed,
            claimed_at,
            ttl: self.options.ttl,
            program: program.clone(),
            gates,
            number,
            seed,
            realm: lookup::realm(&workspace),
            metered: workspace.metering == Metering::Prepaid,
            cancelled: job.cancel_requested_at.is_some(),
            waiting,
            tuning: self.options.tuning,
        };
        let lease = Mutex::new(lease);
        let pulse = stop.pulse.clone();
        let workspace = workspace.id;
        let desk = Desk { worker: self, workspace, program, http, keys, lease, pulse };
        let (sender, inbox) = mpsc::unbounded_channel();
        self.inboxes().insert(number, sender);
        let ended = desk.run(opening, inbox, stop).await;
        self.inboxes().remove(&number);
        Ok(ended)
    }

    pub(super) async fn compile(&self, job: &Job, workspace: &Workspace) -> Result<Program> {
        let plan: Plan = serde_json::from_value(job.plan.clone()).map_err(|error| {
            Error::invalid("engine.compile", "plan", "it cannot be read").caused_by(error)
        })?;
        let mut settings = self.settings(workspace).await?;
        // What may not be reached is refused when it is asked, where a job cannot stop a worker.
        settings.environment = Environment::Replay;
        compile(&plan, &settings)
    }

    /// What plans of this workspace are compiled among: with the keys it has.
    pub async fn settings(&self, workspace: &Workspace) -> Result<Settings> {
        let mut settings = self.options.settings.clone();
        settings.metered = workspace.metering == Metering::Prepaid;
        settings.environment = workspace.environment;
        // A key that is gone at run time is a lost provider, not a broken plan.
        settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        Ok(settings)
    }

    async fn keys(
        &self,
        workspace: &Workspace,
        program: &Program,
    ) -> Result<Vec<Option<Secret<String>>>> {
        let mut keys = Vec::with_capacity(program.ops.len());
        for op in &program.ops {
            keys.push(match op.adapter.manifest().keyed {
                true => self.options.keys.key(workspace.id, &op.provider).await?,
                false => None,
            });
        }
        Ok(keys)
    }

    /// The gate of each operation; none where a key is needed and not there.
    fn enter(&self, program: &Program, keys: &[Option<Secret<String>>]) -> Vec<Option<GateIx>> {
        let mut gates = self.gates();
        let each = program.ops.iter().zip(keys);
        each.map(|(op, key)| {
            let name = match (key, op.adapter.manifest().keyed) {
                (Some(key), _) => format!("{}@{}#{}", op.provider, op.base_url, short_hash(key)),
                (None, false) => format!("{}@{}", op.provider, op.base_url),
                (None, true) => return None,
            };
            Some(gates.enter(&name, &op.operation))
        })
        .collect()
    }

    /// A vendor is there again.
    fn tell_all(&self) {
        for inbox in self.inboxes().values() {
            // A batch that has just ended no longer wants to know.
            let _ = inbox.send(Event::Recovered);
        }
    }

    /// Whoever was lost is asked once more.
    pub(super) fn try_all_again(&self) {
        self.gates().try_all_again();
    }

    fn tell(&self, waiter: Waiter, told: Told) {
        if let Some(inbox) = self.inboxes().get(&waiter.batch) {
            // A batch that has just ended no longer wants to know.
            let _ = inbox.send(Event::Told(waiter.ask, told));
        }
    }
}

/// Tells keys apart without telling them.
fn short_hash(key: &Secret<String>) -> String {
    let digest = Sha256::digest(key.expose().as_bytes());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

type Running<'a> = FuturesUnordered<BoxFuture<'a, Event>>;

impl Desk<'_> {
    async fn run(
        &self,
        opening: Opening,
        mut inbox: mpsc::UnboundedReceiver<Event>,
        stop: &Stop,
    ) -> Ended {
        let worker = self.worker;
        let (mut batch, mut commands) = {
            let now = worker.now();
            Batch::open(opening, &mut worker.gates(), now)
        };
        let mut running: Running<'_> = FuturesUnordered::new();
        let mut stop = stop.clone();
        let mut beat = Box::pin(tokio::time::sleep(HEARTBEAT));
        loop {
            for command in std::mem::take(&mut commands) {
                match command {
                    Command::End(ended) => return self.wind_up(&batch, ended, running).await,
                    Command::Tell(waiter, told) => worker.tell(waiter, told),
                    command => running.push(self.execute(command)),
                }
            }
            let now = worker.now();
            let wait = batch.wake_at().map(|at| at.saturating_sub(now.mono));
            let first = tokio::select! {
                biased;
                // A batch that is always busy hears all the same that it is to stop.
                event = stop.changed() => event,
                () = &mut beat => {
                    beat = Box::pin(tokio::time::sleep(HEARTBEAT));
                    running.push(Box::pin(self.heartbeat(batch.lease().batch.job)));
                    Event::Tick
                }
                Some(event) = inbox.recv() => event,
                Some(event) = running.next() => event,
                () = sleep(wait) => Event::Tick,
            };
            *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = batch.lease();
            let now = worker.now();
            let mut gates = worker.gates();
            commands.extend(batch.step(&mut gates, now, first));
            // Whatever else has happened by now is told before anything is written.
            for _ in 0..256 {
                match running.next().now_or_never() {
                    Some(Some(event)) => commands.extend(batch.step(&mut gates, now, event)),
                    _ => break,
                }
            }
            commands.extend(batch.step(&mut gates, now, Event::Tick));
            if gates.has_recovered() {
                worker.tell_all();
            }
        }
    }

    /// Whether the job is to stop: whoever cancels it is told that nothing starts only once every
    /// holder of a lease has heard of it.
    async fn heartbeat(&self, job: crate::JobId) -> Event {
        match self.worker.options.store.job(self.workspace, job).await {
            Ok(job) if job.cancel_requested_at.is_some() => Event::Cancel,
            _ => Event::Tick,
        }
    }

    /// Whoever lost its lease still tells what vendors billed: it replaces what is unknown.
    async fn wind_up(&self, batch: &Batch, ended: Ended, mut running: Running<'_>) -> Ended {
        if !matches!(ended, Ended::Lost) {
            return ended;
        }
        let store = &self.worker.options.store;
        let patience = HttpRequest::TIMEOUT;
        let mut held = batch.owed_for_held();
        loop {
            let owed = match held.pop() {
                Some(owed) => owed,
                None => match tokio::time::timeout(patience, running.next()).await {
                    Ok(Some(Event::Answered(call, result))) => {
                        let Some(owed) = batch.owed(call, *result) else { continue };
                        owed
                    }
                    Ok(Some(_)) => continue,
                    _ => break,
                },
            };
            let call = owed.id;
            let items = [Answered { call: Some(owed), ..Answered::default() }].into();
            let settlement = Settlement { lease: batch.lease(), items, closing: None };
            if let Err(error) = store.settle(settlement).await {
                tracing::warn!(%error, %call, "what a call cost could not be written down");
            }
        }
        ended
    }

    fn execute(&self, command: Command) -> BoxFuture<'_, Event> {
        let store = &self.worker.options.store;
        let lease = *self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        match command {
            Command::Fund(hold, prices) => Box::pin(async move {
                Event::Funded(self.persist(|| store.fund_batch(lease, hold, prices.clone())).await)
            }),
            Command::Look(asks, sought) => Box::pin(async move {
                let recall = || store.recall(self.workspace, sought.clone());
                Event::Looked(asks, self.persist(recall).await)
            }),
            Command::Mark(calls) => Box::pin(async move {
                let ids: Vec<CallId> = calls.iter().map(|it| it.id).collect();
                Event::Marked(ids, self.persist(|| store.mark_sent(lease, calls.clone())).await)
            }),
            Command::Watch(asks, keys) => Box::pin(async move {
                let seen = self.persist(|| store.flights(self.workspace, keys.clone())).await;
                Event::Watched(asks, seen)
            }),
            Command::Permits(purse, claim) => Box::pin(async move {
                let given = self.persist(|| store.claim_permits(claim.clone())).await;
                Event::Permitted(purse, given)
            }),
            Command::Send { call, op, records, task } => Box::pin(async move {
                let on_the_wire = self.pulse.sends();
                let sent = self.send(call, op, &records, task.as_deref()).await;
                drop(on_the_wire);
                if let Err(failure) = &sent {
                    self.worker.has_not_heard(&self.program.op(op).provider, failure);
                }
                Event::Answered(call, Box::new(sent))
            }),
            Command::Settle(settlement) => Box::pin(async move {
                let settled = self.persist(|| store.settle((*settlement).clone())).await;
                self.pulse.decides(settlement.items.iter().map(|it| it.steps.len()).sum());
                if let Ok(settled) = &settled {
                    let tally = &self.worker.tally;
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.note(&settlement.items, settled);
                }
                Event::Settled(settled)
            }),
            Command::Screen(names) => Box::pin(async move {
                let screened = self.persist(|| store.screen(self.workspace, names.clone())).await;
                Event::Screened(names, screened)
            }),
            Command::Renew(lease, ttl) => Box::pin(async move {
                let asked_at = self.worker.options.clock.monotonic();
                Event::Renewed(asked_at, self.persist(|| store.renew_lease(lease, ttl)).await)
            }),
            Command::Tell(..) | Command::End(_) => {
                unreachable!("the loop has taken these itself")
            }
        }
    }

    /// Repeat a keyed step until the store answers. After two leases somebody else has the batch.
    async fn persist<T, F, Fut>(&self, step: F) -> Result<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let clock = &self.worker.options.clock;
        let give_up = clock.monotonic() + self.worker.options.ttl * 2;
        let mut wait = Duration::from_millis(20);
        loop {
            match step().await {
                Err(error) if error.kind().is_away() && clock.monotonic() < give_up => {
                    tracing::warn!(%error, "the store does not answer; trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(1));
                }
                other => return other,
            }
        }
    }

    /// A call, with a token for a key where the vendor wants one. A token that is refused may have
    /// been withdrawn before its time: what it asked was not billed, and is asked once more.
    async fn send(
        &self,
        call: CallId,
        op: OpIx,
        records: &[Inputs],
        task: Option<&str>,
    ) -> Result<Parsed, HttpFailure> {
        let key = self.keys[usize::from(op.0)].as_ref();
        let op = self.program.op(op);
        let ask = Ask { operation: &op.operation, base_url: &op.base_url, key, records, call };
        let (http, clock) = (self.http.as_ref(), self.worker.options.clock.as_ref());
        let Some(key) = key else { return exchange(http, op, &ask, task).await };
        let mut spent = None;
        loop {
            let token = self.worker.tokens.of(op, key, spent.as_ref(), http, clock);
            let token = match token.await {
                Ok(Some(token)) => token,
                Ok(None) => return exchange(http, op, &ask, task).await,
                Err(Refused::Outcome(outcome)) => return Ok((*outcome).into()),
                Err(Refused::Failure(failure)) => return Err(failure),
            };
            let parsed = exchange(http, op, &Ask { key: Some(&token), ..ask }, task).await?;
            let refused = matches!(parsed.verdicts, Verdicts::All(Outcome::AuthFailed));
            if !refused || spent.is_some() {
                return Ok(parsed);
            }
            spent = Some(token);
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
