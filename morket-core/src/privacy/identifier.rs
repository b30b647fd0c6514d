//! What names a person or a company, in the one form in which it is compared.

use crate::{
    Error, Result,
    accept::{Known, named_at},
    field::{Catalogue, FieldType, domain, email, linkedin::Profile, normalise},
    job::numbered,
    provider::{Answer, Returned},
    secret::REDACTED,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::{collections::BTreeSet, fmt};

numbered! {
    /// What kind of name it is. The number is what stores keep.
    IdentifierKind {
        /// An e-mail address.
        Email = 1,
        /// A company's domain: it stands for the company, its people and their addresses.
        Domain = 2,
        /// A person's LinkedIn profile.
        Profile = 3,
        /// A person's name at a company.
        NameAtCompany = 4,
    }
}

impl IdentifierKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Domain => "domain",
            Self::Profile => "profile",
            Self::NameAtCompany => "name_at_company",
        }
    }
}

/// A name of somebody, clean. It is personal data: it does not show itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    kind: IdentifierKind,
    value: String,
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({REDACTED})", self.kind.as_str())
    }
}

impl Identifier {
    /// Read one of a known kind. A name at a company is more than one text:
    /// [`named_at`](Self::named_at).
    ///
    /// ```
    /// use morket_core::privacy::{Identifier, IdentifierKind};
    ///
    /// let ada = Identifier::read(IdentifierKind::Email, " Ada@Example.com").unwrap();
    /// assert_eq!(ada.expose(), "ada@example.com");
    /// assert!(Identifier::read(IdentifierKind::Profile, "Ada").is_none());
    /// ```
    pub fn read(kind: IdentifierKind, text: &str) -> Option<Self> {
        let value = match kind {
            IdentifierKind::Email => email::canonical(text)?,
            IdentifierKind::Domain => domain::canonical(text)?,
            IdentifierKind::Profile => Profile::parse(text).filter(|it| it.page.is_person())?.url(),
            IdentifierKind::NameAtCompany => return None,
        };
        Some(Self { kind, value })
    }

    /// Read one whose kind shows: an address, a profile, or else a domain.
    pub fn guess(text: &str) -> Result<Self> {
        use IdentifierKind::{Domain, Email, Profile};
        let found = [Email, Profile, Domain].into_iter().find_map(|kind| Self::read(kind, text));
        // A page of the network is no company's domain, and neither is half an address.
        let host = |it: &Self| it.kind == Domain && domain::owner(&it.value) == "linkedin.com";
        found.filter(|it| !host(it) && (it.kind != Domain || !text.contains('@'))).ok_or_else(
            || {
                let problem = "it is no e-mail address, domain or personal LinkedIn profile";
                Error::invalid("privacy.identifier", "value", problem)
            },
        )
    }

    /// A person by name and company, in the form in which answers are compared with questions: one
    /// by the company's domain, one by its name.
    ///
    /// ```
    /// use morket_core::{accept::Known, privacy::Identifier};
    ///
    /// let text = |text: &str| Some(text.to_owned());
    /// let of = |full_name, company_domain| {
    ///     Identifier::named_at(&Known { full_name, company_domain, ..Known::default() })
    /// };
    /// let ada = of(text("Ada Example"), text("acme.example"));
    /// assert_eq!(ada, of(text("Dr. EXAMPLE, Ada"), text("https://www.acme.example/team")));
    /// assert_ne!(ada, of(text("Ada Example"), text("other.example")));
    /// assert!(of(text("Ada Example"), None).is_empty());
    /// ```
    pub fn named_at(known: &Known) -> BTreeSet<Self> {
        let kind = IdentifierKind::NameAtCompany;
        named_at(known).into_iter().map(|value| Self { kind, value }).collect()
    }

    /// What kind of name it is.
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// Look at it. The one word to search for when auditing where names go.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// Everything that, on a list, covers this: itself, the domain of an address, and the domains
    /// above a domain as far as they have one owner.
    pub fn covers(&self) -> Vec<Self> {
        let host = match self.kind {
            IdentifierKind::Profile | IdentifierKind::NameAtCompany => return vec![self.clone()],
            IdentifierKind::Email => self.value.rsplit_once('@').map_or("", |(_, host)| host),
            IdentifierKind::Domain => &self.value,
        };
        let mut all = match self.kind {
            IdentifierKind::Email => vec![self.clone()],
            _ => Vec::new(),
        };
        let (owner, mut rest) = (domain::owner(host), host);
        loop {
            all.push(Self { kind: IdentifierKind::Domain, value: rest.to_owned() });
            match rest.split_once('.') {
                Some((_, parent)) if rest != owner => rest = parent,
                _ => return all,
            }
        }
    }

