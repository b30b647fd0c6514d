//! Whether an answer is about the one who was asked about. Pure: it looks at what is known and at
//! what came back, and nothing else.

mod company;
mod names;
mod nicknames;

use crate::{
    field::{EmailFlags, Kind, country, email, linkedin::Profile},
    name::FieldName,
    provider::Returned,
};
use company::Company;
pub(crate) use names::one_name;
use names::{Name, NameMatch};
use serde::{Deserialize, Serialize};

/// How sure it is that an answer is about the one who was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// It is.
    Exact,
    /// All that can be compared fits, and it is not all.
    Likely,
    /// The person, at another company.
    ChangedCompany,
    /// Somebody else.
    Mismatch,
    /// Too little to compare.
    Unverifiable,
}

impl Identity {
    /// Every one of them.
    pub const ALL: &'static [Self] =
        &[Self::Exact, Self::Likely, Self::ChangedCompany, Self::Mismatch, Self::Unverifiable];
}

/// What a record holds by which its owner can be recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The whole name; where it is missing, its two parts serve.
    pub full_name: Option<String>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The company's domain.
    pub company_domain: Option<String>,
    /// The company's name.
    pub company_name: Option<String>,
    /// The profile; on a company's row, its page.
    pub linkedin_url: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The country in which the company sits.
    pub company_country: Option<String>,
    /// The address was found by asking, and not told by who asks.
    pub email_was_found: bool,
    /// The same of the profile.
    pub linkedin_url_was_found: bool,
}

impl Known {
    /// Only what was told; nothing, if that is all there is.
    fn as_told(&self) -> Option<Self> {
        (self.email_was_found || self.linkedin_url_was_found).then(|| Self {
            email: self.email.clone().filter(|_| !self.email_was_found),
            linkedin_url: self.linkedin_url.clone().filter(|_| !self.linkedin_url_was_found),
            email_was_found: false,
            linkedin_url_was_found: false,
            ..self.clone()
        })
    }
}

/// What comparing one thing tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sameness {
    Same,
    Different,
    Unknown,
}

/// Compare what is known with what an answer says it is about.
///
/// A **profile** (its slug) or a **personal address** on both sides is a key: with it, only a name
/// without anything in common is a mismatch, and another company is `changed_company`.
///
/// | with a key, and the name is … | |
/// |---|---|
/// | same, fits, or not told | `exact` |
/// | of another script, or with another family name | `likely` |
/// | without a word in common | `mismatch` |
///
/// A key that was found is only as good as who told it: an answer that without it is about somebody
/// else (`tara@` may be any Tara's) is a mismatch with it too.
///
/// Two *different* profiles are two people, except: with the same address they are at most
/// `likely` (people rename their profiles), and with the same name at the same company
/// `unverifiable` (a renamed profile, or a namesake).
///
/// | without a key | same company | company not told | other company |
/// |---|---|---|---|
/// | same name | `exact` | `likely` | `changed_company` |
/// | same single name, or initials | `exact` | `unverifiable` | `mismatch` |
/// | short form, initial, middle name more | `likely` | `unverifiable` | `mismatch` |
/// | one word of it, other script, not told | `unverifiable` | `unverifiable` | `mismatch` |
/// | other family name, nothing in common | `mismatch` | `mismatch` | `mismatch` |
///
/// Companies are one by their domain, then by their page, then by their name: where only names can
/// be compared, two countries are two companies. Nothing is `exact` whose names share no word.
///
/// ```
/// use morket_core::{accept::{Identity, Known, identify}, field::Kind, provider::Returned};
///
/// let text = |text: &str| Some(text.to_owned());
/// let known = Known {
///     full_name: text("Bob Example"),
///     company_domain: text("example.com"),
///     ..Known::default()
/// };
/// let returned = Returned {
///     full_name: text("Robert Example"),
///     company_domain: text("www.example.com"),
///     ..Returned::default()
/// };
/// assert_eq!(identify(Kind::Person, &known, &returned), Identity::Likely);
/// ```
pub fn identify(kind: Kind, known: &Known, returned: &Returned) -> Identity {
    let theirs = Side::of_returned(returned);
    let with = |known: &Known| {
        let ours = Side::of_known(known);
        match kind {
            Kind::Person => person(&ours, &theirs),
            Kind::Company => company(&ours, &theirs),
        }
    };
    let elsewhere = known.as_told().is_some_and(|it| with(&it) == Identity::Mismatch);
    if elsewhere { Identity::Mismatch } else { with(known) }
}

/// A person by name and company, in one text for each way in which the company can be recognised:
/// two that are the same by the same name at the same company, as [`identify`] compares them, have
/// a text in common, and namesakes elsewhere have none.
pub fn named_at(known: &Known) -> Vec<String> {
    let side = Side::of_known(known);
    let Some(name) = side.name.map(|it| it.text()) else { return Vec::new() };
    side.company.texts(side.country).into_iter().map(|at| format!("{name} / {at}")).collect()
}

/// One side of the comparison, read.
struct Side {
    name: Option<Name>,
    profile: Option<Profile>,
    email: Option<String>,
    company: Company,
    country: Option<&'static str>,
}

