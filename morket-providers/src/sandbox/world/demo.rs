//! Rows that a person might have in a file, for trials.

use super::{
    Employment, Name, World,
    company::{demo_count, demo_domain},
    lists::{FIRST, LAST},
    text::{fold, title_case},
};
use std::collections::HashSet;

/// What the world says of a demo row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Works there: eight rows in ten.
    Present,
    /// Has left: one row in ten.
    Gone,
    /// The company exists and never knew this person: one row in ten.
    Unknown,
}

/// A row of a contact list, invented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRow {
    /// First and last name.
    pub full_name: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The company, now and then with its legal form.
    pub company_name: String,
    /// Its domain, under `.example`.
    pub company_domain: String,
    /// A LinkedIn profile, in two rows of three of people who exist.
    pub linkedin_url: Option<String>,
    /// What the world says of it.
    pub expected: Expected,
}

impl World {
    /// `count` different rows; the first ones are the same whatever the count.
    pub fn demo_rows(&self, count: usize) -> Vec<DemoRow> {
        let mut taken = HashSet::new();
        (0..count).filter_map(|index| self.demo_row(index, &mut taken)).collect()
    }

    fn demo_row(&self, index: usize, taken: &mut HashSet<String>) -> Option<DemoRow> {
        let roll = self.roll("demo", &[&index.to_string()]);
        let expected = match index % 10 {
            3 => Expected::Gone,
            7 => Expected::Unknown,
            _ => Expected::Present,
        };
        (0..10_000).find_map(|attempt| {
            let roll = roll.aspect(attempt);
            let company = self.company(&demo_domain(roll.index(demo_count())))?;
            let first = roll.aspect(1).pick(FIRST);
            let last = roll.aspect(2).pick(LAST);
            let name = Name::of(first, last)?;
            let person = self.person_at(&name, &company);
            let kind = match &person {
                None => Expected::Unknown,
                Some(person) if person.is_current() => Expected::Present,
                Some(person) if person.employment != Employment::Left(None) => Expected::Gone,
                Some(_) => return None,
            };
            // Two people of one address would make a test's truth depend on who is asked for.
            let owns = |address: &str| self.owner(address).is_some_and(|owner| owner.name == name);
            let plain = person.as_ref().is_none_or(|person| owns(&person.address));
            let key = format!("{}@{}", name.key(), company.domain);
            (kind == expected && plain && taken.insert(key)).then_some(())?;
            let profile = person.filter(|_| roll.aspect(3).below(3) > 0);
            let formal = roll.aspect(4).below(5) == 0;
            let (first_name, last_name) = (title_case(&fold(first)), title_case(&fold(last)));
            Some(DemoRow {
                full_name: format!("{first_name} {last_name}"),
                first_name,
                last_name,
                company_name: if formal { company.legal_name } else { company.name },
                company_domain: company.domain,
                linkedin_url: profile
                    .map(|person| format!("https://www.linkedin.com/in/{}", person.linkedin)),
                expected,
            })
        })
    }
}
