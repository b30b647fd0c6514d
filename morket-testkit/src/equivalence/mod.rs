//! Two stores, one sequence of calls, the same answers.
//!
//! Random calls over every port, with names from small pools and jumps of the clock, are made to
//! two stores in turn. What each answers is compared as text, without what may differ between
//! right stores: times (one's clock stands still, the other's is a database's), hashes that cover
//! times, fences, tickets and cursors.

mod act;
mod hooked;
mod invited;
mod people;
mod phantom;
mod privacy;
mod scrub;
mod work;

use crate::{
    Subject, block_on,
    random::{check_all, drawn},
};
use act::{Act, Names, Side};
pub use phantom::{Veto, no_phantoms, no_veto};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::future::Future;

/// Most calls are about the first things and the work on a job, then about people and their
/// secrets, so that sequences get somewhere.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let kind = prop_oneof![
        4 => 0..act::KINDS,
        4 => act::WORK,
        2 => act::MONEY,
        3 => act::PEOPLE,
        2 => act::VAULT,
        2 => act::HOOKS,
    ];
    let near = || prop_oneof![3 => Just(0_u8), 1 => 0..3_u8];
    let act = (kind, near(), near(), 0..6_u8, -1..60_i64).prop_map(
        |(kind, place, other, choice, amount)| Act { kind, place, other, choice, amount },
    );
    vec(act, 1..60)
}

/// Panics unless what `make_a` and `make_b` give answer alike; returns at once where either
/// service is absent.
pub fn check<A, B>(make_a: impl FnOnce() -> A, make_b: impl FnOnce() -> B)
where
    A: Future<Output = Option<Subject>>,
    B: Future<Output = Option<Subject>>,
{
    block_on(async {
        if let (Some(left), Some(right)) = (make_a().await, make_b().await) {
            alike(&left, &right).await;
        }
    });
}

/// Fill a store with what `rounds` random sequences leave, so that its data set is a random one.
pub async fn populate(subject: &Subject, rounds: usize) {
    for _ in 0..rounds {
        let mut runner = TestRunner::new(drawn());
        let acts = acts().new_tree(&mut runner).unwrap().current();
        let mut side = Side::new(subject, &Names::default());
        for act in act::PRELUDE.iter().copied().chain(acts) {
            side.act(act).await;
        }
    }
}

/// Panics unless both answer alike to every sequence.
pub async fn alike(left: &Subject, right: &Subject) {
    let dearer = if left.cheap { right } else { left };
    check_all(dearer, acts(), |acts| async move {
        let names = Names::default();
        let mut sides = [Side::new(left, &names), Side::new(right, &names)];
        for act in act::PRELUDE.iter().copied().chain(acts) {
            let (a, b) = (sides[0].act(act).await, sides[1].act(act).await);
            assert_eq!(a, b, "{act:?}");
        }
    })
    .await;
}
