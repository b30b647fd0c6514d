//! The other side: for each row, for each field, for each vendor in order, one call, until one
//! answer passes. Nothing is shared and nothing remembered. What passes is judged by the same
//! rules, so that both sides are after the same values.

use super::{ours::Found, stage::Stage};
use anyhow::{Result, bail};
use morket::{
    CallId, Clock, OsRng,
    accept::{self, Candidate, Ending, Judgement},
    field::{EmailStatus, FieldType, normalise},
    http::Http,
    name::FieldName,
    plan::{Chain, Op, Plan, Program, compile},
    provider::{Answer, Ask, Inputs, Outcome, Verdicts},
};
use serde_json::Value;
use std::time::Duration;

/// The most often it asks about a task.
const POLLS: usize = 20;

type Values = Vec<Option<Value>>;

/// A value that was told, with what is known of it.
struct Told {
    value: Value,
    identity: accept::Identity,
    status: Option<EmailStatus>,
    verdicts: Vec<EmailStatus>,
    rejected: bool,
    confidence: Option<u8>,
}

/// Whoever asks field by field.
pub(super) struct Naive<'a> {
    stage: &'a Stage,
    pub(super) program: Program,
}

impl<'a> Naive<'a> {
    pub(super) fn new(stage: &'a Stage, plan: &Plan) -> Result<Self> {
        let program = compile(plan, &stage.settings)?;
        Ok(Self { stage, program })
    }

    /// All rows, one after the other.
    pub(super) async fn run(&self, rows: &[Value]) -> Result<Found> {
        let mut found = Found::new();
        for (at, row) in rows.iter().enumerate() {
            let known = self.program.read(row);
            for chain in &self.program.chains {
                let value = self.cell(&known, chain).await?;
                let field = self.program.field(chain.field).name.to_string();
                found.extend(value.map(|value| ((at, field), value)));
            }
        }
        Ok(found)
    }

    async fn cell(&self, known: &Values, chain: &Chain) -> Result<Option<Value>> {
        let field = self.program.field(chain.field);
        let mut told: Vec<Told> = Vec::new();
        for step in &chain.steps {
            let op = self.program.op(*step);
            let Some(inputs) = self.inputs(known, op) else { continue };
            let Outcome::Answer(answer) = self.ask(op, inputs).await? else { continue };
            let raw = answer.get(&field.name);
            let Some(value) = raw.and_then(|it| normalise(field.ty, it)) else { continue };
            let whom = self.whom(known);
            told.push(Told {
                value,
                identity: accept::identify(op.operation.kind, &whom, &answer.identity),
                status: (field.ty == FieldType::Email).then(|| status(&answer)).flatten(),
                verdicts: Vec::new(),
                rejected: false,
                confidence: answer.confidence,
            });
            if self.passes(chain, field.ty, &mut told).await? {
                return Ok(told.pop().map(|it| it.value));
            }
        }
        Ok(at_the_end(chain, field.ty, &told))
    }

    /// Judge the last that was told; ask the verifier where the judgement says so.
    async fn passes(&self, chain: &Chain, ty: FieldType, told: &mut [Told]) -> Result<bool> {
        let Some((last, before)) = told.split_last_mut() else { return Ok(false) };
        let same = before.iter().filter(|it| it.rejected && it.value == last.value).count();
        loop {
            let candidate = Candidate {
                ty,
                identity: last.identity,
                status: last.status,
                verdicts: &last.verdicts,
                rejected_before: u8::try_from(same)?,
                can_verify: chain.verifier.is_some() && last.verdicts.is_empty(),
            };
            match accept::judge(&candidate, &chain.policy) {
                Judgement::Accept => return Ok(true),
                Judgement::LastResort(_) => return Ok(false),
                Judgement::Reject(_) => {
                    last.rejected = true;
                    return Ok(false);
                }
                Judgement::Verify => {
                    let Some(verifier) = chain.verifier else { return Ok(false) };
                    let field = self.program.field(chain.field).name.clone();
                    let inputs = Inputs([(field, last.value.clone())].into());
                    let answer = self.ask(self.program.op(verifier), inputs).await?;
                    last.verdicts.push(verdict(&answer));
                }
            }
        }
    }

