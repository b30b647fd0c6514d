//! People: what follows from a name and a company.

use super::{
    Company, Name, World,
    address::{self, Mailbox},
    company::{demo_count, demo_domain, fictional_phone, handle_suffix, numbered_domain},
    lists::{DEPARTMENTS, FIRST, LAST, LEVELS},
    text::title_case,
};

/// How many demo companies are asked where somebody is now.
const PLACES_TO_LOOK: u64 = 24;

/// Whether somebody still works where the question thinks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Employment {
    /// Works there.
    Current,
    /// Left; the domain of the company that employs this person now, if anybody knows.
    Left(Option<String>),
}

/// A person as they truly are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Person {
    /// The name's canonical form.
    pub name: Name,
    /// First name as written.
    pub first_name: String,
    /// Last name as written.
    pub last_name: String,
    /// The company of the question: where this person works or once worked.
    pub company: Company,
    /// Which of the two.
    pub employment: Employment,
    /// The address built for them at that company, dead once they have left.
    pub address: String,
    /// The same, while it is theirs.
    pub email: Option<String>,
    /// What they do.
    pub title: String,
    /// PDL's word for the department.
    pub role: &'static str,
    /// Hunter's word for it.
    pub department: &'static str,
    /// PDL's word for the level.
    pub level: &'static str,
    /// Hunter's word for it.
    pub seniority: &'static str,
    /// The slug of the LinkedIn profile.
    pub linkedin: String,
    /// A mobile number set aside for fiction.
    pub mobile: String,
    /// When they began, `2021-03`.
    pub since: String,
}

impl Person {
    /// Both names.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Works at the company of the question today.
    pub fn is_current(&self) -> bool {
        self.employment == Employment::Current
    }
}

pub(super) fn at(world: &World, name: &Name, company: &Company) -> Option<Person> {
    let (address, mailbox) = address::of(world, name, company)?;
    let employment = match mailbox {
        Mailbox::Never => return None,
        Mailbox::Alive => Employment::Current,
        Mailbox::Left => Employment::Left(elsewhere(world, name, &company.domain)),
    };
    let roll = world.roll("person", &[&name.key(), &company.domain]);
    let (level, pdl_level, seniority) = roll.aspect(1).pick(LEVELS);
    let (unit, role, department) = roll.aspect(2).pick(DEPARTMENTS);
    Some(Person {
        name: name.clone(),
        first_name: title_case(name.first()),
        last_name: title_case(name.last()),
        email: (mailbox == Mailbox::Alive).then(|| address.clone()),
        address,
        employment,
        title: format!("{level} {unit}"),
        role,
        department,
        level: pdl_level,
        seniority,
        linkedin: handle(name, &company.domain),
        mobile: fictional_phone(roll.aspect(3)),
        since: format!(
            "20{:02}-{:02}",
            10 + roll.aspect(4).below(15),
            1 + roll.aspect(5).below(12)
        ),
        company: company.clone(),
    })
}

/// The domain of another company where somebody of this name works.
pub(super) fn elsewhere(world: &World, name: &Name, domain: &str) -> Option<String> {
    let roll = world.roll("elsewhere", &[&name.key(), domain]);
    (0..PLACES_TO_LOOK).find_map(|place| {
        let company = world.company(&demo_domain(roll.aspect(place).index(demo_count())))?;
        let (_, mailbox) = address::of(world, name, &company)?;
        (company.domain != domain && mailbox == Mailbox::Alive).then_some(company.domain)
    })
}

fn handle(name: &Name, domain: &str) -> String {
    let dashed = |words: &str| words.replace(' ', "-");
    format!("{}-{}-{}", dashed(name.first()), dashed(name.last()), handle_suffix(domain))
}

pub(super) fn of_handle(world: &World, handle: &str) -> Option<Person> {
    let (words, domains) = match handle.split_once("-at-") {
        Some((words, label)) => {
            let dotted = label.rsplit_once('-').map(|(name, end)| format!("{name}.{end}"));
            (words, [Some(format!("{label}.example")), dotted])
        }
        None => {
            let (words, number) = handle.rsplit_once('-')?;
            (words, [numbered_domain(number.parse().ok()?), None])
        }
    };
    let name = Name::parse(&words.replace('-', " "))?;
    let found = domains
        .into_iter()
        .flatten()
        .find_map(|domain| world.person_at(&name, &world.company(&domain)?));
    found.filter(|person| person.linkedin == handle)
}

pub(super) fn staff(world: &World, company: &Company, most: usize) -> Vec<Person> {
    let roll = world.roll("staff", &[&company.domain]);
    let size = usize::try_from(company.employees).unwrap_or(most);
    let mut found: Vec<Person> = Vec::new();
    for number in 0..200 {
        let roll = roll.aspect(number);
        let name = Name::of(roll.pick(FIRST), roll.aspect(1).pick(LAST));
        let person = name.and_then(|name| world.person_at(&name, company));
        let person = person.filter(Person::is_current);
        found.extend(person.filter(|new| found.iter().all(|old| old.address != new.address)));
        if found.len() >= most.min(size) {
            break;
        }
    }
    found
}
