//! Names and the registry: what would make two steps look like one is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, JobId, VendorUnits,
    name::{FieldName, ProviderSlug, step_key},
    provider::{Operation, Registry, Shape, Unfinished},
};
use morket_testkit::engine::FakeVendor;
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;

type Step = (u128, u32, String, String);

fn steps() -> impl Strategy<Value = Step> {
    // Few letters, so that steps come near each other.
    (0..3_u128, 0..30_u32, "[a1_]{1,4}", "[a1-]{1,4}")
}

fn key((job, record, field, provider): &Step) -> String {
    let (field, provider) =
        (FieldName::new(field.as_str()).unwrap(), ProviderSlug::new(provider.as_str()).unwrap());
    step_key(JobId(Uuid::from_u128(*job)), *record, &field, &provider).as_str().to_owned()
}

proptest! {
    #[test]
    fn p032_different_steps_have_different_keys(all in prop::collection::vec(steps(), 2..60)) {
        // method: property
        let mut seen: BTreeMap<String, &Step> = BTreeMap::new();
        for step in &all {
            let before = seen.insert(key(step), step);
            prop_assert!(before.is_none_or(|it| it == step), "{:?} and {:?}", before, step);
        }
    }

    #[test]
    fn p032_a_key_tells_its_step(step in steps()) {
        // method: property
        let text = key(&step);
        let parts: Vec<&str> = text.split(':').collect();
        let job = Uuid::from_u128(step.0).to_string();
        let record = step.1.to_string();
        prop_assert_eq!(parts, [job.as_str(), &record, &step.2, &step.3]);
    }

    #[test]
    fn p033_only_names_of_the_alphabet_are_names(text in ".{0,70}") {
        // method: property
        let fits = |extra: char| {
            let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == extra;
            !text.is_empty() && text.len() <= 64 && text.chars().all(allowed)
        };
        prop_assert_eq!(FieldName::new(text.as_str()).is_ok(), fits('_'), "{}", text);
        prop_assert_eq!(ProviderSlug::new(text.as_str()).is_ok(), fits('-'), "{}", text);
        let quoted = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<FieldName>(&quoted).is_ok(), fits('_'));
        prop_assert_eq!(serde_json::from_str::<ProviderSlug>(&quoted).is_ok(), fits('-'));
    }
}

#[test]
fn p033_every_other_byte_is_refused() {
    // method: exhaustive
    for byte in 0..=255_u8 {
        let text = format!("a{}b", char::from(byte));
        let plain = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert_eq!(FieldName::new(text.as_str()).is_ok(), plain || byte == b'_', "{text:?}");
        assert_eq!(ProviderSlug::new(text.as_str()).is_ok(), plain || byte == b'-', "{text:?}");
    }
    for (text, users) in [("email__verify_1", false), ("email_status", true), ("a__", false)] {
        assert_eq!(FieldName::of_user(text).is_ok(), users, "{text}");
    }
}

/// What a refusal names, and the change to a right operation that it refuses.
type Wrong = (&'static str, fn(&mut Operation));

const WRONG: &[Wrong] = &[
    ("operation.name", |it| it.name = String::new()),
    ("operation.name", |it| it.name = "Find".into()),
    ("operation.name", |it| it.name = "find:er".into()),
    ("operation.name", |it| it.name = "f".repeat(65)),
    ("operation.inputs", |it| it.inputs.clear()),
    ("operation.inputs", |it| it.inputs.push(Vec::new())),
    ("operation.outputs", |it| it.outputs.clear()),
    ("operation.bulk", |it| it.bulk = 0),
    ("operation.billing", |it| it.billing.answer = VendorUnits::ZERO),
    ("operation.billing", |it| it.billing.answer = VendorUnits(-1)),
    ("operation.billing", |it| it.billing.miss = VendorUnits(-1)),
    ("operation.billing", |it| it.free = true),
    ("operation.credits", |it| it.credits = Some(Credits::ZERO)),
    ("operation.credits", |it| it.credits = Some(Credits(-1))),
    ("operation.poll.deadline", |it| {
        let (first, every) = (Duration::from_secs(5), Duration::from_secs(5));
        it.shape = Shape::Poll { first, every, deadline: first, unfinished: Unfinished::Miss };
    }),
];

#[test]
fn p029_what_could_not_be_run_or_charged_is_not_registered() {
    // method: exhaustive
    let mut registry = Registry::new();
    for (named, change) in WRONG {
        let vendor = FakeVendor::finder("hunter", &["email"]).with(change);
        let error = registry.register(Arc::new(vendor)).unwrap_err();
        assert!(error.message().starts_with(named), "{error} does not name {named}");
        assert!(registry.named("hunter").is_err(), "{named}");
    }
    let free = FakeVendor::finder("free", &["email"]).with(|it| {
        (it.free, it.billing, it.credits) = (true, Default::default(), None);
    });
    registry.register(Arc::new(free)).unwrap();
}

proptest! {
    #[test]
    fn p029_a_slug_is_whose_it_was_first(
        slugs in prop::collection::vec(("[a-d]", 1_i64..100, any::<bool>()), 1..30),
    ) {
        // method: model
        let (mut registry, mut model) = (Registry::new(), BTreeMap::new());
        for (slug, credits, right) in slugs {
            let price = if right { Credits(credits) } else { Credits(-credits) };
            let vendor = FakeVendor::finder(&slug, &["email"]).with(|it| it.credits = Some(price));
            let taken = model.contains_key(&slug);
            prop_assert_eq!(registry.register(Arc::new(vendor)).is_ok(), right && !taken);
            if right && !taken {
                model.insert(slug, price);
            }
            let all: BTreeMap<String, Credits> = registry.iter().map(|it| {
                let manifest = it.manifest();
                (manifest.slug.to_string(), manifest.operations[0].credits.unwrap())
            }).collect();
            prop_assert_eq!(&all, &model);
        }
    }
}
