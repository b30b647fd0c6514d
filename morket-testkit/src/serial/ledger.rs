//! The ledger: the plain model of its suite says what each call comes to.

use super::order::{Desk, Sequential};
use crate::{
    Subject,
    ledger::{
        Purse, capture, expire, grant, hold,
        model::{Model, Told},
        refund, void,
    },
};
use morket_core::{ErrorKind, HoldId, ledger::Op};
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(super) enum Asks {
    Post(Vec<Op>),
    Account,
    /// Account and statement.
    All,
}

#[derive(Debug, PartialEq)]
pub(super) enum Tells {
    Posted(Vec<Told>),
    /// Balance, and what is held of it.
    Stands(i64, i64),
    /// The same, and every entry in order.
    All(i64, i64, Vec<Told>),
    Failed(ErrorKind),
}

impl Sequential for Model {
    type Call = Asks;
    type Answer = Tells;

    fn after(&self, call: &Asks, answer: &Tells) -> Option<Self> {
        let mut next = self.clone();
        let due = match call {
            Asks::Post(ops) => Tells::Posted(next.post(ops)),
            Asks::Account => Tells::Stands(self.balance(), self.held()),
            Asks::All => Tells::All(self.balance(), self.held(), self.entries()),
        };
        (due == *answer).then_some(next)
    }
}

impl Desk for Purse {
    type Model = Model;

    async fn make(&mut self, call: Asks) -> Tells {
        match call {
            Asks::Post(ops) => match self.subject.store.post(self.workspace, ops).await {
                Ok(results) => Tells::Posted(results.into_iter().map(Told::from).collect()),
                Err(error) => Tells::Failed(error.kind()),
            },
            Asks::Account => {
                let (balance, held) = self.stands().await;
                Tells::Stands(balance, held)
            }
            Asks::All => {
                let (balance, held) = self.stands().await;
                let entries = self.entries(100).await.into_iter();
                let told = entries.map(|it| Told::Moved(it.kind, it.key, it.amount.0));
                Tells::All(balance, held, told.collect())
            }
        }
    }

    fn look() -> Vec<Asks> {
        vec![Asks::All]
    }
}

/// Ids are their workspace's own, so every history may use the same.
fn held(number: u8) -> HoldId {
    HoldId(Uuid::from_u128(u128::from(number) + 1))
}

fn ops() -> impl Strategy<Value = Op> {
    (0..14_u8, 0..3_u8, 0..3_u8, 1..70_i64).prop_map(|(kind, name, other, amount)| {
        let (key, of) = (format!("k{name}"), format!("k{other}"));
        match kind {
            0 => grant(&key, amount),
            1..=4 => hold(held(other), amount),
            5..=8 => capture(held(other), &key, amount / 3 + 1),
            9 => void(held(other)),
            10..=12 => refund(&key, &of),
            _ => expire(&key, "opening", amount),
        }
    })
}

pub(super) fn calls() -> impl Strategy<Value = Asks> {
    prop_oneof![
        6 => ops().prop_map(|op| Asks::Post(vec![op])),
        2 => vec(ops(), 2..=3).prop_map(Asks::Post),
        1 => Just(Asks::Account),
    ]
}

/// A hundred, forty of them held.
pub(super) async fn open(subject: Subject) -> (Purse, Model) {
    let purse = Purse::with(&subject, 100).await;
    purse.done([hold(held(0), 40)]).await;
    let mut model = Model::default();
    model.post(&[grant("opening", 100), hold(held(0), 40)]);
    (purse, model)
}
