//! Small concurrent histories, each explained by a serial order.
//!
//! Two to four tasks make two to four random calls each, all beginning at once, over few names.
//! When each call began and ended is noted, and an order is searched for in which a plain model of
//! the port, asked one call at a time, tells the same. What stands at the end is asked too, so that
//! an answer that was right and came to nothing is seen.

mod history;
mod ledger;
mod members;
mod order;
mod requests;
mod sessions;

use crate::{Subject, random::check_all};
use order::{Call, Desk, is_explained, record};
use proptest::{collection::vec, strategy::Strategy};
use std::future::Future;

cases! {
    ($)
    /// That tasks at once are told what one task would be told, as tests over what `$make` gives.
    serial_suite;
    history {
        p276_a_serial_order_explains_the_ledger,
        p276_a_serial_order_explains_members,
        p276_a_serial_order_explains_requests,
        p276_a_request_that_is_abandoned_just_now_is_there_or_not,
        p276_a_serial_order_explains_sessions,
    }
}

/// Panics unless every history of such calls is explained; each at a desk of its own, with what
/// stands there at first.
async fn explained<D, S, F>(subject: &Subject, call: S, open: impl Fn(Subject) -> F)
where
    D: Desk,
    S: Strategy<Value = Call<D>>,
    F: Future<Output = (D, D::Model)>,
{
    check_all(subject, vec(vec(call, 2..=4), 2..=4), |plan| async {
        let (desk, start) = open(subject.clone()).await;
        let history = record(&desk, plan).await;
        assert!(is_explained(start, &history), "no serial order explains {history:#?}");
    })
    .await;
}