    fn inputs(&self, known: &Values, op: &Op) -> Option<Inputs> {
        let value = |name: &FieldName| self.program.value_of(known, name.as_str()).cloned();
        let needed = op.operation.alternative(|name| value(name).is_some())?;
        let names = needed.iter().chain(&op.operation.optional);
        Some(Inputs(names.filter_map(|it| Some((it.clone(), value(it)?))).collect()))
    }

    fn whom(&self, known: &Values) -> accept::Known {
        let text = |name: &str| self.program.value_of(known, name)?.as_str().map(str::to_owned);
        accept::Known {
            full_name: text("full_name"),
            first_name: text("first_name"),
            last_name: text("last_name"),
            company_domain: text("company_domain"),
            company_name: text("company_name"),
            company_country: text("company_country"),
            linkedin_url: text("linkedin_url"),
            email: text("email"),
            ..accept::Known::default()
        }
    }

    /// One call about one record, polled to its end.
    async fn ask(&self, op: &Op, inputs: Inputs) -> Result<Outcome> {
        let records = [inputs];
        let call = CallId::new(self.stage.clock.now(), &OsRng);
        let (operation, base_url) = (&op.operation, op.base_url.as_str());
        let ask =
            Ask { operation, base_url, key: Some(&self.stage.keys.0), records: &records, call };
        let (mut request, mut submitted) = (op.adapter.request(&ask)?, None);
        for _ in 0..POLLS {
            let answer = self.stage.vendors.send(request).await?;
            let outcome = match op.adapter.parse(&ask, &answer).verdicts {
                Verdicts::All(outcome) => outcome,
                Verdicts::Each(mut each) => each.pop().unwrap_or(Outcome::Unknown),
            };
            match outcome {
                Outcome::Pending { task, after } => {
                    tokio::time::sleep(after.max(Duration::from_millis(1))).await;
                    submitted = task.or(submitted);
                    request = match &submitted {
                        Some(task) => op.adapter.poll(&ask, task)?,
                        None => op.adapter.request(&ask)?,
                    };
                }
                Outcome::Transient | Outcome::Unknown | Outcome::RateLimited { .. } => {
                    bail!("{}: {outcome:?} in a world without faults", op.name());
                }
                outcome => return Ok(outcome),
            }
        }
        bail!("{} is never ready", op.name())
    }
}

/// What is taken when everybody was asked.
fn at_the_end(chain: &Chain, ty: FieldType, told: &[Told]) -> Option<Value> {
    let kept: Vec<&Told> = told.iter().filter(|it| !it.rejected).collect();
    let cases = kept.iter().map(|it| {
        let candidate = Candidate {
            ty,
            identity: it.identity,
            status: it.status,
            verdicts: &it.verdicts,
            rejected_before: 0,
            can_verify: false,
        };
        (candidate, it.confidence)
    });
    match accept::final_choice(&cases.collect::<Vec<_>>(), &chain.policy) {
        Ending::Found(at) => Some(kept[at].value.clone()),
        Ending::Kept(..) | Ending::Nothing => None,
    }
}

fn status(answer: &Answer) -> Option<EmailStatus> {
    let name = FieldName::new("email_status").ok()?;
    let value = normalise(FieldType::EmailStatus, answer.get(&name)?)?;
    serde_json::from_value(value).ok()
}

fn verdict(outcome: &Outcome) -> EmailStatus {
    match outcome {
        Outcome::Answer(answer) => status(answer).unwrap_or(EmailStatus::Unknown),
        Outcome::InvalidInput => EmailStatus::Invalid,
        _ => EmailStatus::Unknown,
    }
}
