//! Small jobs, step by step through the ports, and taking over what a dead worker left.

use super::{draw::call_of, line::Line, worker::Hand};
use morket::{
    CallId, Credits, Error, ErrorKind, HoldId, JobId, MicroUsd,
    job::{
        Answered, CallResult, CallState, CellSource, CellStatus, CellWrite, ClaimFilter, Claimed,
        Closing, Counter, Dispatch, JobState, JobStore, NewCall, NewJob, RecordStatus, Scope,
        Settlement, Spend, SpendUnit, StepOutcome, StepWrite,
    },
    ledger::Op,
    name::{FieldName, ProviderSlug, step_key},
    page::Limit,
};
use serde_json::json;
use std::time::Duration;

/// Short, so that what a dead worker held is soon free.
const TTL: Duration = Duration::from_secs(1);

/// Records of a small job.
const RECORDS: i64 = 3;

/// What a record costs.
pub const PRICE: Credits = Credits::whole(1);

/// The same content under an id, always.
pub fn new_job(id: JobId) -> NewJob {
    NewJob {
        id,
        name: None,
        plan: json!({}),
        dispatch: Dispatch::Attended,
        worst_case: Credits::whole(RECORDS),
        created_by: None,
        retry_of: None,
        base: None,
    }
}

/// The same content at an index, always.
pub fn record(index: i64) -> serde_json::Value {
    json!({ "full_name": format!("Ada {index}") })
}

fn counters(amount: i64) -> Vec<Counter> {
    let counter = |scope| Counter { scope, unit: SpendUnit::Usd, amount, limit: None };
    [Scope::Job, Scope::Provider, Scope::Workspace].map(counter).to_vec()
}

fn spend(usd: i64) -> Spend {
    Spend { usd: Some(MicroUsd(usd)), ..Spend::default() }
}

/// The one call for a record, at its worst.
pub fn call(job: JobId, index: u32) -> Result<NewCall, Error> {
    Ok(NewCall {
        id: CallId(call_of(job.0, index)),
        provider: ProviderSlug::new("hunter")?,
        operation: "email_finder".into(),
        composition: json!([index]).to_string().into(),
        worst: spend(900),
        counters: counters(900),
        wanted: Vec::new(),
        attempts: 0,
    })
}

/// An answer that is accepted and charged.
pub fn answer(job: JobId, index: u32, hold: HoldId) -> Result<Answered, Error> {
    let (field, provider) = (FieldName::new("email")?, ProviderSlug::new("hunter")?);
    let id = CallId(call_of(job.0, index));
    Ok(Answered {
        call: Some(result(id, CallState::Settled)),
        money: vec![Op::Capture {
            hold,
            key: step_key(job, index, &field, &provider),
            amount: PRICE,
        }],
        steps: vec![StepWrite {
            index,
            field: field.clone(),
            provider: provider.clone(),
            call: Some(id),
            outcome: StepOutcome::Accepted,
            charge: PRICE,
        }],
        cells: vec![CellWrite {
            index,
            field,
            status: CellStatus::Found,
            source: Some(CellSource::Call),
            provider: Some(provider),
            call: Some(id),
            value: Some(json!(format!("ada{index}@example.com"))),
            reason: None,
            detail: None,
        }],
        records: vec![(index, RecordStatus::Success)],
        ..Answered::default()
    })
}

fn result(id: CallId, state: CallState) -> CallResult {
    CallResult { id, state, spend: spend(700), counters: counters(700), task: None, attempts: 1 }
}

/// Open, fill and seal a job, and run it.
pub(super) async fn small(hand: &mut Hand) -> Result<(), Error> {
    let job = JobId(hand.draw.uuid());
    hand.perform(Line::new("open", job, PRICE.0 * RECORDS, '-')).await?;
    hand.perform(Line::new("append", job, RECORDS, '-')).await?;
    hand.perform(Line::new("seal", job, RECORDS, '-')).await?;
    let claimed = hand.store.claim_batch(&hand.name, TTL, ClaimFilter::Job(job)).await?;
    match claimed {
        Some(claimed) => run(hand, claimed, false).await,
        None => Ok(()),
    }
}

/// Go on with a batch that another left; whether there was one.
pub(super) async fn take_over(hand: &mut Hand) -> Result<bool, Error> {
    let claimed = hand.store.claim_batch(&hand.name, TTL, ClaimFilter::All).await?;
    let Some(claimed) = claimed else { return Ok(false) };
    run(hand, claimed, true).await?;
    Ok(true)
}

