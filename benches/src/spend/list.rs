//! A list of people with repeats in it, as lists are.

use morket_providers::sandbox::World;
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
    let staff = companies.filter_map(|domain| {
        let company = world.company(&domain)?;
        let people = world.staff(&company, shape.colleagues);
        Some(people.into_iter().map(move |it| row(&it.first_name, &it.last_name, &domain)))
    });
    staff.flatten().take(shape.rows).collect()
}
