//! What a record bought for one field is there when another field comes to it, whoever holds the
//! batch by then.

use super::bench::{Bench, Bytes, Hand, TTL, at_once, field, found, secs};
use morket_core::{
    VendorUnits,
    audit::{Action, NewAudit},
    engine::Ended,
    plan::{Plan, Waterfall},
    privacy::{Identifier, NewSuppression, PrivacyKey, Source, SuppressionStore},
    provider::Outcome,
    rbac::Principal,
};
use morket_testkit::engine::FakeVendor;
use std::time::Duration;

/// Apollo is asked for a title while hunter is asked for an address; it is asked for that next.
fn plan() -> Plan {
    let mut plan = Plan::of(morket_core::field::Kind::Person, [field("email"), field("title")]);
    for (name, steps) in [("email", &["hunter", "apollo"][..]), ("title", &["apollo"])] {
        let steps = steps.iter().map(|it| (*it).to_owned()).collect();
        let waterfall = Waterfall { steps, verify: None, email: None };
        plan.waterfalls.insert(field(name), waterfall);
    }
    plan
}

fn call(hand: &Hand<'_>, vendor: &str) -> Bytes {
    hand.sent.iter().find(|it| it.vendor == vendor).cloned().expect("it was asked")
}

fn suppress(bench: &Bench, text: &str) {
    let (store, workspace) = (&bench.store, bench.workspace);
    let key = at_once(store.privacy_key(workspace, PrivacyKey::new([3; 32]))).unwrap();
    let name = Identifier::guess(text).unwrap();
    let (fingerprint, kind) = (key.fingerprint(&name), name.kind());
    let entry = NewSuppression { fingerprint, kind, source: Source::Manual, reason: None };
    let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
    at_once(store.suppress(workspace, vec![entry], audit)).unwrap();
}

/// Apollo says that to the question for a title, and its worker dies while hunter is asked.
struct Row {
    said: Option<fn() -> Outcome>,
    kept: bool,
    meanwhile: fn(&Bench),
    cell: &'static str,
    charged: i64,
    units: i64,
}

fn check(name: &str, row: &Row) {
    let outputs = ["email", "email_status", "title"];
    let vendors = ["hunter", "apollo"].map(|it| FakeVendor::finder(it, &outputs));
    let forgets = |it: FakeVendor| it.with(|it| it.retention = Some(Duration::ZERO));
    let vendors = vendors.map(|it| if row.kept { it } else { forgets(it) });
    let bench = Bench::new(&Plan { no_cache: !row.kept, ..plan() }, vendors.to_vec(), 1);
    let mut first = bench.start(1);
    let apollo = call(&first, "apollo").call;
    match row.said {
        Some(said) => first.answer(apollo, said()),
        None => first.answer(apollo, Outcome::Unknown),
    }
    first.wait(secs(1));
    assert_eq!((first.sent.len(), bench.money().0), (2, 0), "{name}: a title was not found");
    drop(first);
    bench.wait(TTL + secs(1));
    (row.meanwhile)(&bench);
    let second = bench.start(2);
    assert_eq!(second.asked(), "", "{name}: it is bought already");
    assert_eq!(second.ended, Some(Ended::Done { finished: true }), "{name}");
    assert_eq!(bench.cell(), row.cell, "{name}");
    assert_eq!(bench.money(), (row.charged, 0), "{name}");
    assert_eq!(bench.units("apollo"), VendorUnits::whole(row.units), "{name}");
    let details = bench.cells().into_iter().filter_map(|it| it.cell.detail);
    assert!(details.into_iter().all(|it| it.get("bought").is_none()), "{name}: it lies about");
}

#[test]
fn p071_what_was_bought_for_one_field_is_another_fields_after_a_takeover() {
    // method: exhaustive
    let usual = Row {
        said: Some(found),
        kept: true,
        meanwhile: |_| {},
        cell: "found",
        charged: 2_000,
        units: 1,
    };
    check("an answer", &usual);
    check("an answer that is kept for nobody", &Row { kept: false, ..usual });
    // Hunter's fate is what the cell fails for; nobody is asked twice for the same.
    let failed = Row { cell: "failed ambiguous", charged: 0, ..usual };
    check("a miss", &Row { said: Some(|| Outcome::Miss), units: 0, ..failed });
    check(
        "a miss that is kept for nobody",
        &Row { said: Some(|| Outcome::Miss), kept: false, units: 0, ..failed },
    );
    check("nobody knows", &Row { said: None, ..failed });
    // Whoever is on the list by now is left alone, though the answer was there before.
    let listed: fn(&Bench) = |it| suppress(it, "ada@c1.example");
    let alone = Row { meanwhile: listed, cell: "skipped suppressed", charged: 0, ..usual };
    check("on the list", &alone);
    check("on the list, kept for nobody", &Row { kept: false, ..alone });
}
