//! One case for each port whose steps meet on the same rows.

use super::{explained, ledger, members, requests, sessions};
use crate::{
    Subject,
    idempotency::{LEASE, Request},
    subject::at_once,
};
use morket_core::{ErrorKind, idempotency::Begun};

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

/// Another body is refused before the end and runs after it; it is never told to wait.
pub(super) async fn p276_a_request_that_is_abandoned_just_now_is_there_or_not(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        let told = at_once(2, |number| {
            let request = request.clone();
            async move {
                match number {
                    0 => request.abandon(ticket).await.map(|()| None),
                    _ => request.begin_with([9; 32], LEASE).await.map(Some),
                }
            }
        });
        match told.await.remove(1) {
            Ok(begun) => assert!(matches!(begun, Some(Begun::Run(_))), "round {round}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::IdempotencyMismatch, "round {round}");
            }
        }
    }
}
