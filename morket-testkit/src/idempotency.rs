//! The promises of [`IdempotencyStore`](morket_core::idempotency::IdempotencyStore).

mod any;
mod walk;

use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind, Result,
    idempotency::{Begun, Scope, Ticket},
};
use std::time::Duration;
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the idempotency port, as tests over what `$make` gives.
    idempotency_suite;
    request {
        p036_a_finished_request_is_replayed_byte_for_byte,
        p037_another_body_under_the_same_key_is_refused,
        p038_of_many_at_once_one_runs,
        p038_of_many_that_take_over_one_runs,
        p039_a_key_belongs_to_its_scope,
        p040_an_abandoned_request_runs_again,
        p041_a_key_is_honoured_for_a_day,
        p041_a_running_request_outlasts_its_day,
        p041_pruning_leaves_what_is_running,
        after_the_lease_has_ended_the_next_one_runs,
        a_renewed_request_goes_on_running,
        a_ticket_that_was_taken_over_is_worth_nothing,
        the_first_answer_stays,
        a_finished_request_is_not_forgotten,
    }
    any {
        p037_whatever_another_body_is_it_is_refused,
        p039_however_scopes_are_written_they_are_told_apart,
        p040_however_often_a_request_was_refused_it_runs_later,
        p041_for_any_while_a_key_is_honoured_for_a_day,
    }
    walk {
        p036_p037_p039_p040_p041_requests_are_as_their_model,
        p042_a_handler_that_dies_anywhere_leaves_one_effect,
    }
}

pub(crate) const LEASE: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3_600);
const BODY: [u8; 32] = [7; 32];

/// One key of one scope.
#[derive(Clone)]
pub(crate) struct Request {
    subject: Subject,
    scope: Scope,
}

impl Request {
    pub(crate) fn new(subject: &Subject) -> Self {
        let scope = Scope::new([Uuid::simple(fresh()).to_string().as_str(), "POST /v1"]);
        Self { subject: subject.clone(), scope }
    }

    pub(crate) async fn begin_with(&self, body: [u8; 32], lease: Duration) -> Result<Begun> {
        self.subject.store.begin(&self.scope, "key", body, lease).await
    }

    async fn begin(&self) -> Result<Begun> {
        self.begin_with(BODY, LEASE).await
    }

    /// Begin what must run.
    pub(crate) async fn run(&self) -> Ticket {
        match self.begin().await.unwrap() {
            Begun::Run(ticket) => ticket,
            Begun::Replay(answer) => panic!("it should run, not replay {answer:?}"),
        }
    }

    pub(crate) async fn finish(&self, ticket: Ticket, answer: &[u8]) -> Result<()> {
        self.subject.store.finish(&self.scope, "key", ticket, answer.to_vec()).await
    }

    pub(crate) async fn renew(&self, ticket: Ticket) -> Result<()> {
        self.subject.store.renew(&self.scope, "key", ticket, LEASE).await
    }

    pub(crate) async fn abandon(&self, ticket: Ticket) -> Result<()> {
        self.subject.store.abandon(&self.scope, "key", ticket).await
    }

    async fn after(&self, span: Duration) -> &Self {
        self.subject.clock.advance(span).await;
        self
    }
}

fn replay(answer: &[u8]) -> Begun {
    Begun::Replay(answer.to_vec())
}

mod request {
    use super::*;

    /// Any bytes, none at all included.
    pub(super) async fn p036_a_finished_request_is_replayed_byte_for_byte(subject: Subject) {
        let every_byte: Vec<u8> = (0..=255).collect();
        for answer in [&every_byte[..], b"", b"{\"status\":201}"] {
            let request = Request::new(&subject);
            let ticket = request.run().await;
            request.finish(ticket, answer).await.unwrap();
            for _ in 0..2 {
                assert_eq!(request.begin().await.unwrap(), replay(answer));
            }
        }
    }

    /// While it runs and after it has run.
    pub(super) async fn p037_another_body_under_the_same_key_is_refused(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        let mut other = BODY;
        other[31] ^= 1;
        let mismatch = ErrorKind::IdempotencyMismatch;
        refused(request.begin_with(other, LEASE).await, mismatch);
        request.finish(ticket, b"done").await.unwrap();
        refused(request.begin_with(other, LEASE).await, mismatch);
        assert_eq!(request.begin().await.unwrap(), replay(b"done"));
    }

    /// The others are told to come again.
    pub(super) async fn p038_of_many_at_once_one_runs(subject: Subject) {
        // method: race
        for round in 0..subject.rounds() {
            let request = Request::new(&subject);
            assert_eq!(runs(&request).await, 1, "round {round}");
        }
    }

    /// A lease that has ended is taken over by one of those who wait for it.
    pub(super) async fn p038_of_many_that_take_over_one_runs(subject: Subject) {
        // method: race
        for round in 0..subject.rounds() {
            let request = Request::new(&subject);
            request.run().await;
            request.after(LEASE * 2).await;
            assert_eq!(runs(&request).await, 1, "round {round}");
        }
    }

    async fn runs(request: &Request) -> usize {
        let begun = at_once(16, |_| {
            let request = request.clone();
            async move { request.begin().await }
        });
        let (run, others): (Vec<_>, Vec<_>) = begun.await.into_iter().partition(Result::is_ok);
        assert!(
            others
                .iter()
                .flat_map(|it| it.as_ref().err())
                .all(|it| { it.kind() == ErrorKind::InProgress })
        );
        run.len()
    }

