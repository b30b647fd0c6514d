//! What an ask sees of a record, what it is kept under, and when what is kept is too old: one rule
//! for the batch that asks, and for whoever wants to know before.

use crate::{
    accept::Known,
    job::LookupRow,
    name::FieldName,
    plan::{FieldIx, Op, Program},
    provider::{Inputs, Outcome},
    workspace::Workspace,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// Whose answers may be used: those of the same workspace and environment.
pub(super) fn realm(workspace: &Workspace) -> Vec<u8> {
    let mut realm = workspace.id.0.as_bytes().to_vec();
    realm.push(workspace.environment as u8);
    realm
}

/// What an operation may see of a record: the first alternative that is known, and what it takes
/// besides.
pub(super) fn inputs<'a>(op: &Op, known: &dyn Fn(&str) -> Option<&'a Value>) -> Option<Inputs> {
    let needed = op.operation.alternative(|name| known(name.as_str()).is_some())?;
    let names = needed.iter().chain(&op.operation.optional);
    Some(Inputs(
        names.filter_map(|name| Some((name.clone(), known(name.as_str())?.clone()))).collect(),
    ))
}

/// A hash of parts, none of which runs into the next.
pub(super) struct Parts(Sha256);

impl Parts {
    /// Of whatever an operation is asked: workspace, environment, provider, origin, operation.
    pub(super) fn of(realm: &[u8], op: &Op) -> Self {
        let mut digest = Self(Sha256::new());
        digest.part(realm);
        digest.part(op.provider.as_str().as_bytes());
        digest.part(op.base_url.as_bytes());
        digest.part(op.operation.name.as_bytes());
        digest.part(&op.operation.version.to_be_bytes());
        digest
    }

    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn input(&mut self, name: &FieldName, value: &Value) {
        self.part(name.as_str().as_bytes());
        match value.as_str() {
            Some(text) => self.part(text.as_bytes()),
            None => self.part(value.to_string().as_bytes()),
        }
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The hash of everything that shapes an answer.
pub(super) fn key(realm: &[u8], op: &Op, inputs: &Inputs) -> [u8; 32] {
    let mut digest = Parts::of(realm, op);
    inputs.0.iter().for_each(|(name, value)| digest.input(name, value));
    digest.finish()
}

/// Whom somebody who knows this may ask about.
pub(super) fn whom<'a>(known: &dyn Fn(&str) -> Option<&'a Value>) -> Known {
    let text = |name: &str| known(name)?.as_str().map(str::to_owned);
    Known {
        full_name: text("full_name"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        company_domain: text("company_domain"),
        company_name: text("company_name"),
        linkedin_url: text("linkedin_url"),
        email: text("email"),
        company_country: text("company_country"),
        ..Known::default()
    }
}

/// What was kept, as an operation's outcome; nothing if nobody can read it any more.
pub(super) fn outcome(kept: &LookupRow) -> Option<Outcome> {
    match &kept.lookup.answer {
        Some(answer) => serde_json::from_value(answer.clone()).ok().map(Outcome::Answer),
        None => Some(Outcome::Miss),
    }
}

/// Whether answers of an operation may be kept at all.
pub(super) fn is_kept(op: &Op) -> bool {
    op.operation.retention != Some(Duration::ZERO)
}

/// Whether what is kept is young enough: an answer for every field that is asked for, a miss for
/// the operation.
pub(super) fn is_young(
    program: &Program,
    op: &Op,
    fields: impl IntoIterator<Item = FieldIx>,
    answered: bool,
    age: Duration,
) -> bool {
    match answered {
        true => fields.into_iter().all(|field| age <= program.field(field).ttl),
        false => age <= op.miss_ttl,
    }
}
