//! One exchange with a vendor: its adapter's request, the answer, and what the adapter reads in it.
//! Code of a provider that panics costs its call and nothing else.

use super::unfit;
use crate::{
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse, Scrub},
    plan::Op,
    provider::{Ask, Inputs, Outcome, Parsed, Shape, Verdicts},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many answers of a free operation may each lead on to another request.
const MOST_STEPS: usize = 4;

/// Ask, or ask how a task stands.
pub(super) async fn exchange(
    http: &dyn Http,
    op: &Op,
    ask: &Ask<'_>,
    task: Option<&str>,
) -> Result<Parsed, HttpFailure> {
    if op.adapter.guesses() {
        let guess = catch_unwind(AssertUnwindSafe(|| op.adapter.guess(ask)));
        return Ok(declared(op, guess.unwrap_or(Outcome::Transient).into()));
    }
    let build = AssertUnwindSafe(|| match task {
        Some(task) => op.adapter.poll(ask, task),
        None => op.adapter.request(ask),
    });
    let request = match catch_unwind(build) {
        Ok(Ok(request)) => request,
        _ if op.operation.shape == Shape::Sync
            && let Some(fits) = unfit::askable(op, ask) =>
        {
            let fitting = ask.records.iter().zip(&fits).filter(|it| *it.1);
            let records: Vec<Inputs> = fitting.map(|it| it.0.clone()).collect();
            let rest = Ask { records: &records, ..*ask };
            let parsed = Box::pin(exchange(http, op, &rest, None)).await?;
            return Ok(unfit::spread(parsed, &fits));
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "the request could not be built");
            return Ok(Outcome::InvalidInput.into());
        }
        Err(_) => {
            let detail = "the provider's code panicked while building the request";
            return Err(HttpFailure::unsent(FailureCause::Invalid, detail));
        }
    };
    let answer = sent(http, op, ask, request).await?;
    let read = AssertUnwindSafe(|| op.adapter.parse(ask, &answer));
    let parsed = catch_unwind(read).unwrap_or_else(|_| Outcome::Unknown.into());
    Ok(declared(op, parsed))
}

/// One request and its answer; of a free operation, also those that its answers lead on to.
async fn sent(
    http: &dyn Http,
    op: &Op,
    ask: &Ask<'_>,
    mut request: HttpRequest,
) -> Result<HttpResponse, HttpFailure> {
    if !op.operation.free {
        return clean(http, request).await;
    }
    for _ in 0..MOST_STEPS {
        let asked = request.redacted_url();
        let answer = clean(http, request.free()).await?;
        let lead = AssertUnwindSafe(|| op.adapter.follow(ask, &asked, &answer));
        match catch_unwind(lead).unwrap_or(None) {
            Some(next) => request = next,
            None => return Ok(answer),
        }
    }
    clean(http, request.free()).await
}

/// A vendor that repeats a key in what it says brings it no further than here: not into a cell, a
/// stored answer or a log.
async fn clean(http: &dyn Http, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
    let scrub = Scrub::of_read(&request);
    let answer = http.send(request).await;
    answer.map(|it| scrub.read(it)).map_err(|it| scrub.failure(it))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CallId, Credits, Result as Answered, VendorUnits,
        field::Kind,
        name::ProviderSlug,
        provider::{Billing, Manifest, Operation, Provider},
    };
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };

    /// A source whose pages lead on, so many times.
    #[derive(Debug)]
    struct Trail(usize);

    fn page(number: usize) -> HttpRequest {
        HttpRequest::get(format!("https://site.example/{number}"))
    }

    fn number(url: &str) -> usize {
        url.rsplit('/').next().unwrap().parse().unwrap()
    }

    impl Provider for Trail {
        fn manifest(&self) -> &Manifest {
            unreachable!("nobody looks")
        }

        fn request(&self, _: &Ask<'_>) -> Answered<HttpRequest> {
            Ok(page(0))
        }

        fn parse(&self, _: &Ask<'_>, _: &HttpResponse) -> Parsed {
            Outcome::Miss.into()
        }

        fn follow(&self, _: &Ask<'_>, asked: &str, _: &HttpResponse) -> Option<HttpRequest> {
            let here = number(asked);
            (here < self.0).then(|| page(here + 1))
        }
    }

    /// A network that lets nobody reach one of the pages.
    #[derive(Debug)]
    struct Net(usize, Mutex<Vec<usize>>);

    #[async_trait::async_trait]
    impl Http for Net {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
            let asked = number(&request.url());
            self.1.lock().unwrap().push(asked);
            match asked == self.0 {
                true => Err(HttpFailure::unsent(FailureCause::Refused, "not from here")),
                false => Ok(HttpResponse::new(302, "")),
            }
        }
    }

    fn op(hops: usize, free: bool) -> Op {
        let billing = Billing::per_answer(VendorUnits(i64::from(!free)));
        let operation = Operation { free, billing, ..Operation::new("page", Kind::Company) };
        Op {
            provider: ProviderSlug::new("trail").unwrap(),
            adapter: Arc::new(Trail(hops)),
            operation,
            base_url: "https://site.example".to_owned(),
            price: Credits(0),
            usd_per_unit: None,
            outputs: Vec::new(),
            miss_ttl: Duration::ZERO,
        }
    }

    /// The network judges every request, so a hop that leads where nobody may go is the last.
    #[tokio::test]
    async fn p164_of_at_most_five_hops_each_is_judged_by_the_network() {
        // method: exhaustive
        for (hops, barred) in (0..9).flat_map(|it| (0..9).map(move |at| (it, at))) {
            for free in [true, false] {
                let (op, net) = (op(hops, free), Net(barred, Mutex::default()));
                let records = [Inputs::default()];
                let (operation, base_url) = (&op.operation, op.base_url.as_str());
                let call = CallId(uuid::Uuid::nil());
                let ask = Ask { operation, base_url, key: None, records: &records, call };
                let told = exchange(&net, &op, &ask, None).await;
                let last = if free { hops.min(MOST_STEPS).min(barred) } else { 0 };
                let sent = net.1.into_inner().unwrap();
                assert_eq!(sent, (0..=last).collect::<Vec<_>>(), "{hops} {barred} {free}");
                let refused = told.is_err_and(|it| it.cause == FailureCause::Refused);
                assert_eq!(refused, last == barred, "{hops} {barred} {free}");
            }
        }
    }
}
