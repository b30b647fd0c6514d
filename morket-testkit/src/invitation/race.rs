//! Many at once. Every case runs in rounds, because one may be won by luck.

use super::{House, invitation};
use crate::{Subject, subject::at_once};
use morket_core::{
    ErrorKind,
    rbac::{Actor, MemberChange, Role},
    workspace::InvitationState,
};

pub(super) async fn p139_of_many_acceptances_one_wins(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let new = house.invited(Role::Member).await;
        let results = at_once(12, |_| {
            let (house, new) = (house.clone(), new.clone());
            async move { house.join_by(&new).await.map(|member| member.role) }
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        let kinds = lost.into_iter().map(|result| result.unwrap_err().kind());
        assert!(kinds.into_iter().all(|kind| kind == ErrorKind::Conflict), "round {round}");
        assert_eq!(house.role_of(house.guest.id).await, Some(Role::Member), "round {round}");
        assert_eq!(house.log().await.len(), 3, "round {round}: created, invited, accepted");
    }
}

/// Whichever comes first: a revocation that succeeded was not overtaken.
pub(super) async fn p139_a_revocation_wins_a_race(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let new = house.invited(Role::Member).await;
        let done = at_once(2, |number| {
            let (house, new) = (house.clone(), new.clone());
            async move {
                match number {
                    0 => house.revoke(Actor::User(house.owner), &new).await.is_ok(),
                    _ => house.join_by(&new).await.is_ok(),
                }
            }
        });
        let done = done.await;
        let (revoked, joined) = (done[0], done[1]);
        assert_eq!(joined, !revoked, "round {round}");
        let state = if revoked { InvitationState::Revoked } else { InvitationState::Accepted };
        assert_eq!(house.stored(&new).await.state, state, "round {round}");
        assert_eq!(house.role_of(house.guest.id).await.is_none(), revoked, "round {round}");
    }
}

pub(super) async fn p139_accepted_or_declined_but_never_both(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let new = house.invited(Role::Member).await;
        let done = at_once(6, |number| {
            let (house, new) = (house.clone(), new.clone());
            async move {
                match number {
                    3 => house.join_by(&new).await.is_ok(),
                    _ => house.decline(&new).await.is_ok(),
                }
            }
        });
        let done = done.await;
        assert_eq!(done.iter().filter(|it| **it).count(), 1, "round {round}: {done:?}");
        assert_eq!(house.role_of(house.guest.id).await.is_some(), done[3], "round {round}");
    }
}

/// Once the inviter is gone nobody joins; who joined before stays.
pub(super) async fn p140_a_removed_inviter_brings_nobody_in(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let inviter = house.join(Role::Admin).await;
        let new = invitation(&house.guest.email, Role::Member);
        house.ask(Actor::User(inviter), new.clone()).await.unwrap();
        let done = at_once(4, |number| {
            let (house, new) = (house.clone(), new.clone());
            async move {
                match number {
                    0 => house.change(inviter, MemberChange::Remove).await.map(|()| None),
                    _ => house.join_by(&new).await.map(|member| Some(member.role)),
                }
            }
        });
        let mut done = done.await;
        assert!(done.remove(0).is_ok(), "round {round}");
        let joined = house.role_of(house.guest.id).await.is_some();
        assert_eq!(done.iter().any(Result::is_ok), joined, "round {round}");
        assert!(house.join_by(&new).await.is_err(), "round {round}");
        let lost = done.into_iter().filter_map(Result::err).map(|error| error.kind());
        let known = [ErrorKind::Conflict, ErrorKind::Forbidden];
        assert!(lost.into_iter().all(|kind| known.contains(&kind)), "round {round}");
    }
}

pub(super) async fn of_many_invitations_of_one_address_one_is_open(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let results = at_once(8, |_| {
            let (house, new) = (house.clone(), invitation(&house.guest.email, Role::Viewer));
            async move { house.ask(Actor::User(house.owner), new).await.map(|made| made.id) }
        });
        let (made, refused): (Vec<_>, Vec<_>) = results.await.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1, "round {round}");
        let kinds = refused.into_iter().map(|result| result.unwrap_err().kind());
        assert!(kinds.into_iter().all(|kind| kind == ErrorKind::Conflict), "round {round}");
        assert_eq!(house.listed().await.len(), 1, "round {round}");
    }
}
