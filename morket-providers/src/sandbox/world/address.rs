//! Addresses: built from a name by a company's pattern, and read back.

use super::{
    Company, Name, Pattern, Person, World,
    lists::{FIRST, LAST},
    text::{canonical_email, fold},
};
use crate::sandbox::dice::Rate;

const ALIVE: Rate = Rate::percent(78);
const LEFT: Rate = Rate::percent(38);

/// Mailboxes that belong to nobody in particular.
const ROLES: &[&str] = &["info", "sales", "support", "contact", "hello", "office", "admin"];
const WEBMAIL: &[&str] = &["gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de"];
const DISPOSABLE: &[&str] = &["disposable.example", "throwaway.example", "mailinator.com"];

/// What becomes of mail to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// Somebody reads it.
    Valid,
    /// Several read it, or nobody in particular.
    Role,
    /// The domain takes everything, so nobody can tell.
    CatchAll,
    /// The domain takes mail, the mailbox does not exist any more or never did.
    Dead,
    /// Nobody takes mail for the domain.
    NoDomain,
    /// A webmail service's: not of this world.
    Webmail,
    /// A service's that throws mail away.
    Disposable,
    /// A domain that somebody may own: not of this world.
    Foreign,
}

/// What the world says of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mailbox {
    Alive,
    Left,
    Never,
}

pub(super) fn truth(world: &World, email: &str) -> Option<Address> {
    let (local, domain) = canonical_email(email)?;
    Some(match world.company(&domain) {
        _ if WEBMAIL.contains(&domain.as_str()) => Address::Webmail,
        _ if DISPOSABLE.contains(&domain.as_str()) => Address::Disposable,
        Some(company) if company.catch_all => Address::CatchAll,
        Some(_) if ROLES.contains(&local.as_str()) => Address::Role,
        Some(company) => match mailbox(world, &local, &company) {
            Mailbox::Alive => Address::Valid,
            Mailbox::Left | Mailbox::Never => Address::Dead,
        },
        None if is_invented(&domain) => Address::NoDomain,
        None => Address::Foreign,
    })
}

/// Whether the domain is one that only the sandbox speaks of.
fn is_invented(domain: &str) -> bool {
    [".example", ".test", ".invalid"].iter().any(|ending| domain.ends_with(ending))
}

/// The address this name would have at the company, and what the world says of it.
pub(super) fn of(world: &World, name: &Name, company: &Company) -> Option<(String, Mailbox)> {
    let last = name.last().replace(' ', "");
    let initial = name.first().chars().next()?;
    let local = match company.pattern {
        Pattern::FirstDotLast => format!("{}.{last}", name.first()),
        Pattern::InitialDotLast => format!("{initial}.{last}"),
        Pattern::FirstUnderscoreLast => format!("{}_{last}", name.first()),
        Pattern::InitialLast => format!("{initial}{last}"),
        Pattern::First => name.first().to_owned(),
    };
    local.is_ascii().then_some(())?;
    let mailbox = mailbox(world, &local, company);
    Some((format!("{local}@{}", company.domain), mailbox))
}

fn mailbox(world: &World, local: &str, company: &Company) -> Mailbox {
    let roll = world.roll("mailbox", &[local, &company.domain]);
    match read(local, company.pattern) {
        None => Mailbox::Never,
        Some(_) if roll.happens(ALIVE) => Mailbox::Alive,
        Some(_) if roll.aspect(1).happens(LEFT) => Mailbox::Left,
        Some(_) => Mailbox::Never,
    }
}

/// What a local part says of a name: its beginning, and the last name where the pattern has it.
///
/// A local part that another pattern would have made of well-known names reads as nobody's, so
/// that a guess with the wrong pattern finds no mailbox.
fn read(local: &str, pattern: Pattern) -> Option<(&str, Option<&str>)> {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
    let halves = |separator: char| {
        let (first, last) = local.split_once(separator)?;
        (plain(first) && plain(last) && last.len() > 1).then_some((first, Some(last)))
    };
    match pattern {
        Pattern::FirstDotLast => halves('.').filter(|(first, _)| first.len() > 1),
        Pattern::InitialDotLast => halves('.').filter(|(first, _)| first.len() == 1),
        Pattern::FirstUnderscoreLast => halves('_').filter(|(first, _)| first.len() > 1),
        Pattern::InitialLast => {
            let known = FIRST.iter().any(|name| name.eq_ignore_ascii_case(local));
            let (initial, last) = local.split_at_checked(1)?;
            (plain(local) && last.len() > 1 && !known).then_some((initial, Some(last)))
        }
        Pattern::First => {
            let last = local.get(1..)?;
            let known = LAST.iter().any(|name| name.eq_ignore_ascii_case(last));
            (plain(local) && local.len() > 1 && !known).then_some((local, None))
        }
    }
}

pub(super) fn owner(world: &World, email: &str) -> Option<Person> {
    let (local, domain) = canonical_email(email)?;
    let company = world.company(&domain)?;
    let (first, last) = read(&local, company.pattern)?;
    let roll = world.roll("owner", &[&local, &domain]);
    let first = if first.len() > 1 {
        first.to_owned()
    } else {
        let begins = |name: &&&str| name[..1].eq_ignore_ascii_case(first);
        let fitting: Vec<_> = FIRST.iter().filter(begins).collect();
        fold(fitting.get(roll.index(fitting.len()))?)
    };
    let last = last.map_or_else(|| fold(roll.aspect(1).pick(LAST)), str::to_owned);
    let person = world.person_at(&Name::of(&first, &last)?, &company)?;
    (person.address == format!("{local}@{domain}")).then_some(person)
}
