//! The written form of what can happen to a batch, and of what it can command.

use super::form::{Form, Read};
use morket_core::{
    engine::{Command, Ended, Event, Now, Told, Tuning, Waiter, Waiting},
    plan::OpIx,
};
use serde_json::Value;

fields! {
    Now { wall, mono }
    Waiter { batch, ask }
    Waiting { before, still, free, patient_until }
    Tuning { in_flight, settle_at, settle_after, park_beyond, polls_after_cancel, cooldown }
}

choices! {
    Event {
        Tick,
        Funded(result),
        Looked(asks, result),
        Marked(calls, result),
        Watched(asks, result),
        Answered(call, result),
        Permitted(purse, result),
        Settled(result),
        Screened(asked, result),
        Renewed(asked_at, result),
        Told(ask, told),
        Recovered,
        Cancel,
        Drain,
    }
    Command {
        Fund(hold, prices),
        Look(asks, sought),
        Mark(calls),
        Watch(asks, keys),
        Permits(purse, claim),
        Send { call, op, records, task },
        Settle(settlement),
        Screen(asked),
        Renew(lease, ttl),
        Tell(waiter, told),
        End(ended),
    }
    Ended { Done { finished }, Parked { wake_in, on }, Released, Lost, Broken(detail) }
}

impl Form for OpIx {
    fn write(&self) -> Value {
        self.0.into()
    }

    fn read(value: Value) -> Read<Self> {
        serde_json::from_value(value).map(Self).map_err(|it| it.to_string())
    }
}

/// What one batch tells another is written as what the other makes of it, and read nowhere: a
/// replay tells what the first one tells in the replay.
impl Form for Told {
    fn write(&self) -> Value {
        match self {
            Self::Found(_) => "Found".into(),
            Self::Lead => "Lead".into(),
        }
    }

    fn read(value: Value) -> Read<Self> {
        Err(format!("{value} is known to the batch alone that told it"))
    }
}
