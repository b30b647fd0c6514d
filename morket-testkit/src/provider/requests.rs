//! What a provider sends.

use super::{ELSEWHERE, KEY, answers, problems_of, sample, with_ask};
use morket_core::{
    Result, Secret,
    http::HttpRequest,
    provider::{Inputs, Operation, Provider, Shape},
};

pub(super) fn judge(
    provider: &dyn Provider,
    operation: &Operation,
    record: &Inputs,
    found: &mut Vec<String>,
) {
    if provider.guesses() {
        return judge_guess(provider, operation, record, found);
    }
    let bulk = usize::try_from(operation.bulk).unwrap_or(1);
    for count in [1, bulk] {
        let records = vec![record.clone(); count];
        let made = || with_ask(operation, &records, true, |ask| provider.request(ask));
        match (made(), made()) {
            (Ok(first), Ok(second)) => {
                if on_the_wire(&first) != on_the_wire(&second) {
                    found.push("asks the same question in two ways".to_owned());
                }
                judge_one(provider, &first, found);
            }
            (Err(error), _) | (_, Err(error)) => found.push(format!("makes no request: {error}")),
        }
    }
    let keyless = with_ask(operation, std::slice::from_ref(record), false, |ask| {
        provider.request(ask).is_ok()
    });
    if provider.manifest().keyed && keyless {
        found.push("is asked without the key it needs".to_owned());
    }
    for hostile in sample::hostile(record) {
        let hostile = [hostile];
        let made = with_ask(operation, &hostile, true, |ask| provider.request(ask));
        judge_shape(made, found);
    }
    judge_poll(provider, operation, record, found);
}

/// Who asks nobody costs nothing, says the same each time, and says no more than others may.
fn judge_guess(
    provider: &dyn Provider,
    operation: &Operation,
    record: &Inputs,
    found: &mut Vec<String>,
) {
    if !operation.free {
        found.push("charges for a guess".to_owned());
    }
    let hostile = sample::hostile(record);
    for record in [record].into_iter().chain(&hostile) {
        let records = std::slice::from_ref(record);
        with_ask(operation, records, false, |ask| {
            let first = provider.guess(ask);
            if first != provider.guess(ask) {
                found.push("guesses twice in two ways".to_owned());
            }
            found.extend(problems_of(ask, &first.into()));
        });
    }
}

fn judge_poll(
    provider: &dyn Provider,
    operation: &Operation,
    record: &Inputs,
    found: &mut Vec<String>,
) {
    if !matches!(operation.shape, Shape::Poll { .. }) {
        return;
    }
    let records = [record.clone()];
    match with_ask(operation, &records, true, |ask| provider.poll(ask, "task-1")) {
        Ok(request) => judge_one(provider, &request, found),
        Err(error) => found.push(format!("cannot ask how a task stands: {error}")),
    }
    for task in ["../../admin", "..", "", "a?b=c#d", "x\r\ny"] {
        let made = with_ask(operation, &records, true, |ask| provider.poll(ask, task));
        judge_shape(made, found);
    }
}

/// A key check is free, hides its key, and reads any answer.
pub(super) fn judge_check(provider: &dyn Provider, found: &mut Vec<String>) {
    let key = Secret::new(KEY.to_owned());
    if let Some(request) = provider.check(ELSEWHERE, &key) {
        if request.is_paid() {
            found.push("is not marked as free".to_owned());
        }
        judge_one(provider, &request, found);
    }
    for answer in answers::nasty() {
        let standing = provider.parse_check(&answer);
        if answer.status >= 500 && standing.key_works.is_some() {
            found.push("believes a broken server about a key".to_owned());
        }
    }
}

fn judge_one(provider: &dyn Provider, request: &HttpRequest, found: &mut Vec<String>) {
    if !request.url().starts_with(ELSEWHERE) {
        found.push("goes elsewhere than to the address it was given".to_owned());
    }
    let headers: Vec<_> = request.redacted_headers().collect();
    let body = request.redacted_body().map(String::from_utf8_lossy);
    let seen = format!("{request:?} {} {headers:?} {body:?}", request.redacted_url());
    if seen.contains(KEY) {
        found.push("shows its key".to_owned());
    }
    if provider.manifest().keyed && !on_the_wire(request).contains(KEY) {
        found.push("leaves its key out".to_owned());
    }
}

/// An input that cannot be sent may be refused; it may not become syntax.
fn judge_shape(made: Result<HttpRequest>, found: &mut Vec<String>) {
    let Ok(request) = made else { return };
    let url = request.url();
    let broken = |text: &str| text.contains(|c: char| c.is_control());
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
    if broken(&url) || url.contains([' ', '#']) || climbs {
        found.push("lets an input break out of its place in the address".to_owned());
    }
    if request.headers().any(|(name, value)| broken(name) || broken(value)) {
        found.push("lets an input break out of its header".to_owned());
    }
}

fn on_the_wire(request: &HttpRequest) -> String {
    let headers: Vec<_> = request.headers().collect();
    let body = request.body_bytes().map(String::from_utf8_lossy);
    format!("{} {} {headers:?} {body:?}", request.method().as_str(), request.url())
}
