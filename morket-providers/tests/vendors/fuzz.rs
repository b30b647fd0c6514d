//! Fixtures bent out of shape, and bytes from nowhere: no panic, nothing undeclared, no stand-in.

use super::{
    common::{fixture, fixtures, with_ask},
    generic::acme,
};
use morket_core::{
    http::HttpResponse,
    provider::{Ask, Provider},
};
use morket_providers::{
    apollo::Apollo, bouncer::Bouncer, dropcontact::Dropcontact, findymail::Findymail,
    hunter::Hunter, millionverifier::MillionVerifier, neverbounce::NeverBounce,
    people_data_labs::PeopleDataLabs, prospeo::Prospeo, zerobounce::ZeroBounce,
};
use morket_testkit::provider::{inputs_for, problems_of};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

/// One way to bend a body.
#[derive(Clone, Debug)]
struct Bend {
    /// Which of its parts.
    at: Index,
    /// What happens to it.
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Replace(Value),
    Remove,
    Wrap(u8),
    Repeat,
}

fn nasty() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        (10_usize..20_000).prop_map(|length| "x".repeat(length).into()),
        prop::sample::select(
            &["", "N/A", "*****", "email_not_unlocked@domain.com", "\u{0}", "0"][..]
        )
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{"email": {"email": []}}], null, true])),
        Just(json!({"type": ["not_found"], "error": {"error": false}, "row": -1})),
    ]
}

fn bend() -> impl Strategy<Value = Bend> {
    let how = prop_oneof![
        4 => nasty().prop_map(How::Replace),
        2 => Just(How::Remove),
        1 => (1_u8..120).prop_map(How::Wrap),
        1 => Just(How::Repeat),
    ];
    (any::<Index>(), how).prop_map(|(at, how)| Bend { at, how })
}

/// Every place in a body, as a pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, it)| places(it, &format!("{at}/{i}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(name, it)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            places(it, &format!("{at}/{name}"), found);
        }),
        _ => {}
    }
}

fn apply(body: &mut Value, bend: &Bend) {
    let mut found = Vec::new();
    places(body, "", &mut found);
    let place = &found[bend.at.index(found.len())];
    let Some(target) = body.pointer_mut(place) else { return };
    match &bend.how {
        How::Replace(value) => *target = value.clone(),
        How::Wrap(levels) => {
            for level in 0..*levels {
                let inner = target.take();
                *target = if level % 2 == 0 { json!([inner]) } else { json!({"data": inner}) };
            }
        }
        How::Repeat => *target = Value::Array(vec![target.clone(); 3]),
        How::Remove => {
            let (parent, name) = place.rsplit_once('/').unwrap_or(("", ""));
            match body.pointer_mut(parent) {
                Some(Value::Object(map)) => drop(map.remove(name)),
                Some(Value::Array(items)) => drop(items.pop()),
                _ => *body = Value::Null,
            }
        }
    }
}

/// What must hold of anything read from anything.
fn judge(provider: &dyn Provider, operation: &str, answer: &HttpResponse) -> Result<(), String> {
    let wanted = provider.manifest().operation(operation).ok_or("no such operation")?;
    let record = inputs_for(wanted.inputs.first().ok_or("no inputs")?);
    let records = vec![record; usize::try_from(wanted.bulk.min(3)).unwrap_or(1)];
    let problems = with_ask(provider, operation, &records, |ask: &Ask<'_>| {
        problems_of(ask, &provider.parse(ask, answer))
    });
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

fn bent(vendor: &'static str) -> impl Strategy<Value = HttpResponse> {
    let names = fixtures(vendor);
    let statuses = prop_oneof![3 => Just(None), 1 => (100_u16..600).prop_map(Some)];
    (prop::sample::select(names), prop::collection::vec(bend(), 0..5), statuses).prop_map(
        |(name, bends, status)| {
            let mut answer = fixture(&name);
            if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
                bends.iter().for_each(|bend| apply(&mut body, bend));
                answer.body = body.to_string().into_bytes();
            }
            answer.status = status.unwrap_or(answer.status);
            answer
        },
    )
}

fn any_answer() -> impl Strategy<Value = HttpResponse> {
    (any::<u16>(), prop::collection::vec(any::<u8>(), 0..200))
        .prop_map(|(status, body)| HttpResponse::new(status, body))
}

macro_rules! fuzz {
    ($($name:ident, $provider:expr, $operation:literal, $folder:literal;)*) => {$(
        proptest! {

            #[test]
            fn $name(answer in prop_oneof![9 => bent($folder), 1 => any_answer()]) {
                // method: property
                let judged = judge(&$provider, $operation, &answer);
                prop_assert!(judged.is_ok(), "{}\n{answer:?}", judged.unwrap_err());
            }
        }
    )*};
}

fuzz! {
    p024_bouncer_gives_declared_fields_only, Bouncer::new(), "verify", "bouncer";
    p024_millionverifier_gives_declared_fields_only,
        MillionVerifier::new(), "verify", "millionverifier";
    p024_neverbounce_gives_declared_fields_only, NeverBounce::new(), "verify", "neverbounce";
    p024_apollo_person_gives_declared_fields_only, Apollo::new(), "person_match", "apollo";
    p024_apollo_bulk_gives_declared_fields_only, Apollo::new(), "person_bulk", "apollo";
    p024_apollo_company_gives_declared_fields_only, Apollo::new(), "company_enrich", "apollo";
    p024_prospeo_gives_declared_fields_only, Prospeo::new(), "person_enrich", "prospeo";
    p024_prospeo_mobile_gives_declared_fields_only, Prospeo::new(), "person_mobile", "prospeo";
    p024_prospeo_bulk_gives_declared_fields_only, Prospeo::new(), "person_bulk", "prospeo";
    p024_findymail_finder_gives_declared_fields_only,
        Findymail::new(), "email_finder", "findymail";
    p024_findymail_verifier_gives_declared_fields_only,
        Findymail::new(), "email_verifier", "findymail";
    p024_findymail_phone_gives_declared_fields_only,
        Findymail::new(), "phone_finder", "findymail";
    p024_a_described_vendor_gives_declared_fields_only, acme(), "find", "generic";
    p024_dropcontact_gives_declared_fields_only, Dropcontact::new(), "enrich", "dropcontact";
    p024_hunter_finder_gives_declared_fields_only, Hunter::new(), "email_finder", "hunter";
    p024_hunter_verifier_gives_declared_fields_only, Hunter::new(), "email_verifier", "hunter";
    p024_hunter_person_gives_declared_fields_only, Hunter::new(), "person_find", "hunter";
    p024_hunter_company_gives_declared_fields_only, Hunter::new(), "company_find", "hunter";
    p024_pdl_person_gives_declared_fields_only,
        PeopleDataLabs::new(), "person_enrich", "people_data_labs";
    p024_pdl_bulk_gives_declared_fields_only,
        PeopleDataLabs::new(), "person_bulk", "people_data_labs";
    p024_pdl_company_gives_declared_fields_only,
        PeopleDataLabs::new(), "company_enrich", "people_data_labs";
    p024_zerobounce_gives_declared_fields_only, ZeroBounce::new(), "validate", "zerobounce";
    p024_zerobounce_batch_gives_declared_fields_only,
        ZeroBounce::new(), "validate_batch", "zerobounce";
}
