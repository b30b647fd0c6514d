//! The written form of what vendors offer and answer.

use super::form::{Form, Read};
use morket_core::{
    field::Kind,
    http::{FailureCause, HttpFailure},
    name::FieldName,
    provider::{
        Answer, Billing, Inputs, LimitHint, Manifest, Operation, Outcome, Parsed, PriceList, Shape,
        Unfinished, Verdicts, Window,
    },
};
use serde_json::Value;
use std::collections::BTreeMap;

own_form!(Answer, Billing, Kind, Window, BTreeMap<FieldName, Value>);

fields! {
    Parsed { verdicts, billed, limits }
    LimitHint { per, max, left, resets_in }
    HttpFailure { cause, sent, detail }
    Manifest { slug, name, base_url, keyed, unit, prices, as_of, operations }
    PriceList { plan, usd_per_unit, units_per_month }
    Operation {
        name, version, kind, inputs, optional, outputs, verifies, free, billing, credits, windows,
        bulk, shape, retry_on_ambiguous, miss_ttl, retention,
    }
}

choices! {
    Verdicts { All(outcome), Each(outcomes) }
    Outcome {
        Answer(answer), Miss, Pending { task, after }, InvalidInput, AuthFailed, PlanLacks,
        OutOfCredits, RateLimited { retry_after }, LegalBlock, Transient, Unknown,
    }
    FailureCause {
        Refused, Unreachable, Timeout, Broken, TooLarge, Malformed, Forbidden, Invalid,
    }
    Shape { Sync, Poll { first, every, deadline, unfinished } }
    Unfinished { Unknown, Miss }
}

impl Form for Inputs {
    fn write(&self) -> Value {
        self.0.write()
    }

    fn read(value: Value) -> Read<Self> {
        Form::read(value).map(Self)
    }
}
