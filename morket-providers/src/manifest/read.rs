//! From an answer to outcomes: the rules, then the status, then the fields.

use super::{
    limits::hints,
    pick,
    rule::scalar,
    shape::{Bulk, Endpoint, Limit, Rule, Then, Vendor},
};
use crate::kit::{Reading, json, server_error};
use morket_core::{
    VendorUnits,
    http::HttpResponse,
    provider::{Ask, Inputs, Operation, Outcome, Parsed, Shape, Verdicts},
};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, time::Duration};

/// An answer with everything that reading it takes.
pub(super) struct Reader<'a> {
    pub(super) vendor: &'a Vendor,
    pub(super) endpoint: &'a Endpoint,
    pub(super) operation: &'a Operation,
    pub(super) answer: &'a HttpResponse,
}

/// An outcome, and what it was billed where a rule tells.
type Priced = (Outcome, Option<VendorUnits>);

impl Reader<'_> {
    /// What the answer says of these records.
    pub(super) fn read(&self, ask: &Ask<'_>) -> Parsed {
        let body = json(self.answer).unwrap_or(Value::Null);
        let (whole, billed) = self.whole(&body);
        let count = i64::try_from(ask.records.len()).unwrap_or(i64::MAX);
        let billed = billed.and_then(|it| it.0.checked_mul(count));
        let (verdicts, priced) = match (whole, &self.endpoint.bulk) {
            (Some(outcome), _) => (Verdicts::All(outcome), billed),
            (None, None) => (Verdicts::All(self.fields(&body)), billed),
            (None, Some(bulk)) => {
                let (verdicts, priced) = self.each(bulk, ask.records, &body);
                (verdicts, priced.or(billed))
            }
        };
        let told = self.endpoint.billing.as_ref().and_then(|it| it.told.as_ref());
        let told = told.and_then(|source| source.units(self.answer, &body));
        Parsed {
            verdicts,
            billed: told.or(priced.map(VendorUnits)),
            limits: hints(self.limits(), self.answer),
        }
    }

    fn limits(&self) -> &[Limit] {
        match self.endpoint.window.is_empty() {
            true => &self.vendor.window,
            false => &self.endpoint.window,
        }
    }

    /// The endpoint's own rules, then those of the vendor.
    fn rule(&self, each: bool, body: &Value) -> Option<&Rule> {
        let rules = self.endpoint.outcome.iter().chain(&self.vendor.outcome);
        let waits = self.operation.shape != Shape::Sync;
        let possible = |rule: &&Rule| rule.each == each && (waits || rule.then != Then::Pending);
        rules.filter(possible).find(|rule| rule.holds(self.answer, body))
    }

    fn told_wait(&self, body: &Value) -> Option<Duration> {
        self.vendor.told_wait(self.answer, body)
    }

    /// What the answer as a whole comes to; `None` when its fields are to be read.
    fn whole(&self, body: &Value) -> (Option<Outcome>, Option<VendorUnits>) {
        match self.rule(false, body) {
            Some(rule) => (rule.outcome(body, self.told_wait(body)), rule.billed),
            None => (self.by_status(body), None),
        }
    }

    fn by_status(&self, body: &Value) -> Option<Outcome> {
        let unbilled = self.endpoint.billing.as_ref().is_none_or(|it| it.unbilled_errors);
        Some(match self.answer.status {
            200..300 => return None,
            400 | 422 => Outcome::InvalidInput,
            401 | 403 => Outcome::AuthFailed,
            402 => Outcome::OutOfCredits,
            429 => Outcome::RateLimited { retry_after: self.told_wait(body) },
            451 => Outcome::LegalBlock,
            status @ 500..600 if unbilled => server_error(status),
            // A 404 too: a wrong path is as likely as a miss, and a miss is remembered. Who knows
            // better says so in a rule.
            _ => Outcome::Unknown,
        })
    }

    /// One record's part of a bulk answer: its own rules come first.
    fn record(&self, part: &Value) -> Priced {
        let rule = self.rule(true, part);
        match rule.map(|rule| (rule.outcome(part, None), rule.billed)) {
            Some((Some(outcome), billed)) => (outcome, billed),
            Some((None, billed)) => (self.fields(part), billed),
            None => (self.fields(part), None),
        }
    }

    fn each(&self, bulk: &Bulk, records: &[Inputs], body: &Value) -> (Verdicts, Option<i64>) {
        let found = bulk.answers.first(body).and_then(Value::as_array);
        let Some(items) = found else { return (Verdicts::All(Outcome::Unknown), None) };
        let priced: Vec<Priced> = match (&bulk.key, &bulk.input) {
            (Some(key), Some(input)) => {
                let mut by_key: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
                for item in items {
                    if let Some(text) = key.first(item).and_then(scalar) {
                        by_key.entry(text.to_lowercase()).or_default().push(item);
                    }
                }
                let wanted = records.iter().enumerate().map(|(row, record)| match input.as_str() {
                    "@row" => Some(row.to_string()),
                    field => record.text(field).map(|it| it.trim().to_lowercase()),
                });
                wanted.map(|it| self.keyed(bulk, it.and_then(|it| by_key.get(&it)))).collect()
            }
            // Answers in order, and none of them missing.
            _ if items.len() == records.len() => items.iter().map(|it| self.record(it)).collect(),
            _ => vec![(Outcome::Unknown, None); records.len()],
        };
        // Told only where it is known of every record.
        let mut sum = Some(0_i64);
        for (_, billed) in &priced {
            sum = sum.zip(*billed).and_then(|(sum, units)| sum.checked_add(units.0));
        }
        (Verdicts::Each(priced.into_iter().map(|(outcome, _)| outcome).collect()), sum)
    }

    /// The same record twice is as good as once, unless the two disagree.
    fn keyed(&self, bulk: &Bulk, items: Option<&Vec<&Value>>) -> Priced {
        let mut read = items.into_iter().flatten().map(|item| self.record(item));
        match read.next() {
            Some(first) if read.all(|other| other == first) => first,
            None if bulk.absent == Some(Then::Miss) => (Outcome::Miss, None),
            _ => (Outcome::Unknown, None),
        }
    }

    /// Nothing at any of the places is no miss: this may be a refusal that no rule names.
    fn fields(&self, body: &Value) -> Outcome {
        let endpoint = self.endpoint;
        let places = endpoint.output.values().flat_map(|picks| picks.as_slice());
        let mut places = places.flat_map(|pick| &pick.at);
        if body.is_null() || !places.any(|path| !path.all(body).is_empty()) {
            return Outcome::Unknown;
        }
        let mut weight = 0;
        let mut reading = if endpoint.gated { Reading::gated() } else { Reading::new() };
        let own = endpoint.output.iter();
        let others =
            endpoint.identity.iter().filter(|(name, _)| !endpoint.output.contains_key(*name));
        for (name, picks) in own.chain(others).filter(|(name, _)| !is_status(name.as_str())) {
            let (found, take) = pick::candidates(name, picks.as_slice(), body);
            reading.first(name.clone(), found.iter().map(Cow::as_ref), take);
            weight += reading.get(name).map_or(0, weight_of);
            if weight > HEAVIEST {
                return Outcome::Unknown;
            }
        }
        if let Some(needed) = &endpoint.only_with {
            reading = reading.only_with(needed.as_str());
        }
        for (name, picks) in endpoint.output.iter().filter(|(name, _)| is_status(name.as_str())) {
            // How sure an address is stands beside the address where one is to be found.
            let of = name.as_str().trim_end_matches("_status");
            let finds = endpoint.output.keys().find(|it| it.as_str() == of);
            if finds.is_none_or(|address| reading.get(address).is_some()) {
                let (found, take) = pick::candidates(name, picks.as_slice(), body);
                let word = found.first().and_then(|it| it.as_str()).map(str::trim);
                // `unknown` is a verdict here, and no placeholder.
                match word.filter(|it| pick::is_word(it)) {
                    Some(word) => reading.put(name.as_str(), word),
                    None => reading.first(name.clone(), found.iter().map(Cow::as_ref), take),
                }
            }
        }
        let percent = endpoint.confidence.as_ref().and_then(|at| at.first(body)?.as_u64());
        let confidence = percent.and_then(|it| u8::try_from(it).ok()).filter(|it| *it <= 100);
        match reading.outcome(self.operation, confidence) {
            // A verifier always has something to say.
            Outcome::Miss if self.operation.verifies.is_some() => Outcome::Unknown,
            outcome => outcome,
        }
    }
}

/// How much text of one record there can be, in bytes: what is more is no record.
const HEAVIEST: usize = 256 * 1024;

fn weight_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight_of).sum(),
        _ => 1,
    }
}

/// Whether this field tells how sure an address is.
pub(super) fn is_status(name: &str) -> bool {
    name == "email_status"
}
