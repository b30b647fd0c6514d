//! What an ask sees of a record, what it is kept under, and when what is kept is too old: one rule
//! for the batch that asks, and for whoever wants to know before.

use crate::{
    name::FieldName,
    plan::{FieldIx, Op, Program},
    provider::Inputs,
    workspace::Workspace,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Whose answers may be used: those of the same workspace and environment.
pub(super) fn realm(workspace: &Workspace) -> Vec<u8> {
    let mut realm = workspace.id.0.as_bytes().to_vec();
    realm.push(workspace.environment as u8);
    realm
}

/// What an operation may see of a record: the first alternative that is known, and what it takes
/// besides.
pub(super) fn inputs<'a>(
    op: &Op,
    known: &dyn Fn(&FieldName) -> Option<&'a Value>,
) -> Option<Inputs> {
    let needed = op.operation.alternative(|name| known(name).is_some())?;
    let names = needed.iter().chain(&op.operation.optional);
    Some(Inputs(names.filter_map(|name| Some((name.clone(), known(name)?.clone()))).collect()))
}

/// The hash of everything that shapes an answer.
pub(super) fn key(realm: &[u8], op: &Op, inputs: &Inputs) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(realm);
    part(op.provider.as_str().as_bytes());
    part(op.base_url.as_bytes());
    part(op.operation.name.as_bytes());
    part(&op.operation.version.to_be_bytes());
    for (name, value) in &inputs.0 {
        part(name.as_str().as_bytes());
        match value.as_str() {
            Some(text) => part(text.as_bytes()),
            None => part(value.to_string().as_bytes()),
        }
    }
    hash.finalize().into()
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