    /// Parts that run together when they are joined are still told apart.
    pub(super) async fn p039_a_key_belongs_to_its_scope(subject: Subject) {
        let name = Uuid::simple(fresh()).to_string();
        let scopes = [["a", "bc"], ["ab", "c"], ["abc", ""], ["", "abc"]];
        for parts in scopes {
            let scope = Scope::new([name.as_str(), parts[0], parts[1]]);
            let request = Request { subject: subject.clone(), scope };
            let ticket = request.run().await;
            request.finish(ticket, parts[0].as_bytes()).await.unwrap();
        }
        for parts in scopes {
            let scope = Scope::new([name.as_str(), parts[0], parts[1]]);
            let begun = subject.store.begin(&scope, "key", BODY, LEASE).await.unwrap();
            assert_eq!(begun, replay(parts[0].as_bytes()));
            let other = subject.store.begin(&scope, "KEY", BODY, LEASE).await.unwrap();
            assert!(matches!(other, Begun::Run(_)), "another key is another request");
        }
    }

    /// What was refused before it did anything may come again, with another body even.
    pub(super) async fn p040_an_abandoned_request_runs_again(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        request.abandon(ticket).await.unwrap();
        let other = request.begin_with([9; 32], LEASE).await.unwrap();
        assert!(matches!(other, Begun::Run(_)));
    }

    /// Just under a day it is a repeat, just over it is new.
    pub(super) async fn p041_a_key_is_honoured_for_a_day(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        request.finish(ticket, b"first").await.unwrap();
        let begun = request.after(23 * HOUR).await.begin().await.unwrap();
        assert_eq!(begun, replay(b"first"));
        let ticket = request.after(2 * HOUR).await.run().await;
        request.finish(ticket, b"second").await.unwrap();
        assert_eq!(request.begin().await.unwrap(), replay(b"second"));
    }

    /// A request that runs longer than a day is still that request.
    pub(super) async fn p041_a_running_request_outlasts_its_day(subject: Subject) {
        let request = Request::new(&subject);
        let Begun::Run(ticket) = request.begin_with(BODY, 30 * HOUR).await.unwrap() else {
            panic!("the first one runs");
        };
        let begun = request.after(26 * HOUR).await.begin().await;
        refused(begun, ErrorKind::InProgress);
        request.finish(ticket, b"done").await.unwrap();
    }

    /// Old answers go, a request that runs stays.
    pub(super) async fn p041_pruning_leaves_what_is_running(subject: Subject) {
        let [old, running, new] = [(); 3].map(|()| Request::new(&subject));
        let ticket = old.run().await;
        old.finish(ticket, b"old").await.unwrap();
        let ticket = running.run().await;
        let before = running.after(LEASE / 2).await.subject.clock.now().await;
        new.after(Duration::from_secs(1)).await;
        let later = new.run().await;
        new.finish(later, b"new").await.unwrap();
        assert_eq!(subject.store.prune_idempotency(before).await.unwrap(), 1);
        assert_eq!(subject.store.prune_idempotency(before).await.unwrap(), 0);
        refused(running.begin().await, ErrorKind::InProgress);
        running.finish(ticket, b"done").await.unwrap();
        assert_eq!(new.begin().await.unwrap(), replay(b"new"));
        old.run().await;
    }

    /// A process that died must not block its client for a day.
    pub(super) async fn after_the_lease_has_ended_the_next_one_runs(subject: Subject) {
        let request = Request::new(&subject);
        let first = request.run().await;
        refused(request.after(LEASE / 2).await.begin().await, ErrorKind::InProgress);
        let second = request.after(LEASE).await.run().await;
        assert_ne!(first, second);
    }

    /// A handler that takes its time says so.
    pub(super) async fn a_renewed_request_goes_on_running(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        for _ in 0..3 {
            request.after(LEASE / 2).await.renew(ticket).await.unwrap();
        }
        refused(request.begin().await, ErrorKind::InProgress);
        request.finish(ticket, b"done").await.unwrap();
        assert_eq!(request.begin().await.unwrap(), replay(b"done"));
    }

    /// Whoever comes back late may not overwrite the answer that was given.
    pub(super) async fn a_ticket_that_was_taken_over_is_worth_nothing(subject: Subject) {
        let request = Request::new(&subject);
        let old = request.run().await;
        let new = request.after(LEASE * 2).await.run().await;
        refused(request.renew(old).await, ErrorKind::StaleLease);
        refused(request.finish(old, b"late").await, ErrorKind::StaleLease);
        drop(request.abandon(old).await);
        refused(request.begin().await, ErrorKind::InProgress);
        request.finish(new, b"right").await.unwrap();
        refused(request.finish(old, b"late").await, ErrorKind::StaleLease);
        assert_eq!(request.begin().await.unwrap(), replay(b"right"));
    }

    /// The client may have read it already.
    pub(super) async fn the_first_answer_stays(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        request.finish(ticket, b"first").await.unwrap();
        request.finish(ticket, b"second").await.unwrap();
        assert_eq!(request.begin().await.unwrap(), replay(b"first"));
    }

    /// It had its effect; forgetting it would repeat that.
    pub(super) async fn a_finished_request_is_not_forgotten(subject: Subject) {
        let request = Request::new(&subject);
        let ticket = request.run().await;
        request.finish(ticket, b"done").await.unwrap();
        drop(request.abandon(ticket).await);
        assert_eq!(request.begin().await.unwrap(), replay(b"done"));
    }
}
