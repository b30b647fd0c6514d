//! One case for each port whose steps meet on the same rows.

use super::{explained, ledger, members, requests, sessions};
use crate::Subject;

/// Grants, holds, captures, voids, refunds and expiries over shared names.
pub(super) async fn p276_a_serial_order_explains_the_ledger(subject: Subject) {
    // method: model
    explained(&subject, ledger::calls(), ledger::open).await;
}

/// Roles that are given, changed and taken among two owners and two others.
pub(super) async fn p276_a_serial_order_explains_members(subject: Subject) {
    // method: model
    explained(&subject, members::calls(), members::open).await;
}

/// One idempotency key that is begun, finished, renewed and abandoned.
pub(super) async fn p276_a_serial_order_explains_requests(subject: Subject) {
    // method: model
    explained(&subject, requests::calls(), requests::open).await;
}

/// Tokens that are exchanged, sessions that begin and end, attempts that are counted.
pub(super) async fn p276_a_serial_order_explains_sessions(subject: Subject) {
    // method: model
    explained(&subject, sessions::calls(), sessions::open).await;
}