impl Side {
    fn of_known(known: &Known) -> Self {
        let parts: Vec<&str> = [&known.first_name, &known.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let name = known.full_name.as_deref().and_then(Name::parse);
        let email = known.email.as_deref();
        Self {
            name: name.or_else(|| Name::parse(&parts.join(" "))),
            profile: known.linkedin_url.as_deref().and_then(Profile::parse),
            email: email.and_then(email::canonical),
            company: Company::of(
                known.company_domain.as_deref(),
                email,
                known.company_name.as_deref(),
            ),
            country: known.company_country.as_deref().and_then(country::code),
        }
    }

    fn of_returned(returned: &Returned) -> Self {
        let email = returned.email.as_deref();
        Self {
            name: returned.full_name.as_deref().and_then(Name::parse),
            profile: returned.linkedin_url.as_deref().and_then(Profile::parse),
            email: email.and_then(email::canonical),
            company: Company::of(
                returned.company_domain.as_deref(),
                email,
                returned.company_name.as_deref(),
            ),
            country: returned.company_country.as_deref().and_then(country::code),
        }
    }

    /// Whether it is one person's address: `info@` is everybody's.
    fn same_address(&self, other: &Self) -> bool {
        let same = self.email.is_some() && self.email == other.email;
        same && !self.email.as_deref().is_some_and(|it| EmailFlags::of(it).role)
    }

    fn profiles(&self, other: &Self) -> Sameness {
        match (&self.profile, &other.profile) {
            (Some(a), Some(b)) if a == b => Sameness::Same,
            // An id and a slug may lead to one page, and so may two ids.
            (Some(a), Some(b)) if !a.opaque && !b.opaque => Sameness::Different,
            _ => Sameness::Unknown,
        }
    }
}

/// What the names tell; where one side has only an address, what stands before its `@`.
fn compare_names(a: &Side, b: &Side) -> (NameMatch, bool) {
    let spelled = |name: &Side, address: &Side| match (&name.name, &address.email) {
        (Some(name), Some(email)) if address.name.is_none() => name.is_spelled_by(email),
        _ => false,
    };
    if spelled(a, b) || spelled(b, a) {
        return (NameMatch::Compatible, true);
    }
    names::compare(a.name.as_ref(), b.name.as_ref())
}

fn person(a: &Side, b: &Side) -> Identity {
    let (name, shared) = compare_names(a, b);
    let company = a.company.same(&b.company);
    let keyed = |best| with_key(name, shared, company, best);
    match (a.profiles(b), a.same_address(b)) {
        (Sameness::Same, _) | (Sameness::Unknown, true) => keyed(Identity::Exact),
        (Sameness::Different, true) => keyed(Identity::Likely),
        (Sameness::Different, false) => match (name, company) {
            (NameMatch::Same, Sameness::Same) => Identity::Unverifiable,
            _ => Identity::Mismatch,
        },
        (Sameness::Unknown, false) => without_key(name, shared, company),
    }
}

fn with_key(name: NameMatch, shared: bool, company: Sameness, best: Identity) -> Identity {
    let identity = match name {
        NameMatch::Different => return Identity::Mismatch,
        NameMatch::Conflict | NameMatch::Incomparable => Identity::Likely,
        NameMatch::Missing => best,
        _ if shared => best,
        _ => Identity::Likely,
    };
    if company == Sameness::Different { Identity::ChangedCompany } else { identity }
}

fn without_key(name: NameMatch, shared: bool, company: Sameness) -> Identity {
    use Identity::{ChangedCompany, Exact, Likely, Mismatch, Unverifiable};
    let [same, unknown, different] = match name {
        NameMatch::Same => [Exact, Likely, ChangedCompany],
        NameMatch::SameButThin => [Exact, Unverifiable, Mismatch],
        NameMatch::Compatible => [Likely, Unverifiable, Mismatch],
        NameMatch::Partial | NameMatch::Incomparable | NameMatch::Missing => {
            [Unverifiable, Unverifiable, Mismatch]
        }
        NameMatch::Conflict | NameMatch::Different => [Mismatch; 3],
    };
    debug_assert!(shared || !matches!(name, NameMatch::Same | NameMatch::SameButThin));
    match company {
        Sameness::Same => same,
        Sameness::Unknown => unknown,
        Sameness::Different => different,
    }
}

fn company(a: &Side, b: &Side) -> Identity {
    use Sameness::{Different, Same, Unknown};
    let names = a.company.names(&b.company);
    let elsewhere = a.country.zip(b.country).is_some_and(|(a, b)| a != b);
    match (a.company.domains(&b.company), a.profiles(b), names) {
        // Renamed, or a brand of its owner.
        (Same, _, Different) | (Same, Different, _) => Identity::Likely,
        (Same, _, _) => Identity::Exact,
        (Different, Same, Same | Unknown) => Identity::Likely,
        (Different, Unknown, Same) => Identity::Unverifiable,
        (Different, _, _) => Identity::Mismatch,
        (Unknown, Same, Different) => Identity::Likely,
        (Unknown, Same, _) => Identity::Exact,
        (Unknown, Different, Same) => Identity::Unverifiable,
        (Unknown, Different, _) => Identity::Mismatch,
        // Namesakes: what they are called is all that they share.
        (Unknown, Unknown, _) if elsewhere => Identity::Mismatch,
        (Unknown, Unknown, Same) => Identity::Likely,
        (Unknown, Unknown, Different) => Identity::Mismatch,
        (Unknown, Unknown, Unknown) => Identity::Unverifiable,
    }
}

/// Whether an answer to a question with nothing but these inputs must at least be `likely` to
/// count: a company that was asked for by its name alone is any of its namesakes until something
/// fits.
pub fn needs_resemblance(kind: Kind, asked_with: &[FieldName]) -> bool {
    let names = ["company_name", "legal_name"];
    kind == Kind::Company && asked_with.iter().all(|it| names.contains(&it.as_str()))
}