async fn run(hand: &mut Hand, claimed: Claimed, taken_over: bool) -> Result<(), Error> {
    let (store, lease) = (hand.store.clone(), claimed.lease);
    let job = lease.batch.job;
    let all = store.records(hand.workspace, job, claimed.first..claimed.first + claimed.size);
    let open = all.await?.into_iter().filter(|it| it.status == RecordStatus::Pending);
    let open: Vec<u32> = open.map(|it| it.index).collect();
    let sent: Vec<CallId> = store.open_calls(lease).await?.into_iter().map(|it| it.id).collect();
    let hold = match (&claimed.hold, open.is_empty()) {
        (Some(hold), _) => Some(hold.id),
        (None, true) => None,
        (None, false) => Some(fund(hand, &claimed, open.len()).await?),
    };
    let stop_at = (!taken_over && hand.draw.below(6) == 0).then_some(1);
    for (done, index) in open.into_iter().enumerate() {
        let Some(hold) = hold else { break };
        if Some(done) == stop_at {
            hand.perform(Line::new("cancel", job, 0, '-')).await?;
            return close(hand, &claimed, Closing::Release).await;
        }
        let new = call(job, index)?;
        let was_sent = sent.contains(&new.id);
        if !was_sent {
            let line = Line::new("sent", new.id, 900, job);
            let id = hand.teller.started(&line);
            let marked = store.mark_sent(lease, vec![new.clone()]).await;
            hand.told(id, marked.and_then(|mut it| it.remove(0)))?;
        }
        let (line, item) = if was_sent && hand.draw.below(3) == 0 {
            let item = Answered {
                call: Some(result(new.id, CallState::Unknown)),
                records: vec![(index, RecordStatus::Failed)],
                ..Answered::default()
            };
            (Line::new("unknown", new.id, 0, job), item)
        } else {
            let item = answer(job, index, hold)?;
            let key = &item.steps[0];
            let key = step_key(job, index, &key.field, &key.provider);
            (Line::new("settle", key, PRICE.0, hold), item)
        };
        let id = hand.teller.started(&line);
        let settlement = Settlement { lease, items: [item].into(), closing: None };
        let settled = store.settle(settlement).await.and_then(|it| it.applied());
        hand.told(id, settled.and_then(|(mut items, _)| items.remove(0)))?;
    }
    close(hand, &claimed, Closing::Done).await
}

async fn fund(hand: &mut Hand, claimed: &Claimed, records: usize) -> Result<HoldId, Error> {
    let (hold, prices) = (HoldId(hand.draw.uuid()), vec![PRICE; records]);
    let amount = PRICE.0 * i64::try_from(records).unwrap_or(0);
    let line = Line::new("fund", hold, amount, claimed.lease.batch.job);
    let id = hand.teller.started(&line);
    let funded = hand.store.fund_batch(claimed.lease, hold, prices).await;
    hand.told(id, funded)?;
    Ok(hold)
}

async fn close(hand: &mut Hand, claimed: &Claimed, closing: Closing) -> Result<(), Error> {
    let line = Line::new("done", claimed.lease.batch.job, 0, '-');
    let id = hand.teller.started(&line);
    let settlement = Settlement { lease: claimed.lease, items: [].into(), closing: Some(closing) };
    let settled = hand.store.settle(settlement).await.and_then(|it| it.applied());
    hand.told(id, settled).map(drop)
}

/// Finish every job: those that were cancelled let go, the others go on.
pub(super) async fn finish(hand: &mut Hand) -> Result<(), Error> {
    for _ in 0..600 {
        loop {
            match take_over(hand).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::StaleLease => {}
                Err(error) => return Err(error),
            }
        }
        let (mut open, mut after) = (0, None);
        loop {
            let page = hand.store.jobs(hand.workspace, after, Limit::default()).await?;
            for job in page.rows.iter().filter(|it| !it.state.is_terminal()) {
                open += 1;
                debug_assert!(matches!(job.state, JobState::Pending | JobState::Running));
                if job.cancel_requested_at.is_some() {
                    hand.store.cancel_job(hand.workspace, job.id).await?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if open == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Error::internal("crash", "jobs were left after a minute"))
}
