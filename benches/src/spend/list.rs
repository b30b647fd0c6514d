//! A list of people with repeats in it, as lists are.

use morket_providers::sandbox::{Person, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How a list is made up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) rows: usize,
    /// Of a hundred rows, how many repeat an earlier one.
    pub(super) duplicates: usize,
    /// How many people of one company.
    pub(super) colleagues: usize,
}

/// The rows of a list: repeats are spread over it, each of a row in its first half.
pub(super) fn rows(world: World, shape: Shape) -> Vec<Value> {
    let mut people = people(world, shape).into_iter();
    let mut rows: Vec<Value> = Vec::with_capacity(shape.rows);
    for at in 0..shape.rows {
        let repeats = at > 1 && at * 37 % 100 < shape.duplicates;
        let row = if repeats { rows.get(at / 2).cloned() } else { people.next() };
        rows.extend(row);
    }
    rows
}

/// Among how many of a company colleagues are looked for.
const STAFF: usize = 60;

fn people(world: World, shape: Shape) -> Vec<Value> {
    let row = |first: &str, last: &str, domain: &str| {
        json!({ "full_name": format!("{first} {last}"), "first_name": first, "last_name": last,
            "company_domain": domain })
    };
    let demo = world.demo_rows(shape.rows);
    if shape.colleagues < 2 {
        let each = demo.iter();
        return each.map(|it| row(&it.first_name, &it.last_name, &it.company_domain)).collect();
    }
    let mut seen = BTreeSet::new();
    let domains = demo.into_iter().map(|it| it.company_domain);
    let companies = domains.filter(|it| seen.insert(it.clone()));
    // Where two share an address, who is found depends on whether it was known yet: the two sides
    // would not be asking about the same person.
    let is_alone = |it: &Person| {
        world.owner(&it.address).is_some_and(|owner| owner.full_name() == it.full_name())
    };
    let staff = companies.filter_map(|domain| {
        let people = world.staff(&world.company(&domain)?, STAFF).into_iter().filter(is_alone);
        let rows = people.take(shape.colleagues);
        Some(rows.map(move |it| row(&it.first_name, &it.last_name, &domain)))
    });
    staff.flatten().take(shape.rows).collect()
}
