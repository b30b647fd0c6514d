//! One exchange with a vendor: its adapter's request, the answer, and what the adapter reads in it.

use crate::{
    http::{FailureCause, Http, HttpFailure},
    plan::Op,
    provider::{Ask, Outcome, Parsed, Verdicts},
};
use std::panic::AssertUnwindSafe;

/// Ask, or ask how a task stands. Code of a provider that panics costs its call and nothing else.
pub(super) async fn exchange(
    http: &dyn Http,
    op: &Op,
    ask: &Ask<'_>,
    task: Option<&str>,
) -> Result<Parsed, HttpFailure> {
    let build = AssertUnwindSafe(|| match task {
        Some(task) => op.adapter.poll(ask, task),
        None => op.adapter.request(ask),
    });
    let request = match std::panic::catch_unwind(build) {
        Ok(Ok(request)) => request,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the request could not be built");
            return Ok(Outcome::InvalidInput.into());
        }
        Err(_) => {
            let detail = "the provider's code panicked while building the request";
            return Err(HttpFailure::unsent(FailureCause::Invalid, detail));
        }
    };
    let request = if op.operation.free { request.free() } else { request };
    let answer = http.send(request).await?;
    let read = AssertUnwindSafe(|| op.adapter.parse(ask, &answer));
    let parsed = std::panic::catch_unwind(read).unwrap_or_else(|_| Outcome::Unknown.into());
    Ok(declared(op, parsed))
}
/// Only what an operation declares gets any further.
fn declared(op: &Op, mut parsed: Parsed) -> Parsed {
    let outcomes = match &mut parsed.verdicts {
        Verdicts::All(outcome) => std::slice::from_mut(outcome),
        Verdicts::Each(outcomes) => outcomes.as_mut_slice(),
    };
    for outcome in outcomes {
        if let Outcome::Answer(answer) = outcome {
            answer.values.retain(|(name, _)| op.operation.outputs.contains(name));
        }
    }
    parsed
}
