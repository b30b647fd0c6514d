//! Whom a question was about, so that an answer serves other questions about the same one.

use super::{
    cell::{LookupRow, LookupWrite},
    state::numbered,
};

numbered! {
    /// By what somebody is told from others. The number is what stores keep.
    EntityKind {
        /// A person's e-mail address.
        Email = 1,
        /// A profile: a person's, or a company's page.
        Profile = 2,
        /// A person's name at a company's domain.
        NameAtDomain = 3,
        /// A company's domain.
        Domain = 4,
    }
}

/// Somebody, as one question to one operation names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    /// By what.
    pub kind: EntityKind,
    /// The hash of workspace, environment, provider, origin, operation, and the clean name: it
    /// tells nobody the name.
    pub hash: [u8; 32],
}

impl Entity {
    /// Whether two questions are about the same one: something names both, and nothing that names
    /// both names them differently.
    ///
    /// ```
    /// use morket_core::job::{Entity, EntityKind};
    ///
    /// let of = |kind, byte| Entity { kind, hash: [byte; 32] };
    /// let ada = [of(EntityKind::Email, 1), of(EntityKind::NameAtDomain, 2)];
    /// assert!(Entity::same(&ada, &[of(EntityKind::NameAtDomain, 2)]));
    /// let namesake = [of(EntityKind::Email, 3), of(EntityKind::NameAtDomain, 2)];
    /// assert!(!Entity::same(&ada, &namesake));
    /// ```
    pub fn same(one: &[Self], other: &[Self]) -> bool {
        let shared = one.iter().any(|it| other.contains(it));
        let differs = |it: &Self| other.iter().any(|b| b.kind == it.kind && b.hash != it.hash);
        shared && !one.iter().any(differs)
    }

    /// Of everything that is kept about somebody who is sought, what serves: the newest answer
    /// about the same one. Of two that came at once it is the one with the smaller key.
    pub fn newest<'a>(
        sought: &[Self],
        kept: impl Iterator<Item = (&'a LookupRow, &'a [Self])>,
    ) -> Option<&'a LookupRow> {
        let serves =
            kept.filter(|(row, about)| row.lookup.answer.is_some() && Self::same(sought, about));
        let newest = serves.map(|(row, _)| row);
        newest.max_by(|a, b| {
            a.fetched_at.cmp(&b.fetched_at).then_with(|| b.lookup.key.cmp(&a.lookup.key))
        })
    }
}

/// Whom a kept answer was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityWrite {
    /// What the answer is kept under: [`LookupWrite::key`].
    pub lookup: [u8; 32],
    /// Whom.
    pub entity: Entity,
}

impl EntityWrite {
    /// All of these, of one answer.
    pub fn all(lookup: &LookupWrite, entities: Vec<Entity>) -> impl Iterator<Item = Self> + use<> {
        let lookup = lookup.key;
        entities.into_iter().map(move |entity| Self { lookup, entity })
    }
}

/// What somebody would rather not buy: a question, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// What its answer would be kept under.
    pub key: [u8; 32],
    /// Whom it is about; nobody, if only this very question's answer would do.
    pub about: Vec<Entity>,
}
