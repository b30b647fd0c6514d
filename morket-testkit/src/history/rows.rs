//! The written form of what a store keeps of jobs, and of what it is told to keep.

use super::form::{Fields, Form, Read};
use morket_core::{
    CallId, Credits, EventId, HoldId, JobId, MicroUsd, Timestamp, UserId, VendorUnits, WorkspaceId,
    job::{
        Answered, BatchId, Call, CallResult, CallState, CellRow, CellSource, CellStatus, CellWrite,
        Claimed, Closed, Closing, Cool, Counter, Counts, Dispatch, Entity, EntityKind, EntityWrite,
        Flight, FlightState, Funded, Job, JobState, Lease, LookupRow, LookupWrite, Marked, NewCall,
        PermitClaim, Permits, Rate, RateLimit, Record, RecordStatus, Returned, Scope, Settled,
        Settlement, Sought, Spend, SpendUnit, StepOutcome, StepRow, StepWrite, Told, Waited,
        Wanted,
    },
    ledger::{Credit, Hold, HoldState, Key, Op},
    name::{FieldName, ProviderSlug},
    outbox::NewEvent,
    privacy::{Fingerprint, IdentifierKind, NewSuppression, Screening, Source},
};
use serde_json::Value;

own_form! {
    CallId, Credits, EventId, HoldId, JobId, MicroUsd, Timestamp, UserId, VendorUnits, WorkspaceId,
    FieldName, ProviderSlug,
    CallState, CellSource, CellStatus, Dispatch, EntityKind, HoldState, IdentifierKind, JobState,
    RecordStatus, Source, StepOutcome,
    Scope, SpendUnit,
}

fields! {
    BatchId { job, number }
    Lease { workspace, batch, fence, until }
    Claimed { lease, first, size, hold, waited }
    Hold { id, workspace, amount, captured, state, batch, lapses_at, opened_at, closed_at }
    Funded { hold, covered, missing }
    Record { index, input, status }
    CellWrite { index, field, status, source, provider, call, value, reason, detail }
    CellRow { cell, at }
    StepWrite { index, field, provider, call, outcome, charge }
    StepRow { step, at }
    Call {
        id, provider, operation, composition, state, attempts, spend, fence, sent_at, day,
        counters, task,
    }
    CallResult { id, state, spend, counters, task, attempts }
    NewCall { id, provider, operation, composition, worst, counters, wanted, attempts }
    Wanted { key, seen }
    Flight { key, call, state }
    LookupWrite { key, provider, call, answer, expires_at }
    LookupRow { lookup, fetched_at }
    Entity { kind, hash }
    EntityWrite { lookup, entity }
    Sought { key, about }
    Rate { max, per }
    RateLimit { key, rates }
    Returned { slice, used, last_used_ago }
    Cool { key, lasts }
    Told { key, rate, ago }
    PermitClaim { limits, holder, slice, want, span, returned, cool, told }
    Settlement { lease, items, closing }
    Answered { call, steps, cells, records, money, lookups, entities, events, suppress }
    Closed { finished }
    Job {
        id, workspace, name, plan, dispatch, state, counts, worst_case, created_by, retry_of,
        base, created_at, sealed_at, started_at, cancel_requested_at, finished_at, waiting,
    }
    NewEvent { id, kind, payload }
    NewSuppression { fingerprint, kind, source, reason }
    Screening { listed, empty }
    Counter { scope, unit, amount, limit }
    Counts { total, success, failed, skipped, cancelled }
    Spend { units, usd }
    Waited { on, since }
}

choices! {
    FlightState { Asked { wait }, Answered, Unknown, Left, Over }
    Marked { Sent, Taken(flights) }
    Permits { Granted(count), NotBefore(wait) }
    Closing { Done, Release, Park { wake_in, on, next_hold } }
    Op {
        Credit { kind, key, amount },
        Hold { id, amount, batch, lapses_at },
        Capture { hold, key, amount },
        Void { hold },
        Refund { key, of },
        Expire { key, of, amount },
    }
    Credit { Grant, Purchase, Recharge }
}

impl Form for Key {
    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn read(value: Value) -> Read<Self> {
        String::read(value)?.parse().map_err(|it: morket_core::Error| it.to_string())
    }
}

impl Form for Fingerprint {
    fn write(&self) -> Value {
        self.0.write()
    }

    fn read(value: Value) -> Read<Self> {
        <[u8; 32]>::read(value).map(Self)
    }
}

/// Of an item only whether it failed: no batch reads its receipts.
impl Form for Settled {
    fn write(&self) -> Value {
        let mut fields = Fields::default();
        let name = match self {
            Self::Applied { items, closed } => {
                let failures: Vec<Value> = items
                    .iter()
                    .map(|it| it.as_ref().err().map_or(Value::Null, Form::write))
                    .collect();
                fields.put("failures", &failures);
                fields.put("closed", closed);
                "Applied"
            }
            Self::Stale { spend_recorded } => {
                fields.put("spend_recorded", spend_recorded);
                "Stale"
            }
        };
        fields.write_choice(name)
    }

    fn read(value: Value) -> Read<Self> {
        let (name, mut fields) = Fields::of_choice(value)?;
        let settled = match name.as_str() {
            "Applied" => {
                let failures: Vec<Option<morket_core::Error>> = fields.take("failures")?;
                let items = failures.into_iter().map(|it| it.map_or(Ok(Vec::new()), Err)).collect();
                Self::Applied { items, closed: fields.take("closed")? }
            }
            "Stale" => Self::Stale { spend_recorded: fields.take("spend_recorded")? },
            other => return Err(format!("{other} is unknown to this release")),
        };
        fields.end()?;
        Ok(settled)
    }
}