    /// The names that a record holds, by the fields of this catalogue.
    pub fn of_record(catalogue: &Catalogue, input: &Value) -> BTreeSet<Self> {
        let fields = input.as_object().into_iter().flatten();
        let known = fields.filter_map(|(name, value)| Some((catalogue.find(name)?, value)));
        let (mut names, mut whom) = (BTreeSet::new(), Known::default());
        for (field, value) in known {
            names.extend(Self::of_value(field.ty, value));
            if let Some(part) = part_of(&mut whom, field.name.as_str()) {
                *part = normalise(field.ty, value).and_then(|it| it.as_str().map(str::to_owned));
            }
        }
        names.extend(Self::named_at(&whom));
        names
    }

    /// The names that an answer holds, and those it says it is about.
    pub fn of_answer(catalogue: &Catalogue, answer: &Answer) -> BTreeSet<Self> {
        let Returned { company_domain, linkedin_url, email, .. } = &answer.identity;
        let told = [
            (IdentifierKind::Email, email),
            (IdentifierKind::Domain, company_domain),
            (IdentifierKind::Profile, linkedin_url),
        ];
        let told = told.into_iter().filter_map(|(kind, it)| Self::read(kind, it.as_deref()?));
        let values = answer
            .values
            .iter()
            .filter_map(|(name, value)| Self::of_value(catalogue.get(name)?.ty, value));
        let mut whom = Known {
            full_name: answer.identity.full_name.clone(),
            company_domain: company_domain.clone(),
            company_name: answer.identity.company_name.clone(),
            company_country: answer.identity.company_country.clone(),
            ..Known::default()
        };
        for (name, value) in &answer.values {
            if let Some(part) = part_of(&mut whom, name.as_str()).filter(|it| it.is_none()) {
                *part = value.as_str().map(str::to_owned);
            }
        }
        values.chain(told).chain(Self::named_at(&whom)).collect()
    }

    /// The name that a value of this type is.
    pub fn of_value(ty: FieldType, value: &Value) -> Option<Self> {
        let kind = match ty {
            FieldType::Email => IdentifierKind::Email,
            FieldType::Domain | FieldType::CompanyDomain => IdentifierKind::Domain,
            FieldType::LinkedinPerson => IdentifierKind::Profile,
            _ => return None,
        };
        let value = normalise(ty, value)?.as_str()?.to_owned();
        Some(Self { kind, value })
    }
}

/// Where a field stands that tells who somebody is at which company.
fn part_of<'a>(known: &'a mut Known, field: &str) -> Option<&'a mut Option<String>> {
    Some(match field {
        "full_name" => &mut known.full_name,
        "first_name" => &mut known.first_name,
        "last_name" => &mut known.last_name,
        "company_domain" => &mut known.company_domain,
        "company_name" => &mut known.company_name,
        "company_country" => &mut known.company_country,
        "email" => &mut known.email,
        _ => return None,
    })
}

/// What a workspace's fingerprints are made with.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivacyKey([u8; 32]);

impl PrivacyKey {
    /// A key of these bytes, which nobody can foretell.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store that keeps them.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What stands for a name in this workspace, and tells nobody the name.
    pub fn fingerprint(&self, name: &Identifier) -> Fingerprint {
        self.digest(&[&[name.kind as u8], name.value.as_bytes()])
    }

    /// What stands for several names together, in whatever order they came.
    pub fn fingerprint_of_all(&self, names: &BTreeSet<Identifier>) -> Fingerprint {
        let each: Vec<Fingerprint> = names.iter().map(|it| self.fingerprint(it)).collect();
        let parts: Vec<&[u8]> = each.iter().map(|it| &it.0[..]).collect();
        self.digest(&parts)
    }

    /// What must not stand on a list if nothing is to keep these names back.
    pub fn covers<'a>(
        &self,
        names: impl IntoIterator<Item = &'a Identifier>,
    ) -> BTreeSet<Fingerprint> {
        names.into_iter().flat_map(Identifier::covers).map(|it| self.fingerprint(&it)).collect()
    }

    fn digest(&self, parts: &[&[u8]]) -> Fingerprint {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Fingerprint(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for PrivacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// What stands for a name on a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
