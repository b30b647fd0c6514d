//! What one vendor knows of the world: a part of it, some of it out of date or wrong.

use super::{Company, Employment, Name, Person, World, person};
use crate::sandbox::dice::Rate;

/// How much of the world a vendor knows.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge {
    /// How many of the people and companies that exist.
    pub hit_rate: Rate,
    /// How often it answers for somebody it does not know with a namesake elsewhere.
    pub wrong_person: Rate,
    /// How often it has missed that somebody left.
    pub stale: Rate,
}

impl Knowledge {
    /// Knows all there is, and nothing else.
    pub const PERFECT: Self =
        Self { hit_rate: Rate::ALWAYS, wrong_person: Rate::NEVER, stale: Rate::NEVER };
}

/// What a vendor sees where a person was asked for.
#[derive(Clone, Debug)]
pub(crate) enum Sight {
    /// The person, where the question thinks.
    Here(Box<Person>),
    /// The person has left, and the vendor has not noticed.
    Stale(Box<Person>),
    /// The person, at the company that employs them now.
    Moved(Box<Person>),
    /// Somebody else of the same name, elsewhere.
    Namesake(Box<Person>),
    /// Nobody.
    Nothing,
}

impl World {
    /// What a vendor sees of a person, known by name, at a company.
    pub(crate) fn sees(
        &self,
        vendor: &str,
        knowledge: Knowledge,
        name: &Name,
        company: &Company,
    ) -> Sight {
        let roll = self.roll("sees", &[vendor, &name.key(), &company.domain]);
        let found = self.person_at(name, company).filter(|_| roll.happens(knowledge.hit_rate));
        let moved = |person: &Person| match &person.employment {
            Employment::Left(Some(domain)) => {
                self.person_at(name, &self.company(domain)?).map(Box::new)
            }
            _ => None,
        };
        match found {
            Some(person) if person.is_current() => Sight::Here(Box::new(person)),
            Some(person) if roll.aspect(1).happens(knowledge.stale) => {
                Sight::Stale(Box::new(person))
            }
            Some(person) => moved(&person).map_or(Sight::Nothing, Sight::Moved),
            None if roll.aspect(2).happens(knowledge.wrong_person) => {
                let other = person::elsewhere(self, name, &company.domain);
                let other = other.and_then(|domain| self.person_at(name, &self.company(&domain)?));
                other.map_or(Sight::Nothing, |person| Sight::Namesake(Box::new(person)))
            }
            None => Sight::Nothing,
        }
    }

    /// Whether a vendor knows a company that exists.
    pub(crate) fn knows(&self, vendor: &str, knowledge: Knowledge, company: &Company) -> bool {
        self.roll("knows", &[vendor, &company.domain]).happens(knowledge.hit_rate)
    }
}
