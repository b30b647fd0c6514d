//! Whom a question is about, in the ways in which vendors let one say it.

use super::{
    api::Context,
    http::Params,
    world::{Company, Name, Sight, World, canonical_domain, canonical_email, canonical_handle},
};

/// A person, as a question names them.
#[derive(Clone, Debug)]
pub(super) enum Whom {
    /// By the slug of a LinkedIn profile.
    Profile(String),
    /// By an address, in lower case.
    Email(String),
    /// By a name, and a company's domain or name.
    Named(Name, String),
}

impl Whom {
    /// By a profile, in any of its spellings.
    pub(super) fn profile(text: &str) -> Option<Self> {
        canonical_handle(text).map(Self::Profile)
    }

    /// By an address; none if it is no address.
    pub(super) fn email(text: &str) -> Option<Self> {
        let (local, domain) = canonical_email(text)?;
        Some(Self::Email(format!("{local}@{domain}")))
    }

    /// By a name, whole or in two halves, and whichever of these parameters says where.
    pub(super) fn named(params: &Params<'_>, whole: &str, firms: &[&str]) -> Option<Self> {
        let halves = params.get("first_name").zip(params.get("last_name"));
        let halves = halves.and_then(|(first, last)| Name::of(first, last));
        let name = halves.or_else(|| Name::parse(params.get(whole)?))?;
        Some(Self::Named(name, firm(firms.iter().find_map(|it| params.get(it))?)))
    }

    /// The canonical input: two spellings of one question look equal.
    pub(super) fn input(&self) -> String {
        match self {
            Self::Profile(handle) => format!("profile={handle}"),
            Self::Email(email) => format!("email={email}"),
            Self::Named(name, firm) => format!("name={};company={firm}", name.key()),
        }
    }

    /// What a vendor of this name sees of them.
    pub(super) fn sight(&self, vendor: &str, context: &Context<'_>) -> Sight {
        let world = context.world;
        let found = match self {
            Self::Profile(handle) => {
                world.person_of_profile(handle).map(|it| (it.name, it.company))
            }
            Self::Email(email) => world.owner(email).map(|it| (it.name, it.company)),
            Self::Named(name, firm) => company(world, firm).map(|it| (name.clone(), it)),
        };
        found.map_or(Sight::Nothing, |(name, company)| {
            world.sees(vendor, context.options.knowledge, &name, &company)
        })
    }
}

/// A company as a question names it, in one form.
pub(super) fn firm(text: &str) -> String {
    let page = text.rsplit_once("/company/").map(|(_, slug)| slug.trim_end_matches('/'));
    match page {
        Some(slug) => slug.replace('-', " ").to_lowercase(),
        None => canonical_domain(text).unwrap_or_else(|| text.to_lowercase()),
    }
}

/// The company of such a text.
pub(super) fn company(world: &World, firm: &str) -> Option<Company> {
    world.company_called(firm)
}
