//! What of an answer is looked at, and which fields stay together.

use morket_core::{
    accept::{Reason, admit, screen},
    field::{Catalogue, Kind, normalise},
    name::FieldName,
    provider::Answer,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn names(list: &[&str]) -> Vec<FieldName> {
    list.iter().map(|name| FieldName::new(*name).unwrap()).collect()
}

fn answer(values: &[(&str, Value)]) -> Answer {
    let values = values.iter().map(|(name, value)| (FieldName::new(*name).unwrap(), value.clone()));
    Answer { values: values.collect(), ..Answer::default() }
}

#[test]
fn p024_only_declared_fields_pass() {
    let answer = answer(&[
        ("email", json!("Ada@Example.com")),
        ("title", json!("N/A")),
        ("phone", json!("+49 30 123456")),
        ("shoe_size", json!("38")),
        ("founded_year", json!("long ago")),
        ("company_domain", json!("gmail.com")),
        ("email", json!("second@example.com")),
    ]);
    let outputs = names(&["email", "title", "shoe_size", "founded_year", "company_domain"]);
    let (clean, refused) = screen(&answer, &outputs, Catalogue::standard());
    let clean: Vec<_> = clean.iter().map(|it| (it.field.as_str(), &it.value, &it.raw)).collect();
    assert_eq!(clean, [("email", &json!("ada@example.com"), &json!("Ada@Example.com"))]);
    let refused: Vec<_> = refused.iter().map(|(name, reason)| (name.as_str(), *reason)).collect();
    let expected = [
        ("title", Reason::Placeholder),
        ("phone", Reason::Undeclared),
        ("shoe_size", Reason::Undeclared),
        ("founded_year", Reason::Malformed),
        ("company_domain", Reason::WebmailDomain),
    ];
    assert_eq!(refused, expected);
}

proptest! {
    #[test]
    fn p023_whatever_an_answer_holds_what_passes_is_clean_and_declared(
        values in prop::collection::vec(
            ("(email|title|phone|revenue|technologies|shoe_size|country)", any::<String>()),
            0..8,
        ),
        declared in prop::collection::vec("(email|title|phone|revenue|technologies)", 0..4),
    ) {
        // method: property
        let values: Vec<_> =
            values.iter().map(|(name, text)| (name.as_str(), json!(text))).collect();
        let outputs: Vec<FieldName> =
            declared.iter().map(|name| FieldName::new(name.as_str()).unwrap()).collect();
        let catalogue = Catalogue::standard();
        let (clean, refused) = screen(&answer(&values), &outputs, catalogue);
        for it in &clean {
            let ty = catalogue.get(&it.field).unwrap().ty;
            prop_assert!(outputs.contains(&it.field));
            let settled = normalise(ty, &it.value);
            prop_assert_eq!(settled.as_ref(), Some(&it.value));
        }
        prop_assert!(clean.len() + refused.len() <= values.len());
    }
}

/// What is held already (field, answer), what answer 2 offers, and what becomes of it.
#[test]
fn a_group_comes_from_one_answer() {
    type Row<'a> = (Kind, &'a [(&'a str, u8)], bool, &'a [(&'a str, Option<Reason>)]);
    let mixed = Some(Reason::GroupMixed);
    let alone = Some(Reason::StatusAlone);
    let rows: &[Row<'_>] = &[
        (Kind::Person, &[], false, &[("title", None), ("company_name", None), ("city", None)]),
        (Kind::Person, &[("title", 1)], false, &[("company_name", mixed), ("city", None)]),
        (Kind::Person, &[("title", 1)], true, &[("company_name", None), ("city", None)]),
        (Kind::Person, &[("title", 2)], false, &[("company_name", None)]),
        (Kind::Person, &[("title", 2), ("seniority", 1)], false, &[("company_name", mixed)]),
        (Kind::Person, &[("email", 1), ("phone", 1)], false, &[("mobile_phone", None)]),
        (Kind::Company, &[("company_name", 1)], false, &[("company_domain", None)]),
        (Kind::Company, &[("company_city", 1)], false, &[("company_country", mixed)]),
        (Kind::Person, &[], false, &[("email", None), ("email_status", None)]),
        (Kind::Person, &[], false, &[("email_status", alone)]),
        (Kind::Person, &[("email", 1)], false, &[("email_status", alone)]),
        (Kind::Person, &[("email", 1)], true, &[("email", None), ("email_status", alone)]),
        (Kind::Person, &[("email", 2)], false, &[("email_status", None)]),
        (Kind::Person, &[("title", 1)], false, &[("unheard_of", None)]),
    ];
    for (row, holds, mix, expected) in rows {
        let holds: BTreeMap<FieldName, u8> =
            holds.iter().map(|(name, by)| (FieldName::new(*name).unwrap(), *by)).collect();
        let offered = names(&expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let admitted = admit(Catalogue::standard(), *row, &holds, &2, &offered, *mix);
        let admitted: Vec<_> = admitted.iter().map(|(name, why)| (name.as_str(), *why)).collect();
        assert_eq!(admitted, *expected, "{row:?} {holds:?} {mix}");
    }
}
