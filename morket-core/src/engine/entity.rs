//! Whom a question is about, as a hash: a new column must not buy an answer again that is there
//! under other inputs. One rule for the batch that asks, and for whoever wants to know before.

use super::lookup::Parts;
use crate::{
    accept::{self, Identity, Known, one_name},
    field::{EmailFlags, Kind, domain, email, linkedin::Profile, normalise},
    job::{Entity, EntityKind},
    plan::{FieldIx, Op, Program},
    privacy::PrivacyKey,
    provider::{Inputs, Outcome},
};
use serde_json::Value;

/// What says of whom somebody speaks. Whatever else an operation needs is part of its question.
const TELLS_WHOM: &[&str] = &[
    "email",
    "linkedin_url",
    "full_name",
    "first_name",
    "last_name",
    "company_name",
    "company_domain",
    "company_linkedin_url",
    "company_country",
];

/// Whom a question with these inputs is about, by everything that is known of them. Nobody, where
/// one person can be asked about in one way only: the question says it all. Without the workspace's
/// secret nobody can try names.
pub(super) fn entities<'a>(
    realm: &[u8],
    secret: &PrivacyKey,
    op: &Op,
    inputs: &Inputs,
    known: &dyn Fn(&str) -> Option<&'a Value>,
) -> Vec<Entity> {
    let operation = &op.operation;
    let ways = operation.inputs.len() + operation.optional.len();
    let Some(needed) = operation.alternative(|it| inputs.0.contains_key(it)) else {
        return Vec::new();
    };
    if ways < 2 {
        return Vec::new();
    }
    let besides = needed.iter().filter(|it| !TELLS_WHOM.contains(&it.as_str()));
    let besides: Vec<_> = besides.filter_map(|it| inputs.0.get_key_value(it)).collect();
    let hashed = |(kind, name): (EntityKind, String)| {
        let mut digest = Parts::of(realm, op);
        digest.part(secret.expose());
        digest.part(&[kind as u8]);
        digest.part(name.as_bytes());
        besides.iter().for_each(|(name, value)| digest.input(name, value));
        Entity { kind, hash: digest.finish() }
    };
    named(operation.kind, known).into_iter().map(hashed).collect()
}

/// By what they can be told from others, each in one spelling.
fn named<'a>(kind: Kind, known: &dyn Fn(&str) -> Option<&'a Value>) -> Vec<(EntityKind, String)> {
    let text = |name: &str| known(name)?.as_str();
    let at = text("company_domain").and_then(domain::canonical);
    // An id and a slug may lead to one page.
    let page = |name| text(name).and_then(Profile::parse).filter(|it| !it.opaque);
    let profile = |name| page(name).map(|it| (EntityKind::Profile, it.url()));
    let found = match kind {
        Kind::Company => {
            [at.map(|it| (EntityKind::Domain, it)), profile("company_linkedin_url"), None]
        }
        Kind::Person => {
            // `info@` is everybody's.
            let address = text("email").and_then(email::canonical);
            let own = address.filter(|it| !EmailFlags::of(it).role);
            let parts = || Some([text("first_name")?, text("last_name")?].join(" "));
            let name = text("full_name").map(str::to_owned).or_else(parts);
            let name = name.and_then(|it| one_name(&it));
            [
                own.map(|it| (EntityKind::Email, it)),
                profile("linkedin_url"),
                name.zip(at).map(|(name, at)| (EntityKind::NameAtDomain, format!("{name}@{at}"))),
            ]
        }
    };
    found.into_iter().flatten().collect()
}

/// Whether an answer to another question about them will do here: it is not about somebody else,
/// and it holds something of what is wanted. If not, asking may tell more.
pub(super) fn serves(
    program: &Program,
    op: &Op,
    fields: impl IntoIterator<Item = FieldIx>,
    outcome: &Outcome,
    whom: &Known,
) -> bool {
    let Outcome::Answer(answer) = outcome else { return false };
    let identity = accept::identify(op.operation.kind, whom, &answer.identity);
    if matches!(identity, Identity::Mismatch | Identity::ChangedCompany) {
        return false;
    }
    fields.into_iter().map(|it| program.field(it)).any(|field| {
        answer.get(&field.name).is_some_and(|value| normalise(field.ty, value).is_some())
    })
}
