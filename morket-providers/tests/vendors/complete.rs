//! What a vendor that is built in has beside its code: a recorded answer for everything that can be
//! read of it, a page, and a part in the fuzz.

use super::{
    common::{fixture, fixtures, with_ask},
    fuzz::targets,
};
use morket_core::{
    http::HttpResponse,
    provider::{OutcomeKind, Provider, Verdicts},
};
use morket_providers::builtin;
use morket_testkit::provider::inputs_for;
use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc};

/// Statuses that vendors answer with, and some that nobody does.
const STATUSES: [u16; 22] = [
    200, 202, 204, 222, 301, 302, 400, 401, 402, 403, 404, 409, 410, 418, 422, 423, 429, 451, 500,
    502, 503, 504,
];

type Seen = BTreeSet<OutcomeKind>;

/// Whoever asks nobody is answered by nobody.
fn asking() -> Vec<Arc<dyn Provider>> {
    builtin().iter().filter(|it| !it.guesses()).cloned().collect()
}

/// What an answer comes to, read as one of any of the vendor's operations.
fn kinds(provider: &dyn Provider, answer: &HttpResponse) -> Seen {
    let manifest = provider.manifest();
    let of = |operation: &morket_core::provider::Operation| {
        let records = [inputs_for(&operation.inputs[0])];
        let parsed = with_ask(provider, &operation.name, &records, |ask| {
            // What leads on is not read.
            let leads = operation.free && provider.follow(ask, ask.base_url, answer).is_some();
            (!leads).then(|| provider.parse(ask, answer))
        });
        match parsed.map(|it| it.verdicts) {
            None => Vec::new(),
            Some(Verdicts::All(outcome)) => vec![outcome.kind()],
            Some(Verdicts::Each(each)) => each.iter().map(|it| it.kind()).collect(),
        }
    };
    manifest.operations.iter().flat_map(of).collect()
}

#[test]
fn whatever_can_be_read_of_a_vendor_is_recorded_once() {
    let mut lacking = Vec::new();
    for provider in asking() {
        let slug = provider.manifest().slug.to_string();
        let recorded: Vec<_> = fixtures(&slug).iter().map(|name| fixture(name)).collect();
        let shown: Seen = recorded.iter().flat_map(|it| kinds(&*provider, it)).collect();
        let nothing = HttpResponse::new(200, "");
        let bodies = recorded.iter().chain([&nothing]);
        let bent = bodies
            .flat_map(|answer| STATUSES.map(|status| HttpResponse { status, ..answer.clone() }));
        let possible: Seen = bent.flat_map(|it| kinds(&*provider, &it)).collect();
        let keyed = [OutcomeKind::AuthFailed, OutcomeKind::OutOfCredits];
        let least = keyed.into_iter().filter(|_| provider.manifest().keyed);
        let least = least.chain([OutcomeKind::Answer, OutcomeKind::Unknown]);
        let expected: Seen = possible.into_iter().chain(least).collect();
        lacking.extend(expected.difference(&shown).map(|kind| format!("{slug}: {kind:?}")));
    }
    assert!(lacking.is_empty(), "no recorded answer comes to {lacking:#?}");
}

#[test]
fn every_vendor_has_a_page_and_a_line_in_the_table() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/providers");
    let pages = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let (tables, pages): (Vec<_>, Vec<_>) = pages.partition(|it| it.ends_with("README.md"));
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let pages: Vec<_> = pages.iter().map(read).collect();
    for provider in builtin().iter() {
        let slug = format!("`{}`", provider.manifest().slug);
        assert!(read(&tables[0]).contains(&slug), "{slug} is not in docs/providers/README.md");
        let about = pages.iter().filter(|it| it.contains(&slug) && it.contains("Facts as of"));
        let about: Vec<_> = about.collect();
        assert!(!about.is_empty(), "{slug} has no page in docs/providers");
        for operation in &provider.manifest().operations {
            // A page of one operation names its slug alone.
            let named = provider.manifest().operations.len() == 1
                || !provider.manifest().keyed
                || about.iter().any(|it| it.contains(&format!("`{}`", operation.name)));
            assert!(named, "{slug}: no page names {}", operation.name);
        }
    }
}

#[test]
fn every_operation_of_every_vendor_is_fuzzed() {
    let fuzzed: BTreeSet<_> = targets()
        .into_iter()
        .map(|(it, operation, _)| (it.manifest().slug.to_string(), operation))
        .collect();
    for provider in asking() {
        for operation in &provider.manifest().operations {
            let name = (provider.manifest().slug.to_string(), operation.name.clone());
            assert!(fuzzed.contains(&name), "{name:?} is not fuzzed");
        }
    }
}
