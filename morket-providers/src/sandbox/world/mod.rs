//! The invented world: people and companies that follow from a seed and the question asked.
//!
//! Nothing is stored. Whether somebody exists, where, and under which address, is a pure function
//! of the seed and the canonical input, so that a test may ask for the truth beside the server.
//! Only domains nobody can own hold companies: `.example`, `.test`, `.invalid` and
//! `example.com`, `.net`, `.org`. Telephone numbers come from ranges set aside for fiction.

mod address;
mod company;
mod demo;
mod lists;
mod person;
mod sight;
mod text;

pub use address::Address;
pub use company::{Company, Pattern};
pub use demo::{DemoRow, Expected};
pub use lists::Place;
pub use person::{Employment, Person};
pub use sight::Knowledge;
pub(crate) use sight::Sight;
pub use text::Name;
pub(crate) use text::{canonical_domain, canonical_email, canonical_handle};

use super::dice::{Dice, Roll};

/// The truth behind the sandbox's answers.
#[derive(Clone, Copy, Debug)]
pub struct World {
    dice: Dice,
}

impl World {
    /// The world of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed) }
    }

    /// The company that owns a domain.
    pub fn company(&self, domain: &str) -> Option<Company> {
        company::of_domain(self.dice, &canonical_domain(domain)?)
    }

    /// The company of a name, with or without its legal form.
    pub fn company_named(&self, name: &str) -> Option<Company> {
        company::of_domain(self.dice, &company::domain_of_name(name)?)
    }

    /// The company that text speaks of: a domain, else a name.
    pub fn company_called(&self, text: &str) -> Option<Company> {
        match canonical_domain(text) {
            Some(domain) => company::of_domain(self.dice, &domain),
            None => self.company_named(text),
        }
    }

    /// The person of this name whom the domain's company employs or once employed.
    pub fn person(&self, name: &str, domain: &str) -> Option<Person> {
        self.person_at(&Name::parse(name)?, &self.company(domain)?)
    }

    /// The same of names that are read already.
    pub fn person_at(&self, name: &Name, company: &Company) -> Option<Person> {
        person::at(self, name, company)
    }

    /// The person behind a LinkedIn profile.
    pub fn person_of_profile(&self, profile: &str) -> Option<Person> {
        person::of_handle(self, &canonical_handle(profile)?)
    }

    /// Whose address it is, or was.
    pub fn owner(&self, email: &str) -> Option<Person> {
        address::owner(self, email)
    }

    /// The address at which this person reads mail today at this company.
    pub fn truth_email(&self, name: &str, domain: &str) -> Option<String> {
        self.person(name, domain)?.email
    }

    /// People of a company, up to `most`: some of those who work there.
    pub fn staff(&self, company: &Company, most: usize) -> Vec<Person> {
        person::staff(self, company, most)
    }

    /// What becomes of mail to this address; none if it is no address at all.
    pub fn address(&self, email: &str) -> Option<Address> {
        address::truth(self, email)
    }

    /// The address that this name would have, whether or not anybody reads it.
    pub(crate) fn guess(&self, name: &Name, company: &Company) -> Option<String> {
        address::of(self, name, company).map(|(address, _)| address)
    }

    pub(crate) fn roll(&self, question: &str, parts: &[&str]) -> Roll {
        self.dice.roll(question, parts)
    }
}
