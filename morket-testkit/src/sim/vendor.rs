//! Vendors, as they are: what they know follows from whom they are asked about; how they fail, from
//! that and from how often they were asked. They remember whom they billed for what.

use super::dice::keyed;
use morket_core::{
    CallId,
    http::{FailureCause, HttpFailure},
    name::FieldName,
    plan::Op,
    provider::{Answer, Inputs, Outcome, Parsed, Returned, Shape, Verdicts},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// What came of a request at the vendor, and after how long the worker hears of it.
pub(super) struct Served {
    pub(super) answer: Result<Parsed, HttpFailure>,
    pub(super) word: &'static str,
}

/// All vendors together.
#[derive(Debug, Default)]
pub(super) struct Vendors {
    seed: u64,
    /// How often a vendor was asked about this, by vendor and input.
    asked: BTreeMap<(String, String), u64>,
    /// Everything billed, by call, in milli-units.
    bills: BTreeMap<CallId, i64>,
    /// Everything billed, by vendor.
    pub(super) units: BTreeMap<String, i64>,
    /// Tasks: how often they were asked about, and what for.
    tasks: BTreeMap<String, (u64, CallId, Vec<Inputs>)>,
    /// How many times a call submitted a task.
    pub(super) submitted: BTreeMap<CallId, u64>,
    /// Trouble is over: everything answers.
    pub(super) calm: bool,
}

/// The canonical text of what is asked.
pub(super) fn text(inputs: &Inputs) -> String {
    serde_json::to_string(&inputs.0).unwrap_or_default()
}

impl Vendors {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// What this vendor knows of this record: the truth the run is checked against.
    pub(super) fn truth(&self, vendor: &str, inputs: &Inputs) -> Outcome {
        let mut whom = inputs.clone();
        whom.0.retain(|name, _| name.as_str() != "company_name");
        let what = text(&whom);
        let chance = keyed(self.seed, &[vendor, &what, "truth"]) % 100;
        if vendor == "zerobounce" {
            let word = ["valid", "valid", "valid", "invalid", "unknown"][(chance % 5) as usize];
            return answer(json!({ "email_status": word }), inputs);
        }
        let domain = inputs.text("company_domain").unwrap_or_default();
        let email = format!("{vendor}@{domain}");
        match chance {
            0..25 => {
                answer(json!({ "email": email, "email_status": "valid", "title": "CTO" }), inputs)
            }
            // The finder does not know whether it is good: a verifier is asked.
            25..48 => answer(json!({ "email": email, "title": "CTO" }), inputs),
            48..56 => answer(json!({ "title": "CTO" }), inputs),
            56..60 => {
                let values = json!({ "email": "b@else.example", "email_status": "valid" });
                answer(values, &stranger())
            }
            60..64 => Outcome::InvalidInput,
            64..65 => Outcome::LegalBlock,
            _ => Outcome::Miss,
        }
    }

    /// Every question in which this stood.
    pub(super) fn asked_about<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.asked.keys().map(|it| it.1.as_str()).filter(move |it| it.contains(text))
    }

    /// What a call was billed for.
    pub(super) fn billed(&self, call: CallId) -> i64 {
        self.bills.get(&call).copied().unwrap_or(0)
    }

    /// A request arrives.
    pub(super) fn serve(&mut self, op: &Op, records: &[Inputs], call: CallId) -> Served {
        let vendor = op.provider.to_string();
        let whole: Vec<String> = records.iter().map(text).collect();
        let whole = whole.join(";");
        let times = self.asked.entry((vendor.clone(), whole.clone())).or_insert(0);
        *times += 1;
        let attempt = times.to_string();
        let chance = keyed(self.seed, &[&vendor, &whole, &attempt, "fault"]) % 100;
        let chance = if self.calm { 99 } else { chance };
        match chance {
            0..8 => {
                let retry_after = (chance % 2 == 0).then_some(Duration::from_secs(chance / 2 + 1));
                let limited = Outcome::RateLimited { retry_after };
                Served { answer: Ok(limited.into()), word: "rate_limited" }
            }
            8..16 => Served { answer: Ok(Outcome::Transient.into()), word: "transient" },
            16..18 => {
                let failure = HttpFailure::unsent(FailureCause::Unreachable, "no route");
                Served { answer: Err(failure), word: "unsent" }
            }
            18..24 => {
                self.answer(op, records, &whole, call);
                let failure = HttpFailure::lost(FailureCause::Broken, "cut");
                Served { answer: Err(failure), word: "lost" }
            }
            24..28 => {
                self.answer(op, records, &whole, call);
                Served { answer: Ok(Outcome::Unknown.into()), word: "garbage" }
            }
            _ => Served { answer: Ok(self.answer(op, records, &whole, call)), word: "served" },
        }
    }

    /// Do the work and bill it.
    fn answer(&mut self, op: &Op, records: &[Inputs], whole: &str, call: CallId) -> Parsed {
        if matches!(op.operation.shape, Shape::Poll { .. }) {
            let times = self.submitted.entry(call).or_insert(0);
            *times += 1;
            let task = format!("t{}-{call}-{times}", keyed(self.seed, &[whole]));
            self.tasks.insert(task.clone(), (0, call, records.to_vec()));
            let after = Duration::from_secs(1 + keyed(self.seed, &[whole, "after"]) % 20);
            return Outcome::Pending { task: Some(task), after }.into();
        }
        self.finish(op, records, call)
    }

    fn finish(&mut self, op: &Op, records: &[Inputs], call: CallId) -> Parsed {
        let vendor = op.provider.to_string();
        let outcomes: Vec<Outcome> = records.iter().map(|it| self.truth(&vendor, it)).collect();
        let answers = outcomes.iter().filter(|it| matches!(it, Outcome::Answer(_))).count();
        let price = op.operation.billing.answer.0 * i64::try_from(answers).unwrap_or(0);
        // Who may be asked again safely serves the same call for one price.
        if !(op.operation.retry_on_ambiguous && self.bills.contains_key(&call)) {
            *self.bills.entry(call).or_insert(0) += price;
            *self.units.entry(vendor).or_insert(0) += price;
        }
        match op.operation.bulk {
            1 => outcomes.into_iter().next().unwrap_or(Outcome::Unknown).into(),
            _ => Parsed { verdicts: Verdicts::Each(outcomes), billed: None, limits: Vec::new() },
        }
    }

    /// Somebody asks how a task stands.
    pub(super) fn poll(&mut self, op: &Op, task: &str) -> Served {
        let Some((polls, call, records)) = self.tasks.get_mut(task) else {
            return Served { answer: Ok(Outcome::Unknown.into()), word: "no_task" };
        };
        *polls += 1;
        let (polls, call, records) = (*polls, *call, records.clone());
        let wanted = keyed(self.seed, &[task, "polls"]) % 3;
        if polls <= wanted {
            let after = Duration::from_secs(1 + polls * 3);
            let pending = Outcome::Pending { task: None, after };
            return Served { answer: Ok(pending.into()), word: "pending" };
        }
        // A task is billed once, however often its result is read.
        let served = match polls == wanted + 1 {
            true => self.finish(op, &records, call),
            false => {
                let vendor = op.provider.to_string();
                records
                    .iter()
                    .map(|it| self.truth(&vendor, it))
                    .next()
                    .map_or_else(|| Outcome::Unknown.into(), Parsed::from)
            }
        };
        Served { answer: Ok(served), word: "served" }
    }
}

/// Somebody nobody asked about.
fn stranger() -> Inputs {
    let known = [("full_name", "Bob Elsewhere"), ("company_domain", "else.example")];
    let named = known.map(|(name, value)| (FieldName::new(name).expect("a name"), json!(value)));
    Inputs(named.into_iter().collect())
}

fn answer(values: Value, inputs: &Inputs) -> Outcome {
    let fields = values.as_object().into_iter().flatten();
    let values = fields
        .filter_map(|(name, value)| Some((FieldName::new(name.as_str()).ok()?, value.clone())));
    let told = |name: &str| inputs.text(name).map(str::to_owned);
    let identity = Returned {
        full_name: told("full_name"),
        company_domain: told("company_domain"),
        ..Returned::default()
    };
    Outcome::Answer(Answer {
        values: values.collect(),
        confidence: Some(90),
        identity,
        withheld: Vec::new(),
    })
}
