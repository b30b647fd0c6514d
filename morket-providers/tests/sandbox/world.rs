//! The world's truth, and what vendors see of it.

use morket_providers::sandbox::{Address, Employment, Expected, World};
use std::collections::BTreeSet;

#[test]
fn demo_rows_are_different_stable_and_as_they_say() {
    let world = World::new(42);
    let rows = world.demo_rows(2_000);
    assert_eq!(rows.len(), 2_000);
    assert_eq!(rows[..50], world.demo_rows(50)[..]);
    assert_ne!(rows[..50], World::new(43).demo_rows(50)[..]);
    let distinct: BTreeSet<_> =
        rows.iter().map(|row| (&row.full_name, &row.company_domain)).collect();
    assert_eq!(distinct.len(), 2_000);
    let present = rows.iter().filter(|row| row.expected == Expected::Present).count();
    assert_eq!(present, 1_600);
    for row in &rows {
        assert!(row.company_domain.ends_with(".example"));
        let company = world.company_named(&row.company_name).expect("named");
        assert_eq!(company.domain, row.company_domain);
        let person = world.person(&row.full_name, &row.company_domain);
        match row.expected {
            Expected::Unknown => assert!(person.is_none()),
            Expected::Present => assert!(person.is_some_and(|person| person.is_current())),
            Expected::Gone => {
                let employment = person.expect("was there").employment;
                let Employment::Left(Some(now)) = employment else { panic!("{employment:?}") };
                assert!(world.truth_email(&row.full_name, &now).is_some());
            }
        }
    }
}

#[test]
fn addresses_and_profiles_lead_back_to_their_people() {
    let world = World::new(5);
    for row in world.demo_rows(500) {
        let Some(person) = world.person(&row.full_name, &row.company_domain) else { continue };
        let company = &person.company;
        let expected = match (&person.email, company.catch_all) {
            (_, true) => Address::CatchAll,
            (Some(_), false) => Address::Valid,
            (None, false) => Address::Dead,
        };
        assert_eq!(world.address(&person.address), Some(expected));
        assert_eq!(world.owner(&person.address).map(|owner| owner.name), Some(person.name.clone()));
        if let Some(url) = &row.linkedin_url {
            let found = world.person_of_profile(url).expect("a profile");
            assert_eq!((found.name, found.company.domain), (person.name, person.company.domain));
        }
    }
}

#[test]
fn a_guess_with_the_wrong_pattern_finds_no_mailbox() {
    let world = World::new(5);
    let mut guesses = 0;
    for row in world.demo_rows(400) {
        let (first, last) = (row.first_name.to_lowercase(), row.last_name.to_lowercase());
        let company = world.company(&row.company_domain).expect("exists");
        if company.catch_all || !row.full_name.is_ascii() {
            continue;
        }
        let initial = &first[..1];
        let locals = [
            format!("{first}.{last}"),
            format!("{initial}.{last}"),
            format!("{first}_{last}"),
            format!("{initial}{last}"),
            first.clone(),
        ];
        let alive = locals.iter().filter(|local| {
            world.address(&format!("{local}@{}", company.domain)) == Some(Address::Valid)
        });
        let expected = usize::from(row.expected == Expected::Present);
        assert_eq!(alive.count(), expected, "{row:?} {:?}", company.pattern);
        guesses += 1;
    }
    assert!(guesses > 200);
}

#[test]
fn only_reserved_domains_hold_companies() {
    let world = World::new(5);
    let holds = |endings: &[&str]| {
        let domains = (0..50).flat_map(|n| endings.iter().map(move |end| format!("c{n}{end}")));
        domains.filter(|domain| world.company(domain).is_some()).count()
    };
    assert_eq!(holds(&[".com", ".io", "-example.com", ".example.co", "example"]), 0);
    assert!(holds(&[".example", ".test", ".invalid", ".example.com"]) > 150);
}
