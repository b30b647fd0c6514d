//! Whether a provider may be trusted with keys, money and other people's bytes. Run it on your own:
//!
//! ```text
//! #[test]
//! fn my_provider_keeps_the_rules() {
//!     morket_testkit::provider::check_provider(&MyProvider::new());
//! }
//! ```

mod answers;
mod requests;
mod sample;

pub use answers::problems_of;
pub use sample::inputs_for;

use morket_core::{
    CallId, Secret,
    http::HttpResponse,
    provider::{Ask, Inputs, Operation, Provider},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A key that nobody else has: wherever it shows up, it came from the request.
pub(crate) const KEY: &str = "canary-5up3r-s3cr3t";

/// Where requests are sent while under test; an adapter must let itself be led there.
pub(crate) const ELSEWHERE: &str = "http://127.0.0.1:9/elsewhere";

/// Panics with everything that is wrong with a provider.
///
/// # Panics
/// When [`problems`] finds one.
pub fn check_provider(provider: &dyn Provider) {
    let found = problems(provider);
    let slug = &provider.manifest().slug;
    assert!(found.is_empty(), "{slug}:\n- {}", found.join("\n- "));
}

/// Everything that is wrong with a provider:
///
/// - its manifest cannot be run or charged;
/// - a set of inputs that it says suffices does not make a request, or the same one makes another
///   request the second time, or the request ignores where the vendor was said to live;
/// - the key stands where people look, or nowhere; or a call is made without it;
/// - an input breaks out of its place in the address or a header;
/// - an answer, however bad, makes it panic, or becomes a value that it does not declare, that is
///   of another type than the field, or that only stands in for one;
/// - a failure of the vendor's server becomes an answer or a miss;
/// - the check of a key costs something.
pub fn problems(provider: &dyn Provider) -> Vec<String> {
    let mut found = Vec::new();
    if let Err(error) = provider.manifest().validate() {
        return vec![format!("the manifest: {error}")];
    }
    let as_of = provider.manifest().as_of.as_bytes();
    if as_of.len() != 10 || as_of[4] != b'-' || as_of[7] != b'-' {
        found.push("the manifest: as_of must be YYYY-MM-DD".to_owned());
    }
    for operation in &provider.manifest().operations {
        for needed in &operation.inputs {
            let about = format!("{} with {needed:?}", operation.name);
            let record = inputs_for(needed);
            guarded(&about, &mut found, |found| {
                requests::judge(provider, operation, &sample::record(&record), found);
            });
        }
        let needed = operation.inputs.first().expect("validated above");
        let record = sample::record(&inputs_for(needed));
        guarded(&operation.name, &mut found, |found| {
            parse_all(provider, operation, &record, found);
        });
    }
    guarded("the check of a key", &mut found, |found| requests::judge_check(provider, found));
    found
}

/// A panic is a finding like others.
fn guarded(about: &str, found: &mut Vec<String>, act: impl FnOnce(&mut Vec<String>)) {
    let mut inner = Vec::new();
    if catch_unwind(AssertUnwindSafe(|| act(&mut inner))).is_err() {
        inner.push("panics".to_owned());
    }
    found.extend(inner.into_iter().map(|problem| format!("{about}: {problem}")));
}

fn parse_all(
    provider: &dyn Provider,
    operation: &Operation,
    record: &Inputs,
    found: &mut Vec<String>,
) {
    let records = vec![record.clone(); usize::try_from(operation.bulk.min(3)).unwrap_or(1)];
    for answer in answers::nasty() {
        with_ask(operation, &records, true, |ask| {
            let parsed = catch_unwind(AssertUnwindSafe(|| provider.parse(ask, &answer)));
            let HttpResponse { status, body, .. } = &answer;
            let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let about = format!("the answer {status} {start:?}");
            match parsed {
                Err(_) => found.push(format!("{about} makes it panic")),
                Ok(parsed) => {
                    let mut problems = problems_of(ask, &parsed);
                    problems.extend(answers::problem_of_failure(*status, &parsed));
                    found.extend(problems.iter().map(|problem| format!("{about}: {problem}")));
                }
            }
        });
    }
}

/// A question to a provider under test.
pub(crate) fn with_ask<T>(
    operation: &Operation,
    records: &[Inputs],
    keyed: bool,
    act: impl FnOnce(&Ask<'_>) -> T,
) -> T {
    let key = Secret::new(KEY.to_owned());
    act(&Ask {
        operation,
        base_url: ELSEWHERE,
        key: keyed.then_some(&key),
        records,
        call: CallId(uuid::Uuid::nil()),
    })
}

#[cfg(test)]
mod tests;
