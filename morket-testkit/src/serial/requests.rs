//! One idempotency key: who runs, and whose answer it is that all are given.

use super::order::{Desk, Sequential};
use crate::{Subject, idempotency::Request};
use morket_core::{
    ErrorKind, Result,
    idempotency::{Begun, Ticket},
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) enum Asks {
    Begin(u8),
    Renew,
    Finish(u8),
    Abandon,
}

/// What came of it, and the ticket that was shown.
#[derive(Debug)]
pub(super) enum Tells {
    Begun(Result<Begun, ErrorKind>),
    Shown(Ticket, Result<(), ErrorKind>),
    /// The task never ran.
    Nothing,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Running {
    body: u8,
    ticket: i64,
    answer: Option<Vec<u8>>,
}

/// The request under the key.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Model(Option<Running>);

impl Model {
    /// The ticket that a run is given is the store's to choose.
    fn begin(&self, body: u8, begun: &Result<Begun, ErrorKind>) -> Option<Self> {
        let right = match (&self.0, begun) {
            (None, Ok(Begun::Run(ticket))) => {
                return Some(Self(Some(Running { body, ticket: ticket.0, answer: None })));
            }
            (None, _) => false,
            (Some(it), told) if it.body != body => *told == Err(ErrorKind::IdempotencyMismatch),
            (Some(Running { answer: Some(answer), .. }), told) => {
                *told == Ok(Begun::Replay(answer.clone()))
            }
            (Some(_), told) => *told == Err(ErrorKind::InProgress),
        };
        right.then(|| self.clone())
    }

    /// What becomes of the request when this ticket is shown.
    fn show(&self, call: &Asks, ticket: Ticket) -> (Self, Result<(), ErrorKind>) {
        let mut next = self.clone();
        let Some(it) = next.0.as_mut().filter(|it| it.ticket == ticket.0) else {
            let abandons = matches!(call, Asks::Abandon);
            return (next, if abandons { Ok(()) } else { Err(ErrorKind::StaleLease) });
        };
        match call {
            Asks::Finish(answer) => _ = it.answer.get_or_insert(vec![*answer]),
            Asks::Abandon if it.answer.is_none() => next.0 = None,
            _ => {}
        }
        (next, Ok(()))
    }
}

impl Sequential for Model {
    type Call = Asks;
    type Answer = Tells;

    fn after(&self, call: &Asks, answer: &Tells) -> Option<Self> {
        match (call, answer) {
            (Asks::Begin(body), Tells::Begun(begun)) => self.begin(*body, begun),
            (_, Tells::Shown(ticket, told)) => {
                let (next, due) = self.show(call, *ticket);
                (due == *told).then_some(next)
            }
            _ => Some(self.clone()),
        }
    }
}

/// A task that keeps the ticket of its last run.
#[derive(Clone)]
pub(super) struct Runner {
    request: Request,
    ticket: Option<Ticket>,
}

impl Desk for Runner {
    type Model = Model;

    async fn make(&mut self, call: Asks) -> Tells {
        if let Asks::Begin(body) = call {
            let begun = self.request.begin_with([body; 32], crate::idempotency::LEASE).await;
            if let Ok(Begun::Run(ticket)) = begun {
                self.ticket = Some(ticket);
            }
            return Tells::Begun(begun.map_err(|error| error.kind()));
        }
        let Some(ticket) = self.ticket else { return Tells::Nothing };
        let told = match call {
            Asks::Finish(answer) => self.request.finish(ticket, &[answer]).await,
            Asks::Abandon => self.request.abandon(ticket).await,
            _ => self.request.renew(ticket).await,
        };
        Tells::Shown(ticket, told.map_err(|error| error.kind()))
    }

    fn look() -> Vec<Asks> {
        vec![Asks::Begin(0)]
    }
}

pub(super) fn calls() -> impl Strategy<Value = Asks> {
    prop_oneof![
        6 => prop_oneof![4 => Just(0_u8), 1 => Just(1)].prop_map(Asks::Begin),
        1 => Just(Asks::Renew),
        2 => any::<u8>().prop_map(Asks::Finish),
        2 => Just(Asks::Abandon),
    ]
}

/// A key that nobody has begun.
pub(super) async fn open(subject: Subject) -> (Runner, Model) {
    (Runner { request: Request::new(&subject), ticket: None }, Model::default())
}
